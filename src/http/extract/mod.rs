//! From requests to typed values, and from answers and errors to responses.

pub(super) mod body;
pub(super) mod bounds;
pub(super) mod etag;
pub(super) mod once;
pub(super) mod onnx;
pub(super) mod packed;
pub(super) mod path;
pub(super) mod problem;
pub(super) mod query;
pub(super) mod refusals;
pub(super) mod request;
pub(super) mod spool;
pub(super) mod wanted;

//! From requests to typed values, and from answers and errors to responses.

pub mod body;
pub(super) mod bounds;
pub(super) mod etag;
pub(super) mod packed;
pub(super) mod path;
pub mod problem;
pub(super) mod query;
pub(super) mod refusals;
pub(super) mod request;
pub mod wanted;

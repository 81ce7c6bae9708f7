//! Questions and their answers: what a net costs, how long it takes, which way to scale and how far; and what is known.
//!
//! A typed question in, a typed answer out, without a word of HTTP: the service, the charts, the command line and the
//! benches all ask here. A wrong field is an [`crate::json::Invalid`] that points at it.

pub(crate) mod asking;
pub mod batch;
pub(crate) mod cache;
pub mod chosen;
pub mod compare;
pub mod complexity;
pub mod evidence;
pub mod explain;
pub mod factors;
mod forms;
pub mod known;
pub mod pins;
pub mod plan;
pub mod predict;
pub mod request;
pub mod wanted;

//! Questions about nets: what they cost, how long they take, which way to scale and how far; and what answers have in common.

pub(super) mod answers;
pub(super) mod asking;
pub mod chosen;
pub mod compare;
pub(super) mod compare_csv;
pub(super) mod complexity;
pub(super) mod evidence;
pub mod explain;
pub(super) mod memo;
pub mod pins;
pub mod plan;
pub mod predict;
pub mod predict_request;
pub mod ready;
pub(super) mod recent;

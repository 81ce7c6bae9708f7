//! What was worked out lately, found again without the work.

pub(crate) mod asked;
pub(crate) mod counted;
pub(crate) mod ready;

//! What is thought of timings: how they were predicted, what follows from the others, and what people decide.

pub(super) mod foretold;
pub(in crate::store) mod rulings;
pub(super) mod verdicts;

//! The time of a net, its interval and its warnings, with what other platforms and data sheets lend.

pub(super) mod batch;
pub mod borrow;
pub mod datasheet;
pub(super) mod fit;
pub mod fit_id;
pub mod interval;
pub mod loan;
pub mod names;
pub(super) mod on_gpu;
pub mod own;
pub mod prediction;
pub mod predictor;
pub mod predictors;
mod recipes;
pub(super) mod scales;
mod timings;
pub mod warning;

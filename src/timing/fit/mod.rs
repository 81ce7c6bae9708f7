//! What a regression sees of a timing, the forms that are fitted, and what nets that were left out say of them.

pub mod cost;
pub mod costs;
pub mod estimator;
pub(super) mod expected;
pub mod features;
pub mod layer_sums;
pub mod layers;
pub mod level;
pub mod line;
pub mod linear;
pub mod neighbours;
pub mod operators;
pub mod regression;
pub mod training;
pub mod validation;

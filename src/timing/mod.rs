//! PURE: how long an epoch takes.
//!
//! A [`Measurement`] is one checked timing; those of one platform and mode make a [`TrainingSet`]; an [`Estimator`] is
//! fitted to it, and a [`Predictor`] holds all fits with the residuals of left-out nets that make their intervals.

pub mod costs;
pub mod estimator;
pub mod features;
pub mod foreign;
pub mod interval;
pub mod line;
pub mod measurement;
pub mod platform;
pub mod predictor;
pub mod predictors;
mod record;
pub mod regression;
pub mod rows;
pub mod seed;
pub mod training;
pub mod upload;
pub mod verdict;

pub use estimator::Estimator;
pub use interval::Level;
pub use measurement::Measurement;
pub use platform::{Mode, Platform, PlatformId};
pub use predictor::{Prediction, Predictor};
pub use predictors::Predictors;
pub use training::TrainingSet;

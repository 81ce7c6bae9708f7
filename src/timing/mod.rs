//! PURE: how long an epoch takes.
//!
//! A [`Measurement`] is one checked timing; those of one platform and mode make a [`TrainingSet`]; an [`Estimator`] is
//! fitted to it, and a [`Predictor`] holds all fits with the residuals of left-out nets that make their intervals.

pub mod data;
pub mod fit;
pub mod judge;
pub mod predict;

pub use data::measurement::Measurement;
pub use data::origin::Origin;
pub use data::platform::{Mode, Platform, PlatformId};
pub use fit::cost::Cost;
pub use fit::estimator::{Estimator, Form};
pub use fit::features::Features;
pub use fit::level::Level;
pub use fit::training::TrainingSet;
pub use predict::fit_id::FitId;
pub use predict::prediction::{Asked, Prediction, Time};
pub use predict::predictor::Predictor;
pub use predict::predictors::{Predictors, Timing, Timings};

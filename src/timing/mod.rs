//! PURE: how long an epoch takes.
//!
//! A [`Measurement`] is one checked timing; those of one platform and mode make a [`TrainingSet`]; an [`Estimator`] is
//! fitted to it, and a [`Predictor`] holds all fits with the residuals of left-out nets that make their intervals.

pub mod advice;
mod batch;
pub mod borrow;
mod cells;
pub mod cost;
pub mod costs;
pub mod datasheet;
pub mod defaults;
pub mod estimator;
pub mod evaluate;
mod expected;
pub mod features;
mod fit;
pub mod fit_id;
pub mod foreign;
pub mod gpus;
pub mod identity;
pub mod interval;
pub mod layer_sums;
pub mod layers;
pub mod left_out;
pub mod level;
pub mod line;
pub mod linear;
pub mod loan;
pub mod measurement;
pub mod names;
pub mod neighbours;
mod on_gpu;
pub mod operators;
pub mod origin;
pub mod platform;
mod prediction;
pub mod predictor;
pub mod predictors;
pub mod quarantine;
mod record;
pub mod regression;
pub mod rows;
pub mod score;
pub mod seed;
pub mod training;
pub mod upload;
pub mod validation;

pub mod warning;

pub use cost::Cost;
pub use estimator::{Estimator, Form};
pub use features::Features;
pub use fit_id::FitId;
pub use level::Level;
pub use measurement::Measurement;
pub use origin::Origin;
pub use platform::{Mode, Platform, PlatformId};
pub use prediction::{Asked, Prediction, Time};
pub use predictor::Predictor;
pub use predictors::{Predictors, Timing, Timings};
pub use training::TrainingSet;

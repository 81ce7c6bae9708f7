//! PURE: how long an epoch takes.
//!
//! A [`Measurement`] is one checked timing; those of one platform and mode make a [`TrainingSet`]; an [`Estimator`] is
//! fitted to it, and a [`Predictor`] holds all fits with the residuals of left-out nets that make their intervals.

pub mod advice;
mod batch;
pub mod borrow;
pub mod cost;
pub mod costs;
pub mod datasheet;
pub mod estimator;
pub mod evaluate;
pub mod features;
mod fit;
pub mod fit_id;
pub mod foreign;
pub mod gpus;
pub mod interval;
pub mod layers;
pub mod line;
pub mod linear;
pub mod loan;
pub mod measurement;
pub mod names;
pub mod neighbours;
pub mod operators;
pub mod origin;
pub mod platform;
pub mod predictor;
pub mod predictors;
mod record;
pub mod regression;
pub mod rows;
pub mod score;
pub mod seed;
pub mod training;
pub mod upload;
pub mod validation;
pub mod verdict;
pub mod warning;

pub use cost::Cost;
pub use estimator::{Estimator, Form};
pub use features::Features;
pub use fit_id::FitId;
pub use interval::Level;
pub use measurement::Measurement;
pub use origin::Origin;
pub use platform::{Mode, Platform, PlatformId};
pub use predictor::{Asked, Prediction, Predictor, Time};
pub use predictors::{Predictors, Timing, Timings};
pub use training::TrainingSet;

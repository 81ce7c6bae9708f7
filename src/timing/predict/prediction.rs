//! What is asked of a predictor, and what it answers.

use super::datasheet::Scales;
use super::warning::Warning;
use crate::net::Group;
use crate::timing::data::platform::PlatformId;
use crate::timing::fit::estimator::{Estimator, Form, Part};
use crate::timing::fit::features::Features;
use crate::timing::fit::level::Level;

/// What is asked of a predictor.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The net.
    pub features: &'a Features,
    /// Its timing group.
    pub group: &'a Group,
    /// How to predict.
    pub estimator: Estimator,
    /// Level of the interval.
    pub level: Level,
    /// Images in a step, of all devices together, where that is known.
    pub batch_size: Option<u64>,
}

/// A predicted time, with its interval.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Milliseconds for one image on one device.
    pub ms: f64,
    /// Lower end.
    pub low_ms: f64,
    /// Upper end.
    pub high_ms: f64,
    /// What the prediction looked at.
    pub form: Form,
    /// What the time goes into, in shares of it.
    pub shares: Vec<(Part, f64)>,
    /// The platform from which the group's effect was taken over, and by which factor it makes the net slower.
    pub borrowed: Option<(PlatformId, f64)>,
    /// The platform whose fit was lent, at which scale, and its share in the prediction.
    pub lent: Option<(PlatformId, f64, f64)>,
    /// Of a GPU without timings: the platform whose fit stands for it, and the scales of both data sheets.
    pub scales: Option<Scales>,
    /// What to know before trusting it.
    pub warnings: Vec<Warning>,
}

/// A predicted time and its interval alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Time {
    /// Milliseconds for one image on one device.
    pub ms: f64,
    /// Lower end.
    pub low_ms: f64,
    /// Upper end.
    pub high_ms: f64,
}

/// Shares of a time, which add up to 1.
#[derive(Clone, Debug)]
pub struct ColumnShares {
    /// What the prediction looked at.
    pub form: Form,
    /// In the order of [`Form::columns`].
    pub columns: Vec<f64>,
    /// What would not be there if launching the layers took no time.
    pub launching: f64,
}

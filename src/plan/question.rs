//! What is asked of the predictors, whichever net it is about.

use crate::net::Group;
use crate::timing::{Asked, Estimator, Features, Level, Predictor};
use crate::units::to_f64;

/// What is asked of the predictors, whichever net it is about.
#[derive(Clone, Debug)]
pub struct Question {
    /// Timing group of the nets.
    pub group: Group,
    /// Images of an epoch.
    pub images: u64,
    /// Level of the intervals.
    pub level: Level,
    /// How to predict.
    pub estimator: Estimator,
    /// Images in a step, of all devices together, where that is known.
    pub batch_size: Option<u64>,
}

impl Question {
    /// The same about one net.
    #[must_use]
    pub fn about<'a>(&'a self, features: &'a Features) -> Asked<'a> {
        Asked {
            features,
            group: &self.group,
            estimator: self.estimator,
            level: self.level,
            batch_size: self.batch_size,
        }
    }

    /// Seconds of an epoch on `predictor`'s platform: images · ms / 1000 / devices, for `ms` milliseconds an image on one
    /// device.
    #[must_use]
    pub fn epoch_seconds(&self, predictor: &Predictor, ms: f64) -> f64 {
        let devices = f64::from(predictor.platform().device_count);
        ms / 1e3 / devices * to_f64(self.images)
    }
}

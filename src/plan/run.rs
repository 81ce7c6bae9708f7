//! A whole training: epochs, evaluation, the data loader, other numbers of devices, and what it costs.
//!
//! An epoch takes as long as the slower of two: the devices, and the loader that feeds them. Evaluation is a forward pass
//! over its images after each epoch. Another number of devices is timed where timings of it exist; else it is told by what
//! published trainings lost to each other on more devices.

use serde::Serialize;
use utoipa::ToSchema;

use super::Question;
use super::sharing::Sharing;
use crate::timing::predict::warning::Warning;
use crate::timing::{Asked, Features, Mode, Predictor, Predictors, Time};
use crate::units::to_f64;

/// What is known of a training beyond one epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Run {
    /// Passes over the images, 1 where none are named.
    pub epochs: Option<u64>,
    /// Images of the evaluation after each.
    pub evaluation_images: Option<u64>,
    /// Images a second that the data loader delivers.
    pub loader_images_per_second: Option<f64>,
    /// Devices, where not the platform's own number.
    pub devices: Option<u32>,
    /// Price of all devices together for an hour.
    pub price_per_hour: Option<f64>,
}

/// What holds an epoch up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BoundBy {
    /// The devices.
    Devices,
    /// The data loader.
    Loader,
}

/// A whole training.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Total {
    /// Passes over the images.
    pub epochs: u64,
    /// Devices that share the work.
    pub devices: u32,
    /// Seconds of one pass over the images, as slow as the slower of devices and loader.
    pub epoch_seconds: f64,
    /// Seconds of the evaluation after each.
    pub evaluation_seconds: f64,
    /// Which of the two is slower.
    pub bound_by: BoundBy,
    /// Seconds of all epochs and evaluations.
    pub seconds: f64,
    /// The same at the lower end of the interval.
    pub low_seconds: f64,
    /// The same at the upper end.
    pub high_seconds: f64,
    /// Price of it; null where `price_per_hour` was not given.
    pub cost: Option<f64>,
    /// The same at the lower end of the interval.
    pub low_cost: Option<f64>,
    /// The same at the upper end.
    pub high_cost: Option<f64>,
}

/// Images that a device passes forward in the time of one training step: the median of 349 convolutional nets that timm
/// has timed in both modes on one RTX 3090 (one in ten below 3.0, one in ten above 4.7).
const FORWARD: f64 = 3.5;

/// Where a net is timed: the predictor that knows, and how many devices share the work.
struct Place<'a> {
    all: &'a Predictors,
    predictor: &'a Predictor,
    devices: u32,
    /// What another number of devices than was timed costs; `None` where that many were.
    sharing: Option<Sharing>,
    warnings: Vec<Warning>,
}

impl Run {
    /// Whether anything was said of it.
    #[must_use]
    pub fn is_asked_for(&self) -> bool {
        *self != Self::default()
    }

    /// The whole training of the net that `asked` is about on `predictor`'s platform, with what was assumed; `None` where
    /// the estimator has no fit there.
    #[must_use]
    pub fn total(
        &self,
        question: &Question,
        features: &Features,
        all: &Predictors,
        predictor: &Predictor,
    ) -> Option<(Total, Vec<Warning>)> {
        let asked = question.about(features);
        let mut place = self.place(all, predictor);
        let time = place.predictor.time(&asked)?;
        let forward = self.forward(&mut place, &asked, time);
        let time = place
            .sharing
            .map_or(time, |sharing| sharing.of(time, question.level));
        let images = to_f64(question.images);
        let evaluated = to_f64(self.evaluation_images.unwrap_or(0));
        let devices = f64::from(place.devices);
        let pass =
            |images: f64, ms: f64| self.at_the_loader(images).max(images * ms / 1e3 / devices);
        let epochs = to_f64(self.epochs.unwrap_or(1));
        let whole = |ms: f64, forward: f64| epochs * (pass(images, ms) + pass(evaluated, forward));
        let (seconds, low, high) = (
            whole(time.ms, forward.ms),
            whole(time.low_ms, forward.low_ms),
            whole(time.high_ms, forward.high_ms),
        );
        let slow_loader = self.at_the_loader(images) > images * time.ms / 1e3 / devices;
        if slow_loader {
            place.warnings.push(Warning::assumed(
                "loader_bound",
                "the data loader is slower than the devices: a faster net changes little",
            ));
        }
        let cost = |seconds: f64| self.price_per_hour.map(|price| price * seconds / 3600.0);
        let total = Total {
            epochs: self.epochs.unwrap_or(1),
            devices: place.devices,
            epoch_seconds: pass(images, time.ms),
            evaluation_seconds: pass(evaluated, forward.ms),
            bound_by: if slow_loader {
                BoundBy::Loader
            } else {
                BoundBy::Devices
            },
            seconds,
            low_seconds: low,
            high_seconds: high,
            cost: cost(seconds),
            low_cost: cost(low),
            high_cost: cost(high),
        };
        Some((total, place.warnings))
    }

    /// Less than the seconds of [`Run::total`] of any net of which no cost and no sum over the layers is smaller than those in
    /// `features`; `None` where the estimator has no fit there.
    #[must_use]
    pub fn least_seconds(
        &self,
        question: &Question,
        features: &Features,
        all: &Predictors,
        predictor: &Predictor,
    ) -> Option<f64> {
        let place = self.place(all, predictor);
        let ms = place.predictor.least_ms(&question.about(features))?;
        let epochs = to_f64(self.epochs.unwrap_or(1));
        let ms = ms * place.sharing.map_or(1.0, Sharing::factor);
        Some(epochs * to_f64(question.images) * ms / 1e3 / f64::from(place.devices))
    }

    /// Seconds that the loader takes for `images`.
    fn at_the_loader(&self, images: f64) -> f64 {
        self.loader_images_per_second
            .map_or(0.0, |rate| images / rate)
    }

    /// The predictor that has timed this number of devices; else the platform's own, with what they lose to each other.
    fn place<'a>(&self, all: &'a Predictors, own: &'a Predictor) -> Place<'a> {
        let count = own.platform().device_count;
        let place = |predictor: &'a Predictor, devices: u32| Place {
            all,
            predictor,
            devices,
            sharing: None,
            warnings: Vec::new(),
        };
        let Some(wanted) = self.devices.filter(|wanted| *wanted != count) else {
            return place(own, count);
        };
        let timed = all.of_mode(own.mode()).find(|other| {
            other.platform().device_count == wanted && other.platform().is_like(own.platform())
        });
        if let Some(timed) = timed {
            return place(timed, wanted);
        }
        let id = &own.platform().id;
        let s = if count == 1 { "" } else { "s" };
        let said = format!("{id} has timings of {count} device{s}, not of {wanted}");
        // A forward pass exchanges nothing.
        let sharing = (own.mode() == Mode::Train).then(|| Sharing::between(own.platform(), wanted));
        let detail = sharing.map_or_else(
            || format!("{said}: the images are shared evenly"),
            |sharing| {
                let factor = sharing.factor();
                format!(
                    "{said}: the images are shared evenly, and a step is taken to last {factor:.2} times as long, as in \
                     published trainings on more and fewer devices"
                )
            },
        );
        Place {
            sharing,
            warnings: vec![Warning::assumed("assumed_devices", detail)],
            ..place(own, wanted)
        }
    }

    /// Milliseconds of a forward pass over one image on one device: by the platform's timings of inference, where it has
    /// some, else as a part of a training step.
    fn forward(&self, place: &mut Place, asked: &Asked, time: Time) -> Time {
        let own = place.predictor;
        if self.evaluation_images.is_none() || own.mode() == Mode::Infer {
            return time;
        }
        let inference = place.all.get(&own.platform().id, Mode::Infer);
        if let Some(forward) = inference.and_then(|inference| inference.time(asked)) {
            return forward;
        }
        let detail = format!(
            "{} has no timings of inference: a forward pass is taken to need 1/{FORWARD} of a training step",
            own.platform().id
        );
        place
            .warnings
            .push(Warning::assumed("assumed_evaluation", detail));
        Time {
            ms: time.ms / FORWARD,
            low_ms: time.low_ms / FORWARD,
            high_ms: time.high_ms / FORWARD,
        }
    }
}

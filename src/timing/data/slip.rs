//! Units in which times and flops are sent by mistake, and what makes them right.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::measurement::RawMeasurement;
use crate::units::{Whole, to_f64};

/// What the times of an upload are, or its flops, where they are not what the fields' names say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Slip {
    /// In milliseconds.
    Milliseconds,
    /// In minutes.
    Minutes,
    /// In hours.
    Hours,
    /// In thousands of seconds: milliseconds that were divided by 1,000 once more.
    Kiloseconds,
    /// Of one device: images a second, or images in a step, of each.
    PerDevice,
    /// Divided among the devices once more: images a second, times their number twice.
    PerDeviceTwice,
    /// Of one image: a step's seconds, divided by its images.
    PerImage,
    /// Steps a second in place of images.
    StepsPerSecond,
    /// Of an epoch, in place of a step.
    Epochs,
    /// Of a step, in place of an epoch.
    Steps,
    /// Flops that count a multiplication and its addition as two.
    FlopsTwice,
}

/// Images of an epoch that nobody has counted: those of ImageNet.
const IMAGENET: f64 = 1_281_167.0;

/// What a slip depends on, in one row.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Devices of the platform.
    pub devices: f64,
    /// Images in a step of all devices together, where that is known.
    pub batch: Option<f64>,
    /// Images of an epoch.
    pub dataset: f64,
}

impl Sizes {
    /// Those of a row on a platform of so many `devices`, with so many images in a step.
    #[must_use]
    pub fn new(devices: u32, batch: Option<u64>) -> Self {
        Self {
            devices: f64::from(devices),
            batch: batch.map(to_f64),
            dataset: IMAGENET,
        }
    }
}

impl Slip {
    /// All, the likeliest first.
    pub const ALL: [Self; 11] = [
        Self::Milliseconds,
        Self::Minutes,
        Self::Hours,
        Self::Kiloseconds,
        Self::PerDevice,
        Self::PerDeviceTwice,
        Self::StepsPerSecond,
        Self::PerImage,
        Self::Epochs,
        Self::Steps,
        Self::FlopsTwice,
    ];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Milliseconds => "milliseconds",
            Self::Minutes => "minutes",
            Self::Hours => "hours",
            Self::Kiloseconds => "kiloseconds",
            Self::PerDevice => "per_device",
            Self::PerDeviceTwice => "per_device_twice",
            Self::PerImage => "per_image",
            Self::StepsPerSecond => "steps_per_second",
            Self::Epochs => "epochs",
            Self::Steps => "steps",
            Self::FlopsTwice => "flops_twice",
        }
    }

    /// What such times look like.
    #[must_use]
    pub const fn looks(self) -> &'static str {
        match self {
            Self::Milliseconds => "milliseconds sent as seconds",
            Self::Minutes => "minutes sent as seconds",
            Self::Hours => "hours sent as seconds",
            Self::Kiloseconds => "milliseconds divided by 1,000 twice",
            Self::PerDevice => "figures of one device sent as those of all",
            Self::PerDeviceTwice => "figures of all devices times their number once more",
            Self::PerImage => "seconds for an image sent as those for a step",
            Self::StepsPerSecond => "steps a second sent as images a second",
            Self::Epochs => "seconds for an epoch sent as those for a step",
            Self::Steps => "seconds for a step sent as those for an epoch",
            Self::FlopsTwice => "flops that count each multiply-add as two",
        }
    }

    /// What a time has to be multiplied with; `None` where it cannot be this slip.
    #[must_use]
    pub fn factor(self, sizes: Sizes) -> Option<f64> {
        let Sizes {
            devices,
            batch,
            dataset,
        } = sizes;
        let several = (devices > 1.0).then_some(devices);
        match self {
            Self::Milliseconds => Some(1e-3),
            Self::Minutes => Some(60.0),
            Self::Hours => Some(3600.0),
            Self::Kiloseconds => Some(1e3),
            Self::PerDevice => several.map(f64::recip),
            Self::PerDeviceTwice => several,
            Self::PerImage => batch.filter(|batch| *batch > 1.0),
            Self::StepsPerSecond => batch.filter(|batch| *batch > 1.0).map(f64::recip),
            Self::Epochs => batch.map(|batch| batch / dataset),
            Self::Steps => batch.map(|batch| dataset / batch),
            Self::FlopsTwice => None,
        }
    }

    /// Makes the time of `row` right, or its flops, on a platform of so many `devices`.
    pub fn correct(self, row: &mut RawMeasurement, devices: u32) {
        if let (Self::FlopsTwice, Some(costs)) = (self, &mut row.complexity) {
            costs.flops /= 2.0;
        }
        let count = |count: Option<Whole>| count.map(|Whole(count)| to_f64(count));
        let sizes = Sizes {
            devices: f64::from(devices),
            batch: count(row.batch_size),
            dataset: count(row.dataset_images).unwrap_or(IMAGENET),
        };
        let Some(factor) = self.factor(sizes) else {
            return;
        };
        for seconds in [&mut row.step_seconds, &mut row.epoch_seconds] {
            *seconds = seconds.map(|seconds| seconds * factor);
        }
        row.images_per_second = row.images_per_second.map(|rate| rate / factor);
    }
}

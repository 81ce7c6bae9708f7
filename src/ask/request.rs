//! A request for predictions: its fields, and what they ask.

use crate::json::Invalid;
use crate::net::scaling::RawScaling;
use crate::net::{Group, complexity::RawComplexity, spec::RawModel};
use crate::plan::run::Run;
use crate::plan::{Configured, Question};
use crate::timing::Level;
use crate::timing::data::measurement::count;
use crate::timing::data::platform::text;
use crate::units::Whole;
use serde_json::Value;

/// Images of an epoch where a request names none: ImageNet's training set.
pub const IMAGENET_IMAGES: u64 = 1_281_167;

/// Declares a question about a net: its own fields, the first of which is `model`, and those that all such questions share.
///
/// A macro, since serde's `flatten` would forget which field is wrong, and let unknown ones pass.
macro_rules! question {
    ($(#[$about:meta])* pub struct $name:ident { $($own:tt)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, Default, serde::Deserialize, utoipa::ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($own)*
            /// Timing group; by default it follows from the net.
            pub family: Option<String>,
            /// Side of the images, in pixels, where `model` does not say.
            pub resolution: Option<crate::units::Whole>,
            /// Id of a platform, or a list; default: all with timings of the mode. `gpu:h100`, or
            /// `gpu:h100:amp:channels_last:compiled`: by a GPU's data sheet and a recipe, without any timing on it. The same in
            /// fields: `{"gpu": "h100", "memory_format": "channels_last", "software": "compiled"}`.
            #[schema(value_type = Option<crate::ask::chosen::PlatformChoice>)]
            pub platform: Option<serde_json::Value>,
            /// `train` (default) or `infer`, the forward pass alone.
            pub mode: Option<crate::timing::Mode>,
            /// Images of an epoch; default: those of a config's dataset, else 1,281,167 (ImageNet).
            pub dataset_images: Option<crate::units::Whole>,
            /// Default `layers`, all that is known of the net; `costs`: its costs alone; `paper`: the line on activations.
            pub estimator: Option<crate::timing::Estimator>,
        }

        impl $name {
            /// What all questions about a net share.
            pub(super) fn of_net(&self) -> crate::ask::request::PredictRequest {
                crate::ask::request::PredictRequest {
                    model: self.model.clone(),
                    family: self.family.clone(),
                    resolution: self.resolution,
                    platform: self.platform.clone(),
                    mode: self.mode,
                    dataset_images: self.dataset_images,
                    estimator: self.estimator,
                    ..Default::default()
                }
            }
        }
    };
}
pub(super) use question;

/// A question about a net and a training of it.
pub(super) trait OfTraining {
    /// What all such questions share.
    fn of_training(&self) -> PredictRequest;
}

/// Declares an [`OfTraining`].
macro_rules! training_question {
    ($(#[$about:meta])* pub struct $name:ident { $($own:tt)* }) => {
        $crate::ask::request::question! {
            $(#[$about])*
            pub struct $name {
                $($own)*
                /// Images in a step, of all devices together; small ones take longer an image, of nets whose layers are known.
                pub batch_size: Option<crate::units::Whole>,
                /// Level of the interval, 0.5 to 0.99, default 0.9.
                #[schema(minimum = 0.5, maximum = 0.99)]
                pub interval: Option<f64>,
                /// Passes over the images, of a whole training (`total`); default 1.
                pub epochs: Option<crate::units::Whole>,
                /// Images of the evaluation after each epoch, counted in `total`.
                pub evaluation_images: Option<crate::units::Whole>,
                /// Images a second that the data loader delivers: `total` goes by the slower of it and the devices.
                #[schema(example = 2000)]
                pub loader_images_per_second: Option<f64>,
                /// Number of devices of the training in `total`, where it is not the platform's.
                pub devices: Option<crate::units::Whole>,
                /// Price of all devices together for an hour: `total` says what the training costs.
                #[schema(example = 24.5)]
                pub price_per_hour: Option<f64>,
            }
        }

        impl $crate::ask::request::OfTraining for $name {
            fn of_training(&self) -> crate::ask::request::PredictRequest {
                crate::ask::request::PredictRequest {
                    batch_size: self.batch_size,
                    interval: self.interval,
                    epochs: self.epochs,
                    evaluation_images: self.evaluation_images,
                    loader_images_per_second: self.loader_images_per_second,
                    devices: self.devices,
                    price_per_hour: self.price_per_hour,
                    ..self.of_net()
                }
            }
        }
    };
}
pub(super) use training_question;

training_question! {
    /// A net, how to scale it, and where to time it.
    pub struct PredictRequest {
        /// The net.
        #[schema(value_type = Option<RawModel>)]
        pub model: Option<Value>,
        /// In its place: the costs of a net that only its owner can build.
        pub complexity: Option<RawComplexity>,
        /// How to scale it; only a `model` can be scaled.
        pub scaling: Option<RawScaling>,
        /// What you call the net: given by its costs, it is known again by it where it was timed, at whatever resolution.
        pub label: Option<String>,
        /// `fit.id` of an earlier answer: the same fit again, from which platform, mode and estimator follow.
        pub fit: Option<String>,
    }
}

impl PredictRequest {
    /// What the pycls config that it sends says of the training; its dataset counts where the request names none.
    pub(super) fn take_configured(&mut self) -> Option<Configured> {
        let text = self.model.as_ref()?.get("pycls")?.as_str()?;
        let number = |field: Option<Whole>| field.map(|Whole(number)| number);
        let (images, batch) = (number(self.dataset_images), number(self.batch_size));
        let configured = Configured::new(text, images, batch)?;
        self.dataset_images = configured.images().map(Whole).or(self.dataset_images);
        Some(configured)
    }

    /// What it asks of each platform about a net, whose group is `group` where the request names none.
    ///
    /// # Errors
    /// Points at the field that is wrong.
    pub(crate) fn question(&self, group: &Group) -> Result<Question, Invalid> {
        let group = match &self.family {
            Some(word) => Group::new(word).map_err(|e| e.under("/family"))?,
            None => group.clone(),
        };
        if let Some(label) = &self.label {
            text("/label", label)?;
        }
        let images = count("/dataset_images", self.dataset_images)?.unwrap_or(IMAGENET_IMAGES);
        let batch_size = count("/batch_size", self.batch_size)?;
        if let Some(batch) = batch_size.filter(|batch| *batch > images) {
            let detail =
                format!("{batch} images in a step are more than the {images} of the dataset");
            let hint = format!("at most {images}, or a larger dataset_images");
            return Err(Invalid::at("/batch_size", batch, detail, hint));
        }
        Ok(Question {
            group,
            images,
            level: self.interval.map_or(Ok(Level::DEFAULT), Level::new)?,
            estimator: self.estimator.unwrap_or_default(),
            batch_size,
        })
    }

    /// What it says of the whole training.
    ///
    /// # Errors
    /// Points at the field that is wrong.
    pub(crate) fn run(&self) -> Result<Run, Invalid> {
        let rate = |pointer: &str, value: Option<f64>| match value {
            Some(number) if !(LEAST_RATE..=MOST_RATE).contains(&number) => {
                let detail = format!("{number:?} is out of range");
                let hint = format!("a number from {LEAST_RATE:?} to {MOST_RATE:?}");
                Err(Invalid::at(pointer, number, detail, hint))
            }
            value => Ok(value),
        };
        let most = |pointer: &str, value: Option<Whole>, most: u64| match value {
            Some(Whole(number)) if number > most => {
                let (detail, hint) = (
                    format!("{number} is out of range"),
                    format!("at most {most}"),
                );
                Err(Invalid::at(pointer, number, detail, hint))
            }
            value => count(pointer, value),
        };
        let devices = most("/devices", self.devices, MOST_DEVICES)?;
        Ok(Run {
            epochs: most("/epochs", self.epochs, MOST_EPOCHS)?,
            evaluation_images: count("/evaluation_images", self.evaluation_images)?,
            loader_images_per_second: rate(
                "/loader_images_per_second",
                self.loader_images_per_second,
            )?,
            devices: devices.and_then(|devices| u32::try_from(devices).ok()),
            price_per_hour: rate("/price_per_hour", self.price_per_hour)?,
        })
    }
}

/// Images a second, or a price: within these no time and no cost leaves the range of a double.
const LEAST_RATE: f64 = 1e-6;
const MOST_RATE: f64 = 1e12;
/// Most epochs of a training.
const MOST_EPOCHS: u64 = 1_000_000;
/// Most devices of a training.
const MOST_DEVICES: u64 = 100_000;

//! What a pycls config says of the training beside its net: its dataset is used, and what is not used is said.

use crate::net::names::pycls::{Training, training};
use crate::timing::Platform;
use crate::timing::predict::warning::Warning;

/// A config's training, and which of its parts the question leaves open.
#[derive(Clone, Debug)]
pub struct Configured {
    training: Training,
    images_unsaid: bool,
    batch_unsaid: bool,
}

impl Configured {
    /// What the config `text` says, beside a question that names `images` of an epoch or not, and `batch_size` or not.
    ///
    /// `None` where it cannot be read as a config.
    #[must_use]
    pub fn new(text: &str, images: Option<u64>, batch_size: Option<u64>) -> Option<Self> {
        Some(Self {
            training: training(text)?,
            images_unsaid: images.is_none(),
            batch_unsaid: batch_size.is_none(),
        })
    }

    /// Images of an epoch, where the config knows and the question does not say.
    #[must_use]
    pub fn images(&self) -> Option<u64> {
        self.training.images().filter(|_| self.images_unsaid)
    }

    /// What to know of a prediction for `platform`: which dataset was taken, and which batch and devices were not.
    #[must_use]
    pub fn warnings(&self, platform: &Platform) -> Vec<Warning> {
        let dataset = self
            .training
            .dataset
            .as_ref()
            .filter(|_| self.images_unsaid);
        let dataset = dataset.map(|name| match self.training.images() {
            Some(images) => {
                format!("an epoch is {images} images: TRAIN.DATASET of the config is {name}")
            }
            None => format!(
                "TRAIN.DATASET of the config, `{name}`, is not known here, so an epoch is ImageNet's 1,281,167 images: say \
                 dataset_images"
            ),
        });
        let batch = self.training.batch_size.filter(|_| self.batch_unsaid);
        let batch = batch.map(|images| {
            format!(
                "TRAIN.BATCH_SIZE {images} of the config was not used, this is for batches as they were timed: say batch_size"
            )
        });
        let own = platform.device_count;
        let devices = self.training.devices.filter(|n| *n != u64::from(own));
        let devices = devices.map(|n| {
            let s = if own == 1 { "" } else { "s" };
            format!(
                "NUM_GPUS {n} of the config was not used: {} has {own} device{s}",
                platform.id
            )
        });
        let told = [
            ("config_dataset", dataset),
            ("config_batch", batch),
            ("config_devices", devices),
        ];
        let said = told
            .into_iter()
            .filter_map(|(code, detail)| Some(Warning::assumed(code, detail?)));
        said.collect()
    }
}

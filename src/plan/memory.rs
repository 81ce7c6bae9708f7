//! How much memory of a device training takes, and the largest batch that fits.
//!
//! bytes = params · b + images · acts · k · e. b is what is kept of each parameter: weight, gradient and the optimizer's
//! states. e is the size of an element, and k how many elements are kept for each act until the backward pass: what a
//! convolution puts out and what the norm and ReLU after it put out, with allowance for sums, pools and work space; SiLU
//! keeps its input besides. k was chosen on half of 2,802 published batches that were lowered until they fit, and
//! checked on the other half (`docs/plan.md`).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Question;
use crate::json::Invalid;
use crate::net::{Complexity, Group};
use crate::timing::data::gpus::Gpu;
use crate::timing::data::platform::Precision;
use crate::timing::predict::warning::Warning;
use crate::timing::{Features, Mode, Predictor};
use crate::units::{Acts, Flops, Params, to_f64, truncated};

/// What updates the parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Optimizer {
    /// Gradient descent with momentum: one state for each parameter.
    #[default]
    Sgd,
    /// Adam or `AdamW`: two states.
    Adam,
}

/// How a net is trained, as far as memory goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setup {
    /// What updates the parameters.
    pub optimizer: Optimizer,
    /// Arithmetic of the layers.
    pub precision: Precision,
    /// Images in a step on each device.
    pub images: u64,
    /// Memory of each device, where that is known.
    pub device_bytes: Option<u64>,
}

/// Training memory of a net on one device.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Memory {
    /// Bytes for parameters, gradients and the optimizer's states.
    pub fixed_bytes: u64,
    /// Bytes for each image of a step: acts · 2.5 elements (3.5 with SiLU) · 2 or 4 bytes.
    pub bytes_per_image: u64,
    /// Images in a step on one device: `batch_size` over the devices, 1 where none was given.
    pub images: u64,
    /// Bytes of such a step on one device.
    pub bytes: u64,
    /// Most images in a step on one device of `device_memory_bytes`, 0 where none fits; null where that was not given.
    pub largest_batch: Option<u64>,
    /// What updates the parameters.
    pub optimizer: Optimizer,
    /// Arithmetic of the layers.
    pub precision: Precision,
}

/// Elements kept for each act.
const KEPT: f64 = 2.5;
/// The same for nets with SiLU.
const KEPT_WITH_SILU: f64 = 3.5;
/// Share of a device's memory that a step can use: the rest goes to the driver's context and to fragments.
const USABLE: f64 = 0.93;

impl Memory {
    /// The memory that a net of `group` with costs `complexity` takes.
    #[must_use]
    pub fn of(complexity: &Complexity, group: &Group, setup: &Setup) -> Self {
        let fixed = complexity.params.as_f64() * bytes_per_param(setup);
        let kept = if group.has_silu() {
            KEPT_WITH_SILU
        } else {
            KEPT
        };
        let image = complexity.acts.as_f64() * kept * element_bytes(setup.precision);
        let fits = |bytes: u64| truncated((USABLE * to_f64(bytes) - fixed).max(0.0) / image);
        Self {
            fixed_bytes: truncated(fixed),
            bytes_per_image: truncated(image),
            images: setup.images,
            bytes: truncated(fixed + to_f64(setup.images) * image),
            largest_batch: setup.device_bytes.map(fits),
            optimizer: setup.optimizer,
            precision: setup.precision,
        }
    }
}

/// A training step of one net on one device of a platform.
struct Step<'a> {
    /// The device's name.
    device: &'a str,
    /// Its memory; of a device without a data sheet, the most that any has.
    has: u64,
    memory: Memory,
}

/// A step of more than so many times the images that are estimated to fit is warned of: of 244 published batches that ran, 50
/// are above the estimate, and one (of VGG-13) above this.
const WARNED: f64 = 1.5;
/// A step that takes more than so many times the memory of any device is a mistake, and refused.
const REFUSED: f64 = 100.0;

impl<'a> Step<'a> {
    /// Of the net that `features` are of; `None` for inference, whose memory is not estimated.
    fn of(question: &Question, features: &Features, predictor: &'a Predictor) -> Option<Self> {
        let platform = predictor.platform();
        let has = predictor
            .gpu()
            .map_or_else(most_memory, |gpu| gpu.memory_bytes);
        let devices = u64::from(platform.device_count);
        let setup = Setup {
            optimizer: Optimizer::default(),
            precision: platform.precision.unwrap_or(Precision::Amp),
            images: question
                .batch_size
                .map_or(1, |images| images.div_ceil(devices)),
            device_bytes: Some(has),
        };
        let costs = Complexity {
            flops: Flops::new(truncated(1e9 * features.flops)),
            params: Params::new(truncated(1e6 * features.params)),
            acts: Acts::new(truncated(1e6 * features.acts)),
        };
        (predictor.mode() == Mode::Train).then(|| Self {
            device: &platform.device,
            has,
            memory: Memory::of(&costs, &question.group, &setup),
        })
    }

    fn largest(&self) -> u64 {
        self.memory.largest_batch.unwrap_or(0)
    }
}

/// The most memory that any GPU has whose data sheet is known.
fn most_memory() -> u64 {
    let all = Gpu::all().iter().map(|gpu| gpu.memory_bytes);
    all.max().unwrap_or(u64::MAX)
}

/// A warning where a training step takes more memory than its device has.
#[must_use]
pub fn beyond(question: &Question, features: &Features, predictor: &Predictor) -> Option<Warning> {
    let step = Step::of(question, features, predictor)?;
    let (images, largest) = (step.memory.images, step.largest());
    let detail = || {
        let gigabytes = |bytes: u64| to_f64(bytes) / 1e9;
        format!(
            "a step of {images} images on each device takes about {:.0} GB, and {} has {:.0}: about {largest} fit",
            gigabytes(step.memory.bytes),
            step.device,
            gigabytes(step.has)
        )
    };
    let too_many = to_f64(images) > WARNED * to_f64(largest);
    too_many.then(|| Warning::assumed("beyond_memory", detail()))
}

/// Refuses a batch of which a step takes a hundred times the memory of any device, on each of the platforms.
///
/// # Errors
/// At `/batch_size`, with what fits.
pub fn possible<'a>(
    question: &Question,
    features: &Features,
    predictors: impl IntoIterator<Item = &'a Predictor>,
) -> Result<(), Invalid> {
    let Some(batch) = question.batch_size else {
        return Ok(());
    };
    let most = REFUSED * to_f64(most_memory());
    let mut largest = None;
    for predictor in predictors {
        let Some(step) = Step::of(question, features, predictor) else {
            return Ok(());
        };
        let image = to_f64(step.memory.bytes_per_image) * to_f64(step.memory.images);
        if image <= most {
            return Ok(());
        }
        let fit = step.largest() * u64::from(predictor.platform().device_count);
        largest = largest.max(Some(fit));
    }
    let Some(largest) = largest else {
        return Ok(());
    };
    let detail = format!(
        "a step of {batch} images takes more than {REFUSED} times the memory of any device"
    );
    let hint = format!("about {} fit", largest.max(1));
    Err(Invalid::at("/batch_size", batch, detail, hint))
}

/// Bytes of an element of a feature map.
fn element_bytes(precision: Precision) -> f64 {
    match precision {
        Precision::Fp32 | Precision::Tf32 => 4.0,
        Precision::Amp | Precision::AmpBf16 | Precision::Fp16 | Precision::Bf16 => 2.0,
    }
}

/// Bytes kept for each parameter: weight, gradient and states, with mixed precision a 16-bit copy of the weight too.
fn bytes_per_param(setup: &Setup) -> f64 {
    let states = match setup.optimizer {
        Optimizer::Sgd => 1.0,
        Optimizer::Adam => 2.0,
    };
    match setup.precision {
        Precision::Fp32 | Precision::Tf32 => 4.0 * (2.0 + states),
        Precision::Amp | Precision::AmpBf16 => 4.0 * (2.0 + states) + 2.0,
        Precision::Fp16 | Precision::Bf16 => 2.0 * (2.0 + states),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Acts, Flops, Params};

    fn memory(group: &str, optimizer: Optimizer, precision: Precision) -> Memory {
        let complexity = Complexity {
            flops: Flops::new(1),
            params: Params::new(1_000),
            acts: Acts::new(2_000),
        };
        let setup = Setup {
            optimizer,
            precision,
            images: 3,
            device_bytes: Some(1_000_000),
        };
        Memory::of(&complexity, &Group::new(group).unwrap(), &setup)
    }

    #[test]
    fn a_step_takes_its_parameters_and_each_image() {
        let fp32 = memory("resnet", Optimizer::Sgd, Precision::Fp32);
        assert_eq!(
            (fp32.fixed_bytes, fp32.bytes_per_image, fp32.bytes),
            (12_000, 20_000, 72_000)
        );
        // ⌊(930,000 - 12,000) / 20,000⌋
        assert_eq!(fp32.largest_batch, Some(45));
        let amp = memory("regnetz", Optimizer::Adam, Precision::Amp);
        assert_eq!((amp.fixed_bytes, amp.bytes_per_image), (18_000, 14_000));
    }
}

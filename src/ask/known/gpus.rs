//! GPUs that can be asked for by name though nothing was timed on them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::timing::data::gpus::Gpu;
use crate::timing::predict::datasheet::AskedGpu;
use crate::timing::{PlatformId, Predictors};

/// What a data sheet says of a GPU. Rates are dense, an addition and a multiplication counted as two.
#[derive(Debug, Serialize, ToSchema)]
pub struct GpuRow {
    /// Its name here.
    #[schema(example = "h100")]
    pub id: &'static str,
    /// Its maker's name for it.
    pub device: &'static str,
    /// Memory.
    pub memory_bytes: u64,
    /// Bandwidth of the memory, in 10⁹ bytes a second.
    pub bandwidth_gigabytes_per_second: f64,
    /// 32-bit operations outside of tensor cores, in 10¹² a second.
    pub fp32_teraflops: f64,
    /// On tensor cores with TF32; null where they cannot.
    pub tf32_teraflops: Option<f64>,
    /// On tensor cores with 16-bit floats, added up in 32 bits; without tensor cores the 32-bit rate.
    pub fp16_teraflops: f64,
    /// Titles of the documents.
    pub source: &'static str,
    /// What a prediction's `platform` may be: with each precision, and in channels last by each kind of software. Any of the words go
    /// together, in any order: a precision, `channels_first` or `channels_last`, and `eager`, `compiled` or `tuned`. Unsaid,
    /// they are `amp`, `channels_first` and `eager`.
    pub ask_for: Vec<String>,
    /// Platforms on which it was timed: to name one of them gives a narrower interval.
    pub timed: Vec<PlatformId>,
}

impl GpuRow {
    pub(crate) fn new(gpu: &'static Gpu, predictors: &Predictors) -> Self {
        let of = |device| Gpu::of_device(device).is_some_and(|known| known.id == gpu.id);
        let timed = predictors.platforms.values().filter(|p| of(&p.device));
        Self {
            id: &gpu.id,
            device: &gpu.device,
            memory_bytes: gpu.memory_bytes,
            bandwidth_gigabytes_per_second: gpu.bandwidth,
            fp32_teraflops: gpu.fp32,
            tf32_teraflops: gpu.tf32,
            fp16_teraflops: gpu.fp16,
            source: &gpu.source,
            ask_for: AskedGpu::names(gpu).collect(),
            timed: timed.map(|platform| platform.id.clone()).collect(),
        }
    }
}

/// All GPUs whose data sheets are known.
#[derive(Debug, Serialize, ToSchema)]
pub struct Gpus {
    /// By age and kind.
    pub gpus: Vec<GpuRow>,
}

/// All GPUs whose data sheets are known, with the platforms of `predictors` that are such.
#[must_use]
pub fn listed(predictors: &Predictors) -> Gpus {
    let rows = Gpu::all().iter().map(|gpu| GpuRow::new(gpu, predictors));
    Gpus {
        gpus: rows.collect(),
    }
}

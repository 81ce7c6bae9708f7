//! What a platform is expected to show before any of its own timings is looked at: what the timings that epochcast arrives
//! with say of the same nets, at the scales of both data sheets.
//!
//! Only built-in timings are asked, so that nothing that was sent anywhere can bend what it is judged by.

use std::sync::LazyLock;

use crate::net::Group;
use crate::timing::data::gpus::Gpu;
use crate::timing::data::platform::{Mode, Platform};
use crate::timing::data::seed;
use crate::timing::fit::estimator::Estimator;
use crate::timing::fit::features::Features;
use crate::timing::fit::level::Level;
use crate::timing::fit::training::Sample;
use crate::timing::predict::datasheet::AskedGpu;
use crate::timing::predict::prediction::Asked;
use crate::timing::predict::predictor::Predictor;
use crate::timing::predict::predictors::Predictors;

/// The fits to the timings that epochcast arrives with.
static BUILT_IN: LazyLock<Predictors> = LazyLock::new(|| {
    // A test reads all of them.
    let (platforms, rows) = seed::built_in().unwrap_or_default();
    Predictors::plain(platforms, &rows)
});

/// Doubt in the scale, as a standard deviation of the log, where a platform does not say its precision, and where its device
/// is none whose data sheet is known: it may be a laptop's processor.
const UNSAID: f64 = 0.4;
const UNKNOWN: f64 = 1.5;
/// What such a device takes beside the GPU of the built-in timings, as a log.
const USUAL: f64 = 0.7;
/// Operations that convolutions save at most by computing otherwise (Winograd, 3x3 in tiles of 4x4: 4 of 9).
const SAVED: f64 = 4.0;
/// Forward and backward pass beside the forward pass.
const PASSES: f64 = 3.0;
/// Times the slowest GPU that is known beyond which no device is believed.
const SLOWEST: f64 = 100.0;

/// What is expected of one platform and mode.
#[derive(Clone, Debug)]
pub(in crate::timing) struct Reference {
    fit: Predictor,
    mode: Mode,
    /// The log of the scale between the two, and its standard deviation.
    pub(super) usual: f64,
    pub(super) doubt: f64,
    /// 10⁹ multiply-adds a millisecond that no device of the kind exceeds.
    fastest: f64,
    /// Greatest log ratio that is believed.
    slowest: f64,
    /// Whether launching the layers takes as long as on a GPU.
    launches: bool,
}

/// One timing beside what is expected of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// ln of the ratio of its time to the expected one.
    pub(super) log: f64,
    /// Shares of the expected time that are the same for all nets, that memory takes, and that multiply-adds take.
    pub(super) work: [f64; 3],
    /// Whether some device can have taken so long.
    pub(super) possible: bool,
}

impl Reference {
    /// That of `platform` in `mode`; `None` where nothing built in was timed so.
    pub(super) fn new(platform: &Platform, mode: Mode) -> Option<Self> {
        let built_in = &*BUILT_IN;
        if let Some(asked) = AskedGpu::of(platform) {
            let fit = built_in.on_gpu(&asked, mode)?;
            let unsaid = if platform.precision.is_some() {
                0.0
            } else {
                UNSAID
            };
            return Some(Self {
                usual: 0.0,
                doubt: fit.sheet_doubt().hypot(unsaid),
                fastest: fastest(std::slice::from_ref(asked.gpu)),
                slowest: SLOWEST.ln(),
                launches: true,
                fit,
                mode,
            });
        }
        let single = |fit: &&std::sync::Arc<Predictor>| {
            (fit.platform().device_count == 1, fit.measurements())
        };
        let fit = built_in.of_mode(mode).max_by_key(single)?.as_ref().clone();
        // In 32 bits, as what is slow computes.
        let slower = |gpu: &'static Gpu| {
            let asked = AskedGpu::in_32_bits(gpu);
            fit.scale_to(&asked).map_or(0.0, f64::ln)
        };
        let slowest = Gpu::all().iter().map(slower).fold(0.0, f64::max);
        Some(Self {
            usual: USUAL,
            doubt: UNKNOWN,
            fastest: 2.0 * fastest(Gpu::all()),
            slowest: slowest + SLOWEST.ln(),
            launches: true,
            fit,
            mode,
        })
    }

    /// The same of a device on which launching the layers takes no time, as on a processor.
    pub(super) fn without_launches(self) -> Self {
        Self {
            launches: false,
            ..self
        }
    }

    /// Whether the device is one whose data sheet is known.
    pub(super) fn knows_device(&self) -> bool {
        self.doubt < UNKNOWN
    }

    /// `sample` beside what is expected of it.
    pub(super) fn seen(&self, group: &Group, sample: &Sample) -> Option<Seen> {
        let features = &sample.features;
        let devices = self.fit.platform().device_count;
        // A step may have fewer images than there are devices.
        let least = (sample.batch > 0.0).then_some(u64::from(devices));
        let batch = sample.images(devices).max(least);
        let asked = Asked {
            features,
            group,
            estimator: Estimator::default(),
            level: Level::DEFAULT,
            batch_size: batch.filter(|_| self.launches),
        };
        let log = (sample.ms / self.fit.expected_ms(&asked)?).ln();
        Some(Seen {
            log,
            work: self.fit.fitted_for(features)?.work(features, group),
            possible: sample.ms >= self.least_ms(features) && log <= self.slowest,
        })
    }

    /// Milliseconds that an image takes at least, by the rate of the arithmetic.
    fn least_ms(&self, features: &Features) -> f64 {
        let passes = match self.mode {
            Mode::Train => PASSES,
            Mode::Infer => 1.0,
        };
        passes * features.flops / (SAVED * self.fastest)
    }
}

/// 10⁹ multiply-adds a millisecond of the fastest of `gpus`, whatever the precision.
fn fastest(gpus: &[Gpu]) -> f64 {
    let rates = gpus.iter().map(|gpu| gpu.fp16.max(gpu.fp32));
    // 10¹² operations a second are 10⁹ a millisecond, two to a multiply-add.
    rates.fold(0.0, f64::max) / 2.0
}

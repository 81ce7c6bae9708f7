//! What the batch of a step does to the time of an image: launching the layers takes as long whatever the batch is.
//!
//! A step of b images takes √((b·t)² + O²) on a device: t is what one image takes in a large batch, O = τ·launches what the
//! host needs to launch the layers while the device computes. Per image the time never rises with b. A fit says t: each
//! timing whose batch is known brings its own O ([`Sample::in_its_batch`]). How τ was found and on which GPUs and nets it
//! was tested: `docs/accuracy.md`.
//!
//! [`Sample::in_its_batch`]: crate::timing::fit::training::Sample::in_its_batch

use serde::{Deserialize, Serialize};

use crate::timing::data::platform::Mode;
use crate::timing::fit::estimator::Part;
use crate::timing::fit::training::{Rows, launch_ms};

/// How many images a step has on a device.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Images {
    /// Above 0.
    pub(super) count: f64,
    /// Doubt in that, as a standard deviation of the log: 0 where it was said.
    pub(super) spread: f64,
}

/// The batch that nets are timed at: ln b = intercept + slope · ln acts, by least squares over the timings whose batch is known.
/// More acts never mean more images, so that a prediction still grows with each cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct UsualBatch {
    intercept: f64,
    slope: f64,
    /// Standard deviation of ln b around it.
    spread: f64,
}

impl UsualBatch {
    /// That of `rows`; `None` where no batch is known.
    pub(super) fn of(rows: &Rows) -> Option<Self> {
        let samples = rows.samples().map(|(_, sample)| sample);
        let known = samples.filter(|sample| sample.batch > 0.0);
        let logs = || {
            known
                .clone()
                .map(|sample| (sample.features.acts.ln(), sample.batch.ln()))
        };
        let (n, acts, batches) = logs().fold((0.0, 0.0, 0.0), |(n, acts, batches), (a, b)| {
            (n + 1.0, acts + a, batches + b)
        });
        let (acts, batch) = (acts / n, batches / n);
        let (square, product) = logs().fold((0.0, 0.0), |(square, product), (a, b)| {
            let a = a - acts;
            (square + a * a, product + a * (b - batch))
        });
        let slope = if square > 0.0 {
            (product / square).min(0.0)
        } else {
            0.0
        };
        let around = |(a, b): (f64, f64)| (b - batch - slope * (a - acts)).powi(2);
        let left: f64 = logs().map(around).sum();
        (n > 0.0).then(|| Self {
            intercept: batch - slope * acts,
            slope,
            spread: (left / n).sqrt(),
        })
    }

    /// Of a net with so many million `acts`, where the largest that was timed is `most`.
    pub(super) fn at(self, acts: f64, most: f64) -> Images {
        Images {
            // Fewer than one, where a step is shared out over many devices.
            count: (self.intercept + self.slope * acts.ln()).exp().min(most),
            spread: self.spread,
        }
    }
}

/// One step on one device.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// What is launched in it.
    pub(super) launches: f64,
    /// Forward alone, or backward too.
    pub(super) mode: Mode,
    /// Images in it.
    pub(super) images: Images,
    /// Share of the square of the time that launching was in what was timed.
    pub(super) timed: f64,
}

/// How a step's batch changes a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct AtBatch {
    /// An image takes so many times longer than in a large batch.
    pub(super) factor: f64,
    /// Doubt in that, as a standard deviation of the log.
    pub(super) spread: f64,
    /// Share of the time that would not be there without launches.
    pub(super) launching: f64,
    /// Doubt in it where the host is not known, towards less time, as a standard deviation of the log.
    pub(super) sooner: f64,
}

/// Log doubt in the square of what launches take: hosts differ by a third either way.
const DOUBT: f64 = 0.3;
/// How much sooner a host may launch of which nothing is known, as a log: with it the 90 % interval reaches the soonest of
/// NVIDIA's published containers (`MXNet`, a fifth of what `PyTorch` takes on the same GPUs). None is known to take much longer.
const SOONER: f64 = 1.0;

impl AtBatch {
    /// No launches, or they are not known.
    pub(super) const WITHOUT: Self = Self {
        factor: 1.0,
        spread: 0.0,
        launching: 0.0,
        sooner: 0.0,
    };

    /// Of a net on which the device works `ms` for an image.
    pub(super) fn of(ms: f64, step: &Step) -> Self {
        let overhead = launch_ms(step.mode) * step.launches;
        let square = (overhead / step.images.count / ms).powi(2);
        let factor = (1.0 + square).sqrt();
        let share = square / (1.0 + square);
        Self {
            factor,
            // ln t falls by its share of launching for each unit of ln b.
            spread: (DOUBT * (share - step.timed)).hypot(share * step.images.spread),
            launching: 1.0 - factor.recip(),
            // With τ the time of a launch, ln t falls by the share of launching for each unit of ln τ. The part of it that the
            // timings had themselves is not in doubt: their host is in it.
            sooner: SOONER * (share - step.timed).max(0.0),
        }
    }
}

/// `shares` of a time of which the share `launching` is added by launches.
pub(super) fn launching(mut shares: Vec<(Part, f64)>, launching: f64) -> Vec<(Part, f64)> {
    if launching > 0.0 {
        for (_, share) in &mut shares {
            *share *= 1.0 - launching;
        }
        match shares.iter_mut().find(|(part, _)| *part == Part::PerStep) {
            Some((_, share)) => *share += launching,
            None => shares.push((Part::PerStep, launching)),
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(images: f64, timed: f64) -> AtBatch {
        let step = Step {
            launches: 53.0,
            mode: Mode::Train,
            images: Images {
                count: images,
                spread: 0.0,
            },
            timed,
        };
        AtBatch::of(1.1, &step)
    }

    #[test]
    fn a_larger_batch_never_costs_more_time_an_image() {
        for timed in [0.0, 0.1, 0.9] {
            let factors: Vec<f64> = (0..20).map(|k| at(2f64.powi(k), timed).factor).collect();
            assert!(factors.is_sorted_by(|a, b| a >= b), "{timed}: {factors:?}");
        }
    }

    #[test]
    fn a_step_never_takes_less_time_for_more_images() {
        for timed in [0.0, 0.1, 0.9] {
            let steps: Vec<f64> = (0..20)
                .map(|k| 2f64.powi(k) * at(2f64.powi(k), timed).factor)
                .collect();
            assert!(steps.is_sorted(), "{timed}: {steps:?}");
        }
    }

    #[test]
    fn a_batch_like_those_that_were_timed_adds_no_doubt() {
        // 31.8 ms of launches beside 128 images of 1.1 ms.
        let square = f64::powi(31.8 / 128.0 / 1.1, 2);
        let same = at(128.0, square / (1.0 + square));
        // Tolerance: the last bits of a sum and a root.
        assert!(same.spread < 1e-12 && (same.factor - (1.0 + square).sqrt()).abs() < 1e-12);
        assert!(at(8.0, square / (1.0 + square)).spread > 0.1);
    }

    #[test]
    fn a_host_is_in_doubt_as_far_as_more_is_launched_than_was_timed() {
        let square = f64::powi(31.8 / 8.0 / 1.1, 2);
        let share = square / (1.0 + square);
        // Tolerance: the last bits of a difference.
        assert!((at(8.0, 0.25).sooner - (share - 0.25)).abs() < 1e-12);
        assert!(at(8.0, share + 0.01).sooner.abs() < f64::EPSILON);
    }

    #[test]
    fn one_image_takes_as_long_as_the_launches() {
        let one = at(1.0, 0.0);
        // Tolerance: the net's own 1.1 ms beside 31.8 ms of launches, squared.
        assert!((one.factor * 1.1 / 31.8 - 1.0).abs() < 1e-3 && one.launching > 0.9);
    }
}

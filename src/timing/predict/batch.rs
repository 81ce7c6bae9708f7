//! What the batch of a step does to the time of an image: launching the layers takes as long whatever the batch is.
//!
//! A step of b images takes √((b·t)² + O²) on a device: t is what one image takes in a large batch, O = τ·launches what the
//! host needs to launch the layers while the device computes. Per image the time never rises with b. A fit says t as it
//! is at the batches that were timed; where that of the nearest net is known, its own O is taken off first. How τ was
//! found and on which GPUs and nets it was tested: `docs/accuracy.md`.

use crate::timing::data::platform::Mode;
use crate::timing::fit::estimator::Part;

/// One step on one device.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// What is launched in it.
    pub(in crate::timing) launches: f64,
    /// Forward alone, or backward too.
    pub(in crate::timing) mode: Mode,
    /// Images in it, above 0.
    pub(in crate::timing) images: f64,
    /// Images in the step of the nearest net that was timed, 0 where unknown.
    pub(in crate::timing) timed: f64,
}

/// How a step's batch changes a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct AtBatch {
    /// An image takes so many times longer than the fit says.
    pub(in crate::timing) factor: f64,
    /// Doubt in that, as a standard deviation of the log.
    pub(in crate::timing) spread: f64,
    /// Share of the time that would not be there without launches.
    pub(super) launching: f64,
}

/// Log doubt in the square of what launches take: hosts differ by a third either way.
const DOUBT: f64 = 0.3;
/// Least share of a fitted time that is believed to remain in a larger batch.
pub(in crate::timing) const LEAST: f64 = 0.5;

/// τ: milliseconds for a convolution, with its norm and activation function, or a squeeze-excitation.
const fn launch_ms(mode: Mode) -> f64 {
    match mode {
        Mode::Train => 0.6,
        Mode::Infer => 0.18,
    }
}

impl AtBatch {
    /// No batch was asked for, or the launches are not known.
    pub(super) const AS_FITTED: Self = Self {
        factor: 1.0,
        spread: 0.0,
        launching: 0.0,
    };

    /// Of a net that takes `ms` for an image by a fit.
    pub(in crate::timing) fn of(ms: f64, step: &Step) -> Self {
        let overhead = launch_ms(step.mode) * step.launches;
        let squared = |images: f64| (overhead / images / ms).powi(2);
        let timed = if step.timed > 0.0 {
            squared(step.timed).min(1.0 - LEAST * LEAST)
        } else {
            0.0
        };
        let asked = squared(step.images);
        let square = 1.0 - timed + asked;
        Self {
            factor: square.sqrt(),
            spread: DOUBT * (asked - timed).abs() / square,
            launching: 1.0 - ((1.0 - timed) / square).sqrt(),
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
            images,
            timed,
        };
        AtBatch::of(1.1, &step)
    }

    #[test]
    fn a_larger_batch_never_costs_more_time_an_image() {
        for timed in [0.0, 1.0, 12.0, 256.0] {
            let factors: Vec<f64> = (0..20).map(|k| at(2f64.powi(k), timed).factor).collect();
            assert!(factors.is_sorted_by(|a, b| a >= b), "{timed}: {factors:?}");
        }
    }

    #[test]
    fn a_step_never_takes_less_time_for_more_images() {
        for timed in [0.0, 64.0, 256.0] {
            let steps: Vec<f64> = (0..20)
                .map(|k| 2f64.powi(k) * at(2f64.powi(k), timed).factor)
                .collect();
            assert!(steps.is_sorted(), "{timed}: {steps:?}");
        }
    }

    #[test]
    fn the_batch_that_was_timed_changes_nothing() {
        let same = at(128.0, 128.0);
        // Tolerance: the last bits of a sum and a root.
        assert!((same.factor - 1.0).abs() < 1e-12 && same.spread < 1e-12);
    }

    #[test]
    fn one_image_takes_as_long_as_the_launches() {
        let one = at(1.0, 0.0);
        // Tolerance: the net's own 1.1 ms beside 31.8 ms of launches, squared.
        assert!((one.factor * 1.1 / 31.8 - 1.0).abs() < 1e-3 && one.launching > 0.9);
    }
}

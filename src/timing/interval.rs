//! Prediction intervals that hold as often as they say: conformal, from residuals of nets that were left out.
//!
//! The score of a timing is |ln(t / t̂)| over what was to be expected of it: the spread σ of its group, widened by w where
//! the net lies far from those timed. At level p the interval reaches from t̂·e^-h to t̂·e^h, h = q·σ·w, with q the
//! ⌈(n+1)·p⌉-th smallest of n scores: for exchangeable nets it covers at least a share p, whatever their distribution.
//! Source: "Distribution-Free Predictive Inference for Regression" (Lei et al., JASA 2018). With few scores q is drawn to
//! that of a normal distribution, and the half-width grows by √(1 + 1/n), so that it shrinks smoothly as timings arrive.

use super::estimator::Form;
use super::neighbours::Place;
use super::validation::Validation;
use crate::json::Invalid;
use crate::net::Group;
use crate::units::{to_f64, truncated};

/// A level at which intervals are given, 0.5 to 0.99.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Level(f64);

impl Level {
    /// Where a request names none.
    pub const DEFAULT: Self = Self(0.9);

    /// The level that `share` is.
    ///
    /// # Errors
    /// Where it is not from 0.5 to 0.99.
    pub fn new(share: f64) -> Result<Self, Invalid> {
        if (0.5..=0.99).contains(&share) {
            return Ok(Self(share));
        }
        Err(Invalid::at(
            "/interval",
            share,
            format!("{share} is out of range"),
            "a share from 0.5 to 0.99, such as 0.9",
        ))
    }

    /// The share of new timings that lie within.
    #[must_use]
    pub fn share(self) -> f64 {
        self.0
    }

    /// z: a normal variable lies within ±z standard deviations with this probability, to 0.0005.
    ///
    /// Source: Abramowitz and Stegun, 26.2.23.
    #[must_use]
    pub fn z(self) -> f64 {
        let t = (-2.0 * f64::midpoint(1.0, -self.0).ln()).sqrt();
        let above = 2.515_517 + t * (0.802_853 + t * 0.010_328);
        let below = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
        t - above / below
    }
}

/// What is expected before anything was left out, and how fast an interval widens with the distance; by form.
pub(super) struct Expected {
    /// σ of a group.
    pub(super) spread: f64,
    /// Root mean square log residual of a group without timings.
    pub(super) unseen: f64,
    /// Of the normal interval for that: residuals of whole groups have longer tails than a normal's.
    normal: f64,
    /// Widening for each unit of log beyond the measured range.
    beyond: f64,
    /// Widening for each unit of distance to the nearest net, beyond [`NEAR`].
    far: f64,
}

/// Distance at which a net still counts as near.
const NEAR: f64 = 0.05;
/// Scores that weigh as much as the normal distribution.
const NORMAL_SCORES: f64 = 10.0;
/// Half-width (natural log) below which no interval is believed: runs of one net differ by as much.
const FLOOR: f64 = 0.01;
/// The constants of `form`; how they were chosen: `docs/accuracy.md`.
pub(super) const fn expected(form: Form) -> Expected {
    match form {
        Form::Layers => Expected {
            spread: 0.15,
            unseen: 0.1,
            normal: 0.95,
            beyond: 0.4,
            far: 0.5,
        },
        Form::Costs => Expected {
            spread: 0.25,
            unseen: 0.25,
            normal: 0.85,
            beyond: 1.0,
            far: 0.0,
        },
        Form::Acts => Expected {
            spread: 0.5,
            unseen: 0.5,
            normal: 0.85,
            beyond: 1.0,
            far: 0.0,
        },
    }
}

/// w: how much wider than among its neighbours the interval of a net at `place` is.
pub(super) fn widening(form: Form, place: Place) -> f64 {
    let Expected { beyond, far, .. } = expected(form);
    1.0 + beyond * place.beyond + far * (place.distance - NEAR).max(0.0)
}

/// What an interval depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case<'a> {
    /// The net's group.
    pub(super) group: &'a Group,
    /// Whether that has timings.
    pub(super) seen: bool,
    /// Root mean square log residual of a group that has none.
    pub(super) unseen: f64,
    /// Where the net lies among those timed.
    pub(super) place: Place,
    /// Timings in the fit.
    pub(super) timings: usize,
    /// Relative standard deviation of the net's own timings, 0 where unknown.
    pub(super) noise: f64,
}

/// h: half the width at `level`, as a natural log. Wider levels are never narrower.
pub(super) fn half_width(validation: &Validation, case: &Case, level: Level) -> f64 {
    let n = to_f64(case.timings.max(1).try_into().unwrap_or(u64::MAX));
    let few = (1.0 + 1.0 / n).sqrt();
    let wider = widening(validation.form, case.place);
    let q = quantile(&validation.scores, level);
    let half = if case.seen {
        q * validation.spread(case.group) * wider
    } else {
        let strangers = expected(validation.form).normal * level.z() * case.unseen;
        strangers.max(q * validation.typical) * (wider / 2.0).max(1.0)
    };
    (half * few).max(level.z() * case.noise).max(FLOOR)
}

/// Root mean square log error that the own fit lets expect.
pub(super) fn own_error(validation: &Validation, case: &Case) -> f64 {
    let n = to_f64(case.timings.max(1).try_into().unwrap_or(u64::MAX));
    let error = if case.seen {
        validation.spread(case.group)
    } else {
        case.unseen.max(validation.typical)
    };
    error * (1.0 + 1.0 / n).sqrt()
}

/// Half the width of an interval around a prediction that another platform's fit gives with this error.
pub(super) fn lent_half_width(error: f64, case: &Case, level: Level) -> f64 {
    (level.z() * error).max(level.z() * case.noise).max(FLOOR)
}

/// The score that a share `level` of new timings does not exceed, of `scores` in order.
fn quantile(scores: &[f64], level: Level) -> f64 {
    let n = to_f64(scores.len().try_into().unwrap_or(u64::MAX));
    let rank = usize::try_from(truncated(((n + 1.0) * level.0).ceil())).unwrap_or(usize::MAX);
    let place = rank.min(scores.len()).saturating_sub(1);
    let normal = level.z();
    let seen = scores.get(place).copied().unwrap_or(normal);
    (n * seen + NORMAL_SCORES * normal) / (n + NORMAL_SCORES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rank_counts_the_new_timing_too() {
        let scores: Vec<f64> = (1..=9).map(f64::from).collect();
        let drawn = |seen: f64, level: Level| (9.0 * seen + 10.0 * level.z()) / 19.0;
        let (eighth, ninth) = (Level(0.8), Level(0.9));
        // Tolerance: the last bits of a division.
        assert!((quantile(&scores, eighth) - drawn(8.0, eighth)).abs() < 1e-12);
        assert!((quantile(&scores, ninth) - drawn(9.0, ninth)).abs() < 1e-12);
    }

    #[test]
    fn z_is_that_of_the_normal_distribution() {
        // Tolerance: that of the formula.
        for (share, z) in [(0.5, 0.6745), (0.8, 1.2816), (0.9, 1.6449), (0.99, 2.5758)] {
            assert!((Level(share).z() - z).abs() < 5e-4, "{share}");
        }
    }

    #[test]
    fn levels_are_from_a_half_to_99_percent() {
        assert!(
            Level::new(0.49).is_err() && Level::new(f64::NAN).is_err() && Level::new(0.99).is_ok()
        );
    }
}

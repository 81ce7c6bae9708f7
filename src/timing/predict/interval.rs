//! Prediction intervals that hold as often as they say: conformal, from residuals of nets that were left out.
//!
//! The score of a timing is |ln(t / t̂)| over what was to be expected of it: the spread σ of its group, widened by w where
//! the net lies far from those timed. At level p the interval reaches from t̂·e^-h to t̂·e^h, h = q·σ·w, with q the
//! ⌈(n+1)·p⌉-th smallest of n scores: for exchangeable nets it covers at least a share p, whatever their distribution.
//! Source: "Distribution-Free Predictive Inference for Regression" (Lei et al., JASA 2018). With few scores q is drawn to
//! that of a normal distribution, and the half-width grows by √(1 + 1/n), so that it shrinks smoothly as timings arrive.

use crate::net::Group;
use crate::timing::fit::expected::{expected, widening};
use crate::timing::fit::level::Level;
use crate::timing::fit::neighbours::Place;
use crate::timing::fit::validation::{Score, Validation};
use crate::units::{to_f64, to_u64};

/// Scores that weigh as much as the normal distribution.
const NORMAL_SCORES: f64 = 10.0;
/// Half-width (natural log) below which no interval is believed: runs of one net differ by as much.
const FLOOR: f64 = 0.01;

/// How much wider an interval is where a net's operators tell its group and no name does: it may be another, and such
/// nets have no repeats at other sizes among the timings. Chosen on 168 timings of the RTX 3090's training, scored on the RTX
/// 4090's inference: `docs/accuracy.md`.
const GUESSED: f64 = 1.3;

/// What an interval depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case<'a> {
    /// The net's group.
    pub(in crate::timing) group: &'a Group,
    /// Whether that has timings.
    pub(in crate::timing) seen: bool,
    /// Root mean square log residual of a group that has none.
    pub(in crate::timing) unseen: f64,
    /// Where the net lies among those timed.
    pub(in crate::timing) place: Place,
    /// Timings in the fit.
    pub(in crate::timing) timings: usize,
    /// Relative standard deviation of the net's own timings, 0 where unknown.
    pub(in crate::timing) noise: f64,
}

impl Case<'_> {
    /// What the interval is wider by since the net's group may be another.
    fn doubt(&self) -> f64 {
        if self.group.is_guessed() {
            GUESSED
        } else {
            1.0
        }
    }
}

/// h: half the width at `level`, as a natural log. Wider levels are never narrower.
pub(super) fn half_width(validation: &Validation, case: &Case, level: Level) -> f64 {
    let n = to_f64(to_u64(case.timings.max(1)));
    let few = (1.0 + 1.0 / n).sqrt();
    let wider = widening(validation.form, case.place);
    let q = quantile(&validation.scores, level);
    let half = if case.seen {
        q * validation.spread(case.group) * wider
    } else {
        let strangers = expected(validation.form).normal * level.z() * case.unseen;
        strangers.max(q * validation.typical) * (wider / 2.0).max(1.0)
    };
    (half * few * case.doubt())
        .max(level.z() * case.noise)
        .max(FLOOR)
}

/// How often the interval of `level` holds of a fit to so many `timings`: the share, by weight, of those that were left out
/// which lie within it. `None` where none was left out.
pub(super) fn covered(validation: &Validation, timings: usize, level: Level) -> Option<f64> {
    let n = to_f64(to_u64(timings.max(1)));
    let scores = &validation.scores;
    let reach = quantile(scores, level) * (1.0 + 1.0 / n).sqrt();
    let inside = scores.partition_point(|score| score.far <= reach);
    let last = inside.checked_sub(1).and_then(|last| scores.get(last));
    let all = scores.last()?.up_to;
    (all > 0.0).then(|| last.map_or(0.0, |last| last.up_to) / all)
}

/// Root mean square log error that the own fit lets expect.
pub(super) fn own_error(validation: &Validation, case: &Case) -> f64 {
    let n = to_f64(to_u64(case.timings.max(1)));
    let error = if case.seen {
        validation.spread(case.group)
    } else {
        case.unseen.max(validation.typical)
    };
    error * (1.0 + 1.0 / n).sqrt()
}

/// Half the width of an interval around a prediction that another platform's fit gives with this error.
pub(super) fn lent_half_width(error: f64, case: &Case, level: Level) -> f64 {
    (level.z() * error * case.doubt())
        .max(level.z() * case.noise)
        .max(FLOOR)
}

/// The score that a share `level` of new timings does not exceed, of `scores` in order, each counted for what it weighs.
fn quantile(scores: &[Score], level: Level) -> f64 {
    let n = scores.last().map_or(0.0, |last| last.up_to);
    let rank = (n + 1.0) * level.share();
    let place = scores.partition_point(|score| score.up_to < rank);
    let normal = level.z();
    let seen = scores
        .get(place)
        .or(scores.last())
        .map_or(normal, |score| score.far);
    (n * seen + NORMAL_SCORES * normal) / (n + NORMAL_SCORES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timing::fit::validation::in_order;

    #[test]
    fn the_rank_counts_the_new_timing_too() {
        let scores = in_order((1..=9).map(|far| (f64::from(far), 1.0)).collect());
        let drawn = |seen: f64, level: Level| (9.0 * seen + 10.0 * level.z()) / 19.0;
        let (eighth, ninth) = (Level::new(0.8).unwrap(), Level::new(0.9).unwrap());
        // Tolerance: the last bits of a division.
        assert!((quantile(&scores, eighth) - drawn(8.0, eighth)).abs() < 1e-12);
        assert!((quantile(&scores, ninth) - drawn(9.0, ninth)).abs() < 1e-12);
    }

    #[test]
    fn a_score_counts_for_what_it_weighs() {
        let level = Level::new(0.8).unwrap();
        let ones = |far: i32| (f64::from(far), 1.0);
        let plain = quantile(&in_order((1..=9).map(ones).collect()), level);
        let with = |far, weight| {
            let all = (1..=9).map(ones).chain([(far, weight)]);
            quantile(&in_order(all.collect()), level)
        };
        assert_eq!(plain.to_bits(), with(100.0, 0.0).to_bits());
        assert!(with(100.0, 1.0) > plain);
    }
}

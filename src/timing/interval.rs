//! Prediction intervals that hold as often as they say: conformal, from residuals of nets that were left out.
//!
//! The score of a timing is |ln(t / t̂)|, where t̂ was predicted by a fit that has not seen its net. At level p the interval
//! reaches from t̂·e^-q to t̂·e^q, with q the ⌈(n+1)·p⌉-th smallest of n scores: for exchangeable nets it covers at least
//! a share p of them, whatever their distribution. Source: "Distribution-Free Predictive Inference for Regression" (Lei
//! et al., JASA 2018).

use crate::json::Invalid;
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
}

/// Scores of timings whose nets were left out, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores(Vec<f64>);

/// Half-width (natural log) where there are too few scores for the level: a factor of 3 either way.
const UNKNOWN: f64 = 1.1;

impl Scores {
    /// The scores of (measured, predicted) times.
    #[must_use]
    pub fn new(pairs: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let mut scores: Vec<f64> = pairs
            .into_iter()
            .map(|(measured, predicted)| (measured / predicted).ln().abs())
            .collect();
        scores.sort_by(f64::total_cmp);
        Self(scores)
    }

    /// q: half the width of the interval at `level`, as a natural log. Wider levels are never narrower.
    #[must_use]
    pub fn half_width(&self, level: Level) -> f64 {
        let n = to_f64(self.0.len().try_into().unwrap_or(u64::MAX));
        let rank = truncated(((n + 1.0) * level.0).ceil());
        let largest = self.0.last().copied().unwrap_or(UNKNOWN);
        usize::try_from(rank)
            .ok()
            .and_then(|rank| self.0.get(rank.saturating_sub(1)).copied())
            // Fewer scores than the level needs: at least the largest, and wide.
            .unwrap_or_else(|| largest.max(UNKNOWN))
    }

    /// Number of scores.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rank_counts_the_new_timing_too() {
        let scores = Scores::new((1..=9).map(|i| (f64::from(i).exp(), 1.0)));
        assert!((scores.half_width(Level(0.8)) - 8.0).abs() < 1e-12);
        assert!((scores.half_width(Level(0.9)) - 9.0).abs() < 1e-12);
    }

    #[test]
    fn too_few_scores_make_a_wide_interval() {
        assert!(Scores::new([(1.0, 1.0)]).half_width(Level(0.9)) >= UNKNOWN);
        assert!(Scores::default().half_width(Level(0.5)) >= UNKNOWN);
    }

    #[test]
    fn levels_are_from_a_half_to_99_percent() {
        assert!(
            Level::new(0.49).is_err() && Level::new(f64::NAN).is_err() && Level::new(0.99).is_ok()
        );
    }
}

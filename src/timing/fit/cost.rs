//! One cost of a net against the time: the paper's Fig. 2, a line of least squares and the band around it.
//!
//! The band is conformal, as the intervals of predictions are ([`crate::timing::predict::interval`]): with t̂ what the line says of a timing
//! that was left out of it, which for least squares is t - (t - t̂)/(1 - h) with h the leverage of its row, the scores are
//! |ln(t / t̂)|, and the band reaches from t̂·e^-q to t̂·e^q, q the ⌈(n+1)·p⌉-th smallest of n. Source of h: Belsley, Kuh and
//! Welsch, "Regression Diagnostics" (1980), chapter 2.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::features::Features;
use super::level::Level;
use super::regression::Products;
use crate::units::{to_f64, truncated};

/// A cost of a net.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cost {
    /// Activations.
    #[default]
    Acts,
    /// Multiply-adds.
    Flops,
    /// Parameters.
    Params,
}

impl Cost {
    /// All.
    pub const ALL: [Self; 3] = [Self::Acts, Self::Flops, Self::Params];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Acts => "acts",
            Self::Flops => "flops",
            Self::Params => "params",
        }
    }

    /// The cost of a net, in the unit of [`Cost::unit`].
    #[must_use]
    pub fn of(self, features: &Features) -> f64 {
        match self {
            Self::Acts => features.acts,
            Self::Flops => features.flops,
            Self::Params => features.params,
        }
    }

    /// The cost of a net, a whole number.
    #[must_use]
    pub fn count(self, features: &Features) -> f64 {
        (self.of(features) * self.unit()).round_ties_even()
    }

    /// How many a regression counts as one: a million, or 10⁹ flops.
    #[must_use]
    pub const fn unit(self) -> f64 {
        match self {
            Self::Acts | Self::Params => 1e6,
            Self::Flops => 1e9,
        }
    }
}

/// t = c + a·x: milliseconds for one image on one device against a cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Straight {
    /// c.
    pub intercept_ms: f64,
    /// a, for one [`Cost::unit`].
    pub ms_per_unit: f64,
}

impl Straight {
    /// The line of least squares through (x, t), `None` where there are fewer than two different x.
    #[must_use]
    pub fn fit(rows: impl Iterator<Item = (f64, f64)> + Clone) -> Option<Self> {
        // x is centred, so that the two columns are as independent as they can be.
        let (n, sum) = rows
            .clone()
            .fold((0.0, 0.0), |(n, sum), (x, _)| (n + 1.0, sum + x));
        let mean: f64 = sum / n;
        let mut products = Products::<2>::default();
        for (x, ms) in rows {
            products.add([1.0, x - mean], ms);
        }
        let [at_mean, slope] = products.least_squares()?;
        Some(Self {
            intercept_ms: at_mean - slope * mean,
            ms_per_unit: slope,
        })
    }

    /// t at x, not always positive.
    #[must_use]
    pub fn ms(&self, x: f64) -> f64 {
        self.intercept_ms + self.ms_per_unit * x
    }

    /// The band at `level` around the line, of the `rows` (x, t) that it was fitted to or a fair draw of them; `None`
    /// where there are too few for that level.
    #[must_use]
    pub fn band(self, rows: &[(f64, f64)], level: Level) -> Option<Band> {
        let n = to_f64(u64::try_from(rows.len()).ok()?);
        let mean = rows.iter().map(|(x, _)| x).sum::<f64>() / n;
        let spread: f64 = rows.iter().map(|(x, _)| (x - mean).powi(2)).sum();
        let fastest = rows.iter().map(|(_, t)| *t).reduce(f64::min)?;
        // As far below the fastest timing as the line is still taken at its word ([`super::estimator`]).
        let floor_ms = fastest / 10.0;
        let score = |(x, t): &(f64, f64)| {
            let leverage = 1.0 / n + (x - mean).powi(2) / spread;
            let left_out = t - (t - self.ms(*x)) / (1.0 - leverage);
            (t / left_out.max(floor_ms)).ln().abs()
        };
        let mut scores: Vec<f64> = rows.iter().map(score).collect();
        scores.sort_by(f64::total_cmp);
        let rank = usize::try_from(truncated(((n + 1.0) * level.share()).ceil())).ok()?;
        let half_width = *scores.get(rank.checked_sub(1)?)?;
        half_width.is_finite().then_some(Band {
            line: self,
            floor_ms,
            factor: half_width.exp(),
        })
    }
}

/// The band around a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    line: Straight,
    floor_ms: f64,
    /// By how much a timing is longer or shorter than the line, at most.
    pub factor: f64,
}

impl Band {
    /// Its ends at x.
    #[must_use]
    pub fn ends(&self, x: f64) -> (f64, f64) {
        let middle = self.line.ms(x).max(self.floor_ms);
        (middle / self.factor, middle * self.factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Around t = 2 + 3x, off by up to 20 %.
    fn rows(n: u32) -> Vec<(f64, f64)> {
        let row = |i: u32| {
            let x = f64::from(i);
            (x, (2.0 + 3.0 * x) * (1.0 + 0.1 * f64::from(i % 5) - 0.2))
        };
        (1..=n).map(row).collect()
    }

    #[test]
    fn what_was_left_out_is_what_a_line_without_it_says() {
        let rows = rows(30);
        let line = Straight::fit(rows.iter().copied()).unwrap();
        let scores: Vec<f64> = (0..rows.len())
            .map(|i| {
                let rest = rows.iter().enumerate().filter(move |(j, _)| *j != i);
                let without = Straight::fit(rest.map(|(_, row)| *row)).unwrap();
                (rows[i].1 / without.ms(rows[i].0)).ln().abs()
            })
            .collect();
        let mut sorted = scores;
        sorted.sort_by(f64::total_cmp);
        let band = line.band(&rows, Level::DEFAULT).unwrap();
        // ⌈31·0.9⌉ = 28; tolerance: 30 fits' last bits.
        assert!((band.factor - sorted[27].exp()).abs() < 1e-9);
    }

    #[test]
    fn eight_timings_are_too_few_for_nine_in_ten() {
        let few = rows(8);
        let line = Straight::fit(few.iter().copied()).unwrap();
        assert_eq!(line.band(&few, Level::DEFAULT), None);
        assert!(line.band(&rows(9), Level::DEFAULT).is_some());
    }
}

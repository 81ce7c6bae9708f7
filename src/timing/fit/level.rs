//! The level of an interval: the share of new timings that it is to hold.

use crate::json::Invalid;

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

#[cfg(test)]
mod tests {
    use super::*;

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

//! The row of numbers that a regression sees of a net, and of a timing.

use crate::net::Complexity;

/// What is known of a net, in units near 1: the columns of a regression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Features {
    /// Acts, in millions.
    pub acts: f64,
    /// Flops, in thousands of millions.
    pub flops: f64,
    /// Params, in millions.
    pub params: f64,
}

impl Features {
    /// The features of a net with these costs.
    #[must_use]
    pub fn new(costs: &Complexity) -> Self {
        Self {
            acts: costs.acts.as_f64() / 1e6,
            flops: costs.flops.as_f64() / 1e9,
            params: costs.params.as_f64() / 1e6,
        }
    }
}

impl Features {
    /// `combine` of each cost of the two.
    #[must_use]
    pub(super) fn each(&self, other: &Self, combine: fn(f64, f64) -> f64) -> Self {
        Self {
            acts: combine(self.acts, other.acts),
            flops: combine(self.flops, other.flops),
            params: combine(self.params, other.params),
        }
    }
}

//! Quantities with their units, and the few conversions between numbers that the rest of the code may use.
//!
//! A count is an exact integer; a time is a positive, finite number of seconds. Nothing here knows about nets.

pub mod moment;
mod number;
pub mod quantity;

use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;

pub use number::{Grouped, Whole, rounded, to_f64, to_u64, truncated};

macro_rules! count {
    ($(#[$doc:meta])* $name:ident, $unit:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// The quantity of `count` units.
            #[must_use]
            pub const fn new(count: u64) -> Self {
                Self(count)
            }

            /// The exact integer.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0
            }

            /// The nearest double, for a regression.
            #[must_use]
            pub fn as_f64(self) -> f64 {
                to_f64(self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} {}", Grouped(self.0), $unit)
            }
        }
    };
}

count! {
    /// Multiply-adds of one forward pass on one image (one multiply-add is one flop).
    Flops, "flops"
}
count! {
    /// Learned parameters: weights, biases, two a channel for each norm.
    Params, "params"
}
count! {
    /// Output elements of convolutions, linear layers, attention and max-pools, for one image.
    Acts, "acts"
}

/// A time in seconds, positive and finite.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, ToSchema)]
#[serde(transparent)]
pub struct Seconds(f64);

impl Seconds {
    /// `seconds`, or `None` where it is not a positive, finite number.
    #[must_use]
    pub fn new(seconds: f64) -> Option<Self> {
        (seconds.is_finite() && seconds > 0.0).then_some(Self(seconds))
    }

    /// The number of seconds.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&quantity::duration(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_positive_and_finite() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Seconds::new(bad), None);
        }
        assert_eq!(
            Seconds::new(90.0).map(|s| s.to_string()),
            Some("90.0 s".to_owned())
        );
    }

    #[test]
    fn large_counts_print_in_groups() {
        assert_eq!(
            Flops::new(15_459_535_460).to_string(),
            "15,459,535,460 flops"
        );
        assert_eq!(Grouped(999).to_string(), "999");
    }
}

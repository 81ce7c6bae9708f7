//! The few conversions between numbers that the rest of the code may use, and whole numbers as people write them.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An integer printed in groups of three digits: `15,459,535,460`.
#[derive(Clone, Copy, Debug)]
pub struct Grouped(pub u64);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        let mut out = String::with_capacity(digits.len() + digits.len() / 3);
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                out.push(',');
            }
            out.push(digit);
        }
        f.pad_integral(true, "", &out)
    }
}

/// A whole number as people write it in JSON: `224`, `224.0` or `2.24e2`, never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(transparent)]
pub struct Whole(pub u64);

impl Whole {
    /// The whole number that `value` is, or `None`.
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Self> {
        #[expect(
            clippy::float_cmp,
            reason = "a number is whole exactly when truncating changes nothing"
        )]
        let whole = value.trunc() == value;
        (whole && (0.0..=TWO_POW_63).contains(&value)).then(|| Self(truncated(value)))
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Whole;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a whole number")
            }

            fn visit_u64<E>(self, value: u64) -> Result<Whole, E> {
                Ok(Whole(value))
            }

            fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Whole, E> {
                u64::try_from(value)
                    .map(Whole)
                    .map_err(|_| E::custom("a negative number is not a count"))
            }

            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Whole, E> {
                Whole::from_f64(value)
                    .ok_or_else(|| E::custom(format!("{value} is not a whole number")))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

const TWO_POW_63: f64 = 9_223_372_036_854_775_808.0;

/// The double nearest to `count`.
#[must_use]
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "std has no other u64 → f64 conversion"
)]
pub fn to_f64(count: u64) -> f64 {
    count as f64
}

/// How many things, in 64 bits.
#[must_use]
pub fn to_u64(things: usize) -> u64 {
    things.try_into().unwrap_or(u64::MAX)
}

/// The integer part of `value`, as Python's `int(value)`; 0 for what is negative or not a number.
#[must_use]
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "std has no other f64 → u64 conversion; it saturates"
)]
pub fn truncated(value: f64) -> u64 {
    value as u64
}

/// `value` rounded to the nearest integer, halves to the even one, as Python's `round(value)`.
#[must_use]
pub fn rounded(value: f64) -> u64 {
    truncated(value.round_ties_even())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_round_to_the_even_integer() {
        assert_eq!([1.5, 2.5, 22.5, 23.5].map(rounded), [2, 2, 22, 24]);
    }

    #[test]
    fn a_whole_number_may_be_written_as_a_float() {
        assert_eq!(Whole::from_f64(224.0), Some(Whole(224)));
        assert_eq!(Whole::from_f64(-0.0), Some(Whole(0)));
        for odd in [224.5, -1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(Whole::from_f64(odd), None);
        }
    }
}

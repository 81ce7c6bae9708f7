//! A number where a list may stand too: one look at the JSON, where serde's untagged enums try one form after another and
//! write the refusal of each.

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::{Number, Value};

use super::op::Values;
use super::raw::{RawAxes, RawPad, RawScale, RawSizes};
use crate::units::Whole;

/// What `of` makes of the value; where that is nothing, the refusal that says what is `expected`.
fn read<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: &str,
    of: impl FnOnce(Value) -> Option<T>,
) -> Result<T, D::Error> {
    let value = Value::deserialize(deserializer)?;
    of(value).ok_or_else(|| D::Error::custom(expected))
}

fn whole(number: &Number) -> Option<Whole> {
    let float = || number.as_f64().and_then(Whole::from_f64);
    number.as_u64().map(Whole).or_else(float)
}

fn each<T>(list: &[Value], of: fn(&Number) -> Option<T>) -> Option<Vec<T>> {
    list.iter().map(|item| of(item.as_number()?)).collect()
}

impl<'de> Deserialize<'de> for RawSizes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(
            deserializer,
            "a whole number, or a list of them",
            |value| match value {
                Value::Number(n) => whole(&n).map(Self::All),
                Value::Array(list) => each(&list, whole).map(Self::Each),
                _ => None,
            },
        )
    }
}

impl<'de> Deserialize<'de> for RawPad {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(
            deserializer,
            "a whole number, a list of them, or \"same\"",
            |value| match value {
                Value::Number(n) => whole(&n).map(Self::All),
                Value::Array(list) => each(&list, Number::as_i64).map(Self::Each),
                Value::String(word) => Some(Self::Word(word)),
                _ => None,
            },
        )
    }
}

impl<'de> Deserialize<'de> for RawScale {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(
            deserializer,
            "a number, or a list of numbers",
            |value| match value {
                Value::Number(n) => n.as_f64().map(Self::All),
                Value::Array(list) => each(&list, Number::as_f64).map(Self::Each),
                _ => None,
            },
        )
    }
}

impl<'de> Deserialize<'de> for RawAxes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(
            deserializer,
            "a whole number, or a list of them",
            |value| match value {
                Value::Number(n) => whole(&n).map(Self::Last),
                Value::Array(list) => each(&list, Number::as_i64).map(Self::Each),
                _ => None,
            },
        )
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(
            deserializer,
            "a number, or a list of numbers",
            |value| match value {
                Value::Number(n) => n.as_f64().map(Self::One),
                Value::Array(list) => each(&list, Number::as_f64).map(Self::Each),
                _ => None,
            },
        )
    }
}

//! The query of a URL as a typed value, whose refusals name the parameter and the nearest one that there is.

use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::json::{Invalid, typed};

/// A number, a truth or a word in a query, where all is text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Written<T>(pub(super) T);

impl<'de, T: FromStr> Deserialize<'de> for Written<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = |_| serde::de::Error::custom(format!("`{text}` cannot be read"));
        text.parse().map(Self).map_err(wrong)
    }
}

/// The parameters of `query`, as an object of texts.
///
/// # Errors
/// Where one stands there twice.
pub(super) fn parameters(query: &str) -> Result<Map<String, Value>, Invalid> {
    let mut object = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let value = Value::from(value.into_owned());
        if let Some(before) = object.insert(name.clone().into_owned(), value) {
            let detail = format!("the parameter `{name}` stands there twice");
            let hint = "write each once; a list is separated by commas";
            return Err(Invalid::at(&format!("/{name}"), before, detail, hint));
        }
    }
    Ok(object)
}

/// The parameters `names` of `object`, taken out of it, as an `A`; what is left of it as a `B`.
///
/// # Errors
/// Points at the parameter that is wrong or unknown.
pub(super) fn split<A: DeserializeOwned, B: DeserializeOwned>(
    mut object: Map<String, Value>,
    names: &[&str],
) -> Result<(A, B), Invalid> {
    let taken = names.iter().filter_map(|name| object.remove_entry(*name));
    let first: Map<String, Value> = taken.collect();
    Ok((
        typed(&Value::Object(first))?,
        typed(&Value::Object(object))?,
    ))
}

/// `value`, where it is from `low` to `high`.
///
/// # Errors
/// Points at the parameter `name`.
pub(super) fn within(name: &str, value: f64, (low, high): (f64, f64)) -> Result<f64, Invalid> {
    if (low..=high).contains(&value) {
        return Ok(value);
    }
    let (detail, hint) = (
        format!("{value} is out of range"),
        format!("{low} to {high}"),
    );
    Err(Invalid::at(&format!("/{name}"), value, detail, hint))
}

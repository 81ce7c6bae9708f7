//! The query of a URL as a typed value, whose refusals name the parameter and the nearest one that there is.

use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use crate::json::{Invalid, ParseError, check_length, parse, typed};
use crate::plan::compare::moved;

/// A number, a truth or a word in a query, where all is text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::http) struct Written<T>(pub(in crate::http) T);

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
pub(in crate::http) fn parameters(query: &str) -> Result<Map<String, Value>, Invalid> {
    let mut object = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        check_length(&name, &value)?;
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
pub(in crate::http) fn split<A: DeserializeOwned, B: DeserializeOwned>(
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
pub(in crate::http) fn within(
    name: &str,
    value: f64,
    (low, high): (f64, f64),
) -> Result<f64, Invalid> {
    if (low..=high).contains(&value) {
        return Ok(value);
    }
    let (detail, hint) = (
        format!("{value} is out of range"),
        format!("{low} to {high}"),
    );
    Err(Invalid::at(&format!("/{name}"), value, detail, hint))
}

/// A net as a query names or describes it.
pub(in crate::http) struct NetText {
    /// As it stands in a body; `None` where the query says nothing of it.
    pub(in crate::http) value: Option<Value>,
    /// Where errors of a body's `model` belong.
    pointers: (&'static str, &'static str),
}

impl NetText {
    /// The net called `name`, or the one that `spec` describes as JSON.
    ///
    /// # Errors
    /// At `/spec`, where it is not JSON or both are given.
    pub(in crate::http) fn read(
        name: Option<String>,
        spec: Option<String>,
    ) -> Result<Self, Invalid> {
        let named = ("/model/name", "/model");
        let (value, pointers) = match (name, spec) {
            (Some(name), None) => (Some(json!({"name": name})), named),
            (None, Some(text)) => (
                Some(json_text("/spec", text, "a model as JSON")?),
                ("/model", "/spec"),
            ),
            (None, None) => (None, named),
            (Some(_), Some(text)) => {
                let detail = "both `model` and `spec` are given";
                return Err(Invalid::at("/spec", text, detail, "leave one of them out"));
            }
        };
        Ok(Self { value, pointers })
    }

    /// The net that `text` names, or describes as JSON: no name begins with a brace.
    ///
    /// # Errors
    /// At `pointer`, where it is to be JSON and is not.
    pub(in crate::http) fn either(pointer: &str, text: String) -> Result<Value, Invalid> {
        if text.trim_start().starts_with('{') {
            return json_text(pointer, text, "a name, or a model as JSON");
        }
        Ok(json!({"name": text}))
    }

    /// The same, where the query says of no scaling: an error of that is one of the net, which cannot be scaled.
    pub(in crate::http) fn told_of_net(&self, error: Invalid) -> Invalid {
        self.told(moved(error, "/scaling", "/model"))
    }

    /// `error` of a body with this net, pointing at the parameters of the query.
    pub(in crate::http) fn told(&self, error: Invalid) -> Invalid {
        moved(error, self.pointers.0, self.pointers.1)
    }
}

/// The value that the JSON `text` holds, which is to be `wanted`.
///
/// # Errors
/// At `pointer` where it is not JSON, or names a field twice.
pub(in crate::http) fn json_text(
    pointer: &str,
    text: String,
    wanted: &str,
) -> Result<Value, Invalid> {
    parse(text.as_bytes()).map_err(|error| match error {
        ParseError::Invalid(error) => error.under(pointer),
        ParseError::NotJson(error) => Invalid::at(pointer, text, error.to_string(), wanted),
    })
}

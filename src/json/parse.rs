//! JSON text becomes a [`Value`]: strictly, so that nothing that was sent is lost on the way.

use std::fmt;

use serde::de::{self, MapAccess, SeqAccess};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};

use super::{Invalid, shortened_text};

/// Not JSON at all.
#[derive(Debug, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct NotJson {
    line: usize,
    column: usize,
    message: String,
}

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// Its text is not JSON.
    #[error(transparent)]
    NotJson(#[from] NotJson),
    /// It is JSON, but names a field twice.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

/// The value that `text` holds.
///
/// # Errors
/// [`ParseError::NotJson`] with line and column; [`ParseError::Invalid`] where an object has the same key twice.
pub fn parse(text: &[u8]) -> Result<Value, ParseError> {
    serde_json::from_slice::<Strict>(text)
        .map(|Strict(value)| value)
        .map_err(|error| ParseError::of(&error))
}

impl ParseError {
    /// What `error` says of a text that was read as [`Strict`].
    #[must_use]
    pub fn of(error: &serde_json::Error) -> Self {
        let message = error.to_string();
        if error.is_data() {
            return Invalid::at("", Value::Null, message, "write each field once").into();
        }
        let message = message
            .split(" at line ")
            .next()
            .unwrap_or_default()
            .to_owned();
        NotJson {
            line: error.line(),
            column: error.column(),
            message,
        }
        .into()
    }
}

/// A [`Value`] whose objects name no field twice (`serde_json` would keep the last one silently).
#[derive(Debug)]
pub struct Strict(pub Value);

impl Strict {
    /// The object that `map` holds.
    ///
    /// # Errors
    /// Where it names a field twice.
    pub fn of_map<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        de::Visitor::visit_map(StrictVisitor, map).map(Self)
    }
}

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> de::Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = seq.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((key, Strict(value))) = map.next_entry::<String, Strict>()? {
            if object.contains_key(&key) {
                return Err(de::Error::custom(format!(
                    "the field `{}` stands there twice",
                    shortened_text(&key)
                )));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_named_twice_is_refused() {
        assert!(matches!(
            parse(br#"{"a": 1, "a": 2}"#),
            Err(ParseError::Invalid(_))
        ));
    }

    #[test]
    fn what_is_not_json_is_told_by_line_and_column() {
        for text in ["{\n \"a\": NaN}", "[1e999]", "", "{", "\u{ff11}"] {
            assert!(
                matches!(parse(text.as_bytes()), Err(ParseError::NotJson(_))),
                "{text}"
            );
        }
        let error = parse(b"{\n \"a\": NaN}").unwrap_err();
        assert!(error.to_string().starts_with("line 2, column 7"), "{error}");
    }
}

//! JSON in: a typed value, or errors that point at the field, show the value and say what would be right.
//!
//! A document is parsed once into a [`Value`] ([`parse`]), then typed piece by piece ([`typed`]), so that a reader can
//! look at one field before it decides on the type of the rest and an error still carries the whole path.

mod lengths;
mod near;
mod objects;
mod parse;
mod printable;
mod words;

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::ToSchema;

pub use lengths::{LENGTHS, OTHERS, check_length, check_lengths, length};
pub use near::{Names, nearest};
pub use parse::{NotJson, ParseError, Strict, parse};
pub use printable::{controls_written, is_printable, shown};
pub(crate) use words::told;

use objects::Objects;

/// What is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer to the field (RFC 6901), from the root of the request.
    #[schema(example = "/model/widths/2")]
    pub pointer: String,
    /// The value that was sent, shortened when long; `null` where the field is missing.
    pub value: Value,
    /// What is wrong with it.
    pub detail: String,
    /// What would be right.
    pub hint: String,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}",
            if self.pointer.is_empty() {
                "/"
            } else {
                &self.pointer
            },
            self.detail
        )?;
        if self.hint.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", self.hint)
        }
    }
}

/// A value that is JSON but wrong: one or more field errors.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct Invalid(pub Vec<FieldError>);

impl Invalid {
    /// One error, at `pointer` below the value being read (empty: the value itself).
    pub fn at(
        pointer: &str,
        value: impl Into<Value>,
        detail: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self(vec![FieldError {
            pointer: pointer.to_owned(),
            value: shortened(value.into()),
            detail: at_most(detail.into(), DETAIL_CHARS),
            hint: at_most(hint.into(), HINT_CHARS),
        }])
    }

    /// What is wrong, without where and what to do.
    #[must_use]
    pub fn details(&self) -> String {
        let details: Vec<&str> = self.0.iter().map(|error| error.detail.as_str()).collect();
        details.join("; ")
    }

    /// The same errors, seen from a parent that holds the value under `/segment…`.
    #[must_use]
    pub fn under(mut self, parent: &str) -> Self {
        for error in &mut self.0 {
            error.pointer.insert_str(0, parent);
        }
        self
    }
}

/// `value` as a `T`.
///
/// # Errors
/// [`Invalid`] with the pointer from `value`, the offending value, and for an unknown field the nearest known one.
pub fn typed<T: DeserializeOwned>(value: &Value) -> Result<T, Invalid> {
    // The path is followed only where there is an error to point at.
    T::deserialize(Objects(value)).or_else(|_| located(value))
}

fn located<T: DeserializeOwned>(value: &Value) -> Result<T, Invalid> {
    serde_path_to_error::deserialize(Objects(value)).map_err(|error| {
        let pointer = pointer(error.path());
        let found = value.pointer(&pointer).cloned().unwrap_or_default();
        let (detail, hint) = told(&error.into_inner().to_string());
        Invalid::at(&pointer, found, detail, hint)
    })
}

/// The refusal of every field of `object` that is not among `known`; `None` where there is none.
#[must_use]
pub fn unknown_fields(object: &Map<String, Value>, known: &[&str]) -> Option<Invalid> {
    let errors: Vec<FieldError> = object
        .iter()
        .filter(|(name, _)| !known.contains(&name.as_str()))
        .take(100)
        .flat_map(|(name, value)| {
            let detail = format!("unknown field `{}`", shortened_text(name));
            Invalid::at(
                &format!("/{}", escaped(name)),
                value.clone(),
                detail,
                nearest(name, known),
            )
            .0
        })
        .collect();
    (!errors.is_empty()).then_some(Invalid(errors))
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .fold(String::new(), |pointer, segment| match segment {
            Segment::Seq { index } => format!("{pointer}/{index}"),
            Segment::Map { key } => format!("{pointer}/{}", escaped(key)),
            Segment::Enum { .. } | Segment::Unknown => pointer,
        })
}

/// `key` as a part of a JSON pointer (RFC 6901).
pub(crate) fn escaped(key: &str) -> String {
    shortened_text(key).replace('~', "~0").replace('/', "~1")
}

const ECHO_CHARS: usize = 200;
/// What is wrong may name what was sent, and what would be right lists what is known: neither without an end.
const DETAIL_CHARS: usize = 500;
const HINT_CHARS: usize = 4000;

/// A value short enough to be sent back.
fn shortened(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(shortened_text(&text)),
        Value::Array(_) | Value::Object(_) => {
            let text = value.to_string();
            if text.len() <= ECHO_CHARS {
                value
            } else {
                Value::String(shortened_text(&text))
            }
        }
        scalar => scalar,
    }
}

/// Text short enough to be sent back.
#[must_use]
pub fn shortened_text(text: &str) -> String {
    at_most(text.to_owned(), ECHO_CHARS)
}

/// `text` of so many characters at most.
fn at_most(mut text: String, characters: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(characters) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Stage {
        #[expect(dead_code, reason = "only its type matters here")]
        depths: Vec<crate::units::Whole>,
    }

    fn refused(text: &str) -> FieldError {
        let value = parse(text.as_bytes()).unwrap();
        typed::<Stage>(&value).unwrap_err().0.remove(0)
    }

    #[test]
    fn an_error_points_at_the_element_and_shows_it() {
        let error = refused(r#"{"depths": [1, 2.5]}"#);
        assert_eq!(
            (error.pointer.as_str(), error.value),
            ("/depths/1", Value::from(2.5))
        );
    }

    #[test]
    fn a_misspelt_field_is_answered_with_the_nearest_name() {
        let error = refused(r#"{"dephts": [1]}"#);
        assert_eq!(
            (error.pointer.as_str(), error.hint.as_str()),
            ("/dephts", "did you mean `depths`?")
        );
    }

    #[test]
    fn a_list_is_no_object_though_its_items_would_do() {
        let error = refused("[[1, 2]]");
        assert_eq!(error.detail, "a list stands where an object is expected");
    }

    #[test]
    fn no_refusal_is_long() {
        let long = || "x".repeat(1 << 20);
        let error = Invalid::at("", long(), long(), long()).0.remove(0);
        let most = [DETAIL_CHARS, HINT_CHARS].map(|most| most + 1);
        assert_eq!(
            [error.detail, error.hint].map(|text| text.chars().count()),
            most
        );
    }

    #[test]
    fn long_values_are_shortened_in_the_echo() {
        let error = Invalid::at("", "x".repeat(5000), "", "");
        assert!(error.0[0].value.as_str().unwrap().chars().count() <= ECHO_CHARS + 1);
    }
}

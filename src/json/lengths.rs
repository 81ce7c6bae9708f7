//! How long a text in a request may be, by the name of its field: looked at before anything else is done with it.
//!
//! What is stored is never looked at so: rows of earlier releases stay readable whatever the limits become.

use serde_json::Value;

use super::{Invalid, escaped, shortened_text};

/// Characters that the text of a field may have, by its name.
pub const LENGTHS: [(&str, usize); 14] = [
    // Configs of pycls have 2 KB; those that print every default have 10.
    ("pycls", 1 << 16),
    // A model as JSON, in a column of a table as long as a line of NDJSON may be, or in a query.
    ("model", 1 << 20),
    ("spec", 1 << 16),
    ("beside", 1 << 16),
    ("label", 500),
    ("source", 500),
    ("device", 500),
    ("framework", 500),
    ("search", 500),
    // Lists in a query, and a cursor, which may carry a label.
    ("factors", 4096),
    ("alphas", 4096),
    ("strategies", 4096),
    ("platform", 4096),
    ("cursor", 4096),
];
/// Characters of all others, and of the name of a field.
pub const OTHERS: usize = 256;

/// Characters that the text of the field `name` may have.
#[must_use]
pub fn length(name: &str) -> usize {
    let known = LENGTHS.iter().find(|(known, _)| *known == name);
    known.map_or(OTHERS, |(_, length)| *length)
}

/// Refuses a `text` of the field `name` that is too long.
///
/// # Errors
/// At `/name`.
pub fn check_length(name: &str, text: &str) -> Result<(), Invalid> {
    let most = length(name);
    // Bytes are counted faster, and are never fewer.
    if text.len() <= most {
        return Ok(());
    }
    let characters = text.chars().count();
    if characters <= most {
        return Ok(());
    }
    let name = shortened_text(name);
    let detail = format!("`{name}` has {characters} characters");
    let hint = format!("at most {most} characters");
    Err(Invalid::at(
        &format!("/{}", escaped(&name)),
        text,
        detail,
        hint,
    ))
}

/// Refuses `value` where a text or the name of a field in it is too long.
///
/// # Errors
/// Points at the field.
pub fn check_lengths(value: &Value) -> Result<(), Invalid> {
    match value {
        Value::Object(fields) => fields.iter().try_for_each(|(name, value)| {
            if name.chars().nth(OTHERS).is_some() {
                let detail = format!(
                    "the name of a field has {} characters",
                    name.chars().count()
                );
                let hint = format!("at most {OTHERS} characters");
                return Err(Invalid::at("", name.as_str(), detail, hint));
            }
            within(name, value)
        }),
        Value::Array(items) => items.iter().enumerate().try_for_each(|(i, item)| {
            check_lengths(item).map_err(|error| error.under(&format!("/{i}")))
        }),
        _ => Ok(()),
    }
}

/// The texts of the field `name`, its own or those of its list.
fn within(name: &str, value: &Value) -> Result<(), Invalid> {
    match value {
        Value::String(text) => check_length(name, text),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(i, item)| match item {
                Value::String(text) => check_length(name, text).map_err(|mut error| {
                    for field in &mut error.0 {
                        field.pointer = format!("{}/{i}", field.pointer);
                    }
                    error
                }),
                item => check_lengths(item)
                    .map_err(|error| error.under(&format!("/{}/{i}", escaped(name)))),
            }),
        value => check_lengths(value).map_err(|error| error.under(&format!("/{}", escaped(name)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_text_that_is_too_long_is_named_with_its_length_and_the_limit() {
        let long = "ü".repeat(501);
        let error = check_lengths(&json!([{"model": {"label": long}}])).unwrap_err();
        let error = &error.0[0];
        assert_eq!(
            (error.pointer.as_str(), error.detail.as_str()),
            ("/0/model/label", "`label` has 501 characters")
        );
        assert_eq!(error.hint, "at most 500 characters");
        assert!(error.value.as_str().unwrap().len() < long.len());
    }

    #[test]
    fn lists_and_names_of_fields_are_looked_at_too() {
        let long = "x".repeat(OTHERS + 1);
        let pointer = |value| check_lengths(&value).unwrap_err().0[0].pointer.clone();
        assert_eq!(pointer(json!({"words": ["a", long]})), "/words/1");
        assert_eq!(
            pointer(json!({"a": {"b": [[{long.as_str(): 1}]]}})),
            "/a/b/0/0"
        );
    }

    #[test]
    fn what_is_as_long_as_may_be_passes() {
        for (name, most) in LENGTHS.into_iter().chain([("else", OTHERS)]) {
            assert!(
                check_lengths(&json!({name: "ü".repeat(most)})).is_ok(),
                "{name}"
            );
            assert!(
                check_lengths(&json!({name: "ü".repeat(most + 1)})).is_err(),
                "{name}"
            );
        }
    }
}

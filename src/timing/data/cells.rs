//! The text of a cell of a CSV file, read as what its column holds, and written so that no spreadsheet runs it.

use std::borrow::Cow;

use crate::json::{Invalid, typed};
use crate::units::Whole;

/// Characters with which a spreadsheet takes a cell for a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Text that no spreadsheet runs: what looks like a formula gets an apostrophe, which [`plain`] takes away again.
pub(super) fn harmless(text: Cow<str>) -> String {
    if text.trim_start_matches('\'').starts_with(FORMULA) {
        format!("'{text}")
    } else {
        text.into_owned()
    }
}

pub(in crate::timing) fn plain(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.trim_start_matches('\'').starts_with(FORMULA) => rest,
        _ => cell,
    }
}

fn refused(cell: &str, what: &str, hint: &str) -> Invalid {
    Invalid::at("", cell, format!("`{cell}` is not {what}"), hint)
}

/// A finite number in ASCII digits: Rust alone would take NaN, inf and 1e999 too.
pub(in crate::timing) fn number(cell: &str) -> Result<f64, Invalid> {
    let cell = cell.trim();
    let plain = cell
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let number = if plain {
        cell.parse().ok().filter(|number: &f64| number.is_finite())
    } else {
        None
    };
    number.ok_or_else(|| refused(cell, "a number", "digits with a point, such as 1510.5"))
}

pub(in crate::timing) fn whole(cell: &str) -> Result<Whole, Invalid> {
    match cell.parse() {
        Ok(whole) => Ok(Whole(whole)),
        Err(_) => Whole::from_f64(number(cell)?)
            .ok_or_else(|| refused(cell, "a whole number", "such as 256")),
    }
}

pub(super) fn flag(cell: &str) -> Result<bool, Invalid> {
    match cell.trim().to_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(refused(cell, "a flag", "true or false")),
    }
}

pub(in crate::timing) fn json<T: serde::de::DeserializeOwned>(cell: &str) -> Result<T, Invalid> {
    let value = serde_json::from_str(cell)
        .map_err(|_| refused(cell, "JSON", "an object in one cell, its quotes doubled"))?;
    typed(&value)
}

pub(in crate::timing) fn word<T: serde::de::DeserializeOwned>(cell: &str) -> Result<T, Invalid> {
    typed(&cell.into())
}

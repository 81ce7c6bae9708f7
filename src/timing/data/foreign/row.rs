//! A row of a foreign file on its way to an upload, and what is the same in all of them.

use serde_json::{Value, json};

use super::file_name;
use crate::json::Invalid;
use crate::timing::data::defaults::Defaults;
use crate::timing::data::measurement::RawMeasurement;

/// A row, by its line: counted from 1 in the text, in a JSON array its position.
pub type Row = (usize, Result<RawMeasurement, Invalid>);

/// Where a row's figures come from: the tool, and the file where its name is known.
pub(super) fn source(tool: &str, defaults: &Defaults) -> String {
    /// Longest file name on Linux, in bytes.
    const MAX: usize = 255;
    match defaults.file_name.as_deref().map(file_name::base) {
        Some(name) if !name.is_empty() => {
            let name: String = name.chars().take(MAX).collect();
            format!("{tool}, {name}")
        }
        _ => tool.to_owned(),
    }
}

/// A net's name as the model of a row.
pub(super) fn named(model: Value) -> Value {
    match model {
        Value::String(name) => json!({ "name": name }),
        model => model,
    }
}

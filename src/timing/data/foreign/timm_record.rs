//! One result of timm by its columns, whichever form it came in.

use std::collections::BTreeMap;

use serde_json::{Number, Value};

use crate::json::Invalid;
use crate::timing::data::platform::Mode;
use crate::units::Whole;

/// The cells of one result by their column, without the empty ones.
#[derive(Debug, Default)]
pub(super) struct Record(BTreeMap<String, String>);

impl Record {
    /// The result that a line of a table holds.
    pub(super) fn of_cells<'a>(cells: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let cells = cells
            .into_iter()
            .map(|(name, cell)| (name.trim().to_owned(), cell.trim().to_owned()));
        Self(cells.filter(|(_, cell)| !cell.is_empty()).collect())
    }

    /// The result that an object holds.
    ///
    /// # Errors
    /// Where it is no object.
    pub(super) fn of_json(value: &Value) -> Result<Self, Invalid> {
        let Some(object) = value.as_object() else {
            let hint =
                r#"an object such as {"model": "resnet50", "train_samples_per_sec": 826.06, …}"#;
            return Err(Invalid::at("", value.clone(), "not a result of timm", hint));
        };
        let text = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let cells: Vec<(&str, String)> = object
            .iter()
            .map(|(name, value)| (name.as_str(), text(value)))
            .collect();
        Ok(Self::of_cells(
            cells.iter().map(|(name, cell)| (*name, cell.as_str())),
        ))
    }

    /// The column called `name` of a `mode`.
    pub(super) fn column(mode: Mode, name: &str) -> String {
        format!("{mode}_{name}")
    }

    /// The text in `column`, where there is any.
    pub(super) fn text(&self, column: &str) -> Option<&str> {
        self.0.get(column).map(String::as_str)
    }

    /// The number in `column`, where there is any.
    ///
    /// # Errors
    /// At the column.
    pub(super) fn number(&self, column: &str) -> Result<Option<f64>, Invalid> {
        let Some(cell) = self.text(column) else {
            return Ok(None);
        };
        // Rust reads NaN, inf and 1e999 as numbers; JSON, and so we, do not.
        let number = serde_json::from_str::<Number>(cell)
            .ok()
            .and_then(|number| number.as_f64());
        number.map(Some).ok_or_else(|| {
            let hint = "digits with a point, such as 1510.5";
            Invalid::at(
                &format!("/{column}"),
                cell,
                format!("`{cell}` is not a number"),
                hint,
            )
        })
    }

    /// The parameters of the net; where one of two modes failed, timm leaves them under the other's name.
    ///
    /// # Errors
    /// At the column.
    pub(super) fn params(&self, mode: Mode) -> Result<Option<f64>, Invalid> {
        let millions = match self.number("param_count")? {
            None => self.number(&Self::column(mode, "param_count"))?,
            found => found,
        };
        Ok(millions.map(|millions| millions * 1e6))
    }

    /// The whole number in `column`, where there is any; `1024.0` is one.
    ///
    /// # Errors
    /// At the column.
    pub(super) fn whole(&self, column: &str) -> Result<Option<Whole>, Invalid> {
        let Some(number) = self.number(column)? else {
            return Ok(None);
        };
        Whole::from_f64(number).map(Some).ok_or_else(|| {
            Invalid::at(
                &format!("/{column}"),
                number,
                format!("{number} is not a whole number"),
                "a whole number of at least 1",
            )
        })
    }
}

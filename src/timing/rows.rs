//! Rows of measurements in CSV: a column for each field of a measurement, the nested ones flattened.

use serde_json::{Map, Number, Value};

use super::measurement::RawMeasurement;
use crate::json::{Invalid, nearest, typed};

/// How the text of a column becomes a field.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Number,
    Flag,
    Json,
}

/// Columns of the row itself, of its platform, of its model, costs and scaling.
const COLUMNS: [(&str, &str, Kind); 30] = [
    ("platform", "/platform/id", Kind::Text),
    ("device", "/platform/device", Kind::Text),
    ("device_count", "/platform/device_count", Kind::Number),
    ("precision", "/platform/precision", Kind::Text),
    ("memory_format", "/platform/memory_format", Kind::Text),
    ("compiled", "/platform/compiled", Kind::Flag),
    ("framework", "/platform/framework", Kind::Text),
    ("mode", "/mode", Kind::Text),
    ("label", "/label", Kind::Text),
    ("family", "/family", Kind::Text),
    ("name", "/model/name", Kind::Text),
    ("model", "/model", Kind::Json),
    ("resolution", "/resolution", Kind::Number),
    ("flops", "/complexity/flops", Kind::Number),
    ("params", "/complexity/params", Kind::Number),
    ("acts", "/complexity/acts", Kind::Number),
    ("strategy", "/scaling/strategy", Kind::Text),
    ("alpha", "/scaling/alpha", Kind::Number),
    ("scale_type", "/scaling/scale_type", Kind::Text),
    ("exponents", "/scaling/exponents", Kind::Json),
    ("factor", "/scaling/factor", Kind::Number),
    ("scaling", "/scaling", Kind::Json),
    ("batch_size", "/batch_size", Kind::Number),
    ("images_per_second", "/images_per_second", Kind::Number),
    ("step_seconds", "/step_seconds", Kind::Number),
    ("epoch_seconds", "/epoch_seconds", Kind::Number),
    ("dataset_images", "/dataset_images", Kind::Number),
    ("measured_at", "/measured_at", Kind::Text),
    ("source", "/source", Kind::Text),
    ("noise", "/noise", Kind::Number),
];

/// The meaning of a CSV file's columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Header(Vec<usize>);

impl Header {
    /// The columns that `names` are.
    ///
    /// # Errors
    /// Names the first that is unknown or stands there twice.
    pub fn read<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, Invalid> {
        let mut columns = Vec::new();
        for name in names {
            let name = name.trim();
            let Some(column) = COLUMNS.iter().position(|column| column.0 == name) else {
                let known = COLUMNS.map(|column| column.0);
                return Err(Invalid::at(
                    "",
                    name,
                    format!("unknown column `{name}`"),
                    nearest(name, &known),
                ));
            };
            if columns.contains(&column) {
                return Err(Invalid::at(
                    "",
                    name,
                    format!("two columns are called `{name}`"),
                    "keep one of them",
                ));
            }
            columns.push(column);
        }
        Ok(Self(columns))
    }

    /// The measurement that a record's `cells` hold, one for each column.
    ///
    /// # Errors
    /// Points at the field as a JSON row would have it.
    pub fn row<'a>(
        &self,
        cells: impl IntoIterator<Item = &'a str>,
    ) -> Result<RawMeasurement, Invalid> {
        let mut row = Map::new();
        for (column, cell) in self.0.iter().zip(cells) {
            let (_, pointer, kind) = COLUMNS[*column];
            if !cell.is_empty() {
                insert(
                    &mut row,
                    pointer,
                    read_cell(kind, cell).map_err(|e| e.under(pointer))?,
                );
            }
        }
        simplify_platform(&mut row);
        typed(&Value::Object(row))
    }
}

fn insert(row: &mut Map<String, Value>, pointer: &str, value: Value) {
    let path = pointer.trim_start_matches('/');
    match path.split_once('/') {
        None => {
            row.insert(path.to_owned(), value);
        }
        Some((outer, inner)) => {
            if let Value::Object(object) = row
                .entry(outer)
                .or_insert_with(|| Value::Object(Map::new()))
            {
                object.insert(inner.to_owned(), value);
            }
        }
    }
}

/// A platform of which only the id is given is that id.
fn simplify_platform(row: &mut Map<String, Value>) {
    if let Some(Value::Object(platform)) = row.get_mut("platform")
        && platform.len() == 1
        && let Some(id) = platform.remove("id")
    {
        row.insert("platform".to_owned(), id);
    }
}

fn read_cell(kind: Kind, cell: &str) -> Result<Value, Invalid> {
    let refuse =
        |what: &str, hint: &str| Invalid::at("", cell, format!("`{cell}` is not {what}"), hint);
    match kind {
        Kind::Text => Ok(cell.into()),
        // Rust reads NaN, inf and 1e999 as numbers; JSON, and so we, do not.
        Kind::Number => serde_json::from_str::<Number>(cell.trim())
            .map(Value::Number)
            .map_err(|_| refuse("a number", "digits with a point, such as 1510.5")),
        Kind::Flag => match cell.trim().to_lowercase().as_str() {
            "true" | "1" => Ok(true.into()),
            "false" | "0" => Ok(false.into()),
            _ => Err(refuse("a flag", "true or false")),
        },
        Kind::Json => serde_json::from_str(cell)
            .map_err(|_| refuse("JSON", "an object in one cell, its quotes doubled")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(names: &str, cells: &str) -> Result<RawMeasurement, Invalid> {
        Header::read(names.split(','))?.row(cells.split(','))
    }

    #[test]
    fn flattened_columns_become_nested_fields() {
        let raw = row(
            "platform,mode,name,strategy,factor,images_per_second",
            "v100,train,ResNet-50,dWr,4,100",
        )
        .unwrap();
        assert_eq!(
            (raw.platform, raw.model.unwrap()["name"].clone()),
            ("v100".into(), "ResNet-50".into())
        );
        assert_eq!(raw.scaling.unwrap().strategy.as_deref(), Some("dWr"));
    }

    #[test]
    fn empty_cells_are_absent() {
        let raw = row("platform,mode,label,noise", "v100,train,,").unwrap();
        assert_eq!((raw.label, raw.noise), (None, None));
    }

    #[test]
    fn odd_numbers_are_refused_at_their_field() {
        for odd in ["NaN", "inf", "1e999", "１２", "0x10", "1_000"] {
            let error = row(
                "platform,mode,images_per_second",
                &format!("v100,train,{odd}"),
            )
            .unwrap_err();
            assert_eq!(error.0[0].pointer, "/images_per_second", "{odd}");
        }
    }

    #[test]
    fn an_unknown_column_is_answered_with_the_nearest() {
        let error = row("platform,mod", "").unwrap_err();
        assert_eq!(error.0[0].hint, "did you mean `mode`?");
    }
}

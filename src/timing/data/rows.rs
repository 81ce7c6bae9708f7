//! Rows of measurements in CSV: a column for each field of a measurement, the nested ones flattened.

use serde_json::{Map, Value};

use super::cells::{flag, harmless, json, number, plain};
use super::defaults::Defaults;
use super::measurement::RawMeasurement;
use super::record::Record;
use crate::json::{Invalid, check_length, controls_written, nearest};

/// How the text of a column becomes a field.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Number,
    Flag,
    Json,
}

/// Columns of the row itself, of its platform, of its model, costs and scaling.
const COLUMNS: [(&str, &str, Kind); 31] = [
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
    ("verdict", "/verdict", Kind::Text),
];

/// The meaning of a CSV file's columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Header(Vec<Option<usize>>);

/// Columns that a list of rejected rows has, and that are passed over when it is sent again.
pub const REMARKS: [&str; 3] = ["line", "field", "error"];

impl Header {
    /// The columns that `names` are.
    ///
    /// # Errors
    /// Names the first that is unknown or stands there twice.
    pub fn read<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, Invalid> {
        let mut columns = Vec::new();
        for name in names {
            let name = name.trim();
            if REMARKS.contains(&name) {
                columns.push(None);
                continue;
            }
            let Some(column) = COLUMNS.iter().position(|column| column.0 == name) else {
                let known = COLUMNS.map(|column| column.0);
                return Err(Invalid::at(
                    "",
                    name,
                    format!("unknown column `{name}`"),
                    nearest(name, &known),
                ));
            };
            if columns.contains(&Some(column)) {
                return Err(Invalid::at(
                    "",
                    name,
                    format!("two columns are called `{name}`"),
                    "keep one of them",
                ));
            }
            columns.push(Some(column));
        }
        Ok(Self(columns))
    }

    /// Number of columns.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The measurement that a record's `cells` hold, one for each column; `defaults` say what they do not.
    ///
    /// # Errors
    /// Points at the field as a JSON row would have it.
    pub fn measurement<'a>(
        &self,
        cells: impl IntoIterator<Item = &'a str>,
        defaults: &Defaults,
    ) -> Result<RawMeasurement, Invalid> {
        let mut record = Record::default();
        for (column, cell) in self.named(cells) {
            let (name, pointer, _) = COLUMNS[column];
            check_length(name, cell)?;
            record.set(name, cell).map_err(|e| e.under(pointer))?;
        }
        record.measurement(defaults)
    }

    /// Positions of columns with their cells, the empty ones left out.
    fn named<'a>(
        &self,
        cells: impl IntoIterator<Item = &'a str>,
    ) -> impl Iterator<Item = (usize, &'a str)> {
        let all = self.0.iter().zip(cells);
        all.filter_map(|(column, cell)| Some(((*column)?, cell)))
            .filter(|(_, cell)| !cell.is_empty())
    }

    /// The row in the form of a JSON row, cells that cannot be read kept as text.
    #[must_use]
    pub fn lossy<'a>(&self, cells: impl IntoIterator<Item = &'a str>) -> Value {
        let mut row = Map::new();
        for (column, cell) in self.named(cells) {
            let (_, pointer, kind) = COLUMNS[column];
            insert(
                &mut row,
                pointer,
                read_cell(kind, cell).unwrap_or_else(|_| cell.into()),
            );
        }
        simplify_platform(&mut row);
        Value::Object(row)
    }
}

/// The cells of a JSON row, one for each of [`column_names`]; what does not fit a column is left out.
#[must_use]
pub fn cells(row: &Value) -> Vec<String> {
    let platform_id = |pointer: &str| match &row["platform"] {
        Value::String(id) if pointer == "/platform/id" => Some(Value::from(id.as_str())),
        _ => None,
    };
    let by_name = row.pointer("/model/name").is_some();
    let whole = |pointer: &str| match pointer {
        // A named model and one scaling form have columns of their own.
        "/model" if by_name => None,
        "/scaling" => None,
        "/resolution" if by_name => row
            .pointer("/model/resolution")
            .or_else(|| row.pointer("/resolution"))
            .cloned(),
        _ => row.pointer(pointer).cloned(),
    };
    let cell = |(_, pointer, kind): &(&str, &str, Kind)| match platform_id(pointer)
        .or_else(|| whole(pointer))
        .unwrap_or_default()
    {
        Value::Null => String::new(),
        // A row that was refused for a control character is written down to be mended.
        Value::String(text) if *kind != Kind::Json => harmless(controls_written(&text)),
        value => value.to_string(),
    };
    COLUMNS.iter().map(cell).collect()
}

/// The names of all columns.
#[must_use]
pub fn column_names() -> [&'static str; 31] {
    COLUMNS.map(|column| column.0)
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
    match kind {
        Kind::Text => Ok(plain(cell).into()),
        Kind::Number => number(cell).map(Value::from),
        Kind::Flag => flag(cell).map(Value::from),
        Kind::Json => json(cell),
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::UNTAKEN;
    use super::*;

    fn row(names: &str, cells: &str) -> Result<RawMeasurement, Invalid> {
        Header::read(names.split(','))?.measurement(cells.split(','), &Defaults::default())
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
    fn each_column_has_its_field() {
        for name in column_names() {
            let refused = Record::default().set(name, "1").err();
            let untaken = refused.is_some_and(|e| e.0[0].detail == UNTAKEN);
            assert!(!untaken, "{name}");
        }
    }

    #[test]
    fn an_unknown_column_is_answered_with_the_nearest() {
        let error = row("platform,mod", "").unwrap_err();
        assert_eq!(error.0[0].hint, "did you mean `mode`?");
    }
}

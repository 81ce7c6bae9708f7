//! What a chart shows, as a table: CSV that a spreadsheet opens without running anything.

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Names of the columns, with their units.
    pub columns: Vec<&'static str>,
    /// A cell for each column.
    pub rows: Vec<Vec<Cell>>,
}

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A number.
    Number(f64),
    /// A whole number.
    Whole(i64),
    /// Nothing.
    Empty,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        if number.is_finite() {
            Self::Number(number)
        } else {
            Self::Empty
        }
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        i64::try_from(number).map_or(Self::Empty, Self::Whole)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Whole(number)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(cell: Option<T>) -> Self {
        cell.map_or(Self::Empty, Into::into)
    }
}

impl Table {
    /// The table as CSV (RFC 4180), the columns first.
    #[must_use]
    pub fn csv(&self) -> Vec<u8> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        // A vector takes every byte: writing to it cannot fail.
        let _ = csv.write_record(&self.columns);
        for row in &self.rows {
            let _ = csv.write_record(row.iter().map(Cell::written));
        }
        csv.into_inner().unwrap_or_default()
    }
}

impl Cell {
    fn written(&self) -> String {
        match self {
            Self::Text(text) => defused(text),
            Self::Number(number) => number.to_string(),
            Self::Whole(number) => number.to_string(),
            Self::Empty => String::new(),
        }
    }
}

/// `text` so that no spreadsheet takes it for a formula: an apostrophe before what starts like one.
///
/// Source: OWASP, "CSV Injection".
fn defused(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        return format!("'{text}");
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused_and_numbers_are_not() {
        let table = Table {
            columns: vec!["label", "factor"],
            rows: ["=1+1", "+1", "-1", "@x", "plain"]
                .map(|text| vec![text.into(), Cell::Number(-0.5)])
                .to_vec(),
        };
        let text = String::from_utf8(table.csv()).unwrap();
        assert_eq!(
            text,
            "label,factor\n'=1+1,-0.5\n'+1,-0.5\n'-1,-0.5\n'@x,-0.5\nplain,-0.5\n"
        );
    }
}

//! Points and lines that belong together.

/// Points that belong together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// What the legend says of it; its name where empty.
    pub legend: String,
    /// Its mark; the last ([`MARKS`](super::mark::MARKS) - 1) is for all that has none of its own.
    pub mark: usize,
    /// In the order in which a line joins them.
    pub points: Vec<Point>,
    /// A line through its points, or through places of its own.
    pub line: Option<Curve>,
}

/// A point and what it reads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Point {
    /// Across.
    pub x: f64,
    /// Up.
    pub y: f64,
    /// What it is of.
    pub label: String,
    /// What it says, in words.
    pub value: String,
    /// Id of the measurement that it shows.
    pub measurement: Option<i64>,
    /// Where the figure comes from.
    pub source: Option<String>,
}

/// A line, and the band around it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// (x, y), by x.
    pub places: Vec<(f64, f64)>,
    /// (x, low, high), by x.
    pub band: Vec<(f64, f64, f64)>,
}

impl Series {
    /// What the legend says of it.
    pub(super) fn told(&self) -> &str {
        if self.legend.is_empty() {
            &self.name
        } else {
            &self.legend
        }
    }

    /// A line through `points`, named at its end, with a band of (x, low, high) around it.
    #[must_use]
    pub fn joined(
        name: impl Into<String>,
        mark: usize,
        points: Vec<Point>,
        band: Vec<(f64, f64, f64)>,
    ) -> Self {
        let places = points.iter().map(|point| (point.x, point.y)).collect();
        Self {
            name: name.into(),
            legend: String::new(),
            mark,
            points,
            line: Some(Curve { places, band }),
        }
    }
}

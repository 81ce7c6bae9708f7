//! Two nets scaled in the same ways, in one chart: the second's lines have the colours of the first's, and other dashes.

use crate::chart::engine::figure::{Drawing, Figure};
use crate::chart::engine::mark::MARKS;
use crate::chart::engine::plot::Plot;
use crate::chart::engine::series::Series;
use crate::chart::engine::table::{Cell, Table};

/// A net with a chart of its own.
#[derive(Clone, Debug)]
pub struct OneOfTwo {
    /// What the net is called.
    pub net: String,
    /// Its own chart.
    pub figure: Figure,
}

/// Both in one: the title and the axes are the first's; where one has nothing to show, it is the other's alone.
#[must_use]
pub fn pair(first: OneOfTwo, second: OneOfTwo) -> Figure {
    let table = Table {
        columns: columns(&first, &second),
        rows: [rows(&first), rows(&second)].concat(),
    };
    let sentence = format!("{} {}", first.figure.sentence, second.figure.sentence);
    let title =
        first
            .figure
            .title
            .replacen(&first.net, &format!("{} and {}", first.net, second.net), 1);
    let drawing = match (first.figure.drawing, second.figure.drawing) {
        (Drawing::Plot(own), Drawing::Plot(other)) => Drawing::Plot(Plot {
            series: [
                named(own.series, &first.net, 0),
                named(other.series, &second.net, 2 * MARKS),
            ]
            .concat(),
            ..own
        }),
        (Drawing::Nothing(_), other) => other,
        (own, _) => own,
    };
    Figure {
        title,
        sentence,
        drawing,
        table,
    }
}

/// `series` with the name of their net, their marks moved by `marks`: by a whole round, so that the colours stay.
fn named(series: Vec<Series>, net: &str, marks: usize) -> Vec<Series> {
    let one = |series: Series| {
        let points = series.points.into_iter().map(|point| crate::chart::Point {
            label: format!("{net} by {}", point.label),
            ..point
        });
        Series {
            name: format!("{}, {net}", series.name),
            mark: series.mark + marks,
            points: points.collect(),
            ..series
        }
    };
    series.into_iter().map(one).collect()
}

fn columns(first: &OneOfTwo, second: &OneOfTwo) -> Vec<&'static str> {
    let either = [&first.figure.table, &second.figure.table];
    let known = either.into_iter().find(|table| !table.columns.is_empty());
    let own = known.map_or_else(Vec::new, |table| table.columns.clone());
    [vec!["net"], own].concat()
}

/// The rows of a chart, with the name of its net.
fn rows(one: &OneOfTwo) -> Vec<Vec<Cell>> {
    let named = |row: &Vec<Cell>| [vec![Cell::from(one.net.as_str())], row.clone()].concat();
    one.figure.table.rows.iter().map(named).collect()
}

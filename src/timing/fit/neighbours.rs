//! How near a net is to those that were timed: within their range or beyond, and which are the nearest.
//!
//! Nets are compared by the logs of three quantities ([`Form::shape`]); distances are means of the differences.

use serde::{Deserialize, Serialize};

use super::estimator::Form;
use super::features::Features;
use super::training::{Rows, Sample};
use crate::net::Group;

/// Most timed nets that are looked at, of all groups together (but some of each).
const MOST: usize = 1024;

/// The timed nets of a fit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Neighbours {
    form: Form,
    timings: usize,
    all: Range,
    groups: Vec<(Group, Range, Vec<Point>)>,
}

/// Logs of least and greatest quantities.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Range {
    low: [f64; 3],
    high: [f64; 3],
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Point {
    logs: [f64; 3],
    features: Features,
    row: i64,
    ms: f64,
    batch: f64,
}

/// Where a net lies among the timed ones of its group (of all, where its group has none).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Log of the factor by which it lies outside the measured range, in the quantity where that is most; 0 inside.
    pub beyond: f64,
    /// Distance to the nearest net.
    pub distance: f64,
}

/// One of the nearest timed nets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nearest {
    /// Id of the measurement.
    pub row: i64,
    /// Mean of |ln| of the ratios of three costs.
    pub distance: f64,
    /// Milliseconds for one image on one device, as measured.
    pub ms: f64,
    /// Images in a step of one device, 0 where that is unknown.
    pub batch: f64,
    /// Its costs.
    pub features: Features,
}

impl Neighbours {
    /// The nets of `rows`.
    #[must_use]
    pub fn new(form: Form, rows: &Rows) -> Self {
        let most = (MOST / rows.groups().len().max(1)).max(8);
        let groups = rows.groups().iter().map(|(group, samples)| {
            // Nets stand in the order of their hashes, so the first are a fair draw.
            let nets = samples.chunk_by(|a, b| a.features == b.features).take(most);
            let points = nets.map(|repeats| point(form, repeats[0])).collect();
            let range = Range::of(samples.iter().map(|s| form.shape(&s.features)));
            ((*group).clone(), range, points)
        });
        let groups: Vec<_> = groups.collect();
        let all = groups.iter().flat_map(|(_, r, _)| [r.low, r.high]);
        Self {
            form,
            timings: rows.len(),
            all: Range::of_logs(all),
            groups,
        }
    }

    /// Number of timings.
    #[must_use]
    pub fn timings(&self) -> usize {
        self.timings
    }

    /// Whether `group` has timings.
    #[must_use]
    pub fn has(&self, group: &Group) -> bool {
        self.of(group).is_some()
    }

    /// Where a net of `group` lies.
    #[must_use]
    pub fn place(&self, features: &Features, group: &Group) -> Place {
        let logs = self.form.shape(features).map(log);
        let (range, points) = match self.of(group) {
            Some((_, range, points)) => (range, points.as_slice()),
            None => (&self.all, &[][..]),
        };
        let least = |points: &[Point]| {
            let distances = points.iter().map(|point| distance(&logs, &point.logs));
            distances.fold(f64::INFINITY, f64::min)
        };
        let distance = if points.is_empty() {
            let groups = self.groups.iter().map(|(_, _, points)| least(points));
            groups.fold(f64::INFINITY, f64::min)
        } else {
            least(points)
        };
        Place {
            beyond: range.beyond(&logs),
            distance,
        }
    }

    /// The three nearest timed nets: of its group, where that has three.
    #[must_use]
    pub fn nearest(&self, features: &Features, group: &Group) -> Vec<Nearest> {
        let logs = self.form.shape(features).map(log);
        let own = self.of(group).filter(|(_, _, points)| points.len() >= 3);
        let chosen = own.map_or(self.groups.as_slice(), std::slice::from_ref);
        let mut best: Vec<(f64, &Point)> = Vec::with_capacity(4);
        for point in chosen.iter().flat_map(|(_, _, points)| points) {
            let distance = distance(&logs, &point.logs);
            let place = best.partition_point(|(other, _)| *other <= distance);
            if place < 3 {
                best.insert(place, (distance, point));
                best.truncate(3);
            }
        }
        let nearest = best.into_iter().map(|(distance, point)| Nearest {
            row: point.row,
            distance,
            ms: point.ms,
            batch: point.batch,
            features: point.features,
        });
        nearest.collect()
    }

    fn of(&self, group: &Group) -> Option<&(Group, Range, Vec<Point>)> {
        let found = self.groups.binary_search_by(|(own, _, _)| own.cmp(group));
        found.ok().and_then(|position| self.groups.get(position))
    }
}

fn point(form: Form, sample: &Sample) -> Point {
    Point {
        logs: form.shape(&sample.features).map(log),
        features: sample.features,
        row: sample.row,
        ms: sample.ms,
        batch: sample.batch,
    }
}

/// The log of a quantity, which may be zero.
fn log(quantity: f64) -> f64 {
    quantity.max(1e-12).ln()
}

fn distance(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>() / 3.0
}

impl Range {
    fn of(quantities: impl Iterator<Item = [f64; 3]>) -> Self {
        let mut low = [f64::INFINITY; 3];
        let mut high = [0.0; 3];
        for quantities in quantities {
            for (k, quantity) in quantities.into_iter().enumerate() {
                low[k] = quantity.min(low[k]);
                high[k] = quantity.max(high[k]);
            }
        }
        Self {
            low: low.map(log),
            high: high.map(log),
        }
    }

    fn of_logs(logs: impl Iterator<Item = [f64; 3]>) -> Self {
        let nothing = Self {
            low: [f64::INFINITY; 3],
            high: [f64::NEG_INFINITY; 3],
        };
        logs.fold(nothing, |range, logs| Self {
            low: std::array::from_fn(|k| range.low[k].min(logs[k])),
            high: std::array::from_fn(|k| range.high[k].max(logs[k])),
        })
    }

    fn beyond(&self, logs: &[f64; 3]) -> f64 {
        let outside = (0..3).map(|k| (logs[k] - self.high[k]).max(self.low[k] - logs[k]));
        outside.fold(0.0, f64::max)
    }
}

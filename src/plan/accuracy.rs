//! Published accuracy of scaled nets, between the published points and nowhere else.
//!
//! Each figure or table is one reading of an error curve: base, strategy, error against flops. The error at a factor is
//! drawn straight between neighbouring points of a reading, against the log of the scaled net's flops; where several
//! readings cover it, their mean is given and their span is the band. Source: `data/accuracy.csv` (Dollár, Singh,
//! Girshick, CVPR 2021, Figs. 1 and 4 to 8, Tables 5, 6 and 8). Readings whose neighbouring points lie half as far apart
//! again as those of another say less, and are left out; so a net that was itself trained has its own error.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::net::scaling::{Exponents, RawScaling};
use crate::net::{Net, Scaling, Zoo};
use crate::units::to_f64;

/// The error that published points let expect of a scaled net.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Expected {
    /// Top-1 error on ImageNet, in percent.
    pub top1_error_percent: f64,
    /// Least of the readings, the same where there is one.
    pub low: f64,
    /// Greatest of the readings.
    pub high: f64,
    /// Whether it lies between points; false: this very net was trained.
    pub interpolated: bool,
    /// How the published nets were trained.
    #[schema(example = "200 epochs")]
    pub schedule: String,
    /// The points that it stands on.
    pub points: Vec<Point>,
}

/// The error of one net, as published.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Point {
    /// Factor by which the base was scaled.
    pub factor: f64,
    /// Multiply-adds of the scaled net.
    pub flops: u64,
    /// Top-1 error on ImageNet, in percent.
    pub top1_error_percent: f64,
    /// Where it is from.
    #[schema(example = "Dollar et al. 2021, Fig. 1, off the plot")]
    pub source: String,
}

/// All that is published of one base net.
#[derive(Clone, Debug)]
pub struct Published {
    base: Net,
    name: String,
    schedule: String,
    readings: Vec<Reading>,
}

/// One figure's curve of a strategy.
#[derive(Clone, Debug)]
struct Reading {
    figure: String,
    exponents: Exponents,
    /// By flops.
    points: Vec<Point>,
}

#[derive(Debug, Deserialize)]
struct Row {
    base: String,
    strategy: Option<String>,
    alpha: Option<f64>,
    factor: f64,
    schedule: String,
    top1_error_pct: f64,
    source: String,
}

/// Difference up to which exponents are those of one strategy: α is published as .6667.
const ALIKE: f64 = 1e-3;

/// How much further apart than another's a reading's points may lie.
const WIDER: f64 = 1.5;

impl Published {
    /// All base nets of which errors are published.
    #[must_use]
    pub fn all() -> &'static [Self] {
        static ALL: LazyLock<Vec<Published>> = LazyLock::new(|| {
            #[expect(
                clippy::expect_used,
                reason = "the file is compiled in, and a test reads it"
            )]
            read(include_str!("../../data/accuracy.csv")).expect("built-in errors")
        });
        &ALL
    }

    /// What is published of `base`, which is known whatever name it goes by.
    #[must_use]
    pub fn of(base: &Net) -> Option<&'static Self> {
        Self::all().iter().find(|published| published.base == *base)
    }

    /// The name of the base net.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The base net.
    #[must_use]
    pub fn base(&self) -> &Net {
        &self.base
    }

    /// The published points of a strategy, by flops.
    #[must_use]
    pub fn points(&self, scaling: &Scaling) -> Vec<&Point> {
        let own = self.readings_of(scaling);
        let mut points: Vec<&Point> = own.flat_map(|reading| &reading.points).collect();
        points.sort_by_key(|point| point.flops);
        points
    }

    /// The error of `net`, which is the base scaled by `scaling`; `None` beyond the published points.
    #[must_use]
    pub fn expected(&self, scaling: &Scaling, net: &Net) -> Option<Expected> {
        let flops = net.complexity().flops.get();
        let own = self.readings_of(scaling);
        let mut found: Vec<(f64, Vec<&Point>)> = own.filter_map(|r| r.at(flops)).collect();
        let gap = |points: &[&Point]| match points {
            [left, right] => (to_f64(right.flops) / to_f64(left.flops)).ln(),
            _ => 0.0,
        };
        let narrowest = found.iter().map(|(_, points)| gap(points));
        let narrowest = narrowest.fold(f64::INFINITY, f64::min);
        found.retain(|(_, points)| gap(points) <= WIDER * narrowest);
        if net.complexity() == self.base.complexity() {
            found = self.unscaled();
        }
        let errors = || found.iter().map(|(error, _)| *error);
        let low = errors().reduce(f64::min)?;
        let high = errors().reduce(f64::max)?;
        let n: f64 = found.iter().map(|_| 1.0).sum();
        let mut points: Vec<Point> = Vec::new();
        for point in found.iter().flat_map(|(_, points)| points) {
            if !points.contains(point) {
                points.push((*point).clone());
            }
        }
        Some(Expected {
            // A mean of equal numbers must be that number.
            top1_error_percent: (errors().sum::<f64>() / n).clamp(low, high),
            low,
            high,
            interpolated: points.iter().any(|point| point.flops != flops),
            schedule: self.schedule.clone(),
            points,
        })
    }

    /// The errors of the base itself, which is a point of every strategy's curve: one of each figure.
    fn unscaled(&self) -> Vec<(f64, Vec<&Point>)> {
        let flops = self.base.complexity().flops.get();
        let points = self.readings.iter().flat_map(|reading| &reading.points);
        let mut found: Vec<(f64, Vec<&Point>)> = Vec::new();
        for point in points.filter(|point| point.flops == flops) {
            if !found
                .iter()
                .any(|(_, known)| known[0].source == point.source)
            {
                found.push((point.top1_error_percent, vec![point]));
            }
        }
        found
    }

    fn readings_of(&self, scaling: &Scaling) -> impl Iterator<Item = &Reading> {
        let asked = scaling.exponents();
        self.readings
            .iter()
            .filter(move |reading| alike(&reading.exponents, &asked))
    }
}

/// Whether both are the exponents of one strategy.
pub(crate) fn alike(a: &Exponents, b: &Exponents) -> bool {
    let differences = [a.d - b.d, a.w - b.w, a.g - b.g, a.r - b.r];
    differences
        .iter()
        .all(|difference| difference.abs() < ALIKE)
}

impl Reading {
    /// The error at `flops`, with the points on either side.
    fn at(&self, flops: u64) -> Option<(f64, Vec<&Point>)> {
        if let Some(exact) = self.points.iter().find(|point| point.flops == flops) {
            return Some((exact.top1_error_percent, vec![exact]));
        }
        let above = self.points.partition_point(|point| point.flops < flops);
        let (left, right) = (
            self.points.get(above.checked_sub(1)?)?,
            self.points.get(above)?,
        );
        let log = |flops: u64| to_f64(flops).ln();
        let share = (log(flops) - log(left.flops)) / (log(right.flops) - log(left.flops));
        let error =
            left.top1_error_percent + share * (right.top1_error_percent - left.top1_error_percent);
        Some((error, vec![left, right]))
    }
}

fn read(text: &str) -> Result<Vec<Published>, String> {
    let mut all: Vec<Published> = Vec::new();
    for row in csv::Reader::from_reader(text.as_bytes()).deserialize() {
        let row: Row = row.map_err(|e| e.to_string())?;
        if !all.iter().any(|known| known.name == row.base) {
            all.push(base(&row)?);
        }
        if let Some(known) = all.iter_mut().find(|known| known.name == row.base) {
            if known.schedule != row.schedule {
                return Err(format!("{}: two schedules", row.base));
            }
            known.add(row)?;
        }
    }
    Ok(all)
}

fn base(row: &Row) -> Result<Published, String> {
    let entry = Zoo::built_in()
        .named(&row.base)
        .map_err(|e| e.to_string())?;
    let subject = entry.subject(None).map_err(|e| e.to_string())?;
    let base = subject
        .net()
        .ok_or("a net known by its costs alone")?
        .clone();
    Ok(Published {
        base,
        name: row.base.clone(),
        schedule: row.schedule.clone(),
        readings: Vec::new(),
    })
}

impl Published {
    fn add(&mut self, row: Row) -> Result<(), String> {
        let unscaled = row.strategy.is_none() && row.alpha.is_none();
        let raw = RawScaling {
            // The net as it is lies on every curve; among them fast scaling's.
            strategy: row.strategy.or_else(|| unscaled.then(|| "dWr".to_owned())),
            alpha: row.alpha,
            factor: row.factor,
            ..RawScaling::default()
        };
        let scaling = Scaling::try_from(raw).map_err(|e| e.to_string())?;
        let net = if unscaled {
            self.base.clone()
        } else {
            scaling.apply(&self.base).map_err(|e| e.to_string())?
        };
        let point = Point {
            factor: row.factor,
            flops: net.complexity().flops.get(),
            top1_error_percent: row.top1_error_pct,
            source: row.source.clone(),
        };
        // The tables print one result for each net: together they are one reading.
        let figure = match row.source.split_once("Table") {
            Some(_) => "Tables".to_owned(),
            None => row.source,
        };
        let exponents = scaling.exponents();
        let same = |r: &&mut Reading| r.figure == figure && alike(&r.exponents, &exponents);
        match self.readings.iter_mut().find(same) {
            Some(reading) => {
                reading.points.push(point);
                reading.points.sort_by_key(|point| point.flops);
            }
            None => self.readings.push(Reading {
                figure,
                exponents,
                points: vec![point],
            }),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(name: &str, strategy: &str, factor: f64) -> Option<Expected> {
        let subject = Zoo::built_in().named(name).unwrap().subject(None).unwrap();
        let base = subject.net().unwrap();
        let raw = RawScaling {
            strategy: Some(strategy.to_owned()),
            factor,
            ..RawScaling::default()
        };
        let scaling = Scaling::try_from(raw).unwrap();
        Published::of(base)?.expected(&scaling, &scaling.apply(base).unwrap())
    }

    #[test]
    fn all_111_published_errors_are_read() {
        let all = Published::all();
        let points: usize = all
            .iter()
            .flat_map(|published| &published.readings)
            .map(|reading| reading.points.len())
            .sum();
        assert_eq!((all.len(), points), (13, 111));
    }

    #[test]
    fn a_net_that_was_trained_has_its_own_error() {
        let own = expected("RegNetZ-500MF", "dwr", 4.0).unwrap();
        assert!(!own.interpolated);
        assert_eq!(own.top1_error_percent.to_bits(), 18.13_f64.to_bits());
        // Another figure has points on either side, but none of this net.
        let own = expected("RegNetY-500MF", "dWr", 2.0).unwrap();
        assert_eq!(
            [own.low, own.high].map(f64::to_bits),
            [21.24_f64; 2].map(f64::to_bits)
        );
    }

    #[test]
    fn two_readings_of_one_net_make_a_band() {
        let both = expected("EfficientNet-B0", "dWr", 2.8).unwrap();
        assert_eq!(
            [both.low, both.high].map(f64::to_bits),
            [20.09_f64, 20.24].map(f64::to_bits)
        );
        assert_eq!(both.points.len(), 2);
    }

    #[test]
    fn between_points_the_error_lies_between_theirs() {
        let between = expected("RegNetY-500MF", "dwr", 3.0).unwrap();
        assert!(between.interpolated && between.points.len() == 2);
        assert!((19.5..21.45).contains(&between.top1_error_percent));
    }

    #[test]
    fn beyond_the_points_and_of_other_nets_nothing_is_expected() {
        assert_eq!(expected("RegNetY-500MF", "dwr", 9.0), None);
        assert_eq!(expected("RegNetY-500MF", "dr", 2.0), None);
        assert_eq!(expected("RegNetY-16GF", "dWr", 1.0), None);
    }

    #[test]
    fn the_base_itself_has_an_error_whatever_the_strategy() {
        let base = expected("RegNetY-500MF", "dr", 1.0).unwrap();
        assert_eq!(
            [base.low, base.high].map(f64::to_bits),
            [23.89_f64, 23.98].map(f64::to_bits)
        );
    }
}

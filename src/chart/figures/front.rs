//! The Pareto front of all mixes of one net, beside the named ways to scale it: time against flops, or against error.

use super::compare::{CompareChart, Form, Line, published};
use crate::chart::engine::figure::{Drawing, Figure};
use crate::chart::engine::mark::INK;
use crate::chart::engine::plot::Plot;
use crate::chart::engine::scale::{Axis, Kind};
use crate::chart::engine::series::{Point, Series};
use crate::chart::engine::table::{Cell, Table};
use crate::chart::engine::unit::{Unit, digits};
use crate::net::scaling::Exponents;
use crate::plan::front::FrontPoint;
use crate::units::to_f64;

/// The front of one net on one platform.
#[derive(Clone, Debug)]
pub struct FrontChart {
    /// The named ways, beside which the front is drawn.
    pub named: CompareChart,
    /// What is shown across.
    pub against: Against,
    /// The front, by time.
    pub front: Vec<FrontPoint>,
}

/// What time is shown against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Against {
    /// Multiply-adds: many for the time.
    #[default]
    Flops,
    /// The error that published points let expect: little for the time.
    Error,
}

/// Columns of the table, with their units; `on` is `front` or `named`.
const COLUMNS: [&str; 13] = [
    "on",
    "strategy",
    "alpha",
    "d",
    "w",
    "g",
    "r",
    "factor",
    "flops",
    "epoch_seconds",
    "top1_error_percent",
    "platform",
    "mode",
];
/// What the front is called.
const BEST: &str = "best mix";

impl FrontChart {
    /// The chart.
    #[must_use]
    pub fn figure(&self) -> Figure {
        let title = self.title();
        if let Some(advice) = self.advice() {
            return Figure {
                table: self.table(),
                ..Figure::nothing(title, advice)
            };
        }
        Figure {
            title,
            sentence: self.sentence(),
            drawing: Drawing::Plot(self.plot()),
            table: self.table(),
        }
    }

    /// What to say where there is no front.
    fn advice(&self) -> Option<String> {
        if self.named.place.is_none() {
            let advice = "No platform has timings of this mode, so no time can be predicted. Send some with POST \
                /v1/measurements.";
            return Some(advice.to_owned());
        }
        if !self.front.is_empty() {
            return None;
        }
        Some(match self.against {
            Against::Flops => {
                "No mix of this net by factors of 1 to 1,024 can be timed.".to_owned()
            }
            Against::Error => {
                let known = published();
                format!("No errors of this net, scaled, are published. They are of {known}.")
            }
        })
    }

    fn title(&self) -> String {
        let net = &self.named.net;
        let place = self.named.place.as_ref();
        let place = place.map_or_else(String::new, |place| {
            format!(", {} ({})", place.platform, place.mode)
        });
        match self.against {
            Against::Flops => {
                format!("The least time for the flops: {net} scaled in all mixes{place}")
            }
            Against::Error => {
                format!("The least time for the error: {net} scaled as published{place}")
            }
        }
    }

    fn sentence(&self) -> String {
        let net = &self.named.net;
        let place = self.named.place.as_ref();
        let place = place.map_or_else(String::new, |place| {
            format!(" on {} ({})", place.platform, place.mode)
        });
        let ends = self.front.first().zip(self.front.last());
        let reading = |point: &FrontPoint| {
            let time = Unit::Seconds.reading(point.epoch_seconds);
            match self.against {
                Against::Flops => {
                    format!(
                        "{} flops in {time}",
                        Unit::Count.reading(to_f64(point.flops))
                    )
                }
                Against::Error => format!(
                    "{} % error in {time} ({})",
                    digits(point.top1_error_percent.unwrap_or_default(), 4),
                    way(point)
                ),
            }
        };
        let ends = ends.map_or_else(String::new, |(first, last)| match self.front.len() {
            1 => format!(
                "one net is beaten by no other, with {} an epoch",
                reading(first)
            ),
            n => {
                let (first, last) = (reading(first), reading(last));
                format!("{n} nets are beaten by no other, from {first} to {last} an epoch")
            }
        });
        let kind = match self.against {
            Against::Flops => "shares of depth, width and resolution mixed freely",
            Against::Error => "the strategies whose errors are published",
        };
        let beside = self.beside();
        let left_out = self.named.left_out.iter().map(|told| format!(" {told}"));
        let left_out: String = left_out.collect();
        format!("{net}{place}, {kind}: {ends}{beside}.{left_out}")
    }

    /// The times of the named ways beside that of the best mix with as many flops.
    fn beside(&self) -> String {
        if self.against == Against::Error {
            return String::new();
        }
        let lines = self.named.lines();
        let each = lines.iter().filter_map(|line| {
            let mut forms = line.forms.iter().rev();
            // Of a way that the net cannot take there is the net as it is, which says nothing of the way.
            let form = forms.find(|form| form.factor <= SAID && form.factor > 1.0)?;
            let own = form.seconds?.value;
            let flops = form.costs.flops.get();
            let best = self.front.iter().find(|point| point.flops >= flops)?;
            let ratio = Unit::Factor.reading(own / best.epoch_seconds);
            Some(format!("{} {ratio}", line.names))
        });
        let each: Vec<String> = each.collect();
        if each.is_empty() {
            return String::new();
        }
        format!(
            "; by a factor of {} the named strategies take, of its time, {}",
            digits(SAID, 3),
            each.join(", ")
        )
    }

    fn across(&self, flops: u64, error: Option<f64>) -> Option<f64> {
        match self.against {
            Against::Flops => Some(to_f64(flops)),
            Against::Error => error,
        }
    }

    fn value(&self, seconds: f64, flops: u64, error: Option<f64>) -> String {
        let time = Unit::Seconds.reading(seconds);
        let flops = Unit::Count.reading(to_f64(flops));
        let error = error.filter(|_| self.against == Against::Error);
        let error = error.map_or_else(String::new, |error| {
            format!(", {} % error", digits(error, 4))
        });
        format!("{time}, {flops} flops{error}")
    }

    fn plot(&self) -> Plot {
        let axis = |title: &str, unit, kind| Axis {
            title: title.to_owned(),
            unit,
            kind,
        };
        let x = match self.against {
            Against::Flops => axis("flops", Unit::Count, Kind::Log),
            Against::Error => axis("top-1 error, published", Unit::Percent, Kind::Around),
        };
        let lines = self.named.lines();
        let mut series: Vec<Series> = lines.iter().map(|line| self.named_series(line)).collect();
        series.retain(|series| !series.points.is_empty());
        series.push(self.front_series());
        Plot {
            x,
            y: axis("epoch time", Unit::Seconds, Kind::Log),
            series,
            fit: None,
            rule: None,
        }
    }

    fn named_series(&self, line: &Line) -> Series {
        let point = |form: &Form| {
            let seconds = form.seconds?.value;
            let flops = form.costs.flops.get();
            Some(Point {
                x: self.across(flops, form.error)?,
                y: seconds,
                label: format!("{}, {}×", line.names, digits(form.factor, 3)),
                value: self.value(seconds, flops, form.error),
                ..Point::default()
            })
        };
        let mut points: Vec<Point> = line.forms.iter().filter_map(point).collect();
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        Series::joined(&line.names, line.mark, points, Vec::new())
    }

    fn front_series(&self) -> Series {
        let point = |point: &FrontPoint| {
            Some(Point {
                x: self.across(point.flops, point.top1_error_percent)?,
                y: point.epoch_seconds,
                label: format!("{}, {}×", way(point), digits(point.factor, 3)),
                value: self.value(point.epoch_seconds, point.flops, point.top1_error_percent),
                ..Point::default()
            })
        };
        let mut points: Vec<Point> = self.front.iter().filter_map(point).collect();
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        let name = match self.against {
            Against::Flops => BEST,
            Against::Error => "best",
        };
        Series::joined(name, INK, points, Vec::new())
    }

    fn table(&self) -> Table {
        let place = self.named.place.as_ref();
        let place = || -> [Cell; 2] {
            [
                place.map(|place| place.platform.as_str()).into(),
                place.map(|place| place.mode.as_str()).into(),
            ]
        };
        let front = |point: &FrontPoint| {
            let mut row: Vec<Cell> = vec![
                "front".into(),
                point.strategy.as_deref().into(),
                point.alpha.into(),
            ];
            let share = |of: fn(&Exponents) -> f64| Cell::from(point.exponents.as_ref().map(of));
            row.extend([
                share(|e| e.d),
                share(|e| e.w),
                share(|e| e.g),
                share(|e| e.r),
            ]);
            row.extend([
                point.factor.into(),
                point.flops.into(),
                point.epoch_seconds.into(),
                point.top1_error_percent.into(),
            ]);
            row.extend(place());
            row
        };
        let named = |form: &Form| {
            let (strategy, alpha) = form.way.cells();
            let mut row = vec!["named".into(), strategy, alpha];
            row.extend([Cell::Empty, Cell::Empty, Cell::Empty, Cell::Empty]);
            row.extend([
                form.factor.into(),
                form.costs.flops.get().into(),
                form.seconds.map(|span| span.value).into(),
                form.error.into(),
            ]);
            row.extend(place());
            row
        };
        let front = self.front.iter().map(front);
        Table {
            columns: COLUMNS.to_vec(),
            rows: front.chain(self.named.forms.iter().map(named)).collect(),
        }
    }
}

/// The factor at which the sentence compares.
const SAID: f64 = 16.0;

/// "dWr", "α 0.667", "d 0.1 w 0.9 r 0".
fn way(point: &FrontPoint) -> String {
    if let Some(name) = &point.strategy {
        return name.clone();
    }
    if let Some(alpha) = point.alpha {
        return format!("α {}", digits(alpha, 3));
    }
    let Exponents { d, w, g, r } = point.exponents.unwrap_or_default();
    let share = |name: &str, share: f64| format!("{name} {}", digits(share, 2));
    let mut parts = vec![share("d", d), share("w", w)];
    if (g - w).abs() > 0.0 {
        parts.push(share("g", g));
    }
    parts.push(share("r", r));
    parts.join(" ")
}

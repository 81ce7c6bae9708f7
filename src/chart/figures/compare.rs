//! Many scaled forms of one net: a cost, or the time of an epoch, against flops. The paper's Figs. 1 and 6 for any net.

use crate::chart::engine::figure::{Drawing, Figure};
use crate::chart::engine::plot::Plot;
use crate::chart::engine::scale::{Axis, Kind};
use crate::chart::engine::series::{Point, Series};
use crate::chart::engine::svg::count;
use crate::chart::engine::table::{Cell, Table};
use crate::chart::engine::unit::{Unit, digits};
use crate::net::Complexity;
use crate::plan::accuracy::Published;

/// Many scaled forms of one net.
#[derive(Clone, Debug)]
pub struct CompareChart {
    /// What the net is called.
    pub net: String,
    /// Its costs.
    pub base: Complexity,
    /// Where it is timed; `None` where there are no timings.
    pub place: Option<Place>,
    /// What is shown across.
    pub across: Across,
    /// What is shown up.
    pub shown: Shown,
    /// The forms, each way's together, by factor.
    pub forms: Vec<Form>,
    /// The ways that the net cannot take, in a sentence.
    pub left_out: Option<String>,
}

/// Where a net is timed.
#[derive(Clone, Debug)]
pub struct Place {
    /// Id of the platform.
    pub platform: String,
    /// `train` or `infer`.
    pub mode: String,
    /// Level of the intervals.
    pub level: f64,
    /// Seconds of an epoch of the net as it is.
    pub base_seconds: f64,
}

/// What is shown across.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Across {
    /// Flops of the scaled net.
    #[default]
    Flops,
    /// The growth of flops that was wanted.
    Factor,
}

/// What is shown up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// Seconds of an epoch, with their interval.
    #[default]
    Seconds,
    /// Output elements.
    Acts,
    /// Learned parameters.
    Params,
    /// Bytes that training takes on one device.
    Memory,
    /// The error that published points let expect.
    Error,
}

/// How a net is scaled.
#[derive(Clone, Debug, PartialEq)]
pub enum Way {
    /// A named strategy.
    Strategy(String),
    /// A member of the fast family: the share of the width.
    Alpha(f64),
}

/// A scaled form.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// By which way …
    pub way: Way,
    /// … and which wanted growth of the flops.
    pub factor: f64,
    /// Its costs.
    pub costs: Complexity,
    /// Images of a step on one device, and bytes of its training there.
    pub memory: Option<(u64, u64)>,
    /// Seconds of an epoch.
    pub seconds: Option<Span>,
    /// The error that published points let expect, in percent.
    pub error: Option<f64>,
}

/// A value with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// The value.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Columns of the table, with their units.
const COLUMNS: [&str; 13] = [
    "strategy",
    "alpha",
    "factor",
    "flops",
    "params",
    "acts",
    "memory_bytes",
    "platform",
    "mode",
    "epoch_seconds",
    "low_seconds",
    "high_seconds",
    "top1_error_percent",
];

/// The strategies by their marks, so that each looks the same on every chart; the most asked for have the plainest.
const MARKED: [&str; 9] = ["dWr", "dwr", "w", "d", "r", "orig", "wr", "dw", "dr"];

impl Way {
    /// How it is written: "dWr", "α 0.8".
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Strategy(name) => name.clone(),
            Self::Alpha(alpha) => format!("α {}", digits(*alpha, 3)),
        }
    }

    /// The cells that name it: a strategy, or a share.
    pub(super) fn cells(&self) -> (Cell, Cell) {
        match self {
            Self::Strategy(name) => (name.as_str().into(), Cell::Empty),
            Self::Alpha(alpha) => (Cell::Empty, (*alpha).into()),
        }
    }

    /// Its mark, `alphas` being the number of shares before it.
    fn mark(&self, alphas: usize) -> usize {
        match self {
            Self::Strategy(name) => MARKED.iter().position(|known| known == name),
            Self::Alpha(_) => None,
        }
        .unwrap_or(MARKED.len() + alphas)
    }
}

/// A line: the ways that give the same nets, and those.
pub(super) struct Line<'a> {
    /// Their names, joined.
    pub(in crate::chart) names: String,
    /// Their mark.
    pub(in crate::chart) mark: usize,
    /// The nets, by factor.
    pub(super) forms: &'a [Form],
}

impl CompareChart {
    /// The chart.
    #[must_use]
    pub fn figure(&self) -> Figure {
        let title = self.title();
        if self.forms.iter().all(|form| self.value(form).is_none()) {
            return Figure {
                table: self.table(),
                ..Figure::nothing(title, self.advice())
            };
        }
        let lines = self.lines();
        Figure {
            title,
            sentence: self.sentence(&lines),
            drawing: Drawing::Plot(self.plot(&lines)),
            table: self.table(),
        }
    }

    /// What to say where nothing can be shown.
    fn advice(&self) -> String {
        match self.shown {
            Shown::Error => format!(
                "No errors of this net, scaled, are published. They are of {}.",
                published()
            ),
            _ => "No platform has timings that this could be predicted by. Send some with POST /v1/measurements, or \
                show acts, params or memory."
                .to_owned(),
        }
    }

    /// One line for each way, those that give the same nets together.
    pub(super) fn lines(&self) -> Vec<Line<'_>> {
        let mut lines: Vec<Line> = Vec::new();
        let mut alphas = 0;
        for forms in self.forms.chunk_by(|a, b| a.way == b.way) {
            let Some(first) = forms.first() else { continue };
            let costs = |forms: &[Form]| forms.iter().map(|form| form.costs).collect::<Vec<_>>();
            let name = first.way.name();
            let mark = first.way.mark(alphas);
            if let Way::Alpha(_) = first.way {
                alphas += 1;
            }
            match lines
                .iter_mut()
                .find(|line| costs(line.forms) == costs(forms))
            {
                // Of ways that differ at some factors only, each has a line of its own.
                Some(same) if forms.len() > 1 => same.names = format!("{} = {name}", same.names),
                _ => lines.push(Line {
                    names: name,
                    mark,
                    forms,
                }),
            }
        }
        lines
    }

    fn value(&self, form: &Form) -> Option<f64> {
        match self.shown {
            Shown::Seconds => form.seconds.map(|seconds| seconds.value),
            Shown::Acts => Some(form.costs.acts.as_f64()),
            Shown::Params => Some(form.costs.params.as_f64()),
            Shown::Memory => form.memory.map(|(_, bytes)| crate::units::to_f64(bytes)),
            Shown::Error => form.error,
        }
    }

    fn unit(&self) -> Unit {
        match self.shown {
            Shown::Seconds => Unit::Seconds,
            Shown::Acts | Shown::Params => Unit::Count,
            Shown::Memory => Unit::Bytes,
            Shown::Error => Unit::Percent,
        }
    }

    /// What is shown, in words.
    fn shown_words(&self) -> String {
        let images = self.forms.iter().find_map(|form| form.memory);
        match self.shown {
            Shown::Seconds => "epoch time".to_owned(),
            Shown::Acts => "acts".to_owned(),
            Shown::Params => "params".to_owned(),
            Shown::Error => "top-1 error, published".to_owned(),
            Shown::Memory => match images {
                Some((images, _)) if images != 1 => {
                    format!("training memory of {images} images on a device")
                }
                _ => "training memory of one image".to_owned(),
            },
        }
    }

    fn across(&self, form: &Form) -> f64 {
        match self.across {
            Across::Flops => form.costs.flops.as_f64(),
            Across::Factor => form.factor,
        }
    }

    fn title(&self) -> String {
        let place = match (&self.place, self.shown) {
            (Some(place), Shown::Seconds) => format!(" on {} ({})", place.platform, place.mode),
            _ => String::new(),
        };
        let shown = match self.shown {
            Shown::Seconds => "Epoch time",
            Shown::Acts => "Acts",
            Shown::Params => "Params",
            Shown::Memory => "Training memory",
            Shown::Error => "Top-1 error",
        };
        format!("{shown} of {}, scaled{place}", self.net)
    }

    fn sentence(&self, lines: &[Line]) -> String {
        let factors = || self.forms.iter().map(|form| form.factor);
        let most = factors().fold(f64::NEG_INFINITY, f64::max);
        let least = factors().fold(f64::INFINITY, f64::min);
        let mut at_most: Vec<(&str, f64)> = lines
            .iter()
            .filter_map(|line| {
                let form = line.forms.iter().rev().find(|form| form.factor >= most)?;
                Some((line.names.as_str(), self.value(form)?))
            })
            .collect();
        at_most.sort_by(|a, b| a.1.total_cmp(&b.1));
        let unit = self.unit();
        let each: Vec<String> = at_most
            .iter()
            .map(|(name, value)| format!("{name} {}", unit.reading(*value)))
            .collect();
        let range = if least < most {
            format!("by factors of {} to {}", digits(least, 3), digits(most, 3))
        } else {
            format!("by a factor of {}", digits(most, 3))
        };
        let (net, shown) = (&self.net, self.shown_words());
        let (place, interval) = match (&self.place, self.shown) {
            (Some(place), Shown::Seconds) => (
                format!(" on {} ({})", place.platform, place.mode),
                self.interval(place),
            ),
            _ => (String::new(), String::new()),
        };
        let base = self.base_reading();
        let left_out = self.left_out.iter().map(|told| format!(" {told}"));
        let left_out: String = left_out.collect();
        let named = net.strip_prefix("the ");
        let net = named.map_or_else(|| net.clone(), |rest| format!("The {rest}"));
        format!(
            "{net}, {base}, scaled {range}{place}: {shown} at {} times the flops: {}{interval}.{left_out}",
            digits(most, 3),
            each.join(", ")
        )
    }

    /// What the net as it is takes of what is shown, and its flops.
    fn base_reading(&self) -> String {
        let flops = Unit::Count.reading(self.base.flops.as_f64());
        let more = match self.shown {
            Shown::Seconds => self
                .place
                .as_ref()
                .map(|place| Unit::Seconds.reading(place.base_seconds)),
            Shown::Acts => Some(cost_words(self.base.acts.as_f64(), "acts")),
            Shown::Params => Some(cost_words(self.base.params.as_f64(), "params")),
            Shown::Memory | Shown::Error => None,
        };
        let more = more.map_or_else(String::new, |more| format!(", {more}"));
        format!("{flops} flops{more}")
    }

    /// How far the intervals reach, as a factor: the mean of their logs.
    fn interval(&self, place: &Place) -> String {
        let spans = || self.forms.iter().filter_map(|form| form.seconds);
        let logs: f64 = spans().map(|span| (span.high / span.low).ln() / 2.0).sum();
        let factor = (logs / count(spans().count()).max(1.0)).exp();
        let level = digits(100.0 * place.level, 3);
        format!(
            "; {level} % of new timings of such nets lie within a factor of about {}",
            digits(factor, 3)
        )
    }

    fn plot(&self, lines: &[Line]) -> Plot {
        let axis = |title: String, unit| Axis {
            title,
            unit,
            kind: match unit {
                Unit::Percent => Kind::Around,
                _ => Kind::Log,
            },
        };
        let x = match self.across {
            Across::Flops => axis("flops".to_owned(), Unit::Count),
            Across::Factor => axis("wanted growth of the flops".to_owned(), Unit::Factor),
        };
        let series = |line: &Line| {
            let mut forms: Vec<&Form> = line.forms.iter().collect();
            forms.sort_by(|a, b| self.across(a).total_cmp(&self.across(b)));
            let points = forms
                .iter()
                .filter_map(|form| self.point(&line.names, form));
            let spans = forms
                .iter()
                .filter_map(|form| Some((self.across(form), form.seconds?)));
            let band = match self.shown {
                Shown::Seconds => spans.map(|(x, span)| (x, span.low, span.high)).collect(),
                _ => Vec::new(),
            };
            Series::joined(&line.names, line.mark, points.collect(), band)
        };
        Plot {
            x,
            y: axis(self.shown_words(), self.unit()),
            series: lines
                .iter()
                .map(series)
                .filter(|series| !series.points.is_empty())
                .collect(),
            fit: None,
            rule: None,
        }
    }

    fn point(&self, names: &str, form: &Form) -> Option<Point> {
        let y = self.value(form)?;
        let unit = self.unit();
        let interval = match (self.shown, form.seconds, &self.place) {
            (Shown::Seconds, Some(span), Some(place)) => format!(
                " ({} to {}, {} %)",
                unit.reading(span.low),
                unit.reading(span.high),
                digits(100.0 * place.level, 3)
            ),
            _ => String::new(),
        };
        let flops = cost_words(form.costs.flops.as_f64(), "flops");
        let cost = match self.shown {
            Shown::Acts => " acts",
            Shown::Params => " params",
            Shown::Seconds | Shown::Memory | Shown::Error => "",
        };
        Some(Point {
            x: self.across(form),
            y,
            label: format!("{names}, {}×", digits(form.factor, 3)),
            value: format!("{}{cost}{interval}, {flops}", unit.reading(y)),
            ..Point::default()
        })
    }

    fn table(&self) -> Table {
        let row = |form: &Form| {
            let (strategy, alpha) = form.way.cells();
            let place = self.place.as_ref();
            let seconds = form.seconds;
            vec![
                strategy,
                alpha,
                form.factor.into(),
                form.costs.flops.get().into(),
                form.costs.params.get().into(),
                form.costs.acts.get().into(),
                form.memory.map(|(_, bytes)| bytes).into(),
                place.map(|place| place.platform.as_str()).into(),
                place.map(|place| place.mode.as_str()).into(),
                seconds.map(|span| span.value).into(),
                seconds.map(|span| span.low).into(),
                seconds.map(|span| span.high).into(),
                form.error.into(),
            ]
        };
        Table {
            columns: COLUMNS.to_vec(),
            rows: self.forms.iter().map(row).collect(),
        }
    }
}

/// The nets of which errors are published.
pub(super) fn published() -> String {
    let names: Vec<&str> = Published::all().iter().map(Published::name).collect();
    names.join(", ")
}

fn cost_words(value: f64, name: &str) -> String {
    format!("{} {name}", Unit::Count.reading(value))
}

//! The paper's figures, from what the service knows: its published errors with what is expected between them, and epoch
//! times by the service's own predictions.
//!
//! Figs. 1 (bottom) and 4 to 8 of Dollár, Singh, Girshick, "Fast and Accurate Model Scaling" (CVPR 2021). Its Fig. 2 is the
//! chart of [`super::fit`] on the platform that has its timings; where times are predicted for that platform, they stand
//! beside those of Fig. 2. What each figure has is in [`super::printed`].

use std::sync::Arc;

use serde::Deserialize;
use utoipa::ToSchema;

use super::evidence::Evidence;
use super::fit::FitChart;
use super::printed::{Line, PLATFORM, PaperFigure, PaperTime, Place};
use crate::chart::engine::figure::{Drawing, Figure};
use crate::chart::engine::plot::Plot;
use crate::chart::engine::scale::{Axis, Kind};
use crate::chart::engine::series::{Curve, Point, Series};
use crate::chart::engine::table::{Cell, Table};
use crate::chart::engine::unit::{Unit, digits};
use crate::net::Net;
use crate::plan::Question;
use crate::plan::accuracy::{Point as Trained, Published};
use crate::timing::{Cost, Estimator, Features, Level, Mode, PlatformId, Predictor, Predictors};
use crate::units::to_f64;

/// What is shown against flops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Panel {
    /// Top-1 error: the points are the paper's, the lines what is expected between them.
    #[default]
    Error,
    /// Epoch time: all of it predicted here.
    Time,
}

/// A figure of the paper, redrawn.
#[derive(Clone, Debug)]
pub struct PaperChart {
    /// Which.
    pub figure: PaperFigure,
    /// Of which of its nets ([`PaperFigure::nets`]); where it is of one net at a time.
    pub net: Option<&'static str>,
    /// What is shown.
    pub panel: Panel,
    /// Where times are predicted; `None` where there are no timings.
    pub predictor: Option<Arc<Predictor>>,
    /// Images of an epoch.
    pub images: u64,
}

/// Where the paper's nets were timed again.
const OURS: &str = "h100-nchw";
/// Images of an epoch: ImageNet's.
const IMAGES: u64 = 1_281_167;
/// Flops up to which times are drawn.
const MOST_FLOPS: f64 = 16.5e9;
/// Columns of the table, with their units.
const COLUMNS: [&str; 7] = [
    "line",
    "factor",
    "flops",
    "top1_error_percent",
    "epoch_seconds",
    "kind",
    "source",
];

/// A line as it is drawn: what is expected or predicted along it, and what the paper prints of it, by factor.
struct Drawn<'a> {
    line: &'a Line,
    places: Vec<Place>,
    printed: Vec<(f64, Point)>,
}

impl PaperChart {
    /// The chart.
    #[must_use]
    pub fn figure(&self) -> Figure {
        if self.panel == Panel::Time && self.predictor.is_none() {
            let advice = "No platform has timings, so no time can be predicted. Send some with POST /v1/measurements.";
            return Figure::nothing(self.title(), advice);
        }
        let lines = self.figure.lines(self.net);
        let drawn: Vec<Drawn> = lines.iter().map(|line| self.drawn(line)).collect();
        let others = self.others();
        Figure {
            title: self.title(),
            sentence: self.sentence(&drawn, &others),
            drawing: Drawing::Plot(self.plot(&drawn, &others)),
            table: self.table(&drawn, &others),
        }
    }

    fn drawn<'a>(&self, line: &'a Line) -> Drawn<'a> {
        Drawn {
            line,
            places: self.places(line),
            printed: self.printed(line),
        }
    }

    /// What the paper prints of a line: errors, or the times of its Fig. 2 beside those that are predicted for its platform.
    fn printed(&self, line: &Line) -> Vec<(f64, Point)> {
        let predictor = self.predictor.as_ref();
        let there = predictor.is_some_and(|p| p.platform().id.as_str() == PLATFORM);
        match self.panel {
            Panel::Error => {
                let points = line.trained().into_iter();
                points.map(|p| (p.factor, trained(line, p))).collect()
            }
            Panel::Time if there => {
                let times = line.timed().filter(|time| time.flops <= MOST_FLOPS);
                let times = times.filter(|time| time.factor >= 1.0);
                times.map(|t| (t.factor, self.timed(line, t))).collect()
            }
            Panel::Time => Vec::new(),
        }
    }

    /// A time of the paper.
    fn timed(&self, line: &Line, time: &PaperTime) -> Point {
        let seconds = time.seconds_per_image * to_f64(self.images);
        let (said, flops) = (
            Unit::Seconds.reading(seconds),
            Unit::Count.reading(time.flops),
        );
        Point {
            x: time.flops,
            y: seconds,
            label: format!(
                "{}, {}×, as the paper timed it",
                line.name,
                digits(time.factor, 3)
            ),
            value: format!("{said}, {flops} flops"),
            measurement: None,
            source: Some(time.source.clone()),
        }
    }

    fn places(&self, line: &Line) -> Vec<Place> {
        match self.panel {
            Panel::Error => {
                let factors = line.trained().into_iter().map(|point| point.factor);
                let ends = factors.fold((1.0, 1.0), |(low, high): (f64, f64), factor| {
                    (low.min(factor), high.max(factor))
                });
                line.along(ends, |scaling, net| {
                    let error = line.published.expected(scaling, net)?;
                    Some(error.top1_error_percent)
                })
            }
            Panel::Time => {
                let flops = line.published.base().complexity().flops.as_f64();
                line.along((1.0, MOST_FLOPS / flops), |_, net| self.seconds(net))
            }
        }
    }

    /// Seconds of an epoch of `net`, as predicted.
    fn seconds(&self, net: &Net) -> Option<f64> {
        let predictor = self.predictor.as_ref()?;
        let question = Question {
            group: net.spec().group(),
            images: self.images,
            level: Level::DEFAULT,
            estimator: Estimator::default(),
            batch_size: None,
        };
        let features = Features::of_net(net);
        let time = predictor.time(&question.about(&features))?;
        Some(question.epoch_seconds(predictor, time.ms))
    }

    /// EfficientNet-B0 to B5 as they are, where the figure has them.
    fn others(&self) -> Vec<Point> {
        let all = Published::all().iter();
        let own = all.filter(|known| {
            self.figure == PaperFigure::Eight && known.name().starts_with("EfficientNet-")
        });
        let points = own.filter_map(|known| {
            let (net, flops) = (known.base(), known.base().complexity().flops.as_f64());
            let error = known.expected(&Line::fast(known.name())?.way, net)?;
            let (y, source) = match self.panel {
                Panel::Error => (
                    error.top1_error_percent,
                    error.points.first()?.source.clone(),
                ),
                Panel::Time => (self.seconds(net)?, "predicted".to_owned()),
            };
            Some(Point {
                x: flops,
                y,
                label: known.name().to_owned(),
                value: format!(
                    "{}, {} flops",
                    self.unit().reading(y),
                    Unit::Count.reading(flops)
                ),
                measurement: None,
                source: Some(source),
            })
        });
        points.collect()
    }

    fn unit(&self) -> Unit {
        match self.panel {
            Panel::Error => Unit::Percent,
            Panel::Time => Unit::Seconds,
        }
    }

    fn title(&self) -> String {
        let (number, subject) = (self.figure.number(), self.figure.subject(self.net));
        match (self.panel, &self.predictor) {
            (Panel::Error, _) => format!("Top-1 error of {subject} (the paper's Fig. {number})"),
            (Panel::Time, None) => format!("Epoch time of {subject}"),
            (Panel::Time, Some(predictor)) => format!(
                "Epoch time of {subject}, predicted on {} (beside the paper's Fig. {number})",
                predictor.platform().id
            ),
        }
    }

    fn sentence(&self, drawn: &[Drawn], others: &[Point]) -> String {
        let ends = drawn.iter().filter_map(|Drawn { line, places, .. }| {
            let (_, flops, value) = places.last()?;
            let (value, flops) = (self.unit().reading(*value), Unit::Count.reading(*flops));
            Some(format!("{} {value} at {flops} flops", line.name))
        });
        let ends: Vec<String> = ends.collect();
        let timed = drawn.iter().any(|drawn| !drawn.printed.is_empty());
        let what = match self.panel {
            Panel::Error => {
                "the points are published, each line runs straight between those of its figure"
            }
            Panel::Time if timed && others.is_empty() => {
                "the lines are predicted here, the points are the paper's own times, of its Fig. 2"
            }
            Panel::Time if timed => {
                "the lines and EfficientNet-B0 to B5 are predicted here, the other points are the paper's own times, of \
                 its Fig. 2"
            }
            Panel::Time => "all times are predicted here, none is the paper's",
        };
        format!("{}: {}; {what}.", self.title(), ends.join(", "))
    }

    fn plot(&self, drawn: &[Drawn], others: &[Point]) -> Plot {
        let axis = |title: &str, unit, kind| Axis {
            title: title.to_owned(),
            unit,
            kind,
        };
        let series = drawn.iter().enumerate().map(|(mark, drawn)| Series {
            name: drawn.line.name.clone(),
            legend: String::new(),
            mark,
            points: drawn.printed.iter().map(|(_, p)| p.clone()).collect(),
            line: Some(Curve {
                places: drawn.places.iter().map(|(_, x, y)| (*x, *y)).collect(),
                band: Vec::new(),
            }),
        });
        let others = (!others.is_empty()).then(|| Series {
            name: "EfficientNet-B0 to B5".to_owned(),
            mark: drawn.len(),
            points: others.to_vec(),
            ..Series::default()
        });
        let (title, kind) = match self.panel {
            Panel::Error => ("top-1 error", Kind::Around),
            Panel::Time => ("epoch time", Kind::Log),
        };
        Plot {
            x: axis("flops", Unit::Count, Kind::Log),
            y: axis(title, self.unit(), kind),
            series: series.chain(others).collect(),
            fit: None,
            rule: None,
        }
    }

    fn table(&self, drawn: &[Drawn], others: &[Point]) -> Table {
        let of = |value: f64| match self.panel {
            Panel::Error => (Cell::Number(value), Cell::Empty),
            Panel::Time => (Cell::Empty, Cell::Number(value)),
        };
        let row = |name: &str, (factor, flops, value): Place, kind: &str, source: &str| {
            let (error, seconds) = of(value);
            vec![
                name.into(),
                factor.into(),
                flops.into(),
                error,
                seconds,
                kind.into(),
                source.into(),
            ]
        };
        let mut rows = Vec::new();
        let ours = match self.panel {
            Panel::Error => "expected",
            Panel::Time => "predicted",
        };
        for Drawn {
            line,
            places,
            printed,
        } in drawn
        {
            rows.extend(printed.iter().map(|(factor, point)| {
                let source = point.source.as_deref().unwrap_or_default();
                row(&line.name, (*factor, point.x, point.y), "published", source)
            }));
            rows.extend(places.iter().map(|place| row(&line.name, *place, ours, "")));
        }
        rows.extend(others.iter().map(|point| {
            let kind = match self.panel {
                Panel::Error => "published",
                Panel::Time => "predicted",
            };
            let source = point.source.as_deref().unwrap_or_default();
            row(&point.label, (1.0, point.x, point.y), kind, source)
        }));
        Table {
            columns: COLUMNS.to_vec(),
            rows,
        }
    }
}

/// The figures of the paper that are redrawn, by the names of their files: its Fig. 2 from the timings of `v100x8-paper` and
/// from our own of its nets, and times on its platform.
#[must_use]
pub fn all(predictors: &Predictors) -> Vec<(String, Figure)> {
    let own = PlatformId::new(PLATFORM).ok();
    let predictor = own.and_then(|id| predictors.get(&id, Mode::Train)).cloned();
    let mut all = Vec::new();
    for (name, platform) in [("fig2", PLATFORM), ("h100", OURS)] {
        let id = PlatformId::new(platform).ok();
        let timed = id.and_then(|id| predictors.get(&id, Mode::Train));
        for (cost, predictor) in Cost::ALL.into_iter().zip(timed.into_iter().cycle()) {
            let mut evidence = Evidence::new(predictor.clone(), None, usize::MAX);
            evidence.images = IMAGES;
            let chart = FitChart {
                evidence,
                cost,
                kind: None,
            };
            all.push((format!("{name}-{}", cost.as_str()), chart.figure()));
        }
    }
    for figure in PaperFigure::ALL {
        for (panel, word) in [(Panel::Error, "error"), (Panel::Time, "time")] {
            let chart = |net| PaperChart {
                figure,
                net,
                panel,
                predictor: predictor.clone(),
                images: IMAGES,
            };
            let number = figure.number();
            match figure.nets() {
                // Those of one net, and the first panel of Fig. 1, which the README shows.
                [] | [_] | ["EfficientNet-B0", ..] => {
                    all.push((format!("fig{number}-{word}"), chart(None).figure()));
                }
                nets => all.extend(nets.iter().map(|net| {
                    let short = net.split('-').next().unwrap_or(net).to_lowercase();
                    let name = format!("fig{number}-{short}-{word}");
                    (name, chart(Some(*net)).figure())
                })),
            }
        }
    }
    all
}

/// A published point.
fn trained(line: &Line, point: &Trained) -> Point {
    let flops = to_f64(point.flops);
    let error = Unit::Percent.reading(point.top1_error_percent);
    Point {
        x: flops,
        y: point.top1_error_percent,
        label: format!("{}, {}×", line.name, digits(point.factor, 3)),
        value: format!("{error}, {} flops", Unit::Count.reading(flops)),
        measurement: None,
        source: Some(point.source.clone()),
    }
}

//! The paper's figures, from what the service knows: its published errors with what is expected between them, and epoch
//! times by the service's own predictions.
//!
//! Figs. 1 (bottom left), 4, 6 and 8 of Dollár, Singh, Girshick, "Fast and Accurate Model Scaling" (CVPR 2021). Its Fig. 2 is
//! the chart of [`super::fit`] on the platform that has its timings.

use std::sync::Arc;

use serde::Deserialize;
use utoipa::ToSchema;

use super::evidence::Evidence;
use super::fit::FitChart;
use super::plot::{Curve, Plot, Point, Series};
use super::scale::{Axis, Kind};
use super::table::{Cell, Table};
use super::unit::{Unit, digits};
use super::{Drawing, Figure};
use crate::net::scaling::RawScaling;
use crate::net::{Net, Scaling};
use crate::plan::Question;
use crate::plan::accuracy::{Point as Trained, Published};
use crate::timing::{Cost, Estimator, Features, Level, Mode, PlatformId, Predictor, Predictors};
use crate::units::to_f64;

/// A figure of the paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub enum PaperFigure {
    /// EfficientNet-B0 by dwr, dw, dWr and w: the figure's lower left.
    #[default]
    #[serde(rename = "1")]
    One,
    /// EfficientNet-B0 by d, w, r and dwr.
    #[serde(rename = "4")]
    Four,
    /// EfficientNet-B0 by α = 1/3, 2/3, 0.8 and 1.
    #[serde(rename = "6")]
    Six,
    /// Fast scaling of several nets, beside EfficientNet-B0 to B5.
    #[serde(rename = "8")]
    Eight,
}

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
    /// What is shown.
    pub panel: Panel,
    /// Where times are predicted; `None` where there are no timings.
    pub predictor: Option<Arc<Predictor>>,
    /// Images of an epoch.
    pub images: u64,
}

/// A line of a figure: a net and how it is scaled.
struct Line {
    name: String,
    published: &'static Published,
    way: Scaling,
}

/// A scaled net: factor, flops, and what is shown of it.
type Place = (f64, f64, f64);

/// Images of an epoch: ImageNet's.
const IMAGES: u64 = 1_281_167;
/// Factors along a line.
const STEPS: u32 = 64;
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

impl PaperFigure {
    fn number(self) -> u32 {
        match self {
            Self::One => 1,
            Self::Four => 4,
            Self::Six => 6,
            Self::Eight => 8,
        }
    }

    fn lines(self) -> Vec<Line> {
        let strategies = |names: &[&str]| {
            let lines = names
                .iter()
                .filter_map(|name| line(name, "EfficientNet-B0", Some((*name).to_owned()), None));
            lines.collect()
        };
        match self {
            Self::One => strategies(&["dwr", "dw", "dWr", "w"]),
            Self::Four => strategies(&["d", "w", "r", "dwr"]),
            Self::Six => {
                let shares = [
                    ("α 1/3", 1.0 / 3.0),
                    ("α 2/3", 2.0 / 3.0),
                    ("α 0.8", 0.8),
                    ("α 1", 1.0),
                ];
                let lines = shares
                    .iter()
                    .filter_map(|(name, alpha)| line(name, "EfficientNet-B0", None, Some(*alpha)));
                lines.collect()
            }
            Self::Eight => {
                let nets = [
                    "EfficientNet-B0",
                    "RegNetY-500MF",
                    "RegNetZ-500MF",
                    "RegNetY-4GF",
                    "RegNetZ-4GF",
                ];
                let fast = || Some("dWr".to_owned());
                let lines = nets.iter().filter_map(|net| line(net, net, fast(), None));
                lines.collect()
            }
        }
    }

    fn subject(self) -> &'static str {
        match self {
            Self::One | Self::Four | Self::Six => "EfficientNet-B0, scaled",
            Self::Eight => "fast scaling (dWr) beside EfficientNet-B0 to B5",
        }
    }
}

fn line(name: &str, net: &str, strategy: Option<String>, alpha: Option<f64>) -> Option<Line> {
    let raw = RawScaling {
        strategy,
        alpha,
        factor: 1.0,
        ..RawScaling::default()
    };
    Some(Line {
        name: name.to_owned(),
        published: Published::all().iter().find(|known| known.name() == net)?,
        way: Scaling::try_from(raw).ok()?,
    })
}

impl Line {
    /// The published points, of whatever figure.
    fn trained(&self) -> Vec<&Trained> {
        self.published.points(&self.way)
    }

    /// `value` of the scaled nets by factors between `ends`, by flops, one for each net.
    fn along(
        &self,
        (from, to): (f64, f64),
        value: impl Fn(&Scaling, &Net) -> Option<f64>,
    ) -> Vec<Place> {
        let factors = (0..=STEPS).map(|i| from * (to / from).powf(f64::from(i) / f64::from(STEPS)));
        let places = factors.filter_map(|factor| {
            let scaling = self.way.at(factor)?;
            let net = scaling.apply(self.published.base()).ok()?;
            let value = value(&scaling, &net)?;
            Some((factor, net.complexity().flops.as_f64(), value))
        });
        let mut places: Vec<Place> = places.collect();
        places.sort_by(|a, b| a.1.total_cmp(&b.1));
        places.dedup_by(|a, b| a.1.to_bits() == b.1.to_bits());
        places
    }
}

impl PaperChart {
    /// The chart.
    #[must_use]
    pub fn figure(&self) -> Figure {
        if self.panel == Panel::Time && self.predictor.is_none() {
            let advice = "No platform has timings, so no time can be predicted. Send some with POST /v1/measurements.";
            return Figure::nothing(self.title(), advice);
        }
        let lines = self.figure.lines();
        let places: Vec<Vec<Place>> = lines.iter().map(|line| self.places(line)).collect();
        let others = self.others();
        Figure {
            title: self.title(),
            sentence: self.sentence(&lines, &places),
            drawing: Drawing::Plot(self.plot(&lines, &places, &others)),
            table: self.table(&lines, &places, &others),
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
            let way = line("", known.name(), Some("dWr".to_owned()), None)?.way;
            let error = known.expected(&way, net)?;
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
        let (number, subject) = (self.figure.number(), self.figure.subject());
        match (self.panel, &self.predictor) {
            (Panel::Error, _) => format!("Top-1 error of {subject} (the paper's Fig. {number})"),
            (Panel::Time, None) => format!("Epoch time of {subject}"),
            (Panel::Time, Some(predictor)) => format!(
                "Epoch time of {subject}, predicted on {} (beside the paper's Fig. {number})",
                predictor.platform().id
            ),
        }
    }

    fn sentence(&self, lines: &[Line], places: &[Vec<Place>]) -> String {
        let ends = lines.iter().zip(places).filter_map(|(line, places)| {
            let (_, flops, value) = places.last()?;
            let (value, flops) = (self.unit().reading(*value), Unit::Count.reading(*flops));
            Some(format!("{} {value} at {flops} flops", line.name))
        });
        let ends: Vec<String> = ends.collect();
        let what = match self.panel {
            Panel::Error => {
                "the points are published, each line runs straight between those of its figure"
            }
            Panel::Time => "all times are predicted here, none is the paper's",
        };
        format!("{}: {}; {what}.", self.title(), ends.join(", "))
    }

    fn plot(&self, lines: &[Line], places: &[Vec<Place>], others: &[Point]) -> Plot {
        let axis = |title: &str, unit, kind| Axis {
            title: title.to_owned(),
            unit,
            kind,
        };
        let series = lines.iter().zip(places).enumerate();
        let series = series.map(|(mark, (line, places))| Series {
            name: line.name.clone(),
            legend: String::new(),
            mark,
            points: match self.panel {
                Panel::Error => line
                    .trained()
                    .into_iter()
                    .map(|p| trained(line, p))
                    .collect(),
                Panel::Time => Vec::new(),
            },
            line: Some(Curve {
                places: places
                    .iter()
                    .map(|(_, flops, value)| (*flops, *value))
                    .collect(),
                band: Vec::new(),
            }),
        });
        let others = (!others.is_empty()).then(|| Series {
            name: "EfficientNet-B0 to B5".to_owned(),
            mark: lines.len(),
            points: others.to_vec(),
            ..Series::default()
        });
        let (title, kind) = match self.panel {
            Panel::Error => ("top-1 error", Kind::Around),
            Panel::Time => ("epoch time, predicted", Kind::Log),
        };
        Plot {
            x: axis("flops", Unit::Count, Kind::Log),
            y: axis(title, self.unit(), kind),
            series: series.chain(others).collect(),
            fit: None,
            rule: None,
        }
    }

    fn table(&self, lines: &[Line], places: &[Vec<Place>], others: &[Point]) -> Table {
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
        for (line, places) in lines.iter().zip(places) {
            let kind = match self.panel {
                Panel::Error => {
                    rows.extend(line.trained().into_iter().map(|point| {
                        let place = (point.factor, to_f64(point.flops), point.top1_error_percent);
                        row(&line.name, place, "published", &point.source)
                    }));
                    "expected"
                }
                Panel::Time => "predicted",
            };
            rows.extend(places.iter().map(|place| row(&line.name, *place, kind, "")));
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

/// The figures of the paper that are redrawn, by the names of their files: its Fig. 2 from the timings of `v100x8-paper`, and
/// times on that platform.
#[must_use]
pub fn all(predictors: &Predictors) -> Vec<(String, Figure)> {
    let own = PlatformId::new("v100x8-paper").ok();
    let predictor = own.and_then(|id| predictors.get(&id, Mode::Train)).cloned();
    let mut all = Vec::new();
    for cost in Cost::ALL {
        all.extend(predictor.clone().map(|predictor| {
            let mut evidence = Evidence::new(predictor, None, usize::MAX);
            evidence.images = IMAGES;
            let chart = FitChart {
                evidence,
                cost,
                kind: None,
            };
            (format!("fig2-{}", cost.as_str()), chart.figure())
        }));
    }
    for figure in [
        PaperFigure::One,
        PaperFigure::Four,
        PaperFigure::Six,
        PaperFigure::Eight,
    ] {
        for (panel, word) in [(Panel::Error, "error"), (Panel::Time, "time")] {
            let chart = PaperChart {
                figure,
                panel,
                predictor: predictor.clone(),
                images: IMAGES,
            };
            all.push((format!("fig{}-{word}", figure.number()), chart.figure()));
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

//! How far off predictions are: measured over predicted time, of each timing.

use super::evidence::{Evidence, cost_reading};
use crate::chart::engine::figure::{Drawing, Figure};
use crate::chart::engine::plot::Plot;
use crate::chart::engine::scale::{Axis, Kind};
use crate::chart::engine::series::{Curve, Point};
use crate::chart::engine::svg::count;
use crate::chart::engine::table::Table;
use crate::chart::engine::unit::{Unit, digits};
use crate::net::Group;
use crate::timing::fit::training::Sample;
use crate::timing::{Asked, Cost, Estimator, Level};

/// Measured over predicted time, of each timing.
#[derive(Debug)]
pub struct ResidualChart {
    /// The timings.
    pub evidence: Evidence,
    /// How they are predicted.
    pub estimator: Estimator,
    /// By which fit.
    pub by: By,
    /// Against what.
    pub cost: Cost,
}

/// By which fit a timing is predicted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// One that has not seen its net, nor those next to it.
    #[default]
    LeftOut,
    /// The one that answers requests, which has.
    Fitted,
}

/// Columns of the table, with their units.
const COLUMNS: [&str; 10] = [
    "measurement",
    "label",
    "group",
    "flops",
    "params",
    "acts",
    "epoch_seconds",
    "predicted_seconds",
    "measured_over_predicted",
    "source",
];

/// What the residuals of all timings at hand come to.
struct Summary {
    n: usize,
    /// Mean of |predicted - measured| / measured.
    error: f64,
    /// Nine in ten are off by no more than this factor.
    factor: f64,
}

impl ResidualChart {
    /// The chart.
    #[must_use]
    pub fn figure(&self) -> Figure {
        let summary = self.summary(None);
        Figure {
            title: self.title(summary.as_ref()),
            sentence: self.sentence(summary.as_ref()),
            drawing: Drawing::Plot(self.plot(summary.as_ref())),
            table: self.table(),
        }
    }

    /// What `sample` was predicted to take, in milliseconds.
    fn predicted_ms(&self, group: &Group, sample: &Sample) -> Option<f64> {
        let predictor = &self.evidence.predictor;
        match self.by {
            By::LeftOut => predictor.left_out_ms(sample, self.estimator),
            By::Fitted => predictor.expected_ms(&Asked {
                features: &sample.features,
                group,
                estimator: self.estimator,
                level: Level::DEFAULT,
                batch_size: sample.images(predictor.platform().device_count),
            }),
        }
    }

    /// Of all timings at hand, of `group` alone where it is given; `None` where there is no residual.
    fn summary(&self, group: Option<&Group>) -> Option<Summary> {
        let samples = self.evidence.samples();
        let own = samples.filter(|(own, _)| group.is_none_or(|group| group == *own));
        let ratios = own.filter_map(|(g, s)| Some(s.ms / self.predicted_ms(g, s)?));
        let ratios: Vec<f64> = ratios.collect();
        let mut logs: Vec<f64> = ratios.iter().map(|ratio| ratio.ln().abs()).collect();
        logs.sort_by(f64::total_cmp);
        let n = logs.len();
        let ninth = logs.get((n * 9).div_ceil(10).checked_sub(1)?)?.exp();
        let error = ratios.iter().map(|ratio| (1.0 / ratio - 1.0).abs());
        Some(Summary {
            n,
            error: error.sum::<f64>() / count(n),
            factor: ninth,
        })
    }

    fn title(&self, summary: Option<&Summary>) -> String {
        let (id, mode) = (&self.evidence.platform().id, self.evidence.predictor.mode());
        let group = self.evidence.group.as_ref();
        let group = group.map_or_else(String::new, |group| format!(", {group}"));
        let error = summary.map_or_else(String::new, |s| format!(": {} off", percent(s.error)));
        format!("Measured over predicted time, {id} ({mode}){group}{error}")
    }

    fn sentence(&self, summary: Option<&Summary>) -> String {
        let subject = self.evidence.subject();
        let Some(summary) = summary else {
            return format!("{subject}: too few to leave any out of the fit.");
        };
        let estimator = self.estimator.as_str();
        let by = match self.by {
            By::LeftOut => "by a fit that has seen neither their net nor its neighbours",
            By::Fitted => "by the fit that has seen them all",
        };
        let (n, error) = (summary.n, percent(summary.error));
        let factor = digits(summary.factor, 3);
        let groups = self.by_group();
        let thinned = self.evidence.thinned();
        format!(
            "{subject}, {n} of them predicted {by} (estimator {estimator}): off by {error} on average{groups}; \
             90 % are within a factor of {factor} of the prediction.{thinned}"
        )
    }

    fn by_group(&self) -> String {
        let groups = self.evidence.predictor.groups();
        if self.evidence.group.is_some() || !(2..=8).contains(&groups.len()) {
            return String::new();
        }
        let each = groups.iter().filter_map(|(group, _)| {
            Some(format!(
                "{group} {}",
                percent(self.summary(Some(group))?.error)
            ))
        });
        format!(" ({})", each.collect::<Vec<_>>().join(", "))
    }

    fn plot(&self, summary: Option<&Summary>) -> Plot {
        let axis = |title: &str, unit| Axis {
            title: title.to_owned(),
            unit,
            kind: Kind::Log,
        };
        let points = self.evidence.drawn();
        let points = points.filter_map(|(g, s)| Some((g.clone(), self.point(g, s)?)));
        let legend = |group: &Group| {
            let own = self.summary(Some(group)).map(|own| percent(own.error));
            own.map_or_else(|| group.to_string(), |own| format!("{group} ({own} off)"))
        };
        let costs = self
            .evidence
            .drawn()
            .map(|(_, s)| self.cost.count(&s.features));
        let range = Kind::Log.range(costs).unwrap_or((1.0, 10.0));
        let around = |s: &Summary| {
            let ends = |x| (x, 1.0 / s.factor, s.factor);
            [range.0, range.1].map(ends).to_vec()
        };
        Plot {
            x: axis(self.cost.as_str(), Unit::Count),
            y: axis("measured over predicted time", Unit::Factor),
            series: self.evidence.series(points, legend),
            fit: Some(Curve {
                places: Vec::new(),
                band: summary.map_or_else(Vec::new, around),
            }),
            rule: Some(1.0),
        }
    }

    fn point(&self, group: &Group, sample: &Sample) -> Option<Point> {
        let predicted = self.predicted_ms(group, sample)?;
        let x = self.cost.count(&sample.features);
        let y = sample.ms / predicted;
        let seconds = |ms| Unit::Seconds.reading(self.evidence.epoch(ms));
        let value = format!(
            "{} of the predicted time ({} for {}), {}",
            Unit::Factor.reading(y),
            seconds(sample.ms),
            seconds(predicted),
            cost_reading(self.cost, x)
        );
        Some(self.evidence.point(sample, (x, y), value))
    }

    fn table(&self) -> Table {
        let row = |(group, sample): (&Group, &Sample)| {
            let point = self.point(group, sample)?;
            let predicted = self.predicted_ms(group, sample)?;
            let cost = |cost: Cost| cost.count(&sample.features);
            Some(vec![
                sample.row.into(),
                point.label.as_str().into(),
                group.as_str().into(),
                cost(Cost::Flops).into(),
                cost(Cost::Params).into(),
                cost(Cost::Acts).into(),
                self.evidence.epoch(sample.ms).into(),
                self.evidence.epoch(predicted).into(),
                point.y.into(),
                point.source.as_deref().into(),
            ])
        };
        Table {
            columns: COLUMNS.to_vec(),
            rows: self.evidence.drawn().filter_map(row).collect(),
        }
    }
}

fn percent(share: f64) -> String {
    format!("{} %", digits(100.0 * share, 2))
}

//! The epoch time against a cost: the paper's Fig. 2, from what is in the store.

use super::evidence::{Evidence, cost_reading};
use crate::chart::engine::figure::{Drawing, Figure};
use crate::chart::engine::plot::Plot;
use crate::chart::engine::scale::{Axis, Kind, Scale};
use crate::chart::engine::series::{Curve, Point};
use crate::chart::engine::table::Table;
use crate::chart::engine::unit::{Unit, digits};
use crate::net::Group;
use crate::timing::Cost;
use crate::timing::fit::cost::{Band, Straight};
use crate::timing::fit::line::Explanation;
use crate::timing::fit::training::Sample;

/// The epoch time against a cost.
#[derive(Debug)]
pub struct FitChart {
    /// The timings.
    pub evidence: Evidence,
    /// Against what.
    pub cost: Cost,
    /// How both axes are spread; by default evenly, unless the costs differ a hundredfold.
    pub kind: Option<Kind>,
}

/// Columns of the table, with their units.
const COLUMNS: [&str; 11] = [
    "measurement",
    "label",
    "group",
    "flops",
    "params",
    "acts",
    "epoch_seconds",
    "line_seconds",
    "low_seconds",
    "high_seconds",
    "source",
];
/// Costs further apart than this are shown by their logs.
const FAR: f64 = 100.0;
/// Steps of the line and the band across the chart.
const STEPS: u32 = 120;

impl FitChart {
    /// The chart.
    #[must_use]
    pub fn figure(&self) -> Figure {
        let (r, line) = self
            .explanation()
            .map_or((None, None), |all| all.of(self.cost));
        let rows = self.rows();
        let band = line.and_then(|line| line.band(&rows, self.evidence.level));
        Figure {
            title: self.title(r),
            sentence: self.sentence(r, line, band),
            drawing: Drawing::Plot(self.plot(line, band)),
            table: self.table(line, band),
        }
    }

    fn explanation(&self) -> Option<&Explanation> {
        let predictor = &self.evidence.predictor;
        match &self.evidence.group {
            None => Some(predictor.explanation()),
            Some(group) => explanation_of(predictor.groups(), group),
        }
    }

    /// (Cost, time) of all timings that are at hand.
    fn rows(&self) -> Vec<(f64, f64)> {
        let samples = self.evidence.samples();
        samples
            .map(|(_, s)| (self.cost.of(&s.features), s.ms))
            .collect()
    }

    fn title(&self, r: Option<f64>) -> String {
        let (cost, id) = (self.cost.as_str(), &self.evidence.platform().id);
        let group = self
            .evidence
            .group
            .as_ref()
            .map_or_else(String::new, |g| format!(", {g}"));
        let mode = self.evidence.predictor.mode();
        let r = r.map_or_else(String::new, |r| format!(": r = {}", correlation(r)));
        format!("Epoch time against {cost}, {id} ({mode}){group}{r}")
    }

    fn sentence(&self, r: Option<f64>, line: Option<Straight>, band: Option<Band>) -> String {
        let cost = self.cost.as_str();
        let images = crate::units::Grouped(self.evidence.images);
        let told = match r {
            Some(r) => format!("has Pearson's r {} with {cost}", correlation(r)),
            None => format!("against {cost}, too few or too alike for a correlation"),
        };
        let line = line.map_or_else(String::new, |line| self.line_in_words(line, band));
        let (subject, groups, others) =
            (self.evidence.subject(), self.by_group(), self.other_costs());
        let thinned = self.evidence.thinned();
        format!(
            "{subject}: the time of an epoch of {images} images {told}{groups}{others}.{line}{thinned}"
        )
    }

    fn line_in_words(&self, line: Straight, band: Option<Band>) -> String {
        let around = band.map_or_else(String::new, |band| {
            let share = digits(100.0 * self.evidence.level.share(), 3);
            let factor = digits(band.factor, 3);
            format!("; {share} % of timings left out of it lie within a factor of {factor}")
        });
        format!(
            " The line of least squares is {}{around}.",
            self.formula(line)
        )
    }

    /// r of each group, where those are few enough to be read.
    fn by_group(&self) -> String {
        let groups = self.evidence.predictor.groups();
        if self.evidence.group.is_some() || !(2..=8).contains(&groups.len()) {
            return String::new();
        }
        let each = groups.iter().filter_map(|(group, explanation)| {
            Some(format!(
                "{group} {}",
                correlation(explanation.of(self.cost).0?)
            ))
        });
        format!(" ({})", each.collect::<Vec<_>>().join(", "))
    }

    fn other_costs(&self) -> String {
        let others = Cost::ALL.into_iter().filter(|cost| *cost != self.cost);
        let each = others.filter_map(|cost| {
            let r = self.explanation()?.of(cost).0?;
            Some(format!(", {} with {}", correlation(r), cost.as_str()))
        });
        each.collect()
    }

    fn formula(&self, line: Straight) -> String {
        let name = match self.cost {
            Cost::Acts => "million acts",
            Cost::Flops => "10⁹ flops",
            Cost::Params => "million params",
        };
        let seconds = |ms: f64| Unit::Seconds.reading(self.evidence.epoch(ms.abs()));
        let sign = if line.intercept_ms < 0.0 { "-" } else { "" };
        let step = if line.ms_per_unit < 0.0 {
            "less"
        } else {
            "and"
        };
        let (start, slope) = (seconds(line.intercept_ms), seconds(line.ms_per_unit));
        format!("{sign}{start} {step} {slope} for each {name}")
    }

    fn plot(&self, line: Option<Straight>, band: Option<Band>) -> Plot {
        let kind = self.kind();
        let axis = |title: &str, unit| Axis {
            title: title.to_owned(),
            unit,
            kind,
        };
        let legend = |group: &Group| {
            let own = explanation_of(self.evidence.predictor.groups(), group);
            let r = own.and_then(|own| own.of(self.cost).0);
            r.map_or_else(
                || group.to_string(),
                |r| format!("{group} (r {})", correlation(r)),
            )
        };
        let points = self.evidence.drawn();
        let points = points.map(|(group, sample)| (group.clone(), self.point(sample)));
        Plot {
            x: axis(self.cost.as_str(), Unit::Count),
            y: axis("epoch time", Unit::Seconds),
            series: self.evidence.series(points, legend),
            fit: line.map(|line| self.curve(line, band)),
            rule: None,
        }
    }

    fn kind(&self) -> Kind {
        let costs = self
            .evidence
            .drawn()
            .map(|(_, s)| self.cost.of(&s.features));
        let ends = |(low, high): (f64, f64), x: f64| (low.min(x), high.max(x));
        let (low, high) = costs.fold((f64::INFINITY, 0.0), ends);
        let far = if high > FAR * low {
            Kind::Log
        } else {
            Kind::Linear
        };
        self.kind.unwrap_or(far)
    }

    fn point(&self, sample: &Sample) -> Point {
        let x = self.cost.count(&sample.features);
        let y = self.evidence.epoch(sample.ms);
        let value = format!(
            "{}, {}",
            Unit::Seconds.reading(y),
            cost_reading(self.cost, x)
        );
        self.evidence.point(sample, (x, y), value)
    }

    fn curve(&self, line: Straight, band: Option<Band>) -> Curve {
        let costs = self.evidence.drawn();
        let costs = costs.map(|(_, s)| self.cost.count(&s.features));
        let range = self.kind().range(costs).unwrap_or((0.0, 1.0));
        let steps = || Scale::new(self.kind(), range, (0.0, 1.0)).steps(STEPS);
        let unit = self.cost.unit();
        let at = |x: f64| (x, self.evidence.epoch(line.ms(x / unit)));
        let around = |band: Band| {
            steps().map(move |x| {
                let (low, high) = band.ends(x / unit);
                (x, self.evidence.epoch(low), self.evidence.epoch(high))
            })
        };
        Curve {
            places: steps().map(at).collect(),
            band: band.map_or_else(Vec::new, |band| around(band).collect()),
        }
    }

    fn table(&self, line: Option<Straight>, band: Option<Band>) -> Table {
        let row = |(group, sample): (&Group, &Sample)| {
            let point = self.point(sample);
            let x = self.cost.of(&sample.features);
            let ends = band.map(|band| band.ends(x));
            let cost = |cost: Cost| cost.count(&sample.features);
            vec![
                sample.row.into(),
                point.label.as_str().into(),
                group.as_str().into(),
                cost(Cost::Flops).into(),
                cost(Cost::Params).into(),
                cost(Cost::Acts).into(),
                point.y.into(),
                line.map(|line| self.evidence.epoch(line.ms(x))).into(),
                ends.map(|(low, _)| self.evidence.epoch(low)).into(),
                ends.map(|(_, high)| self.evidence.epoch(high)).into(),
                point.source.as_deref().into(),
            ]
        };
        Table {
            columns: COLUMNS.to_vec(),
            rows: self.evidence.drawn().map(row).collect(),
        }
    }
}

fn explanation_of<'a>(
    groups: &'a [(Group, Explanation)],
    group: &Group,
) -> Option<&'a Explanation> {
    groups
        .iter()
        .find(|(own, _)| own == group)
        .map(|(_, own)| own)
}

/// r to three digits.
fn correlation(r: f64) -> String {
    format!("{r:.3}")
}

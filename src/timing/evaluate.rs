//! The honest error of the predictions: timings that were left out, predicted as the service predicts.
//!
//! A [`Trial`] is one way to leave timings out, of one platform and estimator. Repeats of a net leave together, whatever
//! their resolution. Everything is fitted and validated anew without them, intervals too.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use super::estimator::Estimator;
use super::interval::Level;
use super::measurement::Measurement;
use super::platform::{Mode, Platform, PlatformId};
use super::predictor::{Asked, Predictor};
use super::predictors::Predictors;
use super::training::{Sample, TrainingSet};
use crate::net::Group;
use crate::units::{rounded, to_f64};

/// Which timings leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Left {
    /// Each net in turn (of more than 200, a twentieth of them in turn).
    Net,
    /// Each timing group in turn.
    Group,
    /// The quarter of the timings with the most acts.
    Large,
    /// Each scaling strategy in turn, of all nets; where labels end in a strategy and a factor, as in `… dWr x4`.
    Strategy,
    /// All nets scaled by 24 or more, likewise.
    FarScaled,
}

impl Left {
    /// All.
    pub const ALL: [Self; 5] = [
        Self::Net,
        Self::Group,
        Self::Large,
        Self::Strategy,
        Self::FarScaled,
    ];
}

/// Least number of timings that is worth a trial.
const LEAST: usize = 12;
/// Nets up to which each leaves alone.
const ALONE: usize = 200;
/// Parts in which the nets of a larger set leave.
const PARTS: usize = 20;

/// One way to leave timings out, of one platform and estimator.
#[derive(Clone, Debug)]
pub struct Trial<'a> {
    platform: &'a Platform,
    mode: Mode,
    estimator: Estimator,
    left: Left,
    rows: Arc<[Row<'a>]>,
    /// The fits to all platforms, of which a platform may know what groups cost that have left.
    all: Arc<Predictors>,
}

#[derive(Clone, Debug)]
struct Row<'a> {
    group: &'a Group,
    sample: Sample,
    /// Strategy and factor that its label ends in.
    scaling: Option<(&'a str, f64)>,
}

/// What a trial has shown.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Score {
    /// Where the timings are from.
    pub platform: PlatformId,
    /// What was timed.
    pub mode: Mode,
    /// How they were predicted.
    pub estimator: Estimator,
    /// Which timings left.
    pub left_out: Left,
    /// Timings that were predicted.
    pub n: usize,
    /// Mean of |predicted - measured| / measured.
    pub mape: f64,
    /// Median of the same.
    pub median: f64,
    /// Nine in ten lie below this.
    pub p90: f64,
    /// Share within 10 %.
    pub within_10: f64,
    /// Share within 20 %.
    pub within_20: f64,
    /// Share within the intervals of level 0.8.
    pub covered_80: f64,
    /// Of level 0.9.
    pub covered_90: f64,
    /// Of level 0.95.
    pub covered_95: f64,
    /// Median of e^h - 1, with h half the width of the 0.9 interval as a natural log.
    pub half_width_90: f64,
}

/// The trials of all platforms that have enough `rows`, for every estimator.
#[must_use]
pub fn trials<'a>(platforms: &'a [Platform], rows: &'a [Measurement]) -> Vec<Trial<'a>> {
    let mut by_key: BTreeMap<(&PlatformId, Mode), Vec<Row>> = BTreeMap::new();
    for (id, row) in (1..).zip(rows) {
        let Some(platform) = platforms.iter().find(|p| p.id == row.platform) else {
            continue;
        };
        let sample = Sample::new(id, row, platform.device_count);
        let scaling = row.label.as_deref().and_then(scaling);
        let group = &row.group;
        by_key
            .entry((&row.platform, row.mode))
            .or_default()
            .push(Row {
                group,
                sample,
                scaling,
            });
    }
    let all = Arc::new(Predictors::of_rows(platforms.to_vec(), rows, 0));
    let mut trials = Vec::new();
    for ((id, mode), rows) in by_key {
        let Some(platform) = platforms.iter().find(|p| p.id == *id) else {
            continue;
        };
        let rows: Arc<[Row]> = rows.into();
        for (left, estimator) in Left::ALL
            .into_iter()
            .flat_map(|left| Estimator::ALL.map(|e| (left, e)))
        {
            trials.push(Trial {
                platform,
                mode,
                estimator,
                left,
                rows: Arc::clone(&rows),
                all: Arc::clone(&all),
            });
        }
    }
    trials.retain(|trial| trial.rows.len() >= LEAST && trial.parts().iter().any(|p| !p.is_empty()));
    trials
}

/// The strategy and factor that a label such as `RegNetY-4GF dWr x24` ends in.
fn scaling(label: &str) -> Option<(&str, f64)> {
    let (rest, factor) = label.rsplit_once(" x")?;
    let (_, strategy) = rest.rsplit_once(' ')?;
    Some((strategy, factor.parse().ok()?))
}

impl Trial<'_> {
    /// Where the timings are from, how they are predicted, and which leave.
    #[must_use]
    pub fn name(&self) -> (&PlatformId, Mode, Estimator, Left) {
        (&self.platform.id, self.mode, self.estimator, self.left)
    }

    /// Leaves the timings out and predicts them.
    #[must_use]
    pub fn run(&self) -> Option<Score> {
        let mut outcomes = Vec::with_capacity(self.rows.len());
        for part in self.parts() {
            outcomes.extend(self.predicted(&part).unwrap_or_default());
        }
        self.score(&outcomes)
    }

    /// The positions of the timings that leave together, part by part.
    fn parts(&self) -> Vec<Vec<usize>> {
        let by = |key: &dyn Fn(&Row) -> Option<String>| {
            let mut parts: BTreeMap<String, Vec<usize>> = BTreeMap::new();
            for (i, row) in self.rows.iter().enumerate() {
                if let Some(key) = key(row) {
                    parts.entry(key).or_default().push(i);
                }
            }
            parts.into_values().collect::<Vec<_>>()
        };
        match self.left {
            Left::Net => {
                let nets: BTreeSet<_> = self.rows.iter().map(|row| row.sample.net).collect();
                let nets: Vec<_> = nets.into_iter().collect();
                let parts = if nets.len() <= ALONE {
                    nets.len()
                } else {
                    PARTS
                };
                let place = |row: &Row| nets.binary_search(&row.sample.net).unwrap_or_default();
                by(&|row| Some((place(row) % parts).to_string()))
            }
            Left::Group => by(&|row| Some(row.group.to_string())),
            Left::Strategy => by(&|row| Some(row.scaling?.0.to_owned())),
            Left::Large => {
                let acts = |row: &Row| row.sample.features.acts;
                let mut sorted: Vec<f64> = self.rows.iter().map(acts).collect();
                sorted.sort_by(f64::total_cmp);
                let cut = sorted[sorted.len() * 3 / 4];
                vec![self.positions(|row| acts(row) >= cut)]
            }
            Left::FarScaled => {
                vec![self.positions(|row| row.scaling.is_some_and(|(_, factor)| factor >= 24.0))]
            }
        }
    }

    fn positions(&self, leaves: impl Fn(&Row) -> bool) -> Vec<usize> {
        let leaving = self.rows.iter().enumerate().filter(|(_, row)| leaves(row));
        leaving.map(|(i, _)| i).collect()
    }

    /// (Predicted, measured, half-width by level) of each timing in `part`, by fits to what remains.
    fn predicted(&self, part: &[usize]) -> Option<Vec<Outcome>> {
        let out: HashSet<usize> = part.iter().copied().collect();
        let nets: HashSet<_> = part.iter().map(|i| self.rows[*i].sample.net).collect();
        // Of nets that are cut off by size, smaller sizes stay; otherwise all timings of a net leave.
        let by_size = matches!(self.left, Left::Large | Left::FarScaled);
        let stays = |(i, row): &(usize, &Row)| {
            !out.contains(i) && (by_size || !nets.contains(&row.sample.net))
        };
        let mut set = TrainingSet::default();
        let rest = self.rows.iter().enumerate().filter(stays);
        set.add(rest.map(|(_, row)| (row.group.clone(), row.sample)));
        let platform = (self.platform.clone(), self.mode);
        let forms = self.estimator.forms();
        let mut predictor = Predictor::of_forms(platform, &set, forms)?.validated();
        let others: Vec<&Predictor> = Mode::ALL
            .into_iter()
            .flat_map(|mode| self.all.of_mode(mode))
            .map(AsRef::as_ref)
            .collect();
        predictor.borrow_from(&others);
        let levels = [0.8, 0.9, 0.95].map(|share| Level::new(share).unwrap_or(Level::DEFAULT));
        let outcome = |i: &usize| {
            let row = &self.rows[*i];
            let predictions = levels.map(|level| {
                predictor.predict(&Asked {
                    features: &row.sample.features,
                    group: row.group,
                    estimator: self.estimator,
                    level,
                    batch_size: None,
                })
            });
            let [Some(a), Some(b), Some(c)] = predictions else {
                return None;
            };
            Some(Outcome {
                error: (a.ms / row.sample.ms - 1.0).abs(),
                far: (a.ms / row.sample.ms).ln().abs(),
                half_widths: [&a, &b, &c].map(|p| (p.high_ms / p.ms).ln()),
            })
        };
        Some(part.iter().filter_map(outcome).collect())
    }

    fn score(&self, outcomes: &[Outcome]) -> Option<Score> {
        if outcomes.is_empty() {
            return None;
        }
        let n = to_f64(outcomes.len().try_into().ok()?);
        let share = |holds: &dyn Fn(&Outcome) -> bool| {
            let held = outcomes.iter().filter(|outcome| holds(outcome)).count();
            to_f64(held.try_into().unwrap_or_default()) / n
        };
        let errors: Vec<f64> = outcomes.iter().map(|outcome| outcome.error).collect();
        let widths = outcomes.iter().map(|o| o.half_widths[1].exp_m1()).collect();
        let mape = errors.iter().sum::<f64>() / n;
        let (median, p90) = (quantile(errors.clone(), 0.5), quantile(errors, 0.9));
        Some(Score {
            platform: self.platform.id.clone(),
            mode: self.mode,
            estimator: self.estimator,
            left_out: self.left,
            n: outcomes.len(),
            mape,
            median,
            p90,
            within_10: share(&|o| o.error <= 0.1),
            within_20: share(&|o| o.error <= 0.2),
            covered_80: share(&|o| o.far <= o.half_widths[0]),
            covered_90: share(&|o| o.far <= o.half_widths[1]),
            covered_95: share(&|o| o.far <= o.half_widths[2]),
            half_width_90: quantile(widths, 0.5),
        })
    }
}

/// How one timing was predicted.
struct Outcome {
    error: f64,
    far: f64,
    half_widths: [f64; 3],
}

fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = to_f64(
        values
            .len()
            .saturating_sub(1)
            .try_into()
            .unwrap_or_default(),
    );
    let place = usize::try_from(rounded(share * last)).unwrap_or_default();
    values.get(place).copied().unwrap_or(f64::NAN)
}

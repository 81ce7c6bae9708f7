//! The honest error of the predictions: timings that were left out, predicted as the service predicts.
//!
//! A [`Trial`] is one way to leave timings out, of one platform and estimator. Repeats of a net leave together, whatever
//! their resolution. Everything is fitted and validated anew without them, intervals too.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::left_out::Left;
use super::quarantine::weigh;
use super::score::{LEVELS, Outcome, Score};
use crate::net::Group;
use crate::timing::data::measurement::Measurement;
use crate::timing::data::platform::{Mode, Platform, PlatformId};
use crate::timing::fit::estimator::Estimator;
use crate::timing::fit::features::Architecture;
use crate::timing::fit::level::Level;
use crate::timing::fit::training::{Sample, TrainingSet};
use crate::timing::predict::prediction::Asked;
use crate::timing::predict::predictor::Predictor;
use crate::timing::predict::predictors::Predictors;

/// Least number of timings that is worth a trial.
const LEAST: usize = 12;
/// Nets up to which each leaves alone.
const ALONE: usize = 200;
/// Parts in which the nets of a larger set leave.
const PARTS: usize = 20;

/// Draws of the nets that stay where nearly all leave.
const DRAWS: usize = 10;

/// Timings of a platform that its trials look at; of more, whole nets are drawn.
const MOST: usize = 2_000;

/// One way to leave timings out, of one platform and estimator.
#[derive(Clone, Debug)]
pub struct Trial {
    platform: Platform,
    mode: Mode,
    estimator: Estimator,
    left: Left,
    rows: Arc<[Row]>,
    /// The fits to all platforms, of which a platform may know what groups cost that have left.
    all: Arc<Predictors>,
}

#[derive(Clone, Debug)]
struct Row {
    group: Group,
    sample: Sample,
    /// Strategy and factor that its label ends in.
    scaling: Option<(String, f64)>,
}

/// What trials look at of timings, which can be read bit by bit.
#[derive(Debug, Default)]
pub struct Timed(BTreeMap<(PlatformId, Mode), Vec<Row>>);

impl Timed {
    /// Adds `measurement`, of id `row`, on `devices` devices.
    pub fn add(&mut self, row: i64, measurement: &Measurement, devices: u32) {
        let key = (measurement.platform.clone(), measurement.mode);
        let rows = self.0.entry(key).or_default();
        rows.push(Row {
            group: measurement.group.clone(),
            sample: Sample::new(row, measurement, devices),
            scaling: measurement.label.as_deref().and_then(scaling),
        });
        if rows.len() >= 2 * MOST {
            draw(rows);
        }
    }
}

/// Keeps [`MOST`] of `rows` at most: nets come in the order of their hashes, so the first are a fair draw.
fn draw(rows: &mut Vec<Row>) {
    rows.sort_by_key(|row| (row.sample.net, row.sample.identity, row.sample.row));
    rows.truncate(MOST);
}

/// The trials of all platforms that have enough `rows`, for every estimator.
#[must_use]
pub fn trials(platforms: &[Platform], rows: &[Measurement]) -> Vec<Trial> {
    let all = Arc::new(Predictors::of_rows(platforms.to_vec(), rows, 0));
    let mut timed = Timed::default();
    for (id, row) in (1..).zip(rows) {
        if let Some(platform) = all.platforms.get(&row.platform) {
            timed.add(id, row, platform.device_count);
        }
    }
    trials_of(&all, timed)
}

/// The trials of the timings `timed`, to all of which `all` are the fits.
#[must_use]
pub fn trials_of(all: &Arc<Predictors>, timed: Timed) -> Vec<Trial> {
    let mut trials = Vec::new();
    for ((id, mode), mut rows) in timed.0 {
        let Some(platform) = all.platforms.get(&id) else {
            continue;
        };
        if rows.len() > MOST {
            draw(&mut rows);
        }
        let rows: Arc<[Row]> = rows.into();
        for (left, estimator) in Left::ALL
            .into_iter()
            .flat_map(|left| Estimator::ALL.map(|e| (left, e)))
        {
            trials.push(Trial {
                platform: platform.clone(),
                mode,
                estimator,
                left,
                rows: Arc::clone(&rows),
                all: Arc::clone(all),
            });
        }
    }
    trials.retain(|trial| trial.rows.len() >= LEAST && trial.parts().iter().any(|p| !p.is_empty()));
    trials
}

/// The strategy and factor that a label such as `RegNetY-4GF dWr x24` ends in.
fn scaling(label: &str) -> Option<(String, f64)> {
    let (rest, factor) = label.rsplit_once(" x")?;
    let (_, strategy) = rest.rsplit_once(' ')?;
    Some((strategy.to_owned(), factor.parse().ok()?))
}

impl Trial {
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
        let (platform, mode, estimator, left_out) = self.name();
        Score::new(platform, mode, estimator, left_out, &outcomes)
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
                let nets = self.nets();
                let parts = if nets.len() <= ALONE {
                    nets.len()
                } else {
                    PARTS
                };
                let place = |row: &Row| nets.binary_search(&row.sample.net).unwrap_or_default();
                by(&|row| Some((place(row) % parts).to_string()))
            }
            Left::Group => by(&|row| Some(row.group.to_string())),
            Left::Strategy => by(&|row| Some(row.scaling.as_ref()?.0.clone())),
            Left::Large => {
                let acts = |row: &Row| row.sample.features.acts;
                let mut sorted: Vec<f64> = self.rows.iter().map(acts).collect();
                sorted.sort_by(f64::total_cmp);
                let cut = sorted[sorted.len() * 3 / 4];
                vec![self.positions(|row| acts(row) >= cut)]
            }
            Left::FarScaled => {
                vec![self.positions(|row| {
                    row.scaling
                        .as_ref()
                        .is_some_and(|(_, factor)| *factor >= 24.0)
                })]
            }
            Left::AllButOne
            | Left::AllButTwo
            | Left::AllButThree
            | Left::AllButFive
            | Left::AllButTen => self.draws(self.left.stay().unwrap_or_default()),
        }
    }

    /// The nets, in the order of their hashes: as good as any at random, and always the same.
    fn nets(&self) -> Vec<Architecture> {
        let nets: BTreeSet<_> = self.rows.iter().map(|row| row.sample.net).collect();
        nets.into_iter().collect()
    }

    /// For each draw of `stay` nets, the timings of all others; none where most nets would have to stay.
    fn draws(&self, stay: usize) -> Vec<Vec<usize>> {
        let nets = self.nets();
        if nets.len() < 2 * stay {
            return Vec::new();
        }
        let draw = |i: usize| {
            let first = i * nets.len() / DRAWS;
            let drawn: Vec<_> = (first..first + stay)
                .map(|j| nets[j % nets.len()])
                .collect();
            self.positions(|row| !drawn.contains(&row.sample.net))
        };
        (0..DRAWS).map(draw).collect()
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
        let platform = self.platform.clone();
        let forms = self.estimator.forms();
        weigh(&platform, self.mode, &mut set);
        let mut predictor = Predictor::of_forms(platform, self.mode, &set, forms)?.validated();
        let others: Vec<&Predictor> = self.all.all().map(AsRef::as_ref).collect();
        predictor.borrow_from(&others);
        let outcome = |i: &usize| outcome(&predictor, &self.rows[*i], self.estimator);
        Some(part.iter().filter_map(outcome).collect())
    }
}

/// How `predictor` predicts `row`.
fn outcome(predictor: &Predictor, row: &Row, estimator: Estimator) -> Option<Outcome> {
    let at = |share: f64| {
        predictor.predict(&Asked {
            features: &row.sample.features,
            group: &row.group,
            estimator,
            level: Level::new(share).unwrap_or(Level::DEFAULT),
            batch_size: row.sample.images(predictor.platform().device_count),
        })
    };
    let [a, b, c] = LEVELS.map(at);
    Some(Outcome::new(&[a?, b?, c?], row.sample.ms))
}

//! What nets that were left out of a fit say of it.
//!
//! Nets leave in folds, all timings of one together. For sums over layers a fold holds neighbours in shape (S/M² moves
//! with the scaling strategy), since a scaled net asked for is seldom between two that were timed; for costs, nets at
//! random. Then each group leaves as a whole, for what a group without timings can expect; of very many groups several leave
//! at once, or it would take the square of their number.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::estimator::{Fitted, Form};
use super::expected::{expected, widening};
use super::features::Architecture;
use super::neighbours::Neighbours;
use super::training::{Rows, Sample};
use crate::net::Group;
use crate::units::{to_f64, to_u64};

/// Residuals of timings that a fit has not seen, summed up for intervals ([`crate::timing::predict::interval`]).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Validation {
    pub(in crate::timing) form: Form,
    /// |log residual| / (w·σ) in order, each with what the timings up to it weigh.
    pub(in crate::timing) scores: Vec<Score>,
    spreads: Vec<(Group, f64)>,
    /// σ of a group of which nothing was left out.
    rest: f64,
    /// Root mean square of all groups' σ.
    pub(in crate::timing) typical: f64,
    /// Root mean square log residual that a group without timings can expect.
    pub(in crate::timing) unseen: f64,
    /// What each group showed when it was left out as a whole, by group.
    pub(in crate::timing) strangers: Vec<Stranger>,
    /// What each timing was predicted to take, in milliseconds, by id of its measurement.
    predicted: Vec<(i64, f64)>,
    /// Mean of |predicted - measured| / measured, `None` where nothing could be left out.
    pub mape: Option<f64>,
}

/// How far a timing was from its prediction, beside what was to be expected.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(in crate::timing) struct Score {
    pub(in crate::timing) far: f64,
    /// What all timings weigh that were no further.
    pub(in crate::timing) up_to: f64,
}

/// What a group showed when it was left out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::timing) struct Stranger {
    pub(in crate::timing) group: Group,
    /// What its timings weigh together.
    pub(in crate::timing) n: f64,
    /// Mean of their log residuals.
    pub(in crate::timing) mean: f64,
    /// Mean of their squares.
    pub(in crate::timing) square: f64,
}

/// Blocks of neighbours in shape.
const BLOCKS: usize = 4;
/// Folds of nets at random.
const FOLDS: usize = 10;
/// Timings that a group must have left out to outweigh the expectation that it spreads like the others.
const SPREAD_PRIOR: f64 = 5.0;
/// Timings that weigh as much as what is expected before any was left out.
const EXPECTED_TIMINGS: f64 = 2.0;
/// Groups that weigh as much.
const EXPECTED_GROUPS: f64 = 2.0;

/// Log residual beyond which a timing says no more of the spread: slips of a unit must not widen all intervals.
const SLIP: f64 = 1.0;

/// One timing that was left out.
struct Left<'a> {
    group: &'a Group,
    /// |log residual| / w.
    far: f64,
    relative: f64,
    /// How much it is believed: what is hardly believed must not widen what is said of the others.
    weight: f64,
    row: i64,
    predicted_ms: f64,
}

impl Validation {
    /// Of `form` on `rows`, of which it looks at those that it knows enough of.
    #[must_use]
    pub fn new(form: Form, rows: &Rows) -> Self {
        let rows = rows.keep(|_, sample| form.knows(&sample.features));
        let left = left_out(form, &rows);
        let before = expected(form);
        let squares = |left: &mut dyn Iterator<Item = &Left>| {
            left.fold((0.0, 0.0), |(n, sum), one| {
                (n + one.weight, sum + one.weight * one.far.powi(2))
            })
        };
        let (n, sum) = squares(&mut left.iter());
        let mean = (sum + EXPECTED_TIMINGS * before.spread.powi(2)) / (n + EXPECTED_TIMINGS);
        let mut by_group: BTreeMap<&Group, Vec<&Left>> = BTreeMap::new();
        for one in &left {
            by_group.entry(one.group).or_default().push(one);
        }
        let spread = |group: &Group| {
            let own = by_group.get(group).into_iter().flatten().copied();
            let (n, sum) = squares(&mut { own });
            ((sum + SPREAD_PRIOR * mean) / (n + SPREAD_PRIOR)).sqrt()
        };
        let groups = rows.groups().iter();
        let spreads: Vec<(Group, f64)> = groups
            .map(|(group, _)| ((*group).clone(), spread(group)))
            .collect();
        let of = |group: &Group| find(&spreads, group).unwrap_or(mean.sqrt());
        let scores = left.iter().map(|one| (one.far / of(one.group), one.weight));
        let total: f64 = spreads.iter().map(|(_, spread)| spread.powi(2)).sum();
        let typical = match spreads.len() {
            0 => mean,
            n => total / to_f64(to_u64(n)),
        };
        let relative: f64 = left.iter().map(|one| one.weight * one.relative).sum();
        let strangers = strangers(form, &rows);
        let predicted = left.iter().map(|one| (one.row, one.predicted_ms));
        let mut predicted: Vec<(i64, f64)> = predicted.collect();
        predicted.sort_by_key(|(row, _)| *row);
        Self {
            form,
            predicted,
            unseen: unseen(form, strangers.iter().map(|stranger| stranger.square)),
            strangers,
            rest: mean.sqrt(),
            typical: typical.sqrt(),
            scores: in_order(scores.collect()),
            spreads,
            mape: (n > 0.0).then(|| relative / n),
        }
    }

    /// What the timing of the measurement `row` was predicted to take when it was left out, in milliseconds.
    pub(in crate::timing) fn predicted_ms(&self, row: i64) -> Option<f64> {
        let found = self.predicted.binary_search_by_key(&row, |(row, _)| *row);
        found.ok().map(|position| self.predicted[position].1)
    }

    /// σ: how far from their predictions timings of `group` lie.
    pub(in crate::timing) fn spread(&self, group: &Group) -> f64 {
        find(&self.spreads, group).unwrap_or(self.rest)
    }

    /// What `group` showed when it was left out.
    pub(in crate::timing) fn stranger(&self, group: &Group) -> Option<&Stranger> {
        let found = self.strangers.binary_search_by(|s| s.group.cmp(group));
        found.ok().map(|position| &self.strangers[position])
    }

    /// Root mean square log residual that groups with these mean squares let expect.
    pub(in crate::timing) fn unseen_of(&self, squares: impl Iterator<Item = f64>) -> f64 {
        unseen(self.form, squares)
    }
}

/// Scores of these distances and weights, in order.
pub(in crate::timing) fn in_order(mut scores: Vec<(f64, f64)>) -> Vec<Score> {
    scores.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut up_to = 0.0;
    let score = |(far, weight)| {
        up_to += weight;
        Score { far, up_to }
    };
    scores.into_iter().map(score).collect()
}

fn find(spreads: &[(Group, f64)], group: &Group) -> Option<f64> {
    let found = spreads.binary_search_by(|(own, _)| own.cmp(group));
    found.ok().map(|position| spreads[position].1)
}

/// The timings of each fold, predicted by the others; those whose whole group left are not judged here.
fn left_out<'a>(form: Form, rows: &Rows<'a>) -> Vec<Left<'a>> {
    let (fold_of, folds) = match form {
        Form::Layers | Form::Costs => (blocks(form, rows), BLOCKS),
        Form::Acts => (dealt(rows), FOLDS),
    };
    let fold = |sample: &Sample| {
        let found = fold_of.binary_search_by_key(&sample.net, |(net, _)| *net);
        found.map_or(0, |position| fold_of[position].1)
    };
    let mut left = Vec::with_capacity(rows.len());
    for j in 0..folds {
        let rest = rows.keep(|_, sample| fold(sample) != j);
        let seen = |group: &Group| rest.groups().binary_search_by(|(g, _)| (*g).cmp(group));
        let out = rows
            .samples()
            .filter(|(group, sample)| fold(sample) == j && seen(group).is_ok());
        if out.clone().next().is_none() {
            continue;
        }
        let Some(fitted) = Fitted::new(form, &rest) else {
            continue;
        };
        let near = Neighbours::new(form, &rest);
        left.extend(out.map(|(group, sample)| {
            let predicted = fitted.ms_of_sample(sample, group);
            let wider = widening(form, near.place(&sample.features, group));
            Left {
                group,
                far: (sample.ms / predicted).ln().abs() / wider,
                relative: (predicted / sample.ms - 1.0).abs(),
                weight: sample.weight(),
                row: sample.row,
                predicted_ms: predicted,
            }
        }));
    }
    left
}

/// The fold of each net, by net: dealt out in the order of their hashes.
fn dealt(rows: &Rows) -> Vec<(Architecture, usize)> {
    let mut nets: Vec<Architecture> = rows.samples().map(|(_, sample)| sample.net).collect();
    nets.sort_unstable();
    nets.dedup();
    let fold = |(i, net)| (net, i % FOLDS);
    nets.into_iter().enumerate().map(fold).collect()
}

/// The fold of each net, by net: in each group, a quarter of the nets in the order of S/M².
fn blocks(form: Form, rows: &Rows) -> Vec<(Architecture, usize)> {
    let mut folds = Vec::new();
    for (_, samples) in rows.groups() {
        let nets = samples.chunk_by(|a, b| a.net == b.net);
        let mut nets: Vec<(f64, Architecture)> = nets
            .map(|same| {
                let shapes = same.iter().map(|sample| {
                    let [memory, _, step] = form.shape(&sample.features);
                    step / memory.powi(2)
                });
                (shapes.fold(f64::INFINITY, f64::min), same[0].net)
            })
            .collect();
        nets.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let n = nets.len();
        let fold = |(i, (_, net))| (net, i * BLOCKS / n);
        folds.extend(nets.into_iter().enumerate().map(fold));
    }
    folds.sort_unstable();
    folds.dedup_by_key(|(net, _)| *net);
    folds
}

/// Groups of which each leaves alone; of more, these many leave together, dealt out by name.
pub(in crate::timing) const MOST_ALONE: usize = 64;
const TOGETHER: usize = 16;

/// In how many folds `groups` groups leave; the one at `i` in fold `i % folds`.
pub(in crate::timing) fn group_folds(groups: usize) -> usize {
    if groups <= MOST_ALONE {
        groups
    } else {
        TOGETHER
    }
}

/// The log residuals that each group has when it is left out.
fn strangers(form: Form, rows: &Rows) -> Vec<Stranger> {
    let folds = group_folds(rows.groups().len());
    let fitted_without = |fold: usize| {
        let places = rows.groups().iter().enumerate();
        let out: Vec<&Group> = places
            .filter(|(i, _)| i % folds == fold)
            .map(|(_, (group, _))| *group)
            .collect();
        let rest = rows.keep(|group, _| out.binary_search(&group).is_err());
        Fitted::of_strangers(form, &rest)
    };
    let fits: Vec<Option<Fitted>> = (0..folds).map(fitted_without).collect();
    let places = rows.groups().iter().enumerate();
    let strangers = places.filter_map(|(i, (group, samples))| {
        let fitted = fits[i % folds].as_ref()?;
        let residual = |s: &Sample| (s.ms / fitted.ms_of_sample(s, group)).ln();
        let (n, sum, squares) = samples
            .iter()
            .fold((0.0, 0.0, 0.0), |(n, sum, squares), s| {
                let (residual, weight) = (residual(s).clamp(-SLIP, SLIP), s.weight());
                (
                    n + weight,
                    sum + weight * residual,
                    squares + weight * residual.powi(2),
                )
            });
        (n > 0.0).then(|| Stranger {
            group: (*group).clone(),
            n,
            mean: sum / n,
            square: squares / n,
        })
    });
    strangers.collect()
}

/// Root of the mean of `squares`, one for each group, drawn to what was expected.
fn unseen(form: Form, squares: impl Iterator<Item = f64>) -> f64 {
    let before = EXPECTED_GROUPS * expected(form).unseen.powi(2);
    let (n, sum) = squares.fold((EXPECTED_GROUPS, before), |(n, sum), square| {
        (n + 1.0, sum + square)
    });
    f64::sqrt(sum / n)
}

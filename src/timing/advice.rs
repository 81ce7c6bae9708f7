//! Which nets to time next: those whose timings would tell most of all others.
//!
//! The log time of a net is taken to be, beside what is expected of it, `x·w + e`, with `w` the platform's scale, what each
//! kind of work takes more or less than expected, and an effect of each timing group, all normal with known spreads, and
//! `e` what a net does that its costs do not tell. With timings of some nets `w` has the covariance V; the next one that
//! is worth timing is that which leaves the smallest sum of x·V·x over the nets that are asked for, one after the other.
//! It depends on which nets were timed, not on their times, so it can be said before the first.
//!
//! Source: sequential Bayesian experimental design, V-optimality (Chaloner and Verdinelli, "Bayesian Experimental Design:
//! A Review", Statistical Science 1995).

use std::collections::HashSet;

use super::costs;
use super::features::Features;
use super::interval::Level;
use crate::net::Group;

/// A net that may be timed.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its timing group.
    pub group: Group,
    /// What is known of it.
    pub features: Features,
    /// How much it counts among those that are asked for.
    pub weight: f64,
}

/// A net that is worth timing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pick {
    /// Its place among the candidates.
    pub candidate: usize,
    /// By how much its timing is expected to narrow the intervals of all, as a share of their half-width.
    pub narrows: f64,
    /// What it tells of.
    pub tells: Tells,
}

/// What a timing tells of most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tells {
    /// How fast the platform is at all.
    Scale,
    /// What one kind of work takes.
    Work {
        /// Column of the regression on costs.
        name: &'static str,
        /// Its share in the net's time, as far as that can be told before any timing.
        share: f64,
    },
    /// What its timing group costs beside.
    Group,
}

/// Nets to time, and what is to be expected of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    /// Most informative first.
    pub picks: Vec<Pick>,
    /// Median half-width (natural log) of the 90 % intervals of the candidates now …
    pub before: f64,
    /// … and once all picks are timed.
    pub after: f64,
}

/// Kinds of work: the columns of the regression on costs.
const WORK: usize = 5;
/// Columns that all nets have: the scale, then the kinds of work.
const COMMON: usize = 1 + WORK;
/// Spread of the log scale of a platform, before any timing.
const SCALE: f64 = 1.0;
/// Spread of the log of what one kind of work takes, over platforms.
const EACH_WORK: f64 = 0.4;
/// Spread of the log effect of a timing group.
const EACH_GROUP: f64 = 0.2;
/// Spread of what a net does beside.
const NET: f64 = 0.1;
/// Nets already timed that are looked at: more tell next to nothing.
const TIMED: usize = 2_000;

/// What is not zero in the row of a net.
#[derive(Clone, Copy, Debug)]
struct Row {
    common: [f64; COMMON],
    group: usize,
}

/// The state of knowledge: covariance of the columns.
struct Belief {
    v: Vec<Vec<f64>>,
}

impl Belief {
    fn new(groups: usize) -> Self {
        let spread = |k: usize| match k {
            0 => SCALE,
            k if k < COMMON => EACH_WORK,
            _ => EACH_GROUP,
        };
        let size = COMMON + groups;
        let row = |i: usize| {
            (0..size)
                .map(|j| if i == j { spread(i).powi(2) } else { 0.0 })
                .collect()
        };
        Self {
            v: (0..size).map(row).collect(),
        }
    }

    /// V·x.
    fn along(&self, x: &Row) -> Vec<f64> {
        let dot = |row: &Vec<f64>| {
            let common = x.common.iter().zip(row).map(|(x, v)| x * v);
            common.sum::<f64>() + row[x.group]
        };
        self.v.iter().map(dot).collect()
    }

    /// Takes a timing of `x` in.
    fn learn(&mut self, x: &Row) {
        let along = self.along(x);
        let variance = x.dot(&along) + NET.powi(2);
        for (row, a) in self.v.iter_mut().zip(&along) {
            for (v, b) in row.iter_mut().zip(&along) {
                *v -= a * b / variance;
            }
        }
    }

    fn variance(&self, x: &Row) -> f64 {
        x.dot(&self.along(x)).max(0.0)
    }
}

impl Row {
    fn dot(&self, vector: &[f64]) -> f64 {
        let common = self.common.iter().zip(vector).map(|(x, v)| x * v);
        common.sum::<f64>() + vector[self.group]
    }

    /// The row of a net: how much of its time each kind of work takes, as far as that can be told before any timing.
    fn new(features: &Features, group: usize) -> Self {
        let shares = costs::expected_shares(features);
        let common = std::array::from_fn(|k| if k == 0 { 1.0 } else { shares[k - 1] });
        Self {
            common,
            group: COMMON + group,
        }
    }
}

/// The `count` candidates to time next on a platform that has `timed` such nets; none that was timed itself.
#[must_use]
pub fn advise(timed: &[(&Group, &Features)], candidates: &[Candidate], count: usize) -> Advice {
    let mut groups: Vec<&Group> = candidates
        .iter()
        .map(|candidate| &candidate.group)
        .collect();
    groups.extend(timed.iter().map(|(group, _)| *group));
    groups.sort();
    groups.dedup();
    let place = |group: &Group| groups.binary_search(&group).unwrap_or_default();
    let mut belief = Belief::new(groups.len());
    let every = timed.len().div_ceil(TIMED).max(1);
    for (group, features) in timed.iter().step_by(every) {
        belief.learn(&Row::new(features, place(group)));
    }
    let rows: Vec<Row> = candidates
        .iter()
        .map(|candidate| Row::new(&candidate.features, place(&candidate.group)))
        .collect();
    let nets: HashSet<_> = timed.iter().filter_map(|(_, f)| f.architecture).collect();
    let is_timed = |candidate: &Candidate| {
        let net = candidate.features.architecture;
        net.is_some_and(|net| nets.contains(&net))
    };
    let known: Vec<bool> = candidates.iter().map(is_timed).collect();
    let before = half_width(&belief, &rows);
    let mut picks: Vec<Pick> = Vec::new();
    while picks.len() < count.min(rows.len()) {
        let left =
            (0..rows.len()).filter(|i| !known[*i] && picks.iter().all(|pick| pick.candidate != *i));
        let gains = left.map(|i| (i, gain(&belief, candidates, &rows, i)));
        // The first of equals, so that the answer is always the same.
        let best = gains.reduce(|best, next| if next.1 > best.1 { next } else { best });
        let Some((candidate, _)) = best else { break };
        let tells = tells(&belief, &rows[candidate]);
        let wide = half_width(&belief, &rows);
        belief.learn(&rows[candidate]);
        picks.push(Pick {
            candidate,
            narrows: 1.0 - half_width(&belief, &rows) / wide,
            tells,
        });
    }
    Advice {
        picks,
        before,
        after: half_width(&belief, &rows),
    }
}

/// By how much the weighted sum of variances falls when candidate `i` is timed.
fn gain(belief: &Belief, candidates: &[Candidate], rows: &[Row], i: usize) -> f64 {
    let along = belief.along(&rows[i]);
    let variance = rows[i].dot(&along) + NET.powi(2);
    let squares = rows.iter().zip(candidates);
    let sum: f64 = squares
        .map(|(row, candidate)| candidate.weight * row.dot(&along).powi(2))
        .sum();
    sum / variance
}

/// What the variance of a net is mostly made of.
fn tells(belief: &Belief, x: &Row) -> Tells {
    let along = belief.along(x);
    let group = (along[x.group], Tells::Group);
    let parts = x.common.iter().zip(&along).enumerate().map(|(k, (x, a))| {
        let what = if k == 0 {
            Tells::Scale
        } else {
            let (name, share) = (costs::COLUMNS[k - 1], *x);
            Tells::Work { name, share }
        };
        (x * a, what)
    });
    let most = parts.fold(
        group,
        |most, part| if part.0 > most.0 { part } else { most },
    );
    most.1
}

/// Median half-width of the 90 % intervals of `rows`, as a natural log.
fn half_width(belief: &Belief, rows: &[Row]) -> f64 {
    let mut widths: Vec<f64> = rows
        .iter()
        .map(|row| Level::DEFAULT.z() * (belief.variance(row) + NET.powi(2)).sqrt())
        .collect();
    widths.sort_by(f64::total_cmp);
    widths.get(widths.len() / 2).copied().unwrap_or_default()
}

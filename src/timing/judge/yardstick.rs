//! What the timings of one platform and mode are judged by: a function of them all, whatever the order in which they came.
//!
//! With r the log ratio of a timing to what is expected of its net ([`super::reference`]),
//!
//! ```text
//! r = u + a·work + g + e
//! ```
//!
//! u is the platform's scale, a what the three kinds of work depart from it, g the timing group's own and e what is left. u is
//! first looked for among all r and the expectation itself: the likeliest where four in five timings lie near it and the
//! rest anywhere, with all timings together weighing as much as [`EVIDENCE`] and the data sheets beside them, so that a file
//! in the wrong unit is not believed for its length. Then u, a and g are fitted with weights that fall to nothing where a
//! timing is far off, each judged by the others of its group, ten times over. Of very many timings a fair part
//! makes the yardstick. Figures: `docs/accuracy.md`.

use std::collections::BTreeMap;

use super::reference::{Reference, Seen};
use crate::net::Group;
use crate::timing::data::platform::{Mode, Platform};
use crate::timing::fit::training::{Sample, TrainingSet};
use crate::timing::predict::scales::{Ratio, Scales, at, scales};
use crate::units::{to_f64, to_u64};

/// Timings that make a yardstick, about; of more, those whose hashes are small.
const MOST: usize = 2_000;
/// Timings as which all together weigh when the scale is looked for.
const EVIDENCE: f64 = 5.0;
/// Share of timings that are expected to be right, standard deviation of their logs, and the range of the others'.
const RIGHT: f64 = 0.8;
const NEAR: f64 = 0.3;
const ANYWHERE: f64 = 14.0;
/// Scales that are tried, at most.
const TRIED: usize = 100;
/// Distances from that scale, as logs, to which a timing has its full weight in the first round, and from which none.
const FIRST: [f64; 2] = [0.7, 1.6];
/// Rounds of fitting and weighing, and in each of them of scales and groups.
const ROUNDS: usize = 10;
const TURNS: usize = 2;
/// Standard deviations of the logs of a timing among its group, of groups, and of how kinds of work depart.
const ROW: f64 = 0.1;
const GROUP: f64 = 0.2;
const DEPART: f64 = 0.3;
/// Most that a kind of work departs.
const MOST_DEPART: f64 = 0.7;
/// Timings that draw the scale of the residuals to the expected one, and its bounds.
const EXPECTED: f64 = 5.0;
const SPREADS: [f64; 2] = [0.7, 2.0];
/// Distances to which a timing has its full weight and from which none, as logs and in standard deviations: of one that is too
/// short, which weighs the square of its factor in a relative fit (1.65x and 2.1x), and of one that is too long, which weighs
/// less by itself and is more often right (3x and 9x): where a framework lacks a kernel, whole families are slow.
const SHORT: [[f64; 2]; 2] = [[0.5, 2.5], [0.75, 4.5]];
const LONG: [[f64; 2]; 2] = [[1.1, 2.5], [2.2, 4.5]];

/// How far a timing is from what the others and the reference let expect.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::timing) struct Off {
    /// As a natural log; positive: it took longer.
    pub(in crate::timing) log: f64,
    /// The standard deviation that such a timing has.
    pub(in crate::timing) spread: f64,
    /// Whether some device can have taken so long.
    pub(in crate::timing) possible: bool,
}

impl Off {
    /// How much the timing is believed, from 0 to 1.
    pub(in crate::timing) fn weight(self) -> f64 {
        if !self.possible {
            return 0.0;
        }
        let ends = if self.log < 0.0 { SHORT } else { LONG };
        let [full, none] = ends.map(|[log, sigmas]| log.max(sigmas * self.spread));
        taper(self.log.abs(), [full, none])
    }
}

/// What the timings of one platform and mode are judged by.
#[derive(Clone, Debug)]
pub(in crate::timing) struct Yardstick {
    reference: Reference,
    basis: Basis,
    scales: Scales,
    /// Of each group the weights of its timings, and the weighted sum of what is left of them.
    groups: BTreeMap<Group, Sum>,
    /// The weights of the timings that made it, by identity.
    weights: Vec<(u64, f64)>,
    /// By how much residuals are wider than expected.
    spread: f64,
}

/// Which timings a yardstick was made of: where these are the same, so is the yardstick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::timing) struct Basis {
    timings: usize,
    fingerprint: u64,
    /// Largest identity that belongs to it.
    most: u64,
}

impl Basis {
    /// Of `timings` in all, those that make a yardstick.
    pub(in crate::timing) fn of(timings: usize) -> Self {
        let every = timings.div_ceil(MOST).max(1);
        Self {
            most: u64::MAX / to_u64(every),
            ..Self::default()
        }
    }

    /// Whether `sample` is among them, which is noted.
    pub(in crate::timing) fn takes(&mut self, sample: &Sample) -> bool {
        let takes = sample.identity <= self.most;
        if takes {
            self.timings += 1;
            self.fingerprint = self.fingerprint.wrapping_add(sample.identity);
        }
        takes
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    weight: f64,
    log: f64,
}

impl Sum {
    fn add(&mut self, weight: f64, log: f64) {
        self.weight += weight;
        self.log += weight * log;
    }

    fn without(self, weight: f64, log: f64) -> Self {
        Self {
            weight: self.weight - weight,
            log: self.log - weight * log,
        }
    }

    /// The mean, drawn to 0.
    fn mean(self) -> f64 {
        self.log / (self.weight + LIKE_OTHERS)
    }

    /// How far another timing is off, of which `left` is beside the platform's scales: from the group, or from the platform as
    /// a whole where that is nearer, since groups fall apart where a framework lacks a kernel for some of their nets.
    fn off(self, left: f64, possible: bool) -> Off {
        let beside = left - self.mean();
        Off {
            log: if left.abs() < beside.abs() {
                left
            } else {
                beside
            },
            spread: self.spread(),
            possible,
        }
    }

    /// Standard deviation of another timing of the group around that.
    fn spread(self) -> f64 {
        ROW * (1.0 + 1.0 / (self.weight + LIKE_OTHERS)).sqrt()
    }
}

/// Timings as which the expectation weighs that a group is like the others: (ROW / GROUP)².
const LIKE_OTHERS: f64 = (ROW / GROUP) * (ROW / GROUP);

/// One timing on its way into a yardstick.
struct Row {
    seen: Seen,
    identity: u64,
    /// The place of its group.
    group: usize,
    weight: f64,
}

impl Yardstick {
    /// The yardstick that `set` makes, which is `basis`; `None` where nothing like it is known.
    pub(in crate::timing) fn new(
        platform: &Platform,
        mode: Mode,
        set: &TrainingSet,
        basis: Basis,
    ) -> Option<Self> {
        let mut reference = Reference::new(platform, mode)?;
        let mut rows = rows(&reference, set);
        if !reference.knows_device() {
            // Is it a GPU, on which small batches take as long as launching their layers?
            let plain = reference.clone().without_launches();
            let others = self::rows(&plain, set);
            if scatter(&others) < scatter(&rows) {
                (reference, rows) = (plain, others);
            }
        }
        let start = start(&reference, &rows);
        for row in &mut rows {
            let far = (row.seen.log - start).abs();
            row.weight = if row.seen.possible {
                taper(far, FIRST)
            } else {
                0.0
            };
        }
        let names = set.groups().map(|(group, _)| group.clone());
        let names: Vec<Group> = names.collect();
        let mut fit = Robust {
            start,
            doubt: reference.doubt,
            scales: [start, 0.0, 0.0, 0.0],
            groups: vec![Sum::default(); names.len()],
            spread: 1.0,
        };
        for _ in 0..ROUNDS {
            fit.solve(&rows);
            fit.weigh(&mut rows);
        }
        fit.solve(&rows);
        let mut weights: Vec<(u64, f64)> =
            rows.iter().map(|row| (row.identity, row.weight)).collect();
        weights.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        Some(Self {
            reference,
            basis,
            scales: fit.scales,
            groups: names.into_iter().zip(fit.groups).collect(),
            weights,
            spread: fit.spread,
        })
    }

    /// What it was made of.
    pub(in crate::timing) fn basis(&self) -> Basis {
        self.basis
    }

    /// How far `sample` is from what the others let expect; `None` where nothing is known of its net.
    pub(in crate::timing) fn off(&self, group: &Group, sample: &Sample) -> Option<Off> {
        let seen = self.reference.seen(group, sample)?;
        let log = seen.log - at(&self.scales, &seen.work);
        let find = |(own, _): &(u64, f64)| own.cmp(&sample.identity);
        let own = self.weights.binary_search_by(find);
        let own = own.map_or(0.0, |place| self.weights[place].1);
        let all = self.groups.get(group).copied().unwrap_or_default();
        let off = all.without(own, log).off(log, seen.possible);
        Some(Off {
            spread: self.spread * off.spread,
            ..off
        })
    }

    /// How much `sample` is believed, from 0 to 1.
    pub(in crate::timing) fn weight(&self, group: &Group, sample: &Sample) -> f64 {
        self.off(group, sample).map_or(1.0, Off::weight)
    }
}

fn rows(reference: &Reference, set: &TrainingSet) -> Vec<Row> {
    let rows = set.groups().enumerate().flat_map(|(place, (group, all))| {
        let row = move |sample: &Sample| {
            Some(Row {
                seen: reference.seen(group, sample)?,
                identity: sample.identity,
                group: place,
                weight: 0.0,
            })
        };
        all.iter().filter_map(row)
    });
    rows.collect()
}

/// Median distance of the logs from their median.
fn scatter(rows: &[Row]) -> f64 {
    let logs: Vec<f64> = rows.iter().map(|row| row.seen.log).collect();
    let middle = median(logs.clone());
    median(logs.iter().map(|log| (log - middle).abs()).collect())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// The likeliest scale.
fn start(reference: &Reference, rows: &[Row]) -> f64 {
    let possible = rows.iter().filter(|row| row.seen.possible);
    let mut logs: Vec<f64> = possible.map(|row| row.seen.log).collect();
    logs.sort_by(f64::total_cmp);
    let each = EVIDENCE / to_f64(to_u64(logs.len().max(1)));
    let peak = RIGHT / (NEAR * std::f64::consts::TAU.sqrt());
    let likelihood = |scale: f64| {
        let right = |log: &f64| peak * (-0.5 * ((log - scale) / NEAR).powi(2)).exp();
        let shown: f64 = logs
            .iter()
            .map(|log| (right(log) + (1.0 - RIGHT) / ANYWHERE).ln())
            .sum();
        each * shown - 0.5 * ((scale - reference.usual) / reference.doubt).powi(2)
    };
    let every = logs.len().div_ceil(TRIED).max(1);
    let tried = logs.iter().copied().step_by(every);
    let expected = (likelihood(reference.usual), reference.usual);
    let best = tried.fold(expected, |best, scale| {
        let own = likelihood(scale);
        if own > best.0 { (own, scale) } else { best }
    });
    best.1
}

/// A fit on its way to one that nothing far off has bent.
struct Robust {
    start: f64,
    doubt: f64,
    scales: Scales,
    groups: Vec<Sum>,
    spread: f64,
}

impl Robust {
    /// Scales and groups for the weights as they are.
    fn solve(&mut self, rows: &[Row]) {
        for _ in 0..TURNS {
            let left = |row: &Row| row.seen.log - self.start - self.groups[row.group].mean();
            let ratio = |row: &Row| Ratio {
                work: row.seen.work,
                log: left(row),
                doubt: ROW,
                weight: row.weight,
            };
            let firm = DEPART.powi(-2);
            let firm = [self.doubt.powi(-2), firm, firm, firm];
            let [_, a, b, c] =
                scales(rows.iter().map(ratio), firm, MOST_DEPART).unwrap_or_default();
            // Anew, since those may have been cut.
            let beside = [0.0, a, b, c];
            let sum = rows.iter().fold(Sum::default(), |mut sum, row| {
                sum.add(row.weight, left(row) - at(&beside, &row.seen.work));
                sum
            });
            let scale = sum.log / (sum.weight + (ROW / self.doubt).powi(2));
            self.scales = [self.start + scale, a, b, c];
            self.groups.fill(Sum::default());
            for row in rows {
                let left = self.left(row);
                self.groups[row.group].add(row.weight, left);
            }
        }
    }

    /// What is left of `row` beside the scales.
    fn left(&self, row: &Row) -> f64 {
        row.seen.log - at(&self.scales, &row.seen.work)
    }

    /// The weights that follow from it.
    fn weigh(&mut self, rows: &mut [Row]) {
        let offs: Vec<Off> = rows.iter().map(|row| self.off(row)).collect();
        self.spread = spread(rows, &offs);
        for (row, off) in rows.iter_mut().zip(offs) {
            let spread = self.spread * off.spread;
            row.weight = Off { spread, ..off }.weight();
        }
    }

    /// How far `row` is from the others, as wide as expected.
    fn off(&self, row: &Row) -> Off {
        let left = self.left(row);
        let others = self.groups[row.group].without(row.weight, left);
        others.off(left, row.seen.possible)
    }
}

/// By how much the residuals are wider than expected: their weighted median, drawn to 1.
fn spread(rows: &[Row], offs: &[Off]) -> f64 {
    let sigmas = |(row, off): (&Row, &Off)| (off.log.abs() / off.spread, row.weight);
    let mut sigmas: Vec<(f64, f64)> = rows.iter().zip(offs).map(sigmas).collect();
    sigmas.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let total: f64 = sigmas.iter().map(|(_, weight)| weight).sum();
    let mut below = 0.0;
    let middle = sigmas.iter().find(|(_, weight)| {
        below += weight;
        below >= total / 2.0
    });
    // 0.6745 sigmas is the median distance of a normal distribution.
    let middle = middle.map_or(1.0, |(sigmas, _)| sigmas / 0.6745);
    let [least, most] = SPREADS;
    let drawn = (total * middle.powi(2) + EXPECTED) / (total + EXPECTED);
    drawn.sqrt().clamp(least, most)
}

/// 1 up to the first of `ends`, 0 from the second on, smooth between.
fn taper(far: f64, [full, none]: [f64; 2]) -> f64 {
    let u = ((far - full) / (none - full)).clamp(0.0, 1.0);
    (1.0 - u * u).powi(2)
}

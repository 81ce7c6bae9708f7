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

use crate::net::Group;
use crate::timing::fit::costs;
use crate::timing::fit::features::Features;
use crate::timing::fit::level::Level;

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

/// A column for each kind of work, and one for the scale.
type Columns = [f64; COMMON];

/// What is not zero in the row of a net.
#[derive(Clone, Copy, Debug)]
struct Row {
    common: Columns,
    group: usize,
}

/// The state of knowledge: what is known of the columns that all nets have, and for each group how much was timed.
///
/// Groups need no columns of their own. Timings of a group bear on another's only by way of the common columns w, and given w
/// the effect of a group with n timings of rows x is normal, with the variance s = 1/(1/[`EACH_GROUP`]² + n/[`NET`]²) and a
/// mean that falls by b = s·Σx/[`NET`]² with w. So a net's row is z = x - b, and with V the covariance of w two nets have
/// z·V·z' between them, and s beside where they are of one group: a Schur complement of the covariance of all columns.
struct Belief {
    v: [Columns; COMMON],
    groups: Vec<Timed>,
}

/// What was timed of a group.
#[derive(Clone, Copy, Debug, Default)]
struct Timed {
    n: f64,
    sum: Columns,
}

impl Timed {
    /// s.
    fn variance(&self) -> f64 {
        1.0 / (EACH_GROUP.powi(-2) + self.n / NET.powi(2))
    }

    /// b.
    fn slope(&self) -> Columns {
        let share = self.variance() / NET.powi(2);
        self.sum.map(|sum| share * sum)
    }
}

impl Belief {
    fn new(groups: usize) -> Self {
        let spread = |k: usize| if k == 0 { SCALE } else { EACH_WORK };
        let cell = |i: usize, j: usize| if i == j { spread(i).powi(2) } else { 0.0 };
        Self {
            v: std::array::from_fn(|i| std::array::from_fn(|j| cell(i, j))),
            groups: vec![Timed::default(); groups],
        }
    }

    /// z.
    fn reduced(&self, x: &Row) -> Columns {
        let slope = self.groups[x.group].slope();
        std::array::from_fn(|k| x.common[k] - slope[k])
    }

    /// V·z: how the common columns go with a net.
    fn along(&self, z: &Columns) -> Columns {
        self.v.map(|row| dot(&row, z))
    }

    /// Takes a timing of `x` in.
    fn learn(&mut self, x: &Row) {
        let z = self.reduced(x);
        let along = self.along(&z);
        let variance = dot(&z, &along) + self.groups[x.group].variance() + NET.powi(2);
        for (row, a) in self.v.iter_mut().zip(&along) {
            for (v, b) in row.iter_mut().zip(&along) {
                *v -= a * b / variance;
            }
        }
        let group = &mut self.groups[x.group];
        group.n += 1.0;
        for (sum, x) in group.sum.iter_mut().zip(&x.common) {
            *sum += x;
        }
    }

    fn variance(&self, x: &Row) -> f64 {
        let z = self.reduced(x);
        (dot(&z, &self.along(&z)) + self.groups[x.group].variance()).max(0.0)
    }
}

fn dot(a: &Columns, b: &Columns) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl Row {
    /// The row of a net: how much of its time each kind of work takes, as far as that can be told before any timing.
    fn new(features: &Features, group: usize) -> Self {
        let shares = costs::expected_shares(features);
        let common = std::array::from_fn(|k| if k == 0 { 1.0 } else { shares[k - 1] });
        Self { common, group }
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
        let gains = Gains::new(&belief, candidates, &rows);
        let gains = left.map(|i| (i, gains.of(&rows[i])));
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

/// Sums over the candidates, by which the gain of each is told without looking at all others again.
struct Gains<'a> {
    belief: &'a Belief,
    /// Σ weight·z·z'.
    all: [Columns; COMMON],
    /// Of each group Σ weight·z and Σ weight.
    groups: Vec<OfGroup>,
}

/// Weighted sums over the candidates of a group.
#[derive(Clone, Copy, Default)]
struct OfGroup {
    z: Columns,
    weight: f64,
}

impl<'a> Gains<'a> {
    fn new(belief: &'a Belief, candidates: &[Candidate], rows: &[Row]) -> Self {
        let mut all = [Columns::default(); COMMON];
        let mut groups = vec![OfGroup::default(); belief.groups.len()];
        for (row, Candidate { weight, .. }) in rows.iter().zip(candidates) {
            let z = belief.reduced(row);
            let group = &mut groups[row.group];
            group.weight += weight;
            for (i, a) in z.iter().enumerate() {
                group.z[i] += weight * a;
                for (j, b) in z.iter().enumerate() {
                    all[i][j] += weight * a * b;
                }
            }
        }
        Self {
            belief,
            all,
            groups,
        }
    }

    /// By how much the weighted sum of variances falls when `x` is timed: the sum of the squares of what each net has in
    /// common with it, over its variance.
    fn of(&self, x: &Row) -> f64 {
        let z = self.belief.reduced(x);
        let along = self.belief.along(&z);
        let own = self.belief.groups[x.group].variance();
        let OfGroup {
            z: of_group,
            weight,
        } = self.groups[x.group];
        let everywhere: f64 = dot(&along, &self.all.map(|row| dot(&row, &along)));
        let beside = own * (2.0 * dot(&of_group, &along) + own * weight);
        (everywhere + beside) / (dot(&z, &along) + own + NET.powi(2))
    }
}

/// What the variance of a net is mostly made of.
fn tells(belief: &Belief, x: &Row) -> Tells {
    let along = belief.along(&belief.reduced(x));
    let timed = &belief.groups[x.group];
    let group = (timed.variance() - dot(&timed.slope(), &along), Tells::Group);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::names::zoo::Zoo;

    /// The covariance of all columns, one for each group among them.
    struct Dense(Vec<Vec<f64>>);

    impl Dense {
        fn new(groups: usize) -> Self {
            let spread = |k: usize| match k {
                0 => SCALE,
                k if k < COMMON => EACH_WORK,
                _ => EACH_GROUP,
            };
            let size = COMMON + groups;
            let cell = |i, j| if i == j { f64::powi(spread(i), 2) } else { 0.0 };
            Self(
                (0..size)
                    .map(|i| (0..size).map(|j| cell(i, j)).collect())
                    .collect(),
            )
        }

        fn dot(x: &Row, vector: &[f64]) -> f64 {
            let common = x.common.iter().zip(vector).map(|(x, v)| x * v);
            common.sum::<f64>() + vector[COMMON + x.group]
        }

        fn along(&self, x: &Row) -> Vec<f64> {
            self.0.iter().map(|row| Self::dot(x, row)).collect()
        }

        fn learn(&mut self, x: &Row) {
            let along = self.along(x);
            let variance = Self::dot(x, &along) + NET.powi(2);
            for (row, a) in self.0.iter_mut().zip(&along) {
                for (v, b) in row.iter_mut().zip(&along) {
                    *v -= a * b / variance;
                }
            }
        }

        fn gain(&self, candidates: &[Candidate], rows: &[Row], x: &Row) -> f64 {
            let along = self.along(x);
            let squares = rows.iter().zip(candidates);
            let sum: f64 = squares
                .map(|(row, net)| net.weight * Self::dot(row, &along).powi(2))
                .sum();
            sum / (Self::dot(x, &along) + NET.powi(2))
        }
    }

    /// Nets that can be asked for, in `groups` groups dealt out by `seed`.
    fn nets(groups: u64, seed: u64) -> Vec<Candidate> {
        let mut state = seed;
        let mut dealt = move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % groups
        };
        let named = Zoo::built_in().entries().iter().step_by(17);
        let net = |entry: &crate::net::names::zoo::Entry| {
            let net = entry.subject(None).unwrap();
            let number = dealt();
            Candidate {
                group: Group::new(&format!("g{number}")).unwrap(),
                features: Features::new(&net),
                weight: if number % 3 == 0 { 3.0 } else { 1.0 },
            }
        };
        named.map(net).collect()
    }

    fn near(a: f64, b: f64) -> bool {
        // Both subtract the same hundred or so times from numbers near 1.
        (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-3)
    }

    #[test]
    fn groups_without_columns_are_believed_as_groups_with_columns_are() {
        for (groups, seed) in [(1, 1), (3, 2), (12, 3), (40, 4)] {
            let all = nets(groups, seed);
            let places: Vec<Row> = all
                .iter()
                .map(|net| Row::new(&net.features, net.group.as_str()[1..].parse().unwrap()))
                .collect();
            let size = usize::try_from(groups).unwrap();
            let (mut belief, mut dense) = (Belief::new(size), Dense::new(size));
            for (step, row) in places.iter().enumerate().step_by(2) {
                belief.learn(row);
                dense.learn(row);
                let gains = Gains::new(&belief, &all, &places);
                for other in places.iter().skip(step % 5).step_by(5) {
                    let along = dense.along(other);
                    assert!(near(belief.variance(other), Dense::dot(other, &along)));
                    assert!(near(gains.of(other), dense.gain(&all, &places, other)));
                    let z = belief.reduced(other);
                    let (ours, group) = (belief.along(&z), COMMON + other.group);
                    assert!(ours.iter().zip(&along).all(|(a, b)| near(*a, *b)));
                    let timed = &belief.groups[other.group];
                    let of_group = timed.variance() - dot(&timed.slope(), &ours);
                    assert!(near(of_group, along[group]));
                }
            }
        }
    }

    #[test]
    fn of_ten_thousand_groups_each_timed_once_the_advice_is_as_long_as_asked_for() {
        let candidates = nets(9, 5);
        let names: Vec<Group> = (0..10_000)
            .map(|i| Group::new(&format!("own{i}")).unwrap())
            .collect();
        let features = candidates.iter().map(|net| net.features).cycle();
        let features: Vec<Features> = features.take(names.len()).collect();
        let features: Vec<Features> = features
            .into_iter()
            .map(|features| Features {
                architecture: None,
                ..features
            })
            .collect();
        let timed: Vec<(&Group, &Features)> = names.iter().zip(&features).collect();
        let advice = advise(&timed, &candidates, 40);
        assert_eq!(advice.picks.len(), 40);
        assert!(advice.after < advice.before);
    }
}

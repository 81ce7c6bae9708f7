//! The regression that two estimators share: time as a sum of five costs, none negative, with effects of groups and nets.
//!
//! t = `x·β_f·e^ρ`, in milliseconds for one image on one device, fitted to the relative error (rows are divided by t),
//! since nets span three orders of magnitude. `β_f` is the timing group's own, drawn to e^u times the common β; u is the
//! mean of the group's log residuals, shrunk by n/(n+λ); ρ is what one net has shown at other sizes, shrunk alike. The
//! common β is drawn to given ratios up to one scale, so that one timing already predicts, and each further one counts.

use serde::{Deserialize, Serialize};

use super::features::{Architecture, Features};
use super::regression::Products;
use super::training::{Rows, Sample};
use crate::net::Group;

/// Number of columns.
const K: usize = 5;
/// A number for each column: costs of a net, or milliseconds for a unit of each.
pub type Columns = [f64; K];

/// Which costs, and what is expected of their coefficients.
pub struct Recipe {
    /// The costs of a net.
    pub columns: fn(&Features) -> Columns,
    /// Whether rows far from the fit count less, and large groups less than the number of their rows.
    pub robust: bool,
    /// Whether a net that has no name is known again by its costs.
    pub told_by_costs: bool,
    /// Expected ratios of the coefficients (only ratios matter).
    pub ratios: Columns,
    /// Weight of that expectation, in rows of the same size for each column …
    pub relative: f64,
    /// … and in rows whatever their size, which keeps a cost that small nets do not show from running away.
    pub absolute: Columns,
    /// Weight of the common coefficients in a group's own, in rows whatever their size.
    pub group_absolute: Columns,
}

/// The same in a group's own coefficients, in rows of the same size.
const GROUP_RELATIVE: f64 = 0.3;
/// Timings that a group must have to outweigh the expectation that it is like the others (λ).
const GROUP_PRIOR: f64 = 0.3;
/// The same for a net that was timed at another size.
const NET_PRIOR: f64 = 0.5;
/// Rounds of group effects and common coefficients; a fourth moves nothing in the third digit.
const ROUNDS: usize = 3;
/// Log residual from which a row counts less (Huber).
const HUBER: f64 = 0.1;
/// Factor either way from what the expected ratios say, beyond which a row is taken for a slip of a unit: its weight
/// falls with the eighth power, since a time that is too short by a factor counts with the square of that.
const SLIP: f64 = 6.0;
/// Largest log residual of a net that is believed.
pub(in crate::timing) const NET_LIMIT: f64 = 0.5;

/// A fitted sum of costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Linear {
    /// Coefficients for a group without timings.
    pub common: Columns,
    /// What the groups have shown, by name.
    pub groups: Vec<GroupFit>,
}

/// What one group has shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupFit {
    /// The group.
    pub group: Group,
    /// Its coefficients.
    pub coefficients: Columns,
    /// Log residual of each of its nets, shrunk, by net; where nets may be told by their costs, also by these.
    nets: Vec<(Architecture, f64)>,
}

fn dot(beta: &Columns, x: Columns) -> f64 {
    beta.iter().zip(x).map(|(b, x)| b * x).sum()
}

impl Linear {
    /// The fit to `rows`, `None` where there are none.
    #[must_use]
    pub fn fit(rows: &Rows, recipe: &Recipe) -> Option<Self> {
        let common = Common::fit(rows, recipe)?;
        let groups = rows.groups().iter().enumerate();
        let groups = groups.map(|(i, (group, samples))| {
            let coefficients = common.of_group(i, recipe);
            let nets = nets(samples, recipe, &coefficients);
            GroupFit {
                group: (*group).clone(),
                coefficients,
                nets,
            }
        });
        Some(Self {
            groups: groups.collect(),
            common: common.beta,
        })
    }

    /// The same without anything of single groups: what a group without timings is predicted by.
    #[must_use]
    pub fn common(rows: &Rows, recipe: &Recipe) -> Option<Self> {
        Some(Self {
            common: Common::fit(rows, recipe)?.beta,
            groups: Vec::new(),
        })
    }

    /// Milliseconds for one image on one device of a net with costs `x`, positive.
    #[must_use]
    pub fn ms(&self, x: Columns, group: &Group, net: Option<Architecture>) -> f64 {
        self.parts(x, group, net).into_iter().sum()
    }

    /// The milliseconds that each cost takes.
    #[must_use]
    pub fn parts(&self, x: Columns, group: &Group, net: Option<Architecture>) -> Columns {
        let Some(own) = self.of(group) else {
            return each(|k| self.common[k] * x[k]);
        };
        let residual = net.and_then(|net| own.residual(net)).unwrap_or(0.0);
        each(|k| own.coefficients[k] * x[k] * residual.exp())
    }

    /// What `group` has shown, where it has timings.
    #[must_use]
    pub fn of(&self, group: &Group) -> Option<&GroupFit> {
        let found = self.groups.binary_search_by(|own| own.group.cmp(group));
        found.ok().and_then(|position| self.groups.get(position))
    }
}

impl GroupFit {
    /// What one of its nets has shown, where it was timed.
    #[must_use]
    pub fn residual(&self, net: Architecture) -> Option<f64> {
        let found = self.nets.binary_search_by_key(&net, |(net, _)| *net);
        found.ok().map(|position| self.nets[position].1)
    }
}

fn each(value: impl Fn(usize) -> f64) -> Columns {
    std::array::from_fn(value)
}

/// The common coefficients, with the sums that the groups' own are made from.
struct Common {
    beta: Columns,
    /// The one scale of the expected ratios.
    scale: f64,
    effects: Vec<f64>,
    sums: Vec<Products<K>>,
    /// Weight of each row of each group, 1 but for slips.
    weights: Vec<Vec<f64>>,
}

impl Common {
    fn fit(rows: &Rows, recipe: &Recipe) -> Option<Self> {
        let groups = rows.groups();
        let weights = credible(rows, recipe);
        let sums = groups.iter().zip(&weights).map(|((_, samples), weights)| {
            let mut sum = Products::default();
            for (sample, weight) in samples.iter().zip(weights) {
                add(&mut sum, sample, recipe, *weight);
            }
            sum
        });
        let mut common = Self {
            beta: [0.0; K],
            scale: 0.0,
            effects: vec![0.0; groups.len()],
            sums: sums.collect(),
            weights,
        };
        common.solve(recipe)?;
        for _ in 0..ROUNDS {
            for (i, (_, samples)) in groups.iter().enumerate() {
                common.look_at(i, samples, recipe);
            }
            common.solve(recipe)?;
        }
        Some(common)
    }

    /// The effect of the group at `i`, and its sums with rows that are far from it weighing less.
    fn look_at(&mut self, i: usize, samples: &[&Sample], recipe: &Recipe) {
        let residual =
            |s: &&Sample| (s.busy_ms() / dot(&self.beta, (recipe.columns)(&s.features))).ln();
        let residuals: Vec<f64> = samples.iter().map(residual).collect();
        let weights = &self.weights[i];
        let weighted = residuals.iter().zip(weights).map(|(r, weight)| r * weight);
        let n: f64 = weights.iter().sum();
        let effect = weighted.sum::<f64>() / (n + GROUP_PRIOR);
        self.effects[i] = effect;
        if recipe.robust {
            let mut sum = Products::default();
            for ((sample, residual), weight) in samples.iter().zip(&residuals).zip(weights) {
                let far = (residual - effect).abs();
                add(&mut sum, sample, recipe, weight * (HUBER / far).min(1.0));
            }
            self.sums[i] = sum;
        }
    }

    /// β and the scale for the effects as they are.
    fn solve(&mut self, recipe: &Recipe) -> Option<()> {
        let mut all = Products::default();
        for (sum, effect) in self.sums.iter().zip(&self.effects) {
            let n = crate::units::to_f64(sum.rows().try_into().ok()?);
            let weight = if recipe.robust { n.sqrt().recip() } else { 1.0 };
            all.merge(sum, effect.exp(), weight);
        }
        self.scale = all.scale_of(&recipe.ratios);
        for k in 0..K {
            let target = self.scale * recipe.ratios[k];
            let weight = recipe.relative * all.mean_square(k) + recipe.absolute[k] / target.powi(2);
            all.draw(k, weight, target);
        }
        self.beta = all.non_negative()?;
        Some(())
    }

    /// The coefficients of the group at `i`, drawn to e^u times the common ones.
    fn of_group(&self, i: usize, recipe: &Recipe) -> Columns {
        let effect = self.effects[i].exp();
        let common = each(|k| effect * self.beta[k]);
        let mut products = self.sums[i].clone();
        for (k, target) in common.into_iter().enumerate() {
            // A thousandth of what is expected, so that a common coefficient of zero may still be left.
            let size = target.max(1e-3 * effect * self.scale * recipe.ratios[k]);
            let weight =
                GROUP_RELATIVE * products.mean_square(k) + recipe.group_absolute[k] / size.powi(2);
            products.draw(k, weight, target);
        }
        products.non_negative().unwrap_or(common)
    }
}

/// The weight of each row of each group: the share of its time that is the device's own, unless it is a slip by the expected
/// ratios, at the median of all rows' scales.
fn credible(rows: &Rows, recipe: &Recipe) -> Vec<Vec<f64>> {
    let scale =
        |s: &&Sample| (s.busy_ms() / dot(&recipe.ratios, (recipe.columns)(&s.features))).ln();
    let groups = rows.groups().iter();
    let mut scales: Vec<Vec<f64>> = groups
        .map(|(_, samples)| samples.iter().map(scale).collect())
        .collect();
    let mut all: Vec<f64> = scales.iter().flatten().copied().collect();
    let middle = all.len() / 2;
    if all.is_empty() {
        return scales;
    }
    let median = *all.select_nth_unstable_by(middle, f64::total_cmp).1;
    for ((_, samples), scales) in rows.groups().iter().zip(&mut scales) {
        for (sample, scale) in samples.iter().zip(scales) {
            let beyond = (*scale - median).abs() - SLIP.ln();
            let credit = if beyond > 0.0 {
                (-8.0 * beyond).exp()
            } else {
                1.0
            };
            *scale = credit * sample.busy_share() * sample.weight();
        }
    }
    scales
}

fn add(sum: &mut Products<K>, sample: &Sample, recipe: &Recipe, weight: f64) {
    let root = weight.sqrt();
    let per_ms = root / sample.busy_ms();
    sum.add((recipe.columns)(&sample.features).map(|x| per_ms * x), root);
}

fn nets(samples: &[&Sample], recipe: &Recipe, beta: &Columns) -> Vec<(Architecture, f64)> {
    let repeats = samples.chunk_by(|a, b| a.net == b.net);
    let mut by_costs = Vec::new();
    let shrunk = repeats.map(|same| {
        let (n, sum) = same.iter().fold((0.0, 0.0), |(n, sum), sample| {
            let residual = (sample.busy_ms() / dot(beta, (recipe.columns)(&sample.features))).ln();
            let weight = sample.busy_share() * sample.weight();
            (
                n + weight,
                sum + weight * residual.clamp(-NET_LIMIT, NET_LIMIT),
            )
        });
        let residual = sum / (n + NET_PRIOR);
        if recipe.told_by_costs {
            let sizes = same.chunk_by(|a, b| a.features == b.features);
            let of = |size: &[&Sample]| (Architecture::by_costs(&size[0].features), residual);
            by_costs.extend(sizes.map(of));
        }
        (same[0].net, residual)
    });
    let mut nets: Vec<_> = shrunk.collect();
    if recipe.told_by_costs {
        nets.append(&mut by_costs);
        nets.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    }
    nets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timing::data::measurement::{Measurement, RawMeasurement};
    use crate::timing::fit::estimator::{Fitted, Form};
    use crate::timing::fit::training::TrainingSet;
    use serde_json::json;

    /// What a net shows of itself whose one timing took 8 times as long as those of its group, and weighs so much.
    fn shown(weight: f64) -> f64 {
        let row = |(id, name): (i64, &str)| {
            let raw = json!({"platform": "mine", "mode": "train", "model": {"name": name}, "images_per_second": 1.0});
            let raw: RawMeasurement = serde_json::from_value(raw).unwrap();
            let row: Measurement = raw.try_into().unwrap();
            let sample = Sample::new(id, &row, 1);
            let slow = if id == 0 { 8.0 } else { 1.0 };
            let sample = Sample {
                ms: slow * sample.features.acts,
                weight: if id == 0 { weight } else { 1.0 },
                ..sample
            };
            (row.group, sample)
        };
        let names = [
            "RegNetY-4GF",
            "RegNetY-400MF",
            "RegNetY-800MF",
            "RegNetY-1.6GF",
        ];
        let rows: Vec<(Group, Sample)> = (0..).zip(names).map(row).collect();
        let mut set = TrainingSet::default();
        set.add(rows.clone());
        let fitted = Fitted::new(Form::Layers, &Rows::all(&set)).unwrap();
        fitted.residual(&rows[0].1.features, &rows[0].0).unwrap()
    }

    #[test]
    fn a_timing_that_is_hardly_believed_says_hardly_anything_of_its_own_net() {
        let (whole, hardly) = (shown(1.0), shown(0.01));
        assert!(whole > 0.3 && hardly.abs() < 0.1, "{whole} {hardly}");
    }
}

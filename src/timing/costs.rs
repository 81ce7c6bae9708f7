//! The estimator for what is known of every net: acts and flops, with an effect of the timing group.
//!
//! t = e^u · (c + a·A + b·F), coefficients not negative, fitted to the relative error (rows divided by t), since the nets
//! span three orders of magnitude. A group's effect u is the mean of its log residuals, shrunk by n/(n+λ); within a
//! group the three coefficients may differ from e^u times the common ones as far as its timings ask for it. A group
//! without timings is predicted by the common coefficients alone.

use super::features::Features;
use super::regression::Products;
use super::training::{Sample, TrainingSet};

/// Timings that a group must have to outweigh the expectation that it is like the others (λ).
const GROUP_PRIOR: f64 = 0.3;
/// Weight of the common coefficients in a group's own, in timings for each column.
const COEFFICIENT_PRIOR: f64 = 0.3;
/// Rounds of group effects and common coefficients; a fourth moves nothing in the third digit.
const ROUNDS: usize = 3;

/// Milliseconds for one image on one device: constant, for a million acts, for 10⁹ flops.
pub type Coefficients = [f64; 3];

/// A fitted predictor.
#[derive(Clone, Debug, PartialEq)]
pub struct Costs {
    /// Coefficients for a group without timings.
    pub common: Coefficients,
    /// Coefficients of each group of the training set, where it has timings.
    pub groups: Vec<Option<Coefficients>>,
}

fn columns(features: &Features) -> [f64; 3] {
    [1.0, features.acts, features.flops]
}

fn dot(beta: &Coefficients, x: [f64; 3]) -> f64 {
    beta.iter().zip(x).map(|(b, x)| b * x).sum()
}

impl Costs {
    /// The fit to `set`, `None` where it is empty.
    #[must_use]
    pub fn fit(set: &TrainingSet) -> Option<Self> {
        let mut effects = vec![0.0; set.groups().len()];
        let mut common = relative(set.samples(), &effects)?;
        for _ in 0..ROUNDS {
            effects = group_effects(set, &common);
            common = relative(set.samples(), &effects)?;
        }
        effects = group_effects(set, &common);
        let groups = (0..effects.len())
            .map(|group| of_group(set, group, &common, effects[group]))
            .collect();
        Some(Self { common, groups })
    }

    /// Milliseconds for one image on one device, positive.
    #[must_use]
    pub fn ms(&self, features: &Features, group: Option<usize>) -> f64 {
        dot(self.coefficients(group), columns(features))
    }

    /// The coefficients that hold for `group`.
    #[must_use]
    pub fn coefficients(&self, group: Option<usize>) -> &Coefficients {
        group
            .and_then(|group| self.groups.get(group)?.as_ref())
            .unwrap_or(&self.common)
    }
}

/// Non-negative least squares of the relative error, each sample's time divided by its group's effect.
fn relative(samples: &[Sample], effects: &[f64]) -> Option<Coefficients> {
    let mut products = Products::<3>::default();
    for sample in samples {
        let ms = sample.ms * (-effects[sample.group]).exp();
        products.add(columns(&sample.features).map(|x| x / ms), 1.0);
    }
    products.non_negative(distinct(samples))
}

/// Nets that differ, up to the number of columns: no more columns than those can be told apart.
fn distinct(samples: &[Sample]) -> usize {
    let mut nets: Vec<_> = Vec::new();
    for sample in samples {
        if !nets.contains(&sample.net) {
            nets.push(sample.net);
        }
        if nets.len() == 3 {
            break;
        }
    }
    nets.len()
}

fn group_effects(set: &TrainingSet, common: &Coefficients) -> Vec<f64> {
    let mut sums = vec![(0.0, 0.0); set.groups().len()];
    for sample in set.samples() {
        let (n, sum) = &mut sums[sample.group];
        *n += 1.0;
        *sum += (sample.ms / dot(common, columns(&sample.features))).ln();
    }
    sums.into_iter()
        .map(|(n, sum)| sum / (n + GROUP_PRIOR))
        .collect()
}

/// A group's own coefficients, drawn to e^u times the common ones.
fn of_group(
    set: &TrainingSet,
    group: usize,
    common: &Coefficients,
    effect: f64,
) -> Option<Coefficients> {
    let samples: Vec<&Sample> = set
        .samples()
        .iter()
        .filter(|sample| sample.group == group)
        .collect();
    let mut products = Products::<3>::default();
    for sample in &samples {
        products.add(columns(&sample.features).map(|x| x / sample.ms), 1.0);
    }
    if samples.is_empty() {
        return None;
    }
    let weights = [0, 1, 2].map(|k| (COEFFICIENT_PRIOR * products.mean_square(k)).sqrt());
    for (k, weight) in weights.into_iter().enumerate() {
        let mut row = [0.0; 3];
        row[k] = weight;
        products.add(row, weight * effect.exp() * common[k]);
    }
    products.non_negative(3)
}

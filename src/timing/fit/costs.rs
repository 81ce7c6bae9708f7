//! The estimator for what is known of every net: its acts, flops and params.
//!
//! t = β·(1, A, F, √(A² + (2F)²), P·A/100): a constant, memory traffic and compute, their overlap, and work once a step
//! over a batch that shrinks with the acts. Rows far from the fit count less, and so do the many rows of a large group,
//! since an unseen group is predicted by what all have in common. Figures: `docs/accuracy.md`.

use super::features::Features;
use super::linear::{Columns, Linear, Recipe};
use super::training::Rows;

/// Names and units of the columns.
pub const COLUMNS: [&str; 5] = [
    "constant",
    "million_acts",
    "giga_flops",
    "acts_and_flops_overlapping",
    "step_work",
];

/// Million acts that take as long as 10⁹ flops where both overlap.
const OVERLAP: f64 = 2.0;

const RECIPE: Recipe = Recipe {
    columns,
    robust: true,
    told_by_costs: true,
    ratios: [1.5, 2.0, 1.25, 0.75, 0.25],
    relative: 0.3,
    absolute: [0.0; 5],
    group_absolute: [0.0, 0.0, 0.1, 0.1, 0.1],
};

/// The costs of a net.
#[must_use]
pub fn columns(features: &Features) -> Columns {
    let Features {
        acts,
        flops,
        params,
        ..
    } = *features;
    // Not hypot, which takes as long as the rest of a fit: no cost is so large that its square overflows.
    let overlap = (acts * acts + (OVERLAP * flops).powi(2)).sqrt();
    [1.0, acts, flops, overlap, params * acts / 100.0]
}

/// The share of each column in the time of a net, where nothing was timed yet.
#[must_use]
pub fn expected_shares(features: &Features) -> Columns {
    let (x, ratios) = (columns(features), RECIPE.ratios);
    let total: f64 = x.iter().zip(ratios).map(|(x, ratio)| x * ratio).sum();
    std::array::from_fn(|k| ratios[k] * x[k] / total)
}

/// The fit to `rows`, `None` where there are none.
#[must_use]
pub fn fit(rows: &Rows) -> Option<Linear> {
    Linear::fit(rows, &RECIPE)
}

/// The same without anything of single groups.
#[must_use]
pub fn common(rows: &Rows) -> Option<Linear> {
    Linear::common(rows, &RECIPE)
}

//! The estimator for nets whose layers are known, since they can be built or since their operators were counted
//! ([`super::operators`]): sums over these.
//!
//! t = β·(1, M, F, N, S) with the sums of [`LayerSums`](super::layer_sums::LayerSums): memory traffic, padded
//! multiply-adds, narrow groups, work once a step. How the columns, the ratios and their weights were chosen, and what
//! they reach: `docs/accuracy.md`.

use super::features::Features;
use super::linear::{Columns, Linear, Recipe};
use super::training::Rows;

/// Names and units of the columns.
pub const COLUMNS: [&str; 5] = [
    "constant",
    "million_elements_moved",
    "padded_giga_flops",
    "narrow_group_giga_flops",
    "step_work",
];

const RECIPE: Recipe = Recipe {
    columns,
    robust: false,
    told_by_costs: true,
    // What unconstrained fits gave on the RTX 3090 (3.2, 1, 2.6, 14, 3.1) and the V100 (3.8, 1, 3.9, 3.5, 19), rounded.
    ratios: [3.0, 1.0, 3.0, 12.0, 4.0],
    relative: 1.0,
    absolute: [0.0, 0.0, 0.3, 0.0, 0.1],
    group_absolute: [0.0, 0.0, 0.0, 0.0, 0.1],
};

/// The costs of a net whose layers are known.
#[must_use]
pub fn columns(features: &Features) -> Columns {
    let sums = features.layers.unwrap_or_default();
    [1.0, sums.memory, sums.compute, sums.narrow, sums.step]
}

/// The fit to those of `rows` whose layers are known, `None` where there are none.
#[must_use]
pub fn fit(rows: &Rows) -> Option<Linear> {
    Linear::fit(&known(rows), &RECIPE)
}

/// The same without anything of single groups.
#[must_use]
pub fn common(rows: &Rows) -> Option<Linear> {
    Linear::common(&known(rows), &RECIPE)
}

/// The rows whose layers are known.
#[must_use]
pub fn known<'a>(rows: &Rows<'a>) -> Rows<'a> {
    rows.keep(|_, sample| sample.features.layers.is_some())
}

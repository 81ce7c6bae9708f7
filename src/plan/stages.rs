//! A net by its stages: how large and how wide their maps are, how many layers make them, and what these cost.

use std::ops::Range;

use serde::Serialize;
use utoipa::ToSchema;

use crate::net::layers::{Counts, Kind, Layer};

/// Layers in a row whose maps are of one size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Stage {
    /// `stem`, `stage 1` …, `head`.
    #[schema(example = "stage 1")]
    pub name: String,
    /// Positions of its maps: pixels or tokens.
    pub positions: u64,
    /// Side of its maps; null where they are not square.
    pub resolution: Option<u64>,
    /// Channels that it hands on.
    pub width: u32,
    /// Convolutions, linear layers and attentions, all repeats counted.
    pub layers: u64,
    /// Multiply-adds.
    pub flops: u64,
    /// Learned parameters.
    pub params: u64,
    /// Output elements.
    pub acts: u64,
}

/// The stages of a net of `layers`, in order; their counts add up to the net's.
#[must_use]
pub fn stages(layers: &[Layer]) -> Vec<Stage> {
    let runs = runs(layers);
    let last = runs.len().saturating_sub(1);
    let stage = |(i, run): (usize, Range<usize>)| {
        let own = &layers[run.clone()];
        let shown = run.clone().rev().find(|at| has_map(&layers[*at]));
        let shown = shown.or_else(|| run.clone().rev().find(|at| multiplies(&layers[*at]) > 0));
        let shown = shown.unwrap_or(run.end - 1);
        let positions = layers[shown].area_out;
        let side = positions.isqrt();
        let mut counts = Counts::default();
        for layer in own {
            counts += layer.counts();
        }
        // Each part of a net is at most the whole, and a net's whole fits 64 bits.
        let fits = |count: u128| u64::try_from(count).unwrap_or(u64::MAX);
        let pooled = i == last && own.last().is_some_and(|layer| layer.area_out == 1);
        Stage {
            name: match i {
                0 => "stem".to_owned(),
                _ if pooled => "head".to_owned(),
                _ => format!("stage {i}"),
            },
            positions,
            resolution: (side * side == positions).then_some(side),
            width: handed_on(layers, shown),
            layers: own.iter().map(multiplies).sum(),
            flops: fits(counts.flops),
            params: fits(counts.params),
            acts: fits(counts.acts),
        }
    };
    runs.into_iter().enumerate().map(stage).collect()
}

/// Where each stage begins and ends. Layers know theirs by how often maps have shrunk; where they grow again, as those of a
/// decoder, stages begin too.
fn runs(layers: &[Layer]) -> Vec<Range<usize>> {
    let mut ends = Vec::new();
    for run in layers.chunk_by(|a, b| a.stage == b.stage) {
        ends.push(ends.last().unwrap_or(&0) + run.len());
    }
    // Before the last maps of all, a map that is larger than those around it is a branch.
    if let Some(last) = layers.iter().rposition(has_map) {
        let stage = layers[last].stage;
        let (mut least, mut next) = (u64::MAX, last);
        let run = layers[..=last].iter().enumerate().rev();
        for (at, layer) in run.take_while(|(_, layer)| layer.stage == stage) {
            if !has_map(layer) {
                continue;
            }
            if layer.area_out < least && least < u64::MAX {
                ends.push(next);
            }
            (least, next) = (least.min(layer.area_out), at);
        }
        ends.sort_unstable();
    }
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (start, end) in [0].into_iter().chain(ends.clone()).zip(ends) {
        let pools_alone = layers[start..end]
            .iter()
            .all(|layer| multiplies(layer) == 0);
        match runs.last_mut() {
            Some(before) if pools_alone => before.end = end,
            _ => runs.push(start..end),
        }
    }
    runs
}

/// Whether the layer makes a map, and is no part of what weighs channels or classifies.
fn has_map(layer: &Layer) -> bool {
    let makes = matches!(
        layer.kind,
        Kind::Conv { .. } | Kind::Transposed { .. } | Kind::Linear { .. }
    );
    makes && layer.area_out > 1
}

/// Layers with weights, or of products, that this one stands for.
fn multiplies(layer: &Layer) -> u64 {
    let each = match layer.kind {
        Kind::Conv { .. }
        | Kind::Transposed { .. }
        | Kind::Linear { .. }
        | Kind::Attention { .. } => 1,
        Kind::SqueezeExcite { .. } => 2,
        _ => 0,
    };
    each * u64::from(layer.repeats)
}

/// Channels of the map that stands after layer `at`: what the next layer reads of it, since branches may have been joined.
fn handed_on(layers: &[Layer], at: usize) -> u32 {
    let made = &layers[at];
    let reads = |layer: &&Layer| {
        multiplies(layer) > 0 || matches!(layer.kind, Kind::MaxPool { .. } | Kind::AveragePool)
    };
    let reader = layers[at + 1..].iter().find(reads);
    let reader = reader.filter(|reader| reader.area_in == made.area_out);
    reader.map_or(made.w_out, |reader| reader.w_in)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Net;

    fn of(net: &str) -> Vec<(String, Option<u64>, u32, u64)> {
        let net = Net::read(serde_json::from_str(net).unwrap()).unwrap();
        let stages = stages(&net.layers());
        let sum = |part: fn(&Stage) -> u64| stages.iter().map(part).sum::<u64>();
        let sums = [sum(|s| s.flops), sum(|s| s.params), sum(|s| s.acts)];
        let whole = net.complexity();
        assert_eq!(
            sums,
            [whole.flops.get(), whole.params.get(), whole.acts.get()]
        );
        let told = |s: Stage| (s.name, s.resolution, s.width, s.layers);
        stages.into_iter().map(told).collect()
    }

    fn stage(name: &str, side: u64, width: u32, layers: u64) -> (String, Option<u64>, u32, u64) {
        (name.to_owned(), Some(side), width, layers)
    }

    #[test]
    fn a_resnet_50_has_fifty_layers_and_four_shortcuts_in_four_stages() {
        let expected = [
            stage("stem", 112, 64, 1),
            stage("stage 1", 56, 256, 10),
            stage("stage 2", 28, 512, 13),
            stage("stage 3", 14, 1024, 19),
            stage("stage 4", 7, 2048, 10),
            stage("head", 1, 1000, 1),
        ];
        assert_eq!(of(r#"{"family": "resnet", "depth": 50}"#), expected);
    }

    #[test]
    fn where_branches_are_joined_the_width_is_that_of_all() {
        let net = r#"{"family": "graph", "resolution": 32, "nodes": [
            {"op": "conv", "out": 8, "kernel": 3, "stride": 2, "pad": 1},
            {"op": "conv", "out": 16, "kernel": 3, "stride": 2, "pad": 1},
            {"op": "conv", "out": 4, "kernel": 1},
            {"op": "cat", "from": [-1, -2]},
            {"op": "global_avg_pool"},
            {"op": "rearrange", "as": "b c 1 1 -> b c"},
            {"op": "linear", "out": 10}]}"#;
        let expected = [
            stage("stem", 16, 8, 1),
            stage("stage 1", 8, 20, 2),
            stage("head", 1, 10, 1),
        ];
        assert_eq!(of(net), expected);
    }

    #[test]
    fn a_gate_at_the_end_of_the_last_map_is_of_its_stage() {
        let net = r#"{"family": "graph", "resolution": 32, "nodes": [
            {"op": "conv", "out": 8, "kernel": 3, "stride": 2, "pad": 1},
            {"op": "conv", "out": 16, "kernel": 3, "stride": 2, "pad": 1},
            {"op": "global_avg_pool"},
            {"op": "conv", "out": 16, "kernel": 1},
            {"op": "sigmoid"},
            {"op": "mul", "from": [-4, -1]},
            {"op": "global_avg_pool"},
            {"op": "rearrange", "as": "b c 1 1 -> b c"},
            {"op": "linear", "out": 10}]}"#;
        let expected = [
            stage("stem", 16, 8, 1),
            stage("stage 1", 8, 16, 2),
            stage("head", 1, 10, 1),
        ];
        assert_eq!(of(net), expected);
    }

    #[test]
    fn a_map_that_is_only_pooled_is_no_stage() {
        let net = r#"{"family": "graph", "resolution": 32, "nodes": [
            {"op": "conv", "out": 8, "kernel": 3, "stride": 2, "pad": 1},
            {"op": "conv", "out": 16, "kernel": 3, "stride": 2, "pad": 1},
            {"op": "max_pool", "kernel": 2, "stride": 2},
            {"op": "rearrange", "as": "b c h w -> b (c h w)"},
            {"op": "linear", "out": 10}]}"#;
        let expected = [
            stage("stem", 16, 8, 1),
            stage("stage 1", 8, 16, 1),
            stage("head", 1, 10, 1),
        ];
        assert_eq!(of(net), expected);
    }

    #[test]
    fn a_map_that_is_pooled_between_convolutions_begins_a_stage() {
        let net = r#"{"family": "graph", "resolution": 32, "nodes": [
            {"op": "conv", "out": 8, "kernel": 3, "pad": 1},
            {"op": "relu"},
            {"op": "avg_pool", "kernel": 2, "stride": 2},
            {"op": "conv", "out": 16, "kernel": 3, "pad": 1},
            {"op": "global_avg_pool"},
            {"op": "rearrange", "as": "b c 1 1 -> b c"},
            {"op": "linear", "out": 10}]}"#;
        let expected = [
            stage("stem", 32, 8, 1),
            stage("stage 1", 16, 16, 1),
            stage("head", 1, 10, 1),
        ];
        assert_eq!(of(net), expected);
    }

    #[test]
    fn maps_that_grow_again_are_stages_too() {
        let net = r#"{"family": "graph", "resolution": 32, "nodes": [
            {"op": "conv", "out": 8, "kernel": 3, "pad": 1},
            {"op": "conv", "out": 16, "kernel": 3, "stride": 2, "pad": 1},
            {"op": "conv", "out": 32, "kernel": 3, "stride": 2, "pad": 1},
            {"op": "conv", "out": 32, "kernel": 3, "pad": 1},
            {"op": "conv_transpose", "out": 16, "kernel": 2, "stride": 2},
            {"op": "conv_transpose", "out": 8, "kernel": 2, "stride": 2},
            {"op": "conv", "out": 2, "kernel": 1}]}"#;
        let expected = [
            stage("stem", 32, 8, 1),
            stage("stage 1", 16, 16, 1),
            stage("stage 2", 8, 32, 2),
            stage("stage 3", 16, 16, 1),
            stage("stage 4", 32, 2, 2),
        ];
        assert_eq!(of(net), expected);
    }
}

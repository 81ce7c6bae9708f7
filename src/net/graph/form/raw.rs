//! A graph as it is written in JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::op::{Affine, Filter, NormKind, Values};
use crate::units::Whole;

/// A whole number, or one for each spatial axis.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum RawSizes {
    /// The same for all.
    All(Whole),
    /// One for each.
    Each(Vec<Whole>),
}

/// What stands around a value: a number, a list, or `same`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum RawPad {
    /// As much before as after each axis.
    All(Whole),
    /// One for each axis; or twice as many: before each, then after each.
    Each(Vec<i64>),
    /// `same`.
    Word(String),
}

/// By how much a map grows: a number, or one for each spatial axis.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum RawScale {
    /// The same for all.
    All(f64),
    /// One for each.
    Each(Vec<f64>),
}

macro_rules! node {
    ($($(#[$doc:meta])* $field:ident: $kind:ty,)+) => {
        /// An operator of a graph, or a part of it that is repeated. `docs/graphs.md` tells which operator has which fields.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct RawNode {
            /// What it does.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[schema(example = "conv")]
            pub op: Option<String>,
            /// Its inputs, counted back: -1, the value of the node before, where it is left out.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub from: Option<Vec<i64>>,
            /// The node whose weights it uses, counted back; its own where it is left out.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub tied: Option<i64>,
            /// Where it stands in the module.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub at: Option<String>,
            /// How many times in a row `nodes` stand here.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub repeat: Option<Whole>,
            /// What is repeated.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[schema(no_recursion)]
            pub nodes: Option<Vec<RawNode>>,
            $($(#[$doc])* #[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<$kind>,)+
        }

        impl RawNode {
            /// The first field that is left.
            pub(in crate::net::graph) fn left(&self) -> Option<&'static str> {
                $(if self.$field.is_some() { return Some(stringify!($field).trim_start_matches("r#")); })+
                None
            }
        }
    };
}

node! {
    /// Channels out.
    out: Whole,
    /// Side of the window, default 1; of pools it has to be told.
    kernel: RawSizes,
    /// Step between output positions, default 1; of pools the kernel.
    stride: RawSizes,
    /// What stands around the input, default 0.
    pad: RawPad,
    /// Step within the window, default 1.
    dilation: RawSizes,
    /// Groups of channels, default 1.
    groups: Whole,
    /// Whether a bias is learned, default false.
    bias: bool,
    /// Where the filter comes from, default `learned`.
    weight: Filter,
    /// Whether a standardised filter has a learned gain.
    gain: bool,
    /// Positions that a transposed convolution adds.
    out_pad: RawSizes,
    /// Whether windows that reach over the end count, default false.
    ceil: bool,
    /// Of a norm, default `batch`.
    kind: NormKind,
    /// What a norm learns, default `both`, of rms norms `scale`.
    affine: Affine,
    /// Whether all channels share one slope.
    shared: bool,
    /// Lengths of the axes; of a constant, null where an axis is as long as that of its input.
    shape: Vec<Option<Whole>>,
    /// A constant.
    value: Values,
    /// `mean`, `sum`, `max`, `min`, `norm`, `var`, `std` or `prod`; of a constant, how it is made.
    how: String,
    /// An axis, from the end where negative.
    axis: i64,
    /// Axes; of a layer norm, how many of the last ones.
    axes: RawAxes,
    /// Steps of a roll.
    shifts: Vec<i64>,
    /// Whether reduced axes stay, with a length of 1; default true.
    keep: bool,
    /// Whether the constant comes first.
    reversed: bool,
    /// Which of the parts.
    index: Whole,
    /// How many parts.
    of: Whole,
    /// First position; of a clamp, the least value.
    start: f64,
    /// Position after the last; of a clamp, the largest value.
    stop: f64,
    /// Every so many positions.
    step: Whole,
    /// Positions of a window along an axis.
    size: Whole,
    /// How many times.
    times: Whole,
    /// A pattern of axes, such as `b c h w -> b (c h w)`.
    r#as: String,
    /// Lengths of axes of the pattern.
    sizes: BTreeMap<String, Whole>,
    /// Of an einsum, such as `bhid,bhjd->bhij`.
    equation: String,
    /// By how much a map grows.
    scale: RawScale,
    /// Sides after it.
    to: RawSizes,
    /// How a map is resized, or what a pad is filled with.
    mode: String,
    /// How a gelu is computed.
    approximate: String,
    /// Whether what stands around counts in a mean, default true.
    count_pad: bool,
}

/// A number of axes, or a list of them.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum RawAxes {
    /// So many of the last ones.
    Last(Whole),
    /// These, from the end where negative.
    Each(Vec<i64>),
}

/// Any net, as the operators that it consists of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RawGraph {
    /// Channels of the image, default 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<Whole>,
    /// Its timing group, such as `convnext`; where it is left out, it is found by the operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Its operators, each after those whose values it takes.
    pub nodes: Vec<RawNode>,
}

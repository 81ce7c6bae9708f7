//! The operators of a graph, checked.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use utoipa::ToSchema;

use crate::net::graph::rearrange::Rearrange;

/// One number for all spatial axes, or one for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::net::graph) struct PerAxis {
    /// Of the first three axes.
    sides: [u32; 3],
    /// How many are told; 0 where one number is for all.
    told: u8,
}

impl PerAxis {
    /// `n` along each axis.
    pub(in crate::net::graph) const fn all(n: u32) -> Self {
        Self {
            sides: [n; 3],
            told: 0,
        }
    }

    /// One to three numbers, of which the last is for the axes after it too.
    pub(in crate::net::graph) fn each(list: &[u32]) -> Option<Self> {
        let end = *list.last().filter(|_| list.len() <= 3)?;
        let told = u8::try_from(list.len()).ok()?;
        let sides = [0, 1, 2].map(|i| list.get(i).copied().unwrap_or(end));
        Some(Self { sides, told })
    }

    /// That of the `axis`-th spatial axis.
    pub(in crate::net::graph) fn at(&self, axis: usize) -> u32 {
        self.sides[axis.min(2)]
    }

    /// The numbers, where they are told one by one.
    pub(in crate::net::graph) fn list(&self) -> Option<&[u32]> {
        (self.told > 0).then(|| &self.sides[..usize::from(self.told)])
    }
}

/// What stands around a value before a window moves over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::net::graph) enum Padding {
    /// As much before as after.
    Even(PerAxis),
    /// Before each axis, then after each.
    Ends(SmallVec<[i64; 4]>),
    /// As much as makes ⌈n/stride⌉ positions of n, as TensorFlow does it.
    Same,
}

/// A window that moves over the spatial axes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::net::graph) struct Window {
    pub(in crate::net::graph) kernel: PerAxis,
    pub(in crate::net::graph) stride: PerAxis,
    pub(in crate::net::graph) pad: Padding,
    pub(in crate::net::graph) dilation: PerAxis,
    /// Whether a window that reaches over the end counts.
    pub(in crate::net::graph) ceil: bool,
}

/// Where a convolution's filter comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// Learned.
    #[default]
    Learned,
    /// Learned, and normalised before each use.
    Standardized,
    /// A constant, such as a blur.
    Fixed,
}

/// What a norm's mean and variance are taken over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NormKind {
    /// Each channel of a batch.
    #[default]
    Batch,
    /// Each group of channels.
    Group,
    /// Each channel of an image.
    Instance,
    /// The last axes.
    Layer,
    /// The last axes, without a mean.
    Rms,
}

/// What a norm learns of each channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Affine {
    /// A scale and a shift.
    Both,
    /// A scale.
    Scale,
    /// Nothing.
    None,
}

impl Affine {
    /// Parameters for each channel.
    pub(in crate::net::graph) const fn params(self) -> u64 {
        match self {
            Self::Both => 2,
            Self::Scale => 1,
            Self::None => 0,
        }
    }
}

/// How an axis becomes one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Reduction {
    Mean,
    Sum,
    Max,
    Min,
    Norm,
    Var,
    Std,
    Prod,
}

/// A number, or a list of them.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Values {
    /// The same everywhere.
    One(f64),
    /// One after another.
    Each(Vec<f64>),
}

/// What a pool takes of its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::net::graph) enum PoolKind {
    Max,
    Average,
    Power,
}

/// A convolution.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::net::graph) struct Conv {
    pub(in crate::net::graph) out: u32,
    pub(in crate::net::graph) window: Window,
    pub(in crate::net::graph) groups: u32,
    pub(in crate::net::graph) bias: bool,
    pub(in crate::net::graph) filter: Filter,
    /// Whether a standardised filter has a learned gain.
    pub(in crate::net::graph) gain: bool,
    /// What the gain is multiplied by.
    pub(in crate::net::graph) value: Option<f64>,
    /// Positions added to the end; `None` where it is no transposed convolution.
    pub(in crate::net::graph) transposed: Option<PerAxis>,
}

/// What an operator does besides its name that changes no shape and no count.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::net::graph) struct Details {
    pub(in crate::net::graph) axis: Option<i64>,
    pub(in crate::net::graph) axes: Option<Vec<i64>>,
    pub(in crate::net::graph) shifts: Option<Vec<i64>>,
    pub(in crate::net::graph) value: Option<f64>,
    pub(in crate::net::graph) start: Option<f64>,
    pub(in crate::net::graph) stop: Option<f64>,
    pub(in crate::net::graph) approximate: Option<String>,
}

/// A side that a map is resized to.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::net::graph) enum Resized {
    By(Vec<f64>),
    To(PerAxis),
    /// The sides of the second input.
    Like,
}

/// An operator of a graph.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::net::graph) enum Op {
    Conv(Conv),
    Linear {
        out: u32,
        bias: bool,
    },
    Norm {
        kind: NormKind,
        affine: Affine,
        /// Groups of channels, of a group norm.
        groups: u32,
        /// How many of the last axes, of a layer or rms norm.
        axes: u32,
    },
    Prelu {
        shared: bool,
    },
    Parameter {
        shape: SmallVec<[u64; 4]>,
    },
    Constant {
        /// As long as the axis of its input where there is none.
        shape: SmallVec<[Option<u64>; 3]>,
        value: Option<Values>,
        how: Option<String>,
    },
    /// A function of each element; its shape stays.
    Map {
        name: &'static str,
        details: Details,
    },
    /// A function of two elements.
    Pair {
        name: &'static str,
        value: Option<f64>,
        reversed: bool,
    },
    Where,
    Cat {
        axis: i64,
    },
    Part {
        axis: i64,
        index: u64,
        of: u64,
    },
    Slice {
        axis: i64,
        start: i64,
        stop: Option<i64>,
        step: u64,
    },
    Reduce {
        how: Reduction,
        axes: SmallVec<[i64; 4]>,
        keep: bool,
    },
    Pool {
        kind: PoolKind,
        window: Window,
        /// Whether what stands around counts in a mean.
        count_pad: bool,
    },
    Adaptive {
        kind: PoolKind,
        to: PerAxis,
        /// Whether it is written as a global pool.
        global: bool,
    },
    Rearrange(Arc<Rearrange>),
    Repeat {
        axis: i64,
        times: u64,
    },
    Expand,
    MatMul,
    Attention,
    Einsum {
        equation: String,
    },
    Resize {
        to: Resized,
        mode: Option<String>,
    },
    Pad {
        pad: SmallVec<[i64; 4]>,
        value: Option<f64>,
        mode: Option<String>,
    },
    Unfold {
        window: Window,
    },
    /// Windows along one axis, as an axis of their own.
    Windows {
        axis: i64,
        size: u64,
        step: u64,
    },
    Fold {
        /// The sides of the second input where there are none.
        to: Option<PerAxis>,
        window: Window,
    },
    Index {
        axis: i64,
        shape: Vec<u64>,
    },
}

/// Functions of each element.
pub(in crate::net::graph) const MAPS: [&str; 44] = [
    "relu",
    "relu6",
    "leaky_relu",
    "elu",
    "selu",
    "celu",
    "gelu",
    "silu",
    "mish",
    "sigmoid",
    "tanh",
    "hardswish",
    "hardsigmoid",
    "hardtanh",
    "softplus",
    "softsign",
    "logsigmoid",
    "log_softmax",
    "softmax",
    "exp",
    "log",
    "sqrt",
    "rsqrt",
    "abs",
    "neg",
    "square",
    "reciprocal",
    "sin",
    "cos",
    "erf",
    "floor",
    "ceil",
    "round",
    "sign",
    "clamp",
    "dropout",
    "drop_path",
    "identity",
    "roll",
    "flip",
    "cast",
    "normalize",
    "logical_not",
    "cumsum",
];

/// Functions of two elements.
pub(in crate::net::graph) const PAIRS: [&str; 11] = [
    "add",
    "sub",
    "mul",
    "div",
    "pow",
    "maximum",
    "minimum",
    "remainder",
    "equal",
    "less",
    "greater",
];

/// The other operators.
pub(in crate::net::graph) const OTHERS: [&str; 31] = [
    "conv",
    "conv_transpose",
    "linear",
    "norm",
    "prelu",
    "param",
    "const",
    "where",
    "cat",
    "part",
    "slice",
    "reduce",
    "max_pool",
    "avg_pool",
    "lp_pool",
    "global_avg_pool",
    "global_max_pool",
    "adaptive_avg_pool",
    "adaptive_max_pool",
    "rearrange",
    "repeat",
    "expand",
    "matmul",
    "attention",
    "einsum",
    "resize",
    "pad",
    "unfold",
    "windows",
    "fold",
    "index",
];

impl Op {
    /// Its name, as it is written.
    pub(in crate::net::graph) fn name(&self) -> &'static str {
        match self {
            Self::Conv(Conv {
                transposed: Some(_),
                ..
            }) => "conv_transpose",
            Self::Conv(_) => "conv",
            Self::Linear { .. } => "linear",
            Self::Norm { .. } => "norm",
            Self::Prelu { .. } => "prelu",
            Self::Parameter { .. } => "param",
            Self::Constant { .. } => "const",
            Self::Map { name, .. } | Self::Pair { name, .. } => name,
            Self::Where => "where",
            Self::Cat { .. } => "cat",
            Self::Part { .. } => "part",
            Self::Slice { .. } => "slice",
            Self::Reduce { .. } => "reduce",
            Self::Pool { kind, .. } => match kind {
                PoolKind::Max => "max_pool",
                PoolKind::Average => "avg_pool",
                PoolKind::Power => "lp_pool",
            },
            Self::Adaptive { kind, global, .. } => match (kind, global) {
                (PoolKind::Max, true) => "global_max_pool",
                (PoolKind::Max, false) => "adaptive_max_pool",
                (_, true) => "global_avg_pool",
                (_, false) => "adaptive_avg_pool",
            },
            Self::Rearrange(_) => "rearrange",
            Self::Repeat { .. } => "repeat",
            Self::Expand => "expand",
            Self::MatMul => "matmul",
            Self::Attention => "attention",
            Self::Einsum { .. } => "einsum",
            Self::Resize { .. } => "resize",
            Self::Pad { .. } => "pad",
            Self::Unfold { .. } => "unfold",
            Self::Windows { .. } => "windows",
            Self::Fold { .. } => "fold",
            Self::Index { .. } => "index",
        }
    }
}

//! One layer: its kind, its shape, and what it costs.
//!
//! The counts follow the field's reference code (pycls, commit 5719de6, `pycls/models/blocks.py`), term by term: a flop is
//! one multiply-add; acts are the output elements of convolutions, linear layers, attention and max-pools; norms,
//! activation functions, residual sums and average pools cost no flops and no acts.

use serde::Serialize;
use utoipa::ToSchema;

/// A layer, and how many times in a row the net holds it (`repeats`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Stage it belongs to: 0 is the stem, then 1, 2, …; the head comes last.
    pub stage: u32,
    /// What it does.
    pub kind: Kind,
    /// Channels in.
    pub w_in: u32,
    /// Channels out.
    pub w_out: u32,
    /// Positions (pixels, tokens) that it reads.
    pub area_in: u64,
    /// Positions that it writes.
    pub area_out: u64,
    /// Identical layers that this one stands for.
    pub repeats: u32,
    /// Whether its weights are those of a layer before it, and counted there.
    pub tied: bool,
}

/// What a layer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A convolution.
    Conv {
        /// Sides of the kernel.
        kernel: [u32; 2],
        /// Step between output positions.
        stride: u32,
        /// Number of groups (1: dense; as many as channels: depthwise).
        groups: u32,
        /// What follows it.
        then: Then,
    },
    /// A convolution whose filter is a constant, such as a blur.
    Filter {
        /// Sides of the kernel.
        kernel: [u32; 2],
        /// Number of groups.
        groups: u32,
    },
    /// A transposed convolution, each of whose inputs is multiplied by one filter.
    Transposed {
        /// Sides of the kernel.
        kernel: [u32; 2],
        /// Step between input positions.
        stride: u32,
        /// Number of groups.
        groups: u32,
        /// Whether it has a bias.
        bias: bool,
    },
    /// A max-pool.
    MaxPool {
        /// Side of the window.
        kernel: u32,
        /// Step between output positions.
        stride: u32,
        /// Whether what it reads counts as moved, as it does in graphs.
        moves: bool,
    },
    /// Squeeze-excitation: two 1×1 convolutions with bias on the pooled map, whose sigmoid multiplies the whole map.
    SqueezeExcite {
        /// Channels between the two.
        squeezed: u32,
    },
    /// A residual sum.
    Sum,
    /// A linear layer, at each position.
    Linear {
        /// What it adds.
        bias: Bias,
    },
    /// The two products of self-attention, keys with queries and weights with values.
    Attention {
        /// Number of heads.
        heads: u32,
    },
    /// A product of two values, neither of which is learned, over `w_in` terms each.
    Product,
    /// A norm of its own.
    Norm {
        /// Parameters for each channel.
        each: u32,
        /// Whether it runs over the batch, as a batch norm does.
        batch: bool,
    },
    /// Parameters that are used as they are: a layer scale, a slope, a position table.
    Parameters,
    /// A function of each element.
    Function,
    /// Elements that are added, multiplied, joined or copied.
    Move,
    /// A pool that takes means.
    AveragePool,
    /// Learned position embeddings, with the class token where there is one.
    Embedding {
        /// Whether a class token is learned too.
        class_token: bool,
    },
}

/// What follows a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// A batch norm: two parameters a channel.
    BatchNorm,
    /// Only its own bias.
    Bias,
    /// A bias that other layers make.
    GivenBias,
    /// Nothing that belongs to it: norms and functions are layers of their own.
    Nothing,
}

/// What a linear layer adds to its products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bias {
    /// Nothing.
    None,
    /// A learned bias.
    Learned,
    /// A bias that other layers make.
    Given,
}

/// Counts of one or more layers, wide enough that no checked net overflows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Multiply-adds.
    pub flops: u128,
    /// Learned parameters.
    pub params: u128,
    /// Output elements.
    pub acts: u128,
}

impl Counts {
    const fn new(flops: u128, params: u128, acts: u128) -> Self {
        Self {
            flops,
            params,
            acts,
        }
    }

    const fn times(self, n: u128) -> Self {
        Self::new(self.flops * n, self.params * n, self.acts * n)
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.flops += other.flops;
        self.params += other.params;
        self.acts += other.acts;
    }
}

impl Layer {
    /// What the layer costs, all its repeats together.
    ///
    /// With k the kernel, c channels, G groups and n positions out: a convolution `k²·c_in·c_out·n` / G flops and
    /// `k²·c_in·c_out` / G params (each floored once, as the reference does), `c_out·n` acts; a bias adds `c_out·n` flops and
    /// `c_out` params, a norm 2·c params.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "an arm for each kind")]
    pub fn counts(&self) -> Counts {
        let (w_in, w_out) = (u128::from(self.w_in), u128::from(self.w_out));
        let area = u128::from(self.area_out);
        let one = match self.kind {
            Kind::Conv {
                kernel,
                groups,
                then,
                ..
            } => {
                let weights = taps(kernel) * w_in * w_out;
                let (flops, params) = match u128::from(groups) {
                    1 => (weights * area, weights),
                    groups => (floored(weights * area, groups), floored(weights, groups)),
                };
                match then {
                    Then::BatchNorm => Counts::new(flops, params + 2 * w_out, w_out * area),
                    Then::Bias => Counts::new(flops + w_out * area, params + w_out, w_out * area),
                    Then::GivenBias => Counts::new(flops + w_out * area, params, w_out * area),
                    Then::Nothing => Counts::new(flops, params, w_out * area),
                }
            }
            Kind::Filter { kernel, groups } => {
                let weights = floored(taps(kernel) * w_in * w_out, u128::from(groups));
                Counts::new(weights * area, 0, w_out * area)
            }
            Kind::Transposed {
                kernel,
                groups,
                bias,
                ..
            } => {
                let weights = floored(taps(kernel) * w_in * w_out, u128::from(groups));
                let biases = if bias { w_out } else { 0 };
                let flops = weights * u128::from(self.area_in) + biases * area;
                Counts::new(flops, weights + biases, w_out * area)
            }
            Kind::MaxPool { .. } => Counts::new(0, 0, w_out * area),
            Kind::SqueezeExcite { squeezed } => {
                let squeezed = u128::from(squeezed);
                let weights = 2 * w_out * squeezed + squeezed + w_out;
                Counts::new(weights, weights, squeezed + w_out)
            }
            Kind::Sum | Kind::Function | Kind::Move | Kind::AveragePool => Counts::default(),
            Kind::Linear { bias } => {
                let (weights, biased) = (w_in * w_out, w_in * w_out + w_out);
                let (each, params) = match bias {
                    Bias::None => (weights, weights),
                    Bias::Learned => (biased, biased),
                    Bias::Given => (biased, weights),
                };
                Counts::new(each * area, params, w_out * area)
            }
            Kind::Product => Counts::new(w_in * w_out * area, 0, w_out * area),
            Kind::Attention { heads } => Counts::new(
                2 * w_out * area * area,
                0,
                u128::from(heads) * area * area + w_out * area,
            ),
            Kind::Norm { each, .. } => Counts::new(0, u128::from(each) * w_out, 0),
            Kind::Parameters => Counts::new(0, w_out * area, 0),
            Kind::Embedding { class_token } => {
                Counts::new(0, w_out * (area + u128::from(class_token)), 0)
            }
        };
        let params = if self.tied { 0 } else { one.params };
        Counts { params, ..one }.times(u128::from(self.repeats))
    }

    /// Channels in one group of a convolution; `None` for other layers.
    #[must_use]
    pub fn group_width(&self) -> Option<u32> {
        match self.kind {
            Kind::Conv { groups, .. } => Some(self.w_in / groups),
            _ => None,
        }
    }
}

/// Positions within a window.
fn taps(kernel: [u32; 2]) -> u128 {
    u128::from(kernel[0]) * u128::from(kernel[1])
}

/// `a / b`, in 64 bits where they suffice (a 128-bit division is ten times as slow).
fn floored(a: u128, b: u128) -> u128 {
    match (u64::try_from(a), u64::try_from(b)) {
        (Ok(a), Ok(b)) => u128::from(a / b),
        _ => a / b,
    }
}

/// A layer as it is listed in an answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LayerRow {
    /// 0 is the stem, then the stages; the head comes last.
    pub stage: u32,
    /// `conv`, `filter`, `transposed_conv`, `max_pool`, `average_pool`, `squeeze_excite`, `sum`, `linear`, `attention`,
    /// `product`, `norm`, `embedding`, `parameters`, `function` or `move`.
    pub kind: &'static str,
    /// Side of the kernel or window; of one that is not square, its height.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel: Option<u32>,
    /// Width of a kernel that is not square.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel_width: Option<u32>,
    /// Step between output positions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stride: Option<u32>,
    /// Number of groups of a convolution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<u32>,
    /// Channels in.
    pub width_in: u32,
    /// Channels out.
    pub width_out: u32,
    /// Positions read: pixels or tokens.
    pub positions_in: u64,
    /// Positions written.
    pub positions_out: u64,
    /// Identical layers in a row; the counts are of all of them.
    pub repeats: u32,
    /// Multiply-adds, parameters and output elements, exact.
    pub flops: u64,
    /// Learned parameters.
    pub params: u64,
    /// Output elements.
    pub acts: u64,
}

impl From<&Layer> for LayerRow {
    fn from(layer: &Layer) -> Self {
        let (kind, kernel, stride, groups) = match layer.kind {
            Kind::Conv {
                kernel,
                stride,
                groups,
                ..
            } => ("conv", Some(kernel), Some(stride), Some(groups)),
            Kind::Transposed {
                kernel,
                stride,
                groups,
                ..
            } => ("transposed_conv", Some(kernel), Some(stride), Some(groups)),
            Kind::Filter { kernel, groups } => ("filter", Some(kernel), None, Some(groups)),
            Kind::MaxPool { kernel, stride, .. } => {
                ("max_pool", Some([kernel; 2]), Some(stride), None)
            }
            Kind::AveragePool => ("average_pool", None, None, None),
            Kind::SqueezeExcite { .. } => ("squeeze_excite", None, None, None),
            Kind::Sum => ("sum", None, None, None),
            Kind::Linear { .. } => ("linear", None, None, None),
            Kind::Attention { .. } => ("attention", None, None, None),
            Kind::Product => ("product", None, None, None),
            Kind::Norm { .. } => ("norm", None, None, None),
            Kind::Embedding { .. } => ("embedding", None, None, None),
            Kind::Parameters => ("parameters", None, None, None),
            Kind::Function => ("function", None, None, None),
            Kind::Move => ("move", None, None, None),
        };
        let counts = layer.counts();
        // Each part of a net is at most the whole, and a Net's whole fits 64 bits.
        let fits = |count: u128| u64::try_from(count).unwrap_or(u64::MAX);
        Self {
            stage: layer.stage,
            kind,
            kernel: kernel.map(|[height, _]| height),
            kernel_width: kernel.and_then(|[height, width]| (height != width).then_some(width)),
            stride,
            groups,
            width_in: layer.w_in,
            width_out: layer.w_out,
            positions_in: layer.area_in,
            positions_out: layer.area_out,
            repeats: layer.repeats,
            flops: fits(counts.flops),
            params: fits(counts.params),
            acts: fits(counts.acts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conv(groups: u32, then: Then) -> Layer {
        let kind = Kind::Conv {
            kernel: [3; 2],
            stride: 1,
            groups,
            then,
        };
        Layer {
            stage: 1,
            kind,
            w_in: 50,
            w_out: 50,
            area_in: 9,
            area_out: 9,
            repeats: 1,
            tied: false,
        }
    }

    #[test]
    fn flops_and_params_of_uneven_groups_are_floored_once_each() {
        let counts = conv(7, Then::BatchNorm).counts();
        assert_eq!(
            (counts.flops, counts.params),
            (9 * 2500 * 9 / 7, 9 * 2500 / 7 + 100)
        );
    }

    #[test]
    fn a_bias_costs_a_flop_at_each_position() {
        let (bare, biased) = (
            conv(1, Then::BatchNorm).counts(),
            conv(1, Then::Bias).counts(),
        );
        assert_eq!(biased.flops - bare.flops, 50 * 9);
    }

    #[test]
    fn squeeze_excitation_to_no_channels_keeps_its_second_bias() {
        let layer = Layer {
            kind: Kind::SqueezeExcite { squeezed: 0 },
            ..conv(1, Then::Bias)
        };
        assert_eq!(layer.counts(), Counts::new(50, 50, 50));
    }
}

//! What a graph costs: its operators as layers.

use super::form::op::{Conv, Filter, NormKind, Op, PoolKind, Reduction};
use super::nodes::Graph;
use super::shapes::einsum::Einsum;
use super::shapes::{Shapes, Trouble};
use crate::net::blocks::Side;
use crate::net::layers::{Bias, Kind, Layer, Then};

/// The product of lengths; shapes have at most 2^50 elements.
fn product(sizes: &[u64]) -> u64 {
    sizes.iter().fold(1, |all: u64, n| all.saturating_mul(*n))
}

fn narrow(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// How far along the net a node stands: 0 is the stem, and a stage begins with each layer whose map is smaller than any before.
struct Stages {
    stage: u32,
    /// Positions of the smallest map so far.
    area: u64,
    /// The last node that has a map; what follows is the head.
    last: usize,
}

impl Stages {
    fn of(&mut self, node: usize, kind: Kind, area: u64) -> u32 {
        if node > self.last {
            return self.stage + 1;
        }
        // Others may have their channels anywhere in their shape.
        let makes_maps = matches!(
            kind,
            Kind::Conv { .. }
                | Kind::Transposed { .. }
                | Kind::Linear { .. }
                | Kind::MaxPool { .. }
        );
        if makes_maps && area > 1 && area < self.area {
            self.stage += u32::from(self.area != u64::MAX);
            self.area = area;
        }
        self.stage
    }
}

impl Graph {
    /// Emits the layers for an image of `side`, in order.
    ///
    /// # Errors
    /// Where shapes do not fit.
    pub(super) fn emit(&self, side: Side, emit: &mut dyn FnMut(Layer)) -> Result<(), Trouble> {
        self.emit_with(&Shapes::fixed(self, side)?, emit);
        Ok(())
    }

    /// Emits the layers of these shapes, in order.
    #[expect(clippy::too_many_lines, reason = "an arm for each operator")]
    pub(super) fn emit_with(&self, shapes: &Shapes, emit: &mut dyn FnMut(Layer)) {
        let sizes = shapes.all_sizes();
        let with_map = |i: &usize| {
            let out = &sizes[i + 1];
            let makes_maps = matches!(
                self.nodes[*i].op,
                Op::Conv(_) | Op::Pool { .. } | Op::Linear { .. } | Op::MatMul | Op::Attention
            );
            (makes_maps || out.len() > 3) && product(out.get(2..).unwrap_or(&[])) > 1
        };
        let last = (0..self.nodes.len()).rev().find(with_map).unwrap_or(0);
        let mut stages = Stages {
            stage: 0,
            area: u64::MAX,
            last,
        };
        for (i, node) in self.nodes.iter().enumerate() {
            let out = &sizes[i + 1];
            let input = |k: usize| -> &[u64] {
                let value = node.inputs.get(k).copied().unwrap_or(0);
                &sizes[usize::try_from(value).unwrap_or(0)]
            };
            let mut row = |kind: Kind, w_in: u64, w_out: u64, area_in: u64, area_out: u64| {
                let stage = stages.of(i, kind, area_out);
                emit(Layer {
                    stage,
                    kind,
                    w_in: narrow(w_in),
                    w_out: narrow(w_out),
                    area_in,
                    area_out,
                    repeats: 1,
                    tied: node.tied.is_some(),
                });
            };
            let value = input(0);
            let area = |sizes: &[u64]| {
                let batch = sizes.first().copied().unwrap_or(1);
                batch.saturating_mul(product(sizes.get(2..).unwrap_or(&[])))
            };
            let channels = |sizes: &[u64]| sizes.get(1).copied().unwrap_or(1);
            match &node.op {
                Op::Conv(conv) => {
                    let given = node.inputs.len() > 1;
                    let (kind, gain) = (kind(conv, out.len() - 2, given), conv.gain);
                    let (from, to) = (area(value), area(out));
                    row(kind, channels(value), channels(out), from, to);
                    if gain {
                        let kind = Kind::Parameters;
                        row(kind, channels(out), channels(out), 1, 1);
                    }
                }
                Op::Linear { bias, .. } => {
                    let last = |sizes: &[u64]| sizes.last().copied().unwrap_or(1);
                    let bias = match (node.inputs.len(), bias) {
                        (1, true) => Bias::Learned,
                        (1, false) => Bias::None,
                        _ => Bias::Given,
                    };
                    let kind = Kind::Linear { bias };
                    let positions = product(out) / last(out);
                    row(kind, last(value), last(out), positions, positions);
                }
                Op::Norm {
                    kind, affine, axes, ..
                } => {
                    let over_last = matches!(kind, NormKind::Layer | NormKind::Rms);
                    let width = if over_last {
                        let axes = usize::try_from(*axes).unwrap_or(1);
                        product(&value[value.len().saturating_sub(axes)..])
                    } else {
                        channels(value)
                    };
                    let kind = Kind::Norm {
                        each: narrow(affine.params()),
                        batch: *kind == NormKind::Batch,
                    };
                    let positions = product(value) / width.max(1);
                    row(kind, width, width, positions, positions);
                }
                Op::Prelu { shared } => {
                    let width = if *shared { 1 } else { channels(value) };
                    row(Kind::Parameters, width, width, 1, 1);
                }
                Op::Parameter { .. } => {
                    let width = out.last().copied().unwrap_or(1);
                    let rest = product(out) / width;
                    row(Kind::Parameters, width, width, rest, rest);
                }
                Op::Pool {
                    kind: PoolKind::Max,
                    window,
                    ..
                } => {
                    let kind = Kind::MaxPool {
                        kernel: window.kernel.at(0),
                        stride: window.stride.at(0),
                        moves: true,
                    };
                    row(kind, channels(value), channels(out), area(value), area(out));
                }
                Op::Adaptive {
                    kind: PoolKind::Max,
                    ..
                } => {
                    let kind = Kind::MaxPool {
                        kernel: 1,
                        stride: 1,
                        moves: true,
                    };
                    row(kind, channels(value), channels(out), area(value), area(out));
                }
                Op::Pool { .. }
                | Op::Adaptive { .. }
                | Op::Reduce {
                    how: Reduction::Mean,
                    ..
                } => {
                    let positions = area(value);
                    row(
                        Kind::AveragePool,
                        channels(value),
                        channels(value),
                        positions,
                        positions,
                    );
                }
                Op::Map { name, .. } if FREE.contains(name) => {}
                Op::Map { .. } => row(
                    Kind::Function,
                    channels(out),
                    channels(out),
                    area(out),
                    area(out),
                ),
                Op::Pair {
                    name, value: None, ..
                } => {
                    let residual = *name == "add" && product(input(0)) == product(input(1));
                    let kind = if residual { Kind::Sum } else { Kind::Move };
                    row(kind, channels(out), channels(out), area(out), area(out));
                }
                Op::Cat { .. } | Op::Pad { .. } | Op::Pair { .. } => {
                    row(
                        Kind::Move,
                        channels(out),
                        channels(out),
                        area(out),
                        area(out),
                    );
                }
                Op::MatMul => {
                    let inner = value.last().copied().unwrap_or(1);
                    let width = out.last().copied().unwrap_or(1);
                    let rows = product(out) / width;
                    row(Kind::Product, inner, width, rows, rows);
                }
                Op::Attention => {
                    // Keys with queries, then weights with values.
                    let (queries, values) = (value, input(2));
                    let depth = queries.last().copied().unwrap_or(1);
                    let length = values[values.len() - 2];
                    let width = out.last().copied().unwrap_or(1);
                    let rows = product(out) / width;
                    row(Kind::Product, depth, length, rows, rows);
                    row(Kind::Product, length, width, rows, rows);
                }
                Op::Einsum { equation } => {
                    let width = out.last().copied().unwrap_or(1);
                    let rows = product(out) / width;
                    let all: Vec<&[u64]> = (0..node.inputs.len()).map(input).collect();
                    let inner = summed(equation, &all);
                    row(Kind::Product, inner, width, rows, rows);
                }
                _ => {}
            }
        }
    }
}

/// Functions that move nothing once a net runs.
const FREE: [&str; 4] = ["identity", "dropout", "drop_path", "cast"];

/// How many products each element of an einsum adds up.
fn summed(equation: &str, inputs: &[&[u64]]) -> u64 {
    let Ok(terms) = Einsum::new(equation) else {
        return 1;
    };
    let mut lengths = [1_u64; 128];
    for (letters, sizes) in terms.inputs.iter().zip(inputs) {
        for (letter, size) in letters.iter().zip(*sizes) {
            let slot = &mut lengths[usize::from(*letter)];
            *slot = (*slot).max(*size);
        }
    }
    (0..128_u8)
        .filter(|letter| !terms.output.contains(letter))
        .fold(1, |all: u64, letter| {
            all.saturating_mul(lengths[usize::from(letter)])
        })
}

fn kind(conv: &Conv, axes: usize, given_bias: bool) -> Kind {
    let side = |i| {
        if i < axes {
            conv.window.kernel.at(i)
        } else {
            1
        }
    };
    let kernel = [side(0), side(1).saturating_mul(side(2))];
    let (stride, groups) = (conv.window.stride.at(0), conv.groups);
    let then = match (conv.bias, given_bias) {
        (_, true) => Then::GivenBias,
        (true, false) => Then::Bias,
        (false, false) => Then::Nothing,
    };
    if conv.filter == Filter::Fixed {
        return Kind::Filter { kernel, groups };
    }
    if conv.transposed.is_some() {
        let bias = conv.bias;
        return Kind::Transposed {
            kernel,
            stride,
            groups,
            bias,
        };
    }
    Kind::Conv {
        kernel,
        stride,
        groups,
        then,
    }
}

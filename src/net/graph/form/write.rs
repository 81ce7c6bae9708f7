//! A checked graph becomes one as it is written: what is usual is left out.

use std::collections::BTreeMap;

use super::op::{Affine, Filter, NormKind, Op, Padding, PerAxis, Resized, Values, Window};
use super::raw::{RawAxes, RawGraph, RawNode, RawPad, RawScale, RawSizes};
use super::repeats::folded;
use crate::net::graph::nodes::{Graph, Node};
use crate::units::Whole;

impl From<&Graph> for RawGraph {
    fn from(graph: &Graph) -> Self {
        let nodes = graph.nodes.iter().enumerate();
        Self {
            channels: (graph.channels != 3).then_some(Whole(graph.channels.into())),
            group: graph.group.as_ref().map(|group| group.as_str().to_owned()),
            nodes: folded(nodes.map(|(i, node)| written(i, node)).collect()),
        }
    }
}

fn of_u32(n: u32) -> Whole {
    Whole(n.into())
}

fn sizes(per_axis: &PerAxis) -> RawSizes {
    match per_axis.list() {
        None => RawSizes::All(of_u32(per_axis.at(0))),
        Some(list) => RawSizes::Each(list.iter().copied().map(of_u32).collect()),
    }
}

/// All but what is 1, or what a pool's kernel says.
fn write_window(raw: &mut RawNode, window: &Window, of_pool: bool) {
    let unless = |value: &PerAxis, default: &PerAxis| (value != default).then(|| sizes(value));
    let one = PerAxis::all(1);
    raw.kernel = if of_pool {
        Some(sizes(&window.kernel))
    } else {
        unless(&window.kernel, &one)
    };
    raw.stride = unless(&window.stride, if of_pool { &window.kernel } else { &one });
    raw.dilation = unless(&window.dilation, &one);
    raw.pad = match &window.pad {
        Padding::Even(pad) => match (pad.list(), pad.at(0)) {
            (Some(list), _) => Some(RawPad::Each(list.iter().map(|n| i64::from(*n)).collect())),
            (None, 0) => None,
            (None, n) => Some(RawPad::All(of_u32(n))),
        },
        Padding::Ends(list) => Some(RawPad::Each(list.to_vec())),
        Padding::Same => Some(RawPad::Word("same".to_owned())),
    };
    raw.ceil = window.ceil.then_some(true);
}

fn wholes(list: &[u64]) -> Vec<Option<Whole>> {
    list.iter().map(|n| Some(Whole(*n))).collect()
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "positions are far below 2^53"
)]
fn position(n: i64) -> f64 {
    n as f64
}

/// The `i`-th node as it is written.
#[expect(clippy::too_many_lines, reason = "an arm for each operator")]
fn written(i: usize, node: &Node) -> RawNode {
    let back = |value: &u32| i64::from(*value) - i64::try_from(i + 1).unwrap_or(0);
    let from: Vec<i64> = node.inputs.iter().map(back).collect();
    let usual: &[i64] = match node.op {
        Op::Parameter { .. } | Op::Constant { .. } => &[],
        _ => &[-1],
    };
    let mut raw = RawNode {
        op: Some(node.op.name().to_owned()),
        from: (from != usual).then_some(from),
        at: node.at.as_deref().map(str::to_owned),
        tied: node
            .tied
            .map(|tied| i64::from(tied) - i64::try_from(i).unwrap_or(0)),
        ..RawNode::default()
    };
    match &node.op {
        Op::Conv(conv) => {
            raw.out = Some(of_u32(conv.out));
            write_window(&mut raw, &conv.window, false);
            raw.groups = (conv.groups != 1).then(|| of_u32(conv.groups));
            raw.bias = conv.bias.then_some(true);
            raw.weight = (conv.filter != Filter::Learned).then_some(conv.filter);
            raw.gain = conv.gain.then_some(true);
            raw.value = conv.value.map(Values::One);
            raw.out_pad = conv
                .transposed
                .as_ref()
                .filter(|pad| **pad != PerAxis::all(0))
                .map(sizes);
        }
        Op::Linear { out, bias } => {
            raw.out = Some(of_u32(*out));
            raw.bias = bias.then_some(true);
        }
        Op::Norm {
            kind,
            affine,
            groups,
            axes,
        } => {
            raw.kind = (*kind != NormKind::Batch).then_some(*kind);
            let usual = if *kind == NormKind::Rms {
                Affine::Scale
            } else {
                Affine::Both
            };
            raw.affine = (*affine != usual).then_some(*affine);
            raw.groups = (*kind == NormKind::Group).then(|| of_u32(*groups));
            raw.axes = (*axes != 1).then(|| RawAxes::Last(of_u32(*axes)));
        }
        Op::Prelu { shared } => raw.shared = shared.then_some(true),
        Op::Parameter { shape } => raw.shape = Some(wholes(shape)),
        Op::Constant { shape, value, how } => {
            raw.shape = Some(shape.iter().map(|n| n.map(Whole)).collect());
            (raw.value, raw.how) = (value.clone(), how.clone());
        }
        Op::Map { details, .. } => {
            (raw.axis, raw.shifts) = (details.axis, details.shifts.clone());
            raw.axes = details.axes.clone().map(RawAxes::Each);
            raw.value = details.value.map(Values::One);
            (raw.start, raw.stop) = (details.start, details.stop);
            raw.approximate.clone_from(&details.approximate);
        }
        Op::Pair {
            value, reversed, ..
        } => {
            raw.value = value.map(Values::One);
            raw.reversed = reversed.then_some(true);
        }
        Op::Where | Op::Expand | Op::MatMul | Op::Attention => {}
        Op::Cat { axis } => raw.axis = (*axis != 1).then_some(*axis),
        Op::Part { axis, index, of } => {
            raw.axis = (*axis != 1).then_some(*axis);
            (raw.index, raw.of) = (Some(Whole(*index)), Some(Whole(*of)));
        }
        Op::Slice {
            axis,
            start,
            stop,
            step,
        } => {
            raw.axis = Some(*axis);
            raw.start = (*start != 0).then(|| position(*start));
            raw.stop = stop.map(position);
            raw.step = (*step != 1).then_some(Whole(*step));
        }
        Op::Reduce { how, axes, keep } => {
            raw.how = serde_json::to_value(how)
                .ok()
                .and_then(|word| word.as_str().map(str::to_owned));
            raw.axes = Some(RawAxes::Each(axes.to_vec()));
            raw.keep = (!keep).then_some(false);
        }
        Op::Unfold { window } => write_window(&mut raw, window, true),
        Op::Pool {
            window, count_pad, ..
        } => {
            write_window(&mut raw, window, true);
            raw.count_pad = (!count_pad).then_some(false);
        }
        Op::Adaptive { to, global, .. } => raw.to = (!global).then(|| sizes(to)),
        Op::Rearrange(pattern) => {
            raw.r#as = Some(pattern.text.clone());
            let sizes = pattern.sizes.iter();
            let sizes: BTreeMap<String, Whole> = sizes
                .map(|(axis, size)| (axis.clone(), Whole(*size)))
                .collect();
            raw.sizes = (!sizes.is_empty()).then_some(sizes);
        }
        Op::Repeat { axis, times } => {
            (raw.axis, raw.times) = (Some(*axis), Some(Whole(*times)));
        }
        Op::Einsum { equation } => raw.equation = Some(equation.clone()),
        Op::Resize { to, mode } => {
            match to {
                Resized::By(by) => {
                    raw.scale = Some(match by.as_slice() {
                        [one] => RawScale::All(*one),
                        list => RawScale::Each(list.to_vec()),
                    });
                }
                Resized::To(to) => raw.to = Some(sizes(to)),
                Resized::Like => {}
            }
            raw.mode.clone_from(mode);
        }
        Op::Pad { pad, value, mode } => {
            raw.mode.clone_from(mode);
            raw.pad = Some(RawPad::Each(pad.to_vec()));
            raw.value = value.map(Values::One);
        }
        Op::Fold { to, window } => {
            write_window(&mut raw, window, true);
            raw.to = to.as_ref().map(sizes);
        }
        Op::Windows { axis, size, step } => {
            (raw.axis, raw.size) = (Some(*axis), Some(Whole(*size)));
            raw.step = (*step != 1).then_some(Whole(*step));
        }
        Op::Index { axis, shape } => {
            raw.axis = (*axis != 0).then_some(*axis);
            raw.shape = Some(wholes(shape));
        }
    }
    raw
}

//! Functions of each element, of two, and of an axis.

use super::fuse::Fused;
use super::message::Node;
use super::net::{At, Net, op};
use crate::net::graph::op::{Affine, NormKind, Reduction, Values};
use crate::net::graph::raw::{RawAxes, RawNode, RawPad, RawSizes};
use crate::units::Whole;

/// Functions of each element whose name alone says what they do.
const MAPS: [(&str, &str); 22] = [
    ("Relu", "relu"),
    ("Selu", "selu"),
    ("Sigmoid", "sigmoid"),
    ("Tanh", "tanh"),
    ("HardSwish", "hardswish"),
    ("HardSigmoid", "hardsigmoid"),
    ("Softplus", "softplus"),
    ("Softsign", "softsign"),
    ("Mish", "mish"),
    ("Exp", "exp"),
    ("Log", "log"),
    ("Sqrt", "sqrt"),
    ("Abs", "abs"),
    ("Neg", "neg"),
    ("Reciprocal", "reciprocal"),
    ("Sin", "sin"),
    ("Cos", "cos"),
    ("Erf", "erf"),
    ("Floor", "floor"),
    ("Ceil", "ceil"),
    ("Round", "round"),
    ("Not", "logical_not"),
];

/// Functions of two elements.
const PAIRS: [(&str, &str); 13] = [
    ("Add", "add"),
    ("Sub", "sub"),
    ("Mul", "mul"),
    ("Div", "div"),
    ("Pow", "pow"),
    ("Max", "maximum"),
    ("Min", "minimum"),
    ("Mod", "remainder"),
    ("Equal", "equal"),
    ("Less", "less"),
    ("Greater", "greater"),
    // Of truths.
    ("And", "minimum"),
    ("Or", "maximum"),
];

fn named(list: &[(&str, &'static str)], op: &str) -> Option<&'static str> {
    list.iter()
        .find(|(known, _)| *known == op)
        .map(|(_, name)| *name)
}

/// Writes `node` where it is one of these.
#[expect(clippy::too_many_lines, reason = "a table of operators")]
pub(super) fn takes<'a>(net: &mut Net<'a>, node: &'a Node) -> Result<bool, String> {
    if let Some(name) = named(&MAPS, &node.op) {
        return map(net, node, op(name)).map(|()| true);
    }
    if let Some(name) = named(&PAIRS, &node.op) {
        return pairs(net, node, name).map(|()| true);
    }
    let valued = |name: &str, usual: f64| RawNode {
        value: Some(Values::One(node.real("alpha").unwrap_or(usual))),
        ..op(name)
    };
    match node.op.as_str() {
        "LeakyRelu" => map(net, node, valued("leaky_relu", 0.01))?,
        "Elu" => map(net, node, valued("elu", 1.0))?,
        "Celu" => map(net, node, valued("celu", 1.0))?,
        "Swish" => map(net, node, op("silu"))?,
        "Sign" => map(net, node, op("sign"))?,
        "Gelu" => {
            let approximate = node.text("approximate").filter(|word| *word == "tanh");
            let raw = RawNode {
                approximate: approximate.map(str::to_owned),
                ..op("gelu")
            };
            map(net, node, raw)?;
        }
        "Softmax" | "LogSoftmax" => {
            let name = if node.op == "Softmax" {
                "softmax"
            } else {
                "log_softmax"
            };
            // Until opset 12 all axes from the first one on were one.
            let usual = if net.opset < 13 { 1 } else { -1 };
            let raw = RawNode {
                axis: Some(node.whole("axis").unwrap_or(usual)),
                ..op(name)
            };
            map(net, node, raw)?;
        }
        "Dropout" => {
            let ratio = net
                .constant(node, 1)
                .and_then(super::constant::Constant::one);
            let raw = RawNode {
                value: Some(Values::One(ratio.or(node.real("ratio")).unwrap_or(0.5))),
                ..op("dropout")
            };
            map(net, node, raw)?;
        }
        "Identity" | "Cast" | "CastLike" => {
            let at = net.operand(node, 0)?;
            net.put(node, 0, at);
        }
        "CumSum" => {
            let axis = net.numbers(node, 1)?.and_then(|axis| axis.first().copied());
            let raw = RawNode {
                axis,
                ..op("cumsum")
            };
            map(net, node, raw)?;
        }
        "LpNormalization" => {
            let axis = Some(node.whole("axis").unwrap_or(-1));
            map(
                net,
                node,
                RawNode {
                    axis,
                    ..op("normalize")
                },
            )?;
        }
        "Clip" => clip(net, node)?,
        "LessOrEqual" | "GreaterOrEqual" => {
            let strict = if node.op == "LessOrEqual" {
                "greater"
            } else {
                "less"
            };
            pairs(net, node, strict)?;
            let at = net.made(node)?;
            net.emit(node, op("logical_not"), &[at])?;
        }
        "Where" => {
            let from = [0, 1, 2].map(|k| net.operand(node, k));
            let [a, b, c] = from;
            net.emit(node, op("where"), &[a?, b?, c?])?;
        }
        "LRN" => local_response(net, node)?,
        name if name.starts_with("Reduce") => return reduce(net, node),
        _ => return Ok(false),
    }
    Ok(true)
}

/// Writes an operator of ONNX Runtime, where it is an activation.
pub(super) fn of_runtime<'a>(net: &mut Net<'a>, node: &'a Node) -> Result<bool, String> {
    let name = match node.op.as_str() {
        "Gelu" | "FastGelu" => "gelu",
        "QuickGelu" => "silu",
        _ => return Ok(false),
    };
    map(net, node, op(name)).map(|()| true)
}

fn map<'a>(net: &mut Net<'a>, node: &'a Node, raw: RawNode) -> Result<(), String> {
    let at = net.operand(node, 0)?;
    net.emit(node, raw, &[at])
}

/// A function of two values or more, one pair after another.
fn pairs<'a>(net: &mut Net<'a>, node: &'a Node, name: &str) -> Result<(), String> {
    let mut so_far = None;
    for k in 1..node.inputs.len().max(2) {
        let at = pair(net, node, name, so_far, k)?;
        net.put(node, 0, at);
        so_far = Some(at);
    }
    Ok(())
}

/// The number that the `k`-th input is, where it is a constant of one element that is not learned.
fn number(net: &Net, node: &Node, k: usize) -> Option<f64> {
    let constant = net.constant(node, k).filter(|constant| !constant.learned)?;
    constant.one().filter(|number| number.is_finite())
}

fn pair<'a>(
    net: &mut Net<'a>,
    node: &'a Node,
    name: &str,
    so_far: Option<At>,
    k: usize,
) -> Result<At, String> {
    let rank = |net: &Net, k: usize| {
        net.constant(node, k)
            .map_or(0, |constant| constant.dims.len())
    };
    let (first, second) = (number(net, node, 0), number(net, node, k));
    let (raw, from) = match (first.filter(|_| so_far.is_none()), second) {
        (_, Some(value)) if so_far.is_some() || first.is_none() => {
            let at = match so_far {
                Some(at) => at,
                None => net.operand(node, 0)?,
            };
            if rank(net, k) > net.shape(at).len() {
                let other = net.operand(node, k)?;
                (op(name), vec![at, other])
            } else {
                let value = Some(Values::One(value));
                (RawNode { value, ..op(name) }, vec![at])
            }
        }
        (Some(value), None) => {
            let at = net.operand(node, k)?;
            if rank(net, 0) > net.shape(at).len() {
                let other = net.operand(node, 0)?;
                (op(name), vec![other, at])
            } else {
                let commutes = matches!(name, "add" | "mul" | "maximum" | "minimum" | "equal");
                let raw = RawNode {
                    value: Some(Values::One(value)),
                    reversed: (!commutes).then_some(true),
                    ..op(name)
                };
                (raw, vec![at])
            }
        }
        _ => {
            let at = match so_far {
                Some(at) => at,
                None => net.operand(node, 0)?,
            };
            (op(name), vec![at, net.operand(node, k)?])
        }
    };
    net.emit(node, raw, &from)?;
    net.made(node)
}

fn clip<'a>(net: &mut Net<'a>, node: &'a Node) -> Result<(), String> {
    let end = |net: &Net, k: usize, name: &str| {
        let told = net
            .constant(node, k)
            .and_then(super::constant::Constant::one);
        told.or(node.real(name))
            .filter(|end| end.is_finite() && end.abs() < 1e30)
    };
    let (start, stop) = (end(net, 1, "min"), end(net, 2, "max"));
    let raw = match (start, stop) {
        (Some(0.0), None) => op("relu"),
        (Some(0.0), Some(high)) if (high - 6.0).abs() < 1e-9 => op("relu6"),
        _ => RawNode {
            start,
            stop,
            ..op("clamp")
        },
    };
    map(net, node, raw)
}

#[expect(
    clippy::too_many_lines,
    reason = "a table of operators, then one step after another"
)]
fn reduce<'a>(net: &mut Net<'a>, node: &'a Node) -> Result<bool, String> {
    let (before, how, after) = match node.op.as_str() {
        "ReduceMean" => (None, Reduction::Mean, None),
        "ReduceSum" => (None, Reduction::Sum, None),
        "ReduceMax" => (None, Reduction::Max, None),
        "ReduceMin" => (None, Reduction::Min, None),
        "ReduceProd" => (None, Reduction::Prod, None),
        "ReduceL2" => (None, Reduction::Norm, None),
        "ReduceL1" => (Some("abs"), Reduction::Sum, None),
        "ReduceSumSquare" => (Some("square"), Reduction::Sum, None),
        "ReduceLogSum" => (None, Reduction::Sum, Some("log")),
        "ReduceLogSumExp" => (Some("exp"), Reduction::Sum, Some("log")),
        _ => return Ok(false),
    };
    let mut at = net.operand(node, 0)?;
    let rank = net.shape(at).len();
    let axes = net.numbers(node, 1)?;
    let axes = axes
        .or_else(|| node.wholes("axes").map(<[i64]>::to_vec))
        .unwrap_or_default();
    if axes.is_empty() && node.whole("noop_with_empty_axes") == Some(1) {
        net.put(node, 0, at);
        return Ok(true);
    }
    let places = axes.iter().map(|axis| super::constant::place(*axis, rank));
    let Some(mut places) = places.collect::<Option<Vec<usize>>>() else {
        return Err(format!("axes {axes:?} of a value of {rank} axes"));
    };
    if places.is_empty() {
        places = (0..rank).collect();
    }
    places.sort_unstable();
    places.dedup();
    if let Some(before) = before {
        let value = net.push(op(before), &[at])?;
        at = At { value, ..at };
    }
    let keep = node.whole("keepdims").unwrap_or(1) == 1;
    let global = rank == 4 && keep && places == [2, 3];
    let raw = match how {
        Reduction::Mean if global => op("global_avg_pool"),
        Reduction::Max if global => op("global_max_pool"),
        _ => {
            let axes = places
                .iter()
                .map(|axis| i64::try_from(*axis).unwrap_or(i64::MAX))
                .collect();
            RawNode {
                how: serde_json::to_value(how)
                    .ok()
                    .and_then(|word| Some(word.as_str()?.to_owned())),
                axes: Some(RawAxes::Each(axes)),
                keep: (!keep).then_some(false),
                ..op("reduce")
            }
        }
    };
    let mut value = net.push(raw, &[at])?;
    if let Some(after) = after {
        let batch = None;
        value = net.push(op(after), &[At { value, batch }])?;
    }
    let batch = at
        .batch
        .filter(|batch| keep || !places.contains(&batch.axis))
        .map(|mut batch| {
            if !keep {
                batch.axis -= places.iter().filter(|axis| **axis < batch.axis).count();
            }
            batch
        });
    net.put(node, 0, At { value, batch });
    Ok(true)
}

/// x / (bias + α/n·Σ x²)^β over n channels beside each.
fn local_response<'a>(net: &mut Net<'a>, node: &'a Node) -> Result<(), String> {
    let at = net.operand(node, 0)?;
    let size = node.whole("size").and_then(|size| u64::try_from(size).ok());
    let size = size.ok_or("it says of no size")?;
    if net.shape(at).len() != 4 {
        return Err("it is of a value that is no map".to_owned());
    }
    let with = |value: usize| At { value, ..at };
    let valued = |name: &str, value: f64| RawNode {
        value: Some(Values::One(value)),
        ..op(name)
    };
    let view = |pattern: &str| RawNode {
        r#as: Some(pattern.to_owned()),
        ..op("rearrange")
    };
    let before = i64::try_from(size.saturating_sub(1) / 2).unwrap_or(0);
    let after = i64::try_from(size / 2).unwrap_or(0);
    let pool = RawNode {
        kernel: Some(RawSizes::Each(vec![Whole(size), Whole(1)])),
        stride: Some(RawSizes::All(Whole(1))),
        pad: Some(RawPad::Each(vec![before, 0, after, 0])),
        ..op("avg_pool")
    };
    let steps = [
        op("square"),
        view("b c h w -> b 1 c (h w)"),
        pool,
        view("b 1 c (h w) -> b c h w"),
        valued("mul", node.real("alpha").unwrap_or(1e-4)),
        valued("add", node.real("bias").unwrap_or(1.0)),
        valued("pow", node.real("beta").unwrap_or(0.75)),
    ];
    let mut last = at;
    for step in steps {
        last = with(net.push(step, &[last])?);
    }
    net.emit(node, op("div"), &[at, last])
}

/// Writes what several operators of a file are together.
pub(super) fn fused<'a>(net: &mut Net<'a>, node: &'a Node, fused: Fused<'a>) -> Result<(), String> {
    match fused {
        Fused::Part | Fused::Linear { .. } => Ok(()),
        Fused::Same { of } => {
            let at = net.entered(of)?;
            net.put(node, 0, at);
            Ok(())
        }
        Fused::Map { op: name, of } => {
            let at = net.entered(of)?;
            net.stands(node);
            net.emit(node, op(name), &[at])
        }
        Fused::LayerNorm { of, scale, shift } => {
            let raw = RawNode {
                kind: Some(NormKind::Layer),
                ..op("norm")
            };
            normed(net, node, raw, Learned { of, scale, shift })
        }
        Fused::GroupNorm {
            of,
            groups,
            scale,
            shift,
        } => {
            let raw = RawNode {
                kind: Some(NormKind::Group),
                groups: Some(Whole(groups)),
                ..op("norm")
            };
            normed(net, node, raw, Learned { of, scale, shift })
        }
    }
}

/// What a norm is of, and what it learns.
#[derive(Clone, Copy)]
struct Learned<'a> {
    of: &'a str,
    scale: Option<&'a str>,
    shift: bool,
}

fn normed<'a>(
    net: &mut Net<'a>,
    node: &'a Node,
    raw: RawNode,
    learned: Learned<'a>,
) -> Result<(), String> {
    let at = net.entered(learned.of)?;
    net.stands(node);
    if let Some(scale) = learned.scale {
        net.stands_at(scale);
    }
    let affine = match (learned.scale, learned.shift) {
        (None, _) => Some(Affine::None),
        (Some(_), false) => Some(Affine::Scale),
        (Some(_), true) => None,
    };
    net.emit(node, RawNode { affine, ..raw }, &[at])
}

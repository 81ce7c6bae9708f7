//! A graph as it is written becomes a checked one.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::op::{
    Affine, Conv, Details, MAPS, NormKind, OTHERS, Op, PAIRS, Padding, PerAxis, PoolKind,
    Reduction, Resized, Values, Window,
};
use super::raw::{RawAxes, RawGraph, RawNode, RawPad, RawScale, RawSizes};
use super::rearrange::{MAX_AXES, Rearrange};
use super::{Graph, Node};
use crate::json::{Invalid, nearest, shortened_text};
use crate::net::limits::{KERNELS, OPTIONAL_WIDTHS, WIDTHS, all_within, within};
use crate::units::Whole;

/// Most nodes of a graph, repeats counted out.
pub(in crate::net) const MAX_NODES: usize = 20_000;
/// Nodes within nodes, at most.
const MAX_DEPTH: usize = 4;
/// Most elements of a list within a node.
const MAX_LIST: usize = 4096;

impl TryFrom<RawGraph> for Graph {
    type Error = Invalid;

    fn try_from(raw: RawGraph) -> Result<Self, Invalid> {
        let channels = within("/channels", raw.channels.unwrap_or(Whole(3)), WIDTHS)?;
        let mut nodes = Vec::new();
        for (i, node) in raw.nodes.into_iter().enumerate() {
            let place = u32::try_from(i).unwrap_or(u32::MAX);
            expand(node, place, 0, &mut nodes).map_err(|e| e.under(&format!("/nodes/{i}")))?;
        }
        if nodes.is_empty() {
            let hint = "its operators, such as {\"op\": \"conv\", \"out\": 64, \"kernel\": 3}";
            return Err(Invalid::at("/nodes", 0, "a net without an operator", hint));
        }
        Ok(Self {
            channels,
            nodes,
            twin: None,
        })
    }
}

fn expand(mut raw: RawNode, place: u32, depth: usize, into: &mut Vec<Node>) -> Result<(), Invalid> {
    let too_many = || {
        let detail = format!("more than {MAX_NODES} nodes");
        Invalid::at("", into_count(MAX_NODES), detail, "a smaller net")
    };
    match (raw.repeat.take(), raw.nodes.take()) {
        (None, None) => {
            if into.len() >= MAX_NODES {
                return Err(too_many());
            }
            let node = read(raw, place, into)?;
            into.push(node);
            Ok(())
        }
        (Some(times), Some(nodes)) if raw == RawNode::default() => {
            let times = within("/repeat", times, 1..=20_000)?;
            if depth >= MAX_DEPTH {
                let detail = format!("nodes stand more than {MAX_DEPTH} deep within nodes");
                return Err(Invalid::at(
                    "/nodes",
                    depth,
                    detail,
                    "fewer repeats within repeats",
                ));
            }
            if nodes.is_empty() {
                let hint = "the operators that are repeated";
                return Err(Invalid::at("/nodes", 0, "nothing is repeated", hint));
            }
            for _ in 0..times {
                for (i, node) in nodes.iter().enumerate() {
                    if into.len() >= MAX_NODES {
                        return Err(too_many());
                    }
                    expand(node.clone(), place, depth + 1, into)
                        .map_err(|e| e.under(&format!("/nodes/{i}")))?;
                }
            }
            Ok(())
        }
        _ => {
            let hint = "either an operator with `op`, or `repeat` with `nodes`";
            let what = raw.op.as_deref().map(shortened_text).unwrap_or_default();
            Err(Invalid::at("", what, "both an operator and a repeat", hint))
        }
    }
}

fn into_count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// The node `raw`, which comes after others.
pub(super) fn read(mut raw: RawNode, place: u32, before_nodes: &[Node]) -> Result<Node, Invalid> {
    let before = before_nodes.len();
    let Some(name) = raw.op.take() else {
        let hint = "such as {\"op\": \"relu\"}";
        return Err(Invalid::at("/op", (), "a node needs its operator", hint));
    };
    let mut inputs = Vec::new();
    // Parameters and constants come from nowhere.
    let usual = if matches!(name.as_str(), "param" | "const") {
        Vec::new()
    } else {
        vec![-1]
    };
    for (i, back) in raw.from.take().unwrap_or(usual).iter().enumerate() {
        // Values: the image, then one of each node.
        let value = usize::try_from(back.unsigned_abs())
            .ok()
            .filter(|back| (1..=before + 1).contains(back))
            .filter(|_| *back < 0)
            .map(|back| before + 1 - back);
        let Some(value) = value.and_then(|value| u32::try_from(value).ok()) else {
            let detail = format!("{back} is no value before this node");
            let hint = format!("from -1, the node before, to -{}, the image", before + 1);
            return Err(Invalid::at(&format!("/from/{i}"), *back, detail, hint));
        };
        inputs.push(value);
    }
    let at = raw.at.take();
    let tied = raw.tied.take();
    let op = operator(&name, &mut raw, inputs.len())?;
    let tied = tied
        .map(|back| tied_to(back, &op, before_nodes))
        .transpose()?;
    if let Some(field) = raw.left() {
        let detail = format!("`{field}` is no field of `{name}`");
        let hint = "docs/graphs.md has the fields of each operator";
        return Err(Invalid::at(&format!("/{field}"), (), detail, hint));
    }
    Ok(Node {
        op,
        inputs,
        tied,
        at,
        place,
    })
}

/// The node, counted back, whose weights `op` uses: one of the same operator.
fn tied_to(back: i64, op: &Op, before: &[Node]) -> Result<u32, Invalid> {
    let place = usize::try_from(back.unsigned_abs())
        .ok()
        .filter(|_| back < 0)
        .and_then(|back| before.len().checked_sub(back));
    let found = place.filter(|place| before[*place].op.name() == op.name());
    found
        .and_then(|place| u32::try_from(place).ok())
        .ok_or_else(|| {
            let detail = format!("{back} is no `{}` before this one", op.name());
            let hint = "how many nodes before this one the weights are made, such as -3";
            Invalid::at("/tied", back, detail, hint)
        })
}

fn numbers(pointer: &str, raw: RawSizes, range: &RangeInclusive<u32>) -> Result<PerAxis, Invalid> {
    match raw {
        RawSizes::All(n) => within(pointer, n, range.clone()).map(PerAxis::All),
        RawSizes::Each(list) => {
            if !(1..=3).contains(&list.len()) {
                let hint = "one number for each spatial axis";
                let detail = format!("{} numbers", list.len());
                return Err(Invalid::at(pointer, into_count(list.len()), detail, hint));
            }
            all_within(pointer, &list, range).map(PerAxis::Each)
        }
    }
}

fn padding(raw: Option<RawPad>) -> Result<Padding, Invalid> {
    match raw {
        None => Ok(Padding::Even(PerAxis::All(0))),
        Some(RawPad::All(n)) => within("/pad", n, PADS).map(|n| Padding::Even(PerAxis::All(n))),
        Some(RawPad::Word(word)) if word == "same" => Ok(Padding::Same),
        Some(RawPad::Word(word)) => {
            let detail = format!("`{}` is no padding", shortened_text(&word));
            Err(Invalid::at(
                "/pad",
                word,
                detail,
                "a number, a list, or `same`",
            ))
        }
        Some(RawPad::Each(list)) => {
            if list.is_empty() || list.len() > 6 {
                let detail = format!("{} numbers", list.len());
                let hint = "one for each spatial axis, or before each and then after each";
                return Err(Invalid::at("/pad", into_count(list.len()), detail, hint));
            }
            let most = i64::from(*PADS.end());
            if let Some(wrong) = list.iter().find(|n| !(-most..=most).contains(*n)) {
                let detail = format!("{wrong} is out of range");
                return Err(Invalid::at("/pad", *wrong, detail, format!("up to {most}")));
            }
            Ok(Padding::Ends(list))
        }
    }
}

/// Paddings.
const PADS: RangeInclusive<u32> = 0..=1 << 16;

fn window(raw: &mut RawNode, of_pool: bool) -> Result<Window, Invalid> {
    let one = || RawSizes::All(Whole(1));
    if of_pool && raw.kernel.is_none() {
        let hint = "the side of its window, such as 2";
        return Err(Invalid::at("/kernel", (), "a pool needs its kernel", hint));
    }
    let kernel = numbers("/kernel", raw.kernel.take().unwrap_or_else(one), &KERNELS)?;
    let stride = match raw.stride.take() {
        None if of_pool => kernel.clone(),
        stride => numbers("/stride", stride.unwrap_or_else(one), &KERNELS)?,
    };
    Ok(Window {
        kernel,
        stride,
        pad: padding(raw.pad.take())?,
        dilation: numbers(
            "/dilation",
            raw.dilation.take().unwrap_or_else(one),
            &KERNELS,
        )?,
        ceil: raw.ceil.take().unwrap_or(false),
    })
}

fn needed<T>(field: &str, value: Option<T>, op: &str) -> Result<T, Invalid> {
    value.ok_or_else(|| {
        let detail = format!("`{op}` needs `{field}`");
        Invalid::at(&format!("/{field}"), (), detail, format!("add `{field}`"))
    })
}

fn shape(raw: &mut RawNode, op: &str) -> Result<Vec<Option<u64>>, Invalid> {
    let list = needed("shape", raw.shape.take(), op)?;
    if list.len() > MAX_AXES {
        let detail = format!("more than {MAX_AXES} axes");
        return Err(Invalid::at(
            "/shape",
            into_count(list.len()),
            detail,
            "fewer axes",
        ));
    }
    let length = |(i, n): (usize, &Option<Whole>)| {
        let checked = n.map(|n| within(&format!("/shape/{i}"), n, 1..=u32::MAX));
        checked.transpose().map(|n| n.map(u64::from))
    };
    list.iter().enumerate().map(length).collect()
}

/// A shape with every length told.
fn whole_shape(raw: &mut RawNode, op: &str) -> Result<Vec<u64>, Invalid> {
    let lengths = shape(raw, op)?.into_iter().enumerate();
    let told = |(i, n): (usize, Option<u64>)| {
        let pointer = format!("/shape/{i}");
        n.ok_or_else(|| Invalid::at(&pointer, (), "a length is missing", "a whole number"))
    };
    lengths.map(told).collect()
}

fn scalar(value: Option<Values>) -> Result<Option<f64>, Invalid> {
    match value {
        None => Ok(None),
        Some(Values::One(value)) => Ok(Some(value)),
        Some(Values::Each(list)) => {
            let detail = "a list stands where one number is expected";
            Err(Invalid::at(
                "/value",
                into_count(list.len()),
                detail,
                "one number",
            ))
        }
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "std has no other f64 → i64 conversion; it saturates"
)]
fn whole(field: &str, value: f64) -> Result<i64, Invalid> {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return Ok(value as i64);
    }
    let detail = format!("{value} is not a whole number");
    Err(Invalid::at(
        &format!("/{field}"),
        value,
        detail,
        "a whole number",
    ))
}

fn each_axis(axes: Option<RawAxes>) -> Result<Option<Vec<i64>>, Invalid> {
    match axes {
        None => Ok(None),
        Some(RawAxes::Each(list)) if list.len() <= MAX_AXES => Ok(Some(list)),
        Some(_) => Err(Invalid::at(
            "/axes",
            (),
            "not a list of axes",
            "such as [2, 3]",
        )),
    }
}

/// The operator called `name`, of so many inputs; its fields are taken out of `raw`.
fn operator(name: &str, raw: &mut RawNode, inputs: usize) -> Result<Op, Invalid> {
    let (op, wants) = named(name, raw)?;
    let fits = match &op {
        // The second operand may be a constant.
        Op::Pair { value, .. } => inputs == 2 - usize::from(value.is_some()),
        // The bias may be computed.
        Op::Conv(_) | Op::Linear { .. } => (1..=2).contains(&inputs),
        Op::Fold { to, .. } => inputs == 1 + usize::from(to.is_none()),
        Op::Attention => (3..=4).contains(&inputs),
        Op::Resize { to, .. } => inputs == 1 + usize::from(*to == Resized::Like),
        Op::Cat { .. } | Op::Einsum { .. } => (1..=MAX_LIST).contains(&inputs),
        Op::Constant { shape, .. } => inputs == usize::from(shape.contains(&None)),
        _ => inputs == wants,
    };
    if fits {
        return Ok(op);
    }
    let hint = match &op {
        Op::Pair { .. } => "two values in `from`, or one and `value`".to_owned(),
        Op::Attention => "queries, keys, values, and a mask where there is one".to_owned(),
        Op::Cat { .. } | Op::Einsum { .. } => "the values in `from`".to_owned(),
        _ => format!("{wants} in `from`"),
    };
    let detail = format!("`{name}` of {inputs} values");
    Err(Invalid::at("/from", into_count(inputs), detail, hint))
}

/// The operator and how many values it takes.
fn named(name: &str, raw: &mut RawNode) -> Result<(Op, usize), Invalid> {
    let axis = |raw: &mut RawNode, default: i64| raw.axis.take().unwrap_or(default);
    if let Some(name) = MAPS.iter().find(|known| **known == name) {
        let details = Details {
            axis: raw.axis.take(),
            axes: each_axis(raw.axes.take())?,
            shifts: raw.shifts.take(),
            value: scalar(raw.value.take())?,
            start: raw.start.take(),
            stop: raw.stop.take(),
            approximate: raw.approximate.take(),
        };
        return Ok((Op::Map { name, details }, 1));
    }
    if let Some(name) = PAIRS.iter().find(|known| **known == name) {
        let value = scalar(raw.value.take())?;
        let reversed = raw.reversed.take().unwrap_or(false);
        let pair = Op::Pair {
            name,
            value,
            reversed,
        };
        return Ok((pair, 2));
    }
    Ok(match name {
        "conv" | "conv_transpose" => (conv(name, raw)?, 1),
        "linear" => {
            let out = within("/out", needed("out", raw.out.take(), name)?, WIDTHS)?;
            let bias = raw.bias.take().unwrap_or(false);
            (Op::Linear { out, bias }, 1)
        }
        "norm" => (norm(raw)?, 1),
        "prelu" => {
            let shared = raw.shared.take().unwrap_or(false);
            (Op::Prelu { shared }, 1)
        }
        "param" => {
            let shape = whole_shape(raw, name)?;
            (Op::Parameter { shape }, 0)
        }
        "const" => {
            let (shape, value, how) = (shape(raw, name)?, raw.value.take(), raw.how.take());
            if let Some(Values::Each(list)) = &value
                && list.len() > MAX_LIST
            {
                let detail = format!("more than {MAX_LIST} numbers");
                let hint = "its shape alone: values change no count";
                return Err(Invalid::at("/value", into_count(list.len()), detail, hint));
            }
            (Op::Constant { shape, value, how }, 0)
        }
        "where" => (Op::Where, 3),
        "cat" => (Op::Cat { axis: axis(raw, 1) }, 2),
        "part" => {
            let of = within("/of", needed("of", raw.of.take(), name)?, WIDTHS)?;
            let index = needed("index", raw.index.take(), name)?;
            let index = within("/index", index, 0..=of - 1)?;
            let axis = axis(raw, 1);
            let (index, of) = (index.into(), of.into());
            (Op::Part { axis, index, of }, 1)
        }
        "slice" => {
            let slice = Op::Slice {
                axis: needed("axis", raw.axis.take(), name)?,
                start: whole("start", raw.start.take().unwrap_or(0.0))?,
                stop: raw
                    .stop
                    .take()
                    .map(|stop| whole("stop", stop))
                    .transpose()?,
                step: within("/step", raw.step.take().unwrap_or(Whole(1)), WIDTHS)?.into(),
            };
            (slice, 1)
        }
        "reduce" => (reduce(raw)?, 1),
        "max_pool" | "avg_pool" | "lp_pool" => {
            let kind = match name {
                "max_pool" => PoolKind::Max,
                "avg_pool" => PoolKind::Average,
                _ => PoolKind::Power,
            };
            let window = window(raw, true)?;
            let count_pad = raw.count_pad.take().unwrap_or(true);
            let pool = Op::Pool {
                kind,
                window,
                count_pad,
            };
            (pool, 1)
        }
        "global_avg_pool" | "global_max_pool" | "adaptive_avg_pool" | "adaptive_max_pool" => {
            let kind = if name.ends_with("max_pool") {
                PoolKind::Max
            } else {
                PoolKind::Average
            };
            let global = name.starts_with("global");
            let to = if global {
                PerAxis::All(1)
            } else {
                numbers("/to", needed("to", raw.to.take(), name)?, &KERNELS)?
            };
            (Op::Adaptive { kind, to, global }, 1)
        }
        "rearrange" => {
            let text = needed("as", raw.r#as.take(), name)?;
            let sizes = raw.sizes.take().unwrap_or_default();
            let mut checked = BTreeMap::new();
            for (axis, size) in sizes {
                let size = within(&format!("/sizes/{axis}"), size, 1..=u32::MAX)?;
                checked.insert(axis, u64::from(size));
            }
            let hint = "the notation of einops, such as `b (g c) h w -> b (c g) h w`";
            let pattern = Rearrange::new(&text, checked)
                .map_err(|detail| Invalid::at("/as", text, detail, hint))?;
            (Op::Rearrange(pattern), 1)
        }
        "repeat" => {
            let times = needed("times", raw.times.take(), name)?;
            let times = within("/times", times, WIDTHS)?.into();
            let axis = needed("axis", raw.axis.take(), name)?;
            (Op::Repeat { axis, times }, 1)
        }
        "expand" => (Op::Expand, 2),
        "matmul" => (Op::MatMul, 2),
        "attention" => (Op::Attention, 3),
        "einsum" => {
            let equation = needed("equation", raw.equation.take(), name)?;
            (Op::Einsum { equation }, 2)
        }
        "resize" => (resize(raw)?, 1),
        "pad" => {
            let value = scalar(raw.value.take())?;
            let pad = match padding(raw.pad.take())? {
                Padding::Ends(pad) if pad.len().is_multiple_of(2) => pad,
                _ => {
                    let hint =
                        "before each of the last axes, then after each, such as [0, 0, 1, 1]";
                    return Err(Invalid::at("/pad", (), "`pad` needs both ends", hint));
                }
            };
            let mode = raw.mode.take();
            (Op::Pad { pad, value, mode }, 1)
        }
        "unfold" => {
            let window = window(raw, true)?;
            (Op::Unfold { window }, 1)
        }
        "windows" => {
            let size = within("/size", needed("size", raw.size.take(), name)?, WIDTHS)?;
            let step = within("/step", raw.step.take().unwrap_or(Whole(1)), WIDTHS)?;
            let windows = Op::Windows {
                axis: needed("axis", raw.axis.take(), name)?,
                size: size.into(),
                step: step.into(),
            };
            (windows, 1)
        }
        "fold" => {
            let to = raw.to.take();
            let to = to.map(|to| numbers("/to", to, &WIDTHS)).transpose()?;
            let window = window(raw, true)?;
            (Op::Fold { to, window }, 1)
        }
        "index" => {
            let (axis, shape) = (axis(raw, 0), whole_shape(raw, name)?);
            (Op::Index { axis, shape }, 1)
        }
        _ => {
            let known: Vec<&str> = MAPS.iter().chain(&PAIRS).chain(&OTHERS).copied().collect();
            let detail = format!("the operator `{}` cannot be counted", shortened_text(name));
            return Err(Invalid::at("/op", name, detail, nearest(name, &known)));
        }
    })
}

fn conv(name: &str, raw: &mut RawNode) -> Result<Op, Invalid> {
    let out = within("/out", needed("out", raw.out.take(), name)?, WIDTHS)?;
    let window = window(raw, false)?;
    let transposed = if name == "conv_transpose" {
        let none = RawSizes::All(Whole(0));
        Some(numbers(
            "/out_pad",
            raw.out_pad.take().unwrap_or(none),
            &OPTIONAL_WIDTHS,
        )?)
    } else {
        None
    };
    Ok(Op::Conv(Conv {
        out,
        window,
        groups: within("/groups", raw.groups.take().unwrap_or(Whole(1)), WIDTHS)?,
        bias: raw.bias.take().unwrap_or(false),
        filter: raw.weight.take().unwrap_or_default(),
        gain: raw.gain.take().unwrap_or(false),
        value: scalar(raw.value.take())?,
        transposed,
    }))
}

fn norm(raw: &mut RawNode) -> Result<Op, Invalid> {
    let kind = raw.kind.take().unwrap_or_default();
    let affine = raw.affine.take().unwrap_or(if kind == NormKind::Rms {
        Affine::Scale
    } else {
        Affine::Both
    });
    let groups = match raw.groups.take() {
        None if kind == NormKind::Group => return needed("groups", None, "norm"),
        groups => within("/groups", groups.unwrap_or(Whole(1)), WIDTHS)?,
    };
    let axes = match raw.axes.take() {
        None => 1,
        Some(RawAxes::Last(axes)) => within("/axes", axes, 1..=8)?,
        Some(RawAxes::Each(_)) => {
            let hint = "how many of the last axes, such as 1";
            return Err(Invalid::at("/axes", (), "a list of axes", hint));
        }
    };
    Ok(Op::Norm {
        kind,
        affine,
        groups,
        axes,
    })
}

fn reduce(raw: &mut RawNode) -> Result<Op, Invalid> {
    const WORDS: [(&str, Reduction); 8] = [
        ("mean", Reduction::Mean),
        ("sum", Reduction::Sum),
        ("max", Reduction::Max),
        ("min", Reduction::Min),
        ("norm", Reduction::Norm),
        ("var", Reduction::Var),
        ("std", Reduction::Std),
        ("prod", Reduction::Prod),
    ];
    let word = raw.how.take().unwrap_or_else(|| "mean".to_owned());
    let Some((_, how)) = WORDS.iter().find(|(known, _)| *known == word) else {
        let detail = format!("`{}` is no way to reduce an axis", shortened_text(&word));
        let hint = nearest(&word, &WORDS.map(|(word, _)| word));
        return Err(Invalid::at("/how", word, detail, hint));
    };
    Ok(Op::Reduce {
        how: *how,
        axes: needed("axes", each_axis(raw.axes.take())?, "reduce")?,
        keep: raw.keep.take().unwrap_or(true),
    })
}

fn resize(raw: &mut RawNode) -> Result<Op, Invalid> {
    let to = match (raw.scale.take(), raw.to.take()) {
        (None, None) => Resized::Like,
        (None, Some(to)) => Resized::To(numbers("/to", to, &WIDTHS)?),
        (Some(scale), None) => {
            let by = match scale {
                RawScale::All(by) => vec![by],
                RawScale::Each(list) => list,
            };
            if by.is_empty() || by.len() > 3 || by.iter().any(|by| !(1e-3..=1e3).contains(by)) {
                let hint = "a number from 0.001 to 1000, or one for each spatial axis";
                return Err(Invalid::at(
                    "/scale",
                    (),
                    "a map does not grow by this",
                    hint,
                ));
            }
            Resized::By(by)
        }
        (Some(_), Some(_)) => {
            let hint = "either `scale` or `to`";
            return Err(Invalid::at("/to", (), "two sizes for one map", hint));
        }
    };
    let mode = raw.mode.take();
    Ok(Op::Resize { to, mode })
}

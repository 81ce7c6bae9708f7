//! The operator that a node is, with its fields.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::fields::{
    MAX_LIST, each_axis, needed, numbers, padding, scalar, shape, whole, whole_shape, window,
};
use super::op::{
    Affine, Conv, Details, MAPS, NormKind, OTHERS, Op, PAIRS, Padding, PerAxis, PoolKind,
    Reduction, Resized, Values,
};
use super::raw::{RawAxes, RawNode, RawScale, RawSizes};
use crate::json::{Invalid, nearest, shortened_text};
use crate::net::graph::rearrange::Rearrange;
use crate::net::limits::{KERNELS, OPTIONAL_WIDTHS, WIDTHS, within};
use crate::units::{Whole, to_u64};

/// The operator called `name`, of so many inputs; its fields are taken out of `raw`.
pub(super) fn operator(name: &str, raw: &mut RawNode, inputs: usize) -> Result<Op, Invalid> {
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
    Err(Invalid::at("/from", to_u64(inputs), detail, hint))
}

/// The operator and how many values it takes.
#[expect(clippy::too_many_lines, reason = "an arm for each operator")]
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
            let shape = whole_shape(raw, name)?.into();
            (Op::Parameter { shape }, 0)
        }
        "const" => {
            let (shape, value, how) = (shape(raw, name)?, raw.value.take(), raw.how.take());
            if let Some(Values::Each(list)) = &value
                && list.len() > MAX_LIST
            {
                let detail = format!("more than {MAX_LIST} numbers");
                let hint = "its shape alone: values change no count";
                return Err(Invalid::at("/value", to_u64(list.len()), detail, hint));
            }
            let shape = shape.into();
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
                PerAxis::all(1)
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
            (Op::Rearrange(Arc::new(pattern)), 1)
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
        axes: needed("axes", each_axis(raw.axes.take())?, "reduce")?.into(),
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

//! Operators on maps: pools, resizing, padding.

use super::constant::Constant;
use super::message::Node;
use super::net::{Net, op};
use crate::net::graph::op::Values;
use crate::net::graph::raw::{RawNode, RawPad, RawScale, RawSizes};
use crate::units::{Whole, to_f64, truncated};

/// Writes `node` where it is one of these.
pub(super) fn takes<'a>(net: &mut Net<'a>, node: &'a Node) -> Result<bool, String> {
    let name = match node.op.as_str() {
        "MaxPool" => "max_pool",
        "AveragePool" => "avg_pool",
        "LpPool" => "lp_pool",
        "GlobalAveragePool" | "GlobalMaxPool" => {
            let name = if node.op == "GlobalMaxPool" {
                "global_max_pool"
            } else {
                "global_avg_pool"
            };
            let at = net.operand(node, 0)?;
            if net.shape(at).len() != 4 {
                return Err("it is of a value that is no map".to_owned());
            }
            net.emit(node, op(name), &[at])?;
            return Ok(true);
        }
        "Resize" | "Upsample" => return resize(net, node).map(|()| true),
        "Pad" => return pad(net, node).map(|()| true),
        _ => return Ok(false),
    };
    pool(net, node, name)?;
    Ok(true)
}

fn counts(list: &[i64]) -> Result<Vec<Whole>, String> {
    let whole = |n: &i64| u64::try_from(*n).map(Whole);
    let counts: Result<Vec<Whole>, _> = list.iter().map(whole).collect();
    counts.map_err(|_| format!("{list:?} where counts are expected"))
}

/// One number where all are equal.
fn sizes(list: Vec<Whole>) -> Option<RawSizes> {
    let first = *list.first()?;
    Some(if list.iter().all(|n| *n == first) {
        RawSizes::All(first)
    } else {
        RawSizes::Each(list)
    })
}

/// Fills in the window of a convolution or a pool whose kernel has these sides.
pub(super) fn window(raw: &mut RawNode, node: &Node, kernel: &[u64]) -> Result<(), String> {
    let one = RawSizes::All(Whole(1));
    let is_pool = raw.op.as_deref().is_some_and(|op| op.ends_with("pool"));
    raw.kernel = sizes(kernel.iter().map(|n| Whole(*n)).collect());
    let stride = match node.wholes("strides") {
        Some(strides) => sizes(counts(strides)?),
        None => is_pool.then_some(one.clone()),
    };
    // The stride of a pool is its kernel where none is written.
    raw.stride = stride.filter(|stride| is_pool || *stride != one);
    let dilation = node
        .wholes("dilations")
        .map(counts)
        .transpose()?
        .and_then(sizes);
    raw.dilation = dilation.filter(|dilation| *dilation != one);
    raw.pad = match node.text("auto_pad") {
        Some("SAME_UPPER" | "SAME_LOWER") => Some(RawPad::Word("same".to_owned())),
        Some("VALID") => None,
        _ => node.wholes("pads").and_then(|pads| match pads {
            [] => None,
            [first, rest @ ..] if rest.iter().all(|n| n == first) => {
                let n = u64::try_from(*first).ok().filter(|n| *n > 0);
                n.map(|n| RawPad::All(Whole(n)))
            }
            pads => Some(RawPad::Each(pads.to_vec())),
        }),
    };
    Ok(())
}

fn pool<'a>(net: &mut Net<'a>, node: &'a Node, name: &str) -> Result<(), String> {
    let at = net.operand(node, 0)?;
    let kernel = node.wholes("kernel_shape").ok_or("it says of no window")?;
    let kernel: Vec<u64> = counts(kernel)?.into_iter().map(|Whole(n)| n).collect();
    if kernel.len() + 2 != net.shape(at).len() {
        return Err(format!(
            "a window of {} axes, and a value of {}",
            kernel.len(),
            net.shape(at).len()
        ));
    }
    let mut raw = op(name);
    window(&mut raw, node, &kernel)?;
    raw.ceil = (node.whole("ceil_mode") == Some(1)).then_some(true);
    let leaves_out = node.whole("count_include_pad") != Some(1);
    raw.count_pad = (name == "avg_pool" && raw.pad.is_some() && leaves_out).then_some(false);
    net.emit(node, raw, &[at])
}

#[expect(clippy::too_many_lines, reason = "one check after another")]
fn resize<'a>(net: &mut Net<'a>, node: &'a Node) -> Result<(), String> {
    let at = net.operand(node, 0)?;
    let shape = net.shape(at).to_vec();
    let rank = shape.len();
    if rank < 3 {
        return Err("it is of a value that is no map".to_owned());
    }
    let upsample = node.op == "Upsample" || net.opset < 11;
    let known = |k: usize| {
        net.constant(node, k)
            .and_then(|constant: &Constant| constant.values.clone())
    };
    let scales = known(if upsample { 1 } else { 2 });
    let scales = scales.or_else(|| node.reals("scales").map(<[f64]>::to_vec));
    let scales = scales.filter(|scales| !scales.is_empty());
    let lengths: Vec<u64> = match (scales, net.numbers(node, 3)?) {
        (Some(scales), _) if scales.len() == rank => {
            let along = shape.iter().zip(&scales);
            along
                .map(|(length, scale)| truncated(to_f64(*length) * scale))
                .collect()
        }
        (None, Some(sizes)) if sizes.len() == rank => {
            let whole = sizes.iter().map(|n| u64::try_from(*n));
            whole
                .collect::<Result<_, _>>()
                .map_err(|_| format!("sizes {sizes:?}"))?
        }
        _ => return Err("its scales or sizes are not known, or not one for each axis".to_owned()),
    };
    if lengths.get(..2) != shape.get(..2) {
        return Err(format!(
            "{:?} channels of {:?}",
            lengths.get(1),
            shape.get(1)
        ));
    }
    let by: Vec<f64> = lengths[2..]
        .iter()
        .zip(&shape[2..])
        .map(|(to, from)| to_f64(*to) / to_f64(*from))
        .collect();
    let fits = by.iter().zip(&shape[2..]).zip(&lengths[2..]);
    let exact = fits
        .clone()
        .all(|((by, from), to)| truncated(to_f64(*from) * by) == *to && (1e-3..=1e3).contains(by));
    let mode = node
        .text("mode")
        .filter(|mode| *mode != "nearest")
        .map(str::to_owned);
    let mut raw = RawNode {
        mode,
        ..op("resize")
    };
    if exact {
        let even = by
            .windows(2)
            .all(|two| two[0].to_bits() == two[1].to_bits());
        raw.scale = Some(match by.first() {
            Some(first) if even => RawScale::All(*first),
            _ => RawScale::Each(by),
        });
    } else {
        raw.to = sizes(lengths[2..].iter().map(|n| Whole(*n)).collect());
    }
    net.emit(node, raw, &[at])
}

fn pad<'a>(net: &mut Net<'a>, node: &'a Node) -> Result<(), String> {
    let at = net.operand(node, 0)?;
    let rank = net.shape(at).len();
    let pads = net
        .numbers(node, 1)?
        .or_else(|| node.wholes("pads").map(<[i64]>::to_vec));
    let pads = pads.ok_or("it says not how far")?;
    let axes = match net.numbers(node, 3)? {
        None => (0..rank).collect(),
        Some(axes) => {
            let places: Option<Vec<usize>> = axes
                .iter()
                .map(|axis| super::constant::place(*axis, rank))
                .collect();
            places.ok_or("an axis that is not there")?
        }
    };
    if pads.len() != 2 * axes.len() {
        return Err(format!("{} numbers for {} axes", pads.len(), axes.len()));
    }
    let (mut before, mut after) = (vec![0; rank], vec![0; rank]);
    for (i, axis) in axes.iter().enumerate() {
        (before[*axis], after[*axis]) = (pads[i], pads[axes.len() + i]);
    }
    let first = (0..rank).find(|i| before[*i] != 0 || after[*i] != 0);
    let Some(first) = first else {
        net.put(node, 0, at);
        return Ok(());
    };
    // A pattern of three axes at most.
    if rank - first > 3 {
        return Err(format!("it pads {} axes", rank - first));
    }
    let value = net
        .constant(node, 2)
        .and_then(Constant::one)
        .or(node.real("value"));
    let value = value
        .filter(|value| value.is_finite() && *value != 0.0)
        .map(Values::One);
    let mode = match node.text("mode") {
        Some("reflect") => Some("reflect"),
        Some("edge") => Some("replicate"),
        Some("wrap") => Some("circular"),
        _ => None,
    };
    let raw = RawNode {
        pad: Some(RawPad::Each([&before[first..], &after[first..]].concat())),
        value,
        mode: mode.map(str::to_owned),
        ..op("pad")
    };
    net.emit(node, raw, &[at])
}

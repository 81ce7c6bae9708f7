//! Operators with weights: convolutions, linear layers, norms.

use super::constant::{Constant, Weight, place, product};
use super::message::Node;
use super::net::{At, Net, op};
use super::view::{Batch, Place};
use super::windows::window;
use crate::net::graph::op::{Affine, Filter, NormKind};
use crate::net::graph::raw::{RawAxes, RawNode, RawSizes};
use crate::units::Whole;

/// Writes `node` where it is one of these.
pub(super) fn takes<'a>(net: &mut Net<'a>, node: &'a Node) -> Result<bool, String> {
    match node.op.as_str() {
        "Conv" | "ConvTranspose" => conv(net, node)?,
        "Gemm" => gemm(net, node)?,
        "MatMul" => matmul(net, node)?,
        "BatchNormalization" => norm(net, node, NormKind::Batch, None)?,
        "InstanceNormalization" => norm(net, node, NormKind::Instance, None)?,
        "GroupNormalization" => {
            let groups = node.whole("num_groups").and_then(|n| u64::try_from(n).ok());
            norm(net, node, NormKind::Group, groups)?;
        }
        "LayerNormalization" => over_last(net, node, NormKind::Layer)?,
        "SimplifiedLayerNormalization" | "RMSNormalization" => over_last(net, node, NormKind::Rms)?,
        "PRelu" => {
            let at = net.operand(node, 0)?;
            let weight = weight(net, node, 1)?;
            net.stands_at(&weight.name);
            let elements = product(&weight.dims);
            let shared = (elements == 1).then_some(true);
            let channels = net.shape(at).get(1).copied().unwrap_or(1);
            if shared.is_none() && elements != channels {
                return Err(format!("{elements} slopes of {channels} channels"));
            }
            net.emit(
                node,
                RawNode {
                    shared,
                    ..op("prelu")
                },
                &[at],
            )?;
        }
        "Attention" => attention(net, node)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn weight(net: &Net, node: &Node, k: usize) -> Result<Weight, String> {
    net.weight(node, k).ok_or_else(|| {
        let name = node.input(k).unwrap_or_default();
        format!("its weight `{name}` depends on the image")
    })
}

/// Whether the `k`-th input is a bias.
fn has_bias(net: &Net, node: &Node, k: usize) -> Result<bool, String> {
    match node.input(k) {
        None => Ok(false),
        Some(name) => net
            .weight(node, k)
            .map(|_| true)
            .ok_or_else(|| format!("its bias `{name}` depends on the image")),
    }
}

#[expect(clippy::too_many_lines, reason = "one check after another")]
fn conv<'a>(net: &mut Net<'a>, node: &'a Node) -> Result<(), String> {
    let at = net.operand(node, 0)?;
    let weight = weight(net, node, 1)?;
    let dims = weight.dims.clone();
    let [first, second, kernel @ ..] = dims.as_slice() else {
        return Err(format!("its weight has {} axes", dims.len()));
    };
    if kernel.is_empty() || kernel.len() + 2 != net.shape(at).len() {
        let (has, wants) = (net.shape(at).len(), dims.len());
        return Err(format!("a weight of {wants} axes, and a value of {has}"));
    }
    net.stands_at(&weight.name);
    let groups = node.whole("group").unwrap_or(1);
    let groups = u64::try_from(groups)
        .ok()
        .filter(|groups| *groups > 0)
        .ok_or("no groups")?;
    let transposed = node.op == "ConvTranspose";
    let out = if transposed {
        second.saturating_mul(groups)
    } else {
        *first
    };
    let inputs = net.shape(at).get(1).copied().unwrap_or(0);
    let wants = if transposed {
        *first
    } else {
        second.saturating_mul(groups)
    };
    if inputs != wants {
        return Err(format!(
            "a weight for {wants} channels, and {inputs} of them"
        ));
    }
    let bias = has_bias(net, node, 2)?;
    let mut raw = RawNode {
        out: Some(Whole(out)),
        groups: (groups > 1).then_some(Whole(groups)),
        bias: bias.then_some(true),
        ..op(if transposed { "conv_transpose" } else { "conv" })
    };
    if !net.is_learned(&weight.name) {
        raw.weight = Some(Filter::Fixed);
    } else if weight.steps > 0 && !weight.others.is_empty() {
        raw.weight = Some(Filter::Standardized);
        raw.gain = weight.others.contains(&out).then_some(true);
    }
    raw.tied = net.shares(&weight.name);
    window(&mut raw, node, kernel)?;
    if transposed {
        if node.wholes("output_shape").is_some() {
            return Err("the shape that it is to have is told, and no padding follows".to_owned());
        }
        let added = node.wholes("output_padding").unwrap_or_default();
        let added: Result<Vec<Whole>, _> =
            added.iter().map(|n| u64::try_from(*n).map(Whole)).collect();
        let added = added.map_err(|_| "a padding below nothing")?;
        raw.out_pad = added
            .iter()
            .any(|n| *n != Whole(0))
            .then_some(RawSizes::Each(added));
    }
    net.emit(node, raw, &[at])
}

/// A matrix product as a linear layer, where the matrix is a weight of its own.
fn linear<'a>(
    net: &mut Net<'a>,
    node: &'a Node,
    at: At,
    weight: &Weight,
    layer: (u64, bool),
) -> Result<(), String> {
    let (out, bias) = layer;
    net.stands_at(&weight.name);
    let raw = RawNode {
        out: Some(Whole(out)),
        bias: bias.then_some(true),
        tied: net.shares(&weight.name),
        ..op("linear")
    };
    net.emit(node, raw, &[at])
}

/// Whether a weight of these lengths is a matrix of parameters that no other layer has.
fn is_matrix(net: &Net, weight: &Weight) -> bool {
    let whole = product(&weight.dims);
    weight.dims.len() == 2
        && weight.elements == whole
        && weight.others.is_empty()
        && net.is_learned(&weight.name)
}

fn gemm<'a>(net: &mut Net<'a>, node: &'a Node) -> Result<(), String> {
    let turned = |name: &str| node.whole(name) == Some(1);
    let mut at = net.operand(node, 0)?;
    if turned("transA") {
        at = super::views::permuted(net, at, &[1, 0])?;
    }
    let weight = net.weight(node, 1);
    if let Some(weight) = weight
        && is_matrix(net, &weight)
    {
        let (inputs, out) = match weight.dims.as_slice() {
            [out, inputs] if turned("transB") => (*inputs, *out),
            [inputs, out] => (*inputs, *out),
            _ => (0, 0),
        };
        let has = net.shape(at).last().copied().unwrap_or(0);
        if has != inputs {
            return Err(format!("a weight for {inputs} channels, and {has} of them"));
        }
        let row = net
            .weight(node, 2)
            .is_some_and(|bias| product(&bias.dims) == out);
        linear(net, node, at, &weight, (out, row))?;
        if !row && node.input(2).is_some() {
            let so_far = net.made(node)?;
            let other = net.operand(node, 2)?;
            net.emit(node, op("add"), &[so_far, other])?;
        }
        return Ok(());
    }
    let mut other = net.operand(node, 1)?;
    if turned("transB") {
        other = super::views::permuted(net, other, &[1, 0])?;
    }
    net.emit(node, op("matmul"), &[at, other])?;
    if node.input(2).is_some() {
        let so_far = net.made(node)?;
        let other = net.operand(node, 2)?;
        net.emit(node, op("add"), &[so_far, other])?;
    }
    Ok(())
}

fn matmul<'a>(net: &mut Net<'a>, node: &'a Node) -> Result<(), String> {
    let bias = net.bias.take();
    let at = net.operand(node, 0)?;
    if let Some(weight) = net.weight(node, 1)
        && is_matrix(net, &weight)
    {
        let (inputs, out) = (weight.dims[0], weight.dims[1]);
        let has = net.shape(at).last().copied().unwrap_or(0);
        if has != inputs {
            return Err(format!("a weight for {inputs} channels, and {has} of them"));
        }
        let row = bias.is_some_and(|name| net.stored(name).is_some_and(|row| row.dims == [out]));
        linear(net, node, at, &weight, (out, row))?;
        return match bias {
            Some(bias) if !row => added(net, node, bias),
            _ => Ok(()),
        };
    }
    let mut other = net.operand(node, 1)?;
    // A row or a column is a matrix of one.
    if net.shape(at).len() == 1 || net.shape(other).len() == 1 {
        let length = net.shape(other).to_vec();
        let [length] = length.as_slice() else {
            return Err("a product of a row with a matrix".to_owned());
        };
        other = super::views::reshaped(net, other, &[*length, 1])?;
        let value = net.push(op("matmul"), &[at, other])?;
        let shape = net.shape(At { value, batch: None }).to_vec();
        let product = At {
            value,
            batch: at.batch,
        };
        let row = super::views::reshaped(net, product, &shape[..shape.len() - 1])?;
        net.put(node, 0, row);
    } else {
        net.emit(node, op("matmul"), &[at, other])?;
    }
    match bias {
        Some(bias) => added(net, node, bias),
        None => Ok(()),
    }
}

/// The value of `node`, to which the row `bias` is added.
fn added<'a>(net: &mut Net<'a>, node: &'a Node, bias: &'a str) -> Result<(), String> {
    let so_far = net.made(node)?;
    let row = net.entered(bias)?;
    net.emit(node, op("add"), &[so_far, row])
}

/// Whether what a norm multiplies by and adds is learned: exporters write ones and zeros where it is not.
fn affine(net: &Net, node: &Node) -> Affine {
    let plain = |k: usize, number: f64| {
        let constant = net.constant(node, k);
        let all = |values: &Vec<f64>| values.iter().all(|value| (value - number).abs() < 1e-12);
        let is_named = node.input(k).and_then(super::tensor::module).is_some();
        !is_named
            && constant
                .and_then(|constant: &Constant| constant.values.as_ref())
                .is_some_and(all)
    };
    match (node.input(1), node.input(2)) {
        (None, _) => Affine::None,
        (Some(_), None) => Affine::Scale,
        _ if plain(1, 1.0) && plain(2, 0.0) => Affine::None,
        _ if plain(2, 0.0) => Affine::Scale,
        _ => Affine::Both,
    }
}

fn norm<'a>(
    net: &mut Net<'a>,
    node: &'a Node,
    kind: NormKind,
    groups: Option<u64>,
) -> Result<(), String> {
    let at = net.operand(node, 0)?;
    let affine = affine(net, node);
    if affine != Affine::None && net.weight(node, 1).is_none() {
        return Err("its scale depends on the image".to_owned());
    }
    if let Some(name) = node.input(1) {
        net.stands_at(name);
    }
    let raw = RawNode {
        kind: (kind != NormKind::Batch).then_some(kind),
        affine: (affine != Affine::Both).then_some(affine),
        groups: groups.map(Whole),
        tied: node.input(1).and_then(|name| net.shares(name)),
        ..op("norm")
    };
    net.emit(node, raw, &[at])
}

fn over_last<'a>(net: &mut Net<'a>, node: &'a Node, kind: NormKind) -> Result<(), String> {
    let at = net.operand(node, 0)?;
    let rank = net.shape(at).len();
    let first = place(node.whole("axis").unwrap_or(-1), rank);
    let first = first.ok_or("it is over an axis that is not there")?;
    let axes = u64::try_from(rank - first).unwrap_or(1);
    let affine = affine(net, node);
    if let Some(name) = node.input(1) {
        net.stands_at(name);
    }
    let usual = if kind == NormKind::Rms {
        Affine::Scale
    } else {
        Affine::Both
    };
    let raw = RawNode {
        kind: Some(kind),
        affine: (affine != usual).then_some(affine),
        axes: (axes > 1).then_some(RawAxes::Last(Whole(axes))),
        tied: node.input(1).and_then(|name| net.shares(name)),
        ..op("norm")
    };
    net.emit(node, raw, &[at])
}

/// Queries, keys and values in heads, or side by side on the last axis.
fn attention<'a>(net: &mut Net<'a>, node: &'a Node) -> Result<(), String> {
    let mut from = Vec::new();
    for k in 0..node.inputs.len().min(4) {
        if node.input(k).is_some() {
            from.push(net.operand(node, k)?);
        }
    }
    let heads = |name: &str| {
        node.whole(name)
            .and_then(|n| u64::try_from(n).ok())
            .filter(|n| *n > 0)
    };
    let apart = [
        heads("q_num_heads"),
        heads("kv_num_heads"),
        heads("kv_num_heads"),
    ];
    let mut joined = None;
    for (at, heads) in from.iter_mut().zip(apart) {
        let shape = net.shape(*at).to_vec();
        if let ([batch, length, width], Some(heads)) = (shape.as_slice(), heads) {
            joined = joined.or(Some((*batch, *length)));
            let split = super::views::reshaped(net, *at, &[*batch, *length, heads, width / heads])?;
            *at = super::views::permuted(net, split, &[0, 2, 1, 3])?;
        }
    }
    net.emit(node, op("attention"), &from)?;
    let Some((batch, length)) = joined else {
        return Ok(());
    };
    let made = net.made(node)?;
    let turned = super::views::permuted(net, made, &[0, 2, 1, 3])?;
    let width = net.shape(turned).iter().skip(2).product();
    let at = super::views::reshaped(net, turned, &[batch, length, width])?;
    let batch = Some(Batch {
        axis: 0,
        place: Place::Alone,
    });
    net.put(node, 0, At { batch, ..at });
    Ok(())
}

//! Operators that move elements: reshapes, transpositions, cuts, joins.

use super::constant::{
    Cut, bounds, cuts, place, reshaped as shape_of, slice_lists, squeezed, unsqueezed,
};
use super::message::Node;
use super::net::{At, Net, op};
use super::view::{Batch, View};
use crate::net::graph::raw::{RawAxes, RawNode};
use crate::units::Whole;

/// Writes `node` where it is one of these.
pub(super) fn takes<'a>(net: &mut Net<'a>, node: &'a Node) -> Result<bool, String> {
    match node.op.as_str() {
        "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" => {
            let at = net.operand(node, 0)?;
            let shape = new_shape(net, node, at)?;
            let at = reshaped(net, at, &shape)?;
            net.put(node, 0, at);
        }
        "Transpose" => {
            let at = net.operand(node, 0)?;
            let order = super::constant::permutation(node, net.shape(at).len());
            let at = permuted(net, at, &order.ok_or("an order of axes that is none")?)?;
            net.put(node, 0, at);
        }
        "Slice" => slice(net, node)?,
        "Split" => split(net, node)?,
        "Gather" => gather(net, node)?,
        "Concat" => {
            let from = (0..node.inputs.len()).map(|k| net.operand(node, k));
            let from = from.collect::<Result<Vec<At>, String>>()?;
            let axis = node.whole("axis").unwrap_or(1);
            let raw = RawNode {
                axis: (axis != 1).then_some(axis),
                ..op("cat")
            };
            net.emit(node, raw, &from)?;
        }
        "Expand" => {
            let at = net.operand(node, 0)?;
            let wanted = net.numbers(node, 1)?.unwrap_or_default();
            let at = expanded(net, at, &wanted)?;
            net.put(node, 0, at);
        }
        "Tile" => {
            let mut at = net.operand(node, 0)?;
            let times = net.numbers(node, 1)?.unwrap_or_default();
            for (axis, times) in times.iter().enumerate() {
                at = repeated(net, at, axis, *times)?;
            }
            net.put(node, 0, at);
        }
        // Entries that are written over by constants; their number stays.
        "ScatterND" if net.is_constant(node, 1) && net.is_constant(node, 2) => {
            let at = net.operand(node, 0)?;
            net.put(node, 0, at);
        }
        "DepthToSpace" | "SpaceToDepth" => blocks(net, node)?,
        "Einsum" => einsum(net, node)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn new_shape(net: &Net, node: &Node, at: At) -> Result<Vec<u64>, String> {
    let dims = net.shape(at);
    let axes = net.numbers(node, 1)?;
    let named = || node.wholes("axes").map(<[i64]>::to_vec);
    let shape = match node.op.as_str() {
        "Reshape" => {
            let target = axes
                .or_else(|| node.wholes("shape").map(<[i64]>::to_vec))
                .unwrap_or_default();
            let shape = shape_of(dims, &target, node.whole("allowzero") == Some(1));
            return shape.ok_or_else(|| format!("{dims:?} in the shape {target:?}"));
        }
        "Squeeze" => squeezed(dims, axes.or_else(named).as_deref()),
        "Unsqueeze" => unsqueezed(dims, &axes.or_else(named).unwrap_or_default()),
        _ => {
            let first = node.whole("axis").unwrap_or(1);
            let end = i64::try_from(dims.len()).ok() == Some(first);
            let until = if end {
                Some(dims.len())
            } else {
                place(first, dims.len())
            };
            until.map(|until| {
                vec![
                    dims[..until].iter().product(),
                    dims[until..].iter().product(),
                ]
            })
        }
    };
    shape.ok_or_else(|| format!("axes of {dims:?} that are not there"))
}

fn view(net: &mut Net, at: At, view: Option<View>) -> Result<At, String> {
    let view = view.ok_or_else(|| format!("a view of {:?} that no pattern says", net.shape(at)))?;
    let raw = RawNode {
        r#as: Some(view.text),
        sizes: (!view.sizes.is_empty()).then_some(view.sizes),
        ..op("rearrange")
    };
    let value = net.push(raw, &[at])?;
    Ok(At {
        value,
        batch: view.batch,
    })
}

/// `at` in another shape of as many elements.
pub(super) fn reshaped(net: &mut Net, at: At, shape: &[u64]) -> Result<At, String> {
    if net.shape(at) == shape {
        return Ok(at);
    }
    let mut windows = std::mem::take(&mut net.windows);
    let between = net.axes(at).halfway(shape);
    let mut step = |net: &mut Net, at: At, shape: &[u64]| {
        let pattern = net.axes(at).reshaped(shape, &mut windows);
        view(net, at, pattern)
    };
    let done = match between {
        None => step(net, at, shape),
        Some(between) => step(net, at, &between).and_then(|at| step(net, at, shape)),
    };
    net.windows = windows;
    done
}

/// `at` with its axes in another order.
pub(super) fn permuted(net: &mut Net, at: At, order: &[usize]) -> Result<At, String> {
    if order.len() != net.shape(at).len() {
        return Err(format!(
            "an order of {} axes for {:?}",
            order.len(),
            net.shape(at)
        ));
    }
    if order.iter().enumerate().all(|(i, axis)| i == *axis) {
        return Ok(at);
    }
    let pattern = net.axes(at).permuted(order);
    view(net, at, pattern)
}

fn repeated(net: &mut Net, at: At, axis: usize, times: i64) -> Result<At, String> {
    let times = u64::try_from(times).ok().filter(|times| *times > 0);
    let times = times.ok_or("it is repeated no times")?;
    if times == 1 {
        return Ok(at);
    }
    let raw = RawNode {
        axis: i64::try_from(axis).ok(),
        times: Some(Whole(times)),
        ..op("repeat")
    };
    let value = net.push(raw, &[at])?;
    Ok(At { value, ..at })
}

/// `at` with its axes of one as long as is wanted.
fn expanded(net: &mut Net, at: At, wanted: &[i64]) -> Result<At, String> {
    let mut at = at;
    let rank = net.shape(at).len();
    if wanted.len() > rank {
        let mut shape = vec![1; wanted.len() - rank];
        shape.extend_from_slice(net.shape(at));
        at = reshaped(net, at, &shape)?;
    }
    let missing = net.shape(at).len() - wanted.len();
    // As long as another value is better told by that value: it may be of another length at another resolution.
    if let Some(like) = net.shaped(at, wanted) {
        let value = net.push(op("expand"), &[at, like])?;
        return Ok(At { value, ..at });
    }
    for (i, length) in wanted.iter().enumerate() {
        let axis = missing + i;
        // Others stay as they are.
        if net.shape(at)[axis] == 1 && *length != -1 {
            at = repeated(net, at, axis, *length)?;
        }
    }
    Ok(at)
}

fn cut(net: &mut Net, at: At, cut: &Cut) -> Result<At, String> {
    let length = net.shape(at)[cut.axis];
    let (start, stop) = bounds((cut.start, cut.stop), cut.step, length);
    let whole = i64::try_from(length).unwrap_or(i64::MAX);
    let axis = i64::try_from(cut.axis).ok();
    if cut.step < 0 {
        if cut.step != -1 || start != whole - 1 || stop != -1 {
            return Err("it goes backwards over part of an axis".to_owned());
        }
        let flipped = axis.map(|axis| RawAxes::Each(vec![axis]));
        let raw = RawNode {
            axes: flipped,
            ..op("flip")
        };
        let value = net.push(raw, &[at])?;
        return Ok(At { value, ..at });
    }
    if start == 0 && stop == whole && cut.step == 1 {
        return Ok(at);
    }
    // What is told from the end stays so at another resolution.
    let start = if cut.start < 0 && start > 0 {
        cut.start
    } else {
        start
    };
    let end = if cut.stop < 0 { cut.stop } else { stop };
    let raw = RawNode {
        axis,
        start: (start != 0).then(|| super::tensor::real(start)),
        stop: (stop != whole).then(|| super::tensor::real(end)),
        step: u64::try_from(cut.step)
            .ok()
            .filter(|step| *step != 1)
            .map(Whole),
        ..op("slice")
    };
    let value = net.push(raw, &[at])?;
    Ok(At { value, ..at })
}

fn slice<'a>(net: &mut Net<'a>, node: &'a Node) -> Result<(), String> {
    let mut at = net.operand(node, 0)?;
    let lists = slice_lists(node, |k| net.constant(node, k));
    let lists = lists.ok_or("where it cuts depends on the image")?;
    let rank = net.shape(at).len();
    for one in cuts(&lists, rank).ok_or("it does not say where it cuts")? {
        at = cut(net, at, &one)?;
    }
    net.put(node, 0, at);
    Ok(())
}

fn split<'a>(net: &mut Net<'a>, node: &'a Node) -> Result<(), String> {
    let at = net.operand(node, 0)?;
    let axis = place(node.whole("axis").unwrap_or(0), net.shape(at).len());
    let axis = axis.ok_or("an axis that is not there")?;
    let (length, count) = (
        net.shape(at)[axis],
        u64::try_from(node.outputs.len().max(1)).unwrap_or(1),
    );
    let told = net
        .numbers(node, 1)?
        .or_else(|| node.wholes("split").map(<[i64]>::to_vec));
    let each = length.div_ceil(count);
    let parts: Vec<u64> = match told {
        Some(told) if !told.is_empty() => {
            let whole = told.iter().map(|n| u64::try_from(*n));
            whole
                .collect::<Result<_, _>>()
                .map_err(|_| format!("parts {told:?}"))?
        }
        _ => (0..count)
            .map(|i| each.min(length.saturating_sub(i.saturating_mul(each))))
            .collect(),
    };
    let whole = parts
        .iter()
        .try_fold(0_u64, |all, part| all.checked_add(*part));
    if parts.len() != node.outputs.len() || whole != Some(length) {
        return Err(format!("parts {parts:?} of {length}"));
    }
    let even = parts.iter().all(|part| *part == parts[0]);
    let along = i64::try_from(axis).unwrap_or(0);
    let mut start = 0;
    for (k, part) in parts.iter().enumerate() {
        let stop = start + i64::try_from(*part).unwrap_or(0);
        let value = if even {
            let raw = RawNode {
                axis: (along != 1).then_some(along),
                index: u64::try_from(k).ok().map(Whole),
                of: Some(Whole(count)),
                ..op("part")
            };
            At {
                value: net.push(raw, &[at])?,
                ..at
            }
        } else {
            cut(net, at, &Cut::of(axis, start..stop))?
        };
        net.put(node, k, value);
        start = stop;
    }
    Ok(())
}

/// Entries of a table, or one of an axis.
fn gather<'a>(net: &mut Net<'a>, node: &'a Node) -> Result<(), String> {
    let at = net.operand(node, 0)?;
    let axis = place(node.whole("axis").unwrap_or(0), net.shape(at).len());
    let axis = axis.ok_or("an axis that is not there")?;
    let Some(indices) = net.constant(node, 1).cloned() else {
        return Err("which entries it takes depends on the image, or on weights".to_owned());
    };
    let places = indices.as_wholes().unwrap_or_default();
    let row = (1..places.len())
        .all(|i| places[i] == places[0].saturating_add(i64::try_from(i).unwrap_or(0)));
    if let (Some(first), Some(last), true) =
        (places.first(), places.last(), row && indices.dims.len() < 2)
    {
        let stop = if *last == -1 {
            i64::MAX
        } else {
            last.saturating_add(1)
        };
        let mut taken = cut(net, at, &Cut::of(axis, *first..stop))?;
        if indices.dims.is_empty() {
            let mut shape = net.shape(taken).to_vec();
            shape.remove(axis);
            taken = reshaped(net, taken, &shape)?;
            taken.batch = moved(at.batch, axis, 0);
        }
        net.put(node, 0, taken);
        return Ok(());
    }
    let raw = RawNode {
        axis: i64::try_from(axis).ok().filter(|axis| *axis != 0),
        shape: Some(indices.dims.iter().map(|n| Some(Whole(*n))).collect()),
        ..op("index")
    };
    let value = net.push(raw, &[at])?;
    let batch = moved(at.batch, axis, indices.dims.len());
    net.put(node, 0, At { value, batch });
    Ok(())
}

/// Where the batch stands once `axis` has become so many.
fn moved(batch: Option<Batch>, axis: usize, many: usize) -> Option<Batch> {
    let batch = batch.filter(|batch| batch.axis != axis)?;
    let after = if batch.axis > axis {
        batch.axis + many - 1
    } else {
        batch.axis
    };
    Some(Batch {
        axis: after,
        ..batch
    })
}

/// Blocks of positions become channels, or back.
fn blocks<'a>(net: &mut Net<'a>, node: &'a Node) -> Result<(), String> {
    let at = net.operand(node, 0)?;
    let side = node.whole("blocksize").and_then(|n| u64::try_from(n).ok());
    let side = Whole(side.ok_or("it says of no size")?);
    let pattern = match (node.op.as_str(), node.text("mode")) {
        ("SpaceToDepth", _) => "b c (h p) (w q) -> b (p q c) h w",
        (_, Some("CRD")) => "b (c p q) h w -> b c (h p) (w q)",
        _ => "b (p q c) h w -> b c (h p) (w q)",
    };
    let raw = RawNode {
        r#as: Some(pattern.to_owned()),
        sizes: Some([("p".to_owned(), side), ("q".to_owned(), side)].into()),
        ..op("rearrange")
    };
    net.emit(node, raw, &[at])
}

fn einsum<'a>(net: &mut Net<'a>, node: &'a Node) -> Result<(), String> {
    let from = (0..node.inputs.len()).map(|k| net.operand(node, k));
    let from = from.collect::<Result<Vec<At>, String>>()?;
    let written: String = node
        .text("equation")
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let equation = if written.contains("->") {
        written
    } else {
        let letters = written.chars().filter(char::is_ascii_alphabetic);
        let once = |letter: &char| written.matches(*letter).count() == 1;
        let mut output: Vec<char> = letters.filter(once).collect();
        output.sort_unstable();
        format!("{written}->{}", output.into_iter().collect::<String>())
    };
    let raw = RawNode {
        equation: Some(equation),
        ..op("einsum")
    };
    let value = net.push(raw, &from)?;
    net.put(node, 0, At { value, batch: None });
    Ok(())
}

//! Numbers that a net computes of its shapes alone: where to cut, how to reshape, how far to pad.

use super::constant::{
    Constant, Cut, bounds, cuts, permutation, place, reshaped, slice_lists, squeezed, unsqueezed,
};
use super::message::Node;
use super::tensor::real;

/// Most elements that are computed.
const MOST: usize = 4096;

fn short(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// Elements of a value of these lengths, where they are few.
fn few(dims: &[u64]) -> Option<usize> {
    let all = dims.iter().try_fold(1_u64, |all, n| all.checked_mul(*n))?;
    usize::try_from(all).ok().filter(|all| *all <= MOST)
}

/// The shape that values of two shapes have together.
fn broadcast(a: &[u64], b: &[u64]) -> Option<Vec<u64>> {
    let rank = a.len().max(b.len());
    let at = |dims: &[u64], i: usize| {
        let missing = rank - dims.len();
        if i < missing { 1 } else { dims[i - missing] }
    };
    let axis = |i| match (at(a, i), at(b, i)) {
        (1, n) | (n, 1) => Some(n),
        (n, m) => (n == m).then_some(n),
    };
    (0..rank).map(axis).collect()
}

/// The coordinates of the `flat`-th element of a value of lengths `dims`.
fn coordinates(mut flat: usize, dims: &[u64]) -> Vec<usize> {
    let mut found = vec![0; dims.len()];
    for (slot, length) in found.iter_mut().zip(dims).rev() {
        let length = short(*length).max(1);
        *slot = flat % length;
        flat /= length;
    }
    found
}

/// The place of an element, of which further axes on the left are left out and axes of one are spread.
fn flat(coordinates: &[usize], dims: &[u64]) -> usize {
    let skipped = coordinates.len() - dims.len();
    dims.iter()
        .zip(&coordinates[skipped..])
        .fold(0, |all, (length, at)| {
            let length = short(*length);
            all * length + if length == 1 { 0 } else { *at }
        })
}

/// A value of lengths `dims`, each of whose elements is one of `from`.
fn gathered(
    from: &Constant,
    dims: Vec<u64>,
    source: impl Fn(&[usize]) -> Option<usize>,
) -> Option<Constant> {
    let values = from.known()?;
    let all = few(&dims)?;
    let element = |i| values.get(source(&coordinates(i, &dims))?).copied();
    let values = (0..all).map(element).collect::<Option<Vec<f64>>>()?;
    Some(Constant {
        dims,
        values: Some(values),
        whole: from.whole,
        learned: false,
    })
}

fn spread(from: &Constant, dims: &[u64]) -> Option<Constant> {
    gathered(from, dims.to_vec(), |at| Some(flat(at, &from.dims)))
}

fn slice(from: &Constant, lists: &[Option<Vec<i64>>; 4]) -> Option<Constant> {
    let mut found = from.clone();
    for cut in cuts(lists, from.dims.len())? {
        let Cut { axis, step, .. } = cut;
        let (start, stop) = bounds((cut.start, cut.stop), step, found.dims[axis]);
        let span = if step > 0 { stop - start } else { start - stop };
        let count = u64::try_from(span)
            .unwrap_or(0)
            .div_ceil(step.unsigned_abs());
        let mut dims = found.dims.clone();
        dims[axis] = count;
        let old = found.dims.clone();
        found = gathered(&found, dims, |at| {
            let mut at = at.to_vec();
            let along = start.checked_add(i64::try_from(at[axis]).ok()?.checked_mul(step)?)?;
            at[axis] = usize::try_from(along).ok()?;
            Some(flat(&at, &old))
        })?;
    }
    Some(found)
}

fn concatenated(parts: &[&Constant], axis: i64) -> Option<Constant> {
    let first = parts.first()?;
    let axis = place(axis, first.dims.len())?;
    let mut dims = first.dims.clone();
    dims[axis] = 0;
    for part in parts {
        let same = |i: usize| i == axis || part.dims.get(i) == first.dims.get(i);
        if part.dims.len() != dims.len() || !(0..dims.len()).all(same) {
            return None;
        }
        dims[axis] = dims[axis].checked_add(part.dims[axis])?;
    }
    let element = |i| {
        let mut at = coordinates(i, &dims);
        for part in parts {
            let length = short(part.dims[axis]);
            if at[axis] < length {
                return part.known()?.get(flat(&at, &part.dims)).copied();
            }
            at[axis] -= length;
        }
        None
    };
    let values = (0..few(&dims)?)
        .map(element)
        .collect::<Option<Vec<f64>>>()?;
    Some(Constant {
        values: Some(values),
        whole: first.whole,
        learned: false,
        dims,
    })
}

fn gather(from: &Constant, indices: &Constant, axis: i64) -> Option<Constant> {
    let axis = place(axis, from.dims.len())?;
    let (chosen, length) = (indices.as_wholes()?, from.dims[axis]);
    let mut dims = from.dims[..axis].to_vec();
    dims.extend(&indices.dims);
    dims.extend(&from.dims[axis + 1..]);
    let rank = indices.dims.len();
    gathered(from, dims, |at| {
        let index = *chosen.get(flat(&at[axis..axis + rank], &indices.dims))?;
        let index = if index < 0 {
            index.checked_add(i64::try_from(length).ok()?)?
        } else {
            index
        };
        let index = usize::try_from(index)
            .ok()
            .filter(|index| *index < short(length))?;
        let mut source = at[..axis].to_vec();
        source.push(index);
        source.extend(&at[axis + rank..]);
        Some(flat(&source, &from.dims))
    })
}

fn reduced(from: &Constant, node: &Node, axes: Option<&Constant>) -> Option<Constant> {
    let values = from.known()?;
    let axes = axes.and_then(Constant::as_wholes);
    let axes = axes.or_else(|| node.wholes("axes").map(<[i64]>::to_vec));
    // Lists of lengths have one axis.
    if from.dims.len() > 1
        || axes.is_some_and(|axes| axes.iter().any(|axis| !matches!(axis, 0 | -1)))
    {
        return None;
    }
    let result = match node.op.as_str() {
        "ReduceProd" => values.iter().product(),
        "ReduceSum" => values.iter().sum(),
        "ReduceMax" => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "ReduceMin" => values.iter().copied().fold(f64::INFINITY, f64::min),
        _ => return None,
    };
    let keep = node.whole("keepdims").unwrap_or(1) == 1;
    let dims = if keep {
        vec![1; from.dims.len()]
    } else {
        Vec::new()
    };
    Some(Constant {
        dims,
        ..Constant::scalar(result, from.whole)
    })
}

fn unary(from: &Constant, of: impl Fn(f64) -> f64) -> Option<Constant> {
    let values = from.known()?.iter().map(|value| of(*value)).collect();
    Some(Constant {
        dims: from.dims.clone(),
        values: Some(values),
        whole: from.whole,
        learned: false,
    })
}

fn truth(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

/// What an operator of two numbers makes of them.
#[expect(clippy::float_cmp, reason = "whole numbers and truths are compared")]
fn binary(op: &str, whole: bool, a: f64, b: f64) -> Option<f64> {
    Some(match op {
        "Add" => a + b,
        "Sub" => a - b,
        "Mul" => a * b,
        "Div" if whole => (a / b).trunc(),
        "Div" => a / b,
        "Mod" => a - b * (a / b).floor(),
        "Pow" => a.powf(b),
        "Min" => a.min(b),
        "Max" => a.max(b),
        "Equal" => truth(a == b),
        "Less" => truth(a < b),
        "LessOrEqual" => truth(a <= b),
        "Greater" => truth(a > b),
        "GreaterOrEqual" => truth(a >= b),
        "And" => truth(a != 0.0 && b != 0.0),
        "Or" => truth(a != 0.0 || b != 0.0),
        _ => return None,
    })
}

fn of_two(op: &str, a: &Constant, b: &Constant) -> Option<Constant> {
    let dims = broadcast(&a.dims, &b.dims)?;
    few(&dims)?;
    let (a, b) = (spread(a, &dims)?, spread(b, &dims)?);
    let whole = a.whole && b.whole;
    let pairs = a.values?.into_iter().zip(b.values?);
    let values = pairs
        .map(|(a, b)| binary(op, whole, a, b))
        .collect::<Option<Vec<f64>>>()?;
    Some(Constant {
        dims,
        values: Some(values),
        whole: whole
            || matches!(
                op,
                "Equal" | "Less" | "LessOrEqual" | "Greater" | "GreaterOrEqual"
            ),
        learned: false,
    })
}

fn chosen(which: &Constant, a: &Constant, b: &Constant) -> Option<Constant> {
    let dims = broadcast(&broadcast(&which.dims, &a.dims)?, &b.dims)?;
    few(&dims)?;
    let (which, yes, no) = (spread(which, &dims)?, spread(a, &dims)?, spread(b, &dims)?);
    let (which, yes, no) = (which.values?, yes.values?, no.values?);
    let values = which.iter().zip(yes.iter().zip(&no));
    let values = values.map(|(which, (yes, no))| if *which == 0.0 { *no } else { *yes });
    Some(Constant {
        dims,
        values: Some(values.collect()),
        whole: a.whole,
        learned: false,
    })
}

fn range(start: f64, end: f64, step: f64, whole: bool) -> Option<Constant> {
    let count = ((end - start) / step).ceil();
    let most = real(i64::try_from(MOST).ok()?);
    if !(0.0..=most).contains(&count) {
        return None;
    }
    let count = u32::try_from(super::tensor::whole(count)).ok()?;
    let values = (0..count).map(|i| start + step * f64::from(i)).collect();
    Some(Constant::list(values, whole))
}

/// The value of a `Constant` node.
fn literal(node: &Node) -> Option<Constant> {
    if let Some(tensor) = node.tensor("value") {
        return Some(Constant::of(tensor));
    }
    let reals = |list: &[f64]| Constant::list(list.to_vec(), false);
    let wholes = |list: &[i64]| Constant::list(list.iter().map(|n| real(*n)).collect(), true);
    node.whole("value_int")
        .map(|value| Constant::scalar(real(value), true))
        .or_else(|| {
            node.real("value_float")
                .map(|value| Constant::scalar(value, false))
        })
        .or_else(|| node.wholes("value_ints").map(wholes))
        .or_else(|| node.reals("value_floats").map(reals))
}

/// The axes that a node names: by its second input, or by an attribute.
fn axes_of(node: &Node, second: Option<&Constant>) -> Option<Vec<i64>> {
    match second {
        Some(second) => second.as_wholes(),
        None => node.wholes("axes").map(<[i64]>::to_vec),
    }
}

/// The values of `node`, whose inputs are all constant; `None` where they follow from weights, or are many.
#[expect(clippy::too_many_lines, reason = "a table of operators")]
pub(super) fn folded(node: &Node, inputs: &[Option<&Constant>]) -> Option<Vec<Constant>> {
    let one = |constant| Some(vec![constant]);
    if node.op == "Constant" {
        return one(literal(node)?);
    }
    if inputs.iter().flatten().any(|input| input.learned) {
        return None;
    }
    let input = |k: usize| inputs.get(k).copied().flatten();
    let first = input(0)?;
    let op = node.op.as_str();
    one(match op {
        "Identity" => first.clone(),
        "Cast" => {
            let whole = !matches!(node.whole("to"), Some(1 | 10 | 11 | 16));
            let cast = |value: f64| if whole { value.trunc() } else { value };
            Constant {
                whole,
                ..unary(first, cast)?
            }
        }
        "Neg" => unary(first, |value| -value)?,
        "Abs" => unary(first, f64::abs)?,
        "Floor" => unary(first, f64::floor)?,
        "Ceil" => unary(first, f64::ceil)?,
        "Round" => unary(first, f64::round_ties_even)?,
        "Sqrt" => unary(first, f64::sqrt)?,
        "Reciprocal" => unary(first, |value| 1.0 / value)?,
        "Not" => unary(first, |value| truth(value == 0.0))?,
        "Size" => Constant::scalar(crate::units::to_f64(first.elements()), true),
        "Shape" => Constant::wholes(&first.dims),
        "ConstantOfShape" => {
            let lengths = first.as_wholes()?.into_iter().map(u64::try_from);
            let dims: Vec<u64> = lengths.collect::<Result<_, _>>().ok()?;
            let filled = node.tensor("value").map(Constant::of);
            let value = filled.as_ref().map_or(Some(0.0), Constant::one)?;
            Constant {
                values: few(&dims).map(|all| vec![value; all]),
                whole: filled.is_some_and(|filled| filled.whole),
                learned: false,
                dims,
            }
        }
        "Range" => {
            let [start, end, step] = [input(0)?.one()?, input(1)?.one()?, input(2)?.one()?];
            range(start, end, step, first.whole)?
        }
        "Concat" => {
            let parts: Vec<&Constant> = inputs.iter().copied().collect::<Option<_>>()?;
            concatenated(&parts, node.whole("axis")?)?
        }
        "Gather" => gather(first, input(1)?, node.whole("axis").unwrap_or(0))?,
        "Slice" => slice(first, &slice_lists(node, input)?)?,
        "Squeeze" | "Unsqueeze" => {
            let axes = axes_of(node, input(1));
            let dims = if op == "Squeeze" {
                squeezed(&first.dims, axes.as_deref())?
            } else {
                unsqueezed(&first.dims, &axes?)?
            };
            relabelled(first, dims)?
        }
        "Reshape" => {
            let zero = node.whole("allowzero") == Some(1);
            relabelled(first, reshaped(&first.dims, &input(1)?.as_wholes()?, zero)?)?
        }
        "Transpose" => {
            let rank = first.dims.len();
            let order = permutation(node, rank)?;
            let dims = order.iter().map(|axis| first.dims[*axis]).collect();
            gathered(first, dims, |at| {
                let mut source = vec![0; rank];
                for (i, axis) in order.iter().enumerate() {
                    source[*axis] = at[i];
                }
                Some(flat(&source, &first.dims))
            })?
        }
        "Expand" => {
            let wanted = input(1)?.as_wholes()?.into_iter().map(u64::try_from);
            let wanted: Vec<u64> = wanted.collect::<Result<_, _>>().ok()?;
            spread(first, &broadcast(&first.dims, &wanted)?)?
        }
        "Clip" => {
            let end = |k: usize, name: &str| input(k).and_then(Constant::one).or(node.real(name));
            let (low, high) = (end(1, "min"), end(2, "max"));
            let clipped = |value: f64| {
                let value = low.map_or(value, |low| value.max(low));
                high.map_or(value, |high| value.min(high))
            };
            unary(first, clipped)?
        }
        "Where" => chosen(first, input(1)?, input(2)?)?,
        "Min" | "Max" => {
            let mut all = inputs.iter().copied();
            let first = all.next()??.clone();
            all.try_fold(first, |found, next| of_two(op, &found, next?))?
        }
        _ if op.starts_with("Reduce") => reduced(first, node, input(1))?,
        _ => of_two(op, first, input(1)?)?,
    })
}

/// The same elements in another shape.
fn relabelled(from: &Constant, dims: Vec<u64>) -> Option<Constant> {
    from.known()?;
    Some(Constant {
        dims,
        ..from.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::super::message::Attribute;
    use super::*;

    fn node(op: &str, attributes: Vec<Attribute>) -> Node {
        Node {
            op: op.to_owned(),
            inputs: vec!["a".to_owned(), "b".to_owned(), "c".to_owned()],
            attributes,
            ..Node::default()
        }
    }

    fn attribute(name: &str, whole: i64) -> Attribute {
        Attribute {
            name: name.to_owned(),
            whole: Some(whole),
            ..Attribute::default()
        }
    }

    fn values(node: &Node, inputs: &[&Constant]) -> Option<Vec<f64>> {
        let inputs: Vec<Option<&Constant>> = inputs.iter().copied().map(Some).collect();
        folded(node, &inputs)?.remove(0).values
    }

    #[test]
    fn lengths_are_taken_cut_joined_and_divided() {
        let shape = Constant::wholes(&[1, 96, 56, 56]);
        let (two, third) = (Constant::scalar(2.0, true), Constant::wholes(&[2]));
        let height = folded(&node("Gather", vec![]), &[Some(&shape), Some(&two)]).unwrap();
        assert_eq!(height[0], Constant::scalar(56.0, true));
        let halved = values(&node("Div", vec![]), &[&Constant::scalar(7.0, true), &two]);
        assert_eq!(halved, Some(vec![3.0]));
        let ends = Constant::wholes(&[4]);
        assert_eq!(
            values(&node("Slice", vec![]), &[&shape, &third, &ends]),
            Some(vec![56.0, 56.0])
        );
        let joined = values(
            &node("Concat", vec![attribute("axis", 0)]),
            &[&third, &ends],
        );
        assert_eq!(joined, Some(vec![2.0, 4.0]));
    }

    #[test]
    fn what_is_computed_of_weights_is_no_shape() {
        let weight = Constant {
            learned: true,
            ..Constant::list(vec![1.0, 2.0], false)
        };
        assert_eq!(values(&node("Neg", vec![]), &[&weight]), None);
    }

    #[test]
    fn a_range_of_many_numbers_and_a_step_of_none_are_left() {
        let number = |value| Constant::scalar(value, true);
        let of = |stop, step| {
            values(
                &node("Range", vec![]),
                &[&number(0.0), &number(stop), &number(step)],
            )
        };
        assert_eq!(of(3.0, 1.0), Some(vec![0.0, 1.0, 2.0]));
        assert_eq!((of(1e9, 1.0), of(3.0, 0.0)), (None, None));
    }

    #[test]
    fn a_reshape_keeps_follows_and_fits() {
        assert_eq!(reshaped(&[2, 3, 4], &[0, -1], false), Some(vec![2, 12]));
        assert_eq!(reshaped(&[2, 3, 4], &[5, -1], false), None);
        assert_eq!(reshaped(&[2, 3], &[-1, -1], false), None);
        assert_eq!(unsqueezed(&[5], &[0, -1]), Some(vec![1, 5, 1]));
        assert_eq!(squeezed(&[1, 5, 1], Some(&[0])), Some(vec![5, 1]));
    }
}

//! What is the same for every image: its shape, its elements where they are few; and the shapes that it is asked for.

use super::message::Node;
use super::tensor::{Element, Tensor, whole};
use crate::net::graph::op::Values;
use crate::units::{to_f64, to_u64};

/// Numbers of a constant that are written out.
const MAX_WRITTEN: usize = 64;

/// A value that is the same for every image.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Constant {
    pub(super) dims: Vec<u64>,
    /// Its elements, where they are known.
    pub(super) values: Option<Vec<f64>>,
    /// Whether they are whole numbers or truths.
    pub(super) whole: bool,
    /// Whether it is a weight: what is computed of it is none of the shapes.
    pub(super) learned: bool,
}

impl Constant {
    pub(super) fn of(tensor: &Tensor) -> Self {
        Self {
            dims: tensor.dims.clone(),
            values: tensor.values(),
            whole: tensor.element() != Element::Real,
            learned: false,
        }
    }

    pub(super) fn wholes(list: &[u64]) -> Self {
        let values = list.iter().map(|n| to_f64(*n)).collect();
        Self::list(values, true)
    }

    pub(super) fn list(values: Vec<f64>, whole: bool) -> Self {
        Self {
            dims: vec![to_u64(values.len())],
            values: Some(values),
            whole,
            learned: false,
        }
    }

    pub(super) fn scalar(value: f64, whole: bool) -> Self {
        Self {
            dims: Vec::new(),
            ..Self::list(vec![value], whole)
        }
    }

    /// Its elements, as whole numbers.
    pub(super) fn as_wholes(&self) -> Option<Vec<i64>> {
        Some(
            self.values
                .as_ref()?
                .iter()
                .map(|value| whole(*value))
                .collect(),
        )
    }

    /// The one number that it is.
    pub(super) fn one(&self) -> Option<f64> {
        match self.values.as_deref()? {
            [value] => Some(*value),
            _ => None,
        }
    }

    pub(super) fn elements(&self) -> u64 {
        product(&self.dims)
    }

    pub(super) fn known(&self) -> Option<&[f64]> {
        self.values.as_deref().filter(|_| !self.learned)
    }
}

/// How many elements a value of these lengths has.
pub(super) fn product(dims: &[u64]) -> u64 {
    dims.iter().fold(1, |all: u64, n| all.saturating_mul(*n))
}

/// A weight, or what is computed of one.
#[derive(Debug, Default)]
pub(super) struct Weight {
    pub(super) dims: Vec<u64>,
    /// The stored one, and its elements.
    pub(super) name: String,
    pub(super) elements: u64,
    /// Elements of others that take part.
    pub(super) others: Vec<u64>,
    /// Operators between.
    pub(super) steps: usize,
}

impl Weight {
    pub(super) fn note(&mut self, name: &str, elements: u64) {
        if name == self.name {
            return;
        }
        if elements > self.elements {
            if self.elements > 0 {
                self.others.push(self.elements);
            }
            (self.name, self.elements) = (name.to_owned(), elements);
        } else {
            self.others.push(elements);
        }
    }
}

/// The place that `axis` names among `rank`.
pub(super) fn place(axis: i64, rank: usize) -> Option<usize> {
    let size = usize::try_from(axis.unsigned_abs()).ok()?;
    let found = if axis < 0 {
        rank.checked_sub(size)?
    } else {
        size
    };
    (found < rank).then_some(found)
}

/// The shape that `target` asks for of a value of lengths `dims`: 0 keeps an axis, one -1 follows.
pub(super) fn reshaped(dims: &[u64], target: &[i64], zero_is_zero: bool) -> Option<Vec<u64>> {
    let all: u64 = dims.iter().try_fold(1_u64, |all, n| all.checked_mul(*n))?;
    let mut open = None;
    let mut shape = Vec::with_capacity(target.len());
    for (i, length) in target.iter().enumerate() {
        shape.push(match length {
            0 if !zero_is_zero => *dims.get(i)?,
            -1 if open.is_none() => {
                open = Some(i);
                1
            }
            length => u64::try_from(*length).ok()?,
        });
    }
    let told = shape.iter().try_fold(1_u64, |all, n| all.checked_mul(*n))?;
    if let Some(open) = open {
        if told == 0 || !all.is_multiple_of(told) {
            return None;
        }
        shape[open] = all / told;
    }
    let after = shape.iter().try_fold(1_u64, |all, n| all.checked_mul(*n))?;
    (after == all).then_some(shape)
}

/// `dims` without its axes of one: those named, or all.
pub(super) fn squeezed(dims: &[u64], axes: Option<&[i64]>) -> Option<Vec<u64>> {
    let gone: Vec<usize> = match axes {
        None => (0..dims.len()).filter(|i| dims[*i] == 1).collect(),
        Some(axes) => axes
            .iter()
            .map(|axis| place(*axis, dims.len()))
            .collect::<Option<_>>()?,
    };
    gone.iter().all(|i| dims[*i] == 1).then(|| {
        let kept = (0..dims.len()).filter(|i| !gone.contains(i));
        kept.map(|i| dims[i]).collect()
    })
}

/// `dims` with axes of one at these places of the new shape.
pub(super) fn unsqueezed(dims: &[u64], axes: &[i64]) -> Option<Vec<u64>> {
    let rank = dims
        .len()
        .checked_add(axes.len())
        .filter(|rank| *rank <= 64)?;
    let new = axes
        .iter()
        .map(|axis| place(*axis, rank))
        .collect::<Option<Vec<_>>>()?;
    let mut old = dims.iter();
    (0..rank)
        .map(|i| {
            if new.contains(&i) {
                Some(1)
            } else {
                old.next().copied()
            }
        })
        .collect()
}

/// From where to where a slice goes, and the step, within `length`.
pub(super) fn bounds(range: (i64, i64), step: i64, length: u64) -> (i64, i64) {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let end = |at: i64| {
        if at < 0 {
            at.saturating_add(length)
        } else {
            at
        }
    };
    if step > 0 {
        (end(range.0).clamp(0, length), end(range.1).clamp(0, length))
    } else {
        (
            end(range.0).min(length - 1).max(-1),
            end(range.1).min(length - 1).max(-1),
        )
    }
}

/// Axes, starts, stops and steps of a slice.
pub(super) struct Cut {
    pub(super) axis: usize,
    pub(super) start: i64,
    pub(super) stop: i64,
    pub(super) step: i64,
}

impl Cut {
    /// From one position to another.
    pub(super) fn of(axis: usize, positions: std::ops::Range<i64>) -> Self {
        Self {
            axis,
            start: positions.start,
            stop: positions.end,
            step: 1,
        }
    }
}

/// What the lists of a slice say of each axis.
pub(super) fn cuts(lists: &[Option<Vec<i64>>; 4], rank: usize) -> Option<Vec<Cut>> {
    let [Some(starts), Some(ends), axes, strides] = lists else {
        return None;
    };
    let cut = |i: usize| {
        let along = match axes {
            Some(axes) => *axes.get(i)?,
            None => i64::try_from(i).ok()?,
        };
        let step = strides
            .as_ref()
            .map_or(Some(1), |strides| strides.get(i).copied())?;
        Some(Cut {
            axis: place(along, rank)?,
            start: starts[i],
            stop: *ends.get(i)?,
            step: Some(step).filter(|step| *step != 0)?,
        })
    };
    (0..starts.len()).map(cut).collect()
}

/// Starts, stops, axes and steps of a slice, by inputs or by attributes.
pub(super) fn slice_lists<'a>(
    node: &Node,
    input: impl Fn(usize) -> Option<&'a Constant>,
) -> Option<[Option<Vec<i64>>; 4]> {
    let list = |name: &str, k: usize| match node.input(k) {
        Some(_) => Some(Some(input(k)?.as_wholes()?)),
        None => Some(node.wholes(name).map(<[i64]>::to_vec)),
    };
    Some([
        list("starts", 1)?,
        list("ends", 2)?,
        list("axes", 3)?,
        list("steps", 4)?,
    ])
}

/// The order of the axes of a transposition.
pub(super) fn permutation(node: &Node, rank: usize) -> Option<Vec<usize>> {
    let Some(order) = node.wholes("perm") else {
        return Some((0..rank).rev().collect());
    };
    let order: Vec<usize> = order
        .iter()
        .map(|axis| place(*axis, rank))
        .collect::<Option<_>>()?;
    let each_once = (0..rank).all(|axis| order.contains(&axis));
    (order.len() == rank && each_once).then_some(order)
}

/// The value of a constant as it is written, and how it is made.
pub(super) fn written(constant: &Constant) -> (Option<Values>, Option<String>) {
    let finite = |values: &&Vec<f64>| values.iter().all(|value| value.is_finite());
    match constant.values.as_ref().filter(finite) {
        Some(values)
            if values
                .windows(2)
                .all(|two| two[0].to_bits() == two[1].to_bits()) =>
        {
            (values.first().copied().map(Values::One), None)
        }
        Some(values) if values.len() <= MAX_WRITTEN => (Some(Values::Each(values.clone())), None),
        _ => (None, Some("table".to_owned())),
    }
}

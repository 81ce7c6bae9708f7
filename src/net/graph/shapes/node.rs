//! What each operator makes of the shapes of its inputs.

use smallvec::{SmallVec, smallvec};

use super::einsum::Einsum;
use super::windows::{spatial, taps};
use super::{Mark, Shape, Walk};
use crate::net::graph::dim::{Dim, Split};
use crate::net::graph::form::op::{NormKind, Op};
use crate::net::graph::nodes::Node;

/// The place of `axis` among `rank`.
fn place(axis: i64, rank: usize) -> Result<usize, String> {
    let from_end = usize::try_from(axis.unsigned_abs()).unwrap_or(usize::MAX);
    let place = if axis < 0 {
        rank.checked_sub(from_end)
    } else {
        Some(from_end)
    };
    place
        .filter(|place| *place < rank)
        .ok_or_else(|| format!("axis {axis} of a value of {rank} axes"))
}

/// A position of an axis, from the end where it is negative, and never outside.
fn position(at: i64, length: u64) -> u64 {
    if at < 0 {
        length.saturating_sub(at.unsigned_abs())
    } else {
        at.unsigned_abs().min(length)
    }
}

/// Positions of an axis: from `start` to before `stop`, every `step`-th.
#[derive(Clone, Copy)]
struct Span {
    start: i64,
    stop: Option<i64>,
    step: u64,
}

impl Walk<'_> {
    #[expect(clippy::too_many_lines, reason = "an arm for each operator")]
    pub(super) fn shape(&mut self, node: &Node) -> Result<Shape, String> {
        let value = self.input(node, 0);
        match &node.op {
            Op::Conv(conv) => self.conv(conv, value),
            Op::Linear { out, .. } => {
                let mut shape = value;
                let last = shape.last_mut().ok_or("a linear layer of a number")?;
                let width = self.width(*out);
                *last = width;
                self.mark(Mark::Out(width));
                Ok(shape)
            }
            Op::Norm {
                kind, groups, axes, ..
            } => self.norm(*kind, *groups, *axes, value),
            Op::Map { .. } | Op::Prelu { .. } | Op::Pair { value: Some(_), .. } => Ok(value),
            Op::Parameter { shape } => {
                let lengths: Shape = shape.iter().map(|n| self.parameter(*n)).collect();
                self.mark(Mark::Shape(lengths.clone()));
                Ok(lengths)
            }
            Op::Constant { shape, .. } => {
                let mut lengths = Shape::with_capacity(shape.len());
                for (i, n) in shape.iter().enumerate() {
                    let like = value.get(i).copied().filter(|_| !node.inputs.is_empty());
                    lengths.push(match n {
                        Some(n) => self.parameter(*n),
                        None => like.ok_or("a constant of no length")?,
                    });
                }
                self.mark(Mark::Shape(lengths.clone()));
                Ok(lengths)
            }
            Op::Pair { .. } | Op::Where | Op::Expand => {
                let mut shape = value;
                for i in 1..node.inputs.len() {
                    let mut other = self.input(node, i);
                    self.fit(node, i - 1, &mut shape, &other);
                    self.fit(node, i, &mut other, &shape);
                    shape = self.broadcast(&shape, &other)?;
                }
                Ok(shape)
            }
            Op::Cat { axis } => self.cat(*axis, node),
            Op::Part { axis, of, .. } => {
                let mut shape = value;
                let at = place(*axis, shape.len())?;
                let whole = self.size(shape[at]);
                shape[at] = self
                    .shapes
                    .widths
                    .divided(shape[at], *of, Split::Outer)
                    .ok_or_else(|| format!("an axis of {whole} in {of} equal parts"))?;
                Ok(shape)
            }
            Op::Slice {
                axis,
                start,
                stop,
                step,
            } => {
                let span = Span {
                    start: *start,
                    stop: *stop,
                    step: *step,
                };
                self.slice(value, *axis, span)
            }
            Op::Reduce { axes, keep, .. } => {
                let mut shape = value;
                let mut places = SmallVec::<[usize; 4]>::new();
                for axis in axes {
                    places.push(place(*axis, shape.len())?);
                }
                for at in &places {
                    shape[*at] = Dim::Number(1);
                }
                if !keep {
                    places.sort_unstable();
                    places.dedup();
                    for at in places.into_iter().rev() {
                        shape.remove(at);
                    }
                }
                Ok(shape)
            }
            Op::Pool { window, .. } => self.windowed(value, window),
            Op::Adaptive { to, .. } => {
                let mut shape = value;
                let spatial = spatial(&shape)?;
                for (i, at) in spatial.enumerate() {
                    shape[at] = Dim::Number(to.at(i).into());
                }
                Ok(shape)
            }
            Op::Rearrange(pattern) => pattern.apply(&value, &mut self.shapes.widths),
            Op::Repeat { axis, times } => {
                let mut shape = value;
                let at = place(*axis, shape.len())?;
                shape[at] = self.shapes.widths.times(shape[at], *times);
                Ok(shape)
            }
            Op::MatMul => self.matmul(&value, &self.input(node, 1)),
            Op::Attention => self.attention(node),
            Op::Einsum { equation } => self.einsum(equation, node),
            Op::Resize { to, .. } => self.resize(value, to, node),
            Op::Pad { pad, .. } => self.pad(value, pad),
            Op::Unfold { window } => {
                let positions = self.windowed(value.clone(), window)?;
                let taps = taps(window, positions.len() - 2);
                let area = positions[2..]
                    .iter()
                    .fold(1_u64, |all, dim| all.saturating_mul(self.size(*dim)));
                let channels = self.shapes.widths.times(value[1], taps);
                Ok(Shape::from_slice(&[value[0], channels, Dim::Number(area)]))
            }
            Op::Windows { axis, size, step } => {
                let mut shape = value;
                let at = place(*axis, shape.len())?;
                let length = self.size(shape[at]);
                let room = length
                    .checked_sub(*size)
                    .ok_or_else(|| format!("windows of {size} along an axis of {length}"))?;
                self.freeze(shape[at]);
                shape[at] = Dim::Number(room / step + 1);
                shape.push(Dim::Number(*size));
                Ok(shape)
            }
            Op::Fold { to, window } => {
                let [batch, channels, _] = value[..] else {
                    return Err(format!("fold of a value of {} axes", value.len()));
                };
                let taps = taps(window, 2);
                let channels = self
                    .shapes
                    .widths
                    .divided(channels, taps, Split::Inner)
                    .ok_or_else(|| format!("channels that are no multiple of {taps}"))?;
                let like = self.input(node, 1);
                let side = |i: usize| match to {
                    Some(to) => Some(Dim::Number(to.at(i).into())),
                    None => like.get(2 + i).copied(),
                };
                match (side(0), side(1)) {
                    (Some(height), Some(width)) => {
                        Ok(Shape::from_slice(&[batch, channels, height, width]))
                    }
                    _ => Err("fold to the sides of a value that has none".to_owned()),
                }
            }
            Op::Index { axis, shape } => {
                let at = place(*axis, value.len())?;
                self.freeze(value[at]);
                let chosen = shape.iter().map(|n| Dim::Number(*n));
                let (before, after) = (&value[..at], &value[at + 1..]);
                Ok(before
                    .iter()
                    .copied()
                    .chain(chosen)
                    .chain(after.iter().copied())
                    .collect())
            }
        }
    }

    fn cat(&mut self, axis: i64, node: &Node) -> Result<Shape, String> {
        let mut shape = self.input(node, 0);
        let at = place(axis, shape.len())?;
        let mut parts: SmallVec<[Dim; 8]> = smallvec![shape[at]];
        for i in 1..node.inputs.len() {
            let other = self.input(node, i);
            if other.len() != shape.len() {
                return Err(format!("{} axes against {}", shape.len(), other.len()));
            }
            for (j, dim) in other.iter().enumerate() {
                if j == at {
                    parts.push(*dim);
                } else {
                    self.equal(shape[j], *dim)?;
                }
            }
        }
        shape[at] = self.shapes.widths.joined(&parts);
        Ok(shape)
    }

    fn slice(&mut self, value: Shape, axis: i64, span: Span) -> Result<Shape, String> {
        let mut shape = value;
        let at = place(axis, shape.len())?;
        let whole = self.size(shape[at]);
        let Span { start, stop, step } = span;
        let from = position(start, whole);
        let to = stop.map_or(whole, |stop| position(stop, whole)).max(from);
        if step > 1 {
            self.freeze(shape[at]);
            shape[at] = Dim::Number((to - from).div_ceil(step));
            return Ok(shape);
        }
        if let Dim::Number(_) = shape[at] {
            shape[at] = Dim::Number(to - from);
            return Ok(shape);
        }
        let (before, rest) = self.shapes.widths.split_at(shape[at], from);
        let length = if self.size(rest) == to - from {
            rest
        } else {
            let (kept, _) = self.shapes.widths.split_at(rest, to - from);
            kept.unwrap_or(Dim::Number(0))
        };
        shape[at] = length;
        let start = before.unwrap_or(Dim::Number(0));
        self.mark(Mark::Slice { start, length });
        Ok(shape)
    }

    fn matmul(&mut self, a: &[Dim], b: &[Dim]) -> Result<Shape, String> {
        let ([before @ .., rows, inner], [others @ .., across, columns]) = (a, b) else {
            return Err("a matrix product of a value with one axis".to_owned());
        };
        self.equal(*inner, *across)?;
        let mut shape = self.broadcast(before, others)?;
        shape.extend([*rows, *columns]);
        Ok(shape)
    }

    fn attention(&mut self, node: &Node) -> Result<Shape, String> {
        let [queries, keys, values] = [0, 1, 2].map(|i| self.input(node, i));
        let (
            [heads @ .., positions, depth],
            [key_heads @ .., length, key_depth],
            [value_heads @ .., value_length, value_depth],
        ) = (&queries[..], &keys[..], &values[..])
        else {
            return Err("attention of values with one axis".to_owned());
        };
        self.equal(*depth, *key_depth)?;
        self.equal(*length, *value_length)?;
        let shared = self.broadcast(heads, key_heads)?;
        let mut shape = self.broadcast(&shared, value_heads)?;
        shape.extend([*positions, *value_depth]);
        Ok(shape)
    }

    fn einsum(&mut self, equation: &str, node: &Node) -> Result<Shape, String> {
        let terms = Einsum::new(equation)?;
        if terms.inputs.len() != node.inputs.len() {
            let (wants, has) = (terms.inputs.len(), node.inputs.len());
            return Err(format!("`{equation}` is of {wants} values, not {has}"));
        }
        let mut lengths = vec![None::<Dim>; 128];
        for (i, letters) in terms.inputs.iter().enumerate() {
            let value = self.input(node, i);
            if value.len() != letters.len() {
                let (wants, has) = (letters.len(), value.len());
                return Err(format!("`{equation}`: {wants} letters for {has} axes"));
            }
            for (letter, dim) in letters.iter().zip(value) {
                let slot = usize::from(*letter);
                match lengths[slot] {
                    None | Some(Dim::Number(1)) => lengths[slot] = Some(dim),
                    Some(_) if dim == Dim::Number(1) => {}
                    Some(known) => self.equal(known, dim)?,
                }
            }
        }
        let of = |letter: &u8| {
            lengths[usize::from(*letter)].ok_or_else(|| {
                format!("`{equation}`: `{}` comes from nowhere", char::from(*letter))
            })
        };
        terms.output.iter().map(of).collect()
    }

    fn norm(
        &mut self,
        kind: NormKind,
        groups: u32,
        axes: u32,
        value: Shape,
    ) -> Result<Shape, String> {
        match kind {
            NormKind::Layer | NormKind::Rms => {
                let axes = usize::try_from(axes).unwrap_or(usize::MAX);
                if axes > value.len() {
                    return Err(format!("a norm over {axes} axes of {}", value.len()));
                }
                // Its parameters are of the lengths of these axes together.
                if axes > 1 {
                    for dim in &value[value.len() - axes..] {
                        self.freeze(*dim);
                    }
                }
            }
            NormKind::Group => {
                let channels = *value.get(1).ok_or("a norm of a value without channels")?;
                let groups = u64::from(groups);
                if !self.size(channels).is_multiple_of(groups) {
                    return Err(format!(
                        "{} channels in {groups} groups",
                        self.size(channels)
                    ));
                }
                self.shapes.widths.divided(channels, groups, Split::Inner);
            }
            NormKind::Batch | NormKind::Instance => {
                value.get(1).ok_or("a norm of a value without channels")?;
            }
        }
        Ok(value)
    }
}

//! The shape of every value of a graph, from the image on.
//!
//! The same walk serves two ends. With widths as numbers it checks a graph and counts it; with widths as
//! [`Widths`] it finds which of them have to stay equal when a net is made wider.

use super::dim::{Dim, Split, Widths};
use super::op::{Conv, NormKind, Op, Padding, PerAxis, Resized, Values, Window};
use super::{Graph, Node};
use crate::net::blocks::Side;
use crate::units::{to_f64, truncated};

/// The axes of a value.
pub(super) type Shape = Vec<Dim>;

/// Why a graph has no shapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::net) struct Trouble {
    /// The node.
    pub(super) node: usize,
    /// What does not fit.
    pub(super) what: String,
}

/// What of a node follows from the widths.
#[derive(Clone, Debug)]
pub(super) enum Mark {
    /// Channels out, of a convolution or a linear layer.
    Out(Dim),
    /// Groups of a depthwise convolution.
    Depthwise(Dim),
    /// Groups of another convolution with groups: its channels in, and its groups as they are.
    Grouped { input: Dim, groups: u64 },
    /// Lengths of a parameter or a constant.
    Shape(Shape),
    /// Where a slice starts and how long it is.
    Slice { start: Dim, length: Dim },
    /// What a pad adds along its axes: before each of the last, then after each.
    Pad(Vec<Dim>),
}

/// All shapes of a graph.
#[derive(Debug)]
pub(super) struct Shapes {
    /// That of the image, then of each node's value.
    pub(super) values: Vec<Shape>,
    /// What equals what.
    pub(super) widths: Widths,
    /// What has to be written anew when the widths change, with the node.
    pub(super) marks: Vec<(usize, Mark)>,
}

/// Elements of a value, at most: what is larger fits no machine.
const MAX_ELEMENTS: u64 = 1 << 50;

pub(super) struct Walk<'a> {
    graph: &'a Graph,
    shapes: Shapes,
    /// Whether the widths may change.
    free: bool,
    node: usize,
    /// Parameters and constants that are as long as a map, with the lengths that fit this one; `None` where they stay.
    tables: Option<Vec<Table>>,
    /// Parameters and constants among the nodes that came one by one.
    made: Vec<usize>,
}

/// A table of positions, made anew for another map.
struct Table {
    node: usize,
    lengths: Vec<u64>,
}

impl Graph {
    /// The graph for images of `side`: tables of positions that are as long as another map are made anew.
    pub(super) fn fitted(&self, side: Side) -> Result<Option<Self>, Trouble> {
        let mut walk = Walk::new(self, side, false);
        walk.tables = Some(Vec::new());
        walk.walk()?;
        let tables = walk.tables.unwrap_or_default();
        if tables.is_empty() {
            return Ok(None);
        }
        let mut fitted = self.clone();
        for table in tables {
            match &mut fitted.nodes[table.node].op {
                Op::Parameter { shape } => *shape = table.lengths,
                Op::Constant { shape, value, .. } => {
                    *shape = table.lengths.into_iter().map(Some).collect();
                    value.take_if(|value| matches!(value, Values::Each(_)));
                }
                _ => {}
            }
        }
        Ok(Some(fitted))
    }
}

impl Shapes {
    /// With every width a number.
    pub(super) fn fixed(graph: &Graph, side: Side) -> Result<Self, Trouble> {
        Walk::new(graph, side, false).run()
    }

    /// With every width free to change, but for those of the image and of what the net puts out.
    pub(super) fn free(graph: &Graph, side: Side) -> Result<Self, Trouble> {
        let mut shapes = Walk::new(graph, side, true).run()?;
        let last = shapes.values.last().cloned().unwrap_or_default();
        for dim in last {
            shapes.widths.frozen(dim);
        }
        Ok(shapes)
    }

    /// The lengths of every value.
    pub(super) fn all_sizes(&self) -> Vec<Vec<u64>> {
        let of = |shape: &Shape| shape.iter().map(|dim| self.widths.size(*dim)).collect();
        self.values.iter().map(of).collect()
    }
}

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

impl<'a> Walk<'a> {
    fn new(graph: &'a Graph, side: Side, free: bool) -> Self {
        Self {
            free,
            ..Self::of_image(graph, graph.channels, side)
        }
    }

    /// Before the first node, with an image of `channels`.
    pub(super) fn of_image(graph: &'a Graph, channels: u32, side: Side) -> Self {
        let side = Dim::Number(side.get().into());
        let image = vec![Dim::Number(1), Dim::Number(channels.into()), side, side];
        Self {
            graph,
            shapes: Shapes {
                values: vec![image],
                widths: Widths::default(),
                marks: Vec::new(),
            },
            free: false,
            node: 0,
            tables: None,
            made: Vec::new(),
        }
    }

    fn run(mut self) -> Result<Shapes, Trouble> {
        self.walk()?;
        Ok(self.shapes)
    }

    /// From now on tables of positions are as long as the maps that they are added to.
    pub(super) fn fits_tables(mut self) -> Self {
        self.tables = Some(Vec::new());
        self
    }

    /// Takes a further node, and says how long the axes of its value are.
    pub(super) fn next(&mut self, node: &Node) -> Result<Vec<u64>, String> {
        let shape = self.shape(node).and_then(|shape| self.sized(shape))?;
        let sizes = shape.iter().map(|dim| self.size(*dim)).collect();
        self.shapes.values.push(shape);
        if node.is_table() {
            self.made.push(self.node);
        }
        self.node += 1;
        Ok(sizes)
    }

    fn walk(&mut self) -> Result<(), Trouble> {
        self.shapes.values.reserve(self.graph.nodes.len());
        for (i, node) in self.graph.nodes.iter().enumerate() {
            self.node = i;
            let shape = self
                .shape(node)
                .and_then(|shape| self.tie(node, shape))
                .and_then(|shape| self.sized(shape))
                .map_err(|what| Trouble { node: i, what })?;
            self.shapes.values.push(shape);
        }
        Ok(())
    }

    /// The shape, whose channels are those of the node with the same weights.
    fn tie(&mut self, node: &Node, shape: Shape) -> Result<Shape, String> {
        let Some(tied) = node.tied else {
            return Ok(shape);
        };
        let tied = usize::try_from(tied).unwrap_or(0);
        let axis = |shape: &Shape| match node.op {
            Op::Linear { .. } => shape.last().copied(),
            _ => shape.get(1).copied(),
        };
        let theirs = self.graph.nodes[tied].inputs.first().copied().unwrap_or(0);
        let (input, other) = (self.input(node, 0), &self.shapes.values);
        let other = [
            &other[tied + 1],
            &other[usize::try_from(theirs).unwrap_or(0)],
        ]
        .map(axis);
        for (ours, theirs) in [axis(&shape), axis(&input)].into_iter().zip(other) {
            if let (Some(ours), Some(theirs)) = (ours, theirs) {
                self.equal(ours, theirs)?;
            }
        }
        Ok(shape)
    }

    /// The shape where it has elements, and not too many.
    fn sized(&self, shape: Shape) -> Result<Shape, String> {
        let widths = &self.shapes.widths;
        let all = shape.iter().try_fold(1_u64, |all, dim| {
            all.checked_mul(widths.size(*dim))
                .filter(|all| *all <= MAX_ELEMENTS)
        });
        match all {
            Some(0) => Err("nothing is left of the value".to_owned()),
            Some(_) => Ok(shape),
            None => Err("the value is too large to count".to_owned()),
        }
    }

    fn input(&self, node: &Node, i: usize) -> Shape {
        let value = node.inputs.get(i).copied().unwrap_or(0);
        self.shapes.values[usize::try_from(value).unwrap_or(0)].clone()
    }

    /// A width: free, or the number it is.
    fn width(&mut self, out: u32) -> Dim {
        if self.free {
            self.shapes.widths.free(out.into())
        } else {
            Dim::Number(out.into())
        }
    }

    /// A length of a parameter.
    fn parameter(&mut self, n: u64) -> Dim {
        if self.free {
            self.shapes.widths.parameter(n)
        } else {
            Dim::Number(n)
        }
    }

    fn mark(&mut self, mark: Mark) {
        if self.free {
            self.shapes.marks.push((self.node, mark));
        }
    }

    fn size(&self, dim: Dim) -> u64 {
        self.shapes.widths.size(dim)
    }

    fn freeze(&mut self, dim: Dim) -> Dim {
        self.shapes.widths.frozen(dim)
    }

    fn shape(&mut self, node: &Node) -> Result<Shape, String> {
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
            Op::Map { .. } | Op::Prelu { .. } => Ok(value),
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
            Op::Pair { value: Some(_), .. } => Ok(value),
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
            } => self.slice(value, *axis, (*start, *stop), *step),
            Op::Reduce { axes, keep, .. } => {
                let mut shape = value;
                let mut places = Vec::with_capacity(axes.len());
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
                Ok(vec![value[0], channels, Dim::Number(area)])
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
                    (Some(height), Some(width)) => Ok(vec![batch, channels, height, width]),
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

    fn conv(&mut self, conv: &Conv, value: Shape) -> Result<Shape, String> {
        let input = *value
            .get(1)
            .ok_or("a convolution of a value without channels")?;
        let (channels, groups) = (self.size(input), u64::from(conv.groups));
        if !channels.is_multiple_of(groups) || !conv.out.is_multiple_of(conv.groups) {
            return Err(format!(
                "{channels} channels in, {} out, in {groups} groups",
                conv.out
            ));
        }
        let mut shape = match &conv.transposed {
            None => self.windowed(value, &conv.window)?,
            Some(added) => self.transposed(value, &conv.window, added)?,
        };
        shape[1] = self.channels_out(conv, input);
        self.mark(Mark::Out(shape[1]));
        Ok(shape)
    }

    /// The channels of a convolution: free, or as many for each group as the groups need.
    fn channels_out(&mut self, conv: &Conv, input: Dim) -> Dim {
        let (channels, groups) = (self.size(input), u64::from(conv.groups));
        let out = u64::from(conv.out);
        if !self.free {
            return Dim::Number(out);
        }
        if groups == 1 {
            return self.width(conv.out);
        }
        if groups == channels {
            self.mark(Mark::Depthwise(input));
            return self.shapes.widths.times(input, out / groups);
        }
        self.mark(Mark::Grouped { input, groups });
        if out.is_multiple_of(channels) {
            return self.shapes.widths.times(input, out / channels);
        }
        let fewer = channels / out.max(1);
        if channels.is_multiple_of(out)
            && let Some(dim) = self.shapes.widths.divided(input, fewer, Split::Inner)
        {
            return dim;
        }
        self.freeze(input);
        Dim::Number(out)
    }

    /// The spatial axes after a window moved over them.
    fn windowed(&mut self, value: Shape, window: &Window) -> Result<Shape, String> {
        let mut shape = value;
        let axes = spatial(&shape)?;
        let n = axes.len();
        for (i, at) in axes.enumerate() {
            let length = self.size(shape[at]);
            let after = positions(length, window, i, n)?;
            if after != length {
                self.freeze(shape[at]);
                shape[at] = Dim::Number(after);
            }
        }
        Ok(shape)
    }

    fn transposed(
        &mut self,
        value: Shape,
        window: &Window,
        added: &PerAxis,
    ) -> Result<Shape, String> {
        let mut shape = value;
        let axes = spatial(&shape)?;
        let n = axes.len();
        for (i, at) in axes.enumerate() {
            let length = i64::try_from(self.size(shape[at])).unwrap_or(i64::MAX);
            let [kernel, stride, dilation, more] =
                [&window.kernel, &window.stride, &window.dilation, added]
                    .map(|per_axis| i64::from(per_axis.at(i)));
            let (before, after) = ends(&window.pad, i, n);
            let grown = (length - 1) * stride - before - after + dilation * (kernel - 1) + more + 1;
            let grown = u64::try_from(grown).map_err(|_| "nothing is left of the value")?;
            self.freeze(shape[at]);
            shape[at] = Dim::Number(grown);
        }
        Ok(shape)
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

    fn broadcast(&mut self, a: &[Dim], b: &[Dim]) -> Result<Shape, String> {
        let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
        let mut shape = long.to_vec();
        let offset = long.len() - short.len();
        for (at, other) in shape[offset..].iter_mut().zip(short) {
            if *other == Dim::Number(1) {
                continue;
            }
            if *at == Dim::Number(1) {
                *at = *other;
            } else if !self.shapes.widths.unify(*at, *other) {
                return Err(self.mismatch(*at, *other));
            }
        }
        Ok(shape)
    }

    /// Makes the `i`-th input, where it is a table of positions, as long as `other`.
    fn fit(&mut self, node: &Node, i: usize, shape: &mut Shape, other: &[Dim]) {
        let Some(tables) = &mut self.tables else {
            return;
        };
        let maker = node.inputs.get(i).and_then(|value| value.checked_sub(1));
        let maker = usize::try_from(maker.unwrap_or(u32::MAX)).unwrap_or(usize::MAX);
        let is_table = self.graph.nodes.get(maker).is_some_and(Node::is_table);
        if !is_table && !self.made.contains(&maker) || other.len() < shape.len() {
            return;
        }
        let wanted = &other[other.len() - shape.len()..];
        let one = Dim::Number(1);
        let fits = |(a, b): (&Dim, &Dim)| a == b || *a == one || *b == one;
        if shape.iter().zip(wanted).all(fits) {
            return;
        }
        for (length, wanted) in shape.iter_mut().zip(wanted) {
            if *length != one && *wanted != one {
                *length = *wanted;
            }
        }
        let lengths = shape
            .iter()
            .map(|dim| self.shapes.widths.size(*dim))
            .collect();
        tables.retain(|table| table.node != maker);
        tables.push(Table {
            node: maker,
            lengths,
        });
        self.shapes.values[maker + 1].clone_from(shape);
    }

    fn mismatch(&self, a: Dim, b: Dim) -> String {
        format!("{} against {}", self.size(a), self.size(b))
    }

    fn equal(&mut self, a: Dim, b: Dim) -> Result<(), String> {
        if self.shapes.widths.unify(a, b) {
            Ok(())
        } else {
            Err(self.mismatch(a, b))
        }
    }

    fn cat(&mut self, axis: i64, node: &Node) -> Result<Shape, String> {
        let mut shape = self.input(node, 0);
        let at = place(axis, shape.len())?;
        let mut parts = vec![shape[at]];
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

    fn slice(
        &mut self,
        value: Shape,
        axis: i64,
        (start, stop): (i64, Option<i64>),
        step: u64,
    ) -> Result<Shape, String> {
        let mut shape = value;
        let at = place(axis, shape.len())?;
        let whole = self.size(shape[at]);
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
                    None => lengths[slot] = Some(dim),
                    Some(known) if known == Dim::Number(1) => lengths[slot] = Some(dim),
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

    fn resize(&mut self, value: Shape, to: &Resized, node: &Node) -> Result<Shape, String> {
        let mut shape = value;
        let like = self.input(node, 1);
        let axes = spatial(&shape)?;
        for (i, at) in axes.enumerate() {
            let length = self.size(shape[at]);
            self.freeze(shape[at]);
            shape[at] = match to {
                Resized::By(by) => {
                    let by = by.get(i).or(by.last()).copied().unwrap_or(1.0);
                    Dim::Number(truncated(to_f64(length) * by))
                }
                Resized::To(to) => Dim::Number(to.at(i).into()),
                Resized::Like => *like.get(at).ok_or("the second value has no such axis")?,
            };
        }
        Ok(shape)
    }

    fn pad(&mut self, value: Shape, pad: &[i64]) -> Result<Shape, String> {
        let mut shape = value;
        let n = pad.len() / 2;
        let first = shape
            .len()
            .checked_sub(n)
            .ok_or_else(|| format!("a pad of {n} axes of {}", shape.len()))?;
        let mut added = vec![Dim::Number(0); pad.len()];
        for i in 0..n {
            let at = first + i;
            let (before, after) = (pad[i], pad[n + i]);
            let dim = shape[at];
            // Channels that are added grow as those that they are added to something with.
            if at == 1 && self.free && before >= 0 && after >= 0 {
                let ends = [before, after].map(|n| match n.unsigned_abs() {
                    0 => Dim::Number(0),
                    n => self.parameter(n),
                });
                (added[i], added[n + i]) = (ends[0], ends[1]);
                let parts: Vec<Dim> = [ends[0], dim, ends[1]]
                    .into_iter()
                    .filter(|dim| *dim != Dim::Number(0))
                    .collect();
                shape[at] = self.shapes.widths.joined(&parts);
                continue;
            }
            if before == 0 && after == 0 {
                continue;
            }
            let length = i64::try_from(self.size(dim)).unwrap_or(i64::MAX);
            let padded = u64::try_from(length.saturating_add(before).saturating_add(after))
                .map_err(|_| "nothing is left of the value")?;
            self.freeze(dim);
            shape[at] = Dim::Number(padded);
        }
        if added.iter().any(|dim| *dim != Dim::Number(0)) {
            self.mark(Mark::Pad(added));
        }
        Ok(shape)
    }
}

/// The spatial axes of a value: all but batch and channels.
fn spatial(shape: &[Dim]) -> Result<std::ops::Range<usize>, String> {
    if shape.len() < 3 {
        return Err(format!("a window over a value of {} axes", shape.len()));
    }
    Ok(2..shape.len())
}

/// Positions within a window, over `n` spatial axes.
pub(super) fn taps(window: &Window, n: usize) -> u64 {
    (0..n).fold(1, |all: u64, i| {
        all.saturating_mul(window.kernel.at(i).into())
    })
}

/// What stands before and after the `i`-th of `n` axes.
fn ends(pad: &Padding, i: usize, n: usize) -> (i64, i64) {
    match pad {
        Padding::Even(per_axis) => (per_axis.at(i).into(), per_axis.at(i).into()),
        Padding::Ends(list) if list.len() == 2 * n => (list[i], list[n + i]),
        Padding::Ends(list) => {
            let both = list.get(i).or(list.last()).copied().unwrap_or(0);
            (both, both)
        }
        Padding::Same => (0, 0),
    }
}

/// Positions of a window along the `i`-th of `n` axes, ⌊(length + pads - dilation·(kernel - 1) - 1) / stride⌋ + 1.
fn positions(length: u64, window: &Window, i: usize, n: usize) -> Result<u64, String> {
    let [kernel, stride, dilation] = [&window.kernel, &window.stride, &window.dilation]
        .map(|per_axis| u64::from(per_axis.at(i)));
    if window.pad == Padding::Same {
        return Ok(length.div_ceil(stride));
    }
    let (before, after) = ends(&window.pad, i, n);
    let padded = i64::try_from(length)
        .unwrap_or(i64::MAX)
        .saturating_add(before)
        .saturating_add(after);
    let reach = dilation.saturating_mul(kernel - 1) + 1;
    let padded = u64::try_from(padded).unwrap_or(0);
    let Some(room) = padded.checked_sub(reach) else {
        return Err(format!("a window of {reach} over {padded} positions"));
    };
    if !window.ceil {
        return Ok(room / stride + 1);
    }
    let rounded = room.div_ceil(stride) + 1;
    // A window that would start beyond the input and what stands before it is left out.
    let start = (rounded - 1).saturating_mul(stride);
    let reachable = length.saturating_add(u64::try_from(before).unwrap_or(0));
    Ok(if start >= reachable {
        rounded - 1
    } else {
        rounded
    })
}

/// The letters of an einsum.
pub(super) struct Einsum {
    pub(super) inputs: Vec<Vec<u8>>,
    pub(super) output: Vec<u8>,
}

impl Einsum {
    /// Reads `bhid,bhjd->bhij`.
    pub(super) fn new(equation: &str) -> Result<Self, String> {
        let plain: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
        let (inputs, output) = plain
            .split_once("->")
            .ok_or_else(|| format!("`{equation}` has no arrow"))?;
        let letters = |term: &str| {
            term.bytes()
                .map(|letter| {
                    if letter.is_ascii_alphabetic() {
                        Ok(letter)
                    } else {
                        Err(format!("`{equation}`: only letters name axes"))
                    }
                })
                .collect::<Result<Vec<u8>, String>>()
        };
        Ok(Self {
            inputs: inputs.split(',').map(letters).collect::<Result<_, _>>()?,
            output: letters(output)?,
        })
    }
}

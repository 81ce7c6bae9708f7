//! The shape of every value of a graph, from the image on.
//!
//! The same walk serves two ends. With widths as numbers it checks a graph and counts it; with widths as
//! [`Widths`] it finds which of them have to stay equal when a net is made wider.

pub(super) mod einsum;
mod node;
pub(super) mod tables;
pub(super) mod windows;

use super::dim::{Dim, Widths};
pub(in crate::net::graph) use super::dim::{Shape, Sizes};
use super::form::op::Op;
use super::nodes::{Graph, Node};
use crate::net::blocks::Side;

/// Why a graph has no shapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::net) struct Trouble {
    /// The node.
    pub(in crate::net::graph) node: usize,
    /// What does not fit.
    pub(in crate::net::graph) what: String,
}

/// What of a node follows from the widths.
#[derive(Clone, Debug)]
pub(in crate::net::graph) enum Mark {
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
pub(in crate::net::graph) struct Shapes {
    /// That of the image, then of each node's value.
    pub(in crate::net::graph) values: Vec<Shape>,
    /// What equals what.
    pub(in crate::net::graph) widths: Widths,
    /// What has to be written anew when the widths change, with the node.
    pub(in crate::net::graph) marks: Vec<(usize, Mark)>,
}

/// Elements of a value, at most: what is larger fits no machine.
const MAX_ELEMENTS: u64 = 1 << 50;

pub(in crate::net::graph) struct Walk<'a> {
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
    lengths: Sizes,
}

impl Shapes {
    /// With every width a number.
    pub(in crate::net::graph) fn fixed(graph: &Graph, side: Side) -> Result<Self, Trouble> {
        Walk::new(graph, side, false).run()
    }

    /// With every width free to change, but for those of the image and of what the net puts out.
    pub(in crate::net::graph) fn free(graph: &Graph, side: Side) -> Result<Self, Trouble> {
        let mut shapes = Walk::new(graph, side, true).run()?;
        let last = shapes.values.last().cloned().unwrap_or_default();
        for dim in last {
            shapes.widths.frozen(dim);
        }
        Ok(shapes)
    }

    /// The lengths of every value.
    pub(in crate::net::graph) fn all_sizes(&self) -> Vec<Sizes> {
        self.values
            .iter()
            .map(|shape| self.widths.sizes_of(shape))
            .collect()
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
    pub(in crate::net::graph) fn of_image(graph: &'a Graph, channels: u32, side: Side) -> Self {
        let side = Dim::Number(side.get().into());
        let image = [Dim::Number(1), Dim::Number(channels.into()), side, side];
        Self {
            graph,
            shapes: Shapes {
                values: vec![Shape::from_slice(&image)],
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
    pub(in crate::net::graph) fn fits_tables(mut self) -> Self {
        self.tables = Some(Vec::new());
        self
    }

    /// Takes a further node, and says how long the axes of its value are.
    pub(in crate::net::graph) fn next(&mut self, node: &Node) -> Result<Sizes, String> {
        let shape = self.shape(node)?;
        self.check_size(&shape)?;
        let sizes = self.shapes.widths.sizes_of(&shape);
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
            self.add(node).map_err(|what| Trouble { node: i, what })?;
        }
        Ok(())
    }

    /// Adds the shape of the node's value.
    fn add(&mut self, node: &Node) -> Result<(), String> {
        let shape = self.shape(node)?;
        self.tie(node, &shape)?;
        self.check_size(&shape)?;
        self.shapes.values.push(shape);
        Ok(())
    }

    /// Makes the channels of `shape` those of the node with the same weights.
    fn tie(&mut self, node: &Node, shape: &Shape) -> Result<(), String> {
        let Some(tied) = node.tied else {
            return Ok(());
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
        for (ours, theirs) in [axis(shape), axis(&input)].into_iter().zip(other) {
            if let (Some(ours), Some(theirs)) = (ours, theirs) {
                self.equal(ours, theirs)?;
            }
        }
        Ok(())
    }

    /// Refuses a shape of no elements, or of too many.
    fn check_size(&self, shape: &Shape) -> Result<(), String> {
        let widths = &self.shapes.widths;
        let all = shape.iter().try_fold(1_u64, |all, dim| {
            all.checked_mul(widths.size(*dim))
                .filter(|all| *all <= MAX_ELEMENTS)
        });
        match all {
            Some(0) => Err("nothing is left of the value".to_owned()),
            Some(_) => Ok(()),
            None => Err("the value is too large to count".to_owned()),
        }
    }

    fn input(&self, node: &Node, i: usize) -> Shape {
        let value = node.inputs.get(i).copied().unwrap_or(0);
        Shape::from_slice(&self.shapes.values[usize::try_from(value).unwrap_or(0)])
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

    fn broadcast(&mut self, a: &[Dim], b: &[Dim]) -> Result<Shape, String> {
        let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
        let mut shape = Shape::from_slice(long);
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
}

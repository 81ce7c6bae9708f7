//! Tables of positions, which are as long as a map: they are made anew for another.

use super::{Shape, Shapes, Table, Trouble, Walk};
use crate::net::blocks::Side;
use crate::net::graph::dim::Dim;
use crate::net::graph::form::op::{Op, Values};
use crate::net::graph::nodes::{Graph, Node};

/// A graph at another side.
pub(in crate::net::graph) enum Fitted {
    /// It fits, with these shapes.
    AsItIs(Shapes),
    /// It has other tables.
    Anew(Graph),
}

impl Graph {
    /// The graph for images of `side`: tables of positions that are as long as another map are made anew.
    pub(in crate::net::graph) fn fitted(&self, side: Side) -> Result<Fitted, Trouble> {
        let mut walk = Walk::new(self, side, false);
        walk.tables = Some(Vec::new());
        walk.walk()?;
        let tables = walk.tables.take().unwrap_or_default();
        if tables.is_empty() {
            return Ok(Fitted::AsItIs(walk.shapes));
        }
        let mut fitted = self.clone();
        for table in tables {
            match &mut fitted.nodes[table.node].op {
                Op::Parameter { shape } => *shape = table.lengths.into_iter().collect(),
                Op::Constant { shape, value, .. } => {
                    *shape = table.lengths.into_iter().map(Some).collect();
                    value.take_if(|value| matches!(value, Values::Each(_)));
                }
                _ => {}
            }
        }
        Ok(Fitted::Anew(fitted))
    }
}

impl Walk<'_> {
    /// Makes the `i`-th input, where it is a table of positions, as long as `other`.
    pub(super) fn fit(&mut self, node: &Node, i: usize, shape: &mut Shape, other: &[Dim]) {
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
}

//! A graph in the making: each value has its shape as soon as its operator is there.

use super::form::raw::RawNode;
use super::form::read::read;
use super::nodes::{Graph, Node};
use super::shapes::{Sizes, Walk};
use crate::json::Invalid;
use crate::net::blocks::Side;

/// The values of a graph that is being written.
pub(in crate::net) struct Draft {
    walk: Walk<'static>,
    nodes: Vec<Node>,
    /// The shape of each value, from the image on.
    shapes: Vec<Sizes>,
}

/// A walk needs a graph; this one's nodes come one by one.
static NOTHING: Graph = Graph {
    channels: 0,
    group: None,
    nodes: Vec::new(),
    twin: None,
};

impl Draft {
    /// With the image alone, of `channels` and `side`.
    pub(in crate::net) fn new(channels: u32, side: Side) -> Self {
        let pixels = u64::from(side.get());
        Self {
            walk: Walk::of_image(&NOTHING, channels, side),
            nodes: Vec::new(),
            shapes: vec![Sizes::from_slice(&[1, channels.into(), pixels, pixels])],
        }
    }

    /// The same, where tables of positions are as long as the maps that they are added to.
    pub(in crate::net) fn fitting(channels: u32, side: Side) -> Self {
        let draft = Self::new(channels, side);
        Self {
            walk: draft.walk.fits_tables(),
            ..draft
        }
    }

    /// Adds `node`, whose value has this number and a shape.
    ///
    /// # Errors
    /// Where it cannot be read, or its shapes do not fit.
    pub(in crate::net) fn push(&mut self, mut node: RawNode) -> Result<usize, String> {
        let before = self.shapes.len() - 1;
        let place = u32::try_from(before).unwrap_or(u32::MAX);
        let told = |Invalid(errors): Invalid| {
            let first = errors.into_iter().next();
            first.map_or_else(String::new, |error| error.detail)
        };
        let node = read(&mut node, place, &self.nodes).map_err(told)?;
        self.shapes.push(self.walk.next(&node)?);
        self.nodes.push(node);
        Ok(before + 1)
    }

    /// The shape of a value.
    pub(in crate::net) fn shape(&self, value: usize) -> &[u64] {
        self.shapes.get(value).map_or(&[], Sizes::as_slice)
    }
}

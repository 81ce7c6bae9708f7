//! A graph at a resolution: its layers, or the operator that does not fit.

use std::sync::Arc;

use super::form::raw::RawGraph;
use super::nodes::{Graph, Twin};
use super::shapes::tables::Fitted;
use super::shapes::{Shapes, Trouble};
use crate::json::Invalid;
use crate::net::blocks::Side;
use crate::net::group::Group;
use crate::net::layers::{Counts, Layer};

/// A graph that fits images of a side, and the sums of its layers.
pub(in crate::net) struct Counted {
    pub(in crate::net) graph: Arc<Graph>,
    pub(in crate::net) counts: Counts,
}

impl Graph {
    /// Emits the layers for an image of `side`, in order.
    ///
    /// # Errors
    /// At the node whose shapes do not fit.
    pub(in crate::net) fn layers(
        &self,
        side: Side,
        emit: &mut dyn FnMut(Layer),
    ) -> Result<(), Invalid> {
        self.emit(side, emit)
            .map_err(|trouble| self.refusal(&trouble, side))
    }

    /// Its operators as one line of text, whatever it and its modules are called.
    #[must_use]
    pub fn operators(&self) -> String {
        let mut raw = RawGraph::from(self);
        raw.group = None;
        for node in &mut raw.nodes {
            node.at = None;
        }
        // A graph is a struct of numbers and words: writing it to a string cannot fail.
        serde_json::to_string(&raw).unwrap_or_default()
    }

    /// The timing group that its maker names.
    pub(in crate::net) fn group(&self) -> Option<&Group> {
        self.group.as_ref()
    }

    /// The same graph of a net of this timing group.
    pub(in crate::net) fn in_group(self, group: Option<Group>) -> Self {
        Self { group, ..self }
    }

    /// The builder's net that it equals, layer by layer, where there is one.
    #[must_use]
    pub fn twin(&self) -> Option<&Twin> {
        self.twin.as_deref()
    }

    /// The graph whose shapes fit images of `side`: itself, or with tables of positions that are made anew; and with its
    /// twin, where it has one.
    ///
    /// # Errors
    /// At the node whose shapes do not fit.
    pub(in crate::net) fn at(self: Arc<Self>, side: Side) -> Result<Counted, Invalid> {
        let mut counts = Counts::default();
        if let Some(twin) = &self.twin {
            twin.layers(side, &mut |layer| counts += layer.counts());
            let graph = self;
            return Ok(Counted { graph, counts });
        }
        let refuse = |graph: &Self, trouble: &Trouble| graph.refusal(trouble, side);
        let (mut graph, shapes) = match self.fitted(side) {
            Ok(Fitted::AsItIs(shapes)) => (self, shapes),
            Ok(Fitted::Anew(graph)) => match Shapes::fixed(&graph, side) {
                Ok(shapes) => (Arc::new(graph), shapes),
                Err(trouble) => return Err(refuse(&graph, &trouble)),
            },
            Err(trouble) => return Err(refuse(&self, &trouble)),
        };
        let mut layers = Vec::with_capacity(graph.nodes.len());
        graph.emit_with(&shapes, &mut |layer| {
            counts += layer.counts();
            layers.push(layer);
        });
        if let Some(twin) = Self::twin_of(&layers, side) {
            Arc::make_mut(&mut graph).twin = Some(Box::new(twin));
        }
        Ok(Counted { graph, counts })
    }

    /// What does not fit at `side`, told of the node as it was written.
    pub(super) fn refusal(&self, trouble: &Trouble, side: Side) -> Invalid {
        let side = side.get();
        let (pointer, op, named) = match self.nodes.get(trouble.node) {
            Some(node) => (
                format!("/nodes/{}", node.place),
                node.op.name(),
                node.at.as_ref().map(|at| format!(" at {at}")),
            ),
            None => ("/nodes".to_owned(), "graph", None),
        };
        let named = named.unwrap_or_default();
        let detail = format!(
            "`{op}`{named}: {}, for images of {side} pixels",
            trouble.what
        );
        let hint = "another resolution, or a graph whose shapes fit";
        Invalid::at(&pointer, side, detail, hint)
    }
}

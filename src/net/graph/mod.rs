//! Any net, as a graph of operators: read, checked, counted and scaled.
//!
//! Shapes follow from the image ([`shapes`]), layers from shapes ([`count`]). A wider net keeps equal widths equal
//! ([`width`], on the formulas of [`dim`]); a deeper one repeats the blocks that stand in a row ([`depth`]).
//! The form: `docs/graphs.md`.

mod count;
mod depth;
mod dim;
pub mod op;
pub mod raw;
mod read;
mod rearrange;
mod scale;
mod shapes;
mod width;
mod write;

use std::sync::Arc;

use crate::json::Invalid;
use crate::net::blocks::Side;
use crate::net::layers::Layer;
use op::Op;
pub use raw::RawGraph;
use shapes::Trouble;
pub(super) use width::Wider;

/// A checked graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// Channels of the image.
    channels: u32,
    nodes: Vec<Node>,
}

/// One operator; its value has the number of the node plus 1, since the image is value 0.
#[derive(Clone, Debug, PartialEq)]
struct Node {
    op: Op,
    inputs: Vec<u32>,
    /// Where it stands in the module.
    at: Option<String>,
    /// Which of the nodes as they were written it comes from.
    place: u32,
}

impl Graph {
    /// Emits the layers for an image of `side`, in order.
    ///
    /// # Errors
    /// At the node whose shapes do not fit.
    pub(super) fn layers(&self, side: Side, emit: &mut dyn FnMut(Layer)) -> Result<(), Invalid> {
        self.emit(side, emit)
            .map_err(|trouble| self.refusal(&trouble, side))
    }

    /// The graph whose shapes fit images of `side`: itself, or with tables of positions that are made anew.
    ///
    /// # Errors
    /// At the node whose shapes do not fit.
    pub(super) fn at(self: &Arc<Self>, side: Side) -> Result<Arc<Self>, Invalid> {
        match self.fitted(side) {
            Ok(None) => Ok(Arc::clone(self)),
            Ok(Some(fitted)) => Ok(Arc::new(fitted)),
            Err(trouble) => Err(self.refusal(&trouble, side)),
        }
    }

    /// What does not fit at `side`, told of the node as it was written.
    fn refusal(&self, trouble: &Trouble, side: Side) -> Invalid {
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

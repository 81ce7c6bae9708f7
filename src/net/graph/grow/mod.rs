//! A graph, scaled: wider first, then deeper, then for images of another side.

mod depth;
mod width;

use super::nodes::Graph;
use super::shapes::{Shapes, Trouble};
use crate::json::Invalid;
use crate::net::blocks::Side;
use depth::Run;
use width::Steps;
pub(in crate::net) use width::{Roundings, Wider};

/// What can grow of a graph at a side.
#[derive(Debug)]
pub(in crate::net) struct Growable {
    side: Side,
    runs: Vec<Run>,
    steps: Steps,
}

impl Growable {
    /// Blocks of each stage.
    pub(in crate::net) fn depths(&self) -> impl Iterator<Item = u64> {
        self.runs.iter().map(Run::depth)
    }

    /// What scaling rounds of the widths.
    pub(in crate::net) fn rounded(&self) -> Roundings {
        self.steps.rounded()
    }
}

impl Graph {
    /// What can grow of it at `side`.
    ///
    /// # Errors
    /// At the node whose shapes do not fit.
    pub(in crate::net) fn growable(&self, side: Side) -> Result<Growable, Invalid> {
        let refuse = |trouble: Trouble| self.refusal(&trouble, side).under("/model");
        let shapes = Shapes::free(self, side).map_err(refuse)?;
        let runs = self.runs(&shapes.all_sizes());
        let steps = Steps::new(shapes);
        Ok(Growable { side, runs, steps })
    }

    /// The net with `depth` times as many blocks in each stage, and widths grown by `wider`, as it can grow. A growth of 1
    /// changes nothing.
    ///
    /// # Errors
    /// At the operator that stands in the way.
    pub(in crate::net) fn scaled(
        &self,
        growable: &Growable,
        depth: f64,
        wider: Wider,
    ) -> Result<Self, Invalid> {
        let refuse = |trouble: Trouble| self.refusal(&trouble, growable.side).under("/model");
        let unchanged = |by: f64| (by - 1.0).abs() < 1e-12;
        let mut scaled = self.clone();
        if !(unchanged(wider.widths) && unchanged(wider.groups)) {
            growable.steps.widen(&mut scaled, wider).map_err(refuse)?;
            scaled.twin = None;
        }
        if unchanged(depth) {
            return Ok(scaled);
        }
        scaled.deeper(&growable.runs, depth).map_err(refuse)
    }
}

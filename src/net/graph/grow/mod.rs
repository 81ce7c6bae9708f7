//! A graph, scaled: wider first, then deeper, then for images of another side.

mod depth;
mod width;

use std::sync::{Arc, OnceLock};

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
    fn new(graph: &Graph, side: Side) -> Result<Self, Trouble> {
        let shapes = Shapes::free(graph, side)?;
        let runs = graph.runs(&shapes.all_sizes());
        let steps = Steps::new(shapes);
        Ok(Self { side, runs, steps })
    }

    /// Blocks of each stage.
    pub(in crate::net) fn depths(&self) -> impl Iterator<Item = u64> {
        self.runs.iter().map(Run::depth)
    }

    /// What scaling rounds of the widths.
    pub(in crate::net) fn rounded(&self) -> Roundings {
        self.steps.rounded()
    }
}

/// The growth of a graph, once it has been found: one net is scaled in many ways. It is no part of what a graph is.
#[derive(Debug)]
pub(super) struct Remembered(OnceLock<Arc<Growable>>);

impl Remembered {
    pub(super) const fn new() -> Self {
        Self(OnceLock::new())
    }
}

impl Clone for Remembered {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl PartialEq for Remembered {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Graph {
    /// What can grow of it at `side`.
    ///
    /// # Errors
    /// At the node whose shapes do not fit.
    pub(in crate::net) fn growable(&self, side: Side) -> Result<Arc<Growable>, Invalid> {
        let found = || {
            let found = Growable::new(self, side).map(Arc::new);
            found.map_err(|trouble| self.refusal(&trouble, side).under("/model"))
        };
        match self.growable.0.get() {
            Some(known) if known.side == side => Ok(known.clone()),
            Some(_) => found(),
            None => {
                let growable = found()?;
                Ok(self.growable.0.get_or_init(|| growable.clone()).clone())
            }
        }
    }

    /// The net with `depth` times as many blocks in each stage, and widths grown by `wider`. A growth of 1 changes nothing.
    ///
    /// # Errors
    /// At the operator that stands in the way.
    pub(in crate::net) fn scaled(
        &self,
        side: Side,
        depth: f64,
        wider: Wider,
    ) -> Result<Self, Invalid> {
        let refuse = |trouble: Trouble| self.refusal(&trouble, side).under("/model");
        let unchanged = |by: f64| (by - 1.0).abs() < 1e-12;
        let mut scaled = self.clone();
        if unchanged(depth) && unchanged(wider.widths) && unchanged(wider.groups) {
            return Ok(scaled);
        }
        let growable = self.growable(side)?;
        if !(unchanged(wider.widths) && unchanged(wider.groups)) {
            growable.steps.widen(&mut scaled, wider).map_err(refuse)?;
        }
        if unchanged(depth) {
            return Ok(scaled);
        }
        scaled.deeper(&growable.runs, depth).map_err(refuse)
    }
}

//! A graph, scaled: deeper first, then wider, then for images of another side.

mod depth;
mod width;

use super::nodes::Graph;
use super::shapes::Trouble;
use crate::json::Invalid;
use crate::net::blocks::Side;
pub(in crate::net) use width::Wider;

impl Graph {
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
        let refuse = |graph: &Self, trouble: &Trouble| graph.refusal(trouble, side).under("/model");
        let unchanged = |by: f64| (by - 1.0).abs() < 1e-12;
        let deeper = if unchanged(depth) {
            self.clone()
        } else {
            self.deeper(side, depth)
                .map_err(|trouble| refuse(self, &trouble))?
        };
        if unchanged(wider.widths) && unchanged(wider.groups) {
            return Ok(deeper);
        }
        deeper
            .wider(side, wider)
            .map_err(|trouble| refuse(&deeper, &trouble))
    }
}

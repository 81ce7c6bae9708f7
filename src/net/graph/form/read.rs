//! A graph as it is written becomes a checked one.

use smallvec::SmallVec;

use super::op::Op;
use super::operators::operator;
use super::raw::{RawGraph, RawNode};
use crate::json::{Invalid, shortened_text};
use crate::net::graph::nodes::{Graph, Node};
use crate::net::group::Group;
use crate::net::limits::{WIDTHS, within};
use crate::units::{Whole, to_u64};

/// Most nodes of a graph, repeats counted out.
pub(in crate::net) const MAX_NODES: usize = 20_000;
/// Nodes within nodes, at most.
const MAX_DEPTH: usize = 4;

impl TryFrom<RawGraph> for Graph {
    type Error = Invalid;

    fn try_from(mut raw: RawGraph) -> Result<Self, Invalid> {
        let channels = within("/channels", raw.channels.unwrap_or(Whole(3)), WIDTHS)?;
        let mut nodes = Vec::with_capacity(raw.nodes.len());
        for (i, node) in raw.nodes.iter_mut().enumerate() {
            let place = u32::try_from(i).unwrap_or(u32::MAX);
            expand(node, place, 0, &mut nodes).map_err(|e| e.under(&format!("/nodes/{i}")))?;
        }
        if nodes.is_empty() {
            let hint = "its operators, such as {\"op\": \"conv\", \"out\": 64, \"kernel\": 3}";
            return Err(Invalid::at("/nodes", 0, "a net without an operator", hint));
        }
        let group = raw.group.as_deref().map(Group::new).transpose();
        Ok(Self {
            channels,
            group: group.map_err(|e| e.under("/group"))?,
            nodes,
            twin: None,
        })
    }
}

/// Adds the nodes that `raw` stands for, whose fields are taken out.
fn expand(
    raw: &mut RawNode,
    place: u32,
    depth: usize,
    into: &mut Vec<Node>,
) -> Result<(), Invalid> {
    let too_many = || {
        let detail = format!("more than {MAX_NODES} nodes");
        Invalid::at("", to_u64(MAX_NODES), detail, "a smaller net")
    };
    match (raw.repeat.take(), raw.nodes.take()) {
        (None, None) => {
            if into.len() >= MAX_NODES {
                return Err(too_many());
            }
            let node = read(raw, place, into)?;
            into.push(node);
            Ok(())
        }
        (Some(times), Some(mut nodes)) if *raw == RawNode::default() => {
            let times = within("/repeat", times, 1..=20_000)?;
            if depth >= MAX_DEPTH {
                let detail = format!("nodes stand more than {MAX_DEPTH} deep within nodes");
                return Err(Invalid::at(
                    "/nodes",
                    depth,
                    detail,
                    "fewer repeats within repeats",
                ));
            }
            if nodes.is_empty() {
                let hint = "the operators that are repeated";
                return Err(Invalid::at("/nodes", 0, "nothing is repeated", hint));
            }
            let start = into.len();
            for (i, node) in nodes.iter_mut().enumerate() {
                expand(node, place, depth + 1, into)
                    .map_err(|e| e.under(&format!("/nodes/{i}")))?;
            }
            let length = into.len() - start;
            let more = usize::try_from(times - 1).unwrap_or(usize::MAX);
            if length.saturating_mul(more) > MAX_NODES - into.len() {
                return Err(too_many());
            }
            into.reserve(length * more);
            for _ in 0..more {
                for _ in 0..length {
                    let node = again(&into[into.len() - length], length, into)
                        .map_err(|e| e.under("/nodes"))?;
                    into.push(node);
                }
            }
            Ok(())
        }
        _ => {
            let hint = "either an operator with `op`, or `repeat` with `nodes`";
            let what = raw.op.as_deref().map(shortened_text).unwrap_or_default();
            Err(Invalid::at("", what, "both an operator and a repeat", hint))
        }
    }
}

/// The node once more, `length` nodes later: what it takes is counted back, so it is that much later too.
fn again(node: &Node, length: usize, before: &[Node]) -> Result<Node, Invalid> {
    let later = |place: u32| place.saturating_add(u32::try_from(length).unwrap_or(u32::MAX));
    let tied = node.tied.map(later);
    if let Some(tied) = tied {
        let back = i64::from(tied) - i64::try_from(before.len()).unwrap_or(0);
        tied_to(back, &node.op, before)?;
    }
    Ok(Node {
        inputs: node.inputs.iter().copied().map(later).collect(),
        tied,
        ..node.clone()
    })
}

/// The node `raw`, whose fields are taken out, and which comes after others.
pub(in crate::net::graph) fn read(
    raw: &mut RawNode,
    place: u32,
    before_nodes: &[Node],
) -> Result<Node, Invalid> {
    let before = before_nodes.len();
    let Some(name) = raw.op.take() else {
        let hint = "such as {\"op\": \"relu\"}";
        return Err(Invalid::at("/op", (), "a node needs its operator", hint));
    };
    let mut inputs = SmallVec::new();
    // Parameters and constants come from nowhere.
    let usual: &[i64] = if matches!(name.as_str(), "param" | "const") {
        &[]
    } else {
        &[-1]
    };
    let from = raw.from.take();
    for (i, back) in from.as_deref().unwrap_or(usual).iter().enumerate() {
        // Values: the image, then one of each node.
        let value = usize::try_from(back.unsigned_abs())
            .ok()
            .filter(|back| (1..=before + 1).contains(back))
            .filter(|_| *back < 0)
            .map(|back| before + 1 - back);
        let Some(value) = value.and_then(|value| u32::try_from(value).ok()) else {
            let detail = format!("{back} is no value before this node");
            let hint = format!("from -1, the node before, to -{}, the image", before + 1);
            return Err(Invalid::at(&format!("/from/{i}"), *back, detail, hint));
        };
        inputs.push(value);
    }
    let at = raw.at.take().map(Into::into);
    let tied = raw.tied.take();
    let op = operator(&name, raw, inputs.len())?;
    let tied = tied
        .map(|back| tied_to(back, &op, before_nodes))
        .transpose()?;
    if let Some(field) = raw.left() {
        let detail = format!("`{field}` is no field of `{name}`");
        let hint = "docs/graphs.md has the fields of each operator";
        return Err(Invalid::at(&format!("/{field}"), (), detail, hint));
    }
    Ok(Node {
        op,
        inputs,
        tied,
        at,
        place,
    })
}

/// The node, counted back, whose weights `op` uses: one of the same operator.
fn tied_to(back: i64, op: &Op, before: &[Node]) -> Result<u32, Invalid> {
    let place = usize::try_from(back.unsigned_abs())
        .ok()
        .filter(|_| back < 0)
        .and_then(|back| before.len().checked_sub(back));
    let found = place.filter(|place| before[*place].op.name() == op.name());
    found
        .and_then(|place| u32::try_from(place).ok())
        .ok_or_else(|| {
            let detail = format!("{back} is no `{}` before this one", op.name());
            let hint = "how many nodes before this one the weights are made, such as -3";
            Invalid::at("/tied", back, detail, hint)
        })
}

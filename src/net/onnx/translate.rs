//! A file's operators, in the order in which they stand there, written as those of a graph.

use std::collections::HashSet;

use super::fuse::Fused;
use super::message::{Graph, Node};
use super::net::{Image, Net};
use super::refusal::{Refusal, Refused, reason};
use super::{elementwise, views, weighted, windows};
use crate::net::graph::RawGraph;
use crate::units::Whole;

/// The axes of an image as files have them that name the channels last.
const CHANNELS_LAST: [usize; 4] = [0, 2, 3, 1];
/// Characters of the name of a set of operators that are told.
const MAX_DOMAIN: usize = 64;

/// Which nodes an output needs.
fn needed(graph: &Graph) -> Vec<bool> {
    let outputs = graph.outputs.iter().map(|value| value.name.as_str());
    let mut wanted: HashSet<&str> = outputs.collect();
    let mut needed = vec![false; graph.nodes.len()];
    // Each node stands behind those whose values it takes.
    for (i, node) in graph.nodes.iter().enumerate().rev() {
        let mut outputs = node.outputs.iter();
        if outputs.any(|name| wanted.contains(name.as_str())) {
            needed[i] = true;
            wanted.extend(node.inputs.iter().map(String::as_str));
        }
    }
    needed
}

/// The graph of a file's net.
pub(super) fn translated<'a>(graph: &'a Graph, opset: u64, image: &Image<'a>) -> Refused<RawGraph> {
    let mut net = Net::new(graph, opset, image, written);
    if image.channels_last {
        let at = net.entered(image.name);
        let turned = at.and_then(|at| views::permuted(&mut net, at, &CHANNELS_LAST));
        net.turned(image, turned.map_err(|what| Refusal::whole(&what))?);
    }
    let needed = needed(graph);
    for (i, node) in graph.nodes.iter().enumerate() {
        if needed[i] {
            taken(&mut net, i, node).map_err(|what| Refusal::of(i, node, &what))?;
        }
    }
    if net.nodes.is_empty() {
        return Err(Refusal::whole("no operator of it follows from its image"));
    }
    let channels = Some(Whole(image.channels.into())).filter(|channels| *channels != Whole(3));
    let nodes = net.nodes;
    Ok(RawGraph { channels, nodes })
}

/// Takes the node `i`, alone or as one of several that are one operator.
fn taken<'a>(net: &mut Net<'a>, i: usize, node: &'a Node) -> Result<(), String> {
    net.bias = None;
    match net.fused.get(&i).copied() {
        None => {}
        Some(Fused::Part) => return Ok(()),
        Some(Fused::Linear { bias }) => net.bias = Some(bias),
        Some(fused) => return elementwise::fused(net, node, fused),
    }
    net.take(i)
}

/// Writes `node`, which takes a value of the graph.
fn written<'a>(net: &mut Net<'a>, node: &'a Node) -> Result<(), String> {
    net.stands(node);
    match node.domain.as_str() {
        "" | "ai.onnx" => {}
        "com.microsoft" if elementwise::of_runtime(net, node)? => return Ok(()),
        domain => {
            let domain: String = domain.chars().take(MAX_DOMAIN).collect();
            let detail = format!("it is an operator of `{domain}`, and not of ONNX itself");
            return Err(detail);
        }
    }
    let done = weighted::takes(net, node)?
        || elementwise::takes(net, node)?
        || windows::takes(net, node)?
        || views::takes(net, node)?;
    if done {
        return Ok(());
    }
    Err(reason(&node.op).to_owned())
}

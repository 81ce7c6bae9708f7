//! The timing group of a net that no list knows, by what it is built of.
//!
//! Nets of one group are launched and fused alike, so a fit knows by how much they differ from what their layers say. The
//! rules look at the operators alone; a net that none of them fits has no group, and is predicted as a net of an unseen
//! kind is. How often they find the group that a net's name tells: `docs/accuracy.md`.

use crate::net::Group;
use crate::net::graph::form::op::{Conv, Filter, NormKind, Op, PoolKind};
use crate::net::graph::nodes::{Graph, Node};

/// What a net is built of, in numbers of operators.
#[derive(Debug, Default)]
struct Parts {
    /// Convolutions over more than one position: dense, in groups, depthwise.
    dense: usize,
    grouped: usize,
    depthwise: usize,
    /// Those of them whose kernel is 7 or more.
    large: usize,
    standardized: usize,
    batch_norms: usize,
    layer_norms: usize,
    /// Norms that take a residual sum or what a join made.
    first_norms: usize,
    sums: usize,
    joins: usize,
    cuts: usize,
    gates: usize,
    products: usize,
    max_pools: usize,
    silu: usize,
    hard: usize,
}

impl Parts {
    fn of(graph: &Graph) -> Self {
        let mut parts = Self::default();
        let before = |node: &Node| graph.maker(*node.inputs.first()?);
        for node in &graph.nodes {
            match &node.op {
                Op::Conv(conv) => parts.add(conv),
                Op::Norm { kind, .. } => {
                    let layer = matches!(kind, NormKind::Layer | NormKind::Rms);
                    *if layer {
                        &mut parts.layer_norms
                    } else {
                        &mut parts.batch_norms
                    } += 1;
                    let joined = before(node).is_some_and(|node| {
                        matches!(node.op, Op::Cat { .. } | Op::Pair { name: "add", .. })
                    });
                    parts.first_norms += usize::from(joined);
                }
                Op::Pair {
                    name, value: None, ..
                } => match *name {
                    "add" => parts.sums += 1,
                    "mul" => parts.gates += usize::from(graph.is_gate(node)),
                    _ => {}
                },
                Op::Cat { .. } => parts.joins += 1,
                Op::Part { .. } | Op::Slice { .. } => parts.cuts += 1,
                Op::MatMul | Op::Attention | Op::Einsum { .. } => parts.products += 1,
                Op::Pool {
                    kind: PoolKind::Max,
                    ..
                } => parts.max_pools += 1,
                Op::Map { name: "silu", .. } => parts.silu += 1,
                Op::Map {
                    name: "hardswish", ..
                } => parts.hard += 1,
                _ => {}
            }
        }
        parts
    }

    fn add(&mut self, conv: &Conv) {
        let side = |i| conv.window.kernel.at(i);
        if side(0).max(side(1)) == 1 || conv.filter == Filter::Fixed {
            self.standardized += usize::from(conv.filter == Filter::Standardized);
            return;
        }
        self.standardized += usize::from(conv.filter == Filter::Standardized);
        if conv.groups == 1 {
            self.dense += 1;
        } else if conv.groups == conv.out {
            self.depthwise += 1;
            self.large += usize::from(side(0) >= 7);
        } else {
            self.grouped += 1;
        }
    }

    /// The group, where one of the rules fits.
    fn group(&self) -> Option<&'static str> {
        let spatial = self.dense + self.grouped + self.depthwise;
        if self.products > 0 || spatial == 0 {
            return None;
        }
        if 2 * self.standardized > spatial {
            return Some("nfnet");
        }
        if self.joins >= 4 && 2 * self.joins >= self.dense && self.sums == 0 && self.depthwise == 0
        {
            return Some("densenet");
        }
        if self.joins > 0 {
            let residual = self.sums >= self.joins && self.depthwise == 0;
            return residual.then_some(if self.cuts > 0 { "cspnet" } else { "dla" });
        }
        if 4 * self.depthwise >= spatial {
            return self.mobile();
        }
        if 2 * self.grouped >= spatial {
            return match (self.gates > 0, self.max_pools > 0) {
                (true, true) => Some("seresnext"),
                (true, false) if self.silu > 0 => Some("regnetz"),
                (true, false) => Some("regnety"),
                (false, true) => Some("resnext"),
                (false, false) => Some("regnetx"),
            };
        }
        if self.sums >= 3 && spatial >= self.sums {
            let first = 2 * self.first_norms > self.sums;
            return Some(match (first, self.gates > 0) {
                (true, _) => "resnetv2",
                (false, true) => "seresnet",
                (false, false) => "resnet",
            });
        }
        let plain = self.sums == 0 && self.max_pools >= 4 && self.dense >= 6;
        plain.then_some(if self.batch_norms > 0 {
            "vgg_bn"
        } else {
            "vgg"
        })
    }

    /// Of a net of depthwise convolutions.
    fn mobile(&self) -> Option<&'static str> {
        if self.large > 0 && self.layer_norms > self.batch_norms {
            return Some("convnext");
        }
        if self.layer_norms > 0 {
            return None;
        }
        if self.sums == 0 {
            return (self.hard > 0).then_some("mobilenetv3");
        }
        let fused = self.dense >= 4;
        Some(match (fused, self.gates > 0) {
            (true, true) => "efficientnetv2",
            (true, false) => "efficientnet_edge",
            (false, _) if self.hard > 0 => "mobilenetv3",
            (false, true) if self.silu > 0 => "efficientnet",
            (false, _) => "mobilenetv2",
        })
    }
}

impl Graph {
    /// The node that makes a value, `None` for the image.
    fn maker(&self, value: u32) -> Option<&Node> {
        self.nodes.get(usize::try_from(value.checked_sub(1)?).ok()?)
    }

    /// Whether a map is multiplied by what a function that ends at 1 makes of it, as squeeze-excitation does.
    fn is_gate(&self, node: &Node) -> bool {
        node.inputs.iter().any(|value| {
            let mut maker = self.maker(*value);
            // What it makes may be given another shape first.
            while let Some(node) = maker
                && matches!(node.op, Op::Rearrange(_) | Op::Expand)
            {
                maker = node.inputs.first().and_then(|value| self.maker(*value));
            }
            maker.is_some_and(|node| {
                matches!(
                    node.op,
                    Op::Map {
                        name: "sigmoid" | "hardsigmoid",
                        ..
                    }
                )
            })
        })
    }

    /// The timing group that follows from its operators, `other` where none does.
    #[must_use]
    pub(in crate::net) fn kin(&self) -> Group {
        Parts::of(self).group().map_or(Group::OTHER, Group::guessed)
    }
}

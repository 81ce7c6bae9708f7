//! The timing group of a net that no list knows, by what it is built of.
//!
//! Nets of one group are launched and fused alike, so a fit knows by how much they differ from what their layers say. The
//! rules look at the operators alone; a net that none of them fits has no group, and is predicted as a net of an unseen
//! kind is. How often they find the group that a net's name tells: `docs/accuracy.md`.

use super::op::{Conv, Filter, NormKind, Op};
use super::{Graph, Node};
use crate::net::Group;

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
    linears: usize,
    batch_norms: usize,
    layer_norms: usize,
    /// Norms that take a residual sum or what a join made.
    first_norms: usize,
    sums: usize,
    joins: usize,
    parts: usize,
    gates: usize,
    products: usize,
    max_pools: usize,
    silu: usize,
    hard: usize,
}

impl Parts {
    fn of(graph: &Graph) -> Self {
        let mut parts = Self::default();
        let before = |node: &Node| {
            let value = node.inputs.first()?.checked_sub(1)?;
            graph.nodes.get(usize::try_from(value).ok()?)
        };
        for node in &graph.nodes {
            match &node.op {
                Op::Conv(conv) => parts.add(conv),
                Op::Linear { .. } => parts.linears += 1,
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
                    "mul" if node.inputs.len() == 2 => {
                        // What multiplies a map comes from a function that ends at 1.
                        let gated = node.inputs.iter().any(|value| {
                            let maker = value.checked_sub(1).and_then(|n| usize::try_from(n).ok());
                            let op = maker.and_then(|n| graph.nodes.get(n)).map(|node| &node.op);
                            matches!(
                                op,
                                Some(Op::Map {
                                    name: "sigmoid" | "hardsigmoid",
                                    ..
                                })
                            )
                        });
                        parts.gates += usize::from(gated);
                    }
                    _ => {}
                },
                Op::Cat { .. } => parts.joins += 1,
                Op::Part { .. } | Op::Slice { .. } => parts.parts += 1,
                Op::MatMul | Op::Attention | Op::Einsum { .. } => parts.products += 1,
                Op::Pool {
                    kind: super::op::PoolKind::Max,
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
            let split = self.joins <= 8 && self.sums >= self.joins && self.depthwise == 0;
            return split.then_some("cspnet");
        }
        if 4 * self.depthwise >= spatial {
            return self.mobile();
        }
        if 2 * self.grouped >= spatial {
            return match (self.gates > 0, self.max_pools > 0) {
                (true, true) => Some("seresnext"),
                (true, false) => Some("regnety"),
                (false, true) => Some("resnext"),
                (false, false) => Some("regnetx"),
            };
        }
        if self.sums >= 3 {
            let first = 2 * self.first_norms > self.sums;
            return Some(match (first, self.gates > 0) {
                (true, _) => "resnetv2",
                (false, true) => "seresnet",
                (false, false) => "resnet",
            });
        }
        let plain = self.sums == 0 && self.linears >= 2 && self.dense >= 6;
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
        if self.sums == 0 || self.layer_norms > 0 {
            return None;
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
    /// The timing group that follows from its operators, `other` where none does.
    #[must_use]
    pub(in crate::net) fn kin(&self) -> Group {
        Parts::of(self).group().map_or(Group::OTHER, Group::known)
    }
}

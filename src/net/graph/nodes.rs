//! A checked graph: its operators, and the net of a family that it equals.

use std::sync::Arc;

use smallvec::SmallVec;

use super::form::op::Op;
use crate::net::blocks::Side;
use crate::net::families::anynet::AnyNet;
use crate::net::families::effnet::EffNet;
use crate::net::group::Group;
use crate::net::layers::Layer;

/// A checked graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// Channels of the image.
    pub(super) channels: u32,
    /// The timing group that its maker names.
    pub(super) group: Option<Group>,
    pub(super) nodes: Vec<Node>,
    /// The builder's net that it equals.
    pub(super) twin: Option<Box<Twin>>,
}

/// One operator; its value has the number of the node plus 1, since the image is value 0.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) op: Op,
    pub(super) inputs: SmallVec<[u32; 2]>,
    /// The node whose weights it uses, where these are not its own.
    pub(super) tied: Option<u32>,
    /// Where it stands in the module.
    pub(super) at: Option<Arc<str>>,
    /// Which of the nodes as they were written it comes from.
    pub(super) place: u32,
}

impl Node {
    /// Whether it is a parameter or a constant whose lengths are told.
    pub(super) fn is_table(&self) -> bool {
        matches!(self.op, Op::Parameter { .. } | Op::Constant { .. }) && self.inputs.is_empty()
    }
}

/// A net that a builder makes, in the form that scaling gives it.
#[derive(Clone, Debug, PartialEq)]
pub enum Twin {
    /// Stages given one by one.
    AnyNet(AnyNet),
    /// Inverted residuals.
    EffNet(EffNet),
}

impl Twin {
    /// Emits the layers for an image of `side`, in order.
    pub(in crate::net) fn layers(&self, side: Side, emit: &mut dyn FnMut(Layer)) {
        match self {
            Self::AnyNet(net) => net.layers(side, emit),
            Self::EffNet(net) => net.layers(side, emit),
        }
    }
}

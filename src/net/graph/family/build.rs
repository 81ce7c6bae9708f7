//! The graph of a net of a builder, so that every net can be had as operators and built from them.

use std::sync::Arc;

use crate::net::families::anynet::{AnyNet, BlockType, StemType};
use crate::net::families::effnet::EffNet;
use crate::net::graph::form::op::{
    Affine, Conv, Details, Filter, NormKind, Op, Padding, PerAxis, PoolKind, Window,
};
use crate::net::graph::form::read::MAX_NODES;
use crate::net::graph::nodes::{Graph, Node, Twin};
use crate::net::graph::rearrange::Rearrange;

impl Graph {
    /// The graph of a builder's net; `None` where it would have more nodes than a graph may have.
    #[must_use]
    pub(in crate::net) fn of(twin: Twin) -> Option<Self> {
        let made = match &twin {
            Twin::AnyNet(net) => of_anynet(net),
            Twin::EffNet(net) => of_effnet(net),
        };
        made.map(|graph| Self {
            twin: Some(Box::new(twin)),
            ..graph
        })
    }
}

/// Nodes in the making.
struct Maker {
    nodes: Vec<Node>,
    /// The value that leads on, and its channels.
    value: u32,
    width: u32,
    at: String,
    function: &'static str,
}

/// A square window.
fn window(kernel: u32, stride: u32) -> Window {
    Window {
        kernel: PerAxis::all(kernel),
        stride: PerAxis::all(stride),
        pad: Padding::Even(PerAxis::all(kernel / 2)),
        dilation: PerAxis::all(1),
        ceil: false,
    }
}

impl Maker {
    fn new(function: &'static str) -> Self {
        Self {
            nodes: Vec::new(),
            value: 0,
            width: 3,
            at: "stem".to_owned(),
            function,
        }
    }

    fn push(&mut self, op: Op, inputs: &[u32], part: &str) {
        let at = if part.is_empty() {
            self.at.clone()
        } else {
            format!("{}.{part}", self.at)
        };
        let place = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.nodes.push(Node {
            op,
            inputs: inputs.into(),
            tied: None,
            at: Some(at.into()),
            place,
        });
        self.value = place.saturating_add(1);
    }

    fn on(&mut self, op: Op, part: &str) {
        self.push(op, &[self.value], part);
    }

    /// A convolution, its norm, and no function.
    fn conv(&mut self, part: &str, out: u32, window: Window, groups: u32) {
        let conv = Conv {
            out,
            window,
            groups,
            bias: false,
            filter: Filter::Learned,
            gain: false,
            value: None,
            transposed: None,
        };
        self.on(Op::Conv(conv), part);
        let norm = Op::Norm {
            kind: NormKind::Batch,
            affine: Affine::Both,
            groups: 1,
            axes: 1,
        };
        self.on(norm, &format!("{part}_bn"));
        self.width = out;
    }

    fn map(&mut self, name: &'static str) {
        let details = Details::default();
        self.on(Op::Map { name, details }, "");
    }

    fn conv_map(&mut self, part: &str, out: u32, window: Window, groups: u32) {
        self.conv(part, out, window, groups);
        self.map(self.function);
    }

    fn pair(&mut self, name: &'static str, with: u32) {
        let pair = Op::Pair {
            name,
            value: None,
            reversed: false,
        };
        self.push(pair, &[with, self.value], "");
    }

    fn pool_all(&mut self) {
        let pool = Op::Adaptive {
            kind: PoolKind::Average,
            to: PerAxis::all(1),
            global: true,
        };
        self.on(pool, "");
    }

    fn squeeze_excite(&mut self, squeezed: u32) {
        let (map, width) = (self.value, self.width);
        self.pool_all();
        for (part, out, function) in [
            ("se.reduce", squeezed, self.function),
            ("se.expand", width, "sigmoid"),
        ] {
            let conv = Conv {
                out,
                window: window(1, 1),
                groups: 1,
                bias: true,
                filter: Filter::Learned,
                gain: false,
                value: None,
                transposed: None,
            };
            self.on(Op::Conv(conv), part);
            self.map(function);
        }
        self.pair("mul", map);
    }

    fn classify(mut self, head_w: u32, num_classes: u32) -> Option<Graph> {
        "head".clone_into(&mut self.at);
        if head_w > 0 {
            self.conv_map("conv", head_w, window(1, 1), 1);
        }
        self.pool_all();
        let flat = Rearrange::new("b c 1 1 -> b c", std::collections::BTreeMap::new()).ok()?;
        self.on(Op::Rearrange(Arc::new(flat)), "");
        let linear = Op::Linear {
            out: num_classes,
            bias: true,
        };
        self.on(linear, "fc");
        (self.nodes.len() <= MAX_NODES).then_some(Graph {
            channels: 3,
            group: None,
            nodes: self.nodes,
            twin: None,
        })
    }
}

fn of_anynet(net: &AnyNet) -> Option<Graph> {
    let linear = net.block_type == BlockType::ResBottleneckLinearBlock;
    let mut made = Maker::new(if linear { "silu" } else { "relu" });
    let (kernel, stride) = match net.stem_type {
        StemType::ResStemCifar => (3, 1),
        StemType::SimpleStemIn => (3, 2),
        StemType::ResStemIn => (7, 2),
    };
    made.conv_map("conv", net.stem_w, window(kernel, stride), 1);
    if net.stem_type == StemType::ResStemIn {
        let pool = Op::Pool {
            kind: PoolKind::Max,
            window: window(3, 2),
            count_pad: true,
        };
        made.on(pool, "pool");
    }
    for (i, stage) in net.stages.iter().enumerate() {
        for j in 0..stage.depth {
            if made.nodes.len() > MAX_NODES {
                return None;
            }
            made.at = format!("s{}.b{}", i + 1, j + 1);
            let stride = if j == 0 { stage.stride } else { 1 };
            let (input, w_in, width) = (made.value, made.width, stage.width);
            let changes = w_in != width || stride != 1;
            match net.block_type {
                BlockType::VanillaBlock | BlockType::ResBasicBlock => {
                    made.conv_map("a", width, window(3, stride), 1);
                    made.conv("b", width, window(3, 1), 1);
                }
                BlockType::ResBottleneckBlock | BlockType::ResBottleneckLinearBlock => {
                    made.conv_map("a", stage.w_b(), window(1, 1), 1);
                    made.conv_map("b", stage.w_b(), window(3, stride), stage.groups());
                    if net.se.is_used() {
                        made.squeeze_excite(net.se.width(w_in));
                    }
                    made.conv("c", width, window(1, 1), 1);
                }
            }
            match net.block_type {
                BlockType::VanillaBlock => made.map("relu"),
                BlockType::ResBottleneckLinearBlock if changes => {}
                BlockType::ResBottleneckLinearBlock => made.pair("add", input),
                BlockType::ResBasicBlock | BlockType::ResBottleneckBlock => {
                    let mut shortcut = input;
                    if changes {
                        let main = made.value;
                        (made.value, made.width) = (input, w_in);
                        made.conv("proj", width, window(1, stride), 1);
                        (shortcut, made.value) = (made.value, main);
                    }
                    made.pair("add", shortcut);
                    made.map("relu");
                }
            }
        }
    }
    made.classify(net.head_w, net.num_classes)
}

fn of_effnet(net: &EffNet) -> Option<Graph> {
    let mut made = Maker::new("silu");
    made.conv_map("conv", net.stem_w, window(3, 2), 1);
    for (i, stage) in net.stages.iter().enumerate() {
        for j in 0..stage.depth {
            if made.nodes.len() > MAX_NODES {
                return None;
            }
            made.at = format!("s{}.b{}", i + 1, j + 1);
            let stride = if j == 0 { stage.stride } else { 1 };
            let (input, w_in) = (made.value, made.width);
            let block = net.block(stage, w_in);
            if block.expanded != w_in {
                made.conv_map("exp", block.expanded, window(1, 1), 1);
            }
            let depthwise = window(block.kernel, stride);
            made.conv_map("dwise", block.expanded, depthwise, block.expanded);
            if block.squeezed > 0 {
                made.squeeze_excite(block.squeezed);
            }
            made.conv("lin_proj", block.width, window(1, 1), 1);
            if w_in == block.width && stride == 1 {
                made.pair("add", input);
            }
        }
    }
    made.classify(net.head_w, net.num_classes)
}

//! A file's operators become those of a graph, in the order in which they stand there.
//!
//! A value is one of three: it follows from the image, and is a value of the graph; it is a constant of known elements,
//! such as the lengths of a reshape; or it follows from weights alone, and comes into the graph where an operator on the
//! image first takes it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::constant::{Constant, Weight, product, written};
use super::fold::folded;
use super::fuse::{Fused, fusions};
use super::message::{Graph, Node, label};
use super::tensor::{Element, Tensor, is_learned_name, learned, module};
use super::view::{Axes, Batch, Place};
use crate::net::blocks::Side;
use crate::net::graph::raw::RawNode;
use crate::net::graph::{Draft, MAX_NODES};
use crate::units::Whole;

/// Elements of all constants that are computed.
const MOST_FOLDED: u64 = 4 << 20;
/// Constants that follow from each other before an operator takes the last.
const MAX_CHAIN: usize = 256;
/// Values before one that are looked at for its lengths.
const NEAR: usize = 32;
/// A value of the graph: its number, and where the batch stands in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    pub(super) value: usize,
    pub(super) batch: Option<Batch>,
}

#[derive(Clone, Debug)]
enum Value {
    Of(At),
    Constant(Rc<Constant>),
    /// Follows from weights alone, by the node of this number.
    Later(usize),
}

/// What writes a node that takes a value of the graph.
pub(super) type Writer = for<'a> fn(&mut Net<'a>, &'a Node) -> Result<(), String>;

/// A file's net on its way into a graph.
pub(super) struct Net<'a> {
    pub(super) opset: u64,
    writer: Writer,
    list: &'a [Node],
    weights: HashMap<&'a str, &'a Tensor>,
    values: HashMap<&'a str, Value>,
    /// Constants that have come into the graph.
    entered: HashMap<&'a str, At>,
    /// Nodes by the weights that they share with others.
    sharing: HashMap<&'a str, Option<usize>>,
    /// What is stored once for several weights that begin alike.
    alike: HashSet<&'a str>,
    pub(super) fused: BTreeMap<usize, Fused<'a>>,
    pub(super) nodes: Vec<RawNode>,
    draft: Draft,
    /// The same at twice the resolution, as far as shapes fit there.
    twice: Option<Draft>,
    pub(super) windows: BTreeSet<u64>,
    folded: u64,
    chain: usize,
    /// The bias that the node after a product adds.
    pub(super) bias: Option<&'a str>,
    /// Where the operator stands in the module.
    label: Option<String>,
}

/// The image that a file's net takes.
pub(super) struct Image<'a> {
    pub(super) name: &'a str,
    pub(super) channels: u32,
    pub(super) side: Side,
    /// Whether its channels come last.
    pub(super) channels_last: bool,
}

impl<'a> Net<'a> {
    /// Before the first node, which `writer` writes.
    pub(super) fn new(graph: &'a Graph, opset: u64, image: &Image<'a>, writer: Writer) -> Self {
        let twice = image.side.get().checked_mul(2).and_then(Side::of);
        let mut net = Self {
            opset,
            writer,
            list: &graph.nodes,
            weights: graph
                .initializers
                .iter()
                .map(|tensor| (tensor.name.as_str(), tensor))
                .collect(),
            values: HashMap::new(),
            entered: HashMap::new(),
            sharing: HashMap::new(),
            alike: HashSet::new(),
            fused: fusions(graph, image.name),
            nodes: Vec::new(),
            draft: Draft::new(image.channels, image.side),
            twice: twice.map(|side| Draft::fitting(image.channels, side)),
            windows: BTreeSet::new(),
            folded: 0,
            chain: 0,
            bias: None,
            label: None,
        };
        for tensor in &graph.initializers {
            let constant = Constant {
                learned: learned(tensor),
                ..Constant::of(tensor)
            };
            net.values
                .insert(&tensor.name, Value::Constant(Rc::new(constant)));
        }
        for name in several(graph) {
            if net.weights.get(name).is_some_and(|tensor| tensor.is_even()) {
                net.alike.insert(name);
            } else {
                net.sharing.insert(name, None);
            }
        }
        let at = At {
            value: 0,
            batch: Some(Batch {
                axis: 0,
                place: Place::Alone,
            }),
        };
        net.values.insert(image.name, Value::Of(at));
        net
    }

    /// Takes the node of this number, which is none of several that are one.
    pub(super) fn take(&mut self, i: usize) -> Result<(), String> {
        let list = self.list;
        let node = &list[i];
        let mut constant = true;
        for name in node.inputs.iter().filter(|name| !name.is_empty()) {
            match self.values.get(name.as_str()) {
                None => return Err(format!("its input `{name}` comes from nowhere")),
                Some(Value::Of(_)) => constant = false,
                Some(_) => {}
            }
        }
        if node.op == "Shape" && (!constant || self.folded(node).is_none()) {
            return self.lengths(node);
        }
        if !constant {
            return (self.writer)(self, node);
        }
        if let Some(found) = self.folded(node) {
            for (name, constant) in node.outputs.iter().zip(found) {
                self.folded += constant.values.as_ref().map_or(0, |_| constant.elements());
                self.values.insert(name, Value::Constant(Rc::new(constant)));
            }
            if self.folded > MOST_FOLDED {
                return Err(format!(
                    "it computes more than {MOST_FOLDED} numbers of its shapes"
                ));
            }
            return Ok(());
        }
        for name in &node.outputs {
            self.values.insert(name, Value::Later(i));
        }
        Ok(())
    }

    fn folded(&self, node: &Node) -> Option<Vec<Constant>> {
        let mut inputs = Vec::with_capacity(node.inputs.len());
        for name in &node.inputs {
            inputs.push(match self.values.get(name.as_str()) {
                Some(Value::Constant(constant)) => Some(Rc::clone(constant)),
                None if name.is_empty() => None,
                _ => return None,
            });
        }
        let inputs: Vec<Option<&Constant>> = inputs.iter().map(Option::as_deref).collect();
        folded(node, &inputs)
    }

    /// The lengths of a value that follows from the image.
    fn lengths(&mut self, node: &'a Node) -> Result<(), String> {
        let at = self.operand(node, 0)?;
        let shape = self.shape(at);
        let rank = i64::try_from(shape.len()).unwrap_or(0);
        let end = |name: &str, usual: i64| {
            let at = node.whole(name).unwrap_or(usual);
            let at = if at < 0 { at.saturating_add(rank) } else { at };
            usize::try_from(at.clamp(0, rank)).unwrap_or(0)
        };
        let (start, stop) = (end("start", 0), end("end", rank));
        let lengths = Constant::wholes(shape.get(start..stop).unwrap_or(&[]));
        self.values.extend(node.outputs.first().map(|name| {
            let constant = Value::Constant(Rc::new(lengths));
            (name.as_str(), constant)
        }));
        Ok(())
    }

    /// Adds a node, which takes the values `from`.
    pub(super) fn push(&mut self, mut raw: RawNode, from: &[At]) -> Result<usize, String> {
        if self.nodes.len() >= MAX_NODES {
            return Err(format!(
                "there are more than {MAX_NODES} operators before it"
            ));
        }
        let before = i64::try_from(self.nodes.len()).unwrap_or(i64::MAX);
        let back = |at: &At| i64::try_from(at.value).unwrap_or(0) - before - 1;
        let from: Vec<i64> = from.iter().map(back).collect();
        let usual = if matches!(raw.op.as_deref(), Some("param" | "const")) {
            from.is_empty()
        } else {
            from == [-1]
        };
        raw.from = (!usual).then_some(from);
        if raw.at.is_none() {
            raw.at.clone_from(&self.label);
        }
        let value = self.draft.push(raw.clone())?;
        if let Some(twice) = &mut self.twice
            && twice.push(raw.clone()).is_err()
        {
            self.twice = None;
        }
        self.nodes.push(raw);
        Ok(value)
    }

    /// The lengths of a value.
    pub(super) fn shape(&self, at: At) -> &[u64] {
        self.draft.shape(at.value)
    }

    /// A value close before that has the lengths which `at` is to have, where it has fewer.
    pub(super) fn shaped(&self, at: At, wanted: &[i64]) -> Option<At> {
        let wanted: Vec<u64> = wanted
            .iter()
            .map(|n| u64::try_from(*n))
            .collect::<Result<_, _>>()
            .ok()?;
        if self.shape(at) == wanted || wanted.len() != self.shape(at).len() {
            return None;
        }
        let values = (1..=self.nodes.len()).rev().take(NEAR);
        let mut like = values.filter(|value| self.draft.shape(*value) == wanted);
        like.next().map(|value| At { value, batch: None })
    }

    pub(super) fn axes(&self, at: At) -> Axes<'_> {
        Axes {
            lengths: self.shape(at),
            twice: self.twice.as_ref().map(|twice| twice.shape(at.value)),
            batch: at.batch.filter(|batch| batch.axis < self.shape(at).len()),
        }
    }

    /// The `k`-th output of `node` is this value.
    pub(super) fn put(&mut self, node: &'a Node, k: usize, at: At) {
        if let Some(name) = node.outputs.get(k).filter(|name| !name.is_empty()) {
            self.values.insert(name, Value::Of(at));
        }
    }

    /// Adds a node on `from`, whose value is the first output of `node`; its batch is where that of the first input is.
    pub(super) fn emit(&mut self, node: &'a Node, raw: RawNode, from: &[At]) -> Result<(), String> {
        let value = self.push(raw, from)?;
        let batch = from.iter().find_map(|at| {
            let batch = at.batch?;
            let axis =
                (batch.axis + self.draft.shape(value).len()).checked_sub(self.shape(*at).len())?;
            Some(Batch { axis, ..batch })
        });
        self.put(node, 0, At { value, batch });
        Ok(())
    }

    /// The `k`-th input of `node` where it is a constant of known elements or a weight.
    pub(super) fn constant(&self, node: &Node, k: usize) -> Option<&Constant> {
        match self.values.get(node.input(k)?)? {
            Value::Constant(constant) => Some(constant),
            _ => None,
        }
    }

    /// The whole numbers that the `k`-th input of `node` is; `None` where it is left out.
    pub(super) fn numbers(&self, node: &Node, k: usize) -> Result<Option<Vec<i64>>, String> {
        if node.input(k).is_none() {
            return Ok(None);
        }
        let known = self.constant(node, k).and_then(Constant::as_wholes);
        known.map(Some).ok_or_else(|| {
            let name = node.input(k).unwrap_or_default();
            format!("its numbers `{name}` depend on the image, or are too many")
        })
    }

    /// The `k`-th input of `node` as a value of the graph, which constants become here.
    pub(super) fn operand(&mut self, node: &'a Node, k: usize) -> Result<At, String> {
        let name = node
            .input(k)
            .ok_or_else(|| format!("it has no input {k}"))?;
        self.entered(name)
    }

    /// Whether the `k`-th input of `node` is the same for every image.
    pub(super) fn is_constant(&self, node: &Node, k: usize) -> bool {
        let value = node.input(k).and_then(|name| self.values.get(name));
        matches!(value, Some(Value::Constant(_) | Value::Later(_)))
    }

    pub(super) fn entered(&mut self, name: &'a str) -> Result<At, String> {
        if let Some(at) = self.entered.get(name) {
            return Ok(*at);
        }
        let at = match self.values.get(name).cloned() {
            None => return Err(format!("its input `{name}` comes from nowhere")),
            Some(Value::Of(at)) => return Ok(at),
            Some(Value::Constant(constant)) => self.enter(name, &constant)?,
            Some(Value::Later(i)) => self.later(name, i)?,
        };
        if !self.alike.contains(name) {
            self.entered.insert(name, at);
        }
        Ok(at)
    }

    /// A weight or a constant becomes a node.
    fn enter(&mut self, name: &str, constant: &Constant) -> Result<At, String> {
        let shape = constant.dims.iter().map(|n| Some(Whole(*n))).collect();
        let raw = if constant.learned {
            RawNode {
                op: Some("param".to_owned()),
                at: module(name).map(str::to_owned),
                ..RawNode::default()
            }
        } else {
            let (value, how) = written(constant);
            RawNode {
                op: Some("const".to_owned()),
                value,
                how,
                ..RawNode::default()
            }
        };
        let shape = Some(shape);
        let value = self.push(RawNode { shape, ..raw }, &[])?;
        Ok(At { value, batch: None })
    }

    /// What follows from weights alone becomes nodes: the node `i` and all before it.
    fn later(&mut self, name: &str, i: usize) -> Result<At, String> {
        if self.chain >= MAX_CHAIN {
            return Err(format!(
                "`{name}` follows from weights in more than {MAX_CHAIN} steps"
            ));
        }
        self.chain += 1;
        let (list, label) = (self.list, self.label.take());
        let node = &list[i];
        let done =
            (self.writer)(self, node).map_err(|what| format!("`{name}`, by {}: {what}", node.op));
        (self.chain, self.label) = (self.chain - 1, label);
        done?;
        match self.values.get(name) {
            Some(Value::Of(at)) => Ok(At { batch: None, ..*at }),
            _ => Err(format!("`{name}` is not computed where it is needed")),
        }
    }

    /// The weight that the `k`-th input of `node` is, or is computed of.
    pub(super) fn weight(&self, node: &Node, k: usize) -> Option<Weight> {
        let name = node.input(k)?;
        let mut found = Weight::default();
        found.dims = self.traced(name, &mut found, MAX_CHAIN)?;
        Some(found)
    }

    /// The shape of what is computed of weights, which are noted.
    fn traced(&self, name: &str, found: &mut Weight, left: usize) -> Option<Vec<u64>> {
        let left = left.checked_sub(1)?;
        match self.values.get(name)? {
            Value::Of(_) => None,
            Value::Constant(constant) => {
                if constant.learned || !constant.whole && constant.elements() > 1 {
                    found.note(name, constant.elements());
                }
                Some(constant.dims.clone())
            }
            Value::Later(i) => {
                let node = &self.list[*i];
                found.steps += 1;
                if found.steps > MAX_CHAIN {
                    return None;
                }
                let mut shapes = Vec::new();
                for input in node.inputs.iter().filter(|name| !name.is_empty()) {
                    shapes.push(self.traced(input, found, left)?);
                }
                let first = shapes.first()?;
                match node.op.as_str() {
                    "Transpose" => {
                        let order = super::constant::permutation(node, first.len())?;
                        Some(order.iter().map(|axis| first[*axis]).collect())
                    }
                    "Reshape" => {
                        let target = self.constant(node, 1)?.as_wholes()?;
                        super::constant::reshaped(first, &target, false)
                    }
                    "Identity"
                    | "Cast"
                    | "Sqrt"
                    | "BatchNormalization"
                    | "InstanceNormalization" => Some(first.clone()),
                    "Mul" | "Add" | "Sub" | "Div" | "Pow" => {
                        shapes.iter().max_by_key(|shape| product(shape)).cloned()
                    }
                    op if op.starts_with("Reduce") => Some(vec![1]),
                    _ => None,
                }
            }
        }
    }

    /// Whether a weight is learned: stored as such, or as any other constant in a file that stores none.
    pub(super) fn is_learned(&self, name: &str) -> bool {
        let matrix = |tensor: &&Tensor| tensor.element() == Element::Real && tensor.dims.len() > 1;
        let stores = || self.weights.values().any(matrix);
        is_learned_name(name) && (self.weights.contains_key(name) || !stores())
    }

    /// Notes that the next node has the weight `name`; how far back the one stands that had it before.
    pub(super) fn shares(&mut self, name: &str) -> Option<i64> {
        let next = self.nodes.len();
        let first = self.sharing.get_mut(name)?;
        let Some(first) = *first else {
            *first = Some(next);
            return None;
        };
        i64::try_from(next - first).ok().map(|back| -back)
    }

    /// The stored tensor of this name.
    pub(super) fn stored(&self, name: &str) -> Option<&'a Tensor> {
        self.weights.get(name).copied()
    }

    /// The image is `at`, with its axes in the order of the file.
    pub(super) fn turned(&mut self, image: &Image<'a>, at: At) {
        self.values.insert(image.name, Value::Of(at));
    }

    /// The value that `node` puts out.
    pub(super) fn made(&mut self, node: &'a Node) -> Result<At, String> {
        match node.outputs.first() {
            Some(name) => self.entered(name),
            None => Err("it puts nothing out".to_owned()),
        }
    }

    /// From now on nodes stand where `node` does.
    pub(super) fn stands(&mut self, node: &Node) {
        self.label = label(node);
    }

    /// From now on nodes stand at the module that a weight names.
    pub(super) fn stands_at(&mut self, weight: &str) {
        if let Some(module) = module(weight) {
            self.label = Some(module.to_owned());
        }
    }
}

/// A node of operator `op`.
pub(super) fn op(name: &str) -> RawNode {
    RawNode {
        op: Some(name.to_owned()),
        ..RawNode::default()
    }
}

/// What several operators take.
fn several(graph: &Graph) -> impl Iterator<Item = &str> {
    let mut takers: HashMap<&str, u32> = HashMap::new();
    for name in graph.nodes.iter().flat_map(|node| &node.inputs) {
        *takers.entry(name).or_default() += 1;
    }
    takers
        .into_iter()
        .filter(|(_, count)| *count > 1)
        .map(|(name, _)| name)
}

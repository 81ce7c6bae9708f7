//! Operators that exporters write as several: a layer norm, GELU, SiLU, a linear layer with its bias.
//!
//! What is found here costs the same either way; as one operator it is timed as what it is.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::constant::Constant;
use super::message::{Graph, Node};
use super::tensor::Tensor;

/// What a node is in place of its operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fused<'a> {
    /// Part of another.
    Part,
    /// A function of this value.
    Map { op: &'static str, of: &'a str },
    /// A layer norm of the last axis.
    LayerNorm {
        of: &'a str,
        scale: Option<&'a str>,
        shift: bool,
    },
    /// A norm of groups of channels.
    GroupNorm {
        of: &'a str,
        groups: u64,
        scale: Option<&'a str>,
        shift: bool,
    },
    /// A linear layer that has this bias.
    Linear { bias: &'a str },
    /// The same as this value.
    Same { of: &'a str },
}

struct Finder<'a> {
    nodes: &'a [Node],
    makers: HashMap<&'a str, usize>,
    takers: HashMap<&'a str, Vec<usize>>,
    /// What the net puts out.
    outputs: HashSet<&'a str>,
    of_image: HashSet<&'a str>,
    /// Constants of one element.
    numbers: HashMap<&'a str, f64>,
    /// Stored tensors and how long they are.
    stored: HashMap<&'a str, &'a [u64]>,
    /// Rows of equal numbers and how long they are.
    even: HashMap<&'a str, u64>,
    found: BTreeMap<usize, Fused<'a>>,
}

/// What is found in `graph`, of what follows from its `image`.
pub(super) fn fusions<'a>(graph: &'a Graph, image: &'a str) -> BTreeMap<usize, Fused<'a>> {
    let mut finder = Finder::new(graph, image);
    for (i, node) in graph.nodes.iter().enumerate() {
        if finder.found.contains_key(&i) {
            continue;
        }
        let _ = match node.op.as_str() {
            "Mul" => finder.gated(i, node),
            "Erf" => finder.gelu(i, node),
            "InstanceNormalization" => finder.group_norm(i, node),
            "ReduceMean" => finder.layer_norm(i, node),
            "MatMul" => finder.linear(i, node),
            _ => None,
        };
    }
    finder.found
}

/// The length of a row of equal numbers.
fn row(tensor: &Tensor) -> Option<u64> {
    match tensor.dims.as_slice() {
        [length] if tensor.is_even() => Some(*length),
        _ => None,
    }
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-3
}

impl<'a> Finder<'a> {
    fn new(graph: &'a Graph, image: &'a str) -> Self {
        let mut finder = Self {
            nodes: &graph.nodes,
            makers: HashMap::new(),
            takers: HashMap::new(),
            outputs: graph
                .outputs
                .iter()
                .map(|value| value.name.as_str())
                .collect(),
            of_image: HashSet::from([image]),
            numbers: HashMap::new(),
            stored: HashMap::new(),
            even: HashMap::new(),
            found: BTreeMap::new(),
        };
        for tensor in &graph.initializers {
            finder.stored.insert(&tensor.name, &tensor.dims);
            finder
                .even
                .extend(row(tensor).map(|length| (tensor.name.as_str(), length)));
            if let Some(number) = Constant::of(tensor).one() {
                finder.numbers.insert(&tensor.name, number);
            }
        }
        for (i, node) in graph.nodes.iter().enumerate() {
            finder
                .makers
                .extend(node.outputs.iter().map(|name| (name.as_str(), i)));
            for name in &node.inputs {
                finder.takers.entry(name).or_default().push(i);
            }
            let of_image = node
                .inputs
                .iter()
                .any(|name| finder.of_image.contains(name.as_str()));
            if of_image && !matches!(node.op.as_str(), "Shape" | "Size") {
                finder
                    .of_image
                    .extend(node.outputs.iter().map(String::as_str));
            }
            if let (Some(tensor), Some(name), "Constant") =
                (node.tensor("value"), node.outputs.first(), node.op.as_str())
            {
                finder.numbers.extend(
                    Constant::of(tensor)
                        .one()
                        .map(|number| (name.as_str(), number)),
                );
                finder
                    .even
                    .extend(row(tensor).map(|length| (name.as_str(), length)));
            }
        }
        finder
    }

    fn maker(&self, name: &str, op: &str) -> Option<(usize, &'a Node)> {
        let i = *self.makers.get(name)?;
        let node = &self.nodes[i];
        let open = !self.found.contains_key(&i) && node.outputs.len() == 1;
        (node.op == op && open).then_some((i, node))
    }

    /// The one node that takes the value of `node`, where nothing else does.
    fn taker(&self, node: &'a Node, op: &str) -> Option<(usize, &'a Node)> {
        let name = node.outputs.first()?.as_str();
        let [i] = self.takers.get(name)?.as_slice() else {
            return None;
        };
        let taker = &self.nodes[*i];
        let open = !self.found.contains_key(i) && !self.outputs.contains(name);
        (taker.op == op && open).then_some((*i, taker))
    }

    /// Whether one input of `node` is `number`, and which is the other.
    fn with(&self, node: &'a Node, number: f64) -> Option<&'a str> {
        let [a, b] = node.inputs.as_slice() else {
            return None;
        };
        let is = |name: &str| {
            self.numbers
                .get(name)
                .is_some_and(|known| near(*known, number))
        };
        if is(b) {
            Some(a)
        } else {
            is(a).then_some(b.as_str())
        }
    }

    /// The other input of a node of two.
    fn other(node: &'a Node, than: &str) -> Option<&'a str> {
        match node.inputs.as_slice() {
            [a, b] if a == than => Some(b),
            [a, b] if b == than => Some(a),
            _ => None,
        }
    }

    fn note(&mut self, last: usize, fused: Fused<'a>, parts: &[usize]) {
        self.found.extend(parts.iter().map(|i| (*i, Fused::Part)));
        self.found.insert(last, fused);
    }

    /// x·σ(x) and its kin.
    fn gated(&mut self, last: usize, node: &'a Node) -> Option<()> {
        let [a, b] = node.inputs.as_slice() else {
            return None;
        };
        for (of, gate) in [(a, b), (b, a)] {
            if !self.of_image.contains(of.as_str()) {
                continue;
            }
            for (word, op) in [("Sigmoid", "silu"), ("HardSigmoid", "hardswish")] {
                if let Some((i, made)) = self.maker(gate, word)
                    && made.inputs.first() == Some(of)
                    && self.taker(made, "Mul").is_some()
                {
                    self.note(last, Fused::Map { op, of }, &[i]);
                    return Some(());
                }
            }
            if let Some((i, tanh)) = self.maker(gate, "Tanh")
                && let Some((j, plus)) = self.maker(tanh.inputs.first()?, "Softplus")
                && plus.inputs.first() == Some(of)
                && self.taker(plus, "Tanh").is_some()
                && self.taker(tanh, "Mul").is_some()
            {
                self.note(last, Fused::Map { op: "mish", of }, &[i, j]);
                return Some(());
            }
        }
        None
    }

    /// x/2·(1 + erf(x/√2)), in whichever order.
    fn gelu(&mut self, erf: usize, node: &'a Node) -> Option<()> {
        let scaled = node.inputs.first()?;
        let (i, of) = if let Some((i, div)) = self.maker(scaled, "Div") {
            (i, self.with(div, std::f64::consts::SQRT_2)?)
        } else {
            let (i, mul) = self.maker(scaled, "Mul")?;
            (i, self.with(mul, std::f64::consts::FRAC_1_SQRT_2)?)
        };
        self.taker(&self.nodes[i], "Erf")?;
        let (one, plus) = self.taker(node, "Add")?;
        self.with(plus, 1.0)?;
        let (j, mul) = self.taker(plus, "Mul")?;
        let fused = Fused::Map { op: "gelu", of };
        if !self.of_image.contains(of) {
            return None;
        }
        // The half comes last, first, or between.
        if let Some(other) = Self::other(mul, plus.outputs.first()?) {
            if other == of {
                let (last, half) = self.taker(mul, "Mul")?;
                self.with(half, 0.5)?;
                self.note(last, fused, &[i, erf, one, j]);
                return Some(());
            }
            if let Some((k, half)) = self.maker(other, "Mul")
                && self.with(half, 0.5) == Some(of)
                && self.taker(half, "Mul").is_some()
            {
                self.note(j, fused, &[i, erf, one, k]);
                return Some(());
            }
        }
        self.with(mul, 0.5)?;
        let (last, product) = self.taker(mul, "Mul")?;
        (Self::other(product, mul.outputs.first()?)? == of).then_some(())?;
        self.note(last, fused, &[i, erf, one, j]);
        Some(())
    }

    /// (x - mean) / √(var + ε), with what is learned of it.
    fn layer_norm(&mut self, first: usize, mean: &'a Node) -> Option<()> {
        let of = mean.inputs.first()?.as_str();
        let last_axis = mean.wholes("axes") == Some(&[-1]) || {
            let axes = mean.input(1);
            axes.and_then(|name| self.numbers.get(name))
                .is_some_and(|axis| near(*axis, -1.0))
        };
        let (sub, centred) = self.taker(mean, "Sub")?;
        if !last_axis || centred.inputs.first()? != of || !self.of_image.contains(of) {
            return None;
        }
        let name = centred.outputs.first()?.as_str();
        let takers = self.takers.get(name)?.clone();
        let by = |op: &str| takers.iter().copied().find(|i| self.nodes[*i].op == op);
        let square = by("Pow").or_else(|| by("Mul"))?;
        let div = by("Div")?;
        if takers.iter().any(|i| *i != square && *i != div) || self.outputs.contains(name) {
            return None;
        }
        let (variance, mean_square) = self.taker(&self.nodes[square], "ReduceMean")?;
        let (add, plus) = self.taker(mean_square, "Add")?;
        let (sqrt, root) = self.taker(plus, "Sqrt")?;
        let (taker, _) = self.taker(root, "Div")?;
        if taker != div {
            return None;
        }
        let mut parts = vec![first, sub, square, variance, add, sqrt];
        let (last, scale, shift) = self.affine(div, &mut parts, |dims| dims.len() == 1);
        self.note(last, Fused::LayerNorm { of, scale, shift }, &parts);
        Some(())
    }

    /// The last node of a norm whose last node was `last`: it may multiply by what is learned of each channel, and add more.
    fn affine(
        &self,
        last: usize,
        parts: &mut Vec<usize>,
        fits: impl Fn(&[u64]) -> bool,
    ) -> (usize, Option<&'a str>, bool) {
        let step = |last: usize, op: &str| {
            let node = &self.nodes[last];
            let (next, taker) = self.taker(node, op)?;
            let other = Self::other(taker, node.outputs.first()?)?;
            self.stored
                .get(other)
                .is_some_and(|dims| fits(dims))
                .then_some((next, other))
        };
        let Some((mul, scale)) = step(last, "Mul") else {
            return (last, None, false);
        };
        parts.push(last);
        let Some((add, _)) = step(mul, "Add") else {
            return (mul, Some(scale), false);
        };
        parts.push(mul);
        (add, Some(scale), true)
    }

    /// A norm of each group, between two reshapes, with what is learned of each channel.
    fn group_norm(&mut self, i: usize, node: &'a Node) -> Option<()> {
        let (before, joined) = self.maker(node.inputs.first()?, "Reshape")?;
        self.taker(joined, "InstanceNormalization")?;
        let of = joined.inputs.first()?.as_str();
        let groups = *self.even.get(node.inputs.get(1)?.as_str())?;
        self.even.get(node.inputs.get(2)?.as_str())?;
        let (after, _) = self.taker(node, "Reshape")?;
        if !self.of_image.contains(of) {
            return None;
        }
        let mut parts = vec![before, i];
        // One number of each channel: all other axes are of one.
        let of_channels =
            |dims: &[u64]| dims.iter().filter(|n| **n != 1).count() <= 1 && dims.len() > 1;
        let (last, scale, shift) = self.affine(after, &mut parts, of_channels);
        let fused = Fused::GroupNorm {
            of,
            groups,
            scale,
            shift,
        };
        self.note(last, fused, &parts);
        Some(())
    }

    /// A product with a matrix, to which a row is added.
    fn linear(&mut self, i: usize, node: &'a Node) -> Option<()> {
        let (of, weight) = (node.inputs.first()?, node.inputs.get(1)?);
        if !self.of_image.contains(of.as_str()) || self.of_image.contains(weight.as_str()) {
            return None;
        }
        let (j, sum) = self.taker(node, "Add")?;
        let product = node.outputs.first()?;
        let bias = Self::other(sum, product)?;
        let is_row = self.stored.get(bias).is_some_and(|dims| dims.len() == 1);
        (is_row && !self.numbers.contains_key(bias)).then_some(())?;
        self.found.insert(i, Fused::Linear { bias });
        self.found.insert(j, Fused::Same { of: product });
        Some(())
    }
}

//! The messages of an ONNX file, as far as they say what a net does.
//!
//! Source: ONNX, `onnx/onnx.proto` (numbers of fields). Weights have their shape alone; a tensor of few elements its
//! values too, since those tell how to reshape, pad or cut.

use super::tensor::{MAX_NAME, Tensor, singles};
use super::varint::{signed, varints};

/// Bytes that all that is kept of a file may take: nets of the largest kind take a tenth.
const BUDGET: usize = 64 << 20;
/// Bytes that a message takes beside its texts, at most.
const MESSAGE: usize = 192;
/// Longest text that is kept: names of operators and values.
const MAX_TEXT: u64 = 4 << 10;
/// Most bytes of the values of a tensor that are kept.
const MAX_VALUES: u64 = 4 << 10;

/// Bytes of a weight that are looked at.
const START: usize = 64;
/// The field of a tensor that holds its values as they are in memory.
const RAW: u64 = 9;

/// What kind of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Model,
    Opset,
    Graph,
    Node,
    Attribute,
    Tensor,
    Input,
    Output,
    Type,
    TensorType,
    Shape,
    Dimension,
}

/// What becomes of a field that is told by its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// It passes by.
    Skip,
    /// It is a message.
    Enter(Kind),
    /// It is read once it has come whole.
    Keep,
    /// So many bytes of it are looked at, and the others pass by.
    Start(usize),
}

/// A file.
#[derive(Debug, Default)]
pub(super) struct Model {
    /// Domain and version of each set of operators.
    pub(super) opsets: Vec<Opset>,
    pub(super) graph: Option<Graph>,
}

#[derive(Debug, Default)]
pub(super) struct Opset {
    pub(super) domain: String,
    pub(super) version: u64,
}

#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) initializers: Vec<Tensor>,
    pub(super) inputs: Vec<Value>,
    pub(super) outputs: Vec<Value>,
}

#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) inputs: Vec<String>,
    pub(super) outputs: Vec<String>,
    pub(super) name: String,
    pub(super) op: String,
    pub(super) domain: String,
    pub(super) attributes: Vec<Attribute>,
}

#[derive(Debug, Default)]
pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) real: Option<f64>,
    pub(super) whole: Option<i64>,
    pub(super) text: Option<String>,
    pub(super) tensor: Option<Tensor>,
    pub(super) wholes: Vec<i64>,
    pub(super) reals: Vec<f64>,
}

/// An input or an output: its lengths, `None` where they are open; no list where its rank is.
#[derive(Debug, Default)]
pub(super) struct Value {
    pub(super) name: String,
    pub(super) shape: Option<Vec<Option<u64>>>,
}

impl Node {
    /// What it says under `name`.
    fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
    }

    pub(super) fn whole(&self, name: &str) -> Option<i64> {
        self.attribute(name)?.whole
    }

    pub(super) fn real(&self, name: &str) -> Option<f64> {
        self.attribute(name)?.real
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.attribute(name)?.text.as_deref()
    }

    pub(super) fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.attribute(name)?.tensor.as_ref()
    }

    pub(super) fn wholes(&self, name: &str) -> Option<&[i64]> {
        self.attribute(name).map(|found| found.wholes.as_slice())
    }

    pub(super) fn reals(&self, name: &str) -> Option<&[f64]> {
        self.attribute(name).map(|found| found.reals.as_slice())
    }

    /// The name of its `k`-th input, where it has one.
    pub(super) fn input(&self, k: usize) -> Option<&str> {
        self.inputs
            .get(k)
            .map(String::as_str)
            .filter(|name| !name.is_empty())
    }
}

/// The module that the name of a node stands for: `layer1.0.conv1` of `/layer1/layer1.0/conv1/Conv`.
pub(super) fn label(node: &Node) -> Option<String> {
    let (path, _) = node.name.strip_prefix('/')?.rsplit_once('/')?;
    let segments: Vec<&str> = path.split('/').collect();
    let repeated = |i: usize| {
        let next = segments
            .get(i + 1)
            .and_then(|next| next.strip_prefix(segments[i]));
        next.is_some_and(|rest| rest.starts_with('.'))
    };
    let kept: Vec<&str> = (0..segments.len())
        .filter(|i| !repeated(*i))
        .map(|i| segments[i])
        .collect();
    let name = kept.join(".");
    (name.len() <= MAX_NAME && !name.is_empty()).then_some(name)
}

/// A message of which not all has come.
#[derive(Debug)]
enum Part {
    Model(Model),
    Opset(Opset),
    Graph(Graph),
    Node(Node),
    Attribute(Attribute),
    Tensor(Tensor),
    Input(Value),
    Output(Value),
    /// A type, or what stands in it: its shape.
    Type(Option<Vec<Option<u64>>>),
    Dimension(Option<u64>),
}

/// The messages that the reading stands in.
#[derive(Debug)]
pub(super) struct Building {
    parts: Vec<Part>,
    left: usize,
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Building {
    pub(super) fn new() -> Self {
        Self {
            parts: vec![Part::Model(Model::default())],
            left: BUDGET,
        }
    }

    /// Bytes that all that was kept so far takes, at most.
    pub(super) fn kept(&self) -> usize {
        BUDGET - self.left
    }

    /// The file, read to its end.
    pub(super) fn model(self) -> Option<Model> {
        match self.parts.into_iter().next() {
            Some(Part::Model(model)) => Some(model),
            _ => None,
        }
    }

    fn spend(&mut self, bytes: usize) -> Result<(), String> {
        let left = self.left.checked_sub(bytes);
        self.left = left.ok_or_else(|| {
            let most = BUDGET >> 20;
            format!("its operators and names take more than {most} MB, without any weight")
        })?;
        Ok(())
    }

    /// What becomes of a field of `length` bytes.
    pub(super) fn plan(kind: Kind, field: u64, length: u64) -> Plan {
        let text = if length <= MAX_TEXT {
            Plan::Keep
        } else {
            Plan::Skip
        };
        let values = if length <= MAX_VALUES {
            Plan::Keep
        } else if (kind, field) == (Kind::Tensor, RAW) {
            Plan::Start(START)
        } else {
            Plan::Skip
        };
        match (kind, field) {
            (Kind::Model, 7) => Plan::Enter(Kind::Graph),
            (Kind::Model, 8) => Plan::Enter(Kind::Opset),
            (Kind::Graph, 1) => Plan::Enter(Kind::Node),
            (Kind::Graph | Kind::Attribute, 5) => Plan::Enter(Kind::Tensor),
            (Kind::Graph, 11) => Plan::Enter(Kind::Input),
            (Kind::Graph, 12) => Plan::Enter(Kind::Output),
            (Kind::Node, 5) => Plan::Enter(Kind::Attribute),
            (Kind::Input | Kind::Output, 2) => Plan::Enter(Kind::Type),
            (Kind::Type, 1) => Plan::Enter(Kind::TensorType),
            (Kind::TensorType, 2) => Plan::Enter(Kind::Shape),
            (Kind::Shape, 1) => Plan::Enter(Kind::Dimension),
            (Kind::Opset | Kind::Input | Kind::Output, 1)
            | (Kind::Node, 1..=4 | 7)
            | (Kind::Attribute, 1 | 4)
            | (Kind::Tensor, 8) => text,
            (Kind::Attribute, 7 | 8) | (Kind::Tensor, 1 | 4 | 5 | 7 | 9 | 10 | 11) => values,
            _ => Plan::Skip,
        }
    }

    pub(super) fn enter(&mut self, kind: Kind) -> Result<(), String> {
        self.spend(MESSAGE)?;
        self.parts.push(match kind {
            Kind::Model => Part::Model(Model::default()),
            Kind::Opset => Part::Opset(Opset::default()),
            Kind::Graph => Part::Graph(Graph::default()),
            Kind::Node => Part::Node(Node::default()),
            Kind::Attribute => Part::Attribute(Attribute::default()),
            Kind::Tensor => Part::Tensor(Tensor::default()),
            Kind::Input => Part::Input(Value::default()),
            Kind::Output => Part::Output(Value::default()),
            Kind::Type | Kind::TensorType => Part::Type(None),
            Kind::Shape => Part::Type(Some(Vec::new())),
            Kind::Dimension => Part::Dimension(None),
        });
        Ok(())
    }

    /// Puts the message that ends into the one that it stands in.
    pub(super) fn leave(&mut self) -> Result<(), String> {
        let done = self.parts.pop();
        match (self.parts.last_mut(), done) {
            (Some(Part::Model(model)), Some(Part::Opset(opset))) => model.opsets.push(opset),
            (Some(Part::Model(model)), Some(Part::Graph(graph))) => model.graph = Some(graph),
            (Some(Part::Graph(graph)), Some(Part::Node(node))) => graph.nodes.push(node),
            (Some(Part::Graph(graph)), Some(Part::Tensor(tensor))) => {
                graph.initializers.push(tensor);
            }
            (Some(Part::Graph(graph)), Some(Part::Input(value))) => graph.inputs.push(value),
            (Some(Part::Graph(graph)), Some(Part::Output(value))) => graph.outputs.push(value),
            (Some(Part::Node(node)), Some(Part::Attribute(attribute))) => {
                node.attributes.push(attribute);
            }
            (Some(Part::Attribute(attribute)), Some(Part::Tensor(tensor))) => {
                attribute.tensor = Some(tensor);
            }
            (Some(Part::Input(value) | Part::Output(value)), Some(Part::Type(shape))) => {
                value.shape = shape;
            }
            (Some(Part::Type(outer)), Some(Part::Type(shape))) => *outer = shape,
            (Some(Part::Type(Some(shape))), Some(Part::Dimension(length))) => shape.push(length),
            _ => return Err("its messages do not stand where ONNX has them".to_owned()),
        }
        Ok(())
    }

    /// Takes a number of a message.
    pub(super) fn number(&mut self, field: u64, value: u64) -> Result<(), String> {
        // A list may come number by number.
        self.spend(8)?;
        match (self.parts.last_mut(), field) {
            (Some(Part::Opset(opset)), 2) => opset.version = value,
            (Some(Part::Attribute(attribute)), 3) => attribute.whole = Some(signed(value)),
            (Some(Part::Attribute(attribute)), 8) => attribute.wholes.push(signed(value)),
            (Some(Part::Tensor(tensor)), field) => tensor.number(field, value),
            (Some(Part::Dimension(length)), 1) => *length = Some(value),
            _ => {}
        }
        Ok(())
    }

    /// Takes a number of four or eight bytes.
    pub(super) fn fixed(&mut self, field: u64, value: &[u8]) -> Result<(), String> {
        self.spend(8)?;
        match (self.parts.last_mut(), field) {
            (Some(Part::Attribute(attribute)), 2) => {
                attribute.real = singles(value).first().copied();
            }
            (Some(Part::Attribute(attribute)), 7) => attribute.reals.extend(singles(value)),
            (Some(Part::Tensor(tensor)), field @ (4 | 10)) => tensor.bytes(field, value),
            _ => {}
        }
        Ok(())
    }

    /// Takes the first bytes of a weight.
    pub(super) fn start(&mut self, value: &[u8]) {
        if let Some(Part::Tensor(tensor)) = self.parts.last_mut() {
            tensor.start(value);
        }
    }

    /// Takes what a field of known length holds.
    pub(super) fn bytes(&mut self, field: u64, value: &[u8]) -> Result<(), String> {
        let numbers = matches!(
            self.parts.last(),
            Some(Part::Attribute(_) | Part::Tensor(_))
        );
        let times = if numbers && field != RAW { 9 } else { 1 };
        self.spend(64 + times * value.len())?;
        match (self.parts.last_mut(), field) {
            (Some(Part::Opset(opset)), 1) => opset.domain = text(value),
            (Some(Part::Node(node)), 1) => node.inputs.push(text(value)),
            (Some(Part::Node(node)), 2) => node.outputs.push(text(value)),
            (Some(Part::Node(node)), 3) => node.name = text(value),
            (Some(Part::Node(node)), 4) => node.op = text(value),
            (Some(Part::Node(node)), 7) => node.domain = text(value),
            (Some(Part::Attribute(attribute)), 1) => attribute.name = text(value),
            (Some(Part::Attribute(attribute)), 4) => attribute.text = Some(text(value)),
            (Some(Part::Attribute(attribute)), 7) => attribute.reals.extend(singles(value)),
            (Some(Part::Attribute(attribute)), 8) => {
                let wholes = varints(value).into_iter().map(signed);
                attribute.wholes.extend(wholes);
            }
            (Some(Part::Tensor(tensor)), field) => tensor.bytes(field, value),
            (Some(Part::Input(input) | Part::Output(input)), 1) => input.name = text(value),
            _ => {}
        }
        Ok(())
    }
}

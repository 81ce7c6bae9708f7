//! Why a file is not read, with the operator that stands in the way.

use crate::json::{Invalid, shortened_text};

use super::message::Node;

pub(super) type Refused<T> = Result<T, Refusal>;

/// What of a file cannot be said as a graph.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// JSON pointer into the file, by the names of its messages.
    pointer: String,
    op: String,
    detail: String,
}

impl Refusal {
    /// Of the node of this number.
    pub(super) fn of(i: usize, node: &Node, what: &str) -> Self {
        let op = shortened_text(&node.op);
        let at = match shortened_text(&node.name) {
            name if name.is_empty() => String::new(),
            name => format!(" at {name}"),
        };
        Self {
            pointer: format!("/graph/node/{i}"),
            detail: format!("`{op}`{at}: {what}"),
            op,
        }
    }

    /// Of the file as a whole.
    pub(super) fn whole(what: &str) -> Self {
        Self {
            pointer: String::new(),
            op: String::new(),
            detail: what.to_owned(),
        }
    }
}

impl From<Refusal> for Invalid {
    fn from(refusal: Refusal) -> Self {
        let hint = "an ONNX file of a net that takes one image, exported for inference, without quantisation";
        Self::at(&refusal.pointer, refusal.op, refusal.detail, hint)
    }
}

/// Why an operator is not read.
pub(super) fn reason(op: &str) -> &'static str {
    match op {
        "If" | "Loop" | "Scan" => {
            "what it does depends on what is computed, so that its cost is not known"
        }
        "LSTM" | "GRU" | "RNN" => "layers that repeat in time are not counted",
        "NonMaxSuppression" | "NonZero" | "Unique" | "Compress" | "TopK" => {
            "how many values it gives depends on the image"
        }
        op if op.contains("Quantize") || op.contains("Integer") || op.starts_with("QLinear") => {
            "quantised nets are not read: export it before it is quantised"
        }
        op if op.starts_with("Sequence") || op.starts_with("Optional") => "sequences are not read",
        _ => "this operator cannot be counted",
    }
}

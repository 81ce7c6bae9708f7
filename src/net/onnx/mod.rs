//! A net out of an ONNX file: read part by part as it comes, without its weights, and written as a graph.
//!
//! `wire` reads protobuf, `message` keeps what says what the net does, `fold` computes what it computes of shapes
//! (`constant`),
//! `fuse` finds operators that are written as several, and `translate` writes the graph, operator by operator
//! (`weighted`, `elementwise`, `windows`, `views`) into a `net` in the making, with reshapes as patterns (`view`).
//!
//! Source: ONNX 1.23 (`onnx/onnx.proto`, `docs/Operators.md`), opsets 9 to 26.

mod constant;
mod elementwise;
mod fold;
mod fuse;
mod message;
mod net;
mod refusal;
mod tensor;
mod translate;
mod varint;
mod view;
mod views;
mod weighted;
mod windows;
mod wire;

use crate::json::Invalid;
use crate::net::Side;
use crate::net::sized::DEFAULT_SIDE;
use crate::net::spec::{Description, RawSpec};
use message::{Graph, Model};
use net::Image;
use refusal::{Refusal, Refused};
use translate::translated;
use wire::Wire;

/// The first set of operators that is read.
const FIRST_OPSET: u64 = 9;
/// Channels of an image, at most, where they come last.
const MAX_LAST: u64 = 4;

/// What reads a file as it comes.
#[derive(Debug)]
pub struct Reader(Wire);

/// A file that was read.
#[derive(Debug)]
pub struct File(Model);

fn unreadable(what: &str) -> Invalid {
    let detail = format!("this is no ONNX file: {what}");
    Invalid::at("", (), detail, "a file as torch.onnx.export writes it")
}

impl Default for Reader {
    fn default() -> Self {
        Self(Wire::new())
    }
}

impl Reader {
    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// Where they are no ONNX file, or its operators are too many.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), Invalid> {
        self.0.feed(bytes).map_err(|what| unreadable(&what))
    }

    /// Bytes that what was kept of it takes, at most.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.0.kept()
    }

    /// The file, which ends here.
    ///
    /// # Errors
    /// Where it breaks off.
    pub fn finish(self) -> Result<File, Invalid> {
        let building = self.0.finish().map_err(|what| unreadable(&what))?;
        Ok(File(building.model().unwrap_or_default()))
    }
}

impl File {
    /// Its net, for images of `side`: where the file leaves their side open, else as it says.
    ///
    /// # Errors
    /// At the operator that cannot be counted.
    pub fn described(&self, side: Option<Side>) -> Result<Description, Invalid> {
        Ok(self.graph(side)?)
    }

    fn graph(&self, side: Option<Side>) -> Refused<Description> {
        let Some(graph) = &self.0.graph else {
            return Err(Refusal::whole("this is no ONNX file: it has no graph"));
        };
        let of_onnx = |domain: &str| matches!(domain, "" | "ai.onnx");
        let opset = self.0.opsets.iter().find(|set| of_onnx(&set.domain));
        let opset = opset.map_or(0, |set| set.version);
        if opset < FIRST_OPSET {
            let detail =
                format!("it is written in opset {opset}, and those from {FIRST_OPSET} on are read");
            return Err(Refusal::whole(&detail));
        }
        let (image, own) = image(graph, side)?;
        let translated = translated(graph, opset, &image)?;
        Ok(Description {
            spec: RawSpec::Graph(translated),
            resolution: side.unwrap_or(own).get(),
        })
    }
}

/// The image that the net takes, and its own side.
fn image(graph: &Graph, side: Option<Side>) -> Refused<(Image<'_>, Side)> {
    let stored = |name: &str| graph.initializers.iter().any(|tensor| tensor.name == name);
    let mut inputs = graph.inputs.iter().filter(|input| !stored(&input.name));
    let refuse = |what: String| Err(Refusal::whole(&what));
    let Some(input) = inputs.next() else {
        return refuse("it has no input".to_owned());
    };
    if let Some(other) = inputs.next() {
        return refuse(format!(
            "it has two inputs, `{}` and `{}`, and one image is predicted",
            input.name, other.name
        ));
    }
    let Some([batch, axes @ ..]) = input.shape.as_deref().filter(|shape| shape.len() == 4) else {
        let rank = input.shape.as_ref().map_or(0, Vec::len);
        return refuse(format!(
            "its input `{}` has {rank} axes, where an image has 4",
            input.name
        ));
    };
    if let Some(batch) = batch.filter(|batch| *batch > 1) {
        return refuse(format!(
            "it takes {batch} images at once: export it with one, or with a batch that is open"
        ));
    }
    let few = |axis: Option<u64>| axis.is_some_and(|n| (1..=MAX_LAST).contains(&n));
    let channels_last = few(axes[2]) && !few(axes[0]);
    let (channels, height, width) = if channels_last {
        (axes[2], axes[0], axes[1])
    } else {
        (axes[0], axes[1], axes[2])
    };
    if let (Some(height), Some(width)) = (height, width)
        && height != width
    {
        return refuse(format!(
            "its images are {height} by {width}, and square ones are counted"
        ));
    }
    let pixels = height.or(width).filter(|pixels| *pixels > 0);
    let own = match pixels {
        None => side.unwrap_or(DEFAULT_SIDE),
        Some(pixels) => match Side::new(pixels) {
            Some(own) => own,
            None => return refuse(format!("its images have {pixels} pixels a side")),
        },
    };
    let Ok(channels) = u32::try_from(channels.unwrap_or(3)) else {
        return refuse("its images have too many channels".to_owned());
    };
    let image = Image {
        name: &input.name,
        channels,
        side: own,
        channels_last,
    };
    Ok((image, own))
}

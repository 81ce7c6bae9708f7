//! A net: a spec at a resolution.

use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value};

use super::blocks::Side;
use super::complexity::{Complexity, complexity};
use super::graph::{Graph, Growable};
use super::layers::Layer;
use super::spec::{Description, Spec};
use crate::json::{Invalid, typed};
use crate::units::Whole;

/// A spec at a resolution, whose costs are known to fit 64 bits.
#[derive(Clone, Debug, PartialEq)]
pub struct Net {
    spec: Spec,
    side: Side,
    complexity: Complexity,
    growable: Once,
}

/// What can grow of a graph, once somebody has asked: one net is scaled in many ways. It follows from the net, and so is no
/// part of what it is.
#[derive(Clone, Debug, Default)]
struct Once(OnceLock<Arc<Growable>>);

impl PartialEq for Once {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Net {
    /// `spec` for images of `side`.
    ///
    /// # Errors
    /// Where a ViT's patches do not tile the image, or a count does not fit 64 bits.
    pub fn new(spec: Spec, side: Side) -> Result<Self, Invalid> {
        if let Spec::Vit(vit) = &spec {
            vit.check_side(side)?;
        }
        let (spec, costs) = match spec {
            Spec::Graph(graph) => {
                let counted = graph.at(side)?;
                (Spec::Graph(counted.graph), counted.counts.complexity())
            }
            spec => {
                let costs = complexity(&spec, side);
                (spec, costs)
            }
        };
        if let Some(complexity) = costs {
            Ok(Self {
                spec,
                side,
                complexity,
                growable: Once::default(),
            })
        } else {
            let hint = "a smaller resolution, width or depth";
            Err(Invalid::at(
                "/resolution",
                side.get(),
                "a count does not fit 64 bits",
                hint,
            ))
        }
    }

    /// Reads a full description: the fields of its family, with `family` and `resolution` (default 224).
    ///
    /// # Errors
    /// Points at the field, relative to the description.
    pub fn read(mut object: Map<String, Value>) -> Result<Self, Invalid> {
        let resolution = object.remove("resolution").unwrap_or_default();
        let spec = Spec::read(object)?;
        Self::new(spec, side(&resolution)?.unwrap_or(DEFAULT_SIDE))
    }

    /// The architecture.
    #[must_use]
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The resolution.
    #[must_use]
    pub fn side(&self) -> Side {
        self.side
    }

    /// What it costs.
    #[must_use]
    pub fn complexity(&self) -> Complexity {
        self.complexity
    }

    /// What can grow of its `graph`.
    ///
    /// # Errors
    /// At the operator whose shapes do not fit.
    pub(super) fn growable(&self, graph: &Graph) -> Result<&Growable, Invalid> {
        if let Some(known) = self.growable.0.get() {
            return Ok(known);
        }
        let found = Arc::new(graph.growable(self.side)?);
        Ok(self.growable.0.get_or_init(|| found))
    }

    /// The layers in order, repeated ones once.
    #[must_use]
    pub fn layers(&self) -> Vec<Layer> {
        let mut layers = Vec::new();
        self.spec.layers(self.side, &mut |layer| layers.push(layer));
        layers
    }

    /// The full description as one line of JSON.
    #[must_use]
    pub fn description_text(&self) -> String {
        // A description is a struct of numbers and words: writing it to a string cannot fail.
        serde_json::to_string(&self.description()).unwrap_or_default()
    }

    /// The full description, which gives this net again.
    #[must_use]
    pub fn description(&self) -> Description {
        Description {
            spec: (&self.spec).into(),
            resolution: self.side.get(),
        }
    }
}

/// Side of the images where a request names none.
pub const DEFAULT_SIDE: Side = match Side::of(224) {
    Some(side) => side,
    None => unreachable!(),
};

/// The side that a `resolution` field names, `None` where it is absent or null.
///
/// # Errors
/// At `/resolution`.
pub fn side(resolution: &Value) -> Result<Option<Side>, Invalid> {
    let at_resolution = |e: Invalid| e.under("/resolution");
    let Some(Whole(pixels)) = typed::<Option<Whole>>(resolution).map_err(at_resolution)? else {
        return Ok(None);
    };
    side_of(pixels).map(Some)
}

/// The side of `pixels` that a `resolution` field names.
///
/// # Errors
/// At `/resolution`.
pub fn side_of(pixels: u64) -> Result<Side, Invalid> {
    Side::new(pixels).ok_or_else(|| {
        let detail = format!("{pixels} is out of range");
        let hint = format!("a whole number of pixels from 1 to {}", Side::MAX);
        Invalid::at("/resolution", pixels, detail, hint)
    })
}

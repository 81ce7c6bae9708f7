//! A checked description of a net, one variant for each builder, and its JSON form.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::blocks::Side;
use super::families::anynet::{AnyNet, RawAnyNet};
use super::families::effnet::{EffNet, RawEffNet};
use super::families::regnet::{RawRegNet, RegNet};
use super::families::resnet::{RawResNet, ResNet};
use super::families::vit::{RawVit, Vit};
use super::graph::{Graph, RawGraph, Twin};
use super::group::Group;
use super::layers::Layer;
use crate::json::{Invalid, escaped, nearest, shortened_text, typed};
use crate::units::Whole;

/// The architecture of a net, without its resolution.
#[derive(Clone, Debug, PartialEq)]
pub enum Spec {
    /// Stage widths from a quantised linear rule.
    RegNet(RegNet),
    /// Stages given one by one.
    AnyNet(AnyNet),
    /// Inverted residuals (EfficientNet).
    EffNet(EffNet),
    /// ResNet and ResNeXt.
    ResNet(ResNet),
    /// Vision transformer.
    Vit(Vit),
    /// Operators, of any net.
    Graph(Arc<Graph>),
}

/// Of a description without a `family`, the field that was to be it, or a net's `name`.
fn misspelt(object: &Map<String, Value>) -> Option<Invalid> {
    object.iter().find_map(|(field, value)| {
        let hint = nearest(field, &["name", "family"]);
        let detail = format!("unknown field `{}`", shortened_text(field));
        hint.starts_with("did you mean")
            .then(|| Invalid::at(&format!("/{}", escaped(field)), value.clone(), detail, hint))
    })
}

impl Spec {
    /// Emits the layers for an image of `side`, in order; of a graph whose shapes do not fit, those up to there.
    pub fn layers(&self, side: Side, emit: &mut dyn FnMut(Layer)) {
        match self {
            Self::Graph(net) => match net.twin() {
                Some(twin) => twin.layers(side, emit),
                // A net has been checked at its side.
                None => drop(net.layers(side, emit)),
            },
            Self::RegNet(net) => net.stages().layers(side, emit),
            Self::AnyNet(net) => net.layers(side, emit),
            Self::EffNet(net) => net.layers(side, emit),
            Self::ResNet(net) => net.layers(side, emit),
            Self::Vit(net) => net.layers(side, emit),
        }
    }

    /// The timing group that follows from the net.
    #[must_use]
    pub fn group(&self) -> Group {
        Group::known(match self {
            Self::Graph(net) => {
                return match (net.group(), net.twin()) {
                    (Some(group), _) => group.clone(),
                    (None, Some(twin)) => Self::from(twin).group(),
                    (None, None) => net.kin(),
                };
            }
            Self::RegNet(net) => net.stages().group(),
            Self::AnyNet(net) => net.group(),
            Self::EffNet(_) => "efficientnet",
            Self::ResNet(net) => net.group(),
            Self::Vit(_) => "vit",
        })
    }

    /// Reads the fields of `object` by its `family`, which is taken out.
    ///
    /// # Errors
    /// Points at the field, relative to the object.
    pub fn read(mut object: Map<String, Value>) -> Result<Self, Invalid> {
        let family = object.remove("family").unwrap_or_default();
        let Some(name) = family.as_str() else {
            return Err(misspelt(&object).unwrap_or_else(|| {
                let builders = BUILDERS.join(", ");
                let hint = format!(
                    "one of {builders}; or name a net, such as {{\"name\": \"ResNet-50\"}}"
                );
                Invalid::at("/family", family, "a description needs its builder", hint)
            }));
        };
        let fields = Value::Object(object);
        match name {
            "regnet" => typed::<RawRegNet>(&fields)?.try_into().map(Self::RegNet),
            "anynet" => typed::<RawAnyNet>(&fields)?.try_into().map(Self::AnyNet),
            "effnet" | "efficientnet" => typed::<RawEffNet>(&fields)?.try_into().map(Self::EffNet),
            "resnet" => typed::<RawResNet>(&fields)?.try_into().map(Self::ResNet),
            "vit" => typed::<RawVit>(&fields)?.try_into().map(Self::Vit),
            "graph" => {
                Graph::try_from(typed::<RawGraph>(&fields)?).map(|net| Self::Graph(Arc::new(net)))
            }
            _ => {
                let detail = format!("there is no builder `{name}`");
                Err(Invalid::at(
                    "/family",
                    name,
                    detail,
                    nearest(name, &BUILDERS),
                ))
            }
        }
    }
}

impl From<&Twin> for Spec {
    fn from(twin: &Twin) -> Self {
        match twin {
            Twin::AnyNet(net) => Self::AnyNet(net.clone()),
            Twin::EffNet(net) => Self::EffNet(net.clone()),
        }
    }
}

impl Spec {
    /// The net in the form that scaling gives it, where a builder of stages makes it.
    #[must_use]
    pub fn twin(&self) -> Option<Twin> {
        match self {
            Self::RegNet(net) => Some(Twin::AnyNet(net.stages().clone())),
            Self::AnyNet(net) => Some(Twin::AnyNet(net.clone())),
            Self::ResNet(net) => net.as_anynet().ok().map(Twin::AnyNet),
            Self::EffNet(net) => Some(Twin::EffNet(net.clone())),
            Self::Graph(net) => net.twin().cloned(),
            Self::Vit(_) => None,
        }
    }
}

/// The values of `family`.
pub const BUILDERS: [&str; 6] = ["regnet", "anynet", "effnet", "resnet", "vit", "graph"];

/// A full description as it is written in JSON, without the resolution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "family", rename_all = "lowercase")]
pub enum RawSpec {
    /// Stage widths from a quantised linear rule.
    RegNet(RawRegNet),
    /// Stages given one by one.
    AnyNet(RawAnyNet),
    /// Inverted residuals (EfficientNet).
    EffNet(RawEffNet),
    /// ResNet and ResNeXt.
    ResNet(RawResNet),
    /// Vision transformer.
    Vit(RawVit),
    /// Operators, of any net: `docs/graphs.md`.
    Graph(RawGraph),
}

/// A net in a request: by name, by a full description with its resolution, or by the text of a pycls config.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(example = json!({"name": "RegNetY-4.0GF"}))]
pub enum RawModel {
    /// A name of `GET /v1/models`, in any case, or one of its aliases.
    Named {
        /// Name or alias.
        name: String,
        /// Another side of the images than its own.
        resolution: Option<Whole>,
    },
    /// The builder's fields, with `resolution`, default 224.
    Described(Description),
    /// A config of pycls, as it stands in its file.
    Configured {
        /// Its YAML: `MODEL.TYPE` names the builder, whose section has its fields, and `TRAIN.IM_SIZE` is the resolution. What
        /// is left out has the default of pycls; what says nothing of the net is left aside.
        #[schema(
            example = "MODEL:\n  TYPE: regnet\n  NUM_CLASSES: 1000\nREGNET:\n  DEPTH: 22\n  W0: 24\n  WA: 24.48\n  WM: 2.54\n  GROUP_W: 16\n"
        )]
        pycls: String,
        /// Another side of the images than `TRAIN.IM_SIZE`.
        resolution: Option<Whole>,
    },
}

impl From<&Spec> for RawSpec {
    fn from(spec: &Spec) -> Self {
        match spec {
            Spec::RegNet(net) => Self::RegNet(net.into()),
            Spec::AnyNet(net) => Self::AnyNet(net.into()),
            Spec::EffNet(net) => Self::EffNet(net.into()),
            Spec::ResNet(net) => Self::ResNet(net.into()),
            Spec::Vit(net) => Self::Vit(net.into()),
            Spec::Graph(net) => Self::Graph(net.as_ref().into()),
        }
    }
}

/// A full description of a net, as answers carry it and requests may send it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Description {
    /// The builder and its fields.
    #[serde(flatten)]
    pub spec: RawSpec,
    /// Side of the square input, in pixels.
    #[schema(example = 224)]
    pub resolution: u32,
}

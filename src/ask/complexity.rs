//! Exact costs of a net and of its scaled form.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::json::Invalid;
use crate::net::layers::LayerRow;
use crate::net::scaling::RawScaling;
use crate::net::{Complexity, Net, Ratios, Scaling, Side, Subject};
use crate::net::{Description, complexity::RawComplexity, spec::RawModel};
use crate::plan::stages::{Stage, stages};
use crate::timing::predict::warning::Warning;

/// A net, and how to scale it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComplexityRequest {
    /// The net.
    #[schema(value_type = Option<RawModel>)]
    pub model: Option<Value>,
    /// In its place: the costs of a net that only its owner can build.
    pub complexity: Option<RawComplexity>,
    /// How to scale it; only a `model` can be scaled.
    pub scaling: Option<RawScaling>,
    /// Whether to list the layers, default false.
    pub layers: Option<bool>,
    /// Whether to list the stages, default false.
    pub stages: Option<bool>,
}

/// What a net and its scaled form cost.
#[derive(Debug, Serialize, ToSchema)]
pub struct ComplexityAnswer {
    /// The net as it was asked for.
    pub base: Base,
    /// The net scaled; null where no scaling was asked for.
    pub scaled: Option<Scaled>,
}

/// A net as it was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct Base {
    /// Its name, where it was asked for by name.
    pub name: Option<String>,
    /// Its full description, which may be sent again; null where only costs are known.
    pub model: Option<Description>,
    /// Side of its images, in pixels; null where costs were sent without it.
    pub resolution: Option<u32>,
    /// What its costs are: `exact`, counted here to the last digit; `published` with the net, rounded and without
    /// max-pools; or as they were `sent`.
    pub counts: Counts,
    /// What it costs.
    pub complexity: Complexity,
    /// Its layers, where they were asked for and are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layers: Option<Vec<LayerRow>>,
    /// Its stages, where they were asked for and are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stages: Option<Vec<Stage>>,
}

/// Where costs come from.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    /// Counted here.
    Exact,
    /// Published with the net.
    Published,
    /// Sent by who asks.
    Sent,
}

impl Counts {
    /// Of the costs of `subject`.
    fn of(subject: &Subject) -> Self {
        match subject {
            Subject::Net { .. } => Self::Exact,
            Subject::Costs { name: Some(_), .. } => Self::Published,
            Subject::Costs { name: None, .. } => Self::Sent,
        }
    }
}

/// A scaled net.
#[derive(Debug, Serialize, ToSchema)]
pub struct Scaled {
    /// Its full description, which may be sent again.
    pub model: Description,
    /// What it costs.
    pub complexity: Complexity,
    /// Its costs over the base's.
    pub ratios: Ratios,
    /// What theory expects of a plain convolution, before widths, depths and resolution become whole.
    pub theory: Ratios,
    /// Its layers, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layers: Option<Vec<LayerRow>>,
    /// Its stages, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stages: Option<Vec<Stage>>,
}

/// `subject` scaled as `raw` asks, with the scaling.
pub(crate) fn scaled(
    subject: &Subject,
    raw: Option<RawScaling>,
) -> Result<Option<(Scaling, Net)>, Invalid> {
    let Some(raw) = raw else { return Ok(None) };
    let scaling: Scaling = raw.try_into().map_err(|e: Invalid| e.under("/scaling"))?;
    let net = subject.scaled(&scaling)?;
    Ok(Some((scaling, net)))
}

/// The answer to `request`.
///
/// # Errors
/// Points at the field that is wrong.
pub fn counted(request: ComplexityRequest) -> Result<ComplexityAnswer, Invalid> {
    let subject = Subject::read(request.model, request.complexity)?;
    let scaled = scaled(&subject, request.scaling)?;
    let [with_layers, with_stages] =
        [request.layers, request.stages].map(|said| said == Some(true));
    let list = |net: &Net| net.layers().iter().map(LayerRow::from).collect();
    let by_stage = |net: &Net| stages(&net.layers());
    let base = Base {
        layers: subject.net().filter(|_| with_layers).map(list),
        stages: subject.net().filter(|_| with_stages).map(by_stage),
        ..base_row(&subject)
    };
    let scaled = scaled.map(|(scaling, net)| Scaled {
        layers: with_layers.then(|| list(&net)),
        stages: with_stages.then(|| by_stage(&net)),
        ..scaled_row(&scaling, &net, &base.complexity)
    });
    Ok(ComplexityAnswer { base, scaled })
}

/// `subject` without its layers and stages.
pub(crate) fn base_row(subject: &Subject) -> Base {
    Base {
        name: subject.name().map(str::to_owned),
        model: subject.net().map(Net::description),
        resolution: subject.side().map(Side::get),
        counts: Counts::of(subject),
        complexity: subject.complexity(),
        layers: None,
        stages: None,
    }
}

/// A warning where the flops of `scaled` are not what its factor asks for.
pub(super) fn missed(scaled: &Scaled) -> Option<Warning> {
    Warning::missed(scaled.ratios.flops, scaled.theory.flops)
}

/// `net`, which is a net of costs `base` scaled by `scaling`, without its layers and stages.
pub(super) fn scaled_row(scaling: &Scaling, net: &Net, base: &Complexity) -> Scaled {
    Scaled {
        model: net.description(),
        complexity: net.complexity(),
        ratios: net.complexity().over(base),
        theory: scaling.theory(),
        layers: None,
        stages: None,
    }
}

//! `GET /v1/models` and `/v1/strategies`: what can be asked for by name.

use std::sync::OnceLock;

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::extract::body::{Json, JsonText};
use crate::http::extract::path::Word;
use crate::http::extract::problem::ApiError;
use crate::http::extract::refusals::NotThere;
use crate::http::shared::Shared;
use crate::net::layers::LayerRow;
use crate::net::names::zoo::{Entry, Origin, Zoo};
use crate::net::scaling::Exponents;
use crate::net::{Complexity, Description, Group, Net, STRATEGIES, Side};

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(models))
        .routes(routes!(model))
        .routes(routes!(strategies))
}

/// A net that can be asked for by name.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelRow {
    /// Its name.
    pub name: String,
    /// Other names for it; case does not matter in any.
    pub aliases: Vec<String>,
    /// Its timing group.
    pub family: Group,
    /// Whether its layers are known: then it may be scaled, and asked for at any resolution.
    pub can_be_scaled: bool,
    /// What it costs at each listed resolution: its own, or those at which that is known.
    pub resolutions: Vec<AtResolution>,
    /// Where its description or its costs come from.
    pub source: String,
}

/// Costs at one resolution.
#[derive(Debug, Serialize, ToSchema)]
pub struct AtResolution {
    /// Side of the images, in pixels.
    pub resolution: u32,
    /// What the net costs there.
    pub complexity: Complexity,
}

impl From<&Entry> for ModelRow {
    fn from(entry: &Entry) -> Self {
        let at = |side: Side, complexity| AtResolution {
            resolution: side.get(),
            complexity,
        };
        match entry {
            Entry::Net {
                name,
                aliases,
                net,
                source,
            } => Self {
                name: name.clone(),
                aliases: aliases.clone(),
                family: net.spec().group(),
                can_be_scaled: true,
                resolutions: vec![at(net.side(), net.complexity())],
                source: source.clone(),
            },
            Entry::Costs {
                name,
                group,
                costs,
                origin,
            } => Self {
                name: name.clone(),
                aliases: Vec::new(),
                family: group.clone(),
                can_be_scaled: false,
                resolutions: costs
                    .iter()
                    .map(|(side, costs)| at(*side, *costs))
                    .collect(),
                source: match origin {
                    Origin::Timed => "timm results, costs recomputed".to_owned(),
                    Origin::Counted => "timm or torchvision, operators counted".to_owned(),
                },
            },
        }
    }
}

/// All nets that can be asked for by name.
#[derive(Debug, Serialize, ToSchema)]
pub struct Models {
    /// Those that can be scaled first.
    pub models: Vec<ModelRow>,
}

/// The nets that can be asked for by name.
#[utoipa::path(get, path = "/v1/models", tag = "nets", responses((status = 200, description = "The nets", body = Models)))]
async fn models() -> Result<JsonText, ApiError> {
    // The same for as long as the service runs, and long.
    static TEXT: OnceLock<JsonText> = OnceLock::new();
    if let Some(text) = TEXT.get() {
        return Ok(text.clone());
    }
    let text = JsonText::of(&listed())?;
    Ok(TEXT.get_or_init(|| text).clone())
}

/// All nets that can be asked for by name.
#[must_use]
pub fn listed() -> Models {
    let entries = Zoo::built_in().entries().iter();
    Models {
        models: entries.map(ModelRow::from).collect(),
    }
}

/// A named net in full.
#[derive(Debug, Serialize, ToSchema)]
struct ModelAnswer {
    /// As in the list.
    #[serde(flatten)]
    row: ModelRow,
    /// Its full description; null where only costs are known.
    model: Option<Description>,
    /// Its layers, repeated ones once; null where only costs are known.
    layers: Option<Vec<LayerRow>>,
}

/// One named net, with its description and its layers.
#[utoipa::path(
    get,
    path = "/v1/models/{name}",
    tag = "nets",
    params(("name" = String, Path, description = "Name or alias, in any case", example = "RegNetY-4.0GF")),
    responses(
        (status = 200, description = "The net", body = ModelAnswer),
        NotThere,
    )
)]
async fn model(Word(name): Word) -> Result<Json<ModelAnswer>, ApiError> {
    let entry = Zoo::built_in()
        .named(&name)
        .map_err(|e| ApiError::NotFound(e.to_string()))?;
    let row = ModelRow::from(entry);
    let net = match entry {
        Entry::Net { net, .. } => Some(net),
        Entry::Costs { .. } => None,
    };
    Ok(Json(ModelAnswer {
        row,
        model: net.map(Net::description),
        layers: net.map(|net| net.layers().iter().map(LayerRow::from).collect()),
    }))
}

/// A named way to scale.
#[derive(Debug, Serialize, ToSchema)]
pub struct StrategyRow {
    /// Its name, to the letter.
    #[schema(example = "dWr")]
    pub name: &'static str,
    /// What it does.
    pub what: &'static str,
    /// Shares of the growth of flops: depth grows by s^d, width, group width and resolution by s^(share/2).
    pub exponents: Exponents,
    /// What flops, params and acts of a plain convolution grow by, as exponents of s.
    pub theory: Theory,
}

/// Exponents of s.
#[derive(Debug, Serialize, ToSchema)]
pub struct Theory {
    /// Of the flops.
    pub flops: f64,
    /// Of the params.
    pub params: f64,
    /// Of the acts.
    pub acts: f64,
}

/// All named ways to scale.
#[derive(Debug, Serialize, ToSchema)]
pub struct Strategies {
    /// As `scaling.strategy` takes them.
    pub strategies: Vec<StrategyRow>,
}

/// The named ways to scale a net.
#[utoipa::path(get, path = "/v1/strategies", tag = "nets", responses((status = 200, description = "The strategies", body = Strategies)))]
async fn strategies() -> Json<Strategies> {
    Json(strategies_listed())
}

/// All named ways to scale a net.
#[must_use]
pub fn strategies_listed() -> Strategies {
    let row = |strategy: crate::net::Strategy| {
        let Exponents { d, w, r, .. } = strategy.exponents;
        let theory = Theory {
            flops: d + w + r,
            params: d + w,
            acts: d + w / 2.0 + r,
        };
        StrategyRow {
            name: strategy.name,
            what: strategy.what,
            exponents: strategy.exponents,
            theory,
        }
    };
    Strategies {
        strategies: STRATEGIES.into_iter().map(row).collect(),
    }
}

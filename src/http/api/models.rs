//! `GET /v1/models` and `/v1/strategies`: what can be asked for by name.

use std::sync::OnceLock;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::ask::known::models::{
    ModelAnswer, Models, Strategies, listed, named, strategies_listed,
};
use crate::http::extract::body::{Json, JsonText};
use crate::http::extract::path::Word;
use crate::http::extract::problem::ApiError;
use crate::http::extract::refusals::NotThere;
use crate::http::shared::Shared;

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(models))
        .routes(routes!(model))
        .routes(routes!(strategies))
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
    let found = named(&name).map_err(|e| ApiError::NotFound(e.to_string()))?;
    Ok(Json(found))
}

/// The named ways to scale a net.
#[utoipa::path(get, path = "/v1/strategies", tag = "nets", responses((status = 200, description = "The strategies", body = Strategies)))]
async fn strategies() -> Json<Strategies> {
    Json(strategies_listed())
}

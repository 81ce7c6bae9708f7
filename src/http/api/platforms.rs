//! `GET /v1/platforms` and `/v1/platforms/{id}`: what was timed where, and what the fits say.

use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::ask::known::platforms::{PlatformAnswer, Platforms, listed, named, with_fits};
use crate::http::extract::body::Json;
use crate::http::extract::path::Word;
use crate::http::extract::problem::ApiError;
use crate::http::extract::refusals::{NotThere, StoreRefused};
use crate::http::shared::Shared;
use crate::timing::{Platform, Predictors};

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(platforms))
        .routes(routes!(platform))
}

/// The platforms, by id.
#[utoipa::path(
    get,
    path = "/v1/platforms",
    tag = "evidence",
    responses(
        (status = 200, description = "The platforms", body = Platforms),
        StoreRefused,
    )
)]
async fn platforms(State(live): State<Shared>) -> Result<Json<Platforms>, ApiError> {
    let last = live.store().last_uploads().await?;
    Ok(Json(listed(&live.predictors(), &last)))
}

/// One platform with its fits.
#[utoipa::path(
    get,
    path = "/v1/platforms/{id}",
    extensions(("x-weight" = json!("heavy"))),
    tag = "evidence",
    params(("id" = String, Path, description = "Id of a platform", example = "v100x8-paper")),
    responses(
        (status = 200, description = "The platform", body = PlatformAnswer),
        NotThere,
        StoreRefused,
    )
)]
async fn platform(
    State(live): State<Shared>,
    Word(word): Word,
) -> Result<Json<PlatformAnswer>, ApiError> {
    let last = live.store().last_uploads().await?;
    let predictors = live.predictors();
    let platform = known(&predictors, &word)?;
    Ok(Json(with_fits(platform, &predictors, &last)))
}

/// The platform that a path names.
pub(in crate::http) fn known<'a>(
    predictors: &'a Predictors,
    word: &str,
) -> Result<&'a Platform, ApiError> {
    named(predictors, word).map_err(ApiError::NotFound)
}

//! `GET /healthz`, `/readyz` and `/v1/version`: is it alive, does it answer, what is it?

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Shared;
use super::body::Json;
use super::problem::ApiError;
use super::refusals::ListRefused;

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(healthz))
        .routes(routes!(readyz))
        .routes(routes!(version))
}

/// A word that all is well.
#[derive(Debug, Serialize, ToSchema)]
struct Status {
    /// `ok`
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether the process is alive.
#[utoipa::path(get, path = "/healthz", tag = "service", responses((status = 200, description = "It is", body = Status)))]
async fn healthz() -> Json<Status> {
    Json(Status { status: "ok" })
}

/// Whether the store answers.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "service",
    responses(
        (status = 200, description = "It does", body = Status),
        ListRefused,
    )
)]
async fn readyz(State(live): State<Shared>) -> Result<Json<Status>, ApiError> {
    live.store().data_version().await?;
    Ok(Json(Status { status: "ok" }))
}

/// What answers.
#[derive(Debug, Serialize, ToSchema)]
struct Release {
    /// `epochcast`
    name: &'static str,
    /// Its release.
    version: &'static str,
    /// Version of the measurements that the fits have seen.
    data_version: i64,
}

/// What answers, and with which data.
#[utoipa::path(get, path = "/v1/version", tag = "service", responses((status = 200, description = "The release", body = Release)))]
async fn version(State(live): State<Shared>) -> Json<Release> {
    let data_version = live.predictors().data_version;
    Json(Release {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        data_version,
    })
}

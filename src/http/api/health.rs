//! `GET /healthz`, `/readyz` and `/v1/version`: is it alive, could it store something now, what is it?

use axum::Extension;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::admission::Told;
use crate::http::extract::body::Json;
use crate::http::extract::problem::ApiError;
use crate::http::extract::refusals::StoreRefused;
use crate::http::shared::Shared;

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
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
#[utoipa::path(get, path = "/healthz", extensions(("x-weight" = json!("watch"))), tag = "service", responses((status = 200, description = "It is", body = Status)))]
async fn healthz() -> Json<Status> {
    Json(Status { status: "ok" })
}

/// Whether the service could store an upload now: a row is written, at most once a second, and nobody waits for it.
#[utoipa::path(
    get,
    path = "/readyz",
    extensions(("x-weight" = json!("watch"))),
    tag = "service",
    responses(
        (status = 200, description = "It could", body = Status),
        StoreRefused,
    )
)]
async fn readyz(Extension(Told(front)): Extension<Told>) -> Result<Json<Status>, ApiError> {
    if front.is_ending() {
        return Err(ApiError::Stopping);
    }
    front.readiness.check(front.live.store()).await?;
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

//! `GET /v1/gpus` and `/v1/gpus/{id}`: GPUs that can be asked for by name though nothing was timed on them.

use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::ask::known::gpus::{GpuRow, Gpus, listed};
use crate::http::extract::body::Json;
use crate::http::extract::path::Word;
use crate::http::extract::problem::ApiError;
use crate::http::extract::refusals::NotThere;
use crate::http::shared::Shared;
use crate::timing::data::gpus::Gpu;

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(gpus))
        .routes(routes!(gpu))
}

/// GPUs that can be asked for without any timing: `"platform": "gpu:h100"`.
#[utoipa::path(get, path = "/v1/gpus", tag = "evidence", responses((status = 200, description = "The GPUs", body = Gpus)))]
async fn gpus(State(live): State<Shared>) -> Json<Gpus> {
    Json(listed(&live.predictors()))
}

/// One GPU's data sheet.
#[utoipa::path(
    get,
    path = "/v1/gpus/{id}",
    tag = "evidence",
    params(("id" = String, Path, description = "Its name, without `gpu:`", example = "h100")),
    responses(
        (status = 200, description = "The GPU", body = GpuRow),
        NotThere,
    )
)]
async fn gpu(State(live): State<Shared>, Word(id): Word) -> Result<Json<GpuRow>, ApiError> {
    let gpu = Gpu::named(&id).map_err(|e| ApiError::NotFound(e.to_string()))?;
    Ok(Json(GpuRow::new(gpu, &live.predictors())))
}

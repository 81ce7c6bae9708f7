//! `GET /v1/evaluation`: how far predictions are off, and how often their intervals hold.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::extract::body::Json;
use crate::http::extract::problem::ApiError;
use crate::http::extract::refusals::StoreRefused;
use crate::http::shared::Shared;
use crate::timing::judge::score::Score;

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(evaluation))
}

/// The honest error of the predictions.
#[derive(Debug, Serialize, ToSchema)]
struct EvaluationAnswer {
    /// Version of the data that was looked at.
    data_version: i64,
    /// By platform, mode, what was left out, and estimator.
    scores: Vec<Score>,
}

/// The error of predictions for timings that were left out of the fits, by cross-validation.
///
/// Computed when first asked for after the data have changed, which takes seconds; kept from then on.
#[utoipa::path(
    get,
    path = "/v1/evaluation",
    extensions(("x-weight" = json!("heavy"))),
    tag = "evidence",
    responses(
        (status = 200, description = "The scores", body = EvaluationAnswer),
        StoreRefused,
    )
)]
async fn evaluation(State(live): State<Shared>) -> Result<Json<EvaluationAnswer>, ApiError> {
    let evaluation = Arc::clone(&live).evaluation().await?;
    Ok(Json(EvaluationAnswer {
        data_version: evaluation.data_version,
        scores: evaluation.scores.clone(),
    }))
}

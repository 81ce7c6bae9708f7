//! `GET /v1/evaluation` and `/v1/calibration`: how far predictions are off, and how often their intervals hold. The one leaves out
//! what is known, the other looks at what was predicted before it was.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::ask::known::calibration::{CalibrationAnswer, calibrated};
use crate::ask::known::platforms::named;
use crate::http::extract::body::{Json, Params};
use crate::http::extract::problem::ApiError;
use crate::http::extract::refusals::{ListRefused, StoreRefused};
use crate::http::shared::Shared;
use crate::json::Invalid;
use crate::timing::judge::score::Score;
use crate::timing::{PlatformId, Predictors};

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(evaluation))
        .routes(routes!(calibration))
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

/// Of what to tell how often intervals held.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct CalibrationParams {
    /// Id of a platform; default: all.
    platform: Option<String>,
}

/// The platform that `params` name.
pub(in crate::http) fn asked(
    predictors: &Predictors,
    params: CalibrationParams,
) -> Result<Option<PlatformId>, Invalid> {
    let Some(word) = params.platform else {
        return Ok(None);
    };
    match named(predictors, &word) {
        Ok(platform) => Ok(Some(platform.id.clone())),
        Err(detail) => {
            let hint = "`/v1/platforms` lists them";
            Err(Invalid::at("/platform", word, detail, hint))
        }
    }
}

/// How often intervals held of timings that were predicted before they were learnt, lately and by month.
///
/// Each row of an upload is predicted by the fit that stands when it comes, of a very large one a part of about a thousand. It
/// counts while it is in the fits. The timings that come with the service were never predicted so.
#[utoipa::path(
    get,
    path = "/v1/calibration",
    extensions(("x-weight" = json!("heavy"))),
    tag = "evidence",
    params(CalibrationParams),
    responses(
        (status = 200, description = "How often they held", body = CalibrationAnswer),
        ListRefused,
    )
)]
async fn calibration(
    State(live): State<Shared>,
    Params(params): Params<CalibrationParams>,
) -> Result<Json<CalibrationAnswer>, ApiError> {
    let predictors = live.predictors();
    let platform = asked(&predictors, params)?;
    let known = live.calibration().await?;
    let of = &known.calibration;
    let version = known.data_version;
    Ok(Json(calibrated(
        of,
        version,
        &predictors,
        platform.as_ref(),
    )))
}

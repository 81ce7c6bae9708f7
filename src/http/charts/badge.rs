//! `GET /v1/calibration/badge.svg`: how often intervals held, for a line in a README.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::reply::image;
use crate::ask::known::calibration;
use crate::http::api::evaluation::{CalibrationParams, asked};
use crate::http::extract::body::Params;
use crate::http::extract::problem::ApiError;
use crate::http::extract::refusals::ListRefused;
use crate::http::shared::Shared;

/// How often the intervals of 90 % held lately, as a badge.
#[utoipa::path(
    get,
    path = "/v1/calibration/badge.svg",
    extensions(("x-weight" = json!("heavy"))),
    operation_id = "badge",
    tag = "charts",
    params(CalibrationParams),
    responses((status = 200, description = "The badge", body = String, content_type = "image/svg+xml"), ListRefused)
)]
pub(super) async fn badge(
    State(live): State<Shared>,
    headers: HeaderMap,
    Params(params): Params<CalibrationParams>,
) -> Result<Response, ApiError> {
    let platform = asked(&live.predictors(), params)?;
    let known = live.calibration().await?;
    let badge = calibration::badge(&known.calibration, platform.as_ref());
    Ok(image(&headers, known.data_version, badge.svg()))
}

//! `POST /v1/compare`: many scaled forms of one net, side by side.

use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::ask::compare::{CompareAnswer, CompareRequest, compared};
use crate::ask::wanted::Wanted;
use crate::http::extract::body::{Json, JsonBody};
use crate::http::extract::bounds::NET_BODY_BYTES;
use crate::http::extract::onnx::{Onnx, OnnxParams};
use crate::http::extract::problem::ApiError;
use crate::http::extract::refusals::BodyRefused;
use crate::http::shared::Shared;
use crate::json::typed;

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(compare))
}

/// Which way to scale: many scaled forms of one net with their costs, epoch times, training memory and, where the
/// paper has measured it, their error. Ways and factors that the net cannot take are left out, and `left_out` says why; where
/// none is left, the request is refused with the reason of each.
#[utoipa::path(
    post,
    path = "/v1/compare",
    extensions(("x-weight" = json!("heavy")), ("x-open" = json!(true)), ("x-body-bytes" = json!(NET_BODY_BYTES))),
    tag = "plans",
    request_body(content((CompareRequest = "application/json", example = json!({"model": {"name": "RegNetY-500MF"}, "strategies": ["dwr", "dWr"], "factors": [4, 8], "platform": "v100x8-paper"})), (Onnx = "application/onnx"))),
    params(OnnxParams),
    responses(
        (status = 200, description = "The scaled forms", body = CompareAnswer),
        BodyRefused,
    )
)]
async fn compare(
    State(live): State<Shared>,
    wanted: Wanted,
    JsonBody(body): JsonBody<NET_BODY_BYTES>,
) -> Result<Json<CompareAnswer>, ApiError> {
    Ok(Json(compared(&live.predictors(), typed(&body)?, &wanted)?))
}

//! `POST /v1/explain`: where the time of a net goes, and what would help.

use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::ask::explain::{ExplainAnswer, ExplainRequest, explanation};
use crate::ask::wanted::Wanted;
use crate::http::extract::body::{Json, JsonBody};
use crate::http::extract::bounds::NET_BODY_BYTES;
use crate::http::extract::onnx::{Onnx, OnnxParams};
use crate::http::extract::problem::ApiError;
use crate::http::extract::refusals::BodyRefused;
use crate::http::shared::Shared;
use crate::json::typed;

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(explain))
}

/// Why a net takes its time: by stage and by kind of layer its costs, arithmetic intensity and share of the predicted time.
#[utoipa::path(
    post,
    path = "/v1/explain",
    extensions(("x-weight" = json!("heavy")), ("x-open" = json!(true)), ("x-body-bytes" = json!(NET_BODY_BYTES))),
    tag = "plans",
    request_body(content((ExplainRequest = "application/json", example = json!({"model": {"name": "RegNetY-4GF"}, "platform": "v100x8-paper"})), (Onnx = "application/onnx"))),
    params(OnnxParams),
    responses(
        (status = 200, description = "Where the time goes", body = ExplainAnswer),
        BodyRefused,
    )
)]
async fn explain(
    State(live): State<Shared>,
    wanted: Wanted,
    JsonBody(body): JsonBody<NET_BODY_BYTES>,
) -> Result<Json<ExplainAnswer>, ApiError> {
    let answer = explanation(&live.predictors(), typed(&body)?, &wanted);
    Ok(Json(answer?))
}

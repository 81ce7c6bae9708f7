//! `POST /v1/complexity`: exact costs of a net and of its scaled form.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::ask::complexity::{ComplexityAnswer, ComplexityRequest, counted};
use crate::http::extract::body::{Json, JsonBody};
use crate::http::extract::bounds::NET_BODY_BYTES;
use crate::http::extract::onnx::{Onnx, OnnxParams};
use crate::http::extract::problem::ApiError;
use crate::http::extract::refusals::BodyRefused;
use crate::http::shared::Shared;
use crate::json::typed;

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(complexity))
}

/// Exact costs of a net, and of its scaled form.
#[utoipa::path(
    post,
    path = "/v1/complexity",
    extensions(("x-open" = json!(true)), ("x-body-bytes" = json!(NET_BODY_BYTES))),
    tag = "nets",
    request_body(content((ComplexityRequest = "application/json", example = json!({"model": {"name": "RegNetY-4GF"}, "scaling": {"strategy": "dWr", "factor": 4}})), (Onnx = "application/onnx"))),
    params(OnnxParams),
    responses(
        (status = 200, description = "The costs", body = ComplexityAnswer),
        BodyRefused,
    )
)]
async fn complexity(
    JsonBody(body): JsonBody<NET_BODY_BYTES>,
) -> Result<Json<ComplexityAnswer>, ApiError> {
    Ok(Json(counted(typed(&body)?)?))
}

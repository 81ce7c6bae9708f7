//! `POST /v1/plan`: how far a budget goes, or the cheapest way to a target.

use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::ask::plan::{PlanAnswer, PlanRequest, planned};
use crate::ask::wanted::Wanted;
use crate::http::extract::body::{JsonText, read};
use crate::http::extract::bounds::NET_BODY_BYTES;
use crate::http::extract::onnx::{Onnx, OnnxParams};
use crate::http::extract::problem::ApiError;
use crate::http::extract::refusals::BodyRefused;
use crate::http::shared::Shared;
use crate::json::typed;

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(plan))
}

/// How far a budget goes: for each strategy the largest net within all limits, or the smallest that reaches a target.
///
/// Every net that a strategy makes by factors from 1/1,024 to 1,024 is looked at: costs are not monotone in the factor.
#[utoipa::path(
    post,
    path = "/v1/plan",
    extensions(("x-weight" = json!("heavy")), ("x-open" = json!(true)), ("x-body-bytes" = json!(NET_BODY_BYTES))),
    tag = "plans",
    request_body(content((PlanRequest = "application/json", example = json!({"model": {"name": "RegNetY-500MF"}, "strategies": ["dwr", "dWr"], "platform": "v100x8-paper", "limits": {"epoch_seconds": 600}})), (Onnx = "application/onnx"))),
    params(OnnxParams),
    responses(
        (status = 200, description = "The nets", body = PlanAnswer),
        BodyRefused,
    )
)]
async fn plan(
    State(live): State<Shared>,
    wanted: Wanted,
    JsonText(question): JsonText<NET_BODY_BYTES>,
) -> Result<JsonText, ApiError> {
    let fits = live.predictors();
    if let Some(known) = live.plans.find(&fits, &question) {
        return Ok(JsonText(known));
    }
    let answer = planned(&fits, typed(&read(&question)?)?, &wanted)?;
    let answer = JsonText::of(&answer)?;
    live.plans.keep_at_once(&fits, &question, &answer.0);
    Ok(answer)
}

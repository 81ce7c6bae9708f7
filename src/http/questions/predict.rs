//! `POST /v1/predict` and `/v1/predict/batch`: how long one epoch takes.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::ask::batch::{BatchRequest, batched};
use crate::ask::pins::pinned;
use crate::ask::predict::{PredictAnswer, predicted_by};
use crate::ask::request::PredictRequest;
use crate::ask::wanted::Wanted;
use crate::http::extract::body::{Json, JsonText, Params, read};
use crate::http::extract::bounds::{BATCH_BODY_BYTES, LIGHT_BYTES, NET_BODY_BYTES};
use crate::http::extract::onnx::{Onnx, OnnxParams};
use crate::http::extract::problem::{ApiError, Problem};
use crate::http::extract::refusals::{BodyRefused, StoreRefused};
use crate::http::shared::Shared;
use crate::json::{parse, typed};

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(predict))
        .routes(routes!(predict_batch))
}

/// Which fit predicts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct FitParams {
    /// `fit.id` of an earlier answer, whose fit is to be used again; the same as `fit` in the body.
    fit: Option<String>,
}

impl FitParams {
    fn fit(&self) -> Option<&str> {
        self.fit.as_deref()
    }
}

/// How long one epoch takes.
#[utoipa::path(
    post,
    path = "/v1/predict",
    extensions(("x-open" = json!(true)), ("x-body-bytes" = json!(NET_BODY_BYTES))),
    tag = "predictions",
    request_body(content((PredictRequest = "application/json", example = json!({"model": {"name": "RegNetY-4GF"}, "scaling": {"strategy": "dWr", "factor": 4}, "platform": "v100x8-paper"})), (Onnx = "application/onnx"))),
    params(FitParams, OnnxParams),
    responses(
        (status = 200, description = "The predictions", body = PredictAnswer),
        BodyRefused,
        StoreRefused,
    )
)]
async fn predict(
    State(live): State<Shared>,
    Params(query): Params<FitParams>,
    JsonText(question): JsonText<NET_BODY_BYTES>,
) -> Result<JsonText, ApiError> {
    let fits = live.predictors();
    let known = live.answers.find(&fits, &question);
    if let Some(known) = known.filter(|_| query.fit().is_none()) {
        return Ok(JsonText(known));
    }
    let mut request: PredictRequest = typed(&read(&question)?)?;
    request.ask_of(query.fit())?;
    let fit = request.named_fit()?;
    // To make a fit of long ago again takes as long as all its timings. A long question has its turn already.
    let takes_long = fit.is_some_and(|id| !live.has_at_hand(&id));
    let pin = if takes_long && question.len() <= LIGHT_BYTES {
        let (turn, live) = (live.gate.turn().await?, Arc::clone(&live));
        let wanted = PredictRequest {
            fit: request.fit.clone(),
            ..PredictRequest::default()
        };
        let made = turn.take(async move { pinned(&live, &wanted).await });
        made.await??
    } else {
        pinned(&live, &request).await?
    };
    let answer = JsonText::of(&predicted_by(pin.as_ref(), &fits, request)?)?;
    if pin.is_none() {
        live.answers.keep(&fits, &question, &answer.0);
    }
    Ok(answer)
}

/// The answers, in the order of the requests.
#[derive(Debug, Serialize, ToSchema)]
struct BatchAnswer {
    /// An item with `status` is a problem.
    items: Vec<BatchItem>,
}

/// An answer, or why there is none.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum BatchItem {
    /// The answer.
    Answer(Box<PredictAnswer>),
    /// Why there is none.
    Problem(Problem),
}

/// Up to 1,000 predictions in one call, each answered for itself.
#[utoipa::path(
    post,
    path = "/v1/predict/batch",
    extensions(("x-weight" = json!("heavy")), ("x-open" = json!(true)), ("x-body-bytes" = json!(BATCH_BODY_BYTES))),
    tag = "predictions",
    request_body(content = BatchRequest, example = json!({"items": [{"model": {"name": "ResNet-50"}}]})),
    params(FitParams),
    responses(
        (status = 200, description = "An answer or a problem for each item", body = BatchAnswer),
        BodyRefused,
        StoreRefused,
    )
)]
async fn predict_batch(
    State(live): State<Shared>,
    Params(query): Params<FitParams>,
    wanted: Wanted,
    JsonText(text): JsonText<BATCH_BODY_BYTES>,
) -> Result<Json<BatchAnswer>, ApiError> {
    let request = typed(&parse(&text)?)?;
    let answers = batched(&live, request, query.fit(), &wanted).await?;
    let item = |answer| match answer {
        Ok(answer) => BatchItem::Answer(Box::new(answer)),
        Err(error) => BatchItem::Problem(ApiError::Invalid(error).problem("")),
    };
    Ok(Json(BatchAnswer {
        items: answers.into_iter().map(item).collect(),
    }))
}

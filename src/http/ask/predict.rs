//! `POST /v1/predict` and `/v1/predict/batch`: how long one epoch takes.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::asking::Interval;
use super::chosen::chosen;
use super::complexity::{Base, Scaled, missed, scaled, scaled_row};
use super::evidence::{FitRow, fit_row};
use super::memo::counted;
use super::pins::{FitParams, Pinned, pinned, pinned_all};
use super::predict_request::PredictRequest;
use super::ready::Ready;
use crate::http::extract::body::{Json, JsonText, Params, read};
use crate::http::extract::bounds::{BATCH_BODY_BYTES, LIGHT_BYTES};
use crate::http::extract::problem::{ApiError, Problem};
use crate::http::extract::refusals::{BodyRefused, StoreRefused};
use crate::http::extract::wanted::Wanted;
use crate::http::shared::Shared;
use crate::json::{Invalid, check_lengths, parse, typed};
use crate::plan::memory::{beyond, possible};
use crate::plan::run::{Run, Total};
use crate::plan::{Configured, Question};
use crate::timing::predict::warning::Warning;
use crate::timing::{Features, Mode, PlatformId, Predictor, Predictors};

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(predict))
        .routes(routes!(predict_batch))
}

/// What a net and its scaled form cost, and how long one epoch takes.
#[derive(Debug, Serialize, ToSchema)]
pub struct PredictAnswer {
    /// The net as it was asked for.
    #[schema(value_type = Base)]
    pub base: Ready<Base>,
    /// The net scaled; null where no scaling was asked for.
    pub scaled: Option<Scaled>,
    /// One for each platform asked for, of the scaled net where there is one, else of the base.
    pub predictions: Vec<PredictionRow>,
}

/// How long one epoch takes on one platform.
#[derive(Debug, Serialize, ToSchema)]
pub struct PredictionRow {
    /// The platform.
    pub platform: PlatformId,
    /// What is timed.
    pub mode: Mode,
    /// Seconds for one pass over the images.
    pub epoch_seconds: f64,
    /// Images a second, of all devices together.
    pub images_per_second: f64,
    /// Where one new timing of this net would lie.
    pub interval: Interval,
    /// The same for the base, where the net was scaled.
    pub base_epoch_seconds: Option<f64>,
    /// What the prediction stands on.
    pub fit: FitRow,
    /// The whole training, where the request says something of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Total>,
    /// What to know before trusting it.
    pub warnings: Vec<Warning>,
}

/// How long one epoch takes.
#[utoipa::path(
    post,
    path = "/v1/predict",
    tag = "predictions",
    request_body(content = PredictRequest, example = json!({"model": {"name": "RegNetY-4GF"}, "scaling": {"strategy": "dWr", "factor": 4}, "platform": "v100x8-paper"})),
    params(FitParams),
    responses(
        (status = 200, description = "The predictions", body = PredictAnswer),
        BodyRefused,
        StoreRefused,
    )
)]
async fn predict(
    State(live): State<Shared>,
    Params(query): Params<FitParams>,
    JsonText(question): JsonText,
) -> Result<JsonText, ApiError> {
    let fits = live.predictors();
    let known = live.answers.find(&fits, &question);
    if let Some(known) = known.filter(|_| query.fit().is_none()) {
        return Ok(JsonText(known));
    }
    let mut request: PredictRequest = typed(&read(&question)?)?;
    query.put_into(&mut request)?;
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

/// Requests that are answered one by one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BatchRequest {
    /// 1 to 1,000 requests of `/v1/predict`.
    #[schema(value_type = Vec<PredictRequest>, min_items = 1, max_items = 1000)]
    items: Vec<Value>,
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

/// Most items of a batch.
pub(in crate::http) const BATCH_ITEMS: usize = 1000;

/// Up to 1,000 predictions in one call, each answered for itself.
#[utoipa::path(
    post,
    path = "/v1/predict/batch",
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
    let BatchRequest { items } = typed(&parse(&text)?)?;
    if !(1..=BATCH_ITEMS).contains(&items.len()) {
        let detail = format!("{} items", items.len());
        return Err(
            Invalid::at("/items", items.len(), detail, format!("1 to {BATCH_ITEMS}")).into(),
        );
    }
    let pins = pinned_all(&live, &items, query.fit()).await?;
    let predictors = live.predictors();
    let mut made = 0;
    let mut answer = |item| {
        let answer =
            within_reach(made).and_then(|()| batch_item((&predictors, &pins), &query, item));
        match answer {
            Ok(answer) => {
                made += answer.predictions.len();
                BatchItem::Answer(Box::new(answer))
            }
            Err(error) => BatchItem::Problem(ApiError::Invalid(error).problem("")),
        }
    };
    let mut answers = Vec::with_capacity(items.len());
    for item in items.iter().take_while(|_| !wanted.is_over()) {
        answers.push(answer(item));
    }
    Ok(Json(BatchAnswer { items: answers }))
}

/// Most predictions of a batch: a second of work, and fifty megabytes.
pub(in crate::http) const BATCH_PREDICTIONS: usize = 50_000;

/// Refuses an item after so many predictions that one more would be too many.
fn within_reach(made: usize) -> Result<(), Invalid> {
    if made < BATCH_PREDICTIONS {
        return Ok(());
    }
    let detail = format!("the items before this one have {made} predictions");
    let hint = format!(
        "at most {BATCH_PREDICTIONS} in one batch: name fewer platforms, or send several batches"
    );
    Err(Invalid::at("/platform", (), detail, hint))
}

fn batch_item(
    (predictors, pins): (&Predictors, &Pinned),
    query: &FitParams,
    item: &Value,
) -> Result<PredictAnswer, Invalid> {
    check_lengths(item)?;
    let mut request: PredictRequest = typed(item)?;
    if request.fit.is_none() {
        query.put_into(&mut request)?;
    }
    let pin = match request.fit.as_ref().and_then(|word| pins.get(word)) {
        Some(Ok(pin)) => Some(pin),
        Some(Err(error)) => return Err(error.clone()),
        None => None,
    };
    predicted_by(pin, predictors, request)
}

/// The answer to `request`, whose `fit` must be one of `predictors`.
///
/// # Errors
/// Points at the field that is wrong.
pub fn predicted(
    predictors: &Predictors,
    request: PredictRequest,
) -> Result<PredictAnswer, Invalid> {
    predicted_by(None, predictors, request)
}

/// The answer to `request`, by the fit `pin` where it names that one.
///
/// # Errors
/// Points at the field that is wrong.
pub fn predicted_by(
    pin: Option<&Arc<Predictor>>,
    predictors: &Predictors,
    mut request: PredictRequest,
) -> Result<PredictAnswer, Invalid> {
    let named = request.named_fit()?;
    let configured = request.take_configured();
    let counted = counted(&mut request)?;
    let net = scaled(&counted.subject, request.scaling.take())?;
    let row = |(scaling, net): &(_, _)| scaled_row(scaling, net, &counted.row.complexity);
    let scaled = net.as_ref().map(row);
    let mut question = request.question(&counted.group)?;
    if let Some(id) = &named {
        question.estimator = id.estimator;
    }
    let put = Put {
        base: counted.features.called(request.label.as_deref()),
        scaled: net.as_ref().map(|(_, net)| Features::of_net(net)),
        missed: scaled.as_ref().and_then(missed),
        run: request.run()?,
        configured,
        all: predictors,
        question,
    };
    let chosen = match (&named, pin) {
        (Some(_), Some(pin)) => vec![Arc::clone(pin)],
        (Some(id), None) => {
            let current = predictors.current(id).map_err(|e| e.under("/fit"))?;
            vec![current]
        }
        (None, _) => {
            let mode = request.mode.unwrap_or_default();
            chosen(predictors, mode, request.platform.as_ref())?
        }
    };
    let asked_of = chosen.iter().map(AsRef::as_ref);
    possible(&put.question, put.features(), asked_of)?;
    let predictions = chosen
        .iter()
        .filter_map(|predictor| put.to(predictor))
        .collect();
    Ok(PredictAnswer {
        base: counted.row.clone(),
        scaled,
        predictions,
    })
}

/// What is asked of each platform.
struct Put<'a> {
    base: Features,
    scaled: Option<Features>,
    /// Of a scaled net that is not what its factor asks for.
    missed: Option<Warning>,
    question: Question,
    run: Run,
    configured: Option<Configured>,
    all: &'a Predictors,
}

impl Put<'_> {
    /// Of the net that is asked about.
    fn features(&self) -> &Features {
        self.scaled.as_ref().unwrap_or(&self.base)
    }

    fn to(&self, predictor: &Predictor) -> Option<PredictionRow> {
        let epoch = |ms: f64| self.question.epoch_seconds(predictor, ms);
        let features = self.features();
        let asked = self.question.about(features);
        let mut prediction = predictor.predict(&asked)?;
        let base = match self.scaled {
            Some(_) => predictor.time(&self.question.about(&self.base)),
            None => None,
        };
        let whole = self.run.is_asked_for().then(|| {
            let place = (self.all, predictor);
            self.run.total(&self.question, features, place)
        });
        let (total, assumed) = whole.flatten().unzip();
        let memory = beyond(&self.question, features, predictor);
        prediction.warnings.extend(memory);
        prediction.warnings.extend(self.missed.clone());
        prediction.warnings.extend(assumed.into_iter().flatten());
        if let Some(config) = &self.configured {
            prediction
                .warnings
                .extend(config.warnings(predictor.platform()));
        }
        Some(PredictionRow {
            platform: predictor.platform().id.clone(),
            mode: predictor.mode(),
            epoch_seconds: epoch(prediction.ms),
            images_per_second: 1e3 * f64::from(predictor.platform().device_count) / prediction.ms,
            interval: Interval {
                level: self.question.level.share(),
                low_seconds: epoch(prediction.low_ms),
                high_seconds: epoch(prediction.high_ms),
            },
            base_epoch_seconds: base.map(|base| epoch(base.ms)),
            fit: fit_row(predictor, &asked, &prediction, epoch),
            total,
            warnings: prediction.warnings,
        })
    }
}

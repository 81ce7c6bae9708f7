//! `POST /v1/predict` and `/v1/predict/batch`: how long one epoch takes.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Shared;
use super::asking::run;
use super::body::{BATCH_BODY_BYTES, Json, JsonBody, Params};
use super::complexity::{Base, Scaled};
use super::evidence::{FitRow, fit_row};
use super::memo::counted;
use super::pins::{FitParams, Pinned, pinned, pinned_all};
use super::problem::{ApiError, Problem};
use super::ready::Ready;
use super::refusals::{BodyRefused, StoreRefused};
use crate::json::{Invalid, typed};
use crate::net::Group;
use crate::net::scaling::RawScaling;
use crate::net::{complexity::RawComplexity, spec::RawModel};
use crate::plan::Question;
use crate::plan::run::{Run, Total};
use crate::timing::datasheet::AskedGpu;
use crate::timing::gpus::Gpu;
use crate::timing::measurement::count;
use crate::timing::warning::Warning;
use crate::timing::{Estimator, Features, Level, Mode, PlatformId, Predictor, Predictors};
use crate::units::Whole;

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(predict))
        .routes(routes!(predict_batch))
}

/// Images of an epoch where a request names none: ImageNet's training set.
pub const IMAGENET_IMAGES: u64 = 1_281_167;

/// A net, how to scale it, and where to time it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PredictRequest {
    /// The net.
    #[schema(value_type = Option<RawModel>)]
    pub model: Option<Value>,
    /// In its place: the costs of a net that only its owner can build.
    pub complexity: Option<RawComplexity>,
    /// How to scale it; only a `model` can be scaled.
    pub scaling: Option<RawScaling>,
    /// Timing group; by default it follows from the net.
    pub family: Option<String>,
    /// What you call the net; it changes nothing.
    pub label: Option<String>,
    /// Side of the images, in pixels, where `model` does not say.
    pub resolution: Option<Whole>,
    /// Id of a platform, or a list; default: all with timings of the mode. `gpu:h100` or `gpu:h100:tf32`: by a GPU's data
    /// sheet, without any timing on it.
    #[schema(value_type = Option<PlatformChoice>)]
    pub platform: Option<Value>,
    /// `train` (default) or `infer`, the forward pass alone.
    pub mode: Option<Mode>,
    /// Images of an epoch, default 1,281,167 (ImageNet).
    pub dataset_images: Option<Whole>,
    /// Images in a step, of all devices together; small ones take longer an image, of nets whose layers are known.
    pub batch_size: Option<Whole>,
    /// Level of the interval, 0.5 to 0.99, default 0.9.
    #[schema(minimum = 0.5, maximum = 0.99)]
    pub interval: Option<f64>,
    /// Default `layers`, all that is known of the net; `costs`: its costs alone; `paper`: the line on activations.
    pub estimator: Option<Estimator>,
    /// Passes over the images, of a whole training (`total`); default 1.
    pub epochs: Option<Whole>,
    /// Images of the evaluation after each epoch, counted in `total`.
    pub evaluation_images: Option<Whole>,
    /// Images a second that the data loader delivers: `total` goes by the slower of it and the devices.
    #[schema(example = 2000)]
    pub loader_images_per_second: Option<f64>,
    /// Number of devices of the training in `total`, where it is not the platform's.
    pub devices: Option<Whole>,
    /// Price of all devices together for an hour: `total` says what the training costs.
    #[schema(example = 24.5)]
    pub price_per_hour: Option<f64>,
    /// `fit.id` of an earlier answer: the same fit again, from which platform, mode and estimator follow.
    pub fit: Option<String>,
}

/// One platform's id, or several.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum PlatformChoice {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

/// What a net and its scaled form cost, and how long one epoch takes.
#[derive(Debug, Serialize, ToSchema)]
pub struct PredictAnswer {
    /// The net as it was asked for.
    #[schema(value_type = Base)]
    pub base: Ready<Base>,
    /// The net scaled; null where no scaling was asked for.
    #[schema(value_type = Option<Scaled>)]
    pub scaled: Option<Ready<Scaled>>,
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

/// Where one new timing would lie, with probability `level`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Interval {
    /// Share of such timings that lie within.
    pub level: f64,
    /// Lower end.
    pub low_seconds: f64,
    /// Upper end.
    pub high_seconds: f64,
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
    JsonBody(body): JsonBody,
) -> Result<Json<PredictAnswer>, ApiError> {
    let mut request = typed(&body)?;
    query.put_into(&mut request)?;
    let pin = pinned(&live, &request).await?;
    Ok(Json(predicted_by(
        pin.as_ref(),
        &live.predictors(),
        request,
    )?))
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
pub(super) const BATCH_ITEMS: usize = 1000;

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
    JsonBody(body): JsonBody<BATCH_BODY_BYTES>,
) -> Result<Json<BatchAnswer>, ApiError> {
    let BatchRequest { items } = typed(&body)?;
    if !(1..=BATCH_ITEMS).contains(&items.len()) {
        let detail = format!("{} items", items.len());
        return Err(
            Invalid::at("/items", items.len(), detail, format!("1 to {BATCH_ITEMS}")).into(),
        );
    }
    let pins = pinned_all(&live, &items, query.fit()).await?;
    let predictors = live.predictors();
    let work = move || {
        let answer = |item| match batch_item((&predictors, &pins), &query, item) {
            Ok(answer) => BatchItem::Answer(Box::new(answer)),
            Err(error) => BatchItem::Problem(ApiError::Invalid(error).problem("")),
        };
        items.iter().map(answer).collect()
    };
    let items = tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| ApiError::Internal)?;
    Ok(Json(BatchAnswer { items }))
}

fn batch_item(
    (predictors, pins): (&Predictors, &Pinned),
    query: &FitParams,
    item: &Value,
) -> Result<PredictAnswer, Invalid> {
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
    let counted = counted(&mut request)?;
    let group = match &request.family {
        Some(word) => Group::new(word).map_err(|e| e.under("/family"))?,
        None => counted.group.clone(),
    };
    let question = Question {
        group,
        images: count("/dataset_images", request.dataset_images)?.unwrap_or(IMAGENET_IMAGES),
        level: request.interval.map_or(Ok(Level::DEFAULT), Level::new)?,
        estimator: match &named {
            Some(id) => id.estimator,
            None => request.estimator.unwrap_or_default(),
        },
        batch_size: count("/batch_size", request.batch_size)?,
    };
    let put = Put {
        base: counted.features,
        scaled: counted.scaled_features,
        run: run(&request)?,
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
    let predictions = chosen
        .iter()
        .filter_map(|predictor| put.to(predictor))
        .collect();
    Ok(PredictAnswer {
        base: counted.base.clone(),
        scaled: counted.scaled.clone(),
        predictions,
    })
}

/// The predictors that a request's `platform` names: all of the mode where it names none.
pub(super) fn chosen(
    predictors: &Predictors,
    mode: Mode,
    platform: Option<&Value>,
) -> Result<Vec<Arc<Predictor>>, Invalid> {
    match platform {
        None | Some(Value::Null) => Ok(predictors.of_mode(mode).cloned().collect()),
        Some(Value::Array(ids)) => {
            let one = |(i, id): (usize, &Value)| {
                one(predictors, mode, id).map_err(|e| e.under(&format!("/platform/{i}")))
            };
            ids.iter().enumerate().map(one).collect()
        }
        Some(id) => one(predictors, mode, id)
            .map(|one| vec![one])
            .map_err(|e| e.under("/platform")),
    }
}

/// The predictor that `id` names: of a platform, or of a GPU by its data sheet.
pub(super) fn one(
    predictors: &Predictors,
    mode: Mode,
    id: &Value,
) -> Result<Arc<Predictor>, Invalid> {
    let word: String = typed(id)?;
    if let Some(asked) = AskedGpu::read(&word)? {
        return predictors.on_gpu(&asked, mode).map(Arc::new).ok_or_else(|| {
            let detail = format!("no platform of a known GPU has timings of mode {mode}");
            let hint = "upload some of that mode, with the platform's precision: data sheets compare GPUs, and say no time by themselves";
            Invalid::at("", word, detail, hint)
        });
    }
    let found = PlatformId::new(&word)
        .ok()
        .and_then(|id| predictors.get(&id, mode));
    found.cloned().ok_or_else(|| {
        let known: Vec<&str> = predictors
            .of_mode(mode)
            .map(|p| p.platform().id.as_str())
            .collect();
        let detail = if predictors.platforms.keys().any(|id| id.as_str() == word) {
            format!("{word} has no timings of mode {mode}")
        } else {
            format!("no platform is called `{word}`")
        };
        let hint = match Gpu::find(&word) {
            Some(gpu) => format!("`gpu:{}` predicts by its data sheet", gpu.id),
            None => crate::json::nearest(&word, &known),
        };
        Invalid::at("", word.as_str(), detail, hint)
    })
}

/// What is asked of each platform.
struct Put<'a> {
    base: Features,
    scaled: Option<Features>,
    question: Question,
    run: Run,
    all: &'a Predictors,
}

impl Put<'_> {
    fn to(&self, predictor: &Predictor) -> Option<PredictionRow> {
        let epoch = |ms: f64| self.question.epoch_seconds(predictor, ms);
        let features = self.scaled.as_ref().unwrap_or(&self.base);
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
        prediction.warnings.extend(assumed.into_iter().flatten());
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

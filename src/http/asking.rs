//! What requests about many nets share: the net, the platforms, what is asked of them, and how a time is answered.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::predict::{IMAGENET_IMAGES, Interval, PredictRequest, chosen};
use crate::json::Invalid;
use crate::net::{Group, Net, Subject};
use crate::plan::Question;
use crate::plan::memory::{Optimizer, Setup};
use crate::plan::run::{Run, Total};
use crate::timing::measurement::{count, subject};
use crate::timing::platform::Precision;
use crate::timing::warning::Warning;
use crate::timing::{Features, Form, Level, Mode, PlatformId, Prediction, Predictor, Predictors};
use crate::units::Whole;

/// A request about one net, read.
pub(super) struct Asking<'a> {
    pub(super) subject: Subject,
    pub(super) question: Question,
    pub(super) mode: Mode,
    /// The whole training that is asked about.
    pub(super) run: Run,
    /// The platforms that are asked.
    pub(super) predictors: Vec<Arc<Predictor>>,
    /// All platforms.
    pub(super) all: &'a Predictors,
}

impl<'a> Asking<'a> {
    /// Reads all of `request` but its scaling.
    pub(super) fn read(
        predictors: &'a Predictors,
        request: PredictRequest,
    ) -> Result<Self, Invalid> {
        let run = run(&request)?;
        let subject = subject(request.model, request.complexity, request.resolution)?;
        let group = match &request.family {
            Some(word) => Group::new(word).map_err(|e| e.under("/family"))?,
            None => subject.group(),
        };
        let mode = request.mode.unwrap_or_default();
        Ok(Self {
            question: Question {
                group,
                images: count("/dataset_images", request.dataset_images)?
                    .unwrap_or(IMAGENET_IMAGES),
                level: request.interval.map_or(Ok(Level::DEFAULT), Level::new)?,
                estimator: request.estimator.unwrap_or_default(),
                batch_size: count("/batch_size", request.batch_size)?,
            },
            mode,
            run,
            predictors: chosen(predictors, mode, request.platform.as_ref())?,
            all: predictors,
            subject,
        })
    }

    /// The net, where its layers are known.
    ///
    /// # Errors
    /// At `/model`, where only costs are known.
    pub(super) fn net(&self) -> Result<&Net, Invalid> {
        self.subject.net().ok_or_else(|| {
            let hint = "name a net of which GET /v1/models gives a description, or describe one";
            let name = self.subject.name().map(Value::from).unwrap_or_default();
            let detail = "only the costs of this net are known, and costs alone cannot be scaled";
            Invalid::at("/model", name, detail, hint)
        })
    }

    /// How the net is trained, as far as memory goes, on a device of the first platform; `None` for inference.
    pub(super) fn setup(
        &self,
        optimizer: Option<Optimizer>,
        precision: Option<Precision>,
        device_bytes: Option<u64>,
    ) -> Option<Setup> {
        let first = self.predictors.first().map(|first| first.platform());
        let devices = first.map_or(1, |first| u64::from(first.device_count));
        let batch = self.question.batch_size;
        (self.mode == Mode::Train).then(|| Setup {
            optimizer: optimizer.unwrap_or_default(),
            precision: precision
                .or(first.and_then(|first| first.precision))
                .unwrap_or(Precision::Amp),
            images: batch.map_or(1, |images| images.div_ceil(devices)),
            device_bytes,
        })
    }

    /// `prediction` of `predictor`, of a net with `features`, as it is answered.
    pub(super) fn time_row(
        &self,
        predictor: &Predictor,
        features: &Features,
        prediction: &Prediction,
    ) -> TimeRow {
        let epoch = |ms: f64| self.question.epoch_seconds(predictor, ms);
        let asked_for = self.run.is_asked_for();
        let place = (self.all, predictor);
        let whole = asked_for.then(|| self.run.total(&self.question, features, place));
        let (total, assumed) = whole.flatten().unzip();
        let warnings = prediction.warnings.iter().cloned();
        TimeRow {
            platform: predictor.platform().id.clone(),
            mode: predictor.mode(),
            epoch_seconds: epoch(prediction.ms),
            images_per_second: 1e3 * f64::from(predictor.platform().device_count) / prediction.ms,
            interval: Interval {
                level: self.question.level.share(),
                low_seconds: epoch(prediction.low_ms),
                high_seconds: epoch(prediction.high_ms),
            },
            base_epoch_seconds: None,
            fit: FitName {
                id: predictor.id(self.question.estimator).to_string(),
                based_on: prediction.form,
            },
            total,
            warnings: warnings.chain(assumed.into_iter().flatten()).collect(),
        }
    }

    /// The time of `net` on each platform, beside that of the base.
    pub(super) fn time_rows(&self, net: &Net) -> Vec<TimeRow> {
        let (features, base) = (Features::of_net(net), Features::new(&self.subject));
        let asked = self.question.about(&features);
        let row = |predictor: &Arc<Predictor>| {
            let prediction = predictor.predict(&asked)?;
            let base = predictor.time(&self.question.about(&base));
            Some(TimeRow {
                base_epoch_seconds: base.map(|b| self.question.epoch_seconds(predictor, b.ms)),
                ..self.time_row(predictor, &features, &prediction)
            })
        };
        self.predictors.iter().filter_map(row).collect()
    }
}

/// What `request` says of the whole training.
pub(super) fn run(request: &PredictRequest) -> Result<Run, Invalid> {
    let positive = |pointer: &str, value: Option<f64>| match value {
        Some(number) if !(number.is_finite() && number > 0.0) => {
            let detail = format!("{number} is out of range");
            Err(Invalid::at(pointer, number, detail, "more than 0"))
        }
        value => Ok(value),
    };
    let most = |pointer: &str, value: Option<Whole>, most: u64| match value {
        Some(Whole(number)) if number > most => {
            let (detail, hint) = (
                format!("{number} is out of range"),
                format!("at most {most}"),
            );
            Err(Invalid::at(pointer, number, detail, hint))
        }
        value => count(pointer, value),
    };
    let devices = most("/devices", request.devices, MOST_DEVICES)?;
    Ok(Run {
        epochs: most("/epochs", request.epochs, MOST_EPOCHS)?,
        evaluation_images: count("/evaluation_images", request.evaluation_images)?,
        loader_images_per_second: positive(
            "/loader_images_per_second",
            request.loader_images_per_second,
        )?,
        devices: devices.and_then(|devices| u32::try_from(devices).ok()),
        price_per_hour: positive("/price_per_hour", request.price_per_hour)?,
    })
}

/// Most epochs of a training.
const MOST_EPOCHS: u64 = 1_000_000;
/// Most devices of a training.
const MOST_DEVICES: u64 = 100_000;

/// How long one epoch takes on one platform, without the evidence that `/v1/predict` gives.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimeRow {
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
    /// The fit that it stands on.
    pub fit: FitName,
    /// The whole training, where the request says something of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Total>,
    /// What to know before trusting it.
    pub warnings: Vec<Warning>,
}

/// Which fit a prediction stands on.
#[derive(Debug, Serialize, ToSchema)]
pub struct FitName {
    /// The same for the same timings and estimator.
    pub id: String,
    /// What it looked at, of what is known of the net.
    pub based_on: Form,
}

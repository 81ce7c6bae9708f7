//! What requests about many nets share: the net, the platforms, what is asked of them, and how a time is answered.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::chosen::chosen;
use super::request::PredictRequest;
use crate::json::Invalid;
use crate::net::{Net, Subject, Zoo};
use crate::plan::memory::{Optimizer, Setup, beyond, possible};
use crate::plan::run::{Run, Total};
use crate::plan::{Configured, Question};
use crate::timing::data::measurement::subject;
use crate::timing::data::platform::Precision;
use crate::timing::predict::warning::Warning;
use crate::timing::{Asked, Features, Form, Mode, PlatformId, Prediction, Predictor, Predictors};

/// A request about one net, read.
pub(crate) struct Asking<'a> {
    pub(crate) subject: Subject,
    pub(crate) mode: Mode,
    /// The platforms that are asked.
    pub(crate) predictors: Vec<Arc<Predictor>>,
    pub(crate) times: Times<'a>,
}

impl<'a> Asking<'a> {
    /// Reads all of `request` but its scaling.
    pub(crate) fn read(
        predictors: &'a Predictors,
        mut request: PredictRequest,
    ) -> Result<Self, Invalid> {
        let run = request.run()?;
        let configured = request.take_configured();
        let (model, complexity) = (request.model.take(), request.complexity.take());
        let subject = subject(model, complexity, request.resolution, Zoo::subject)?;
        let mode = request.mode.unwrap_or_default();
        let question = request.question(&subject.group())?;
        let chosen = chosen(predictors, mode, request.platform.as_ref())?;
        let asked_of = chosen.iter().map(AsRef::as_ref);
        possible(&question, &Features::new(&subject), asked_of)?;
        Ok(Self {
            mode,
            times: Times {
                question,
                run,
                configured,
                all: predictors,
            },
            predictors: chosen,
            subject,
        })
    }

    /// The net, where its layers are known.
    ///
    /// # Errors
    /// At `/model`, where only costs are known.
    pub(crate) fn net(&self) -> Result<&Net, Invalid> {
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
        let batch = self.times.question.batch_size;
        (self.mode == Mode::Train).then(|| Setup {
            optimizer: optimizer.unwrap_or_default(),
            precision: precision
                .or(first.and_then(|first| first.precision))
                .unwrap_or(Precision::Amp),
            images: batch.map_or(1, |images| images.div_ceil(devices)),
            device_bytes,
        })
    }

    /// The time of `net` on each platform, beside that of the base.
    pub(crate) fn time_rows(&self, net: &Net) -> Vec<TimeRow> {
        let (features, base) = (Features::of_net(net), Features::new(&self.subject));
        let question = &self.times.question;
        let asked = question.about(&features);
        let row = |predictor: &Arc<Predictor>| {
            let prediction = predictor.predict(&asked)?;
            let row = self.times.row(predictor, &features, &prediction);
            let base = OfBase::timed(predictor, question, &base);
            Some(self.times.beside(predictor, &base, &features, row))
        };
        self.predictors.iter().filter_map(row).collect()
    }
}

/// What is asked of each platform, and how its time is answered.
pub(crate) struct Times<'a> {
    pub(crate) question: Question,
    /// The whole training that is asked about.
    pub(crate) run: Run,
    /// What the config that was sent says of the training.
    pub(super) configured: Option<Configured>,
    /// All platforms.
    pub(crate) all: &'a Predictors,
}

impl Times<'_> {
    /// `prediction` of `predictor`, of a net with `features`, as it is answered.
    pub(super) fn row(
        &self,
        predictor: &Predictor,
        features: &Features,
        prediction: &Prediction,
    ) -> TimeRow {
        let epoch = |ms: f64| self.question.epoch_seconds(predictor, ms);
        let asked_for = self.run.is_asked_for();
        let whole = asked_for.then(|| {
            self.run
                .total(&self.question, features, self.all, predictor)
        });
        let (total, assumed) = whole.flatten().unzip();
        let warnings = prediction.warnings.iter().cloned();
        let configured = self.configured.as_ref();
        let configured = configured.map(|config| config.warnings(predictor.platform()));
        let warnings = warnings.chain(beyond(&self.question, features, predictor));
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
            usual_batch_size: match self.question.batch_size {
                None => predictor.usual_batch(features, prediction.form),
                Some(_) => None,
            },
            fit: FitName {
                id: predictor.id(self.question.estimator).to_string(),
                based_on: prediction.form,
            },
            total,
            warnings: warnings
                .chain(assumed.into_iter().flatten())
                .chain(configured.into_iter().flatten())
                .collect(),
        }
    }

    /// `row`, the time of a net with `features`, beside that of the `base` that it was scaled from.
    pub(crate) fn beside(
        &self,
        predictor: &Predictor,
        base: &OfBase,
        features: &Features,
        mut row: TimeRow,
    ) -> TimeRow {
        let epoch = |ms: f64| self.question.epoch_seconds(predictor, ms);
        row.base_epoch_seconds = base.ms.map(epoch);
        row.warnings
            .extend(self.unlike_steps(predictor, base, features, &row));
        row
    }

    /// A warning where much of what a time and its base's differ by is that neither's batch was said.
    fn unlike_steps(
        &self,
        predictor: &Predictor,
        base: &OfBase,
        features: &Features,
        row: &TimeRow,
    ) -> Option<Warning> {
        let images = row.usual_batch_size?;
        let of_base = predictor.usual_batch(base.features, row.fit.based_on)?;
        let asked = self.question.about(features);
        let in_same_steps = Asked {
            batch_size: Some(of_base),
            ..asked
        };
        if images == of_base {
            return None;
        }
        let as_usual = predictor.expected_ms(&asked)?;
        let slower = as_usual / predictor.expected_ms(&in_same_steps)?;
        Warning::unlike_steps([images, of_base], slower)
    }
}

/// The net that another was scaled from.
pub(crate) struct OfBase<'a> {
    pub(crate) features: &'a Features,
    /// Its time for an image on one device, where it is known.
    pub(crate) ms: Option<f64>,
}

impl<'a> OfBase<'a> {
    /// The net with `features`, as `predictor` times it.
    pub(super) fn timed(
        predictor: &Predictor,
        question: &Question,
        features: &'a Features,
    ) -> Self {
        let ms = predictor
            .time(&question.about(features))
            .map(|base| base.ms);
        Self { features, ms }
    }
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
    /// Images in a step, of all devices together, where the request names none and the time depends on it: as many as nets with
    /// as many acts were timed with there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usual_batch_size: Option<u64>,
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

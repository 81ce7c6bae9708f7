//! How long one epoch takes.

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use super::asking::Interval;
use super::cache::counted::counted;
use super::cache::ready::Ready;
use super::chosen::chosen;
use super::complexity::{Base, Scaled, missed, scaled, scaled_row};
use super::evidence::{FitRow, fit_row};
use super::request::PredictRequest;
use crate::json::Invalid;
use crate::plan::memory::{beyond, possible};
use crate::plan::run::{Run, Total};
use crate::plan::{Configured, Question};
use crate::timing::predict::warning::Warning;
use crate::timing::{Features, Mode, PlatformId, Predictor, Predictors};

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

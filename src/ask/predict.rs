//! How long one epoch takes.

use std::mem::take;
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use super::asking::{Interval, OfBase, TimeRow, Times};
use super::cache::counted::counted;
use super::cache::ready::Ready;
use super::chosen::chosen;
use super::complexity::{Base, Scaled, missed, scaled, scaled_row};
use super::evidence::{FitRow, fit_row};
use super::request::PredictRequest;
use crate::json::Invalid;
use crate::plan::memory::possible;
use crate::plan::run::Total;
use crate::timing::predict::predictors::Standing;
use crate::timing::predict::warning::Warning;
use crate::timing::{Estimator, Features, FitId, Mode, PlatformId, Predictor, Predictors};

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
    /// How many timings of their fits are doubted, or kept out of them now. Of a fit that was asked for by its id nothing is said:
    /// it answers as it did then, whatever is thought of its timings since. Absent where all of them are as expected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub standing: Vec<StandingRow>,
}

/// Timings of a fit that are not as the others let expect.
#[derive(Debug, Serialize, ToSchema)]
pub struct StandingRow {
    /// The platform whose fit it is.
    pub platform: PlatformId,
    /// What was timed.
    pub mode: Mode,
    /// In the fit, and weighing less than half there.
    pub doubted: usize,
    /// Kept out of it.
    pub out: usize,
}

impl StandingRow {
    /// That of the fit by which `predictor` predicts, among `all`; `None` where all of its timings are as expected.
    fn new(predictor: &Predictor, all: &Predictors) -> Option<Self> {
        let FitId { platform, mode, .. } = predictor.id(Estimator::default());
        let Standing { doubted, out } = all.standing(&platform, mode);
        let row = Self {
            platform,
            mode,
            doubted,
            out,
        };
        (doubted + out > 0).then_some(row)
    }
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
    /// Images in a step, of all devices together, where the request names none and the time depends on it: as many as nets with
    /// as many acts were timed with there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usual_batch_size: Option<u64>,
    /// What the prediction stands on.
    pub fit: FitRow,
    /// The whole training, where the request says something of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Total>,
    /// What to know before trusting it.
    pub warnings: Vec<Warning>,
}

impl PredictionRow {
    /// A time with all that is known of its fit.
    fn new(time: TimeRow, fit: FitRow) -> Self {
        Self {
            platform: time.platform,
            mode: time.mode,
            epoch_seconds: time.epoch_seconds,
            images_per_second: time.images_per_second,
            interval: time.interval,
            base_epoch_seconds: time.base_epoch_seconds,
            usual_batch_size: time.usual_batch_size,
            fit,
            total: time.total,
            warnings: time.warnings,
        }
    }
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
    let times = Times {
        run: request.run()?,
        question,
        configured,
        all: predictors,
    };
    let base = counted.features.called(request.label.as_deref());
    let chosen = match (&named, pin) {
        (Some(_), Some(pin)) => vec![Arc::clone(pin)],
        (Some(id), None) => vec![predictors.current(id).map_err(|e| e.under("/fit"))?],
        (None, _) => {
            let mode = request.mode.unwrap_or_default();
            chosen(predictors, mode, request.platform.as_ref())?
        }
    };
    let features = net.as_ref().map(|(_, net)| Features::of_net(net));
    let wanted = features.as_ref().unwrap_or(&base);
    let asked_of = chosen.iter().map(AsRef::as_ref);
    possible(&times.question, wanted, asked_of)?;
    let missed = scaled.as_ref().and_then(missed);
    let row = |predictor: &Arc<Predictor>| {
        let asked = times.question.about(wanted);
        let prediction = predictor.predict(&asked)?;
        let mut time = times.row(predictor, wanted, &prediction);
        if scaled.is_some() {
            let base = OfBase::timed(predictor, &times.question, &base);
            time = times.beside(predictor, &base, wanted, time);
        }
        time.warnings.extend(missed.clone());
        let epoch = |ms: f64| times.question.epoch_seconds(predictor, ms);
        let id = take(&mut time.fit.id);
        let fit = fit_row(id, predictor, &asked, &prediction, epoch);
        Some(PredictionRow::new(time, fit))
    };
    let predictions = chosen.iter().filter_map(row).collect();
    let standing = chosen.iter().filter(|_| named.is_none());
    let standing = standing.filter_map(|predictor| StandingRow::new(predictor, predictors));
    Ok(PredictAnswer {
        standing: standing.collect(),
        base: counted.row.clone(),
        scaled,
        predictions,
    })
}

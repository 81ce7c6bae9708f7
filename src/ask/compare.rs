//! Which way to scale: many scaled forms of one net, side by side.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::asking::{Asking, OfBase, TimeRow};
use super::complexity::{Base, Scaled, base_row, missed, scaled_row};
use super::factors::{Factors, read as factors};
pub use super::forms::NotCompared;
use super::forms::{Forms, asked, told};
use super::request::{OfTraining, PredictRequest, training_question};
use super::wanted::Wanted;
use crate::json::Invalid;
use crate::net::scaling::RawScaling;
use crate::net::{Complexity, Net, spec::RawModel};
use crate::plan::accuracy::Expected;
use crate::plan::compare::{Comparison, Row, ways};
use crate::plan::memory::{Memory, Optimizer};
use crate::timing::data::measurement::count;
use crate::timing::data::platform::Precision;
use crate::timing::{Features, Predictors};
use crate::units::Whole;

training_question! {
    /// A net, the ways to scale it, and where to time it.
    pub struct CompareRequest {
        /// The net.
        #[schema(value_type = RawModel)]
        pub model: Option<Value>,
        /// Names of strategies; where neither these nor `alphas` are given, all nine and α = 1/3, 2/3 and 0.8.
        #[schema(example = json!(["dwr", "dWr"]))]
        pub strategies: Option<Vec<String>>,
        /// Members of the fast family: shares of the width, 0 to 1.
        pub alphas: Option<Vec<f64>>,
        /// Wanted growths of the flops, default 1, 2, 4, 8, 16.
        #[schema(value_type = Option<Factors>)]
        pub factors: Option<Value>,
        /// Memory of each device, in bytes.
        #[schema(example = 25_769_803_776_u64)]
        pub device_memory_bytes: Option<Whole>,
        /// What updates the parameters, default `sgd` (with momentum).
        pub optimizer: Option<Optimizer>,
        /// Arithmetic of the layers; default: that of the first platform, where it is known, else `amp`.
        pub precision: Option<Precision>,
    }
}

impl From<PredictRequest> for CompareRequest {
    /// The same question, of all ways and factors.
    fn from(request: PredictRequest) -> Self {
        Self {
            model: request.model,
            family: request.family,
            resolution: request.resolution,
            platform: request.platform,
            mode: request.mode,
            dataset_images: request.dataset_images,
            batch_size: request.batch_size,
            interval: request.interval,
            estimator: request.estimator,
            ..Self::default()
        }
    }
}

/// Scaled forms of a net, side by side.
#[derive(Debug, Serialize, ToSchema)]
pub struct CompareAnswer {
    /// The net as it was asked for.
    pub base: Base,
    /// How long an epoch of the base takes, on each platform asked for.
    pub base_predictions: Vec<TimeRow>,
    /// One for each strategy or α and each factor, strategies first, factors in the order they were asked for.
    pub rows: Vec<CompareRow>,
    /// The ways, or some factors of theirs, by which the net cannot be scaled: those have no row. A way that can do no more than a
    /// factor of 1, the net as it is, is left out whole.
    pub left_out: Vec<NotCompared>,
}

impl CompareAnswer {
    /// What is left out, and why the first of it is, in two sentences; `None` where nothing is.
    #[must_use]
    pub fn told_left_out(&self) -> Option<String> {
        told(&self.left_out)
    }
}

/// One scaled form.
#[derive(Debug, Serialize, ToSchema)]
pub struct CompareRow {
    /// The strategy that it was scaled by …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// … or the share of the width.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f64>,
    /// Wanted growth of the flops.
    pub factor: f64,
    /// The scaled net.
    pub scaled: Scaled,
    /// How long an epoch takes, on each platform asked for.
    pub predictions: Vec<ComparedTime>,
    /// Training memory on one device; null for inference.
    pub memory: Option<Memory>,
    /// Error that published points let expect; null of nets and factors about which they say nothing.
    pub accuracy: Option<Expected>,
}

/// How long one epoch takes, beside other forms of the net.
#[derive(Debug, Serialize, ToSchema)]
pub struct ComparedTime {
    /// The time.
    #[serde(flatten)]
    pub time: TimeRow,
    /// Over the base's time.
    pub to_base: f64,
    /// Over the time of the fastest row with the same factor.
    pub to_best: f64,
}

/// The answer to `request`, as long as it is `wanted`.
///
/// # Errors
/// Points at the field that is wrong; where the net can take none of the ways, says why of each.
pub fn compared(
    predictors: &Predictors,
    request: CompareRequest,
    wanted: &Wanted,
) -> Result<CompareAnswer, Invalid> {
    let factors = factors(request.factors.as_ref())?;
    let listed = request.factors.as_ref().is_some_and(Value::is_array);
    let of_training = request.of_training();
    let ways = ways(request.strategies, request.alphas)?;
    let asking = Asking::read(predictors, of_training)?;
    let device_bytes = count("/device_memory_bytes", request.device_memory_bytes)?;
    let setup = asking.setup(request.optimizer, request.precision, device_bytes);
    let base = asking.net()?;
    let asked_of = asking.predictors.len().max(1);
    within_reach(base, ways.len() * factors.len() * asked_of)?;
    let comparison = Comparison::new(base, &asking.predictors, &asking.times.question, setup);
    let forms = Forms::of(&comparison, &ways, &asked(&factors, listed)?, wanted)?;
    Ok(answer(&asking, &comparison, forms))
}

/// Most predictions of one request.
const PREDICTIONS_AT_ONCE: usize = 20_000;
/// Most layers that one request may have counted: a second of work.
const LAYERS_AT_ONCE: usize = 5_000_000;

/// Refuses what would take too long.
fn within_reach(base: &Net, predictions: usize) -> Result<(), Invalid> {
    let layers = base.layers().len() * predictions;
    if predictions <= PREDICTIONS_AT_ONCE && layers <= LAYERS_AT_ONCE {
        return Ok(());
    }
    let detail = format!("{predictions} predictions at once are too many for this net");
    let hint = "fewer factors, strategies or platforms";
    Err(Invalid::at("/factors", predictions, detail, hint))
}

fn answer(asking: &Asking, comparison: &Comparison, forms: Forms) -> CompareAnswer {
    let base = base_row(&asking.subject);
    let features = Features::new(&asking.subject);
    let platforms = asking.predictors.iter().zip(comparison.base_times());
    let base_predictions = platforms.filter_map(|(predictor, time)| {
        Some(asking.times.row(predictor, &features, time.as_ref()?))
    });
    CompareAnswer {
        base_predictions: base_predictions.collect(),
        left_out: forms.left_out,
        rows: forms
            .rows
            .into_iter()
            .map(|row| answer_row(asking, comparison, &base.complexity, row))
            .collect(),
        base,
    }
}

/// `row` of `comparison`, as it is answered; `base` is what the net as it is costs.
pub(crate) fn answer_row(
    asking: &Asking,
    comparison: &Comparison,
    base: &Complexity,
    row: Row,
) -> CompareRow {
    let raw = RawScaling::from(&row.scaling);
    let scaled = scaled_row(&row.scaling, &row.net, base);
    let platforms = asking.predictors.iter().zip(comparison.base_times());
    let times = platforms.zip(&row.times);
    let predictions = times.filter_map(|((predictor, base), time)| {
        let time = time.as_ref()?;
        let mut told = asking.times.row(predictor, &row.features, &time.prediction);
        told.warnings.extend(missed(&scaled));
        let base = OfBase {
            features: comparison.base_features(),
            ms: base.as_ref().map(|base| base.ms),
        };
        Some(ComparedTime {
            time: asking.times.beside(predictor, &base, &row.features, told),
            to_base: time.to_base,
            to_best: time.to_best,
        })
    });
    let predictions = predictions.collect();
    CompareRow {
        strategy: raw.strategy,
        alpha: raw.alpha,
        factor: raw.factor,
        scaled,
        predictions,
        memory: row.memory,
        accuracy: row.accuracy,
    }
}

//! What a prediction stands on, in answers: the fit, its coefficients, where the time goes, the nearest timed nets.

use serde::Serialize;
use utoipa::ToSchema;

use crate::net::Group;
use crate::timing::data::recipe::Recipe;
use crate::timing::fit::estimator::Part;
use crate::timing::fit::layer_sums::Place;
use crate::timing::fit::neighbours::Nearest;
use crate::timing::predict::datasheet::Scales;
use crate::timing::{Asked, Estimator, Form, PlatformId, Prediction, Predictor};

/// What a prediction stands on.
#[derive(Debug, Serialize, ToSchema)]
pub struct FitRow {
    /// Name of the fit, to ask for it again: the same for the same timings, of this platform and of those that it may
    /// borrow from; of a GPU without timings also for the same data sheets.
    pub id: String,
    /// How it was made.
    pub estimator: Estimator,
    /// What it looked at, of what is known of the net.
    pub based_on: Form,
    /// The published net whose operators it looked at, told by the costs of the net or by its label; null where it was
    /// told the layers, or knows the costs alone.
    pub published: Option<&'static str>,
    /// Timings of the platform (of a GPU without timings: of the platform whose fit it is, as all below).
    pub measurements: usize,
    /// The net's timing group.
    pub group: Group,
    /// Timings of that group.
    pub group_measurements: usize,
    /// Mean relative error over nets that were left out of the fit; null where there are too few.
    pub cross_validated_error: Option<f64>,
    /// Version of the data of which such a fit was first made.
    pub data_version: i64,
    /// Whether the interval still stands on the fit before, as it may for a second after a large upload; such an answer
    /// may not come again.
    pub provisional: bool,
    /// What one unit of each cost takes, for nets of this group.
    pub coefficients: Vec<UnitTime>,
    /// Where the group's effect was taken over from, where it has no timings here; null where none was.
    pub borrowed: Option<BorrowedRow>,
    /// Whose fit was lent, where there are few timings here; null where none was.
    pub lent: Option<LentRow>,
    /// Of a GPU without timings: the platform whose fit it is, and at what scales; else null.
    pub data_sheet: Option<DataSheetRow>,
    /// What the time goes into.
    pub shares: Vec<ShareRow>,
    /// The nearest nets that were timed.
    pub nearest: Vec<NearestRow>,
}

/// An effect taken over from another platform.
#[derive(Debug, Serialize, ToSchema)]
pub struct BorrowedRow {
    /// Whose.
    pub platform: PlatformId,
    /// By how much slower it makes the net.
    pub factor: f64,
}

/// Another platform's fit, blended with the own one.
#[derive(Debug, Serialize, ToSchema)]
pub struct LentRow {
    /// Whose.
    pub platform: PlatformId,
    /// By how much slower nets are here.
    pub factor: f64,
    /// Its share in the prediction (of the logs).
    pub share: f64,
}

/// What data sheets and another recipe make of a platform's times on another GPU: the product of all factors.
#[derive(Debug, Serialize, ToSchema)]
pub struct DataSheetRow {
    /// The recipe that the answer is for.
    pub recipe: Recipe,
    /// The platform that was timed.
    pub platform: PlatformId,
    /// Its GPU, as `/v1/gpus` calls it.
    pub gpu: &'static str,
    /// Its recipe.
    pub platform_recipe: Recipe,
    /// Times are so many times those of the platform, but for what a small batch adds.
    pub factor: f64,
    /// Of that, for the bandwidth of the memory.
    pub bandwidth_factor: f64,
    /// For the rates of arithmetic.
    pub rate_factor: f64,
    /// For the size of numbers.
    pub precision_factor: f64,
    /// For the memory format.
    pub memory_format_factor: f64,
    /// For the software.
    pub software_factor: f64,
}

impl From<&Scales> for DataSheetRow {
    fn from(scales: &Scales) -> Self {
        Self {
            recipe: scales.asked,
            platform: scales.from.clone(),
            gpu: scales.from_gpu,
            platform_recipe: scales.timed,
            factor: scales.factor(),
            bandwidth_factor: scales.bandwidth,
            rate_factor: scales.rate,
            precision_factor: scales.precision,
            memory_format_factor: scales.layout,
            software_factor: scales.software,
        }
    }
}

/// What one unit of a cost takes.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnitTime {
    /// The cost and its unit, such as `million_acts`.
    pub of: &'static str,
    /// Milliseconds for one image on one device.
    pub ms: f64,
}

/// What part of the time goes into what.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShareRow {
    /// What for.
    pub part: Part,
    /// Share of the predicted time; all add up to 1.
    pub share: f64,
}

/// A net that was timed.
#[derive(Debug, Serialize, ToSchema)]
pub struct NearestRow {
    /// Id of the measurement.
    pub measurement: i64,
    /// How far its costs are: 0 the same, 0.1 about 10 % apart.
    pub distance: f64,
    /// Flops of 10⁹, params and acts of 10⁶.
    pub giga_flops: f64,
    /// Its params, in millions.
    pub million_params: f64,
    /// Its acts, in millions.
    pub million_acts: f64,
    /// Measured milliseconds for one image on one device.
    pub ms: f64,
    /// The same for the epoch that was asked about.
    pub epoch_seconds: f64,
}

/// What `prediction`, of the fit called `id`, stands on; `epoch` makes seconds of milliseconds for one image on one device.
pub(super) fn fit_row(
    id: String,
    predictor: &Predictor,
    asked: &Asked,
    prediction: &Prediction,
    epoch: impl Fn(f64) -> f64,
) -> FitRow {
    let form = prediction.form;
    let nearest = |near: Nearest| NearestRow {
        measurement: near.row,
        distance: near.distance,
        giga_flops: near.features.flops,
        million_params: near.features.params,
        million_acts: near.features.acts,
        ms: near.ms,
        epoch_seconds: epoch(near.ms),
    };
    let shares = prediction.shares.iter();
    let operators = asked.features.layers.filter(|_| form == Form::Layers);
    FitRow {
        id,
        estimator: asked.estimator,
        based_on: form,
        published: operators.and_then(|sums| sums.published).map(Place::name),
        measurements: predictor.measurements(),
        group: asked.group.clone(),
        group_measurements: predictor.measurements_of(asked.group),
        cross_validated_error: predictor.error(form),
        data_version: predictor.names().data_version(asked.estimator),
        provisional: predictor.names().is_provisional(),
        coefficients: unit_times(predictor, form, Some(asked.group)),
        borrowed: prediction
            .borrowed
            .clone()
            .map(|(platform, factor)| BorrowedRow { platform, factor }),
        lent: prediction
            .lent
            .clone()
            .map(|(platform, factor, share)| LentRow {
                platform,
                factor,
                share,
            }),
        data_sheet: prediction.scales.as_ref().map(DataSheetRow::from),
        shares: shares
            .map(|(part, share)| ShareRow {
                part: *part,
                share: *share,
            })
            .collect(),
        nearest: predictor.nearest(asked).into_iter().map(nearest).collect(),
    }
}

/// What one unit of each cost takes, for nets of `group` (`None`: of a group without timings).
pub(crate) fn unit_times(
    predictor: &Predictor,
    form: Form,
    group: Option<&Group>,
) -> Vec<UnitTime> {
    let Some(fitted) = predictor.fitted(form) else {
        return Vec::new();
    };
    let named = form.columns().iter().zip(fitted.coefficients(group));
    named.map(|(of, ms)| UnitTime { of, ms }).collect()
}

//! `GET /v1/compare.csv`: the rows of `/v1/compare` as a table that a spreadsheet or pandas reads from its URL.

use std::iter::repeat_n;

use axum::extract::State;
use axum::http::{HeaderName, header};
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::ask::compare::{CompareAnswer, CompareRequest, CompareRow, ComparedTime, compared};
use crate::ask::factors::{numbers, of_text as factors, words};
use crate::ask::wanted::Wanted;
use crate::http::extract::body::Params;
use crate::http::extract::problem::ApiError;
use crate::http::extract::query::NetText;
use crate::http::extract::refusals::ListRefused;
use crate::http::shared::Shared;
use crate::json::Invalid;
use crate::timing::{Estimator, Mode};
use crate::units::Whole;

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(compare_csv))
}

/// A comparison as a query: lists are joined by commas.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct CompareParams {
    /// Name of a net.
    #[param(required = true, example = "RegNetY-500MF")]
    model: Option<String>,
    /// In place of `model`: a full description, as JSON.
    spec: Option<String>,
    /// Strategies, such as `dwr,dWr`.
    #[param(example = "dwr,dWr")]
    strategies: Option<String>,
    /// Shares of the width, such as `0.5,0.8`.
    alphas: Option<String>,
    /// Factors, such as `1,2,4`, or a range: `1..16/9`, or `1..16`, for nine factors from 1 to 16.
    #[param(example = "1,2,4")]
    factors: Option<String>,
    /// Ids of platforms.
    platform: Option<String>,
    /// `train` (default) or `infer`.
    mode: Option<Mode>,
    /// Side of the images, in pixels.
    resolution: Option<u64>,
    /// Images of an epoch.
    dataset_images: Option<u64>,
    /// Images in a step, of all devices together.
    batch_size: Option<u64>,
    /// Level of the interval.
    interval: Option<f64>,
    /// As in `/v1/predict`.
    estimator: Option<Estimator>,
    /// Memory of each device, in bytes.
    device_memory_bytes: Option<u64>,
}

impl CompareParams {
    /// The request that they are, with the net as it was written.
    fn request(self) -> Result<(CompareRequest, NetText), Invalid> {
        let net = NetText::read(self.model, self.spec)?;
        let words = |list: Option<String>| list.map(|list| words(&list));
        let request = CompareRequest {
            model: net.value.clone(),
            strategies: words(self.strategies),
            alphas: self
                .alphas
                .map(|list| numbers("/alphas", &list))
                .transpose()?,
            factors: self.factors.map(|text| factors(&text)).transpose()?,
            platform: words(self.platform).map(Value::from),
            mode: self.mode,
            resolution: self.resolution.map(Whole),
            dataset_images: self.dataset_images.map(Whole),
            batch_size: self.batch_size.map(Whole),
            interval: self.interval,
            estimator: self.estimator,
            device_memory_bytes: self.device_memory_bytes.map(Whole),
            ..CompareRequest::default()
        };
        Ok((request, net))
    }
}

type Csv = ([(HeaderName, &'static str); 1], Vec<u8>);

/// The rows of `/v1/compare`, one for each scaled form and platform, as CSV. What is left out has a line with the reason in
/// `left_out` and no costs.
#[utoipa::path(
    get,
    path = "/v1/compare.csv",
    extensions(("x-weight" = json!("heavy"))),
    tag = "plans",
    params(CompareParams),
    responses(
        (status = 200, description = "The scaled forms", body = String, content_type = "text/csv"),
        ListRefused,
    )
)]
async fn compare_csv(
    State(live): State<Shared>,
    wanted: Wanted,
    Params(params): Params<CompareParams>,
) -> Result<Csv, ApiError> {
    let (request, net) = params.request()?;
    let answer = compared(&live.predictors(), request, &wanted);
    let answer = answer.map_err(|error| net.told_of_net(error))?;
    let table = table(&answer).map_err(|_| ApiError::Internal)?;
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], table))
}

/// The columns; `_ratio` is what was achieved, `_theory` what was expected. `left_out` says of a line without costs why it has none.
const COLUMNS: [&str; 31] = [
    "strategy",
    "alpha",
    "factor",
    "resolution",
    "flops",
    "params",
    "acts",
    "flops_ratio",
    "params_ratio",
    "acts_ratio",
    "flops_theory",
    "params_theory",
    "acts_theory",
    "platform",
    "mode",
    "epoch_seconds",
    "interval_level",
    "low_seconds",
    "high_seconds",
    "images_per_second",
    "to_base",
    "to_best",
    "memory_fixed_bytes",
    "memory_bytes_per_image",
    "largest_batch",
    "top1_error_percent",
    "top1_error_low",
    "top1_error_high",
    "interpolated",
    "warnings",
    "left_out",
];

fn table(answer: &CompareAnswer) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for row in &answer.rows {
        let times = row.predictions.iter().map(Some);
        // A net that no platform has timings for is still a row.
        let none = row.predictions.is_empty().then_some(None);
        for time in times.chain(none) {
            let cells = net_cells(row)
                .into_iter()
                .chain(time_cells(time))
                .chain(other_cells(row))
                .chain([warnings(time), String::new()]);
            writer.write_record(cells)?;
        }
    }
    for out in &answer.left_out {
        for factor in &out.factors {
            let way = [
                cell(out.strategy.as_ref()),
                cell(out.alpha),
                factor.to_string(),
            ];
            let none = COLUMNS.len() - way.len() - 1;
            let cells = way.into_iter().chain(repeat_n(String::new(), none));
            writer.write_record(cells.chain([out.reason.clone()]))?;
        }
    }
    writer
        .into_inner()
        .map_err(|error| error.into_error().into())
}

fn cell<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn net_cells(row: &CompareRow) -> [String; 13] {
    let (costs, ratios, theory) = (
        &row.scaled.complexity,
        &row.scaled.ratios,
        &row.scaled.theory,
    );
    [
        cell(row.strategy.as_ref()),
        cell(row.alpha),
        row.factor.to_string(),
        row.scaled.model.resolution.to_string(),
        costs.flops.get().to_string(),
        costs.params.get().to_string(),
        costs.acts.get().to_string(),
        ratios.flops.to_string(),
        ratios.params.to_string(),
        ratios.acts.to_string(),
        theory.flops.to_string(),
        theory.params.to_string(),
        theory.acts.to_string(),
    ]
}

fn time_cells(time: Option<&ComparedTime>) -> [String; 9] {
    let row = time.map(|time| &time.time);
    [
        cell(row.map(|row| &row.platform)),
        cell(row.map(|row| row.mode)),
        cell(row.map(|row| row.epoch_seconds)),
        cell(row.map(|row| row.interval.level)),
        cell(row.map(|row| row.interval.low_seconds)),
        cell(row.map(|row| row.interval.high_seconds)),
        cell(row.map(|row| row.images_per_second)),
        cell(time.map(|time| time.to_base)),
        cell(time.map(|time| time.to_best)),
    ]
}

fn other_cells(row: &CompareRow) -> [String; 7] {
    let (memory, accuracy) = (row.memory.as_ref(), row.accuracy.as_ref());
    [
        cell(memory.map(|memory| memory.fixed_bytes)),
        cell(memory.map(|memory| memory.bytes_per_image)),
        cell(memory.and_then(|memory| memory.largest_batch)),
        cell(accuracy.map(|error| error.top1_error_percent)),
        cell(accuracy.map(|error| error.low)),
        cell(accuracy.map(|error| error.high)),
        cell(accuracy.map(|error| error.interpolated)),
    ]
}

fn warnings(time: Option<&ComparedTime>) -> String {
    let codes = time.map(|time| time.time.warnings.iter().map(|warning| warning.code));
    codes.map_or_else(String::new, |codes| codes.collect::<Vec<_>>().join(" "))
}

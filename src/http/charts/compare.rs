//! `/v1/charts/compare`: many scaled forms of one net, as `/v1/compare` answers them.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::look::LookParams;
use super::net::{NetChart, NetParams};
use crate::ask::asking::TimeRow;
use crate::ask::compare::{CompareRequest, CompareRow, compared};
use crate::ask::complexity::Base;
use crate::ask::factors::{numbers, of_text as factors, words};
use crate::ask::request::PredictRequest;
use crate::ask::wanted::Wanted;
use crate::chart::Figure;
use crate::chart::figures::compare::{Across, CompareChart, Form, Place, Shown, Span, Way};
use crate::chart::figures::pair::{OneOfTwo, pair};
use crate::http::extract::problem::ApiError;
use crate::http::extract::query::NetText;
use crate::http::extract::refusals::ListRefused;
use crate::http::shared::Shared;
use crate::json::Invalid;
use crate::plan::compare::moved;
use crate::timing::{Mode, Predictors};

/// Which ways to scale a net, and what to show of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CompareParams {
    /// Strategies, such as `dwr,dWr`; where neither these nor `alphas` are given, all nine and α = 1/3, 2/3 and 0.8.
    strategies: Option<String>,
    /// Shares of the width, such as `0.5,0.8`.
    alphas: Option<String>,
    /// Factors, such as `1,2,4` (default `1,2,4,8,16`), or a range: `1..16/9`, or `1..16`, for nine factors from 1 to 16.
    factors: Option<String>,
    /// A second net, drawn beside the first, scaled in the same ways: its name, or a full description as JSON. The table then
    /// tells them apart by `net`.
    beside: Option<String>,
    /// What is shown up, default `seconds`.
    #[param(inline)]
    y: Option<Up>,
    /// What is shown across, default `flops`.
    #[param(inline)]
    x: Option<AcrossName>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Up {
    /// Seconds of an epoch, with their interval.
    Seconds,
    /// Output elements.
    Acts,
    /// Learned parameters.
    Params,
    /// Bytes that a step of `batch_size` images takes on one device, in training.
    Memory,
    /// The error that published points let expect, in percent.
    Error,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum AcrossName {
    /// Flops of the scaled net.
    Flops,
    /// The growth of flops that was wanted.
    Factor,
}

/// The epoch time, or a cost, of a net scaled in many ways, against its flops: a line for each way, with its interval.
#[utoipa::path(
    get,
    path = "/v1/charts/compare.svg",
    extensions(("x-weight" = json!("heavy"))),
    operation_id = "compare_chart",
    tag = "charts",
    params(NetParams, CompareParams, LookParams),
    responses((status = 200, description = "The chart", body = String, content_type = "image/svg+xml"), ListRefused)
)]
pub(super) async fn compare(
    State(live): State<Shared>,
    wanted: Wanted,
    NetChart { net, params, reply }: NetChart<CompareParams>,
) -> Result<Response, ApiError> {
    let predictors = live.predictors();
    let version = predictors.data_version;
    reply.with(version, move || figure(&predictors, net, &params, &wanted))
}

fn figure(
    predictors: &Predictors,
    net: NetParams,
    params: &CompareParams,
    wanted: &Wanted,
) -> Result<Figure, Invalid> {
    let (asked, text) = net.request(predictors)?;
    let beside = params.beside.clone();
    let beside = beside.map(|text| NetText::either("/beside", text));
    let beside = beside.transpose()?.map(|model| PredictRequest {
        model: Some(model),
        ..asked.clone()
    });
    let mut first = chart(predictors, asked, params, wanted).map_err(|e| text.told_of_net(e))?;
    let Some(beside) = beside else {
        return Ok(first.figure());
    };
    // What is wrong with the ways is told of the first.
    let mut second = chart(predictors, beside, params, wanted).map_err(|error| {
        let error = moved(error, "/scaling", "/beside");
        moved(moved(error, "/model/name", "/beside"), "/model", "/beside")
    })?;
    if first.net == second.net {
        // Two that were described, or one at two resolutions.
        for (chart, which) in [(&mut first, "first"), (&mut second, "second")] {
            chart.net = match chart.net.as_str() {
                DESCRIBED => format!("the {which} net"),
                name => format!("{name} ({which})"),
            };
        }
    }
    let one = |chart: CompareChart| OneOfTwo {
        figure: chart.figure(),
        net: chart.net,
    };
    Ok(pair(one(first), one(second)))
}

/// The chart of the net that is `asked` about.
fn chart(
    predictors: &Predictors,
    asked: PredictRequest,
    params: &CompareParams,
    wanted: &Wanted,
) -> Result<CompareChart, Invalid> {
    let shown = match params.y {
        None | Some(Up::Seconds) => Shown::Seconds,
        Some(Up::Acts) => Shown::Acts,
        Some(Up::Params) => Shown::Params,
        Some(Up::Memory) => Shown::Memory,
        Some(Up::Error) => Shown::Error,
    };
    if shown == Shown::Memory && asked.mode == Some(Mode::Infer) {
        let detail = "the memory of training is known, not that of inference";
        return Err(Invalid::at("/y", "memory", detail, "mode=train"));
    }
    let list = |text: &str| numbers("/alphas", text);
    let request = CompareRequest {
        strategies: params.strategies.as_deref().map(words),
        alphas: params.alphas.as_deref().map(list).transpose()?,
        factors: params.factors.as_deref().map(factors).transpose()?,
        ..CompareRequest::from(asked)
    };
    let answer = compared(predictors, request, wanted)?;
    Ok(CompareChart {
        net: name(&answer.base),
        base: answer.base.complexity,
        place: answer.base_predictions.first().map(place),
        across: match params.x {
            Some(AcrossName::Factor) => Across::Factor,
            _ => Across::Flops,
        },
        shown,
        forms: answer.rows.iter().map(form).collect(),
        left_out: answer.told_left_out(),
    })
}

/// What a net without a name is called.
const DESCRIBED: &str = "the described net";

/// What a net is called.
pub(super) fn name(base: &Base) -> String {
    let name = base.name.clone();
    name.unwrap_or_else(|| DESCRIBED.to_owned())
}

/// Where a net is timed, and how long it takes as it is.
pub(super) fn place(base: &TimeRow) -> Place {
    Place {
        platform: base.platform.to_string(),
        mode: base.mode.to_string(),
        level: base.interval.level,
        base_seconds: base.epoch_seconds,
    }
}

/// A scaled form as a chart shows it.
pub(super) fn form(row: &CompareRow) -> Form {
    let way = match (&row.strategy, row.alpha) {
        (Some(name), _) => Way::Strategy(name.clone()),
        (None, alpha) => Way::Alpha(alpha.unwrap_or_default()),
    };
    let memory = row.memory.as_ref();
    let time = row.predictions.first();
    Form {
        way,
        factor: row.factor,
        costs: row.scaled.complexity,
        memory: memory.map(|memory| (memory.images, memory.bytes)),
        seconds: time.map(|time| Span {
            value: time.time.epoch_seconds,
            low: time.time.interval.low_seconds,
            high: time.time.interval.high_seconds,
        }),
        error: row.accuracy.as_ref().map(|error| error.top1_error_percent),
    }
}

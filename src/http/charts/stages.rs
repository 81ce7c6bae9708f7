//! `/v1/charts/stages`: where the time of a net goes, as `/v1/explain` answers it.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::compare::name;
use super::look::LookParams;
use super::net::{NetChart, NetParams};
use crate::ask::explain::{ExplainAnswer, ExplainRequest, explanation};
use crate::ask::request::PredictRequest;
use crate::ask::wanted::Wanted;
use crate::chart::Figure;
use crate::chart::digits;
use crate::chart::figures::compare::Way;
use crate::chart::figures::stages::{StagesChart, Taken};
use crate::http::extract::problem::ApiError;
use crate::http::extract::query::json_text;
use crate::http::extract::refusals::ListRefused;
use crate::http::shared::Shared;
use crate::json::{Invalid, typed};
use crate::net::scaling::RawScaling;
use crate::net::scaling::written::written;
use crate::timing::Predictors;

/// Beside which scaled form.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StagesParams {
    /// A scaled form to show beside the net: `FORM:FACTOR`, such as `dWr:4`, `a0.7:4` or `d1_w8_g8_r1:4`; or JSON as in
    /// the body of `/v1/explain`.
    scaling: Option<String>,
}

/// Where the time of a net goes: by stage its share of an epoch, and of that what moving feature maps, multiply-adds and
/// all else take; beside it the same of a scaled form.
#[utoipa::path(
    get,
    path = "/v1/charts/stages.svg",
    extensions(("x-weight" = json!("heavy"))),
    operation_id = "stages_chart",
    tag = "charts",
    params(NetParams, StagesParams, LookParams),
    responses((status = 200, description = "The chart", body = String, content_type = "image/svg+xml"), ListRefused)
)]
pub(super) async fn stages(
    State(live): State<Shared>,
    wanted: Wanted,
    NetChart { net, params, reply }: NetChart<StagesParams>,
) -> Result<Response, ApiError> {
    let predictors = live.predictors();
    let version = predictors.data_version;
    reply.with(version, move || figure(&predictors, net, params, &wanted))
}

fn figure(
    predictors: &Predictors,
    net: NetParams,
    params: StagesParams,
    wanted: &Wanted,
) -> Result<Figure, Invalid> {
    let (asked, text) = net.request(predictors)?;
    unheard(&asked)?;
    let scaling = params.scaling.map(scaling).transpose()?;
    let question = |scaling: Option<RawScaling>| ExplainRequest {
        model: asked.model.clone(),
        scaling,
        resolution: asked.resolution,
        platform: asked.platform.clone(),
        mode: asked.mode,
        dataset_images: asked.dataset_images,
        estimator: asked.estimator,
        ..ExplainRequest::default()
    };
    let explain = |scaling| {
        explanation(predictors, question(scaling), wanted)
            .map_err(|error: Invalid| text.told(error))
    };
    let base = explain(None)?;
    let scaled = scaling
        .map(|scaling| Ok::<_, Invalid>((scaled_name(&scaling), explain(Some(scaling))?)))
        .transpose()?;
    let net = name(&base.base);
    let Some(place) = place(&base) else {
        let advice = "Nothing can be said of where the time goes: there are no timings that this estimator could \
            predict by. Send some with POST /v1/measurements.";
        return Ok(Figure::nothing(
            format!("Where the time of {net} goes"),
            advice,
        ));
    };
    let scaled = scaled.and_then(|(name, answer)| taken(name, answer));
    let chart = StagesChart {
        net,
        place,
        forms: taken("base".to_owned(), base)
            .into_iter()
            .chain(scaled)
            .collect(),
    };
    Ok(chart.figure())
}

/// Refuses what the shares of the time do not depend on.
fn unheard(asked: &PredictRequest) -> Result<(), Invalid> {
    let given = [
        ("/batch_size", asked.batch_size.is_some()),
        ("/interval", asked.interval.is_some()),
    ];
    let detail = "where the time goes is not told by this";
    match given.into_iter().find(|(_, given)| *given) {
        Some((pointer, _)) => Err(Invalid::at(pointer, (), detail, "leave it out")),
        None => Ok(()),
    }
}

fn scaling(text: String) -> Result<RawScaling, Invalid> {
    if text.trim_start().starts_with('{') {
        return typed(&json_text("/scaling", text, "a scaling as JSON")?)
            .map_err(|e| e.under("/scaling"));
    }
    written(&text).map_err(|e| e.under("/scaling"))
}

/// "dWr 4×".
fn scaled_name(raw: &RawScaling) -> String {
    let way = match (&raw.strategy, raw.alpha, &raw.scale_type) {
        (Some(name), ..) => name.clone(),
        (_, Some(alpha), _) => Way::Alpha(alpha).name(),
        (.., Some(text)) => text.clone(),
        _ => "scaled".to_owned(),
    };
    format!("{way} {}×", digits(raw.factor, 3))
}

fn place(answer: &ExplainAnswer) -> Option<(String, String)> {
    let first = answer.explanations.first()?;
    Some((first.platform.to_string(), first.mode.to_string()))
}

fn taken(name: String, answer: ExplainAnswer) -> Option<Taken> {
    let first = answer.explanations.into_iter().next()?;
    Some(Taken {
        name,
        epoch_seconds: first.epoch_seconds,
        stages: first.stages,
        constant: first.constant_share,
        sentence: first.sentence,
    })
}

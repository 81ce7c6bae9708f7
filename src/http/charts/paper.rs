//! `/v1/charts/paper`: the figures of the paper, from what the service knows.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::look::LookParams;
use super::reply::Chart;
use crate::chart::paper::{Panel, PaperChart, PaperFigure};
use crate::http::Shared;
use crate::http::chosen::one;
use crate::http::predict_request::IMAGENET_IMAGES;
use crate::http::problem::ApiError;
use crate::http::refusals::ListRefused;
use crate::json::Invalid;
use crate::timing::{Mode, Predictor, Predictors};

/// Which figure to draw.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PaperParams {
    /// Which, default `1`. The paper's Fig. 2 is `/v1/charts/fit.svg?platform=v100x8-paper`.
    #[param(inline)]
    figure: Option<PaperFigure>,
    /// Its errors (default), which are published, or epoch times, which are predicted.
    #[param(inline)]
    panel: Option<Panel>,
    /// Id of the platform of times; default: the paper's, `v100x8-paper`, where it has timings, else the one with most.
    platform: Option<String>,
}

/// A figure of "Fast and Accurate Model Scaling" redrawn: published errors and what is expected between them, or epoch times
/// by our own predictions.
#[utoipa::path(
    get,
    path = "/v1/charts/paper.svg",
    tag = "charts",
    params(PaperParams, LookParams),
    responses((status = 200, description = "The chart", body = String, content_type = "image/svg+xml"), ListRefused)
)]
pub(super) async fn paper(
    State(live): State<Shared>,
    Chart { params, reply }: Chart<PaperParams>,
) -> Result<Response, ApiError> {
    let predictors = live.predictors();
    let chart = PaperChart {
        figure: params.figure.unwrap_or_default(),
        panel: params.panel.unwrap_or_default(),
        predictor: predictor(&predictors, params.platform)?,
        images: IMAGENET_IMAGES,
    };
    let draw = move || Ok(chart.figure());
    reply.with(predictors.data_version, draw)
}

/// The paper's own platform.
const PAPER: &str = "v100x8-paper";

fn predictor(
    predictors: &Predictors,
    platform: Option<String>,
) -> Result<Option<Arc<Predictor>>, Invalid> {
    let Some(id) = platform else {
        let all = predictors.of_mode(Mode::Train);
        let known = |one: &&Arc<Predictor>| {
            let platform = one.platform();
            (platform.id.as_str() == PAPER, one.measurements())
        };
        return Ok(all.max_by_key(known).cloned());
    };
    one(predictors, Mode::Train, &id.into())
        .map(Some)
        .map_err(|error| error.under("/platform"))
}

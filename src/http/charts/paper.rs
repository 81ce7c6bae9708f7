//! `/v1/charts/paper`: the figures of the paper, from what the service knows.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::evidence::{FitParams, fit};
use super::look::LookParams;
use super::reply::Chart;
use crate::ask::chosen::one;
use crate::ask::request::IMAGENET_IMAGES;
use crate::chart::figures::paper::{Panel, PaperChart};
use crate::chart::figures::printed::{PLATFORM, PaperFigure};
use crate::http::extract::problem::ApiError;
use crate::http::extract::refusals::ListRefused;
use crate::http::shared::Shared;
use crate::json::Invalid;
use crate::timing::{Cost, Mode, PlatformId, Predictor, Predictors};

/// Which figure to draw.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PaperParams {
    /// Which, default `1`.
    #[param(inline)]
    figure: Option<FigureName>,
    /// Its errors (default), which are published, or epoch times, which are predicted. Fig. 2 has times alone.
    #[param(inline)]
    panel: Option<Panel>,
    /// Of which net: of Figs. 5 and 7 `RegNetY-500MF` (default) or `RegNetZ-500MF`, of Fig. 1 `EfficientNet-B0` (default) or
    /// `RegNetZ-500MF`.
    net: Option<String>,
    /// Of Fig. 2: against which cost, default `acts`.
    #[param(inline)]
    x: Option<Cost>,
    /// Id of the platform of times; default: the paper's, `v100x8-paper`, else the one with most training timings.
    platform: Option<String>,
}

/// A figure by its number.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
enum FigureName {
    /// By dwr, dw, dWr and w: the figure's lower half.
    #[default]
    #[serde(rename = "1")]
    One,
    /// The paper's timings against acts, flops or params.
    #[serde(rename = "2")]
    Two,
    /// EfficientNet-B0 by d, w, r and dwr.
    #[serde(rename = "4")]
    Four,
    /// The same of RegNetY-500MF and RegNetZ-500MF.
    #[serde(rename = "5")]
    Five,
    /// EfficientNet-B0 by α = 1/3, 2/3, 0.8 and 1.
    #[serde(rename = "6")]
    Six,
    /// The same of RegNetY-500MF and RegNetZ-500MF.
    #[serde(rename = "7")]
    Seven,
    /// Fast scaling of several nets, beside EfficientNet-B0 to B5.
    #[serde(rename = "8")]
    Eight,
}

/// A figure of "Fast and Accurate Model Scaling" redrawn: published errors and what is expected between them, or epoch times
/// by our own predictions, beside the paper's own times where they are of the same nets.
#[utoipa::path(
    get,
    path = "/v1/charts/paper.svg",
    extensions(("x-weight" = json!("heavy"))),
    tag = "charts",
    params(PaperParams, LookParams),
    responses((status = 200, description = "The chart", body = String, content_type = "image/svg+xml"), ListRefused)
)]
pub(super) async fn paper(
    State(live): State<Shared>,
    Chart { params, reply }: Chart<PaperParams>,
) -> Result<Response, ApiError> {
    let predictors = live.predictors();
    let Some(figure) = params.figure.unwrap_or_default().redrawn() else {
        let params = params.of_timings(&predictors)?;
        return fit(State(live), Chart { params, reply }).await;
    };
    if params.x.is_some() {
        let hint = "leave it out, or ask for figure=2";
        return Err(Invalid::at("/x", (), "only Fig. 2 is against a cost", hint).into());
    }
    let chart = PaperChart {
        figure,
        net: net(figure, params.net)?,
        panel: params.panel.unwrap_or_default(),
        predictor: predictor(&predictors, params.platform)?,
        images: IMAGENET_IMAGES,
    };
    let draw = move || Ok(chart.figure());
    reply.with(predictors.data_version, draw)
}

impl FigureName {
    /// The figure; `None` for Fig. 2, which is a chart of timings.
    fn redrawn(self) -> Option<PaperFigure> {
        match self {
            Self::Two => None,
            Self::One => Some(PaperFigure::One),
            Self::Four => Some(PaperFigure::Four),
            Self::Five => Some(PaperFigure::Five),
            Self::Six => Some(PaperFigure::Six),
            Self::Seven => Some(PaperFigure::Seven),
            Self::Eight => Some(PaperFigure::Eight),
        }
    }
}

impl PaperParams {
    /// Fig. 2, as the chart of a platform's timings takes it.
    fn of_timings(self, predictors: &Predictors) -> Result<FitParams, Invalid> {
        let refused = [
            ("/panel", self.panel == Some(Panel::Error)),
            ("/net", self.net.is_some()),
        ];
        if let Some((pointer, _)) = refused.into_iter().find(|(_, given)| *given) {
            let detail = "Fig. 2 is of all nets at once, and of times alone";
            return Err(Invalid::at(pointer, (), detail, "leave it out"));
        }
        let platform = predictor(predictors, self.platform)?;
        let platform = platform.map(|one| one.platform().id.to_string());
        Ok(FitParams::of_training(platform, self.x))
    }
}

/// The net of `figure` that is called `word`.
fn net(figure: PaperFigure, word: Option<String>) -> Result<Option<&'static str>, Invalid> {
    let Some(word) = word else { return Ok(None) };
    let mut nets = figure.nets().iter();
    let found = nets.find(|net| net.eq_ignore_ascii_case(&word));
    found.map(|net| Some(*net)).ok_or_else(|| {
        let detail = format!("Fig. {} has no panel of this net", figure.number());
        let hint = match figure.nets() {
            [] => "leave it out: all nets are shown at once".to_owned(),
            nets => nets.join(" or "),
        };
        Invalid::at("/net", word, detail, hint)
    })
}

fn predictor(
    predictors: &Predictors,
    platform: Option<String>,
) -> Result<Option<Arc<Predictor>>, Invalid> {
    let Some(id) = platform else {
        let own = PlatformId::new(PLATFORM).ok();
        let own = own.and_then(|id| predictors.get(&id, Mode::Train));
        let most = || {
            predictors
                .of_mode(Mode::Train)
                .max_by_key(|one| one.measurements())
        };
        return Ok(own.or_else(most).cloned());
    };
    one(predictors, Mode::Train, &id.into())
        .map(Some)
        .map_err(|error| error.under("/platform"))
}

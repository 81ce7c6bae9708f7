//! `/v1/charts/fit` and `/v1/charts/residuals`: the timings of a platform, and what the fits make of them.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::look::LookParams;
use super::reply::Chart;
use crate::ask::chosen::one;
use crate::ask::request::IMAGENET_IMAGES;
use crate::chart::figures::fit::FitChart;
use crate::chart::figures::residuals::{By, ResidualChart};
use crate::chart::{Evidence, Figure, Kind};
use crate::http::extract::problem::ApiError;
use crate::http::extract::query::{Written, within};
use crate::http::extract::refusals::ListRefused;
use crate::http::shared::Shared;
use crate::json::{Invalid, nearest};
use crate::net::Group;
use crate::timing::{Cost, Estimator, Level, Mode, PlatformId, Predictor, Predictors};
use crate::units::{to_f64, truncated};

/// Which timings to draw against which cost.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FitParams {
    /// Id of a platform; default: the one with most timings.
    platform: Option<String>,
    /// Default: `train`, or `infer` where the platform has no other timings.
    mode: Option<Mode>,
    /// Against which cost, default `acts`.
    #[param(inline)]
    x: Option<Cost>,
    /// Of this timing group alone.
    group: Option<String>,
    /// How both axes are spread; default: `log` where the costs differ a hundredfold, else `linear`.
    #[param(inline)]
    axes: Option<AxesName>,
    /// Level of the band, 0.5 to 0.99, default 0.9.
    #[param(value_type = Option<f64>, minimum = 0.5, maximum = 0.99)]
    interval: Option<Written<f64>>,
    /// Images of an epoch, default 1,281,167 (ImageNet).
    #[param(value_type = Option<u64>)]
    dataset_images: Option<Written<u64>>,
    /// Points to draw at most (about), 1 to 2,000, default 2,000.
    #[param(value_type = Option<u64>, minimum = 1, maximum = 2000)]
    points: Option<Written<u64>>,
}

impl FitParams {
    /// All training timings of a platform against a cost.
    pub(super) fn of_training(platform: Option<String>, x: Option<Cost>) -> Self {
        Self {
            platform,
            x,
            mode: Some(Mode::Train),
            ..Self::default()
        }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum AxesName {
    /// Evenly, from zero.
    Linear,
    /// By their logs.
    Log,
}

/// The epoch time against a cost, by timing group, with the line of least squares, a band, and Pearson's r.
#[utoipa::path(
    get,
    path = "/v1/charts/fit.svg",
    extensions(("x-weight" = json!("heavy"))),
    operation_id = "fit",
    tag = "charts",
    params(FitParams, LookParams),
    responses((status = 200, description = "The chart", body = String, content_type = "image/svg+xml"), ListRefused)
)]
pub(super) async fn fit(
    State(live): State<Shared>,
    Chart { params, reply }: Chart<FitParams>,
) -> Result<Response, ApiError> {
    let predictors = live.predictors();
    let version = predictors.data_version;
    let wanted = Wanted {
        platform: params.platform,
        mode: params.mode,
        group: params.group,
        interval: params.interval,
        dataset_images: params.dataset_images,
        points: params.points,
    };
    let cost = params.x.unwrap_or_default();
    let kind = params.axes.map(|axes| match axes {
        AxesName::Linear => Kind::Linear,
        AxesName::Log => Kind::Log,
    });
    let Some(mut evidence) = wanted.evidence(&predictors)? else {
        return reply.with(version, || Ok(nothing("Epoch time against its costs")));
    };
    evidence.origins = live.store().origins(&evidence.ids()).await?;
    let chart = FitChart {
        evidence,
        cost,
        kind,
    };
    reply.with(version, move || Ok(chart.figure()))
}

/// Which residuals to draw against which cost.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ResidualParams {
    /// Id of a platform; default: the one with most timings.
    platform: Option<String>,
    /// Default: `train`, or `infer` where the platform has no other timings.
    mode: Option<Mode>,
    /// Against which cost, default `acts`.
    #[param(inline)]
    x: Option<Cost>,
    /// Of this timing group alone.
    group: Option<String>,
    /// How timings are predicted, default `layers`.
    #[param(inline)]
    estimator: Option<Estimator>,
    /// By which fit, default `left_out`.
    #[param(inline)]
    by: Option<ByName>,
    /// Images of an epoch, default 1,281,167 (ImageNet).
    #[param(value_type = Option<u64>)]
    dataset_images: Option<Written<u64>>,
    /// Points to draw at most (about), 1 to 2,000, default 2,000.
    #[param(value_type = Option<u64>, minimum = 1, maximum = 2000)]
    points: Option<Written<u64>>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ByName {
    /// One that has not seen the timing's net, nor those next to it.
    LeftOut,
    /// The one that answers requests, which has.
    Fitted,
}

/// Measured over predicted time of each timing, by timing group.
#[utoipa::path(
    get,
    path = "/v1/charts/residuals.svg",
    extensions(("x-weight" = json!("heavy"))),
    operation_id = "residuals",
    tag = "charts",
    params(ResidualParams, LookParams),
    responses((status = 200, description = "The chart", body = String, content_type = "image/svg+xml"), ListRefused)
)]
pub(super) async fn residuals(
    State(live): State<Shared>,
    Chart { params, reply }: Chart<ResidualParams>,
) -> Result<Response, ApiError> {
    let predictors = live.predictors();
    let version = predictors.data_version;
    let wanted = Wanted {
        platform: params.platform,
        mode: params.mode,
        group: params.group,
        interval: None,
        dataset_images: params.dataset_images,
        points: params.points,
    };
    let by = match params.by {
        Some(ByName::Fitted) => By::Fitted,
        _ => By::LeftOut,
    };
    let (estimator, cost) = (
        params.estimator.unwrap_or_default(),
        params.x.unwrap_or_default(),
    );
    let Some(mut evidence) = wanted.evidence(&predictors)? else {
        return reply.with(version, || Ok(nothing("Measured over predicted time")));
    };
    evidence.origins = live.store().origins(&evidence.ids()).await?;
    let chart = ResidualChart {
        evidence,
        estimator,
        by,
        cost,
    };
    reply.with(version, move || Ok(chart.figure()))
}

/// What to say of a store without timings.
fn nothing(title: &str) -> Figure {
    let advice = "There are no timings yet. Send some with POST /v1/measurements or `epochcast import`, and this chart \
        shows them.";
    Figure::nothing(title, advice)
}

/// Which timings a chart is asked for.
struct Wanted {
    platform: Option<String>,
    mode: Option<Mode>,
    group: Option<String>,
    interval: Option<Written<f64>>,
    dataset_images: Option<Written<u64>>,
    points: Option<Written<u64>>,
}

/// Most points of a chart.
const POINTS: u64 = 2000;

impl Wanted {
    /// The timings that are asked for; `None` where the store has none at all.
    fn evidence(self, predictors: &Predictors) -> Result<Option<Evidence>, Invalid> {
        let Some(predictor) = predictor(predictors, self.platform.as_deref(), self.mode)? else {
            return Ok(None);
        };
        let Written(points) = self.points.unwrap_or(Written(POINTS));
        let points = within("points", to_f64(points), (1.0, to_f64(POINTS)))?;
        let level = self
            .interval
            .map_or(Ok(Level::DEFAULT), |Written(share)| Level::new(share))?;
        let Written(images) = self.dataset_images.unwrap_or(Written(IMAGENET_IMAGES));
        within("dataset_images", to_f64(images), (1.0, 1e15))?;
        let group = self.group.map(|word| group(predictor, &word)).transpose()?;
        let points = usize::try_from(truncated(points)).unwrap_or(usize::MAX);
        let mut evidence = Evidence::new(Arc::clone(predictor), group, points);
        (evidence.level, evidence.images) = (level, images);
        Ok(Some(evidence))
    }
}

/// The predictor of `platform`, or the one with most timings; of `mode`, or of what was timed there.
pub(super) fn predictor<'a>(
    predictors: &'a Predictors,
    platform: Option<&str>,
    mode: Option<Mode>,
) -> Result<Option<&'a Arc<Predictor>>, Invalid> {
    let modes: Vec<Mode> = mode.map_or(Mode::ALL.to_vec(), |mode| vec![mode]);
    let Some(word) = platform else {
        let most = |mode| predictors.of_mode(mode).max_by_key(|p| p.measurements());
        return Ok(modes.into_iter().find_map(most));
    };
    let id = PlatformId::new(word).ok();
    let found = |mode| predictors.get(id.as_ref()?, mode);
    if let Some(found) = modes.iter().find_map(|mode| found(*mode)) {
        return Ok(Some(found));
    }
    let mode = mode.unwrap_or_default();
    one(predictors, mode, &word.into()).map_err(|e| e.under("/platform"))?;
    Ok(None)
}

fn group(predictor: &Predictor, word: &str) -> Result<Group, Invalid> {
    let known = predictor.groups().iter().map(|(group, _)| group);
    known
        .clone()
        .find(|group| group.as_str() == word)
        .cloned()
        .ok_or_else(|| {
            let known: Vec<&str> = known.map(Group::as_str).collect();
            let detail = format!("no timing group `{word}` has timings there");
            Invalid::at("/group", word, detail, nearest(word, &known))
        })
}

//! What charts of one net are asked: which net, where it is timed, and how a time is predicted.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::IntoParams;

use super::evidence::predictor;
use super::reply::{Chart, Reply};
use crate::ask::request::PredictRequest;
use crate::http::extract::problem::ApiError;
use crate::http::extract::query::{NetText, Written, split};
use crate::http::shared::Shared;
use crate::json::Invalid;
use crate::timing::{Estimator, Mode, Predictors};
use crate::units::Whole;

/// Which net, and how its times are predicted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct NetParams {
    /// Name of a net.
    #[param(required = true, example = "RegNetY-500MF")]
    model: Option<String>,
    /// In place of `model`: a full description, as JSON.
    spec: Option<String>,
    /// Side of the images, in pixels, where the description does not say.
    #[param(value_type = Option<u64>)]
    resolution: Option<Written<u64>>,
    /// Id of a platform; default: the one with most timings.
    platform: Option<String>,
    /// Default: `train`, or `infer` where the platform has no other timings.
    mode: Option<Mode>,
    /// Images of an epoch, default 1,281,167 (ImageNet).
    #[param(value_type = Option<u64>)]
    dataset_images: Option<Written<u64>>,
    /// Images in a step, of all devices together.
    #[param(value_type = Option<u64>)]
    batch_size: Option<Written<u64>>,
    /// Level of the intervals, 0.5 to 0.99, default 0.9.
    #[param(value_type = Option<f64>, minimum = 0.5, maximum = 0.99)]
    interval: Option<Written<f64>>,
    /// How times are predicted, default `layers`.
    #[param(inline)]
    estimator: Option<Estimator>,
}

/// Names of the parameters.
const NAMES: [&str; 9] = [
    "model",
    "spec",
    "resolution",
    "platform",
    "mode",
    "dataset_images",
    "batch_size",
    "interval",
    "estimator",
];

/// A chart of one net: what every such chart is asked, what this one is, and how it is to be sent.
pub(super) struct NetChart<T> {
    /// Which net.
    pub(super) net: NetParams,
    /// Its own parameters.
    pub(super) params: T,
    /// How it is sent.
    pub(super) reply: Reply,
}

impl<T: DeserializeOwned> FromRequestParts<Shared> for NetChart<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, ApiError> {
        let chart = Chart::<Map<String, Value>>::from_request_parts(parts, state).await?;
        let (net, params) = split::<NetParams, T>(chart.params, &NAMES)?;
        Ok(Self {
            net,
            params,
            reply: chart.reply,
        })
    }
}

impl NetParams {
    /// The request that they are, of one platform where there is any, with the net as it was written.
    pub(super) fn request(
        self,
        predictors: &Predictors,
    ) -> Result<(PredictRequest, NetText), Invalid> {
        let net = NetText::read(self.model, self.spec)?;
        let found = predictor(predictors, self.platform.as_deref(), self.mode)?;
        let (platform, mode) = match found {
            Some(found) => (Some(found.platform().id.to_string()), Some(found.mode())),
            None => (self.platform, self.mode),
        };
        let whole = |number: Option<Written<u64>>| number.map(|Written(number)| Whole(number));
        let request = PredictRequest {
            model: net.value.clone(),
            resolution: whole(self.resolution),
            platform: platform.map(Value::from),
            mode,
            dataset_images: whole(self.dataset_images),
            batch_size: whole(self.batch_size),
            interval: self.interval.map(|Written(level)| level),
            estimator: self.estimator,
            ..PredictRequest::default()
        };
        Ok((request, net))
    }
}

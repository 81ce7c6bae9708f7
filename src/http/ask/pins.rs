//! `fit` in a prediction: the fit of an earlier answer, whatever was uploaded or taken out since.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;

use super::predict_request::PredictRequest;
use crate::http::extract::problem::ApiError;
use crate::json::Invalid;
use crate::live::{Live, PinError};
use crate::timing::{FitId, Predictor};

/// Which fit predicts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct FitParams {
    /// `fit.id` of an earlier answer, whose fit is to be used again; the same as `fit` in the body.
    fit: Option<String>,
}

impl FitParams {
    /// The fit that the query names.
    pub(in crate::http) fn fit(&self) -> Option<&str> {
        self.fit.as_deref()
    }

    /// `request` by the fit that the query names.
    pub(super) fn put_into(&self, request: &mut PredictRequest) -> Result<(), Invalid> {
        let Some(queried) = &self.fit else {
            return Ok(());
        };
        match &request.fit {
            Some(own) if own != queried => Err(Invalid::at(
                "/fit",
                own.as_str(),
                format!("the query names {queried}"),
                "one of them",
            )),
            _ => {
                request.fit = Some(queried.clone());
                Ok(())
            }
        }
    }
}

impl PredictRequest {
    /// The fit that it names, from which platform, mode and estimator follow.
    pub(super) fn named_fit(&self) -> Result<Option<FitId>, Invalid> {
        let Some(word) = &self.fit else {
            return Ok(None);
        };
        let id: FitId = word.parse().map_err(|e: Invalid| e.under("/fit"))?;
        let own = id.asked();
        let is_own = |word: &Value| word.as_str().is_some_and(|word| id.is_of(word));
        let same = match &self.platform {
            None | Some(Value::Null) => true,
            Some(Value::Array(ids)) => ids.iter().all(is_own) && ids.len() == 1,
            Some(word) => is_own(word),
        };
        let platform = self.platform.clone().filter(|_| !same);
        let mode = self.mode.filter(|mode| *mode != id.mode);
        let estimator = self.estimator.filter(|e| *e != id.estimator);
        let contradictions = [
            ("/platform", platform, own),
            ("/mode", mode.map(|m| m.as_str().into()), id.mode.as_str()),
            (
                "/estimator",
                estimator.map(|e| e.as_str().into()),
                id.estimator.as_str(),
            ),
        ];
        let contradictions = contradictions
            .into_iter()
            .filter_map(|(pointer, value, of)| {
                let detail = format!("the fit is of {of}");
                Some(Invalid::at(
                    pointer,
                    value?,
                    detail,
                    format!("{of}, or nothing"),
                ))
            });
        let errors: Vec<_> = contradictions.flat_map(|Invalid(errors)| errors).collect();
        if errors.is_empty() {
            Ok(Some(id))
        } else {
            Err(Invalid(errors))
        }
    }
}

/// The fit that `request` names, as it is in memory or made again.
///
/// # Errors
/// Where there is no such fit, other fields contradict it, or the store cannot be read.
pub async fn pinned(
    live: &Live,
    request: &PredictRequest,
) -> Result<Option<Arc<Predictor>>, ApiError> {
    let Some(id) = request.named_fit()? else {
        return Ok(None);
    };
    match live.pinned(&id).await {
        Ok(predictor) => Ok(Some(predictor)),
        Err(PinError::Unknown(error)) => Err(error.under("/fit").into()),
        Err(PinError::Store(error)) => Err(error.into()),
    }
}

/// Fits that a batch may name.
const BATCH_FITS: usize = 16;

/// The fits that a batch names, each with why it cannot be had where it cannot.
pub(super) type Pinned = BTreeMap<String, Result<Arc<Predictor>, Invalid>>;

/// The fits that `items` name, or `queried` for those that name none.
pub(super) async fn pinned_all(
    live: &Live,
    items: &[Value],
    queried: Option<&str>,
) -> Result<Pinned, ApiError> {
    let named = items.iter().filter_map(|item| item.get("fit")?.as_str());
    let mut pinned = Pinned::new();
    for word in named.chain(queried) {
        if pinned.contains_key(word) {
            continue;
        }
        let found = if pinned.len() < BATCH_FITS {
            let request = PredictRequest {
                fit: Some(word.to_owned()),
                ..PredictRequest::default()
            };
            match self::pinned(live, &request).await {
                Ok(Some(found)) => Ok(found),
                Ok(None) => continue,
                Err(ApiError::Invalid(error)) => Err(error),
                Err(other) => return Err(other),
            }
        } else {
            let detail = format!("the batch names more than {BATCH_FITS} fits");
            Err(Invalid::at("/fit", word, detail, "several batches"))
        };
        pinned.insert(word.to_owned(), found);
    }
    Ok(pinned)
}

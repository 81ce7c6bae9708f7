//! `fit` in a prediction: the fit of an earlier answer, whatever was uploaded or taken out since.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::chosen;
use super::request::PredictRequest;
use crate::json::Invalid;
use crate::live::{Live, PinError};
use crate::store::StoreError;
use crate::timing::{FitId, Predictor};

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// A field is wrong.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<PinError> for Unanswered {
    fn from(error: PinError) -> Self {
        match error {
            PinError::Unknown(error) => Self::Invalid(error.under("/fit")),
            PinError::Store(error) => Self::Store(error),
        }
    }
}

impl PredictRequest {
    /// Names the fit `queried` too, which stands outside of the request.
    ///
    /// # Errors
    /// At `/fit`, where it names another.
    pub(crate) fn ask_of(&mut self, queried: Option<&str>) -> Result<(), Invalid> {
        let Some(queried) = queried else {
            return Ok(());
        };
        match &self.fit {
            Some(own) if own != queried => Err(Invalid::at(
                "/fit",
                own.as_str(),
                format!("the query names {queried}"),
                "one of them",
            )),
            _ => {
                self.fit = Some(queried.to_owned());
                Ok(())
            }
        }
    }

    /// The fit that it names, from which platform, mode and estimator follow.
    pub(crate) fn named_fit(&self) -> Result<Option<FitId>, Invalid> {
        let Some(word) = &self.fit else {
            return Ok(None);
        };
        let id: FitId = word.parse().map_err(|e: Invalid| e.under("/fit"))?;
        let own = id.asked();
        let is_own = |named: &Value| chosen::word(named).is_ok_and(|word| id.is_of(&word));
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
) -> Result<Option<Arc<Predictor>>, Unanswered> {
    let Some(id) = request.named_fit()? else {
        return Ok(None);
    };
    Ok(Some(live.pinned(&id).await?))
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
) -> Result<Pinned, Unanswered> {
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
                Err(Unanswered::Invalid(error)) => Err(error),
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

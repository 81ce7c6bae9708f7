//! Fits of earlier versions of the data, made again for those that ask for them by name.

use std::sync::Arc;

use super::{Live, failed, timing};
use crate::json::Invalid;
use crate::store::StoreError;
use crate::timing::judge::standing::Judge;
use crate::timing::predict::fit_id::unknown;
use crate::timing::predict::predictors::Timings;
use crate::timing::{FitId, Predictor};

/// Why a fit cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    /// There never was such a fit.
    #[error(transparent)]
    Unknown(#[from] Invalid),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Live {
    /// The fit called `id`: as it is in memory, or made again of the timings that it had.
    ///
    /// # Errors
    /// Where no such fit was made here, or the store cannot be read.
    pub async fn pinned(&self, id: &FitId) -> Result<Arc<Predictor>, PinError> {
        let of_platform = self.pinned_platform(id).await?;
        Ok(of_platform.standing(id)?)
    }

    /// Whether the fit called `id` is in memory.
    #[must_use]
    pub fn has_at_hand(&self, id: &FitId) -> bool {
        self.at_hand(&id.of_platform()).is_some()
    }

    fn at_hand(&self, id: &FitId) -> Option<Arc<Predictor>> {
        let current = self.predictors().named(id).cloned();
        current.or_else(|| self.pins.get(id))
    }

    /// The platform's fit of `id`.
    async fn pinned_platform(&self, whole: &FitId) -> Result<Arc<Predictor>, PinError> {
        let id = &whole.of_platform();
        if let Some(found) = self.at_hand(id) {
            return Ok(found);
        }
        let current = self.predictors();
        let missing = || PinError::Unknown(unknown(whole, &current.names()));
        let version = self.store.fit_versions(&[id.hash]).await?;
        let version = *version.get(&id.hash).ok_or_else(missing)?;
        let _one_by_one = self.pins.making.lock().await;
        if let Some(found) = self.pins.get(id) {
            return Ok(found);
        }
        let (mut timings, mut judge) = self.timings_at(version).await?;
        let (predictors, wanted) = (self.predictors(), id.clone());
        let work = tokio::task::spawn_blocking(move || {
            judge.weigh(&predictors.platforms, &mut timings);
            predictors.past(&wanted, &timings, version)
        });
        let past = work.await.map_err(|e| failed(&e))?;
        let past = Arc::new(past.ok_or_else(missing)?);
        self.pins.keep(id.clone(), Arc::clone(&past));
        Ok(past)
    }

    /// The timings that were in the fits at `version` of the data: those that are now, but for what has changed since; and who
    /// weighs them.
    async fn timings_at(&self, version: i64) -> Result<(Timings, Judge), StoreError> {
        let (mut since, mut timings, judge) = loop {
            self.refresh().await?;
            let known = self.known.lock().await;
            let since = self.store.since(version).await?;
            if known.version == Some(since.now()) {
                break (since, known.timings.clone(), known.judge.weigher());
            }
        };
        timings.remove(&since.come().await?);
        let predictors = self.predictors();
        let mut after = 0;
        loop {
            let rows = since.gone(after).await?;
            let Some(last) = rows.last() else {
                return Ok((timings, judge));
            };
            after = last.id;
            timings.add(rows.iter().filter_map(|row| {
                let platform = predictors.platforms.get(&row.measurement.platform)?;
                Some(timing(row, platform.device_count))
            }));
        }
    }
}

//! Fits of earlier versions of the data, made again for those that ask for them by their ids.

pub(super) mod cache;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Live;
use super::timings::{failed, timing};
use crate::json::Invalid;
use crate::store::StoreError;
use crate::timing::judge::quarantine::Judge;
use crate::timing::predict::fit_id::unknown;
use crate::timing::predict::predictors::{Key, Timings};
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
        let (mut timings, mut judge, changed) = self.timings_at(version).await?;
        let (predictors, wanted) = (self.predictors(), id.clone());
        let work = tokio::task::spawn_blocking(move || {
            judge.weigh(&predictors.platforms, &mut timings);
            predictors.past(&wanted, &timings, &changed, version)
        });
        let past = work.await.map_err(|e| failed(&e))?;
        let past = Arc::new(past.ok_or_else(missing)?);
        self.pins.keep(id.clone(), Arc::clone(&past));
        Ok(past)
    }

    /// The timings that were in the fits at `version` of the data, of the platforms that have changed since: those that are now, but
    /// for what has changed; who weighs them, and which platforms these are.
    async fn timings_at(
        &self,
        version: i64,
    ) -> Result<(Timings, Judge, BTreeSet<Key>), StoreError> {
        let (mut since, mut timings, judge, changed) = loop {
            self.refresh().await?;
            let mut known = self.known.lock().await;
            let since = self.store.since(version).await?;
            if known.version == Some(since.now()) {
                let changed = self.store.changed_since(version).await?;
                known
                    .load(&self.store, &self.predictors(), &changed)
                    .await?;
                let timings = known.timings.only(&changed);
                known.rest();
                break (since, timings, known.judge.weigher(), changed);
            }
        };
        timings.remove(&since.come().await?);
        let predictors = self.predictors();
        let mut after = 0;
        loop {
            let rows = since.gone(after).await?;
            let Some(last) = rows.last() else {
                return Ok((timings, judge, changed));
            };
            after = last.id;
            timings.add(rows.iter().filter_map(|row| {
                let platform = predictors.platforms.get(&row.measurement.platform)?;
                Some(timing(row, platform.device_count))
            }));
        }
    }
}

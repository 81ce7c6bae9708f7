//! The store, and the fits that follow it.
//!
//! Predictions read the fits in memory and never wait; when the measurements change, in this process or in another, new
//! fits are made beside them and swapped in whole.

mod evaluation;
mod export;
mod quantities;
mod receive;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::Mutex;

use crate::store::{Store, StoreError, Writing};
use crate::timing::predictors::{Timing, Timings};
use crate::timing::{Measurement, PlatformId, Predictors};

pub use evaluation::Evaluation;
pub use export::{Export, ExportFormat};
pub use quantities::Quantity;
pub use receive::{OnError, Receipt, ReceiveError, RowError, Upload};

/// The store with the fits to what it holds.
#[derive(Debug)]
pub struct Live {
    store: Store,
    predictors: ArcSwap<Predictors>,
    known: Mutex<Known>,
    evaluation: Mutex<Option<Arc<Evaluation>>>,
}

/// What of the store is in memory, and which version of it.
#[derive(Debug, Default)]
struct Known {
    version: i64,
    timings: Timings,
}

/// How often to look whether another process has stored something, and whether residuals are due.
const LOOK: Duration = Duration::from_millis(250);

impl Live {
    /// Fits what `store` holds.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn open(store: Store) -> Result<Self, StoreError> {
        let (predictors, known) = (ArcSwap::default(), Mutex::default());
        let live = Self {
            store,
            predictors,
            known,
            evaluation: Mutex::default(),
        };
        live.reload(&mut *live.known.lock().await).await?;
        Ok(live)
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The fits as they are now.
    #[must_use]
    pub fn predictors(&self) -> Arc<Predictors> {
        self.predictors.load_full()
    }

    /// Makes sure that the fits have seen all that is stored.
    ///
    /// # Errors
    /// Where the store cannot be read; the fits then stay as they are.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let mut known = self.known.lock().await;
        if self.store.data_version().await? == known.version {
            return Ok(());
        }
        self.reload(&mut known).await
    }

    /// Makes `writing` visible with its `timings` in the fits; returns its id. The fits are held meanwhile, or a look for
    /// what others have stored would find it in between and read everything back.
    async fn commit(&self, writing: Writing, timings: Vec<Timing>) -> Result<i64, StoreError> {
        let mut known = self.known.lock().await;
        let (id, version) = writing.commit().await?;
        self.change(&mut known, version, |known| known.add(timings))
            .await?;
        Ok(id)
    }

    /// Makes a change of this process, stored as `version`, in memory too, and fits anew; everything is read back where
    /// another process has stored something in between.
    async fn change(
        &self,
        known: &mut Known,
        version: i64,
        make: impl FnOnce(&mut Timings),
    ) -> Result<(), StoreError> {
        if known.version + 1 != version {
            return self.reload(known).await;
        }
        make(&mut known.timings);
        known.version = version;
        self.refit(known).await
    }

    /// Takes upload `id` out of the fits, at `now`; returns how many rows went.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn remove_upload(&self, id: i64, now: i64) -> Result<u64, StoreError> {
        let mut known = self.known.lock().await;
        let (rows, version) = self.store.remove_upload(id, now).await?;
        let rows: HashSet<i64> = rows.into_iter().collect();
        self.change(&mut known, version, |timings| timings.remove(&rows))
            .await?;
        Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
    }

    /// Puts upload `id` back into the fits; returns how many rows came.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn restore_upload(&self, id: i64) -> Result<u64, StoreError> {
        let back = self.store.restore_upload(id).await?;
        self.refresh().await?;
        Ok(back)
    }

    /// Takes the row `id` out of the fits, at `now`; whether it was in them.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn remove_row(&self, id: i64, now: i64) -> Result<bool, StoreError> {
        let mut known = self.known.lock().await;
        let Some(version) = self.store.remove_row(id, now).await? else {
            return Ok(false);
        };
        self.change(&mut known, version, |timings| {
            timings.remove(&HashSet::from([id]));
        })
        .await?;
        Ok(true)
    }

    /// Puts the row `id` back into the fits; whether it was out, and nothing equal has come meanwhile.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn restore_row(&self, id: i64) -> Result<bool, StoreError> {
        let back = self.store.restore_row(id).await?.is_some();
        self.refresh().await?;
        Ok(back)
    }

    /// Follows what other processes store, and computes residuals that are due, for ever.
    pub async fn follow(&self) {
        loop {
            tokio::time::sleep(LOOK).await;
            if let Err(error) = self.refresh().await {
                tracing::error!(%error, "the store cannot be read: the fits stay as they are");
            }
            self.validate().await;
        }
    }

    /// Gives fits that were made in a hurry the residuals of their own left-out nets.
    pub async fn validate(&self) {
        let current = self.predictors();
        if !current.is_stale() {
            return;
        }
        let stale = Arc::clone(&current);
        if let Ok(validated) = tokio::task::spawn_blocking(move || stale.validated()).await {
            // Newer fits are validated in their turn.
            self.predictors
                .compare_and_swap(&current, Arc::new(validated));
        }
    }

    async fn reload(&self, known: &mut Known) -> Result<(), StoreError> {
        // The version first: rows stored in between are fitted now and once more.
        known.version = self.store.data_version().await?;
        let devices: HashMap<PlatformId, u32> = self
            .store
            .platforms()
            .await?
            .into_iter()
            .map(|p| (p.id, p.device_count))
            .collect();
        let mut timings = Timings::default();
        let mut after = 0;
        loop {
            let rows = self.store.fitted_measurements(after).await?;
            let Some((last, _)) = rows.last() else { break };
            after = *last;
            let timing = |(id, row): &(i64, Measurement)| {
                Some(Timing::new(*id, row, *devices.get(&row.platform)?))
            };
            timings.add(rows.iter().filter_map(timing));
        }
        known.timings = timings;
        self.refit(known).await
    }

    /// New fits of what has changed, beside the old ones, swapped in whole.
    async fn refit(&self, known: &mut Known) -> Result<(), StoreError> {
        let platforms = self.store.platforms().await?;
        let (previous, version) = (self.predictors(), known.version);
        let timings = std::mem::take(&mut known.timings);
        let fit = move || {
            (
                Predictors::fit(platforms, &timings, &previous, version),
                timings,
            )
        };
        let (predictors, timings) = tokio::task::spawn_blocking(fit)
            .await
            .map_err(|e| failed(&e))?;
        known.timings = timings;
        self.predictors.store(Arc::new(predictors));
        Ok(())
    }
}

/// Work on the measurements that did not come to its end.
fn failed(error: &tokio::task::JoinError) -> StoreError {
    StoreError::Corrupt {
        table: "measurements",
        column: "",
        key: String::new(),
        cause: error.to_string(),
    }
}

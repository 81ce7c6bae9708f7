//! The store, and the fits that follow it.
//!
//! Predictions read the fits in memory and never wait; when the measurements change, in this process or in another, new
//! fits are made beside them and swapped in whole.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::Mutex;

use crate::store::{Store, StoreError};
use crate::timing::Predictors;

/// The store with the fits to what it holds.
#[derive(Debug)]
pub struct Live {
    store: Store,
    predictors: ArcSwap<Predictors>,
    refitting: Mutex<()>,
}

/// How often to look whether another process has stored something.
const LOOK: Duration = Duration::from_millis(500);

impl Live {
    /// Fits what `store` holds.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn open(store: Store) -> Result<Self, StoreError> {
        let live = Self {
            store,
            predictors: ArcSwap::default(),
            refitting: Mutex::new(()),
        };
        live.predictors.store(Arc::new(live.fitted().await?));
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
        let _one_at_a_time = self.refitting.lock().await;
        if self.store.data_version().await? != self.predictors.load().data_version {
            self.predictors.store(Arc::new(self.fitted().await?));
        }
        Ok(())
    }

    /// Follows what other processes store, for ever.
    pub async fn follow(&self) {
        loop {
            tokio::time::sleep(LOOK).await;
            if let Err(error) = self.refresh().await {
                tracing::error!(%error, "the store cannot be read: the fits stay as they are");
            }
        }
    }

    async fn fitted(&self) -> Result<Predictors, StoreError> {
        // The version first: rows stored in between are fitted now and once more.
        let version = self.store.data_version().await?;
        let platforms = self.store.platforms().await?;
        let rows = self.store.fitted_measurements().await?;
        let fit = move || Predictors::of_rows(platforms, &rows, version);
        tokio::task::spawn_blocking(fit)
            .await
            .map_err(|e| StoreError::Corrupt {
                table: "measurements",
                column: "",
                key: String::new(),
                cause: e.to_string(),
            })
    }
}

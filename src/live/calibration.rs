//! How often intervals held, computed once for each version of the data.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::Live;
use super::timings::failed;
use crate::store::StoreError;
use crate::timing::judge::calibration::{Calibration, LATELY};

/// How predictions have done, and the version of the data that it is of.
#[derive(Clone, Debug)]
pub struct Calibrated {
    /// Version of the measurements.
    pub data_version: i64,
    /// How they have done.
    pub calibration: Calibration,
}

/// Timings that are looked at: of more, those that came last. A tenth of a second.
const MOST: u32 = 100_000;

impl Live {
    /// How the predictions of the last 100,000 timings have done.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn calibration(&self) -> Result<Arc<Calibrated>, StoreError> {
        self.calibrated(&self.calibrated, MOST).await
    }

    /// The same of the last thousand alone, which takes milliseconds.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn late_calibration(&self) -> Result<Arc<Calibrated>, StoreError> {
        let late = u32::try_from(LATELY).unwrap_or(MOST);
        self.calibrated(&self.lately, late).await
    }

    async fn calibrated(
        &self,
        kept: &Mutex<Option<Arc<Calibrated>>>,
        most: u32,
    ) -> Result<Arc<Calibrated>, StoreError> {
        let mut kept = kept.lock().await;
        // Of what the store holds, which the fits may not have seen yet.
        let data_version = self.store.data_version().await?;
        if let Some(kept) = kept.as_ref().filter(|e| e.data_version == data_version) {
            return Ok(Arc::clone(kept));
        }
        let outcomes = self.store.outcomes(most).await?;
        let work = move || Calibration::of(&outcomes);
        let calibration = tokio::task::spawn_blocking(work)
            .await
            .map_err(|e| failed(&e))?;
        let calibrated = Arc::new(Calibrated {
            data_version,
            calibration,
        });
        *kept = Some(Arc::clone(&calibrated));
        Ok(calibrated)
    }
}

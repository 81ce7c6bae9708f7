//! The honest error of the predictions, computed once for each version of the data.

use std::sync::Arc;

use super::Live;
use super::timings::failed;
use crate::store::StoreError;
use crate::timing::judge::evaluate::{Timed, Trial, trials_of};
use crate::timing::judge::score::Score;

/// Scores, and the version of the data that they are of.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// Version of the measurements.
    pub data_version: i64,
    /// What the trials have shown.
    pub scores: Vec<Score>,
}

impl Live {
    /// The trials of all that is in the fits.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn trials(&self) -> Result<Vec<Trial>, StoreError> {
        let predictors = self.predictors();
        let (mut timed, mut after) = (Timed::default(), 0);
        loop {
            let rows = self.store.fitted_measurements(after).await?;
            let Some((last, _)) = rows.last() else { break };
            after = *last;
            for (id, row) in &rows {
                if let Some(platform) = predictors.platforms.get(&row.platform) {
                    timed.add(*id, row, platform.device_count);
                }
            }
        }
        Ok(trials_of(&predictors, timed))
    }

    /// The scores of all trials: as they are kept, or computed while others that ask wait.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn evaluation(self: Arc<Self>) -> Result<Arc<Evaluation>, StoreError> {
        let mut kept = self.evaluation.lock().await;
        let data_version = self.predictors().data_version;
        if let Some(kept) = kept.as_ref().filter(|e| e.data_version == data_version) {
            return Ok(Arc::clone(kept));
        }
        let trials = self.trials().await?;
        let run = move || trials.iter().filter_map(Trial::run).collect();
        let scores = tokio::task::spawn_blocking(run)
            .await
            .map_err(|e| failed(&e))?;
        let evaluation = Arc::new(Evaluation {
            data_version,
            scores,
        });
        *kept = Some(Arc::clone(&evaluation));
        Ok(evaluation)
    }
}

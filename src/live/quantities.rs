//! What the timings in memory cost and take: the store keeps what was sent, from which that would have to be derived
//! for every row to sort them.

use std::collections::BTreeSet;

use super::Live;
use crate::store::StoreError;
use crate::timing::fit::training::Sample;
use crate::timing::{Mode, PlatformId};

/// By what timings can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Time for one image.
    Time,
    /// Activations.
    Acts,
    /// Multiply-adds.
    Flops,
    /// Parameters.
    Params,
}

impl Quantity {
    fn of(self, sample: &Sample) -> f64 {
        match self {
            Self::Time => sample.ms,
            Self::Acts => sample.features.acts,
            Self::Flops => sample.features.flops,
            Self::Params => sample.features.params,
        }
    }
}

impl Live {
    /// `quantity` and id of each timing in the fits of `platform` in `mode`, in no order.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn quantities(
        &self,
        platform: &PlatformId,
        mode: Mode,
        quantity: Quantity,
    ) -> Result<Vec<(f64, i64)>, StoreError> {
        let mut known = self.known.lock().await;
        let keys = BTreeSet::from([(platform.clone(), mode)]);
        self.catch_up(&mut known).await?;
        let predictors = self.predictors();
        if predictors.get(platform, mode).is_none() {
            return Ok(Vec::new());
        }
        known.load(&self.store, &predictors, &keys).await?;
        known.rest();
        let samples = known.timings.samples(platform, mode);
        Ok(samples
            .map(|sample| (quantity.of(sample), sample.row))
            .collect())
    }
}

//! What the timings in memory cost and take: the store keeps what was sent, from which that would have to be derived
//! for every row to sort them.

use super::Live;
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
    pub async fn quantities(
        &self,
        platform: &PlatformId,
        mode: Mode,
        quantity: Quantity,
    ) -> Vec<(f64, i64)> {
        let known = self.known.lock().await;
        let samples = known.timings.samples(platform, mode);
        samples
            .map(|sample| (quantity.of(sample), sample.row))
            .collect()
    }
}

//! Fits of earlier versions of the data that were asked for lately.

use std::sync::{Arc, Mutex as Quick, PoisonError};

use tokio::sync::Mutex;

use crate::timing::{FitId, Predictor};

/// Earlier fits that are kept in memory.
const KEPT: usize = 32;

/// Earlier fits that were asked for, the latest last.
#[derive(Debug, Default)]
pub(in crate::live) struct Pins {
    kept: Quick<Vec<(FitId, Arc<Predictor>)>>,
    /// Held while one is made, so that those who ask for the same wait for it, and those who ask for many take one core.
    pub(in crate::live) making: Mutex<()>,
}

impl Pins {
    pub(in crate::live) fn get(&self, id: &FitId) -> Option<Arc<Predictor>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(own, _)| own == id)?;
        let found = kept.remove(place);
        let predictor = Arc::clone(&found.1);
        kept.push(found);
        Some(predictor)
    }

    pub(in crate::live) fn keep(&self, id: FitId, predictor: Arc<Predictor>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push((id, predictor));
    }
}

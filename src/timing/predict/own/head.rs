//! What of a platform's fits is in memory from the start: who they are, and what lists show of them.

use serde::{Deserialize, Serialize};

use crate::timing::fit::estimator::Form;
use crate::timing::fit::training::Tally;

/// What lists show of the fits of one platform and mode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The timings, counted.
    pub tally: Tally,
    /// How many of them are hardly believed.
    pub doubted: usize,
    /// The errors of nets left out, by form.
    pub(in crate::timing::predict) errors: Vec<(Form, Option<f64>)>,
}

impl Head {
    /// It as it is kept.
    #[must_use]
    pub fn written(&self) -> Option<Vec<u8>> {
        postcard::to_stdvec(self).ok()
    }

    /// The one that was kept as `bytes`.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}

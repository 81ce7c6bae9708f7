//! What all handlers share.

use std::ops::Deref;
use std::sync::Arc;

use super::admission::gate::Gate;
use super::questions::answers::Answers;
use crate::live::Live;

/// What all handlers share: the store with its fits, what was answered lately, and the gate before heavy work.
#[derive(Clone)]
pub struct Shared {
    pub(super) live: Arc<Live>,
    pub(super) answers: Arc<Answers>,
    pub(super) gate: Arc<Gate>,
}

impl From<Arc<Live>> for Shared {
    fn from(live: Arc<Live>) -> Self {
        Self {
            live,
            answers: Arc::default(),
            gate: Arc::new(Gate::new()),
        }
    }
}

impl Deref for Shared {
    type Target = Arc<Live>;

    fn deref(&self) -> &Arc<Live> {
        &self.live
    }
}

//! What all handlers share.

use std::ops::Deref;
use std::sync::Arc;

use super::admission::gate::Gate;
use super::questions::answers::Answers;
use super::states::States;
use crate::live::Live;

/// What all handlers share: the store with its fits, what was answered lately of times and of plans, the gate before heavy
/// work, and what the states of the data are called.
#[derive(Clone)]
pub struct Shared {
    pub(super) live: Arc<Live>,
    pub(super) answers: Arc<Answers>,
    pub(super) plans: Arc<Answers>,
    pub(super) gate: Arc<Gate>,
    pub(super) states: States,
}

impl From<Arc<Live>> for Shared {
    fn from(live: Arc<Live>) -> Self {
        Self {
            live,
            answers: Arc::default(),
            plans: Arc::default(),
            gate: Arc::new(Gate::new()),
            states: States::new(),
        }
    }
}

impl Deref for Shared {
    type Target = Arc<Live>;

    fn deref(&self) -> &Arc<Live> {
        &self.live
    }
}

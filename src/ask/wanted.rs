//! Whether an answer is still waited for: work that nobody waits for any more stops at its next step.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::json::Invalid;

/// Asked between the steps of work that takes long.
#[derive(Clone, Debug, Default)]
pub struct Wanted(Arc<AtomicBool>);

/// Held by whoever waits.
#[derive(Debug)]
pub(crate) struct Wanting(Wanted);

impl Wanted {
    /// For an answer that is waited for until the other half is dropped; [`Wanted::default`] is always waited for.
    pub(crate) fn new() -> (Self, Wanting) {
        let wanted = Self::default();
        (wanted.clone(), Wanting(wanted))
    }

    /// Whether nobody waits any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// # Errors
    /// Where nobody waits any more, so that it does not matter which.
    pub fn check(&self) -> Result<(), Invalid> {
        if self.is_over() {
            return Err(Invalid::at("", (), "nobody waits for the answer", ""));
        }
        Ok(())
    }
}

impl Drop for Wanting {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

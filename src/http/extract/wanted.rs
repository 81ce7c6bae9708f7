//! Whether an answer is still waited for: work that nobody waits for any more stops at its next step.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::json::Invalid;

/// Asked between the steps of work that takes long.
#[derive(Clone, Debug, Default)]
pub struct Wanted(Arc<AtomicBool>);

/// Held by whoever waits.
#[derive(Debug)]
pub(in crate::http) struct Wanting(Wanted);

impl Wanted {
    /// For an answer that is waited for until the other half is dropped; [`Wanted::default`] is always waited for.
    pub(in crate::http) fn new() -> (Self, Wanting) {
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

impl<S: Sync> FromRequestParts<S> for Wanted {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}

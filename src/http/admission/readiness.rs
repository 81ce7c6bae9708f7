//! Whether the service could store an upload now: what the last look at the store, or the last upload, has shown.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::http::extract::problem::ApiError;
use crate::live::clock;
use crate::store::Store;

/// What the last look at the store has shown.
#[derive(Debug, Default)]
pub(in crate::http) struct Readiness {
    last: Mutex<Option<(Instant, Result<(), String>)>>,
    looking: AtomicBool,
}

/// How long a look holds that has shown that all is well, …
const HOLDS: Duration = Duration::from_secs(1);
/// … and one that has not: who has made room wants to see it.
const HOLDS_BAD: Duration = Duration::from_millis(100);
/// How long a look may take.
const LOOK_TIME: Duration = Duration::from_millis(700);

impl Readiness {
    pub(in crate::http) async fn check(&self, store: &Store) -> Result<(), ApiError> {
        let last = self.last().clone();
        let now = Instant::now();
        let holds = |found: &Result<(), String>| if found.is_ok() { HOLDS } else { HOLDS_BAD };
        let fresh = |(at, found): &(Instant, _)| *at + holds(found) > now;
        let fresh = last.as_ref().is_some_and(fresh) && !store.is_closed();
        if !fresh && !self.looking.swap(true, Ordering::Acquire) {
            let _looking = Looking(&self.looking);
            let probe = tokio::time::timeout(LOOK_TIME, store.probe(clock::now())).await;
            let found = match probe {
                // What was found last holds on while there is no telling.
                Ok(Ok(false)) => return told(last),
                Ok(Ok(true)) => Ok(()),
                Ok(Err(error)) => Err(reason(&error.into())),
                Err(_) => Err("nothing can be stored: the store did not answer".to_owned()),
            };
            self.learn(now, found.clone());
            return found.map_err(ApiError::Unready);
        }
        told(last)
    }

    /// What a write was refused for, the next would be.
    pub(super) fn hears(&self, refused: &ApiError) {
        if let ApiError::Full | ApiError::Unready(_) | ApiError::Store(_) = refused {
            self.learn(Instant::now(), Err(reason(refused)));
        }
    }

    /// An upload was stored, and the next would be.
    pub(in crate::http) fn has_stored(&self) {
        self.learn(Instant::now(), Ok(()));
    }

    fn learn(&self, now: Instant, found: Result<(), String>) {
        if let Err(cause) = &found {
            tracing::warn!("not ready: {cause}");
        }
        let mut last = self.last();
        // A look that took long knows less than an upload that has ended meanwhile.
        if last.as_ref().is_none_or(|(at, _)| *at <= now) {
            *last = Some((now, found));
        }
    }

    fn last(&self) -> MutexGuard<'_, Option<(Instant, Result<(), String>)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the last look has shown; before the first, nothing is wrong.
fn told(last: Option<(Instant, Result<(), String>)>) -> Result<(), ApiError> {
    last.map_or(Ok(()), |(_, found)| found.map_err(ApiError::Unready))
}

/// What is wrong with the store, in the words that an upload is told.
fn reason(told: &ApiError) -> String {
    format!("nothing can be stored: {told}")
}

/// One look at a time, also where its client goes away.
struct Looking<'a>(&'a AtomicBool);

impl Drop for Looking<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

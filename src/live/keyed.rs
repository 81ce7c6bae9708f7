//! Uploads that may be sent again: the first is stored, and its answer with it, in one transaction.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::stored::{Receipt, Stored, Told};
use crate::store::{First, Once};

/// An upload that may be sent again.
pub struct Keyed {
    /// Its key, and what was sent.
    pub once: Once,
    /// What is answered, to be kept.
    pub answer: Box<dyn Fn(&Receipt) -> String + Send + Sync>,
}

/// What is to be answered.
pub enum Answered {
    /// What became of the upload now.
    Now(Receipt),
    /// What was answered when it was sent before.
    Before(First),
}

/// How an upload is to end.
pub(super) struct Ending<'a> {
    pub(super) dry_run: bool,
    pub(super) keyed: Option<&'a Keyed>,
    pub(super) told: &'a Told,
}

/// How it has ended.
pub(super) enum Ended {
    Stored(Stored),
    /// Nothing was stored: that was done before.
    Before(First),
}

/// Keys at work in this process, by token, and what was sent with them.
#[derive(Debug, Default)]
pub(super) struct Running(Mutex<BTreeMap<(i64, String), String>>);

impl Running {
    /// Notes that `once` is at work, until what is returned is dropped.
    pub(super) fn begin(&self, once: &Once) -> Result<AtWork<'_>, Clash> {
        let key = (once.token, once.key.clone());
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match running.get(&key) {
            Some(sent) if *sent == once.sent => Err(Clash::Same),
            Some(_) => Err(Clash::Other),
            None => {
                running.insert(key.clone(), once.sent.clone());
                Ok(AtWork { all: self, key })
            }
        }
    }
}

/// A key that is at work already.
pub(super) enum Clash {
    /// With the same upload.
    Same,
    /// With another one.
    Other,
}

/// A key at work. Whoever drops it, also where a client has left in the middle, ends that.
pub(super) struct AtWork<'a> {
    all: &'a Running,
    key: (i64, String),
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        let mut running = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.remove(&self.key);
    }
}

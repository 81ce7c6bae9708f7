//! What is known of the fits that the store keeps, and when it is time to keep more.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::source::Kept;
use crate::store::{KeptAt, Store};
use crate::timing::predict::own::Source;

/// Fits that nobody asks for are put away once in so many looks, of which there are ten in a second.
const REST: u32 = 100;
/// Fits are kept when they have not changed for so many looks, or, however they change, after so many.
const QUIET: u32 = 20;
const LATE: u32 = 300;

/// What is known of what the store keeps.
#[derive(Debug)]
pub(in crate::live) struct Keeping {
    pub(super) source: Arc<dyn Source>,
    /// Which data these are; `None`: nothing is kept of them yet.
    lineage: Mutex<Option<i64>>,
    /// The version of the data of which all is kept.
    pub(super) version: AtomicI64,
    /// Looks since the fits were kept, and since they changed.
    pub(super) looks: AtomicU32,
    quiet: AtomicU32,
    seen: AtomicI64,
}

impl Keeping {
    pub(in crate::live) fn new(store: &Store) -> Self {
        Self {
            source: Arc::new(Kept::new(store.clone())),
            lineage: Mutex::default(),
            version: AtomicI64::new(-1),
            looks: AtomicU32::new(0),
            quiet: AtomicU32::new(0),
            seen: AtomicI64::new(-1),
        }
    }

    pub(super) fn lineage(&self) -> Option<i64> {
        *self.lineage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set(&self, at: Option<KeptAt>) {
        let version = at.map_or(-1, |at| at.version);
        self.version.store(version, Ordering::Relaxed);
        *self.lineage.lock().unwrap_or_else(PoisonError::into_inner) = at.map(|at| at.lineage);
    }

    /// Whether it is time to keep the fits of `version` of the data.
    pub(super) fn is_due(&self, version: i64) -> bool {
        let looks = self.looks.fetch_add(1, Ordering::Relaxed) + 1;
        let quiet = if self.seen.swap(version, Ordering::Relaxed) == version {
            self.quiet.fetch_add(1, Ordering::Relaxed) + 1
        } else {
            self.quiet.store(0, Ordering::Relaxed);
            0
        };
        quiet >= QUIET || looks >= LATE
    }

    /// Whether it is time to look at what rests.
    pub(super) fn rests(&self) -> bool {
        self.looks.load(Ordering::Relaxed).is_multiple_of(REST)
    }
}

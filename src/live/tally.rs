//! What happened since the start, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::store::Counts;

/// What happened since the start.
#[derive(Debug, Default)]
pub struct Tally {
    /// Uploads that were stored.
    pub uploads: AtomicU64,
    /// Rows stored, and in the fits.
    pub accepted: AtomicU64,
    /// Rows equal to a stored one.
    pub duplicates: AtomicU64,
    /// Rows stored, but kept out of the fits.
    pub quarantined: AtomicU64,
    /// Rows that were wrong.
    pub rejected: AtomicU64,
    /// How often changed measurements were fitted.
    pub refits: AtomicU64,
}

impl Tally {
    /// Counts an upload that was stored.
    pub(super) fn stored(&self, counts: Counts) {
        let add = |to: &AtomicU64, rows: i64| {
            to.fetch_add(u64::try_from(rows).unwrap_or_default(), Ordering::Relaxed);
        };
        add(&self.uploads, 1);
        add(&self.accepted, counts.accepted);
        add(&self.duplicates, counts.duplicates);
        add(&self.quarantined, counts.quarantined);
        add(&self.rejected, counts.rejected);
    }
}

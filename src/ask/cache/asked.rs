//! Which questions came before. Most come once: what was worked out for one is worth keeping when it comes again.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// Hashes of questions that came, each at the place that it names: a later one takes it.
#[derive(Debug)]
pub(crate) struct Asked {
    places: Box<[AtomicU64]>,
    hashes: RandomState,
}

/// Questions of which it is known that they came.
const MOST: usize = 1 << 14;

impl Default for Asked {
    fn default() -> Self {
        Self {
            places: (0..MOST).map(|_| AtomicU64::new(0)).collect(),
            hashes: RandomState::new(),
        }
    }
}

impl Asked {
    /// Whether `question` came before, lately.
    pub(crate) fn again(&self, question: &(impl Hash + ?Sized)) -> bool {
        let hash = self.hashes.hash_one(question);
        let place = usize::try_from(hash).unwrap_or_default() % MOST;
        self.places[place].swap(hash, Ordering::Relaxed) == hash
    }
}

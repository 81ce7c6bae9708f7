//! What was asked for lately, in bounded memory: found again without the work that it took.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::mem::take;
use std::sync::{PoisonError, RwLock};

/// Values by their keys, of which the older half is forgotten when the younger is full.
#[derive(Debug)]
pub(crate) struct Recent<K, V> {
    /// Size of all values of a half together.
    most: usize,
    halves: RwLock<Halves<K, V>>,
}

#[derive(Debug)]
struct Halves<K, V> {
    younger: HashMap<K, V>,
    /// That of the younger.
    size: usize,
    older: HashMap<K, V>,
}

impl<K: Eq + Hash, V: Clone> Recent<K, V> {
    /// Nothing yet; each half will hold values of the size `most` together, and the one that comes then.
    pub(crate) fn new(most: usize) -> Self {
        let halves = Halves {
            younger: HashMap::new(),
            size: 0,
            older: HashMap::new(),
        };
        Self {
            most,
            halves: RwLock::new(halves),
        }
    }

    /// The value of `key`, where it is not forgotten.
    pub(crate) fn find<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let halves = self.halves.read().unwrap_or_else(PoisonError::into_inner);
        let found = halves.younger.get(key).or_else(|| halves.older.get(key));
        found.cloned()
    }

    /// Keeps `value`, which is of `size`, for `key`.
    pub(crate) fn keep(&self, key: K, value: V, size: usize) {
        let mut halves = self.halves.write().unwrap_or_else(PoisonError::into_inner);
        halves.younger.insert(key, value);
        halves.size += size;
        if halves.size < self.most {
            return;
        }
        let full = take(&mut halves.younger);
        halves.size = 0;
        let forgotten = std::mem::replace(&mut halves.older, full);
        // Others need not wait for that.
        drop(halves);
        drop(forgotten);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_lately_is_found_and_what_came_long_ago_is_forgotten() {
        let recent = Recent::new(10);
        (0..100).for_each(|n| recent.keep(n, 2 * n, 1));
        let found = (0..100).filter(|n| recent.find(n).is_some());
        assert!(found.eq(90..100));
        assert_eq!(recent.find(&95), Some(190));
    }

    #[test]
    fn large_values_leave_room_for_few() {
        let recent = Recent::new(10);
        (0..10).for_each(|n| recent.keep(n, (), 6));
        let found: Vec<_> = (0..10).filter(|n| recent.find(n).is_some()).collect();
        assert_eq!(found, [8, 9]);
    }
}

//! Names of the states of the data, by which a browser keeps what was drawn of one.

use std::hash::{BuildHasher, RandomState};

/// The states of the data that this process has served. Another process may have other data of the same version, or draw them
/// otherwise, so each has its own names.
#[derive(Clone, Copy)]
pub(super) struct States(u64);

impl States {
    pub(super) fn new() -> Self {
        Self(RandomState::new().hash_one(()))
    }

    /// The name of the data of `version`.
    pub(super) fn name(self, version: i64) -> String {
        format!("{:016x}-{version}", self.0)
    }
}

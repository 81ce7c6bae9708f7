//! What a database holds, and the mark of a backup that says so.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a database holds, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow, Serialize, Deserialize)]
pub struct Holds {
    /// Timings, those that are kept out of the fits too.
    pub rows: i64,
    /// Uploads that brought them.
    pub uploads: i64,
    /// Platforms.
    pub platforms: i64,
    /// Tokens, those that were revoked too.
    pub tokens: i64,
    /// Version of the data.
    pub data_version: i64,
}

impl fmt::Display for Holds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |count: i64, thing: &str| {
            format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
        };
        write!(
            f,
            "{} of {} in {}, {}, data version {}",
            counted(self.rows, "timing"),
            counted(self.platforms, "platform"),
            counted(self.uploads, "upload"),
            counted(self.tokens, "token"),
            self.data_version
        )
    }
}

/// What stands in a backup of itself, so that a file which is none, or not whole, is told from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// When it was made, Unix milliseconds.
    pub made_at: i64,
    /// The release that made it.
    pub release: String,
    /// What it holds.
    pub holds: Holds,
}

impl Mark {
    pub(in crate::store) fn new(made_at: i64, holds: Holds) -> Self {
        Self {
            made_at,
            release: env!("CARGO_PKG_VERSION").to_owned(),
            holds,
        }
    }
}

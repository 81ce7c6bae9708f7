//! SQL and nothing else: platforms, uploads and measurements in one SQLite file.
//!
//! One writer connection, whose transactions begin immediately (a transaction that reads first and then writes fails
//! under other writers); readers in a pool of their own. WAL, with an fsync for every commit: an acknowledged row
//! survives a power cut. The file is created, migrated and seeded under a lock of its own beside it, so that any
//! number of processes may start on one empty path.

mod again;
mod backup;
mod behind;
mod changes;
mod check;
mod damage;
mod draft;
mod fits;
mod health;
mod look;
mod measurements;
mod migrate;
mod open;
mod origins;
mod platforms;
mod restore;
mod seals;
mod senders;
mod sorted;
mod tokens;
mod unfit;
mod uploads;
mod writer;

use std::path::{Path, PathBuf};

use sqlx::SqlitePool;
use tempfile::SpooledTempFile;

pub use backup::{Holds, Mark};
pub use behind::{behind, behind_by, behind_while_wanted};
pub use changes::{Change, Committed, Moved, Senders};
pub use check::Check;
pub use damage::Damage;
pub use fits::Since;
use health::FileId;
pub use health::{Disk, Schema};
use look::Looked;
pub use measurements::{Filter, NewRow, Page, StoredMeasurement};
pub use open::{DatabaseUrl, Options};
pub use restore::{Backup, Present, Restored, Restoring, Revoked};
pub use senders::Sender;
pub use sorted::{Direction, Sorted};
pub use tokens::{NameError, NewToken, Scope, Token, TokenName};
pub use unfit::Unfit;
pub use uploads::{Counts, Rejection, UploadFilter, UploadRow, Writing};
use writer::Writer;

/// The open database.
#[derive(Clone, Debug)]
pub struct Store {
    write: Writer,
    read: SqlitePool,
    /// The file; what is too long for memory waits in its folder, on the same disk.
    path: PathBuf,
    /// Which file that is, as the system counts them.
    file: Option<FileId>,
    read_only: bool,
    /// How it is looked at, where nothing of it may change.
    looked: Option<Looked>,
}

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL is not one of ours.
    #[error("database URL `{0}`: expected sqlite://PATH, such as sqlite://epochcast.db")]
    Url(String),
    /// The file cannot be opened or created.
    #[error("database {path}: {cause}")]
    Open {
        /// Where it is.
        path: String,
        /// What the system said.
        cause: String,
    },
    /// A later release has written it.
    #[error(
        "database {path} was written by epochcast {needs}, and this is {}: use epochcast {needs} or later",
        env!("CARGO_PKG_VERSION")
    )]
    Newer {
        /// Where it is.
        path: String,
        /// The release that can read it.
        needs: String,
    },
    /// A row that no release has written.
    #[error("table {table}, column {column}, row {key}: {cause}")]
    Corrupt {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
        /// Key of the row.
        key: String,
        /// What is wrong.
        cause: String,
    },
    /// An earlier release has written it, and it may only be read.
    #[error(
        "database {path} was written by an earlier release: start once without --read-only, which migrates it"
    )]
    Older {
        /// Where it is.
        path: String,
    },
    /// There is none.
    #[error(
        "there is no database at {path}: name another with --database-url; the first start of epochcast makes it"
    )]
    Missing {
        /// Where it was looked for.
        path: String,
    },
    /// A file in which there is nothing any more: none of ours is ever empty.
    #[error(
        "{path} is empty (0 bytes), though it was a database: take a backup back with epochcast restore, or delete the file to start anew"
    )]
    Truncated {
        /// Where it is.
        path: String,
    },
    /// The database is gone, and its log is there.
    #[error(
        "{path} is not there, but {log} is, which is a part of it: put the file back, or take a backup back with epochcast restore, or delete what is left to start anew"
    )]
    OnlyLog {
        /// Where it was looked for.
        path: String,
        /// The log.
        log: String,
    },
    /// A database without a table: nothing was ever stored.
    #[error(
        "{path} holds no table: take a backup back with epochcast restore, or delete the file to start anew"
    )]
    Nothing {
        /// Where it is.
        path: String,
    },
    /// It was written while it was read.
    #[error("{path} was written while it was read: ask once more")]
    Written {
        /// Where it is.
        path: String,
    },
    /// Not all of it is as it was stored.
    #[error("{path} is damaged: {damage}")]
    Damaged {
        /// Where it is.
        path: String,
        /// What was found first.
        damage: Damage,
    },
    /// A file that is not to be restored.
    #[error("{path} cannot be restored: {unfit}")]
    Unfit {
        /// Where it is.
        path: String,
        /// Why.
        unfit: Unfit,
    },
    /// The file is there, and SQLite cannot read it.
    #[error("database {path}: {}", words(cause))]
    Unreadable {
        /// Where it is.
        path: String,
        /// What SQLite reports.
        cause: sqlx::Error,
    },
    /// Another program has written it.
    #[error("it holds tables of another program")]
    Foreign,
    /// The file is no longer the one that was opened.
    #[error("the database file was deleted or moved while the service ran: nothing was stored")]
    Gone,
    /// There is no space left for the database.
    #[error("the disk is full: nothing was stored")]
    Full,
    /// Somebody else writes, for longer than one waits.
    #[error("the database is locked by another writer: nothing was stored, try again")]
    Busy,
    /// What was sent cannot be kept until it is stored.
    #[error("the file that an upload waits in: {0}")]
    Spool(String),
    /// Anything else that SQLite reports.
    #[error("the database failed: {}", words(.0))]
    Sql(sqlx::Error),
}

/// What SQLite says, without the layers around it.
fn words(error: &sqlx::Error) -> String {
    match error.as_database_error() {
        Some(error) => error.message().to_owned(),
        None => error.to_string(),
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .and_then(|code| code.parse::<u32>().ok());
        // SQLite reports the extended code in decimal: its low byte is SQLITE_BUSY or SQLITE_FULL.
        match code.map(|code| code & 0xff) {
            Some(5) => Self::Busy,
            Some(13) => Self::Full,
            _ => Self::Sql(error),
        }
    }
}

impl StoreError {
    /// Whether the file is damaged, or no database at all.
    fn is_of_damage(&self) -> bool {
        matches!(self.code(), Some(11 | 26))
    }

    /// What SQLite calls it: `SQLITE_CORRUPT` 11, `SQLITE_NOTADB` 26; the low byte of its extended code.
    fn code(&self) -> Option<u32> {
        let (Self::Sql(error) | Self::Unreadable { cause: error, .. }) = self else {
            return None;
        };
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        Some(code?.parse::<u32>().ok()? & 0xff)
    }
}

impl Store {
    /// Version of the measurements: it grows with every change.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn data_version(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("select version from data_version")
            .fetch_one(&self.read)
            .await?)
    }

    /// A place for what is on its way into the store: in memory up to `in_memory` bytes, then in an unnamed file.
    #[must_use]
    pub fn spool(&self, in_memory: usize) -> SpooledTempFile {
        tempfile::spooled_tempfile_in(in_memory, folder(&self.path))
    }

    /// Whether it was opened to be read alone.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Checkpoints and closes the file.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

/// The folder that a file is in.
fn folder(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."))
}

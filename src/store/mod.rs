//! SQL and nothing else: platforms, uploads and measurements in one SQLite file.
//!
//! One writer connection, whose transactions begin immediately (a transaction that reads first and then writes fails
//! under other writers); readers in a pool of their own. WAL, with an fsync for every commit: an acknowledged row
//! survives a power cut. The file is created, migrated and seeded under a lock of its own beside it, so that any
//! number of processes may start on one empty path.

mod archive;
mod behind;
mod changes;
mod fits;
mod health;
mod measurements;
mod migrate;
mod open;
mod origins;
mod platforms;
mod senders;
mod sorted;
mod tokens;
mod uploads;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use sqlx::SqlitePool;
use tempfile::SpooledTempFile;

pub use archive::Damage;
pub use behind::behind;
pub use changes::{Change, Committed};
pub use fits::Since;
use health::FileId;
pub use health::{Disk, Schema};
pub use measurements::{Filter, NewRow, Page, StoredMeasurement};
pub use open::{DatabaseUrl, Options};
pub use senders::Sender;
pub use sorted::{Direction, Sorted};
pub use tokens::{NameError, NewToken, Scope, Token, TokenName};
pub use uploads::{Counts, Rejection, UploadRow, Writing};

/// The open database.
#[derive(Clone, Debug)]
pub struct Store {
    write: SqlitePool,
    read: SqlitePool,
    /// A writer that waits for nobody, to find out whether one can write.
    probe: SqlitePool,
    /// The file; what is too long for memory waits in its folder, on the same disk.
    path: PathBuf,
    /// Which file that is, as the system counts them.
    file: Option<FileId>,
    /// Uploads that this process is writing.
    writing: Arc<AtomicUsize>,
    read_only: bool,
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
    /// Another program has written it.
    #[error("it holds tables of another program")]
    Foreign,
    /// The file is no longer the one that was opened.
    #[error("the database file was deleted or moved while the service ran: nothing was stored")]
    Gone,
    /// There is no space left for the database.
    #[error("the disk is full: nothing was stored")]
    Full,
    /// Anything else that SQLite reports.
    #[error(transparent)]
    Sql(sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = error
            .as_database_error()
            .and_then(|error| error.code().map(std::borrow::Cow::into_owned));
        // SQLITE_FULL; SQLite reports the extended code in decimal.
        if code.as_deref() == Some("13") {
            Self::Full
        } else {
            Self::Sql(error)
        }
    }
}

impl StoreError {
    /// Whether somebody else holds the database.
    fn is_busy(&self) -> bool {
        let Self::Sql(error) = self else { return false };
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        // SQLITE_BUSY in its low byte.
        code.and_then(|code| code.parse::<u32>().ok())
            .is_some_and(|code| code & 0xff == 5)
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
        self.probe.close().await;
        if self.read_only {
            return self.write.close().await;
        }
        // A failed checkpoint leaves the log beside the file, whence the next start reads it.
        let _ = sqlx::query("pragma wal_checkpoint(truncate)")
            .execute(&self.write)
            .await;
        self.write.close().await;
    }
}

/// The folder that a file is in.
fn folder(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."))
}

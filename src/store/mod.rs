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
mod measurements;
mod open;
mod origins;
mod platforms;
mod sorted;
mod tokens;
mod uploads;

use std::path::PathBuf;

use sqlx::SqlitePool;
use tempfile::SpooledTempFile;

pub use archive::Damage;
pub use behind::behind;
pub use changes::{Change, Committed};
pub use fits::Since;
pub use measurements::{Filter, NewRow, Page, StoredMeasurement};
pub use open::{DatabaseUrl, Options};
pub use sorted::{Direction, Sorted};
pub use tokens::{Scope, Token};
pub use uploads::{Counts, Rejection, UploadRow, Writing};

/// The open database.
#[derive(Clone, Debug)]
pub struct Store {
    write: SqlitePool,
    read: SqlitePool,
    /// The folder of the file: what is too long for memory waits on the same disk.
    folder: PathBuf,
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
        tempfile::spooled_tempfile_in(in_memory, &self.folder)
    }

    /// Checkpoints and closes the file.
    pub async fn close(&self) {
        self.read.close().await;
        // A failed checkpoint leaves the log beside the file, whence the next start reads it.
        let _ = sqlx::query("pragma wal_checkpoint(truncate)")
            .execute(&self.write)
            .await;
        self.write.close().await;
    }
}

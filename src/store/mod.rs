//! SQL and nothing else: platforms, uploads and measurements in one SQLite file.
//!
//! One writer connection, whose transactions begin immediately (a transaction that reads first and then writes fails
//! under other writers); readers in a pool of their own. WAL, with an fsync for every commit: an acknowledged row
//! survives a power cut. The file is created, migrated and seeded under a lock of its own beside it, so that any
//! number of processes may start on one empty path.

mod measurements;
mod open;
mod platforms;
mod uploads;

use sqlx::SqlitePool;

pub use measurements::{Filter, Page, StoredMeasurement};
pub use open::{DatabaseUrl, Options};

/// The open database.
#[derive(Clone, Debug)]
pub struct Store {
    write: SqlitePool,
    read: SqlitePool,
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
    /// Anything else that SQLite reports.
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
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

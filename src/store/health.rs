//! Whether the store could be written now, and how much room there is.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::Ordering;

use super::{Store, StoreError, folder};

/// How much room there is.
#[derive(Clone, Copy, Debug)]
pub struct Disk {
    /// Size of the database with its log.
    pub database_bytes: u64,
    /// Space beside it; `None` where the system does not say.
    pub free_bytes: Option<u64>,
}

/// Which release has written a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// None: there is nothing in it.
    Empty,
    /// An earlier one: it is migrated at the next start.
    Older,
    /// This one.
    Current,
    /// A later one.
    Newer,
}

/// Bytes without which nothing is promised to be stored.
const LEAST_FREE: u64 = 1 << 20;

impl Disk {
    /// Of the database at `path`.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        let size = |suffix: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            std::fs::metadata(name).map_or(0, |data| data.len())
        };
        let free = rustix::fs::statvfs(folder(path)).ok();
        Self {
            database_bytes: size("") + size("-wal"),
            free_bytes: free.map(|free| free.f_bavail.saturating_mul(free.f_frsize)),
        }
    }
}

/// A file, whatever it is called: its device and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileId(u64, u64);

impl FileId {
    /// That of the file at `path`.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let known = std::fs::metadata(path).ok()?;
        Some(Self(known.dev(), known.ino()))
    }
}

impl Store {
    /// How much room there is.
    #[must_use]
    pub fn disk(&self) -> Disk {
        Disk::of(&self.path)
    }

    /// Whether it was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.read.is_closed()
    }

    /// Writes a row, durably, and waits for nobody: an error says that an upload could not be stored now. That this
    /// process itself is storing a long upload is no error.
    ///
    /// # Errors
    /// Where the database is locked by another process, full, gone or cannot be written.
    pub async fn probe(&self, now: i64) -> Result<(), StoreError> {
        if self.read_only {
            return self.data_version().await.map(|_| ());
        }
        if self.disk().free_bytes.is_some_and(|free| free < LEAST_FREE) {
            return Err(StoreError::Full);
        }
        self.is_there()?;
        let sql = "insert into meta (name, value) values ('probe', $1)
                   on conflict (name) do update set value = excluded.value";
        let written = sqlx::query(sql)
            .bind(now.to_string())
            .execute(&self.probe)
            .await;
        match written.map_err(StoreError::from) {
            Err(error) if error.is_busy() && self.writing.load(Ordering::Relaxed) > 0 => Ok(()),
            other => other.map(|_| ()),
        }
    }

    /// Makes sure that what is written now is found by the next start.
    ///
    /// # Errors
    /// Where the file was deleted, moved or replaced: SQLite goes on writing to the one that it has open.
    pub(super) fn is_there(&self) -> Result<(), StoreError> {
        if FileId::of(&self.path) == self.file {
            Ok(())
        } else {
            Err(StoreError::Gone)
        }
    }
}

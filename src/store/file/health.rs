//! Whether the store could be written now, and how much room there is.

use std::path::Path;
use std::time::Duration;

use super::paths::{FileId, folder};
use crate::store::database::{Place, Store};
use crate::store::error::StoreError;
use crate::store::sql::{self, Connection};
use crate::store::writer;

/// How much room there is.
#[derive(Clone, Copy, Debug)]
pub struct Disk {
    /// Size of the database with its log.
    pub database_bytes: u64,
    /// Space beside it; `None` where the system does not say.
    pub free_bytes: Option<u64>,
}

/// Bytes without which no upload is begun.
const LEAST_FREE: u64 = 1 << 20;
/// How long the probe waits: it is there to notice a lock, not to outlast it.
const PROBE: Duration = Duration::from_millis(300);

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

impl Store {
    /// How much room there is; `None` where it is on a server, which has its own.
    #[must_use]
    pub fn disk(&self) -> Option<Disk> {
        let file = self.file().ok()?;
        Some(Disk::of(&file.path))
    }

    /// Whether it was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.read.is_closed()
    }

    /// Writes a row, durably, by the way that an upload takes, and waits for nobody: the error is that which an upload
    /// would meet now. Where this process itself is storing something there is no telling yet, and it returns false.
    ///
    /// # Errors
    /// Where the database is locked by another process, full, gone or cannot be written.
    pub async fn probe(&self, now: i64) -> Result<bool, StoreError> {
        if self.read_only {
            return self.data_version().await.map(|_| true);
        }
        self.is_there()?;
        let before = self.write.done();
        if self.write.is_at_work() {
            return Ok(false);
        }
        let mut writer = match self.write.hold_within(PROBE).await {
            // Others of this process came first, and have got through.
            Err(StoreError::Busy) if self.write.done() != before => return Ok(true),
            Err(StoreError::Busy) if self.write.is_at_work() => return Ok(false),
            held => held?,
        };
        self.has_room(&mut writer).await?;
        let mut transaction = match writer.begin(PROBE).await {
            // Another process stores something: an upload would wait for its end.
            Err(StoreError::Busy) if self.file().is_err() => return Ok(false),
            begun => begun?,
        };
        let sql = "insert into meta (name, value) values ('probe', $1)
                   on conflict (name) do update set value = excluded.value";
        sql::query(sql)
            .bind(now.to_string())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Makes sure that there is room for an upload; where there is little, what the log needs no more is given back first.
    ///
    /// # Errors
    /// Where there is less than is kept free: a disk that is filled to the last byte has none left to undo anything.
    pub(in crate::store) async fn has_room(&self, db: &mut Connection) -> Result<(), StoreError> {
        let free = || self.disk().and_then(|disk| disk.free_bytes);
        let is_short = || free().is_some_and(|free| free < LEAST_FREE);
        if let Connection::Sqlite(db) = db
            && is_short()
        {
            writer::checkpoint(db).await?;
            if is_short() {
                return Err(StoreError::Full);
            }
        }
        Ok(())
    }

    /// Makes sure that what is written now is found by the next start.
    ///
    /// # Errors
    /// Where the file was deleted, moved or replaced: SQLite goes on writing to the one that it has open.
    pub(in crate::store) fn is_there(&self) -> Result<(), StoreError> {
        match &self.place {
            Place::File(file) if FileId::of(&file.path) != file.id => Err(StoreError::Gone),
            _ => Ok(()),
        }
    }
}

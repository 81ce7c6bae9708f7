//! The open database, with its connections.

use std::path::PathBuf;
use std::sync::Arc;

use sqlx::SqlitePool;
use tempfile::SpooledTempFile;

use super::file::draft::Draft;
use super::file::paths::{FileId, Stamp, folder};
use super::writer::Writer;

/// The open database.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) write: Writer,
    pub(super) read: SqlitePool,
    /// The file; what is too long for memory waits in its folder, on the same disk.
    pub(super) path: PathBuf,
    /// Which file that is, as the system counts them.
    pub(super) file: Option<FileId>,
    pub(super) read_only: bool,
    /// How it is looked at, where nothing of it may change.
    pub(super) looked: Option<Looked>,
}

/// How a database is looked at.
#[derive(Clone, Debug)]
pub(super) enum Looked {
    /// As a file that nobody has open, and how it was at the beginning.
    Still(Stamp),
    /// In a copy, which goes at the end.
    Copy { _of: Arc<Draft> },
    /// Along with the process that has it open.
    Shared,
}

impl Store {
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

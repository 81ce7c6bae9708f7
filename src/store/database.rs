//! The open database, with its connections.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::channel;

use tempfile::SpooledTempFile;

use super::aside::{Aside, Job};
use super::error::StoreError;
use super::file::draft::Draft;
use super::file::paths::{FileId, Stamp, folder};
use super::sql::{Pool, Server};
use super::writer::Writer;

/// The open database.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) write: Writer,
    pub(super) read: Pool,
    pub(super) place: Place,
    pub(super) read_only: bool,
    /// For those who cannot wait in a runtime.
    pub(super) aside: Aside,
}

/// Where it is.
#[derive(Clone, Debug)]
pub(super) enum Place {
    File(OpenFile),
    Server(Server),
}

/// The file of a database that is open.
#[derive(Clone, Debug)]
pub(super) struct OpenFile {
    pub(super) path: PathBuf,
    /// Which file that is, as the system counts them.
    pub(super) id: Option<FileId>,
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
    /// A place for what is on its way into the store: in memory up to `in_memory` bytes, then in an unnamed file, which is on the
    /// disk of the database where that is a file.
    #[must_use]
    pub fn spool(&self, in_memory: usize) -> SpooledTempFile {
        match &self.place {
            Place::File(file) => tempfile::spooled_tempfile_in(in_memory, folder(&file.path)),
            Place::Server(_) => tempfile::spooled_tempfile(in_memory),
        }
    }

    /// Its file.
    ///
    /// # Errors
    /// Where it is on a server, which has ways of its own.
    pub(super) fn file(&self) -> Result<&OpenFile, StoreError> {
        match &self.place {
            Place::File(file) => Ok(file),
            Place::Server(server) => Err(StoreError::NoFile {
                server: server.to_string(),
            }),
        }
    }

    /// Whether it was opened to be read alone.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Checkpoints and closes the file.
    pub async fn close(&self) {
        self.aside.close().await;
        self.read.close().await;
        self.write.close().await;
    }

    /// What `work` returns of this store, done elsewhere while this thread waits; `None` where that cannot be had.
    pub fn wait<T, F>(&self, work: impl FnOnce(Self) -> F + Send + 'static) -> Option<T>
    where
        T: Send + 'static,
        F: Future<Output = T>,
    {
        let (send, done) = channel();
        // No copy of the thread's own handle, which would keep it from its end.
        let store = Self {
            aside: Aside::default(),
            ..self.clone()
        };
        let job: Job = Box::new(move |runtime, read| {
            let store = Self {
                read: read.clone(),
                ..store
            };
            let _ = send.send(runtime.block_on(work(store)));
        });
        self.aside.send(self.read.connect(), job)?;
        done.recv().ok()
    }
}

//! Opening the database: created, migrated and seeded once, however many processes start at the same moment.

use std::fs::File;
use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};

use super::draft::{self, Draft};
use super::migrate::{self, Schema};
use super::paths::{FileId, folder, is_there, reading, refused, unreadable};
use crate::store::aside::Aside;
use crate::store::database::{Looked, OpenFile, Place, Store};
use crate::store::error::StoreError;
use crate::store::server;
use crate::store::sql::{Connect, Pool};
use crate::store::tables::seeded::Options;
use crate::store::url::DatabaseUrl;
use crate::store::writer::{BUSY, Writer};

impl Store {
    /// The database at `url`, created where there is none, migrated, and seeded when new.
    ///
    /// # Errors
    /// Where the file cannot be opened, holds nothing any more, or a later release has written it.
    pub async fn open(url: &DatabaseUrl, options: Options) -> Result<Self, StoreError> {
        match url.server() {
            Ok(server) => server::open(server, options).await,
            Err(path) => Self::open_file(path, options).await,
        }
    }

    async fn open_file(path: &Path, options: Options) -> Result<Self, StoreError> {
        let _lock = lock(path)?;
        draft::clear(folder(path));
        if is_there(path)? {
            holds_something(path).await?;
        } else {
            // It gets its name when it is complete: an empty file of that name was not left by us.
            let draft = Draft::within(folder(path)).map_err(|e| refused(path, &e))?;
            let made = Self::connect(&draft.file("new.db"), options).await?;
            made.close().await;
            let kept = draft.keep_as("new.db", path);
            kept.map_err(|e| refused(path, &e))?;
        }
        Self::connect(path, options).await
    }

    /// The database at `path`, migrated, and seeded when new; others are held back by its lock.
    async fn connect(path: &Path, options: Options) -> Result<Self, StoreError> {
        let connect = writing(path).create_if_missing(true);
        let mut db = connect.connect().await.map_err(|e| refused(path, &e))?;
        migrate::migrate(&mut db, path).await?;
        // From now on there is one: a connection that replaces another must not make a new file where this one was moved.
        let connect = connect.create_if_missing(false);
        let store = Self {
            write: Writer::new(Connect::Sqlite(connect.clone().pragma("cache_size", CACHE))),
            read: readers(connect),
            place: file_at(path, None),
            read_only: false,
            aside: Aside::default(),
        };
        db.close().await?;
        store.starts(options).await?;
        Ok(store)
    }

    /// The database at `url`, which is never written: not even a lock is left beside it.
    ///
    /// # Errors
    /// Where there is none, it cannot be read, or another release has written it.
    pub async fn open_read_only(url: &DatabaseUrl) -> Result<Self, StoreError> {
        match url.server() {
            Ok(server) => server::read(server).await,
            Err(path) => Self::read(path, along(path), None).await,
        }
    }

    /// The database at `path`, opened to read as `connect` says.
    pub(in crate::store) async fn read(
        path: &Path,
        connect: SqliteConnectOptions,
        looked: Option<Looked>,
    ) -> Result<Self, StoreError> {
        let connect = connect.busy_timeout(BUSY);
        let (writer, read) = (Connect::Sqlite(connect.clone()), readers(connect.clone()));
        let db = connect.read_only(true).connect().await;
        let mut db = db.map_err(|e| unreadable(path, e))?;
        let schema = migrate::schema(&mut db).await;
        let schema = schema.map_err(|error| match error {
            StoreError::Sql(error) => unreadable(path, error),
            error => error,
        });
        match schema? {
            Schema::Current => {}
            Schema::Newer => return Err(migrate::newer(&mut db, path).await?),
            older => {
                let path = path.display().to_string();
                return Err(match older {
                    Schema::Empty => StoreError::Nothing { path },
                    _ => StoreError::Older { path },
                });
            }
        }
        db.close().await?;
        Ok(Self {
            write: Writer::new(writer),
            read,
            place: file_at(path, looked),
            read_only: true,
            aside: Aside::default(),
        })
    }
}

/// How every connection that writes opens the file at `path`.
pub(in crate::store) fn writing(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // Notes for the seals: a service may have no place to write to but its database's folder.
        .pragma("temp_store", "memory")
        .busy_timeout(BUSY)
}

/// How to read the database at `path` while others may write it.
pub(super) fn along(path: &Path) -> SqliteConnectOptions {
    // SQLite cannot put its log's index into a folder that is not ours; and where we cannot write, hardly anybody else does.
    let ours = rustix::fs::access(folder(path), rustix::fs::Access::WRITE_OK).is_ok();
    reading(path).immutable(!ours)
}

fn file_at(path: &Path, looked: Option<Looked>) -> Place {
    Place::File(OpenFile {
        path: path.to_owned(),
        id: FileId::of(path),
        looked,
    })
}

fn readers(connect: SqliteConnectOptions) -> Pool {
    Pool::of(Connect::Sqlite(connect.read_only(true)), READERS)
}

/// The writer's memory for pages, in KiB with a minus as SQLite has it: an index whose rows come in any order fits, and is not
/// written to the log over and over while an upload grows it.
const CACHE: &str = "-32768";
/// Connections that read; a prediction uses none.
const READERS: u32 = 4;

/// Holds others back while the file is created, migrated and seeded.
pub(in crate::store) fn lock(path: &Path) -> Result<File, StoreError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let open = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(beside);
    open.and_then(|file| file.lock().map(|()| file))
        .map_err(|e| refused(path, &e))
}

/// Makes sure that the database at `path` has tables: one that lost them is not taken for a new one.
async fn holds_something(path: &Path) -> Result<(), StoreError> {
    // Not as one that writes opens it: that would change even a file of another program.
    let connect = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY);
    let db = connect.connect().await;
    let mut db = db.map_err(|e| unreadable(path, e))?;
    let schema = migrate::schema(&mut db).await;
    let _ = db.close().await;
    match schema {
        Ok(Schema::Empty) => Err(StoreError::Nothing {
            path: path.display().to_string(),
        }),
        Err(StoreError::Sql(error)) => Err(unreadable(path, error)),
        schema => schema.map(|_| ()),
    }
}

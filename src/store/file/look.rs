//! Looking at a database that must stay as it is: not a byte of it changes, and nothing is left beside it.
//!
//! SQLite's own read-only mode is not enough: it makes an index of the log beside the file. So a file that lies still is
//! opened as one that never changes, and whether that was so is asked at the end. One that a killed process left with its
//! log is looked at in a copy, in which SQLite does with the log what it does at a start; so is one of an earlier release,
//! which is migrated there. Where a service has it open, both files are there already, and one reads along.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::draft::Draft;
use super::migrate::{self, Schema};
use super::pages::{LONGER, pages};
use super::paths::{Stamp, beside, has_log, is_shared, is_there, reading, refused, unreadable};
use crate::store::database::{Looked, OpenFile, Place, Store};
use crate::store::error::StoreError;
use crate::store::server;
use crate::store::tables::seeded::Options;
use crate::store::url::DatabaseUrl;

/// How often to copy a file that is written meanwhile.
const COPIES: usize = 5;

impl Store {
    /// The database at `url` to read, of which nothing is changed.
    ///
    /// This process must not have it open: a look at the lock that others hold would give up its own.
    ///
    /// # Errors
    /// Where there is none, or it cannot be read.
    pub async fn look(url: &DatabaseUrl) -> Result<Self, StoreError> {
        let path = match url.server() {
            Ok(server) => return server::read(server).await,
            Err(path) => path,
        };
        let (connect, looked) = as_it_is(path).await?;
        let found = connect.get_filename().to_owned();
        match Self::read(&found, connect, Some(looked)).await {
            Err(StoreError::Older { .. }) => {
                let draft = Draft::within(&std::env::temp_dir()).map_err(|e| refused(path, &e))?;
                let copy = copied(path, &draft)?;
                prepare(&copy, path).await?;
                let still = reading(&copy).immutable(true);
                let looked = Looked::Copy { _of: draft.into() };
                Self::read(&copy, still, Some(looked)).await
            }
            read => read,
        }
    }

    /// Which release has written the database at `url`, of which nothing is changed, and whether its pages are sound, as far
    /// as a second suffices to look at them. As for [`Self::look`], this process must not have it open.
    ///
    /// # Errors
    /// Where there is none, it cannot be read, or is damaged.
    pub async fn schema(url: &DatabaseUrl) -> Result<Schema, StoreError> {
        let path = match url.server() {
            Ok(server) => return server::schema(server).await,
            Err(path) => path,
        };
        let (connect, _looked) = as_it_is(path).await?;
        let mut db = connect.connect().await.map_err(|e| unreadable(path, e))?;
        let schema = migrate::schema(&mut db).await?;
        pages(db, path, LONGER).await?;
        Ok(schema)
    }

    /// Makes sure that what was read was one state of the database.
    ///
    /// # Errors
    /// Where somebody has written it meanwhile.
    pub fn is_as_it_was(&self) -> Result<(), StoreError> {
        match &self.place {
            Place::File(OpenFile {
                path,
                looked: Some(Looked::Still(stamp)),
                ..
            }) if *stamp != Stamp::of(path) => Err(written(path)),
            _ => Ok(()),
        }
    }
}

/// How to read the database at `path` without a change of it.
async fn as_it_is(path: &Path) -> Result<(SqliteConnectOptions, Looked), StoreError> {
    if !is_there(path)? {
        return Err(StoreError::Missing {
            path: path.display().to_string(),
        });
    }
    let stamp = Stamp::of(path);
    if is_shared(path) {
        return Ok((reading(path), Looked::Shared));
    }
    if !has_log(path) {
        return Ok((reading(path).immutable(true), Looked::Still(stamp)));
    }
    let draft = Draft::within(&std::env::temp_dir()).map_err(|e| refused(path, &e))?;
    let copy = copied(path, &draft)?;
    take_in_log(&copy).await.map_err(|e| unreadable(path, e))?;
    let still = reading(&copy).immutable(true);
    Ok((still, Looked::Copy { _of: draft.into() }))
}

/// Makes the database at `path` one file, without a log: SQLite takes that in at the first look, and ends it at the last.
async fn take_in_log(path: &Path) -> Result<(), sqlx::Error> {
    let mut db = SqliteConnectOptions::new().filename(path).connect().await?;
    sqlx::query("select count(*) from sqlite_master")
        .execute(&mut db)
        .await?;
    db.close().await
}

/// Brings a copy of the database `of`, which is nobody else's, to the state of a start with this release.
pub(in crate::store) async fn prepare(copy: &Path, of: &Path) -> Result<Schema, StoreError> {
    let failed = |error: &dyn std::error::Error| refused(of, error);
    take_in_log(copy).await.map_err(|e| unreadable(of, e))?;
    let mut db = reading(copy)
        .immutable(true)
        .connect()
        .await
        .map_err(|e| failed(&e))?;
    let schema = migrate::schema(&mut db).await.map_err(|e| failed(&e))?;
    match schema {
        Schema::Current => {}
        Schema::Empty => {
            let path = of.display().to_string();
            return Err(StoreError::Nothing { path });
        }
        Schema::Newer => return Err(migrate::newer(&mut db, of).await?),
        Schema::Older => {
            db.close().await.map_err(|e| failed(&e))?;
            let url = DatabaseUrl::of(copy);
            let options = Options {
                seed: false,
                now: 0,
            };
            let migrated = Box::pin(Store::open(&url, options)).await;
            let migrated = migrated.map_err(|e| failed(&e))?;
            migrated.close().await;
        }
    }
    Ok(schema)
}

/// A copy of the database at `path` in `draft`, with the log that belongs to it.
fn copied(path: &Path, draft: &Draft) -> Result<PathBuf, StoreError> {
    let copy = draft.file("copy.db");
    let stamps = || ["", "-wal", "-journal"].map(|suffix| Stamp::of(&beside(path, suffix)));
    for _ in 0..COPIES {
        let before = stamps();
        for suffix in ["", "-wal", "-journal"] {
            copy_if_there(&beside(path, suffix), &beside(&copy, suffix))
                .map_err(|e| refused(path, &e))?;
        }
        if before == stamps() {
            return Ok(copy);
        }
    }
    Err(written(path))
}

fn copy_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match fs::copy(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::remove_file(to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        },
        copied => copied.map(|_| ()),
    }
}

fn written(path: &Path) -> StoreError {
    StoreError::Written {
        path: path.display().to_string(),
    }
}

//! Looking at a database that must stay as it is: not a byte of it changes, and nothing is left beside it.
//!
//! SQLite's own read-only mode is not enough: it makes an index of the log beside the file. So a file that lies still is
//! opened as one that never changes, and whether that was so is asked at the end. One that a killed process left with its
//! log is looked at in a copy, in which SQLite does with the log what it does at a start; so is one of an earlier release,
//! which is migrated there. Where a service has it open, both files are there already, and one reads along.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use rustix::process::{Flock, FlockType, fcntl_getlk};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::draft::Draft;
use super::open::{refused, unreadable};
use super::{DatabaseUrl, Options, Schema, Store, StoreError, check, migrate};

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

/// By what one sees that a file was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp(Option<(u64, SystemTime)>);

impl Stamp {
    fn of(path: &Path) -> Self {
        let known = fs::metadata(path).ok();
        Self(known.and_then(|known| Some((known.len(), known.modified().ok()?))))
    }
}

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
        let path = url.path();
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
        let path = url.path();
        let (connect, _looked) = as_it_is(path).await?;
        let mut db = connect.connect().await.map_err(|e| unreadable(path, e))?;
        let schema = migrate::schema(&mut db).await?;
        check::pages(db, path).await?;
        Ok(schema)
    }

    /// Makes sure that what was read was one state of the database.
    ///
    /// # Errors
    /// Where somebody has written it meanwhile.
    pub fn is_as_it_was(&self) -> Result<(), StoreError> {
        match &self.looked {
            Some(Looked::Still(stamp)) if *stamp != Stamp::of(&self.path) => {
                Err(written(&self.path))
            }
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

/// Whether there is a database at `path`.
///
/// # Errors
/// Where there is what is left of one.
pub(super) fn is_there(path: &Path) -> Result<bool, StoreError> {
    let path_and = |suffix| beside(path, suffix).display().to_string();
    let log = length(&beside(path, "-wal")).unwrap_or_default();
    match length(path) {
        Some(0) => Err(StoreError::Truncated { path: path_and("") }),
        None if log > 0 => Err(StoreError::OnlyLog {
            path: path_and(""),
            log: path_and("-wal"),
        }),
        length => Ok(length.is_some()),
    }
}

/// Brings a copy of the database `of`, which is nobody else's, to the state of a start with this release.
pub(super) async fn prepare(copy: &Path, of: &Path) -> Result<Schema, StoreError> {
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

/// Whether another process has the database open: it then holds a byte of the log's index, where SQLite's file format has
/// it (`UNIX_SHM_DMS` in `os_unix.c`).
pub(super) fn is_shared(path: &Path) -> bool {
    const HELD: u64 = 128;
    let Ok(index) = File::open(beside(path, "-shm")) else {
        return false;
    };
    let mut asked = Flock::from(FlockType::WriteLock);
    (asked.start, asked.length) = (HELD, 1);
    matches!(fcntl_getlk(&index, &asked), Ok(Some(_)))
}

/// Whether a part of the database may be in a log beside it.
pub(super) fn has_log(path: &Path) -> bool {
    let is_full = |suffix| length(&beside(path, suffix)).is_some_and(|length| length > 0);
    ["-wal", "-journal"].into_iter().any(is_full)
}

/// `path` with `suffix` at its end, as SQLite calls the files beside a database.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn length(path: &Path) -> Option<u64> {
    Some(fs::metadata(path).ok()?.len())
}

pub(super) fn reading(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).read_only(true)
}

fn written(path: &Path) -> StoreError {
    StoreError::Written {
        path: path.display().to_string(),
    }
}

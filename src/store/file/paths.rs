//! What lies at a path: a database, its log beside it, which file it is, and whether others have it open.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::process::{Flock, FlockType, fcntl_getlk};
use sqlx::sqlite::SqliteConnectOptions;

use crate::store::error::StoreError;

/// A file, whatever it is called: its device and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct FileId(u64, u64);

impl FileId {
    /// That of the file at `path`.
    pub(in crate::store) fn of(path: &Path) -> Option<Self> {
        let known = fs::metadata(path).ok()?;
        Some(Self(known.dev(), known.ino()))
    }
}

/// By what one sees that a file was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Stamp(Option<(u64, SystemTime)>);

impl Stamp {
    pub(in crate::store) fn of(path: &Path) -> Self {
        let known = fs::metadata(path).ok();
        Self(known.and_then(|known| Some((known.len(), known.modified().ok()?))))
    }
}

/// Whether there is a database at `path`.
///
/// # Errors
/// Where there is what is left of one.
pub(in crate::store) fn is_there(path: &Path) -> Result<bool, StoreError> {
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

/// Whether another process has the database open: it then holds a byte of the log's index, where SQLite's file format has
/// it (`UNIX_SHM_DMS` in `os_unix.c`).
pub(in crate::store) fn is_shared(path: &Path) -> bool {
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
pub(in crate::store) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn length(path: &Path) -> Option<u64> {
    Some(fs::metadata(path).ok()?.len())
}

pub(in crate::store) fn reading(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).read_only(true)
}

/// The folder that a file is in.
pub(in crate::store) fn folder(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."))
}

pub(super) fn unreadable(path: &Path, cause: sqlx::Error) -> StoreError {
    StoreError::Unreadable {
        path: path.display().to_string(),
        cause,
    }
}

pub(in crate::store) fn refused(path: &Path, cause: &dyn std::error::Error) -> StoreError {
    StoreError::Open {
        path: path.display().to_string(),
        cause: cause.to_string(),
    }
}

//! Which files are complete backups of ours, and why another is not.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use sqlx::ConnectOptions;

use super::damage::Damage;
use super::holds::Mark;
use super::marked;
use super::unfit::Unfit;
use crate::store::error::StoreError;
use crate::store::file::migrate::{self, Schema};
use crate::store::file::paths::{FileId, beside, reading};

/// Why a file is not even copied.
pub(in crate::store) enum Whole {
    Unfit(Unfit),
    Unread(std::io::Error),
}

impl From<std::io::Error> for Whole {
    fn from(error: std::io::Error) -> Self {
        Self::Unread(error)
    }
}

/// Bytes of a header, of which the release that has made the file is told by SQLite's file format.
const HEADER: usize = 100;

/// Makes sure that the file at `path` is a whole SQLite database that nobody has open, by what the system and its header say.
pub(super) fn is_whole(path: &Path, database: &Path) -> Result<(), Whole> {
    let unfit = |unfit| Err(Whole::Unfit(unfit));
    let Ok(known) = fs::metadata(path) else {
        return unfit(Unfit::Missing);
    };
    if !known.is_file() {
        return unfit(Unfit::NoFile);
    }
    // Before it is opened: closing it again would give up the locks that this process has on it.
    if FileId::of(path) == FileId::of(database) {
        return unfit(Unfit::Itself);
    }
    if known.len() == 0 {
        return unfit(Unfit::Empty);
    }
    for suffix in ["-wal", "-journal"] {
        let log = beside(path, suffix);
        if log.exists() {
            return unfit(Unfit::Beside(log.display().to_string()));
        }
    }
    let mut header = Vec::new();
    File::open(path)?
        .take(HEADER.try_into().unwrap_or_default())
        .read_to_end(&mut header)?;
    let Ok(header) = <[u8; HEADER]>::try_from(header) else {
        return unfit(Unfit::NoDatabase);
    };
    if !header.starts_with(b"SQLite format 3\0") {
        return unfit(Unfit::NoDatabase);
    }
    if header[18..20] != [1, 1] {
        return unfit(Unfit::Live);
    }
    let number = |at: usize| {
        header[at..at + 4]
            .iter()
            .fold(0, |n, byte| (n << 8) | u64::from(*byte))
    };
    let page = match u64::from(header[16]) << 8 | u64::from(header[17]) {
        1 => 65_536,
        page => page,
    };
    let (bytes, whole) = (known.len(), number(28) * page);
    if bytes != whole {
        return unfit(Unfit::Half { bytes, whole });
    }
    Ok(())
}

/// The mark of the backup `file`, where it is one that a release has made: those before 0.6.0 left none.
pub(super) async fn is_ours(file: &Path) -> Result<Option<Mark>, StoreError> {
    let unfit = |unfit| StoreError::Unfit {
        path: file.display().to_string(),
        unfit,
    };
    let damaged = |error: StoreError| {
        if error.is_of_damage() {
            let place = "database".to_owned();
            let cause = error.to_string();
            return unfit(Unfit::Damaged(Damage { place, cause }));
        }
        error
    };
    let mut db = reading(file).immutable(true).connect().await?;
    let schema = migrate::schema(&mut db).await.map_err(damaged)?;
    match schema {
        Schema::Empty => return Err(unfit(Unfit::Nothing)),
        Schema::Newer => {
            let StoreError::Newer { needs, .. } = migrate::newer(&mut db, file).await? else {
                return Err(unfit(Unfit::TooOld));
            };
            return Err(unfit(Unfit::Newer(needs)));
        }
        Schema::Older | Schema::Current => {}
    }
    if !migrate::is_known(&mut db).await.map_err(damaged)? {
        return Err(unfit(Unfit::TooOld));
    }
    let mark = marked(&mut db).await.map_err(damaged)?;
    match (&mark, schema) {
        (None, Schema::Current) => Err(unfit(Unfit::Unmarked)),
        _ => Ok(mark),
    }
}

//! Backups: a copy of the database as it is at one moment, which has its name only once it is complete and was checked.

pub(super) mod complete;
pub(super) mod damage;
pub(super) mod holds;
pub(super) mod integrity;
pub(super) mod restore;
pub(super) mod unfit;

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::database::Store;
use super::error::StoreError;
use super::file::draft::Draft;
use super::file::paths::{folder, reading, refused};
use super::sql;
use damage::Damage;
use holds::{Holds, Mark};

/// What the copy is called until it is complete.
const FILE: &str = "backup.db";

impl Store {
    /// What it holds.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn holds(&self) -> Result<Holds, StoreError> {
        let sql = "select (select count(*) from measurements) as rows, (select count(*) from uploads) as uploads,
                   (select count(*) from platforms) as platforms, (select count(*) from tokens) as tokens,
                   (select version from data_version) as data_version";
        Ok(sql::query_as(sql).fetch_one(&self.read).await?)
    }

    /// Copies the database to `path`, as it is at one moment, while others write; `now` is noted in it.
    ///
    /// # Errors
    /// Where there is a file already, it cannot be written, or the database is damaged.
    pub async fn back_up(&self, path: &Path, now: i64) -> Result<Holds, StoreError> {
        let (holds, damage) = self.copy_to(path, now, Damaged::Refused).await?;
        match damage.into_iter().next() {
            None => Ok(holds),
            Some(damage) => Err(StoreError::Damaged {
                path: self.file()?.path.display().to_string(),
                damage,
            }),
        }
    }

    /// Copies the database to `path`; returns what the copy holds, and what of it is damaged. A damaged copy is no backup,
    /// and is not marked as one.
    pub(super) async fn copy_to(
        &self,
        path: &Path,
        now: i64,
        damaged: Damaged,
    ) -> Result<(Holds, Vec<Damage>), StoreError> {
        self.file()?;
        let failed = |error: &dyn std::error::Error| refused(path, error);
        if std::fs::symlink_metadata(path).is_ok() {
            return Err(taken(path));
        }
        let draft = Draft::within(folder(path)).map_err(|e| failed(&e))?;
        let file = draft.file(FILE);
        let copied = sql::query("vacuum into $1")
            .bind(file.display().to_string())
            .execute(&self.read)
            .await;
        copied.map_err(|e| failed(&e))?;
        let copy = Self::read(&file, reading(&file), None).await?;
        let (holds, damage) = (copy.holds().await?, copy.damage().await?);
        copy.close().await;
        if damage.is_empty() {
            mark(&file, &Mark::new(now, holds)).await?;
        } else if damaged == Damaged::Refused {
            return Ok((holds, damage));
        }
        match draft.keep_as(FILE, path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(taken(path)),
            kept => kept.map(|()| (holds, damage)).map_err(|e| failed(&e)),
        }
    }
}

/// What becomes of a copy in which damage was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Damaged {
    Refused,
    Kept,
}

/// Notes in the copy `file` that it is complete.
async fn mark(file: &Path, mark: &Mark) -> Result<(), StoreError> {
    let options = SqliteConnectOptions::new().filename(file);
    let mut db = options.connect().await?;
    let sql = "insert into meta (name, value) values ('backup', $1)
               on conflict (name) do update set value = excluded.value";
    let text = serde_json::to_string(mark).unwrap_or_default();
    sqlx::query(sql).bind(text).execute(&mut db).await?;
    Ok(db.close().await?)
}

/// The mark of the backup that `db` is, where it has one that a release has written.
pub(super) async fn marked(db: &mut SqliteConnection) -> Result<Option<Mark>, StoreError> {
    let sql = "select value from meta where name = 'backup'";
    let text: Option<String> = sqlx::query_scalar(sql).fetch_optional(db).await?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

fn taken(path: &Path) -> StoreError {
    StoreError::Open {
        path: path.display().to_string(),
        cause: "there is a file of this name already: choose another".to_owned(),
    }
}

//! A look at the file before it is served: quick, or whole.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::damage::findings;
use super::look::{beside, has_log, is_there, reading};
use super::open::{along, unreadable};
use super::{Damage, DatabaseUrl, Schema, Store, StoreError};

/// How closely to look at a database before it is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Not at all.
    Off,
    /// At its length and its pages, for a second at most.
    Quick,
    /// At all that a search for damage finds.
    Full,
}

impl FromStr for Check {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "off" => Ok(Self::Off),
            "quick" => Ok(Self::Quick),
            "full" => Ok(Self::Full),
            _ => Err("off, quick or full".to_owned()),
        }
    }
}

/// How long a quick look takes at most: a start shall not wait for a large file.
const QUICK: Duration = Duration::from_secs(1);
/// Steps of SQLite between two looks at whether the time is over: some microseconds.
const STEPS: i32 = 1000;

impl Store {
    /// Looks at the pages of the database at `url` before it is opened, for a second at most; one that is not there is sound.
    ///
    /// # Errors
    /// Where it is damaged, or cannot be read.
    pub async fn check(url: &DatabaseUrl) -> Result<(), StoreError> {
        let path = url.path();
        if !is_there(path)? {
            return Ok(());
        }
        if beside(path, "-journal").exists() {
            // What would be undone at the first look is looked at in a copy before.
            return match Self::schema(url).await? {
                Schema::Empty => Err(StoreError::Nothing {
                    path: path.display().to_string(),
                }),
                _ => Ok(()),
            };
        }
        let lies_still = !has_log(path) && !beside(path, "-shm").exists();
        let connect = if lies_still {
            reading(path).immutable(true)
        } else {
            along(path)
        };
        // It takes what time it may, and is no slow statement.
        let connect = connect.disable_statement_logging();
        let db = connect.connect().await;
        let db = db.map_err(|e| unreadable(path, e))?;
        pages(db, path).await
    }
}

/// Looks at the pages of the database `db`, which is at `path`, for a second at most.
pub(super) async fn pages(mut db: SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let late = Arc::new(AtomicBool::new(false));
    let is_late = late.clone();
    let mut handle = db.lock_handle().await?;
    handle.set_progress_handler(STEPS, move || !is_late.load(Ordering::Relaxed));
    drop(handle);
    let clock = tokio::spawn({
        let late = late.clone();
        async move {
            tokio::time::sleep(QUICK).await;
            late.store(true, Ordering::Relaxed);
        }
    });
    let answer = sqlx::query_scalar::<_, String>("pragma quick_check(1)")
        .fetch_one(&mut db)
        .await;
    clock.abort();
    let _ = db.close().await;
    match answer {
        Ok(answer) if answer == "ok" => Ok(()),
        Ok(answer) => Err(StoreError::Damaged {
            path: path.display().to_string(),
            damage: Damage {
                place: "database".to_owned(),
                cause: findings(&answer).collect::<Vec<_>>().join("; "),
            },
        }),
        // What was seen until then was sound.
        Err(_) if late.load(Ordering::Relaxed) => Ok(()),
        Err(error) => Err(unreadable(path, error)),
    }
}

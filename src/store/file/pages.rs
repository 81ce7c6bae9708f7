//! A quick look at the pages of a database.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::{Connection, SqliteConnection};

use super::paths::unreadable;
use crate::store::backup::damage::{Damage, findings};
use crate::store::error::StoreError;

/// How long a quick look takes at most: a start shall not wait for a large file …
pub(super) const QUICK: Duration = Duration::from_millis(100);
/// … so that it goes on for a while when the file is served.
pub(super) const LONGER: Duration = Duration::from_secs(1);

/// Steps of SQLite between two looks at whether the time is over: some microseconds.
const STEPS: i32 = 1000;

/// Looks at the pages of the database `db`, which is at `path`, for so long at `most`.
pub(in crate::store) async fn pages(
    mut db: SqliteConnection,
    path: &Path,
    most: Duration,
) -> Result<(), StoreError> {
    let late = Arc::new(AtomicBool::new(false));
    let is_late = late.clone();
    let mut handle = db.lock_handle().await?;
    handle.set_progress_handler(STEPS, move || !is_late.load(Ordering::Relaxed));
    drop(handle);
    let clock = tokio::spawn({
        let late = late.clone();
        async move {
            tokio::time::sleep(most).await;
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

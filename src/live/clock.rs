//! The one place where the clock is read.

use std::future::Future;
use std::time::{SystemTime, UNIX_EPOCH};

tokio::task_local! {
    /// By how many milliseconds the clock of a task is set on.
    static AHEAD: i64;
}

/// Unix milliseconds.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "this is where the clock becomes an argument"
)]
pub fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let now = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    now.saturating_add(AHEAD.try_with(|ahead| *ahead).unwrap_or_default())
}

/// Does `work` as if it were `milliseconds` later, as far as one task does it: nobody waits for a day to see what ends then.
pub async fn later<T>(milliseconds: i64, work: impl Future<Output = T>) -> T {
    AHEAD.scope(milliseconds, work).await
}

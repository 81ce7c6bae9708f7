//! The clock, and moments as people read them.

use std::time::{SystemTime, UNIX_EPOCH};

/// Unix milliseconds as people read them.
pub(crate) fn date(milliseconds: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(milliseconds);
    at.map_or_else(
        |_| String::new(),
        |at| at.strftime("%Y-%m-%d %H:%M").to_string(),
    )
}

/// Unix milliseconds: the one place where the clock is read.
#[expect(
    clippy::disallowed_methods,
    reason = "this is where the clock becomes an argument"
)]
pub(crate) fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

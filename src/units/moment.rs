//! Moments, as programs and as people read them.

/// `milliseconds` since 1970 as RFC 3339; nothing where no calendar reaches.
#[must_use]
pub fn rfc3339(milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(milliseconds)
        .map_or_else(|_| String::new(), |at| at.to_string())
}

/// The month of `milliseconds` since 1970, such as `2026-11`.
#[must_use]
pub fn month(milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(milliseconds)
        .map_or_else(|_| String::new(), |at| at.strftime("%Y-%m").to_string())
}

/// `milliseconds` since 1970 to the minute, such as `2026-11-24 12:00`.
#[must_use]
pub fn minute(milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(milliseconds).map_or_else(
        |_| String::new(),
        |at| at.strftime("%Y-%m-%d %H:%M").to_string(),
    )
}

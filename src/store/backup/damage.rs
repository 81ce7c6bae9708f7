//! Something in the database that is not as it was written.

use std::fmt;

/// Something in the database that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where: `database`, `upload 3`, `token 2`.
    pub place: String,
    /// What is wrong.
    pub cause: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.cause)
    }
}

impl Damage {
    pub(in crate::store) fn new(place: impl Into<String>, cause: impl fmt::Display) -> Self {
        Self {
            place: place.into(),
            cause: cause.to_string(),
        }
    }
}

/// What a check of SQLite says, without its headings.
pub(in crate::store) fn findings(answer: &str) -> impl Iterator<Item = &str> {
    answer.lines().filter(|line| !line.starts_with("***"))
}

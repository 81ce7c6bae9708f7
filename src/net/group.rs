//! The timing group: nets that a fit expects to behave alike.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;

use crate::json::Invalid;

/// A lower-case word of at most 64 characters, such as `regnety`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(transparent)]
pub struct Group(Cow<'static, str>);

impl Group {
    pub(super) const fn known(word: &'static str) -> Self {
        Self(Cow::Borrowed(word))
    }

    /// The group of nets about which nothing else is known.
    pub const OTHER: Self = Self::known("other");

    /// The group called `word`.
    ///
    /// # Errors
    /// Where it is not 1 to 64 of `a-z`, `0-9`, `_`, `-` and `.`.
    pub fn new(word: &str) -> Result<Self, Invalid> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.".contains(c);
        if (1..=64).contains(&word.len()) && word.chars().all(plain) {
            return Ok(Self(Cow::Owned(word.to_owned())));
        }
        let hint = "a lower-case word of at most 64 characters, such as regnety";
        Err(Invalid::at(
            "",
            word,
            "not the name of a timing group",
            hint,
        ))
    }

    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

//! The timing group: nets that a fit expects to behave alike.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use crate::json::Invalid;

/// A lower-case word of at most 64 characters, such as `regnety`. Groups of one word are equal, whoever found it.
#[derive(Clone, Debug, ToSchema)]
#[schema(value_type = String)]
pub struct Group(Word);

#[derive(Clone, Debug)]
enum Word {
    /// By a net's name or its family.
    Told(Cow<'static, str>),
    /// By a net's operators.
    Guessed(&'static str),
}

impl Group {
    pub(super) const fn known(word: &'static str) -> Self {
        Self(Word::Told(Cow::Borrowed(word)))
    }

    /// One that a net's operators tell.
    pub(super) const fn guessed(word: &'static str) -> Self {
        Self(Word::Guessed(word))
    }

    /// Whether a net's operators alone tell it, so that it may be another.
    #[must_use]
    pub fn is_guessed(&self) -> bool {
        matches!(self.0, Word::Guessed(_))
    }

    /// Whether its nets have SiLU, which keeps its input for the backward pass.
    #[must_use]
    pub fn has_silu(&self) -> bool {
        ["efficientnet", "regnetz"].contains(&self.as_str())
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
            return Ok(Self(Word::Told(Cow::Owned(word.to_owned()))));
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
        match &self.0 {
            Word::Told(word) => word,
            Word::Guessed(word) => word,
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl PartialEq for Group {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Group {}

impl PartialOrd for Group {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Group {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for Group {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl Serialize for Group {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Group {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = Cow::<str>::deserialize(deserializer)?;
        Self::new(&word).map_err(serde::de::Error::custom)
    }
}

//! What a path names: an id, or a word. What cannot be one is told with what would be.

use std::num::NonZeroI64;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use super::problem::ApiError;
use crate::json::Invalid;

/// The id that a path names, such as that of an upload: a whole number from 1.
pub(in crate::http) struct Id(pub(in crate::http) i64);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Word(word) = Word::from_request_parts(parts, state).await?;
        let digits = word.bytes().all(|b| b.is_ascii_digit());
        let id = word.parse::<NonZeroI64>().ok().filter(|_| digits);
        id.map(|id| Self(id.get())).ok_or_else(|| {
            let hint = "a whole number from 1, as the list of them names it, such as 2";
            Invalid::at("/id", word, "not an id", hint).into()
        })
    }
}

/// The name that a path holds.
pub(in crate::http) struct Word(pub(in crate::http) String);

impl<S: Send + Sync> FromRequestParts<S> for Word {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let params = params.map_err(|_| {
            let hint = "percent-encode a name as UTF-8, such as caf%C3%A9";
            Invalid::at("", parts.uri.path(), "the path is not text in UTF-8", hint)
        })?;
        let word = params.iter().next().map(|(_, word)| word.to_owned());
        word.map(Self).ok_or(ApiError::Internal)
    }
}

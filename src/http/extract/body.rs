//! Bodies and queries in, JSON out: the team's own extractors, whose refusals are problems.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::bounds::{BODY_BYTES, BODY_TIME, TooSlow};
use super::problem::ApiError;
use super::query::parameters;
use crate::json::{Invalid, check_length, check_lengths, parse, told};

/// A body of at most `LIMIT` bytes that is said to be JSON, and JSON that is written already.
#[derive(Clone, Debug)]
pub(in crate::http) struct JsonText<const LIMIT: usize = BODY_BYTES>(pub Bytes);

impl<S: Sync, const LIMIT: usize> FromRequest<S> for JsonText<LIMIT> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        expect_json(&parts.headers)?;
        Ok(Self(whole(body, LIMIT).await?))
    }
}

impl JsonText {
    /// The JSON of `answer`.
    pub(in crate::http) fn of(answer: &impl Serialize) -> Result<Self, ApiError> {
        // Most answers fit; to grow from nothing would copy each several times.
        let mut text = Vec::with_capacity(4096);
        serde_json::to_writer(&mut text, answer).map_err(|error| {
            tracing::error!(%error, "an answer could not be written");
            ApiError::Internal
        })?;
        Ok(Self(text.into()))
    }
}

impl IntoResponse for JsonText {
    fn into_response(self) -> Response {
        let mut answer = Response::new(Body::from(self.0));
        let json = HeaderValue::from_static("application/json");
        answer.headers_mut().insert(header::CONTENT_TYPE, json);
        answer
    }
}

/// The JSON value of a body of at most `LIMIT` bytes.
pub(in crate::http) struct JsonBody<const LIMIT: usize = BODY_BYTES>(pub Value);

impl<S: Sync, const LIMIT: usize> FromRequest<S> for JsonBody<LIMIT> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let JsonText(text) = JsonText::<LIMIT>::from_request(request, state).await?;
        Ok(Self(read(&text)?))
    }
}

/// The JSON value that `text` holds, no text in it longer than may be.
pub(in crate::http) fn read(text: &[u8]) -> Result<Value, ApiError> {
    let value = parse(text)?;
    check_lengths(&value)?;
    Ok(value)
}

/// All of `body`, where that is at most `limit` bytes.
pub(in crate::http) async fn whole(mut body: Body, limit: usize) -> Result<Bytes, ApiError> {
    if usize::try_from(body.size_hint().lower()).is_ok_and(|sent| sent > limit) {
        return Err(ApiError::TooLarge(limit));
    }
    let (mut first, mut all, mut reading) = (Bytes::new(), Vec::new(), Reading::default());
    while let Some(frame) = body.frame().await {
        let Ok(bytes) = frame.map_err(|error| unread(&error))?.into_data() else {
            continue;
        };
        if reading.0 + bytes.len() > limit {
            return Err(ApiError::TooLarge(limit));
        }
        reading.more(bytes.len())?;
        if first.is_empty() {
            first = bytes;
        } else {
            if all.is_empty() {
                all.extend_from_slice(&first);
            }
            all.extend_from_slice(&bytes);
        }
    }
    Ok(if all.is_empty() { first } else { all.into() })
}

/// Bytes of bodies that may wait in memory for their rest, all requests together.
pub(in crate::http) const MOST_READING: usize = 256 << 20;
static ALL_READING: AtomicUsize = AtomicUsize::new(0);

/// Bytes of one body that wait for its rest.
#[derive(Debug, Default)]
pub(super) struct Reading(usize);

impl Reading {
    /// Counts `bytes` more.
    ///
    /// # Errors
    /// Where all bodies together have too many.
    pub(super) fn more(&mut self, bytes: usize) -> Result<(), ApiError> {
        self.0 += bytes;
        if ALL_READING.fetch_add(bytes, Ordering::Relaxed) + bytes > MOST_READING {
            return Err(ApiError::Busy(1));
        }
        Ok(())
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        ALL_READING.fetch_sub(self.0, Ordering::Relaxed);
    }
}

/// Why a body did not arrive.
pub(in crate::http) fn unread(error: &(dyn std::error::Error + 'static)) -> ApiError {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<TooSlow>() {
            return ApiError::Slow(BODY_TIME.as_secs());
        }
        cause = error.source();
    }
    ApiError::Body(error.to_string())
}

fn expect_json(headers: &HeaderMap) -> Result<(), ApiError> {
    let sent = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = sent
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let json = essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"));
    let encoding = headers.get(header::CONTENT_ENCODING);
    if let Some(encoding) = encoding.filter(|encoding| *encoding != "identity") {
        let detail = format!(
            "the body is encoded as {encoding:?}: questions are read as plain JSON, only uploads may be gzip"
        );
        return Err(ApiError::MediaType(detail));
    }
    if json {
        return Ok(());
    }
    let detail = format!(
        "the body is `{sent}`, expected application/json: send the header Content-Type: application/json"
    );
    Err(ApiError::MediaType(detail))
}

/// The query of a URL, as a `T`.
pub(in crate::http) struct Params<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            check_length(&name, &value)?;
        }
        Query::try_from_uri(&parts.uri)
            .map(|Query(params)| Self(params))
            .map_err(|rejection| {
                let query = parts.uri.query().unwrap_or_default();
                let cause = std::error::Error::source(&rejection)
                    .map_or_else(String::new, ToString::to_string);
                unreadable(query, &cause).into()
            })
    }
}

/// What is wrong with `query`, of which serde says `cause`: `after: invalid digit found in string`.
fn unreadable(query: &str, cause: &str) -> Invalid {
    let sent = match parameters(query) {
        Ok(sent) => sent,
        Err(twice) => return twice,
    };
    let (name, message) = match cause.split_once(": ") {
        Some((name, message)) if sent.contains_key(name) => (name, message),
        _ => ("", cause),
    };
    let (detail, hint) = match message {
        "invalid digit found in string" | "cannot parse integer from empty string" => (
            "not a whole number".to_owned(),
            "write digits alone, such as 20".to_owned(),
        ),
        "number too large to fit in target type" | "number too small to fit in target type" => (
            "out of range".to_owned(),
            "write a smaller whole number".to_owned(),
        ),
        "provided string was not `true` or `false`" => (
            "neither true nor false".to_owned(),
            "write true or false".to_owned(),
        ),
        _ => told(message),
    };
    // An unknown parameter is only named in the message.
    let unknown = || message.strip_prefix("unknown field `")?.split('`').next();
    let name = if name.is_empty() {
        unknown().unwrap_or_default()
    } else {
        name
    };
    let pointer = if name.is_empty() {
        String::new()
    } else {
        format!("/{name}")
    };
    let value = sent.get(name).cloned().unwrap_or_else(|| query.into());
    Invalid::at(&pointer, value, detail, hint)
}

/// An answer in JSON.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        JsonText::of(&self.0).into_response()
    }
}

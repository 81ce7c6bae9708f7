//! A chart asked for and sent: one place that decides between image and table, and how the client may keep it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::look::{self, LookParams};
use crate::chart::{Figure, Look};
use crate::http::extract::etag::is_held;
use crate::http::extract::problem::ApiError;
use crate::http::extract::query::{parameters, split};
use crate::http::shared::Shared;
use crate::http::states::States;
use crate::json::Invalid;

/// An image that runs nothing and loads nothing; its own style sheet is all that it needs.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; \
     form-action 'none'; sandbox";

/// Kept, but asked for each time whether the data have changed.
const ASKED_AGAIN: &str = "no-cache";
/// Kept for a week without asking: its address says which data it is of. Not by a cache that others share, since it may have
/// taken a token.
const KEPT: &str = "private, max-age=604800, immutable";

/// How a figure is sent.
#[derive(Clone, Copy)]
enum Format {
    Svg(Look),
    Csv,
}

/// What a chart is asked for: its own parameters, and how it is to be sent.
pub(super) struct Chart<T> {
    /// Its own parameters.
    pub(super) params: T,
    /// How it is sent.
    pub(super) reply: Reply,
}

impl<T: DeserializeOwned> FromRequestParts<Shared> for Chart<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, ApiError> {
        let object = parameters(parts.uri.query().unwrap_or_default())?;
        let (look, params) = split::<LookParams, T>(object, &look::NAMES)?;
        Ok(Self {
            params,
            reply: Reply::new(parts, look, shared.states)?,
        })
    }
}

/// How a chart is sent: as the path ends, and only where the client does not have it already.
pub(super) struct Reply {
    format: Format,
    known: HeaderMap,
    as_of: Option<String>,
    states: States,
}

impl Reply {
    fn new(parts: &Parts, mut look: LookParams, states: States) -> Result<Self, Invalid> {
        let as_of = look.as_of.take();
        let look = look.try_into()?;
        let format = match parts.uri.path().rsplit_once('.') {
            Some((_, "csv")) => Format::Csv,
            _ => Format::Svg(look),
        };
        Ok(Self {
            format,
            known: parts.headers.clone(),
            as_of,
            states,
        })
    }

    /// The answer with what `draw` makes, drawn apart from the threads that answer requests; 304 where the client has it.
    ///
    /// Its tag carries the version of the data and a hash of what is sent, so that it also changes with the release.
    pub(super) fn with(
        &self,
        version: i64,
        draw: impl FnOnce() -> Result<Figure, Invalid>,
    ) -> Result<Response, ApiError> {
        let format = self.format;
        let figure = draw()?;
        let (tag, body) = match format {
            Format::Svg(look) => tagged(version, figure.svg(&look).into_bytes()),
            Format::Csv => tagged(version, figure.csv()),
        };
        let is_of_now = self.as_of.as_ref() == Some(&self.states.name(version));
        let keep = if is_of_now { KEPT } else { ASKED_AGAIN };
        let headers = headers(&tag, format, keep);
        if is_held(&self.known, &tag) {
            return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        Ok((headers, body).into_response())
    }
}

/// An image that is drawn already, of `version` of the data; 304 where the client has it.
pub(super) fn image(known: &HeaderMap, version: i64, svg: String) -> Response {
    let (tag, body) = tagged(version, svg.into_bytes());
    let headers = headers(&tag, Format::Svg(Look::default()), ASKED_AGAIN);
    if is_held(known, &tag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, body).into_response()
}

/// `body` with its tag.
fn tagged(version: i64, body: Vec<u8>) -> (String, Vec<u8>) {
    let hash = Sha256::digest(&body);
    let tag = hash
        .iter()
        .take(8)
        .fold(String::new(), |tag, byte| format!("{tag}{byte:02x}"));
    (format!("\"{version}-{tag}\""), body)
}

fn headers(tag: &str, format: Format, keep: &'static str) -> HeaderMap {
    let kind = match format {
        Format::Svg(_) => "image/svg+xml; charset=utf-8",
        Format::Csv => "text/csv; charset=utf-8",
    };
    let fixed: [(HeaderName, &'static str); 4] = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, keep),
    ];
    let fixed = fixed.map(|(name, value)| (name, HeaderValue::from_static(value)));
    let tag = HeaderValue::from_str(tag)
        .ok()
        .map(|tag| (header::ETAG, tag));
    fixed.into_iter().chain(tag).collect()
}

//! The id of a request, and the shape of its errors.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::problem::{ApiError, Problem};

/// Header that carries a request's id, both ways.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request: one that the client chose, where it is a plain word; else a new one.
pub(in crate::http) struct RequestId(HeaderValue);

impl RequestId {
    pub(in crate::http) fn of(headers: &HeaderMap) -> Self {
        let plain = |word: &[u8]| {
            (1..=64).contains(&word.len())
                && word
                    .iter()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
        };
        match headers.get(REQUEST_ID) {
            Some(sent) if plain(sent.as_bytes()) => Self(sent.clone()),
            _ => Self(new_id()),
        }
    }

    pub(in crate::http) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// Names it in the answer.
    pub(in crate::http) fn name(&self, headers: &mut HeaderMap) {
        headers.insert(REQUEST_ID, self.0.clone());
    }
}

/// A word that no other request of this process has, and hardly one of another.
fn new_id() -> HeaderValue {
    // To ask for the process's id is a call of the system each time.
    static NEXT: LazyLock<AtomicU64> =
        LazyLock::new(|| AtomicU64::new(u64::from(std::process::id()) << 32));
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut word = *b"0000000000000000";
    for (place, letter) in (0..16).zip(word.iter_mut().rev()) {
        let digit = usize::try_from(number >> (4 * place) & 15).unwrap_or_default();
        *letter = b"0123456789abcdef"[digit];
    }
    HeaderValue::from_bytes(&word).unwrap_or(HeaderValue::from_static("-"))
}

/// Errors as problems: ours from the error that the handler left, axum's own from their status. A page says itself what is
/// wrong.
pub(in crate::http) fn with_problem(response: Response, id: &str, path: &str) -> Response {
    if let Some(error) = response.extensions().get::<Arc<ApiError>>() {
        let mut answer = error.problem(id).into_response();
        answer.headers_mut().extend(kept(response.headers()));
        return answer;
    }
    let status = response.status();
    let page = response.headers().get(header::CONTENT_TYPE);
    let page = page.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if page || !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let detail = match status {
        StatusCode::NOT_FOUND => {
            let path: String = path.chars().take(200).collect();
            format!("nothing is at {path}: /openapi.json lists what there is")
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            format!("{path} does not answer this method: see the header Allow")
        }
        _ => status.canonical_reason().unwrap_or("error").to_lowercase(),
    };
    let mut answer = Problem::new(status, detail, id).into_response();
    answer.headers_mut().extend(kept(response.headers()));
    answer
}

/// Headers that an error keeps.
fn kept(headers: &HeaderMap) -> HeaderMap {
    let keeps = [
        header::ALLOW,
        header::RETRY_AFTER,
        header::VARY,
        header::WWW_AUTHENTICATE,
    ];
    keeps
        .into_iter()
        .filter_map(|name| Some((name.clone(), headers.get(name)?.clone())))
        .collect()
}

//! What surrounds every request: its id, its log line, and the shape of its errors.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tokio::time::Instant;

use super::problem::{ApiError, Problem};

/// Header that carries a request's id, both ways.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request its id, answers it, writes its log line; panics and bare errors become problems.
pub(super) async fn surround(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = id_of(request.headers());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let path = request.uri().path().to_owned();
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let response = answered.unwrap_or_else(|_| ApiError::Internal.into_response());
    let mut response = with_problem(response, &id, &path);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    tracing::info!(
        %id,
        %method,
        route = route.as_ref().map_or("-", MatchedPath::as_str),
        status = response.status().as_u16(),
        micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        "request"
    );
    response
}

/// An id that the client chose, where it is a plain word; else a new one.
fn id_of(headers: &HeaderMap) -> String {
    let plain = |word: &&str| {
        (1..=64).contains(&word.len())
            && word
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    let sent = headers
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(plain);
    sent.map_or_else(new_id, str::to_owned)
}

/// A word that no other request of this process has, and hardly one of another.
fn new_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let process = u64::from(std::process::id()) << 32;
    format!("{:012x}", process | NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Errors as problems: ours from the error that the handler left, axum's own from their status.
fn with_problem(response: Response, id: &str, path: &str) -> Response {
    if let Some(error) = response.extensions().get::<Arc<ApiError>>() {
        let mut answer = error.problem(id).into_response();
        answer.headers_mut().extend(kept(response.headers()));
        return answer;
    }
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let detail = match status {
        StatusCode::NOT_FOUND => format!("nothing is at {path}: /openapi.json lists what there is"),
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
    let keeps = [header::ALLOW, header::RETRY_AFTER, header::WWW_AUTHENTICATE];
    keeps
        .into_iter()
        .filter_map(|name| Some((name.clone(), headers.get(name)?.clone())))
        .collect()
}

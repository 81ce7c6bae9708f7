//! A file as it is served: its kind, its tag, how long a browser keeps it, and what it may do there.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::OnceLock;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::http::extract::etag::is_held;
use crate::http::extract::packed::{is_gzip, is_long, smallest, takes_gzip, varies};

/// Nothing is loaded from elsewhere, nothing inline runs, and text becomes a document in one place only: where charts
/// are read.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types charts";
/// Kept, but asked for each time whether it has changed.
pub(super) const ASKED_AGAIN: &str = "no-cache";

pub(super) const HTML: &str = "text/html; charset=utf-8";

/// A file as it is served.
pub(super) struct File {
    pub(super) text: Bytes,
    /// The same as gzip, once somebody has asked for it.
    small: OnceLock<Option<Bytes>>,
    kind: &'static str,
    /// A tag of its content.
    tag: String,
}

impl File {
    pub(super) fn new(name: &str, text: Bytes) -> Self {
        let kind = match name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            Some("csv") => "text/csv; charset=utf-8",
            Some("json") => "application/json",
            Some("txt") => "text/plain; charset=utf-8",
            Some("png") => "image/png",
            Some("woff2") => "font/woff2",
            _ => HTML,
        };
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Self {
            text,
            small: OnceLock::new(),
            kind,
            tag: format!("\"{:016x}\"", hasher.finish()),
        }
    }

    /// The same, packed as answers are: what is sent once is not worth more.
    pub(super) fn sent_once(self) -> Self {
        let small = OnceLock::from(None);
        Self { small, ..self }
    }

    /// This page where a browser asked for what is not there: only browsers say that they want HTML. To all others the
    /// status says it.
    pub(super) fn instead_of_nothing(&self, method: &Method, headers: &HeaderMap) -> Response {
        let wanted = headers.get(header::ACCEPT).map(HeaderValue::as_bytes);
        let html = wanted.is_some_and(|wanted| wanted.windows(9).any(|word| word == b"text/html"));
        let mut response = if html && [Method::GET, Method::HEAD].contains(method) {
            self.answer(&HeaderMap::new(), ASKED_AGAIN)
        } else {
            StatusCode::NOT_FOUND.into_response()
        };
        *response.status_mut() = StatusCode::NOT_FOUND;
        let headers = response.headers_mut();
        headers.remove(header::ETAG);
        headers.insert(header::VARY, HeaderValue::from_static("accept"));
        response
    }

    /// As gzip, where that is worth it.
    fn small(&self) -> Option<&Bytes> {
        let small = || {
            is_long(&self.text)
                .then(|| smallest(&self.text).ok())
                .flatten()
        };
        let small = || small().filter(|small| small.len() < self.text.len());
        self.small.get_or_init(small).as_ref()
    }

    /// The file, or that it has not changed since the browser got it.
    pub(super) fn answer(&self, headers: &HeaderMap, keep: &'static str) -> Response {
        let small = takes_gzip(headers).then(|| self.small()).flatten();
        let held = is_held(headers, &self.tag);
        let mut response = if held {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            small.unwrap_or(&self.text).clone().into_response()
        };
        let headers = response.headers_mut();
        dress(headers, self.kind, keep);
        if let Ok(tag) = HeaderValue::from_str(&self.tag) {
            headers.insert(header::ETAG, tag);
        }
        if small.is_some() && !held {
            is_gzip(headers);
        }
        if small.is_some() || held {
            varies(headers);
        }
        response
    }
}

/// Says what a file is, what it may do, and how long a browser keeps it.
pub(super) fn dress(headers: &mut HeaderMap, kind: &'static str, keep: &'static str) {
    let words: [(HeaderName, &'static str); 6] = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, keep),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    for (name, word) in words {
        headers.insert(name, HeaderValue::from_static(word));
    }
}

//! The pages and files of `static/`, compiled in.

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::IntoResponse;
use axum::routing::get;

use super::Shared;

pub(super) fn router() -> Router<Shared> {
    let index = || async {
        page(
            "text/html; charset=utf-8",
            include_str!("../../static/index.html"),
        )
    };
    let style = || async {
        page(
            "text/css; charset=utf-8",
            include_str!("../../static/style.css"),
        )
    };
    Router::new()
        .route("/", get(index))
        .route("/style.css", get(style))
}

/// Nothing is loaded from elsewhere, and nothing inline runs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

fn page(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let headers: [(HeaderName, HeaderValue); 4] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(POLICY),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
    ];
    (headers, text)
}

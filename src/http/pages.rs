//! The pages and files of `static/`, compiled in.

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::IntoResponse;
use axum::routing::get;

use super::Shared;

pub(super) fn router() -> Router<Shared> {
    let html = "text/html; charset=utf-8";
    let index = || async { file(html, include_str!("../../static/index.html"), POLICY) };
    let docs = || async { file(html, include_str!("../../static/docs.html"), DOCS_POLICY) };
    let home = || async {
        file(
            "text/javascript; charset=utf-8",
            include_str!("../../static/home.js"),
            POLICY,
        )
    };
    let style = || async {
        file(
            "text/css; charset=utf-8",
            include_str!("../../static/style.css"),
            POLICY,
        )
    };
    let viewer = || async {
        file(
            "text/javascript; charset=utf-8",
            include_str!("../../static/vendor/rapidoc-9.3.8.min.js"),
            POLICY,
        )
    };
    Router::new()
        .route("/", get(index))
        .route("/docs", get(docs))
        .route("/home.js", get(home))
        .route("/style.css", get(style))
        .route("/vendor/rapidoc.js", get(viewer))
}

/// Nothing is loaded from elsewhere, and nothing inline runs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
/// The same for the viewer of the API, which writes styles into its own elements.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

fn file(kind: &'static str, text: &'static str, policy: &'static str) -> impl IntoResponse {
    let headers: [(HeaderName, HeaderValue); 4] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(policy),
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

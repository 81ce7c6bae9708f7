//! The pages and what they load: files of `static/`, each with a tag by which a browser asks whether it has changed.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::Shared;
use super::etag::is_held;
use super::files::{ASSETS, FRAME, NOT_FOUND, PAGES, Page};

/// All of them, for a service that is reached under `base` where that is set.
pub(super) fn router(base: Option<&str>) -> Router<Shared> {
    let at_its_paths = |page: &'static Page| {
        let text = Bytes::from(under(base, &framed(page)));
        page.paths.iter().map(move |&path| (path, text.clone()))
    };
    let pages = PAGES.iter().flat_map(at_its_paths);
    let pages = pages.map(|(path, text)| (path.to_owned(), text));
    let assets = ASSETS
        .iter()
        .map(|(path, text)| (format!("/static/{path}"), Bytes::from_static(text)));
    let files = pages.chain(assets);
    let nothing = File::new("", Bytes::from(under(base, &framed(&NOT_FOUND))));
    let nothing = move |method: Method, headers: HeaderMap| async move {
        nothing.instead_of_nothing(&method, &headers)
    };
    files.fold(Router::new().fallback(nothing), |router, (path, text)| {
        let file = File::new(&path, text);
        router.route(
            &path,
            get(move |headers: HeaderMap| async move { file.answer(&headers) }),
        )
    })
}

/// A page in the frame, which marks the link to it.
fn framed(page: &Page) -> String {
    let mut frame = FRAME.to_owned();
    for path in page.paths.iter().take(1) {
        let link = format!("href=\"{path}\">");
        let here = link.replace('>', " aria-current=\"page\">");
        frame = frame.replacen(&link, &here, 1);
    }
    let places = [
        ("{main}", page.main),
        ("{title}", page.title),
        ("{about}", page.about),
        ("{script}", page.script),
        ("{version}", env!("CARGO_PKG_VERSION")),
        ("{licence}", env!("CARGO_PKG_LICENSE")),
    ];
    let fill = |frame: String, (place, text): (&str, &str)| frame.replace(place, text);
    places.into_iter().fold(frame, fill)
}

/// A page whose links and files are under `base`: its attributes name them from the root. What its scripts ask for is under
/// it too, since they know where they were loaded from.
fn under(base: Option<&str>, page: &str) -> String {
    page.replace("=\"/", &format!("=\"{}/", base.unwrap_or_default()))
}

/// Nothing is loaded from elsewhere, nothing inline runs, and text becomes a document in one place only: where charts
/// are read.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types charts";
/// A file as it is served.
#[derive(Clone)]
struct File {
    text: Bytes,
    kind: &'static str,
    /// A tag of its content.
    tag: String,
}

impl File {
    fn new(path: &str, text: Bytes) -> Self {
        let kind = match path.rsplit_once('.').map(|(_, extension)| extension) {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            Some("csv") => "text/csv; charset=utf-8",
            Some("json") => "application/json",
            Some("txt") => "text/plain; charset=utf-8",
            Some("png") => "image/png",
            Some("woff2") => "font/woff2",
            _ => "text/html; charset=utf-8",
        };
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Self {
            text,
            kind,
            tag: format!("\"{:016x}\"", hasher.finish()),
        }
    }

    /// This page where a browser asked for what is not there: only browsers say that they want HTML. To all others the
    /// status says it.
    fn instead_of_nothing(&self, method: &Method, headers: &HeaderMap) -> Response {
        let wanted = headers.get(header::ACCEPT).map(HeaderValue::as_bytes);
        let html = wanted.is_some_and(|wanted| wanted.windows(9).any(|word| word == b"text/html"));
        let mut response = if html && [Method::GET, Method::HEAD].contains(method) {
            self.answer(&HeaderMap::new())
        } else {
            StatusCode::NOT_FOUND.into_response()
        };
        *response.status_mut() = StatusCode::NOT_FOUND;
        let headers = response.headers_mut();
        headers.remove(header::ETAG);
        headers.insert(header::VARY, HeaderValue::from_static("accept"));
        response
    }

    /// The file, or that it has not changed since the browser got it.
    fn answer(&self, headers: &HeaderMap) -> Response {
        let mut response = if is_held(headers, &self.tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            self.text.clone().into_response()
        };
        let words: [(HeaderName, &'static str); 6] = [
            (header::CONTENT_TYPE, self.kind),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::CACHE_CONTROL, "no-cache"),
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                "same-origin",
            ),
        ];
        let headers = response.headers_mut();
        for (name, word) in words {
            headers.insert(name, HeaderValue::from_static(word));
        }
        if let Ok(tag) = HeaderValue::from_str(&self.tag) {
            headers.insert(header::ETAG, tag);
        }
        response
    }
}

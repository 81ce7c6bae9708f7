//! The pages and what they load.
//!
//! A page holds the answers to what its script asks first, and has a tag by which a browser asks whether it has changed.
//! What it loads has a hash of all that is loaded in its path: a browser keeps it for ever, and asks for another path once
//! anything in it has changed.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock, OnceLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};

use super::Shared;
use super::etag::is_held;
use super::files::{ASSETS, FRAME, NOT_FOUND, PAGES, Page};
use super::packed::{is_gzip, is_long, smallest, takes_gzip, varies};
use super::settings::Settings;
use super::told::{FIRST, Told};

/// All of them, with what `api` answers to their first questions: to nobody where that takes a token.
pub(super) fn router(settings: &Settings, api: &Router) -> Router<Shared> {
    let base = settings.base_path.as_deref();
    let paths = |page: &'static Page| page.paths.iter().map(move |&path| (path, page));
    let pages = PAGES.iter().flat_map(paths);
    let pages = pages.fold(Router::new(), |router, (path, page)| {
        let text = under(base, &framed(page));
        let told = Told::new(path, text, (!settings.require_token).then(|| api.clone()));
        let told = Arc::new(told);
        let told = move |live, uri, headers| told.clone().page(live, uri, headers);
        router.route(path, get(told))
    });
    let nothing = under(base, &framed(&NOT_FOUND)).replace(FIRST, "{}");
    let nothing = Arc::new(File::new("page.html", nothing.into()));
    let nothing = move |method: Method, headers: HeaderMap| async move {
        nothing.instead_of_nothing(&method, &headers)
    };
    pages
        .route("/static/{loaded}/{*path}", get(asset))
        .fallback(nothing)
}

/// What a page loads, for ever where the path has the hash of what there is. Of another release, while one replaces the
/// other, there is the same file of this one, for this once.
async fn asset(Path((loaded, path)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let keep = if loaded == LOADED.version {
        "public, max-age=31536000, immutable"
    } else {
        ASKED_AGAIN
    };
    let file = LOADED.files.get(path.as_str());
    file.map_or_else(
        || StatusCode::NOT_FOUND.into_response(),
        |file| file.answer(&headers, keep),
    )
}

/// What answers with `text`, of the kind that `name` ends in, as long as it has not changed.
pub(super) fn file(name: &str, text: impl Into<Bytes>) -> MethodRouter<Shared> {
    let file = Arc::new(File::new(name, text.into()));
    get(move |headers: HeaderMap| async move { file.answer(&headers, ASKED_AGAIN) })
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
        ("{loaded}", &LOADED.version),
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

/// What the pages load.
struct Loaded {
    /// A hash of all of it.
    version: String,
    /// By their paths below the folder that is named for the hash.
    files: BTreeMap<&'static str, File>,
}

static LOADED: LazyLock<Loaded> = LazyLock::new(|| {
    let is_sheet = |path: &str| path.starts_with("css/");
    // All style sheets in one, for one question; what the charts look like comes last.
    let sheets = ASSETS.iter().filter(|(path, _)| is_sheet(path));
    let mut sheet = sheets.fold(Vec::new(), |all, (_, text)| [&all, *text].concat());
    sheet.extend(crate::chart::sheet().bytes());
    let others = ASSETS.iter().filter(|(path, _)| !is_sheet(path));
    let others = others.map(|&(path, text)| (path, Bytes::from_static(text)));
    let mut hasher = DefaultHasher::new();
    let all = others.chain([("css/all.css", sheet.into())]);
    let files = all.map(|(path, text)| {
        (path, &text).hash(&mut hasher);
        (path, File::new(path, text))
    });
    let files = files.collect();
    let version = format!("{:016x}", hasher.finish());
    Loaded { version, files }
});

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
    fn instead_of_nothing(&self, method: &Method, headers: &HeaderMap) -> Response {
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

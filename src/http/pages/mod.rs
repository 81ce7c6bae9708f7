//! The pages and what they load.
//!
//! A page holds the answers to what its script asks first, and has a tag by which a browser asks whether it has changed.
//! What it loads has a hash of all that is loaded in its path: a browser keeps it for ever, and asks for another path once
//! anything in it has changed.

pub(super) mod files;
mod first;
pub(super) mod served;
mod told;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};

use super::settings::Settings;
use super::shared::Shared;
use files::{ASSETS, FRAME, NOT_FOUND, PAGES, Page};
use served::{ASKED_AGAIN, File};
use told::{FIRST, Told};

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

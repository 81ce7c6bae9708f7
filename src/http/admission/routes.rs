//! What is known of each path before its handler runs: the name it is counted under, who may call it, how heavy it is.

use std::collections::BTreeSet;

use axum::http::Method;
use matchit::Router;
use utoipa::openapi::{HttpMethod, OpenApi, PathItem};

use crate::http::extract::bounds::{BATCH_BODY_BYTES, BODY_BYTES, UPLOAD_BYTES};

/// Questions that take milliseconds of a processor: they wait for one, or are refused.
const HEAVY: [&str; 8] = [
    "/v1/compare",
    "/v1/compare.csv",
    "/v1/evaluation",
    "/v1/explain",
    "/v1/plan",
    "/v1/platforms/{id}",
    "/v1/platforms/{id}/next",
    "/v1/predict/batch",
];

/// Questions that are too long for a URL: they change nothing.
const OPEN: [&str; 6] = [
    "/v1/compare",
    "/v1/complexity",
    "/v1/explain",
    "/v1/plan",
    "/v1/predict",
    "/v1/predict/batch",
];

/// Answered always, to whoever asks: those who watch over the service.
const WATCH: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// What a request asks of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// Microseconds.
    Light,
    /// Milliseconds of a processor.
    Heavy,
    /// A body that is stored.
    Upload,
    /// Nothing: asking after the service itself.
    Watch,
}

/// A path of the OpenAPI document, or the sum of all others.
#[derive(Debug)]
pub(in crate::http) struct Route {
    /// Its place among all.
    pub(in crate::http) index: usize,
    /// The path as the document writes it; `-` for all others.
    pub(in crate::http) path: String,
    pub(super) work: Work,
    /// Longest body that is read here.
    pub(super) body_bytes: u64,
    /// Whether its handler tells of the service itself.
    pub(super) tells: bool,
    /// Whether it is in the document: the others are pages, or nothing.
    pub(super) documented: bool,
    /// Methods that change something.
    guarded: BTreeSet<&'static str>,
}

impl Route {
    /// Whether `method` changes something here.
    pub(in crate::http) fn is_guarded(&self, method: &Method) -> bool {
        !self.guarded.is_empty() && self.guarded.contains(method.as_str())
    }

    /// Whether reading it takes a token where the service is run so: not pages, and not whether it lives.
    pub(in crate::http) fn needs_token_to_read(&self) -> bool {
        self.documented && !["/healthz", "/readyz"].contains(&self.path.as_str())
    }
}

/// All of them.
pub(in crate::http) struct Routes {
    of_path: Router<usize>,
    all: Vec<Route>,
}

impl Routes {
    pub(super) fn of(document: &OpenApi) -> Self {
        let mut of_path = Router::new();
        let mut all = vec![Route {
            index: 0,
            path: "-".to_owned(),
            work: Work::Light,
            body_bytes: body_bytes("-"),
            tells: false,
            documented: false,
            guarded: BTreeSet::new(),
        }];
        for (path, item) in &document.paths.paths {
            let index = all.len();
            // The router of the handlers has taken the same paths.
            if of_path.insert(path.as_str(), index).is_ok() {
                all.push(Route {
                    index,
                    path: path.clone(),
                    work: work(path),
                    body_bytes: body_bytes(path),
                    tells: [Work::Watch, Work::Upload].contains(&work(path))
                        || path == "/v1/limits",
                    documented: true,
                    guarded: guarded(path, item),
                });
            }
        }
        Self { of_path, all }
    }

    pub(super) fn at(&self, path: &str) -> &Route {
        let index = self.of_path.at(path).map_or(0, |found| *found.value);
        &self.all[index]
    }

    pub(in crate::http) fn all(&self) -> &[Route] {
        &self.all
    }
}

fn work(path: &str) -> Work {
    match path {
        "/v1/measurements" => Work::Upload,
        _ if WATCH.contains(&path) => Work::Watch,
        _ if HEAVY.contains(&path) || path.starts_with("/v1/charts/") => Work::Heavy,
        _ => Work::Light,
    }
}

fn body_bytes(path: &str) -> u64 {
    let json = match path {
        "/v1/measurements" => return UPLOAD_BYTES,
        "/v1/predict/batch" => BATCH_BODY_BYTES,
        _ => BODY_BYTES,
    };
    u64::try_from(json).unwrap_or(u64::MAX)
}

/// All operations but reading and [`OPEN`].
fn guarded(path: &str, item: &PathItem) -> BTreeSet<&'static str> {
    let methods = [
        (item.post.is_some(), HttpMethod::Post),
        (item.put.is_some(), HttpMethod::Put),
        (item.patch.is_some(), HttpMethod::Patch),
        (item.delete.is_some(), HttpMethod::Delete),
    ];
    methods
        .into_iter()
        .filter(|(there, method)| *there && !(*method == HttpMethod::Post && OPEN.contains(&path)))
        .map(|(_, method)| match method {
            HttpMethod::Put => "PUT",
            HttpMethod::Patch => "PATCH",
            HttpMethod::Delete => "DELETE",
            _ => "POST",
        })
        .collect()
}

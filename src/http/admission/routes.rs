//! What is known of each path before its handler runs: the name it is counted under, who may call it, how heavy it is.
//!
//! Each operation says so beside its handler, in extensions of the OpenAPI document. `x-weight`: `heavy` where it takes
//! milliseconds of a processor, so that it waits for one or is refused; `upload`; `watch` where it asks after the service
//! itself and is always answered. `x-open`: a `POST` that changes nothing, as its question is too long for an address. `x-body-bytes`:
//! the longest body, where it is not the usual one. `x-admin`: it takes a token of scope `admin`, be it to read.

use std::collections::BTreeSet;

use axum::http::Method;
use matchit::Router;
use serde_json::Value;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, PathItem, RefOr};

use crate::http::extract::bounds::BODY_BYTES;
use crate::http::extract::onnx::ONNX;
use crate::units::to_u64;

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

/// Whose a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// It is not in the document: a page, or nothing.
    Pages,
    /// It is an operation for all who may read, or write.
    Everybody,
    /// It is one for administrators alone, be it to read.
    Administrators,
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
    /// Whether it takes a net as an ONNX file.
    pub(super) takes_onnx: bool,
    /// Whether its answer is about the service itself, such as its load or its limits.
    pub(super) of_service: bool,
    whose: Whose,
    /// Methods that change something.
    guarded: BTreeSet<&'static str>,
}

impl Route {
    /// Whether `method` changes something here.
    pub(in crate::http) fn is_guarded(&self, method: &Method) -> bool {
        !self.guarded.is_empty() && self.guarded.contains(method.as_str())
    }

    /// Whether it is for administrators alone.
    pub(in crate::http) fn is_for_admins(&self) -> bool {
        self.whose == Whose::Administrators
    }

    /// Whether it is in the document: the others are pages, or nothing.
    pub(super) fn is_documented(&self) -> bool {
        self.whose != Whose::Pages
    }

    /// Whether reading it takes a token where the service is run so: not pages, and not whether it lives.
    pub(in crate::http) fn needs_token_to_read(&self) -> bool {
        self.is_documented() && !["/healthz", "/readyz"].contains(&self.path.as_str())
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
            body_bytes: body_bytes(&PathItem::default()),
            takes_onnx: false,
            of_service: false,
            whose: Whose::Pages,
            guarded: BTreeSet::new(),
        }];
        for (path, item) in &document.paths.paths {
            let index = all.len();
            // The router of the handlers has taken the same paths.
            if of_path.insert(path.as_str(), index).is_ok() {
                all.push(Route {
                    index,
                    path: path.clone(),
                    work: work(item),
                    body_bytes: body_bytes(item),
                    takes_onnx: takes_onnx(item),
                    of_service: [Work::Watch, Work::Upload].contains(&work(item))
                        || path == "/v1/limits",
                    whose: if for_admins(item) {
                        Whose::Administrators
                    } else {
                        Whose::Everybody
                    },
                    guarded: guarded(item),
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

/// What the extension `name` of `operation` says.
fn extension<'a>(operation: &'a Operation, name: &str) -> Option<&'a Value> {
    operation.extensions.as_ref()?.get(name)
}

/// Whether the extension `name` of `operation` is true.
fn says(operation: &Operation, name: &str) -> bool {
    extension(operation, name).and_then(Value::as_bool) == Some(true)
}

/// The operations of a path.
fn operations(item: &PathItem) -> impl Iterator<Item = &Operation> {
    let all = [&item.get, &item.post, &item.put, &item.patch, &item.delete];
    all.into_iter().flatten()
}

/// The weight that an operation of the path names: they share the handlers' way in.
fn work(item: &PathItem) -> Work {
    let weight = operations(item).find_map(|operation| extension(operation, "x-weight")?.as_str());
    match weight {
        Some("heavy") => Work::Heavy,
        Some("upload") => Work::Upload,
        Some("watch") => Work::Watch,
        _ => Work::Light,
    }
}

/// Longest body of the path.
fn body_bytes(item: &PathItem) -> u64 {
    let longest = item
        .post
        .as_ref()
        .and_then(|post| extension(post, "x-body-bytes")?.as_u64());
    longest.unwrap_or_else(|| to_u64(BODY_BYTES))
}

/// Whether an operation of the path is for administrators alone: then all of them are.
fn for_admins(item: &PathItem) -> bool {
    operations(item).any(|operation| says(operation, "x-admin"))
}

/// Whether the document says that the path takes an ONNX file.
fn takes_onnx(item: &PathItem) -> bool {
    let body = item
        .post
        .as_ref()
        .and_then(|post| post.request_body.as_ref());
    matches!(body, Some(RefOr::T(body)) if body.content.contains_key(ONNX))
}

/// All operations but reading and those that are open.
fn guarded(item: &PathItem) -> BTreeSet<&'static str> {
    let methods = [
        ("POST", &item.post),
        ("PUT", &item.put),
        ("PATCH", &item.patch),
        ("DELETE", &item.delete),
    ];
    let is_guarded = |operation: &Operation| !says(operation, "x-open");
    methods
        .into_iter()
        .filter(|(_, operation)| operation.as_ref().is_some_and(is_guarded))
        .map(|(method, _)| method)
        .collect()
}

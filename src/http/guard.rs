//! Who may do what: one layer before all handlers, which denies what is not known to be open.
//!
//! Reading and predicting are open. Every other operation of the OpenAPI document needs a token; one that the document
//! does not know has no handler either.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::{HttpMethod, OpenApi};

use super::limiter::{Limiter, Peer};
use super::problem::ApiError;
use super::{Shared, clock};
use crate::store::{Scope, Token};

/// Questions that are too long for a URL: they change nothing.
const OPEN: [&str; 4] = [
    "/v1/compare",
    "/v1/complexity",
    "/v1/predict",
    "/v1/predict/batch",
];

/// The operations that need a token.
#[derive(Debug)]
pub(super) struct Guarded(BTreeSet<(Method, String)>);

impl Guarded {
    /// All of `document` but reading and [`OPEN`].
    pub(super) fn of(document: &OpenApi) -> Self {
        let operations = document.paths.paths.iter().flat_map(|(path, item)| {
            let methods = [
                (item.post.is_some(), HttpMethod::Post, Method::POST),
                (item.put.is_some(), HttpMethod::Put, Method::PUT),
                (item.patch.is_some(), HttpMethod::Patch, Method::PATCH),
                (item.delete.is_some(), HttpMethod::Delete, Method::DELETE),
            ];
            methods
                .into_iter()
                .filter(|(there, ..)| *there)
                .map(|(_, _, method)| (method, path.clone()))
        });
        Self(
            operations
                .filter(|(method, path)| !(method == Method::POST && OPEN.contains(&path.as_str())))
                .collect(),
        )
    }

    fn holds(&self, request: &Request) -> bool {
        let path = request
            .extensions()
            .get::<MatchedPath>()
            .map(MatchedPath::as_str);
        path.is_some_and(|path| {
            self.0
                .contains(&(request.method().clone(), path.to_owned()))
        })
    }
}

/// Who sends a request, to a handler that needs to know.
#[derive(Clone, Debug)]
pub(super) struct Caller(pub(super) Token);

impl Caller {
    /// Whether what `sender` has uploaded is the caller's to take out.
    pub(super) fn may_change(&self, sender: &str) -> Result<(), ApiError> {
        if self.0.scope == Scope::Admin || self.0.name == sender {
            return Ok(());
        }
        let detail = format!("{sender} has sent it: that takes a token of scope admin, or its own");
        Err(ApiError::Forbidden(detail))
    }
}

/// What the guard needs to know.
pub(super) struct Guard {
    pub(super) guarded: Guarded,
    pub(super) live: Shared,
    pub(super) limiter: Limiter,
}

/// Lets a request through where its operation is open, or its token holds, and it does not come too often.
pub(super) async fn guard(guard: Arc<Guard>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().copied();
    if let Err(error) = guard.limiter.request(peer, request.headers()) {
        return error.into_response();
    }
    if guard.guarded.holds(&request) {
        let sent = bearer(request.headers());
        let caller = caller(&guard.live, sent.as_deref()).await;
        match caller.and_then(|caller| guard.limiter.write(&caller.0.name).map(|()| caller)) {
            Ok(caller) => drop(request.extensions_mut().insert(caller)),
            Err(error) => return error.into_response(),
        }
    }
    next.run(request).await
}

/// The token that a request carries.
fn bearer(headers: &HeaderMap) -> Option<String> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().to_owned())
}

async fn caller(live: &Shared, sent: Option<&str>) -> Result<Caller, ApiError> {
    let Some(sent) = sent else {
        let detail =
            "this needs a token: send Authorization: Bearer …; `epochcast token create` makes one";
        return Err(ApiError::Unauthorized(detail));
    };
    match live.store().token(sent, clock::now()).await? {
        Some(token) if token.scope >= Scope::Write => Ok(Caller(token)),
        Some(token) => {
            let detail = format!(
                "the token {} is of scope {}, and this needs write",
                token.name, token.scope
            );
            Err(ApiError::Forbidden(detail))
        }
        None => Err(ApiError::Unauthorized(
            "this token is unknown, revoked or expired",
        )),
    }
}

//! Who may do what: looked at before all handlers, and what is not known to be open is denied.
//!
//! Reading and predicting are open, unless the service is run with `--require-token`. Every other operation of the OpenAPI
//! document needs a token; one that the document does not know has no handler either.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, Method, header};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::Route;
use crate::http::extract::problem::ApiError;
use crate::http::settings::Settings;
use crate::live::Live;
use crate::live::clock;
use crate::store::{Deed, Scope, Sender, Senders, Token, UploadRow};

/// Who sends a request, to a handler that needs to know.
#[derive(Clone, Debug)]
pub(in crate::http) struct Caller(pub(in crate::http) Token);

impl Caller {
    /// What the caller does at `at`.
    pub(in crate::http) fn does(&self, at: i64) -> Deed {
        Deed {
            by: Sender::from(&self.0),
            at,
        }
    }

    /// Whose part in what these `uploads` sent the caller may take out or put back: everybody's, or the caller's own.
    pub(in crate::http) fn may_change(&self, uploads: &[UploadRow]) -> Result<Senders, ApiError> {
        let caller = &self.0;
        if caller.scope == Scope::Admin {
            return Ok(Senders::Everybody);
        }
        if uploads
            .iter()
            .any(|upload| upload.sender.token == Some(caller.id))
        {
            return Ok(Senders::One(Sender::from(caller)));
        }
        let sender = uploads
            .first()
            .map_or("nobody", |upload| &upload.sender.name);
        let detail = format!("{sender} has sent it: that takes a token of scope admin, or its own");
        Err(ApiError::Forbidden(detail))
    }
}

/// What is asked for a token.
pub(super) struct Guard {
    live: Arc<Live>,
    read_only: bool,
    require_token: bool,
    /// Tokens that were believed lately and when, by their hash.
    known: Mutex<HashMap<[u8; 32], (Caller, Instant)>>,
}

/// How long a token that reads is believed before the store is asked again, …
const REMEMBERED: Duration = Duration::from_secs(1);
/// … and where that does not answer: predictions go on while a database server is away.
const BELIEVED: Duration = Duration::from_mins(1);
/// Tokens that are remembered at once.
const MOST_REMEMBERED: usize = 1000;

impl Guard {
    pub(in crate::http) fn new(live: Arc<Live>, settings: &Settings) -> Self {
        Self {
            live,
            read_only: settings.read_only,
            require_token: settings.require_token,
            known: Mutex::default(),
        }
    }

    /// Who sends a request to `route`, where that takes a token; an error where the token does not hold.
    pub(in crate::http) async fn caller(
        &self,
        route: &Route,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<Option<Caller>, ApiError> {
        if route.is_guarded(method) {
            if self.read_only {
                let detail = "this service only reads: it was started with --read-only";
                return Err(ApiError::Forbidden(detail.to_owned()));
            }
            let least = if route.is_for_admins() {
                Scope::Admin
            } else {
                Scope::Write
            };
            return self.of_scope(least, headers).await.map(Some);
        }
        if route.is_for_admins() {
            return self.of_scope(Scope::Admin, headers).await.map(Some);
        }
        if self.require_token && route.needs_token_to_read() {
            return self.reader(headers).await.map(Some);
        }
        Ok(None)
    }

    async fn of_scope(&self, least: Scope, headers: &HeaderMap) -> Result<Caller, ApiError> {
        let caller = self.sender(bearer(headers)).await?;
        if caller.0.scope >= least {
            return Ok(caller);
        }
        Err(ApiError::Forbidden(format!(
            "the token {} is of scope {}, and this needs {least}",
            caller.0.name, caller.0.scope
        )))
    }

    /// Any token reads. Predictions come by the thousand, so the store is asked once a second, and a token in use holds on while
    /// it does not answer.
    async fn reader(&self, headers: &HeaderMap) -> Result<Caller, ApiError> {
        let Some(sent) = bearer(headers) else {
            return self.sender(None).await;
        };
        let (hash, now): ([u8; 32], _) = (Sha256::digest(&sent).into(), Instant::now());
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known().get(&hash).cloned();
        if let Some((caller, at)) = &before
            && *at + REMEMBERED > now
        {
            return Ok(caller.clone());
        }
        let caller = match (self.sender(Some(sent)).await, before) {
            (Err(ApiError::Unready(_)), Some((caller, at)))
                if at + BELIEVED > now && caller.0.is_valid_at(clock::now()) =>
            {
                caller
            }
            (found, _) => found.inspect_err(|_| drop(known().remove(&hash)))?,
        };
        let mut known = known();
        if known.len() >= MOST_REMEMBERED {
            known.clear();
        }
        known.insert(hash, (caller.clone(), now));
        Ok(caller)
    }

    async fn sender(&self, sent: Option<String>) -> Result<Caller, ApiError> {
        let Some(sent) = sent else {
            let detail = "this needs a token: send Authorization: Bearer …; `epochcast token create` makes one";
            return Err(ApiError::Unauthorized(detail));
        };
        let token = self.live.store().token(&sent, clock::now()).await?;
        token.map(Caller).ok_or(ApiError::Unauthorized(
            "this token is unknown, revoked or expired",
        ))
    }
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

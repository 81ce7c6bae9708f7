//! Bodies and queries in, JSON out: the team's own extractors, whose refusals are problems.

use axum::body::{Bytes, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::problem::ApiError;
use crate::json::{Invalid, parse};

/// Longest JSON body of a single request.
pub const BODY_BYTES: usize = 2 << 20;
/// Longest body of a batch.
pub const BATCH_BODY_BYTES: usize = 8 << 20;

/// The JSON value of a body of at most `LIMIT` bytes.
pub struct JsonBody<const LIMIT: usize = BODY_BYTES>(pub Value);

impl<S: Sync, const LIMIT: usize> FromRequest<S> for JsonBody<LIMIT> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        expect_json(&parts.headers)?;
        if usize::try_from(body.size_hint().lower()).is_ok_and(|sent| sent > LIMIT) {
            return Err(ApiError::TooLarge(LIMIT));
        }
        Ok(Self(parse(&read(Limited::new(body, LIMIT), LIMIT).await?)?))
    }
}

async fn read<B>(body: Limited<B>, limit: usize) -> Result<Bytes, ApiError>
where
    B: HttpBody<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match body.collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(ApiError::TooLarge(limit)),
        Err(error) => Err(ApiError::Body(error.to_string())),
    }
}

fn expect_json(headers: &HeaderMap) -> Result<(), ApiError> {
    let sent = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = sent
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let json = essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"));
    if json {
        return Ok(());
    }
    let detail = format!(
        "the body is `{sent}`, expected application/json: send the header Content-Type: application/json"
    );
    Err(ApiError::MediaType(detail))
}

/// The query of a URL, as a `T`.
pub struct Params<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Query::try_from_uri(&parts.uri)
            .map(|Query(params)| Self(params))
            .map_err(|rejection| {
                let query = parts.uri.query().unwrap_or_default();
                let cause = std::error::Error::source(&rejection)
                    .map_or_else(String::new, ToString::to_string);
                Invalid::at(
                    "",
                    query,
                    format!("the query cannot be read: {cause}"),
                    "see /openapi.json",
                )
                .into()
            })
    }
}

/// An answer in JSON.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
            Err(error) => {
                tracing::error!(%error, "an answer could not be written");
                ApiError::Internal.into_response()
            }
        }
    }
}

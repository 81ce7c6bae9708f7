//! Every error, in one shape: problem details (RFC 9457) with the id of the request.
//!
//! A handler fails with an [`ApiError`]; the outermost layer (`request`) writes it down, and turns the plain
//! answers of axum itself (unknown path, wrong method) into the same shape.

use axum::Json as BareJson;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::ask::pins::Unanswered;
use crate::json::{FieldError, Invalid, NotJson, ParseError};
use crate::store::StoreError;

/// Why a request was not answered as it was meant.
#[derive(Debug, thiserror::Error)]
pub(in crate::http) enum ApiError {
    /// The body is not JSON.
    #[error("the body is not JSON: {0}")]
    NotJson(#[from] NotJson),
    /// The body is JSON, but wrong.
    #[error("{0}")]
    Invalid(#[from] Invalid),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// The body is of a type that is not read here.
    #[error("{0}")]
    MediaType(String),
    /// The body is longer than is read here.
    #[error("the body is longer than {0} bytes")]
    TooLarge(usize),
    /// The header is longer than is read here.
    #[error("the header of the request is longer than {0} bytes")]
    HeaderTooLarge(usize),
    /// A header says what cannot be.
    #[error("{0}")]
    Header(&'static str),
    /// The body did not arrive.
    #[error("the body could not be read: {0}")]
    Body(String),
    /// Nobody is known to send it.
    #[error("{0}")]
    Unauthorized(&'static str),
    /// The sender is known, and may not.
    #[error("{0}")]
    Forbidden(String),
    /// The body came too slowly.
    #[error(
        "the body came too slowly: it has to arrive within {0} s, and then at 1 KB/s or faster"
    )]
    Slow(u64),
    /// What was sent before has to end first.
    #[error("{0}")]
    Conflict(String),
    /// It was meant for another host.
    #[error("{0}")]
    Misdirected(String),
    /// More is asked than can be done.
    #[error("too much is asked of the service at the moment: try again in {0} s")]
    Busy(u64),
    /// The service ends.
    #[error("the service is about to end: ask again in a moment")]
    Stopping,
    /// The service is not ready.
    #[error("{0}")]
    Unready(String),
    /// The sender asks too often.
    #[error("too many requests: try again in {0} s")]
    TooMany(u64),
    /// Rows are wrong, and nothing was stored.
    #[error("{0}")]
    Rejected(String, Vec<FieldError>),
    /// There is no space for it; nothing was stored.
    #[error("the disk is full: nothing was stored, try again when there is space")]
    Full,
    /// The store failed; the cause is logged, not sent.
    #[error("the store did not answer")]
    Store(StoreError),
    /// A defect of ours.
    #[error("an error of the service, not of the request")]
    Internal,
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::Full,
            known @ (StoreError::Gone
            | StoreError::Busy
            | StoreError::Away { .. }
            | StoreError::Unsure { .. }) => Self::Unready(known.to_string()),
            other => Self::Store(other),
        }
    }
}

impl From<Unanswered> for ApiError {
    fn from(error: Unanswered) -> Self {
        match error {
            Unanswered::Invalid(error) => Self::Invalid(error),
            Unanswered::Store(error) => error.into(),
        }
    }
}

impl From<ParseError> for ApiError {
    fn from(error: ParseError) -> Self {
        match error {
            ParseError::NotJson(error) => Self::NotJson(error),
            ParseError::Invalid(error) => Self::Invalid(error),
        }
    }
}

impl ApiError {
    /// The status that the error answers with.
    #[must_use]
    pub(in crate::http) fn status(&self) -> StatusCode {
        match self {
            Self::NotJson(_) | Self::Header(_) | Self::Body(_) => StatusCode::BAD_REQUEST,
            Self::Invalid(_) | Self::Rejected(..) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Full => StatusCode::INSUFFICIENT_STORAGE,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::HeaderTooLarge(_) => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Slow(_) => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Misdirected(_) => StatusCode::MISDIRECTED_REQUEST,
            Self::Store(_) | Self::Busy(_) | Self::Stopping | Self::Unready(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The error as it is sent.
    #[must_use]
    pub(in crate::http) fn problem(&self, request_id: &str) -> Problem {
        let errors = match self {
            Self::Invalid(Invalid(errors)) | Self::Rejected(_, errors) => errors.clone(),
            _ => Vec::new(),
        };
        let detail = match errors.as_slice() {
            _ if matches!(self, Self::Rejected(..)) => self.to_string(),
            [] => self.to_string(),
            [only] => only.to_string(),
            [first, rest @ ..] => format!("{first}; and {} more", rest.len()),
        };
        Problem {
            errors,
            ..Problem::new(self.status(), detail, request_id)
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Self::Store(cause) = &self {
            tracing::error!(error = %cause, "the store did not answer");
        }
        let mut response = self.status().into_response();
        let headers = response.headers_mut();
        match &self {
            Self::Unauthorized(_) => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::TooMany(seconds) | Self::Busy(seconds) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
            }
            Self::Conflict(_) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            Self::Stopping | Self::Unready(_) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
            }
            Self::Store(_) | Self::Full => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
            _ => {}
        }
        response.extensions_mut().insert(std::sync::Arc::new(self));
        response
    }
}

/// Problem details (RFC 9457).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in crate::http) struct Problem {
    /// `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    pub kind: &'static str,
    /// The status in words.
    #[schema(example = "Unprocessable Entity")]
    pub title: String,
    /// The status.
    #[schema(example = 422)]
    pub status: u16,
    /// What is wrong, in a sentence.
    pub detail: String,
    /// The id of the request, also in the header `X-Request-Id` and in the log.
    pub request_id: String,
    /// The fields that are wrong; empty where none is to blame.
    pub errors: Vec<FieldError>,
}

impl Problem {
    /// A problem without fields.
    pub(in crate::http) fn new(
        status: StatusCode,
        detail: impl Into<String>,
        request_id: &str,
    ) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            request_id: request_id.to_owned(),
            errors: Vec::new(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, BareJson(self)).into_response();
        let problem_json = HeaderValue::from_static("application/problem+json");
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, problem_json);
        response
    }
}

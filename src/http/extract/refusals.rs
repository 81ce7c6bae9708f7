//! The refusals that operations share, as the OpenAPI document lists them.
#![expect(
    dead_code,
    reason = "they are described, never made: a handler fails with an ApiError"
)]

use utoipa::IntoResponses;

use super::problem::Problem;

/// Of an operation that reads a body.
#[derive(IntoResponses)]
pub(in crate::http) enum BodyRefused {
    /// The body cannot be read.
    #[response(status = 400, content_type = "application/problem+json")]
    Unreadable(Problem),
    /// The body is too long.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLong(Problem),
    /// The body is of another type.
    #[response(status = 415, content_type = "application/problem+json")]
    MediaType(Problem),
    /// A field is wrong.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(Problem),
}

/// Of an operation that reads the store with parameters.
#[derive(IntoResponses)]
pub(in crate::http) enum ListRefused {
    /// A parameter is wrong.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(Problem),
    /// The store does not answer.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(Problem),
}

/// Of an operation with parameters.
#[derive(IntoResponses)]
pub(in crate::http) enum ParamsRefused {
    /// A parameter is wrong.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(Problem),
}

/// Of an operation that reads the store.
#[derive(IntoResponses)]
pub(in crate::http) enum StoreRefused {
    /// The store does not answer.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(Problem),
}

/// Of an operation on something with a name or an id.
#[derive(IntoResponses)]
pub(in crate::http) enum NotThere {
    /// The path names something that cannot be.
    #[response(status = 422, content_type = "application/problem+json")]
    Malformed(Problem),
    /// There is no such thing.
    #[response(status = 404, content_type = "application/problem+json")]
    Unknown(Problem),
}

/// Of an operation that writes.
#[derive(IntoResponses)]
pub(in crate::http) enum WriteRefused {
    /// No token, or one that does not hold.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(Problem),
    /// The token does not allow it.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(Problem),
    /// Too many requests; `Retry-After` says when to come back.
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(Problem),
    /// The store does not answer.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(Problem),
    /// The disk is full, and nothing was stored.
    #[response(status = 507, content_type = "application/problem+json")]
    Full(Problem),
}

//! `/v1/uploads`: what became of them; taking them out of the fits, and putting them back.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderName, header};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::audit::{Reason, RuledRows, decision};
use super::listing::Order;
use crate::ask::known::uploads::{UploadSummary, Uploads};
use crate::http::admission::guard::Caller;
use crate::http::extract::body::{Json, JsonBody, Params};
use crate::http::extract::path::Id;
use crate::http::extract::problem::ApiError;
use crate::http::extract::refusals::{BodyRefused, ListRefused, NotThere, WriteRefused};
use crate::http::shared::Shared;
use crate::live::RejectedExport;
use crate::live::clock::now;
use crate::store::{Moved, Object, Ruling, UploadFilter, UploadRow};

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(uploads))
        .routes(routes!(one, remove))
        .routes(routes!(rejected))
        .routes(routes!(restore))
        .routes(routes!(release))
        .routes(routes!(hold))
}

/// Which uploads to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UploadsParams {
    /// Only those after this id: `next` of the page before.
    after: Option<i64>,
    /// Which way, by id: the oldest first (`asc`, default), or the newest (`desc`).
    #[param(inline)]
    order: Option<Order>,
    /// With this text in the name of the sender, whatever the case of its letters.
    sender: Option<String>,
    /// Only those that were taken out (true), or only those that are in (false).
    removed: Option<bool>,
}

const PAGE: u32 = 100;

/// The uploads, a hundred at a time.
#[utoipa::path(
    get,
    path = "/v1/uploads",
    tag = "evidence",
    params(UploadsParams),
    responses(
        (status = 200, description = "One page", body = Uploads),
        ListRefused,
    )
)]
async fn uploads(
    State(live): State<Shared>,
    Params(params): Params<UploadsParams>,
) -> Result<Json<Uploads>, ApiError> {
    let filter = UploadFilter {
        direction: params.order.unwrap_or(Order::Asc).into(),
        after: params.after,
        sender: params.sender,
        removed: params.removed,
    };
    let rows = live.store().uploads_of(&filter, PAGE).await?;
    let full = rows.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
    let next = rows.last().filter(|_| full).map(|last| last.id);
    Ok(Json(Uploads {
        uploads: rows.into_iter().map(UploadSummary::from).collect(),
        next,
    }))
}

async fn known(live: &Shared, id: i64) -> Result<UploadRow, ApiError> {
    live.store()
        .upload(id)
        .await?
        .ok_or_else(|| ApiError::NotFound(format!("there is no upload {id}")))
}

/// One upload.
#[utoipa::path(
    get,
    path = "/v1/uploads/{id}",
    tag = "evidence",
    params(("id" = i64, Path, description = "Id of an upload", example = "1")),
    responses(
        (status = 200, description = "The upload", body = UploadSummary),
        NotThere,
    )
)]
async fn one(State(live): State<Shared>, Id(id): Id) -> Result<Json<UploadSummary>, ApiError> {
    Ok(Json(known(&live, id).await?.into()))
}

/// The rows of an upload that were wrong, as a CSV to fix and send again.
///
/// The first 1,000 are kept, until the upload is taken out.
#[utoipa::path(
    get,
    path = "/v1/uploads/{id}/rejected.csv",
    tag = "evidence",
    params(("id" = i64, Path, description = "Id of an upload", example = "1")),
    responses(
        (status = 200, description = "The rows; line, field and error may stay when it is sent again", body = String, content_type = "text/csv"),
        NotThere,
    )
)]
async fn rejected(
    State(live): State<Shared>,
    Id(id): Id,
) -> Result<([(HeaderName, &'static str); 1], Body), ApiError> {
    known(&live, id).await?;
    let export = RejectedExport::new(Arc::clone(&live), id);
    let parts = futures_util::stream::try_unfold(export, |mut export| async move {
        Ok::<_, crate::store::StoreError>(export.next_part().await?.map(|part| (part, export)))
    });
    let kind = (header::CONTENT_TYPE, "text/csv; charset=utf-8");
    Ok(([kind], Body::from_stream(parts)))
}

/// How far it went.
#[derive(Debug, Serialize, ToSchema)]
struct MovedRows {
    /// Timings that were taken out, or put back, by this request: 0 where it was sent before.
    measurements: u64,
    /// Timings of the upload that are in now: after a `DELETE` those that another sender has sent too.
    remaining: u64,
}

impl From<Moved> for MovedRows {
    fn from(Moved { timings, remaining }: Moved) -> Self {
        Self {
            measurements: timings,
            remaining,
        }
    }
}

/// Takes an upload out of the fits. It is kept, and can be put back, both in any order and any number of times.
///
/// All that it sent goes, also what its sender had sent before or has sent again since. A timing that another sender has sent
/// too stays until that one takes it out.
#[utoipa::path(
    delete,
    path = "/v1/uploads/{id}",
    tag = "evidence",
    security(("token" = ["write"])),
    params(("id" = i64, Path, description = "Id of an upload", example = "1")),
    responses(
        (status = 200, description = "It is out", body = MovedRows),
        NotThere,
        WriteRefused,
    )
)]
async fn remove(
    State(live): State<Shared>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
) -> Result<Json<MovedRows>, ApiError> {
    caller.may_change(&[known(&live, id).await?])?;
    let moved = live.remove_upload(id, &caller.does(now())).await?;
    Ok(Json(moved.into()))
}

/// Puts an upload back into the fits, but for timings that were taken out one by one.
#[utoipa::path(
    post,
    path = "/v1/uploads/{id}/restore",
    tag = "evidence",
    security(("token" = ["write"])),
    params(("id" = i64, Path, description = "Id of an upload", example = "1")),
    responses(
        (status = 200, description = "It is back", body = MovedRows),
        NotThere,
        WriteRefused,
    )
)]
async fn restore(
    State(live): State<Shared>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
) -> Result<Json<MovedRows>, ApiError> {
    caller.may_change(&[known(&live, id).await?])?;
    let moved = live.restore_upload(id, &caller.does(now())).await?;
    Ok(Json(moved.into()))
}

/// Puts all timings of an upload into the fits, whatever is thought of them: they stay for as long as nobody holds them out.
///
/// Takes a token of scope `admin`. The reason is kept with it in the log, `/v1/audit`.
#[utoipa::path(
    post,
    path = "/v1/uploads/{id}/release",
    tag = "evidence",
    extensions(("x-admin" = json!(true))),
    security(("token" = ["admin"])),
    params(("id" = i64, Path, description = "Id of an upload", example = "1")),
    request_body(content = Reason, example = json!({"reason": "timed again on the same machine, twice"})),
    responses(
        (status = 200, description = "It is released", body = RuledRows),
        NotThere,
        BodyRefused,
        WriteRefused,
    )
)]
async fn release(
    State(live): State<Shared>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
    JsonBody(body): JsonBody,
) -> Result<Json<RuledRows>, ApiError> {
    known(&live, id).await?;
    let decision = decision(Ruling::In, &caller, &body)?;
    let ruled = live.rule(Object::Upload(id), &decision).await?;
    Ok(Json(ruled.into()))
}

/// Holds all timings of an upload out of the fits, whatever is thought of them, until somebody releases them.
///
/// Takes a token of scope `admin`. The reason is kept with it in the log, `/v1/audit`.
#[utoipa::path(
    post,
    path = "/v1/uploads/{id}/hold",
    tag = "evidence",
    extensions(("x-admin" = json!(true))),
    security(("token" = ["admin"])),
    params(("id" = i64, Path, description = "Id of an upload", example = "1")),
    request_body(content = Reason, example = json!({"reason": "timed again on the same machine, twice"})),
    responses(
        (status = 200, description = "It is held out", body = RuledRows),
        NotThere,
        BodyRefused,
        WriteRefused,
    )
)]
async fn hold(
    State(live): State<Shared>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
    JsonBody(body): JsonBody,
) -> Result<Json<RuledRows>, ApiError> {
    known(&live, id).await?;
    let decision = decision(Ruling::Out, &caller, &body)?;
    let ruled = live.rule(Object::Upload(id), &decision).await?;
    Ok(Json(ruled.into()))
}

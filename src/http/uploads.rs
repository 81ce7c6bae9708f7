//! `/v1/uploads`: what became of them; taking them out of the fits, and putting them back.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderName, header};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{Json, Params};
use super::guard::Caller;
use super::problem::ApiError;
use super::refusals::{ListRefused, NotThere, WriteRefused};
use super::{Shared, clock};
use crate::store::UploadRow;
use crate::timing::rows::{REMARKS, cells, column_names};

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(uploads))
        .routes(routes!(one, remove))
        .routes(routes!(rejected))
        .routes(routes!(restore))
}

/// An upload that was stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct UploadSummary {
    /// Its id.
    pub upload: i64,
    /// When it came.
    #[schema(example = "2026-11-24T12:00:00Z")]
    pub created_at: String,
    /// Who sent it: `seed`, `import`, or the name of a token.
    pub sender: String,
    /// Rows stored, and in the fits.
    pub accepted: i64,
    /// Rows equal to a stored one.
    pub duplicates: i64,
    /// Rows stored, but kept out of the fits.
    pub quarantined: i64,
    /// Rows that were wrong.
    pub rejected: i64,
    /// When it was taken out of the fits; null: it was not.
    pub removed_at: Option<String>,
}

impl From<UploadRow> for UploadSummary {
    fn from(row: UploadRow) -> Self {
        let UploadRow {
            id,
            sender,
            accepted,
            duplicates,
            quarantined,
            rejected,
            ..
        } = row;
        let (created_at, removed_at) = (
            clock::rfc3339(row.created_at),
            row.removed_at.map(clock::rfc3339),
        );
        Self {
            upload: id,
            created_at,
            sender,
            accepted,
            duplicates,
            quarantined,
            rejected,
            removed_at,
        }
    }
}

/// One page of uploads.
#[derive(Debug, Serialize, ToSchema)]
pub struct Uploads {
    /// By id.
    pub uploads: Vec<UploadSummary>,
    /// `after` of the next page; null on the last.
    pub next: Option<i64>,
}

/// Which uploads to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UploadsParams {
    /// Only ids above this: `next` of the page before.
    after: Option<i64>,
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
    let rows = live
        .store()
        .uploads(params.after.unwrap_or(0), PAGE)
        .await?;
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
async fn one(
    State(live): State<Shared>,
    Path(id): Path<i64>,
) -> Result<Json<UploadSummary>, ApiError> {
    Ok(Json(known(&live, id).await?.into()))
}

/// The rows of an upload that were wrong, as a CSV to fix and send again.
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
    Path(id): Path<i64>,
) -> Result<([(HeaderName, &'static str); 1], Vec<u8>), ApiError> {
    known(&live, id).await?;
    let mut csv = csv::Writer::from_writer(Vec::new());
    let write = |csv: &mut csv::Writer<Vec<u8>>, record: Vec<String>| csv.write_record(record);
    let remarks = REMARKS
        .into_iter()
        .chain(column_names())
        .map(str::to_owned)
        .collect();
    let mut written = write(&mut csv, remarks);
    for row in live.store().rejections(id).await? {
        let sent = serde_json::from_str(&row.sent).unwrap_or_default();
        let error = if row.hint.is_empty() {
            row.detail
        } else {
            format!("{} ({})", row.detail, row.hint)
        };
        let mut record = vec![
            row.line.to_string(),
            row.field.trim_start_matches('/').to_owned(),
            error,
        ];
        record.extend(cells(&sent));
        written = written.and_then(|()| write(&mut csv, record));
    }
    let text = written
        .and_then(|()| csv.into_inner().map_err(|e| e.into_error().into()))
        .map_err(|_| ApiError::Internal)?;
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], text))
}

/// What moved.
#[derive(Debug, Serialize, ToSchema)]
struct Moved {
    /// Rows that were taken out of the fits, or put back.
    measurements: u64,
}

/// Takes an upload out of the fits. It is kept, and can be put back.
#[utoipa::path(
    delete,
    path = "/v1/uploads/{id}",
    tag = "evidence",
    security(("token" = ["write"])),
    params(("id" = i64, Path, description = "Id of an upload", example = "1")),
    responses(
        (status = 200, description = "It is out", body = Moved),
        NotThere,
        WriteRefused,
    )
)]
async fn remove(
    State(live): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<i64>,
) -> Result<Json<Moved>, ApiError> {
    caller.may_change(&known(&live, id).await?.sender)?;
    let measurements = live.remove_upload(id, clock::now()).await?;
    Ok(Json(Moved { measurements }))
}

/// Puts an upload back into the fits.
#[utoipa::path(
    post,
    path = "/v1/uploads/{id}/restore",
    tag = "evidence",
    security(("token" = ["write"])),
    params(("id" = i64, Path, description = "Id of an upload", example = "1")),
    responses(
        (status = 200, description = "It is back", body = Moved),
        NotThere,
        WriteRefused,
    )
)]
async fn restore(
    State(live): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<i64>,
) -> Result<Json<Moved>, ApiError> {
    caller.may_change(&known(&live, id).await?.sender)?;
    let measurements = live.restore_upload(id).await?;
    Ok(Json(Moved { measurements }))
}

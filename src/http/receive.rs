//! `POST /v1/measurements`: timings in.

use std::io::{Seek, Write};

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use flate2::write::MultiGzDecoder;
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use tempfile::SpooledTempFile;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{Json, Params};
use super::guard::Caller;
use super::problem::ApiError;
use super::refusals::{BodyRefused, WriteRefused};
use super::{Shared, clock};
use crate::json::{FieldError, ParseError};
use crate::live::{OnError, Receipt, ReceiveError, RowError, Upload};
use crate::store::Scope;
use crate::timing::Mode;
use crate::timing::measurement::RawMeasurement;
use crate::timing::upload::{Format, Unreadable};

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(upload))
}

/// Longest upload, after decompression.
pub(super) const UPLOAD_BYTES: u64 = 512 << 20;
/// What of an upload is kept in memory; the rest goes to a file that has no name.
const IN_MEMORY: usize = 4 << 20;

/// How to take an upload.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UploadParams {
    /// What to do with rows that are wrong: store none, or skip them. Default: `abort` for JSON, `skip` for the others.
    #[param(inline)]
    on_error: Option<OnErrorParam>,
    /// Whether to answer the same, but store nothing.
    dry_run: Option<bool>,
    /// Id of the platform of rows that name none.
    platform: Option<String>,
    /// Mode of rows that name none.
    mode: Option<Mode>,
}

/// What to do with rows that are wrong.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum OnErrorParam {
    /// Store none of the upload.
    Abort,
    /// Store the others.
    Skip,
}

/// What became of the rows: the four numbers add up to the rows sent.
#[derive(Debug, Serialize, ToSchema)]
struct UploadAnswer {
    /// Its id; null for a dry run.
    upload: Option<i64>,
    /// Stored, durable, and in the fits.
    accepted: i64,
    /// Equal to a stored row.
    duplicates: i64,
    /// Stored and durable, but kept out of the fits.
    quarantined: i64,
    /// Wrong, and not stored.
    rejected: i64,
    /// The first 100 rows that are wrong.
    errors: Vec<RowProblem>,
    /// The first 100 rows that are kept out of the fits.
    doubted: Vec<Doubted>,
    /// All rows that are wrong, as a CSV to fix and send again.
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected_csv: Option<String>,
}

/// A row that is wrong.
#[derive(Debug, Serialize, ToSchema)]
struct RowProblem {
    /// Its line in the body, from 1; in an array its position.
    line: u64,
    /// The field that is wrong.
    field: String,
    /// The value that was sent.
    value: serde_json::Value,
    /// What is wrong.
    detail: String,
    /// What would be right.
    hint: String,
}

/// A row that is kept out of the fits.
#[derive(Debug, Serialize, ToSchema)]
struct Doubted {
    /// Its line in the body, from 1.
    line: u64,
    /// Why.
    reason: String,
}

impl From<RowError> for RowProblem {
    fn from(RowError { line, invalid }: RowError) -> Self {
        let FieldError {
            pointer,
            value,
            detail,
            hint,
        } = invalid.0.into_iter().next().unwrap_or_else(|| FieldError {
            pointer: String::new(),
            value: serde_json::Value::Null,
            detail: String::new(),
            hint: String::new(),
        });
        Self {
            line,
            field: pointer.trim_start_matches('/').to_owned(),
            value,
            detail,
            hint,
        }
    }
}

impl From<Receipt> for UploadAnswer {
    fn from(
        Receipt {
            upload,
            counts,
            errors,
            doubted,
        }: Receipt,
    ) -> Self {
        let rejected_csv = upload
            .filter(|_| counts.rejected > 0)
            .map(|id| format!("/v1/uploads/{id}/rejected.csv"));
        Self {
            upload,
            accepted: counts.accepted,
            duplicates: counts.duplicates,
            quarantined: counts.quarantined,
            rejected: counts.rejected,
            errors: errors.into_iter().map(RowProblem::from).collect(),
            doubted: doubted
                .into_iter()
                .map(|(line, reason)| Doubted { line, reason })
                .collect(),
            rejected_csv,
        }
    }
}

/// Stores timings. Once this has answered they survive a crash, and the new fit is in use.
#[utoipa::path(
    post,
    path = "/v1/measurements",
    tag = "evidence",
    params(UploadParams),
    security(("token" = ["write"])),
    request_body(
        content(
            (Vec<RawMeasurement> = "application/json", example = json!([{
                "platform": {"id": "my-4090", "device": "NVIDIA GeForce RTX 4090", "precision": "amp"},
                "mode": "train", "label": "resnet50", "model": {"name": "ResNet-50"}, "batch_size": 256,
                "images_per_second": 1510.0
            }])),
            (String = "application/x-ndjson"),
            (String = "text/csv"),
        ),
    ),
    responses(
        (status = 200, description = "What became of the rows", body = UploadAnswer),
        BodyRefused,
        WriteRefused,
    )
)]
async fn upload(
    State(live): State<Shared>,
    Extension(Caller(token)): Extension<Caller>,
    Params(params): Params<UploadParams>,
    request: Request,
) -> Result<Json<UploadAnswer>, ApiError> {
    let (parts, body) = request.into_parts();
    let format = format(&parts.headers)?;
    let spool = spool(&live, &parts.headers, body).await?;
    let on_error = match (params.on_error, format) {
        (Some(OnErrorParam::Abort), _) | (None, Format::Json) => OnError::Abort,
        (Some(OnErrorParam::Skip) | None, _) => OnError::Skip,
    };
    let Spool { file, is_array } = spool;
    let upload = Upload {
        format,
        body: Box::new(file),
        on_error,
        dry_run: params.dry_run.unwrap_or(false),
        default_platform: params.platform.map(Into::into),
        default_mode: params.mode,
        trusted: token.scope == Scope::Admin,
        sender: token.name,
        now: clock::now(),
    };
    let received = live.receive(upload).await;
    received
        .map(|receipt| Json(receipt.into()))
        .map_err(|error| refusal(error, is_array))
}

/// The format that the header `Content-Type` names.
fn format(headers: &HeaderMap) -> Result<Format, ApiError> {
    let sent = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    match sent
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
        .as_str()
    {
        "application/json" => Ok(Format::Json),
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Ok(Format::Ndjson),
        "text/csv" => Ok(Format::Csv),
        _ => {
            let detail = format!(
                "the body is `{sent}`: send application/json, application/x-ndjson or text/csv"
            );
            Err(ApiError::MediaType(detail))
        }
    }
}

/// A body that has arrived.
struct Spool {
    file: SpooledTempFile,
    /// Whether it starts like a JSON array, whose elements have positions.
    is_array: bool,
}

/// Takes the whole body in, decompressed, before a transaction begins: a slow client holds nobody up.
async fn spool(live: &Shared, headers: &HeaderMap, body: Body) -> Result<Spool, ApiError> {
    let target = Limited {
        file: live.store().spool(IN_MEMORY),
        left: UPLOAD_BYTES,
    };
    let mut chunks = body.into_data_stream();
    let encoding = headers
        .get(header::CONTENT_ENCODING)
        .and_then(|value| value.to_str().ok());
    let mut file = match encoding.map(str::trim) {
        None | Some("" | "identity") => {
            let mut target = target;
            while let Some(chunk) = chunks.next().await {
                target
                    .write_all(&chunk.map_err(|e| ApiError::Body(e.to_string()))?)
                    .map_err(|e| unwritten(&e))?;
            }
            target.file
        }
        Some("gzip") => {
            let mut decoder = MultiGzDecoder::new(target);
            while let Some(chunk) = chunks.next().await {
                decoder
                    .write_all(&chunk.map_err(|e| ApiError::Body(e.to_string()))?)
                    .map_err(|e| unwritten(&e))?;
            }
            decoder.finish().map_err(|e| unwritten(&e))?.file
        }
        Some(other) => {
            return Err(ApiError::MediaType(format!(
                "the body is encoded as `{other}`: send it plain or as gzip"
            )));
        }
    };
    let is_array = starts_as_array(&mut file).map_err(|e| unwritten(&e))?;
    Ok(Spool { file, is_array })
}

fn starts_as_array(file: &mut SpooledTempFile) -> std::io::Result<bool> {
    use std::io::Read;
    file.rewind()?;
    let mut head = [0; 64];
    let read = file.read(&mut head)?;
    file.rewind()?;
    Ok(head[..read].trim_ascii_start().first() == Some(&b'['))
}

/// A file that takes no more than is left.
struct Limited {
    file: SpooledTempFile,
    left: u64,
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let sent = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.left = self
            .left
            .checked_sub(sent)
            .ok_or(std::io::ErrorKind::FileTooLarge)?;
        self.file.write_all(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

fn unwritten(error: &std::io::Error) -> ApiError {
    match error.kind() {
        std::io::ErrorKind::FileTooLarge => {
            ApiError::TooLarge(usize::try_from(UPLOAD_BYTES).unwrap_or(usize::MAX))
        }
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => ApiError::Full,
        _ => ApiError::Body(error.to_string()),
    }
}

/// What a client is told of an upload that was not stored.
fn refusal(error: ReceiveError, is_array: bool) -> ApiError {
    match error {
        ReceiveError::Unreadable(Unreadable::Parse(ParseError::NotJson(error))) => {
            ApiError::NotJson(error)
        }
        ReceiveError::Unreadable(
            Unreadable::Parse(ParseError::Invalid(error)) | Unreadable::Invalid(error),
        ) => ApiError::Invalid(error),
        ReceiveError::Unreadable(Unreadable::Io(error)) => unwritten(&error),
        ReceiveError::Store(error) => error.into(),
        ReceiveError::Rejected { count, errors } => {
            let told = errors.into_iter().flat_map(|RowError { line, invalid }| {
                let place = if is_array {
                    format!("/{}", line - 1)
                } else {
                    String::new()
                };
                let errors = invalid.under(&place).0;
                errors.into_iter().map(move |e| FieldError {
                    detail: format!("line {line}: {}", e.detail),
                    ..e
                })
            });
            let rows = if count == 1 { "row is" } else { "rows are" };
            ApiError::Rejected(
                format!("{count} {rows} wrong, and nothing was stored"),
                told.take(100).collect(),
            )
        }
    }
}

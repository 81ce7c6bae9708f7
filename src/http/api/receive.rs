//! `POST /v1/measurements`: timings in.

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::admission::guard::Caller;
use crate::http::admission::{BasePath, Told};
use crate::http::extract::body::{JsonText, Params};
use crate::http::extract::bounds::UPLOAD_BYTES;
use crate::http::extract::once::{self, digest};
use crate::http::extract::problem::{ApiError, Problem};
use crate::http::extract::refusals::{BodyRefused, WriteRefused};
use crate::http::extract::spool::{spool, unwritten};
use crate::http::shared::Shared;
use crate::json::{FieldError, Invalid, ParseError};
use crate::live::clock;
use crate::live::{Answered, Keyed, OnError, Receipt, ReceiveError, Rejudged, RowError, Upload};
use crate::net::complexity::RawComplexity;
use crate::net::{Complexity, Group, Side};
use crate::store::{Once, Scope};
use crate::timing::Mode;
use crate::timing::data::defaults::Defaults;
use crate::timing::data::foreign::{self, Refused, detect};
use crate::timing::data::measurement::RawMeasurement;
use crate::timing::data::slip::Slip;
use crate::timing::data::upload::{Format, Unreadable};
use crate::timing::judge::counts::CountsNote;
use crate::timing::judge::doctor::UnitNote;
use crate::timing::judge::impact::Impact;
use crate::timing::judge::no_group::GroupNote;

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(upload))
}

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
    /// Name of the file, which tells the platform of a timm table.
    file_name: Option<String>,
    /// The net of a pycls log.
    net: Option<String>,
    /// Images in a step of all devices together, where a pycls file does not say.
    batch_size: Option<u64>,
    /// What the times are, where they are not what the fields' names say: they are corrected before they are judged and stored.
    #[param(inline)]
    units: Option<Slip>,
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
    /// Stored, durable, and in the fits; what was taken out comes back so when it is sent again.
    accepted: i64,
    /// Equal to a row that is in. The upload counts as its sender too: it leaves the fits when the last one takes it out.
    duplicates: i64,
    /// Stored and durable, but kept out of the fits.
    quarantined: i64,
    /// Wrong, and not stored.
    rejected: i64,
    /// The first 100 rows that are wrong.
    errors: Vec<RowProblem>,
    /// The first 100 rows that are kept out of the fits.
    doubted: Vec<Doubted>,
    /// Rows that look like times in another unit, and how to send them again; null where none do.
    #[serde(skip_serializing_if = "Option::is_none")]
    units: Option<Vec<UnitsAnswer>>,
    /// Rows with counts that are not those of the net that their label names, for the first 20 nets; null where none are. They
    /// are stored with the counts that were sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    other_counts: Option<Vec<OtherCounts>>,
    /// Rows with the counts of the net that their label names, which are in the timing group `other` since they say no `family`, for
    /// the first 20 families; null where none are.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_group: Option<Vec<NoGroup>>,
    /// What it changes of earlier uploads' rows; null where that is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    rejudged: Option<RejudgedAnswer>,
    /// Rows that are wrong, as a CSV to fix and send again: the first `rejected_kept` of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected_csv: Option<String>,
    /// How many of the rejected rows are in that CSV: all, or the first 1,000, or the first megabyte; null where none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected_kept: Option<i64>,
    /// What it does to the fits.
    impact: Impact,
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

/// Rows that look like times in another unit.
#[derive(Debug, Serialize, ToSchema)]
struct UnitsAnswer {
    /// Their platform.
    platform: String,
    /// How many they are.
    rows: usize,
    /// What to send them again with: `?units=…`.
    units: Slip,
    /// What they look like, and what to do.
    detail: String,
}

/// Rows labelled as a net that has other counts.
#[derive(Debug, Serialize, ToSchema)]
struct OtherCounts {
    /// Their platform.
    platform: String,
    /// How many they are.
    rows: usize,
    /// The first of them: its line in the body, from 1.
    line: u64,
    /// The net that their label names.
    net: String,
    /// Side of the images at which it has these counts; null where that is not known.
    resolution: Option<u32>,
    /// What it has.
    counts: Complexity,
    /// What the first row says.
    sent: RawComplexity,
    /// How far they are apart, and what to do.
    detail: String,
}

/// Rows that could be in the timing group of their net.
#[derive(Debug, Serialize, ToSchema)]
struct NoGroup {
    /// Their platform.
    platform: String,
    /// How many they are.
    rows: usize,
    /// The first of them: its line in the body, from 1.
    line: u64,
    /// The net that its label names.
    net: String,
    /// What to send as `family` so that they are in its group.
    family: Group,
    /// What they lack, and what to do.
    detail: String,
}

impl From<GroupNote> for NoGroup {
    fn from(note: GroupNote) -> Self {
        Self {
            detail: note.told(),
            platform: note.platform.to_string(),
            rows: note.rows,
            line: note.line,
            net: note.net.to_owned(),
            family: note.family,
        }
    }
}

impl From<CountsNote> for OtherCounts {
    fn from(note: CountsNote) -> Self {
        Self {
            detail: note.told(),
            platform: note.platform.to_string(),
            rows: note.rows,
            line: note.line,
            net: note.net.to_owned(),
            resolution: note.side.map(Side::get),
            counts: note.own,
            sent: note.sent,
        }
    }
}

impl From<UnitNote> for UnitsAnswer {
    fn from(note: UnitNote) -> Self {
        Self {
            detail: note.told(),
            platform: note.platform.to_string(),
            rows: note.rows,
            units: note.slip,
        }
    }
}

/// Rows of earlier uploads that are thought of otherwise, now that these have come.
#[derive(Debug, Serialize, ToSchema)]
struct RejudgedAnswer {
    /// They were in the fits, and are kept out of them now.
    doubted: usize,
    /// They were kept out, and are in the fits now.
    cleared: usize,
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
            kept,
            errors,
            doubted,
            rejudged,
            units,
            other_counts,
            no_group,
            impact,
        }: Receipt,
    ) -> Self {
        let rejected_csv = upload
            .filter(|_| counts.rejected > 0)
            .map(|id| format!("/v1/uploads/{id}/rejected.csv"));
        Self {
            rejected_kept: rejected_csv.is_some().then_some(kept),
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
            units: (!units.is_empty()).then(|| units.into_iter().map(UnitsAnswer::from).collect()),
            other_counts: (!other_counts.is_empty())
                .then(|| other_counts.into_iter().map(OtherCounts::from).collect()),
            no_group: (!no_group.is_empty())
                .then(|| no_group.into_iter().map(NoGroup::from).collect()),
            rejudged: (rejudged != Rejudged::default()).then_some(RejudgedAnswer {
                doubted: rejudged.doubted,
                cleared: rejudged.cleared,
            }),
            rejected_csv,
            impact,
        }
    }
}

/// Stores timings. Once this has answered they survive a crash, and the new fit is in use.
#[utoipa::path(
    post,
    path = "/v1/measurements",
    extensions(("x-weight" = json!("upload")), ("x-body-bytes" = json!(UPLOAD_BYTES))),
    tag = "evidence",
    params(
        UploadParams,
        (
            "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
            description = "Chosen by the sender: for a day, the same upload with the same key is answered as the first time, and stored once"
        ),
    ),
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
        (status = 409, description = "What was sent with this key is still at work; `Retry-After` says when to ask again", body = Problem, content_type = "application/problem+json"),
        BodyRefused,
        WriteRefused,
    )
)]
async fn upload(
    State(live): State<Shared>,
    Extension(Caller(token)): Extension<Caller>,
    Params(params): Params<UploadParams>,
    request: Request,
) -> Result<JsonText, ApiError> {
    let (parts, body) = request.into_parts();
    let kind = kind(&parts.headers)?;
    let key = once::key(&parts.headers)?;
    let mut spool = spool(&live, &parts.headers, body).await?;
    let base = parts
        .extensions
        .get()
        .map(|BasePath(base)| base.to_string());
    let mut keyed = None;
    if let Some(key) = key.filter(|_| params.dry_run != Some(true)) {
        let (token, base) = (token.id, base.clone());
        let sent;
        (sent, spool) = digest(&parts, spool).await?;
        let once = Once { token, key, sent };
        let answer = Box::new(move |receipt: &Receipt| written(receipt, base.as_deref()));
        keyed = Some(Keyed { once, answer });
    }
    let format = format(kind, &spool.head()?, params.file_name.as_deref())?;
    let on_error = match (params.on_error, format) {
        (Some(OnErrorParam::Abort), _) | (None, Format::Json) => OnError::Abort,
        (Some(OnErrorParam::Skip) | None, _) => OnError::Skip,
    };
    let is_array = spool.head()?.trim_ascii_start().first() == Some(&b'[');
    let upload = Upload {
        format,
        body: Box::new(spool.0),
        on_error,
        dry_run: params.dry_run.unwrap_or(false),
        defaults: Defaults {
            platform: params.platform.map(Into::into),
            mode: params.mode,
            model: params.net.map(|name| serde_json::json!({"name": name})),
            batch_size: params.batch_size,
            units: params.units,
            file_name: params.file_name,
        },
        trusted: token.scope == Scope::Admin,
        sender: (&token).into(),
        now: clock::now(),
    };
    let received = live.receive_once(upload, keyed).await;
    let receipt = match received.map_err(|error| refusal(error, is_array))? {
        Answered::Now(receipt) => receipt,
        Answered::Before(first) => return Ok(JsonText(first.answer.into())),
    };
    // Not of a dry run.
    if let (Some(Told(front)), Some(_)) = (parts.extensions.get(), receipt.upload) {
        front.readiness.has_stored();
    }
    Ok(JsonText(written(&receipt, base.as_deref()).into()))
}

/// What became of an upload, as JSON, where the service stands under the path `base`.
fn written(receipt: &Receipt, base: Option<&str>) -> String {
    let mut answer = UploadAnswer::from(receipt.clone());
    if let (Some(base), Some(path)) = (base, &mut answer.rejected_csv) {
        path.insert_str(0, base);
    }
    serde_json::to_string(&answer).unwrap_or_default()
}

/// What a body may be called.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Json,
    Ndjson,
    Csv,
    /// Only what another tool has written.
    Plain,
}

/// What the header `Content-Type` calls the body.
fn kind(headers: &HeaderMap) -> Result<Kind, ApiError> {
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
        "application/json" => Ok(Kind::Json),
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Ok(Kind::Ndjson),
        "text/csv" => Ok(Kind::Csv),
        "text/plain" => Ok(Kind::Plain),
        _ => Err(unread(sent)),
    }
}

fn unread(kind: &str) -> ApiError {
    let detail = format!(
        "the body is `{kind}`: send application/json, application/x-ndjson or text/csv; a pycls log as text/plain"
    );
    ApiError::MediaType(detail)
}

/// What the body is: of its kind, or what another tool has written, which its first bytes tell.
fn format(kind: Kind, head: &[u8], file_name: Option<&str>) -> Result<Format, ApiError> {
    match (kind, detect(head, file_name)) {
        (_, foreign::Format::Foreign(foreign)) => Ok(Format::Foreign(foreign)),
        // A table of no known form is told which of its columns is unknown.
        (Kind::Csv, foreign::Format::Refused(refused)) if refused != Refused::Unknown => {
            Err(refused.reason().into())
        }
        (Kind::Json, _) => Ok(Format::Json),
        (Kind::Ndjson, _) => Ok(Format::Ndjson),
        (Kind::Csv, _) => Ok(Format::Csv),
        (Kind::Plain, _) => Err(unread("text/plain")),
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
        ReceiveError::Stopped => ApiError::Internal,
        ReceiveError::Running => ApiError::Conflict(format!("{error}: ask again in a moment")),
        ReceiveError::OtherSent => {
            let hint = "a new key for what is new; the old one to hear its answer again";
            Invalid::at("/Idempotency-Key", (), error.to_string(), hint).into()
        }
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

//! `/v1/measurements/{id}`: one timing that the fits stand on; taking it out, and putting it back.

use axum::Extension;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::audit::{Reason, RuledRows, decision};
use crate::http::admission::guard::Caller;
use crate::http::extract::body::{Json, JsonBody};
use crate::http::extract::path::Id;
use crate::http::extract::problem::ApiError;
use crate::http::extract::refusals::{BodyRefused, NotThere, StoreRefused, WriteRefused};
use crate::http::shared::Shared;
use crate::live::clock;
use crate::net::{Complexity, Group};
use crate::store::{Moved, Object, Ruling, Senders, StoredMeasurement};
use crate::timing::data::measurement::RawMeasurement;

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(one, remove))
        .routes(routes!(restore))
        .routes(routes!(release))
        .routes(routes!(hold))
}

/// A measurement as it was sent, and what follows from it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MeasurementRow {
    /// Its id.
    id: i64,
    /// The upload that brought it.
    upload: i64,
    /// Its line there, from 1.
    line: i64,
    /// What was sent.
    #[serde(flatten)]
    sent: RawMeasurement,
    /// What the net costs, derived from what was sent.
    costs: Complexity,
    /// Its timing group.
    group: Group,
    /// Seconds for one image, of all devices together.
    seconds_per_image: f64,
    /// Why it is kept out of the fits; null: it is in them.
    quarantined: Option<String>,
}

impl From<StoredMeasurement> for MeasurementRow {
    fn from(stored: StoredMeasurement) -> Self {
        let StoredMeasurement {
            id,
            upload,
            line,
            measurement,
            quarantined,
            ruling: _,
        } = stored;
        Self {
            id,
            upload,
            line,
            costs: measurement.complexity(),
            group: measurement.group,
            seconds_per_image: measurement.time.seconds_per_image(),
            sent: measurement.raw,
            quarantined,
        }
    }
}

/// One measurement.
#[utoipa::path(
    get,
    path = "/v1/measurements/{id}",
    tag = "evidence",
    params(("id" = i64, Path, description = "Id of a measurement", example = "2")),
    responses(
        (status = 200, description = "The measurement", body = MeasurementRow),
        NotThere,
        StoreRefused,
    )
)]
async fn one(State(live): State<Shared>, Id(id): Id) -> Result<Json<MeasurementRow>, ApiError> {
    let found = live.store().measurements_of(&[id]).await?.pop();
    let missing =
        || ApiError::NotFound(format!("there is no measurement {id}, or it was taken out"));
    found.map(|row| Json(row.into())).ok_or_else(missing)
}

/// How far it went.
#[derive(Debug, Serialize, ToSchema)]
struct RowMoved {
    /// The measurement.
    measurement: i64,
    /// Whether the timing is in now: after a `DELETE` it is where another sender has sent it too.
    remaining: bool,
}

impl RowMoved {
    fn new(measurement: i64, moved: Moved) -> Self {
        let remaining = moved.remaining > 0;
        Self {
            measurement,
            remaining,
        }
    }
}

/// Whose part in the timing that measurement `id` is the caller may change.
async fn whose(live: &Shared, caller: &Caller, id: i64) -> Result<Senders, ApiError> {
    let uploads = live.store().uploads_of_row(id).await?;
    if uploads.is_empty() {
        return Err(ApiError::NotFound(format!("there is no measurement {id}")));
    }
    caller.may_change(&uploads)
}

/// Takes one timing out of the fits. It is kept, and can be put back, both in any order and any number of times.
///
/// With a token of scope `write` for its own uploads, of scope `admin` for all that sent it. A timing that another sender has
/// sent too stays until that one takes it out.
#[utoipa::path(
    delete,
    path = "/v1/measurements/{id}",
    tag = "evidence",
    security(("token" = ["write"])),
    params(("id" = i64, Path, description = "Id of a measurement", example = "1")),
    responses(
        (status = 200, description = "It is out", body = RowMoved),
        NotThere,
        WriteRefused,
    )
)]
async fn remove(
    State(live): State<Shared>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
) -> Result<Json<RowMoved>, ApiError> {
    let senders = whose(&live, &caller, id).await?;
    let moved = live
        .remove_row(id, &senders, &caller.does(clock::now()))
        .await?;
    Ok(Json(RowMoved::new(id, moved)))
}

/// Puts one timing back into the fits.
#[utoipa::path(
    post,
    path = "/v1/measurements/{id}/restore",
    tag = "evidence",
    security(("token" = ["write"])),
    params(("id" = i64, Path, description = "Id of a measurement", example = "1")),
    responses(
        (status = 200, description = "It is back", body = RowMoved),
        NotThere,
        WriteRefused,
    )
)]
async fn restore(
    State(live): State<Shared>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
) -> Result<Json<RowMoved>, ApiError> {
    let senders = whose(&live, &caller, id).await?;
    let moved = live
        .restore_row(id, &senders, &caller.does(clock::now()))
        .await?;
    Ok(Json(RowMoved::new(id, moved)))
}

/// Puts one timing into the fits, whatever is thought of it: it stays for as long as nobody holds it out.
///
/// Takes a token of scope `admin`. The reason is kept with it in the log, `/v1/audit`.
#[utoipa::path(
    post,
    path = "/v1/measurements/{id}/release",
    tag = "evidence",
    extensions(("x-admin" = json!(true))),
    security(("token" = ["admin"])),
    params(("id" = i64, Path, description = "Id of a measurement", example = "1")),
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
    whose(&live, &caller, id).await?;
    let decision = decision(Ruling::In, &caller, &body)?;
    let ruled = live.rule(Object::Measurement(id), &decision).await?;
    Ok(Json(ruled.into()))
}

/// Holds one timing out of the fits, whatever is thought of it, until somebody releases it.
///
/// Takes a token of scope `admin`. The reason is kept with it in the log, `/v1/audit`.
#[utoipa::path(
    post,
    path = "/v1/measurements/{id}/hold",
    tag = "evidence",
    extensions(("x-admin" = json!(true))),
    security(("token" = ["admin"])),
    params(("id" = i64, Path, description = "Id of a measurement", example = "1")),
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
    whose(&live, &caller, id).await?;
    let decision = decision(Ruling::Out, &caller, &body)?;
    let ruled = live.rule(Object::Measurement(id), &decision).await?;
    Ok(Json(ruled.into()))
}

//! `/v1/measurements/{id}`: one timing that the fits stand on; taking it out, and putting it back.

use axum::Extension;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Json;
use super::guard::Caller;
use super::path::Id;
use super::problem::ApiError;
use super::refusals::{NotThere, StoreRefused, WriteRefused};
use super::{Shared, clock};
use crate::net::{Complexity, Group};
use crate::store::StoredMeasurement;
use crate::timing::measurement::RawMeasurement;

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(one, remove))
        .routes(routes!(restore))
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

/// What moved.
#[derive(Debug, Serialize, ToSchema)]
struct RowMoved {
    /// The measurement.
    measurement: i64,
}

/// Takes one measurement out of the fits. It is kept, and can be put back.
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
    let missing = || ApiError::NotFound(format!("there is no measurement {id} in the fits"));
    caller.may_change(&live.store().sender_of_row(id).await?.ok_or_else(missing)?)?;
    let gone = live.remove_row(id, clock::now()).await?;
    gone.then_some(Json(RowMoved { measurement: id }))
        .ok_or_else(missing)
}

/// Puts one measurement back into the fits.
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
    let missing = || {
        ApiError::NotFound(format!(
            "there is no measurement {id} that was taken out and not sent again"
        ))
    };
    caller.may_change(&live.store().sender_of_row(id).await?.ok_or_else(missing)?)?;
    let back = live.restore_row(id).await?;
    back.then_some(Json(RowMoved { measurement: id }))
        .ok_or_else(missing)
}

//! `GET /v1/measurements`: the timings that the fits stand on.

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
use crate::json::Invalid;
use crate::net::{Complexity, Group};
use crate::store::{Filter, Page, StoredMeasurement};
use crate::timing::Mode;
use crate::timing::measurement::RawMeasurement;

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(measurements))
        .routes(routes!(remove))
        .routes(routes!(restore))
}

/// Which measurements to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListParams {
    /// Of this platform.
    platform: Option<String>,
    /// Of this mode.
    mode: Option<Mode>,
    /// With this label.
    label: Option<String>,
    /// Of this upload.
    upload: Option<i64>,
    /// Only those that are kept out of the fits (true), or only those that are in them (false).
    quarantined: Option<bool>,
    /// At most so many, 1 to 1,000, default 50.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A measurement as it was sent, and what follows from it.
#[derive(Debug, Serialize, ToSchema)]
struct MeasurementRow {
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

/// One page of measurements.
#[derive(Debug, Serialize, ToSchema)]
struct Measurements {
    /// In the order of their ids.
    measurements: Vec<MeasurementRow>,
    /// `cursor` of the next page; null on the last.
    next: Option<String>,
}

const DEFAULT_LIMIT: u32 = 50;
pub(super) const MAX_LIMIT: u32 = 1000;

/// The measurements, a page at a time.
#[utoipa::path(
    get,
    path = "/v1/measurements",
    tag = "evidence",
    params(ListParams),
    responses(
        (status = 200, description = "One page; the header `Link` leads to the next", body = Measurements),
        ListRefused,
    )
)]
async fn measurements(
    State(live): State<Shared>,
    Params(params): Params<ListParams>,
) -> Result<([(HeaderName, String); 1], Json<Measurements>), ApiError> {
    let limit = params.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        let hint = format!("a whole number from 1 to {MAX_LIMIT}");
        return Err(Invalid::at("/limit", limit, format!("{limit} is out of range"), hint).into());
    }
    let after = params.cursor.as_deref().map_or(Ok(0), after)?;
    let link = Link(&params);
    let filter = Filter {
        platform: params.platform.clone(),
        mode: params.mode,
        label: params.label.clone(),
        upload: params.upload,
        quarantined: params.quarantined,
    };
    let mut rows = live
        .store()
        .measurements(
            &filter,
            Page {
                after,
                limit: limit + 1,
            },
        )
        .await?;
    let more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = rows
        .last()
        .filter(|_| more)
        .map(|last| format!("m{:x}", last.id));
    let header = next.as_ref().map_or_else(String::new, |next| link.to(next));
    let measurements = rows.into_iter().map(MeasurementRow::from).collect();
    Ok((
        [(header::LINK, header)],
        Json(Measurements { measurements, next }),
    ))
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
    Path(id): Path<i64>,
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
    Path(id): Path<i64>,
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

/// The id that a cursor stands for.
fn after(cursor: &str) -> Result<i64, Invalid> {
    let id = cursor
        .strip_prefix('m')
        .and_then(|hex| i64::from_str_radix(hex, 16).ok());
    id.ok_or_else(|| {
        Invalid::at(
            "/cursor",
            cursor,
            "not a cursor",
            "`next` of the page before, as it is",
        )
    })
}

/// The URL of another page with the same filters.
struct Link<'a>(&'a ListParams);

impl Link<'_> {
    fn to(&self, cursor: &str) -> String {
        let ListParams {
            platform,
            mode,
            label,
            upload,
            quarantined,
            limit,
            ..
        } = self.0;
        let pairs = [
            ("platform", platform.clone()),
            ("mode", mode.map(|mode| mode.to_string())),
            ("label", label.clone()),
            ("upload", upload.map(|upload| upload.to_string())),
            (
                "quarantined",
                quarantined.map(|quarantined| quarantined.to_string()),
            ),
            ("limit", limit.map(|limit| limit.to_string())),
            ("cursor", Some(cursor.to_owned())),
        ];
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(
            pairs
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        format!("</v1/measurements?{}>; rel=\"next\"", query.finish())
    }
}

//! `GET /v1/measurements`: the timings that the fits stand on, filtered, sorted, a page at a time.

use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::AppendHeaders;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cursor::Cursor;
use super::measurements::MeasurementRow;
use crate::http::extract::body::{Json, Params};
use crate::http::extract::problem::ApiError;
use crate::http::extract::refusals::ListRefused;
use crate::http::shared::Shared;
use crate::json::Invalid;
use crate::live::{Live, Quantity};
use crate::store::{Direction, Filter, Sorted, StoredMeasurement};
use crate::timing::{Mode, PlatformId};

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(measurements))
}

/// Which measurements to list.
#[derive(Debug, Deserialize, IntoParams, Serialize)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListParams {
    /// Of this platform.
    platform: Option<String>,
    /// Of this mode.
    mode: Option<Mode>,
    /// With this label.
    label: Option<String>,
    /// That this upload sent, be it as duplicates.
    upload: Option<i64>,
    /// Only those that are kept out of the fits (true), or only those that are in them (false).
    quarantined: Option<bool>,
    /// With this text in the label or in the net, whatever the case of its letters.
    search: Option<String>,
    /// By what to sort, default `id`. By time and costs only timings in the fits are sorted, of one platform and mode.
    #[param(inline)]
    sort: Option<Sort>,
    /// Which way, default `asc`.
    #[param(inline)]
    order: Option<Order>,
    /// At most so many, 1 to 1,000, default 50.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// By what measurements are sorted.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Sort {
    /// In the order in which they came.
    Id,
    /// By label.
    Label,
    /// By the time for one image.
    Time,
    /// By activations.
    Acts,
    /// By multiply-adds.
    Flops,
    /// By parameters.
    Params,
}

/// Which way a list is sorted.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Order {
    /// The least first.
    Asc,
    /// The greatest first.
    Desc,
}

impl From<Order> for Direction {
    fn from(order: Order) -> Self {
        match order {
            Order::Asc => Self::Up,
            Order::Desc => Self::Down,
        }
    }
}

impl ListParams {
    fn filter(&self) -> Filter {
        Filter {
            platform: self.platform.clone(),
            mode: self.mode,
            label: self.label.clone(),
            upload: self.upload,
            quarantined: self.quarantined,
            search: self.search.clone(),
        }
    }

    fn direction(&self) -> Direction {
        self.order.map_or(Direction::Up, Direction::from)
    }

    /// The quantity to sort by; `None` where the store can do it.
    fn quantity(&self) -> Option<Quantity> {
        match self.sort? {
            Sort::Id | Sort::Label => None,
            Sort::Time => Some(Quantity::Time),
            Sort::Acts => Some(Quantity::Acts),
            Sort::Flops => Some(Quantity::Flops),
            Sort::Params => Some(Quantity::Params),
        }
    }
}

/// One page of measurements.
#[derive(Debug, Serialize, ToSchema)]
struct Measurements {
    /// In the order that was asked for.
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
) -> Result<(Linked, Json<Measurements>), ApiError> {
    let limit = params.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        let hint = format!("a whole number from 1 to {MAX_LIMIT}");
        return Err(Invalid::at("/limit", limit, format!("{limit} is out of range"), hint).into());
    }
    let (rows, next) = match params.quantity() {
        Some(quantity) => by_quantity(&live, &params, quantity, limit).await?,
        None => by_store(&live, &params, limit).await?,
    };
    let next = next.map(|cursor| cursor.to_string());
    let link = next
        .as_deref()
        .map(|next| link(&params, next))
        .transpose()?;
    let measurements = rows.into_iter().map(MeasurementRow::from).collect();
    Ok((
        AppendHeaders(link.map(|link| (header::LINK, link))),
        Json(Measurements { measurements, next }),
    ))
}

/// The header that leads to the next page, where there is one.
type Linked = AppendHeaders<Option<(HeaderName, String)>>;
type Listed = (Vec<StoredMeasurement>, Option<Cursor>);

/// A page in an order that the store knows.
async fn by_store(live: &Live, params: &ListParams, limit: u32) -> Result<Listed, ApiError> {
    let sent = params.cursor.as_deref();
    let by_label = params.sort == Some(Sort::Label);
    let sorted = if by_label {
        Sorted::Label(sent.map(Cursor::label).transpose()?)
    } else {
        Sorted::Id(sent.map(Cursor::id).transpose()?)
    };
    let mut rows = live
        .store()
        .sorted_measurements(&params.filter(), &sorted, params.direction(), limit + 1)
        .await?;
    let asked = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > asked;
    rows.truncate(asked);
    let next = rows.last().filter(|_| more).map(|last| {
        if by_label {
            let label = last.measurement.raw.label.clone();
            Cursor::Label(label.unwrap_or_default(), last.id)
        } else {
            Cursor::Id(last.id)
        }
    });
    Ok((rows, next))
}

/// A page in the order of what is known in memory.
async fn by_quantity(
    live: &Live,
    params: &ListParams,
    quantity: Quantity,
    limit: u32,
) -> Result<Listed, ApiError> {
    let (Some(platform), Some(mode)) = (&params.platform, params.mode) else {
        let detail = "timings of several platforms or modes are not sorted by time or costs";
        let hint = "say `platform` and `mode`, or sort by id or label";
        return Err(Invalid::at("/sort", (), detail, hint).into());
    };
    if params.quarantined == Some(true) {
        let detail = "timings that are kept out of the fits are not sorted by time or costs";
        return Err(Invalid::at("/sort", (), detail, "sort them by id or label").into());
    }
    let after = params.cursor.as_deref().map(Cursor::quantity).transpose()?;
    let mut ranked = match PlatformId::new(platform) {
        Ok(id) => live.quantities(&id, mode, quantity).await?,
        Err(_) => Vec::new(),
    };
    if params.label.is_some() || params.upload.is_some() || params.search.is_some() {
        let ids = live.store().measurement_ids(&params.filter()).await?;
        ranked.retain(|(_, id)| ids.binary_search(id).is_ok());
    }
    let down = params.direction() == Direction::Down;
    let compare = |a: &(f64, i64), b: &(f64, i64)| {
        let up = a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        if down { up.reverse() } else { up }
    };
    ranked.retain(|row| after.is_none_or(|after| compare(row, &after).is_gt()));
    let asked = usize::try_from(limit).unwrap_or(usize::MAX);
    let full = ranked.len() > asked;
    if full {
        ranked.select_nth_unstable_by(asked, compare);
        ranked.truncate(asked);
    }
    ranked.sort_unstable_by(compare);
    let next = ranked.last().filter(|_| full);
    let next = next.map(|(value, id)| Cursor::Quantity(*value, *id));
    let ids: Vec<i64> = ranked.iter().map(|(_, id)| *id).collect();
    Ok((live.store().measurements_of(&ids).await?, next))
}

/// The URL of the page at `cursor` with the same filters and order.
fn link(params: &ListParams, cursor: &str) -> Result<String, ApiError> {
    let serde_json::Value::Object(pairs) =
        serde_json::to_value(params).map_err(|_| ApiError::Internal)?
    else {
        return Err(ApiError::Internal);
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs.iter().filter(|(name, _)| *name != "cursor") {
        match value {
            serde_json::Value::Null => {}
            serde_json::Value::String(text) => drop(query.append_pair(name, text)),
            other => drop(query.append_pair(name, &other.to_string())),
        }
    }
    query.append_pair("cursor", cursor);
    Ok(format!(
        "</v1/measurements?{}>; rel=\"next\"",
        query.finish()
    ))
}

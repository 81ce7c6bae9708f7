//! `GET /v1/audit`: who did what; and the decisions that stand in it with a reason.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::ask::known::audit::{Audit, AuditEntry};
use crate::http::admission::guard::Caller;
use crate::http::extract::body::{Json, Params};
use crate::http::extract::problem::ApiError;
use crate::http::extract::refusals::{ListRefused, WriteRefused};
use crate::http::shared::Shared;
use crate::json::typed;
use crate::live::clock::now;
use crate::store::{Decision, Ruled, Ruling};
use crate::timing::data::platform::text;

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(audit))
}

const PAGE: u32 = 100;

/// Which part of the log to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditParams {
    /// Only what was done before this id: `next` of the page before.
    before: Option<i64>,
}

/// Who did what, the newest first, a hundred at a time.
///
/// Uploads, what was taken out and put back, released and held out, tokens made and ended, and backups restored. Takes a token of scope `admin`.
#[utoipa::path(
    get,
    path = "/v1/audit",
    tag = "service",
    extensions(("x-admin" = json!(true))),
    security(("token" = ["admin"])),
    params(AuditParams),
    responses(
        (status = 200, description = "One page", body = Audit),
        ListRefused,
        WriteRefused,
    )
)]
async fn audit(
    State(live): State<Shared>,
    Params(params): Params<AuditParams>,
) -> Result<Json<Audit>, ApiError> {
    let rows = live.store().audit(params.before, PAGE).await?;
    let full = rows.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
    let next = rows.last().filter(|_| full).map(|last| last.id);
    let entries = rows.into_iter().map(AuditEntry::from).collect();
    Ok(Json(Audit { entries, next }))
}

/// Why a person decides on timings.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reason {
    /// In words that others will read: 1 to 500 characters.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// What `caller` decides with the body that was sent.
pub(super) fn decision(
    ruling: Ruling,
    caller: &Caller,
    body: &Value,
) -> Result<Decision, ApiError> {
    let Reason { reason } = typed(body)?;
    text("/reason", &reason)?;
    Ok(Decision {
        ruling,
        reason,
        deed: caller.does(now()),
    })
}

/// How far a decision went.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RuledRows {
    /// Timings that it is about.
    measurements: u64,
    /// Of those, how many it put into the fits, or out of them: 0 where they were there already.
    moved: u64,
}

impl From<Ruled> for RuledRows {
    fn from(Ruled { timings, moved }: Ruled) -> Self {
        Self {
            measurements: timings,
            moved,
        }
    }
}

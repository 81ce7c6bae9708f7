//! `GET /v1/measurements.ndjson` and `.csv`: all that is stored, in the form in which it can be uploaded again.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderName, header};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::extract::body::Params;
use crate::http::extract::problem::ApiError;
use crate::http::extract::refusals::ListRefused;
use crate::http::shared::Shared;
use crate::live::{Export, ExportFormat};
use crate::store::Filter;
use crate::timing::Mode;

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(ndjson))
        .routes(routes!(csv))
}

/// Which measurements to export.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ExportParams {
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
}

impl From<ExportParams> for Filter {
    fn from(params: ExportParams) -> Self {
        let ExportParams {
            platform,
            mode,
            label,
            upload,
            quarantined,
            search,
        } = params;
        Self {
            platform,
            mode,
            label,
            upload,
            quarantined,
            search,
        }
    }
}

type Exported = ([(HeaderName, &'static str); 2], Body);

/// All measurements, an object on each line, each platform's first row with its definition.
#[utoipa::path(
    get,
    path = "/v1/measurements.ndjson",
    tag = "evidence",
    params(ExportParams),
    responses(
        (status = 200, description = "The measurements, to be imported as they are", body = String, content_type = "application/x-ndjson"),
        ListRefused,
    )
)]
async fn ndjson(
    State(live): State<Shared>,
    Params(params): Params<ExportParams>,
) -> Result<Exported, ApiError> {
    Ok(exported(
        &live,
        params,
        ExportFormat::Ndjson,
        [
            "application/x-ndjson",
            "attachment; filename=\"measurements.ndjson\"",
        ],
    ))
}

/// All measurements as CSV, each platform's first row with its definition.
#[utoipa::path(
    get,
    path = "/v1/measurements.csv",
    tag = "evidence",
    params(ExportParams),
    responses(
        (status = 200, description = "The measurements, to be imported as they are", body = String, content_type = "text/csv"),
        ListRefused,
    )
)]
async fn csv(
    State(live): State<Shared>,
    Params(params): Params<ExportParams>,
) -> Result<Exported, ApiError> {
    Ok(exported(
        &live,
        params,
        ExportFormat::Csv,
        [
            "text/csv; charset=utf-8",
            "attachment; filename=\"measurements.csv\"",
        ],
    ))
}

fn exported(
    live: &Shared,
    params: ExportParams,
    format: ExportFormat,
    [kind, name]: [&'static str; 2],
) -> Exported {
    let export = Export::new(Arc::clone(live), params.into(), format);
    let begun = (export, live.gate.clone());
    let parts = futures_util::stream::try_unfold(begun, |(mut export, gate)| async move {
        // To write two thousand rows takes milliseconds: each part waits for its turn, and nobody waits for the whole.
        let turn = gate.part().await?;
        let part = turn.take(async move {
            let part = export.next_part().await;
            part.map(|part| part.map(|part| (part, export)))
        });
        let part = part.await??;
        Ok::<_, ApiError>(part.map(|(part, export)| (part, (export, gate))))
    });
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, name),
    ];
    (headers, Body::from_stream(parts))
}

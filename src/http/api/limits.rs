//! `GET /v1/limits`: every limit there is, so that a client can keep within them.

use std::collections::BTreeMap;

use axum::Extension;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::listing::MAX_LIMIT;
use crate::ask::batch::{BATCH_ITEMS, BATCH_PREDICTIONS};
use crate::ask::chosen::MOST_PLATFORMS;
use crate::http::admission::Told;
use crate::http::admission::gate::{BURST, MOST_UPLOADS, MOST_WAITING};
use crate::http::extract::body::{Json, MOST_READING};
use crate::http::extract::bounds::{
    BATCH_BODY_BYTES, BODY_BYTES, BODY_RATE, BODY_TIME, HEADER_BYTES, HEADER_TIME, IDLE_TIME,
    NET_BODY_BYTES, ONNX_BYTES, UPLOAD_BYTES, WRITE_RATE, WRITE_TIME,
};
use crate::http::shared::Shared;
use crate::json::{LENGTHS, OTHERS};
use crate::live::MOST_REJECTIONS;
use crate::net::limits::{MAX_BLOCKS, MAX_KERNEL, MAX_RATIO, MAX_WIDTH};

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(limits))
}

/// Every limit there is.
#[derive(Debug, Serialize, ToSchema)]
struct LimitsAnswer {
    /// Of what is sent.
    sizes: Sizes,
    /// Of a net and its scaling.
    nets: Nets,
    /// How often and how much at once; null: no limit.
    rates: Rates,
    /// How long.
    times: Times,
    /// Whether nothing can be stored here.
    read_only: bool,
    /// Whether reading takes a token too.
    require_token: bool,
}

/// Of what is sent.
#[derive(Debug, Serialize, ToSchema)]
struct Sizes {
    /// Bytes of all header lines of a request together.
    header_bytes: usize,
    /// Bytes of a JSON body.
    body_bytes: usize,
    /// Longest JSON body of a question about a net, which may be a graph.
    net_body_bytes: usize,
    /// Longest ONNX file.
    onnx_bytes: u64,
    /// Bytes of the body of a batch.
    batch_body_bytes: usize,
    /// Bytes of an upload, after decompression.
    upload_bytes: u64,
    /// Items of a batch.
    batch_items: usize,
    /// Predictions of a batch, of all items together.
    batch_predictions: usize,
    /// Rows of a page of a list.
    page_rows: u32,
    /// Levels of arrays and objects within each other in JSON.
    json_depth: u32,
    /// Errors that one answer names.
    errors_told: u32,
    /// Rejected rows of an upload that are kept.
    rejected_rows_kept: usize,
    /// Platforms that one question names.
    platforms: usize,
    /// Characters of a text by the name of its field; `others` of those that are not listed.
    characters: BTreeMap<&'static str, usize>,
}

/// Of a net and its scaling.
#[derive(Debug, Serialize, ToSchema)]
struct Nets {
    /// Blocks of a net.
    blocks: u32,
    /// Channels of a layer.
    channels: u32,
    /// Pixels of a side.
    resolution: u32,
    /// Side of a kernel, and its stride.
    kernel: u32,
    /// Bottleneck and expansion multipliers.
    multiplier: f64,
    /// A factor is above this, and whatever leaves the net within the limits above.
    factor_above: f64,
    /// Lowest level of an interval.
    interval_from: f64,
    /// Highest level of an interval.
    interval_to: f64,
}

/// How often and how much at once; null: no limit.
#[derive(Debug, Serialize, ToSchema)]
struct Rates {
    /// Writes of a token in a minute.
    writes_per_minute: Option<u32>,
    /// Requests of an address in a minute.
    requests_per_minute: Option<u32>,
    /// Connections.
    connections: usize,
    /// Connections of one address.
    connections_per_address: usize,
    /// Heavy requests that are worked on at once.
    heavy: usize,
    /// Heavy requests that wait; one more is answered with 503.
    heavy_waiting: usize,
    /// Uploads at once; one more is answered with 503.
    uploads: usize,
    /// Bytes of JSON bodies that are in memory before they are complete; beyond that a 503.
    bodies_bytes: usize,
}

/// How long.
#[derive(Debug, Serialize, ToSchema)]
struct Times {
    /// For a header, from its first byte.
    header_seconds: u64,
    /// For a body …
    body_seconds: u64,
    /// … and a second more for each so many bytes of it.
    body_bytes_per_second: u64,
    /// For an answer to be read …
    answer_seconds: u64,
    /// … and a second more for each so many bytes that were read.
    answer_bytes_per_second: u64,
    /// For an idle connection.
    idle_seconds: u64,
    /// A heavy request waits no longer than this for its turn.
    waiting_milliseconds: u128,
    /// For requests in flight when the service is told to end.
    drain_seconds: u64,
}

/// Every limit there is.
#[utoipa::path(get, path = "/v1/limits", tag = "service", responses((status = 200, description = "The limits", body = LimitsAnswer)))]
async fn limits(Extension(Told(front)): Extension<Told>) -> Json<LimitsAnswer> {
    let settings = &front.settings;
    let limits = &settings.limits;
    Json(LimitsAnswer {
        sizes: Sizes {
            header_bytes: HEADER_BYTES,
            body_bytes: BODY_BYTES,
            net_body_bytes: NET_BODY_BYTES,
            onnx_bytes: ONNX_BYTES,
            batch_body_bytes: BATCH_BODY_BYTES,
            upload_bytes: UPLOAD_BYTES,
            batch_items: BATCH_ITEMS,
            batch_predictions: BATCH_PREDICTIONS,
            page_rows: MAX_LIMIT,
            json_depth: 127,
            errors_told: 100,
            rejected_rows_kept: MOST_REJECTIONS,
            platforms: MOST_PLATFORMS,
            characters: LENGTHS.into_iter().chain([("others", OTHERS)]).collect(),
        },
        nets: Nets {
            blocks: MAX_BLOCKS,
            channels: MAX_WIDTH,
            resolution: crate::net::Side::MAX,
            kernel: MAX_KERNEL,
            multiplier: MAX_RATIO,
            factor_above: 0.0,
            interval_from: 0.5,
            interval_to: 0.99,
        },
        rates: Rates {
            writes_per_minute: limits.writes_per_minute.map(Into::into),
            requests_per_minute: limits.requests_per_minute.map(Into::into),
            connections: settings.connections,
            connections_per_address: settings.connections_per_address,
            heavy: front.gate.processors(),
            heavy_waiting: MOST_WAITING,
            uploads: MOST_UPLOADS,
            bodies_bytes: MOST_READING,
        },
        times: Times {
            header_seconds: HEADER_TIME.as_secs(),
            body_seconds: BODY_TIME.as_secs(),
            body_bytes_per_second: BODY_RATE,
            answer_seconds: WRITE_TIME.as_secs(),
            answer_bytes_per_second: WRITE_RATE,
            idle_seconds: IDLE_TIME.as_secs(),
            waiting_milliseconds: BURST.as_millis(),
            drain_seconds: settings.drain.as_secs(),
        },
        read_only: settings.read_only,
        require_token: settings.require_token,
    })
}

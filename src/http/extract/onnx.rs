//! An ONNX file as a body: read as it comes, without its weights, and asked about as if it were a net in JSON.
//!
//! What a JSON body says beside the net, the query says. The question becomes the JSON that would ask the same, so that
//! all that answers it knows one form alone.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};

use super::body::{Reading, unread};
use super::bounds::ONNX_BYTES;
use super::problem::ApiError;
use super::query::parameters;
use crate::ask::factors::{numbers, of_text as factors, words};
use crate::json::{Invalid, nearest};
use crate::net::onnx::{File, Reader};
use crate::net::side;
use crate::plan::compare::moved;
use crate::units::to_u64;

/// What such a body is called.
pub(in crate::http) const ONNX: &str = "application/onnx";

/// The bytes of an ONNX file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it is described, never made")]
pub(in crate::http) struct Onnx(Vec<u8>);

/// What a question about an ONNX file says beside it: other fields of the JSON body are taken by their names too.
#[derive(Debug, Default, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct OnnxParams {
    /// Of an `application/onnx` body: a strategy of the paper.
    #[param(example = "dWr")]
    strategy: Option<String>,
    /// Of an `application/onnx` body: a share of the width, in place of `strategy`.
    alpha: Option<f64>,
    /// Of an `application/onnx` body: a reference string, in place of `strategy`.
    scale_type: Option<String>,
    /// Of an `application/onnx` body: the wanted growth of flops.
    #[param(example = 4)]
    factor: Option<f64>,
    /// Of an `application/onnx` body: ids of platforms, joined by commas.
    platform: Option<String>,
    /// Of an `application/onnx` body: `train` or `infer`.
    mode: Option<String>,
    /// Of an `application/onnx` body: side of the images; the file's own where it has one, else 224.
    resolution: Option<u64>,
    /// Of an `application/onnx` body: images in a step, of all devices together.
    batch_size: Option<u64>,
}

/// Whether a body is said to be an ONNX file.
pub(in crate::http) fn is_onnx(headers: &HeaderMap) -> bool {
    let sent = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = sent.and_then(|sent| sent.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(ONNX))
}

/// The file that `body` is.
pub(in crate::http) async fn file(headers: &HeaderMap, mut body: Body) -> Result<File, ApiError> {
    let encoding = headers.get(header::CONTENT_ENCODING);
    if let Some(encoding) = encoding.filter(|encoding| *encoding != "identity") {
        let detail = format!("the body is encoded as {encoding:?}: an ONNX file is read as it is");
        return Err(ApiError::MediaType(detail));
    }
    let (mut reader, mut kept, mut all) = (Reader::default(), Reading::default(), 0);
    let mut counted = 0;
    while let Some(frame) = body.frame().await {
        let Ok(bytes) = frame.map_err(|error| unread(&error))?.into_data() else {
            continue;
        };
        all += to_u64(bytes.len());
        if all > ONNX_BYTES {
            let most = usize::try_from(ONNX_BYTES).unwrap_or(usize::MAX);
            return Err(ApiError::TooLarge(most));
        }
        reader.feed(&bytes)?;
        kept.more(reader.kept().saturating_sub(counted))?;
        counted = reader.kept().max(counted);
    }
    Ok(reader.finish()?)
}

/// The question in JSON that the query and the file ask.
pub(in crate::http) fn asked_of(mut parts: Parts, file: &File) -> Result<Request, ApiError> {
    let mut said = parameters(parts.uri.query().unwrap_or_default())?;
    let resolution = said.remove("resolution").map(number).unwrap_or_default();
    let net = file.described(side(&resolution)?)?;
    let mut question = fields(parts.uri.path(), said)?;
    let net = serde_json::to_value(net).map_err(|_| ApiError::Internal)?;
    question.insert("model".to_owned(), net);
    let text = serde_json::to_vec(&question).map_err(|_| ApiError::Internal)?;
    // The query is in the body now.
    if let Ok(path) = parts.uri.path().parse::<Uri>() {
        parts.uri = path;
    }
    let json = HeaderValue::from_static("application/json");
    parts.headers.insert(header::CONTENT_TYPE, json);
    parts.headers.remove(header::CONTENT_LENGTH);
    Ok(Request::from_parts(parts, Body::from(text)))
}

/// Fields of a body that are texts; all others are numbers or truths.
const TEXTS: [&str; 8] = [
    "mode",
    "family",
    "label",
    "estimator",
    "fit",
    "optimizer",
    "precision",
    "use",
];
/// Fields that are numbers or truths.
const NUMBERS: [&str; 13] = [
    "batch_size",
    "dataset_images",
    "interval",
    "epochs",
    "evaluation_images",
    "loader_images_per_second",
    "devices",
    "price_per_hour",
    "device_memory_bytes",
    "layers",
    "stages",
    "free_mix",
    "resolution",
];
/// Fields of a scaling.
const SCALING: [&str; 5] = ["strategy", "alpha", "scale_type", "factor", "match"];
/// Lists of ways to scale.
const WAYS: [&str; 3] = ["strategies", "alphas", "factors"];
/// Limits of a plan.
const LIMITS: [&str; 7] = [
    "epoch_seconds",
    "total_seconds",
    "cost",
    "flops",
    "params",
    "acts",
    "memory_bytes",
];

/// The number or the truth that a text is; else the text, which is refused as such.
fn number(text: Value) -> Value {
    let read = text
        .as_str()
        .and_then(|text| serde_json::from_str::<Value>(text).ok());
    read.filter(|value| value.is_number() || value.is_boolean())
        .unwrap_or(text)
}

/// The fields of the question at `path` that parameters say.
fn fields(path: &str, said: Map<String, Value>) -> Result<Map<String, Value>, Invalid> {
    let (mut question, mut scaling, mut limits) = (Map::new(), Map::new(), Map::new());
    // Of many ways in place of one.
    let many = path.ends_with("/compare") || path.ends_with("/plan");
    // Costs depend on none of these.
    let costs = path.ends_with("/complexity");
    for (name, value) in said {
        let text = value.as_str().unwrap_or_default();
        match name.as_str() {
            "platform" | "mode" | "batch_size" if costs => {}
            "platform" => {
                question.insert(name, json!(words(text)));
            }
            "strategy" | "strategies" if many => {
                question.insert("strategies".to_owned(), json!(words(text)));
            }
            "alpha" | "alphas" if many => {
                let list = numbers(&format!("/{name}"), text)?;
                question.insert("alphas".to_owned(), json!(list));
            }
            "factor" | "factors" if many => {
                question.insert("factors".to_owned(), json!(factors(text)?));
            }
            known if SCALING.contains(&known) => {
                let value = if matches!(known, "alpha" | "factor" | "match") {
                    number(value)
                } else {
                    value
                };
                scaling.insert(name, value);
            }
            known if LIMITS.contains(&known) => {
                limits.insert(name, number(value));
            }
            known if TEXTS.contains(&known) => {
                question.insert(name, value);
            }
            known if NUMBERS.contains(&known) => {
                question.insert(name, number(value));
            }
            unknown => {
                let lists: [&[&str]; 5] = [&TEXTS, &NUMBERS, &SCALING, &WAYS, &LIMITS];
                let mut known = lists.concat();
                known.push("platform");
                let detail = format!(
                    "unknown parameter `{}`",
                    crate::json::shortened_text(unknown)
                );
                let hint = nearest(unknown, &known);
                return Err(Invalid::at(&format!("/{unknown}"), value, detail, hint));
            }
        }
    }
    for (name, inner) in [("scaling", scaling), ("limits", limits)] {
        if !inner.is_empty() {
            question.insert(name.to_owned(), Value::Object(inner));
        }
    }
    Ok(question)
}

/// The answer to such a question, whose errors point at the parameters of its query.
pub(in crate::http) fn told_of_query(response: Response) -> Response {
    let refused = response.extensions().get::<Arc<ApiError>>();
    let Some(ApiError::Invalid(invalid)) = refused.map(AsRef::as_ref) else {
        return response;
    };
    let told = moved(invalid.clone(), "/scaling", "");
    ApiError::Invalid(moved(told, "/limits", "")).into_response()
}

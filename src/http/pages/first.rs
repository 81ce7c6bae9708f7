//! What the scripts of pages ask first, which the pages answer before that.
//!
//! A question that is not asked as it is expected here is one trip more to the server, and no other harm: an answer is found
//! by all of its question. `static/js/core/request.js` and `platforms.js` say what is asked.

use std::cmp::Reverse;

use axum::http::Uri;
use serde_json::json;

use crate::timing::data::gpus::Gpu;
use crate::timing::{Mode, Predictors};

/// The net of a page whose address names none.
const NET: &str = "RegNetY-4GF";
/// GPUs that are shown beside the best known platforms.
const ASKED_FOR: [&str; 2] = ["gpu:a100-80gb", "gpu:h100"];

/// The paths that the page at `path` asks whatever its address says. `{model}` is the net that it names.
pub(super) fn first_asked(path: &str) -> &'static [&'static str] {
    match path {
        "/" | "/explore" => &[
            "/v1/platforms",
            "/v1/gpus",
            "/v1/strategies",
            "/v1/models/{model}",
            "/v1/predict",
        ],
        "/gpus" => &["/v1/platforms", "/v1/gpus"],
        "/platforms" | "/platforms/{id}" | "/upload" => &["/v1/platforms"],
        "/docs" => &["/openapi.json"],
        _ => &[],
    }
}

/// The questions at `paths`, for a page whose address is `uri`: each with its body, where it has one.
pub(in crate::http) fn questions(
    paths: &[&str],
    predictors: &Predictors,
    uri: &Uri,
) -> Vec<(String, Option<String>)> {
    let query = uri.query().unwrap_or_default().as_bytes();
    let named = form_urlencoded::parse(query).find(|(name, _)| name == "model");
    let net = named.map_or(NET.into(), |(_, name)| name);
    // Names that a path would write otherwise are few, as are addresses that ask for more than a net.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_plain = net.bytes().all(is_plain);
    let names_all = form_urlencoded::parse(query).all(|(name, _)| name == "model");
    let question = |path: &&str| match *path {
        "/v1/predict" => {
            let body = predicted(predictors, &net).filter(|_| is_plain && names_all)?;
            Some(((*path).to_owned(), Some(body)))
        }
        path => (is_plain || !path.contains('{')).then(|| (path.replace("{model}", &net), None)),
    };
    paths.iter().filter_map(question).collect()
}

/// What is asked of `net` where nothing else is said: of the best known platforms, and of what people ask for first.
fn predicted(predictors: &Predictors, net: &str) -> Option<String> {
    let mut timed: Vec<_> = predictors.of_mode(Mode::Train).collect();
    let is_known = |device: &str| Gpu::of_device(device).is_some();
    timed.sort_by_key(|one| Reverse((is_known(&one.platform().device), one.measurements())));
    let best = timed.iter().take(2).map(|one| one.platform().id.as_str());
    let platforms: Vec<&str> = best.chain(ASKED_FOR).collect();
    let way = r#""mode":"train","scaling":{"strategy":"dWr","factor":4}"#;
    let body = format!(
        r#"{{"model":{{"name":"{net}"}},{way},"platform":{}}}"#,
        json!(platforms)
    );
    (!timed.is_empty()).then_some(body)
}

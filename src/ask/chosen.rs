//! The platforms that a request names.

use std::sync::Arc;

use serde_json::Value;
use utoipa::ToSchema;

use crate::json::{Invalid, nearest, typed};
use crate::timing::data::gpus::Gpu;
use crate::timing::predict::datasheet::AskedGpu;
use crate::timing::{Mode, PlatformId, Predictor, Predictors};

/// One platform's id, or several.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum PlatformChoice {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

/// Most platforms that one question names; with none named it may be more.
pub(crate) const MOST_PLATFORMS: usize = 256;

/// The predictors that a request's `platform` names: all of the mode where it names none.
///
/// # Errors
/// At `/platform`, where it names one that is not known.
pub fn chosen(
    predictors: &Predictors,
    mode: Mode,
    platform: Option<&Value>,
) -> Result<Vec<Arc<Predictor>>, Invalid> {
    match platform {
        None | Some(Value::Null) => Ok(predictors.of_mode(mode).cloned().collect()),
        Some(Value::Array(ids)) if ids.len() > MOST_PLATFORMS => {
            let detail = format!("{} platforms", ids.len());
            let hint = format!("at most {MOST_PLATFORMS}; without `platform`, all are answered");
            Err(Invalid::at("/platform", ids.len(), detail, hint))
        }
        Some(Value::Array(ids)) => {
            let one = |(i, id): (usize, &Value)| {
                one(predictors, mode, id).map_err(|e| e.under(&format!("/platform/{i}")))
            };
            ids.iter().enumerate().map(one).collect()
        }
        Some(id) => one(predictors, mode, id)
            .map(|one| vec![one])
            .map_err(|e| e.under("/platform")),
    }
}

/// The predictor that `id` names: of a platform, or of a GPU by its data sheet.
pub(crate) fn one(
    predictors: &Predictors,
    mode: Mode,
    id: &Value,
) -> Result<Arc<Predictor>, Invalid> {
    let word: String = typed(id)?;
    if let Some(asked) = AskedGpu::read(&word)? {
        return predictors.on_gpu(&asked, mode).map(Arc::new).ok_or_else(|| {
            let detail = format!("no platform of a known GPU has timings of mode {mode}");
            let hint = "upload some of that mode, with the platform's precision: data sheets compare GPUs, and say no time by themselves";
            Invalid::at("", word, detail, hint)
        });
    }
    let found = PlatformId::new(&word)
        .ok()
        .and_then(|id| predictors.get(&id, mode));
    found.cloned().ok_or_else(|| {
        let known: Vec<&str> = predictors
            .of_mode(mode)
            .map(|p| p.platform().id.as_str())
            .collect();
        let detail = if predictors.platforms.keys().any(|id| id.as_str() == word) {
            format!("{word} has no timings of mode {mode}")
        } else {
            format!("no platform is called `{word}`")
        };
        let hint = match Gpu::meant(&word).as_slice() {
            [] => nearest(&word, &known),
            [gpu] => format!("`gpu:{}` predicts by its data sheet", gpu.id),
            several => {
                let name = |gpu: &&Gpu| format!("`gpu:{}`", gpu.id);
                let all: Vec<String> = several.iter().map(name).collect();
                format!("{} predict by their data sheets", all.join(", "))
            }
        };
        Invalid::at("", word.as_str(), detail, hint)
    })
}

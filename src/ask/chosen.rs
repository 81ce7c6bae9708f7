//! The platforms that a request names.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::json::{Invalid, nearest, typed};
use crate::timing::data::gpus::Gpu;
use crate::timing::data::platform::{MemoryFormat, Precision};
use crate::timing::data::recipe::{Recipe, Software};
use crate::timing::predict::datasheet::AskedGpu;
use crate::timing::{Mode, PlatformId, Predictor, Predictors};

/// One platform, or several.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum PlatformChoice {
    /// One.
    One(PlatformNamed),
    /// Several.
    Several(Vec<PlatformNamed>),
}

/// A platform's id, or a GPU by its data sheet.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum PlatformNamed {
    /// The id of a platform, or `gpu:NAME` with the words of a recipe behind it.
    Id(String),
    /// The same of a GPU, in fields.
    Gpu(GpuInRecipe),
}

/// A GPU by its data sheet, and what is done to nets there: `gpu:NAME` and its recipe, in fields.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GpuInRecipe {
    /// Its name, as `/v1/gpus` has it or as people write it.
    #[schema(example = "h100")]
    pub gpu: String,
    /// Arithmetic of the layers; `amp` where nothing is said.
    pub precision: Option<Precision>,
    /// Order of an activation's dimensions; `channels_first` where nothing is said.
    pub memory_format: Option<MemoryFormat>,
    /// What runs the layers; `eager` where nothing is said.
    pub software: Option<Software>,
}

impl GpuInRecipe {
    /// The same in words, of which none is unsaid.
    fn word(&self) -> Result<String, Invalid> {
        let gpu = Gpu::named(&self.gpu).map_err(|e| e.under("/gpu"))?;
        let unsaid = Recipe::default();
        let recipe = Recipe {
            precision: self.precision.unwrap_or(unsaid.precision),
            memory_format: self.memory_format.unwrap_or(unsaid.memory_format),
            software: self.software.unwrap_or(unsaid.software),
        };
        if !gpu.has(recipe.precision) {
            let able = Precision::ALL.into_iter().filter(|p| gpu.has(*p));
            let able: Vec<&str> = able.map(Precision::as_str).collect();
            let detail = format!("{} has no tensor cores that compute so", gpu.device);
            let hint = format!("one of {}", able.join(", "));
            let precision = recipe.precision.as_str();
            return Err(Invalid::at("/precision", precision, detail, hint));
        }
        Ok(format!("gpu:{}:{}", gpu.id, recipe.words().join(":")))
    }
}

/// The word by which `named`, one of a request's platforms, goes.
pub(super) fn word(named: &Value) -> Result<String, Invalid> {
    if named.is_object() {
        typed::<GpuInRecipe>(named)?.word()
    } else {
        typed(named)
    }
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

/// The predictor that `named` names: of a platform, or of a GPU by its data sheet.
pub(crate) fn one(
    predictors: &Predictors,
    mode: Mode,
    named: &Value,
) -> Result<Arc<Predictor>, Invalid> {
    let word = word(named)?;
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

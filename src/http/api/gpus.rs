//! `GET /v1/gpus` and `/v1/gpus/{id}`: GPUs that can be asked for by name though nothing was timed on them.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::extract::body::Json;
use crate::http::extract::path::Word;
use crate::http::extract::problem::ApiError;
use crate::http::extract::refusals::NotThere;
use crate::http::shared::Shared;
use crate::timing::data::gpus::Gpu;
use crate::timing::predict::datasheet::AskedGpu;
use crate::timing::{PlatformId, Predictors};

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(gpus))
        .routes(routes!(gpu))
}

/// What a data sheet says of a GPU. Rates are dense, an addition and a multiplication counted as two.
#[derive(Debug, Serialize, ToSchema)]
pub struct GpuRow {
    /// Its name here.
    #[schema(example = "h100")]
    pub id: &'static str,
    /// Its maker's name for it.
    pub device: &'static str,
    /// Memory.
    pub memory_bytes: u64,
    /// Bandwidth of the memory, in 10⁹ bytes a second.
    pub bandwidth_gigabytes_per_second: f64,
    /// 32-bit operations outside of tensor cores, in 10¹² a second.
    pub fp32_teraflops: f64,
    /// On tensor cores with TF32; null where they cannot.
    pub tf32_teraflops: Option<f64>,
    /// On tensor cores with 16-bit floats, added up in 32 bits.
    pub fp16_teraflops: f64,
    /// Titles of the documents.
    pub source: &'static str,
    /// What a prediction's `platform` may be: with each precision; the first part alone is automatic mixed precision.
    pub ask_for: Vec<String>,
    /// Platforms on which it was timed: to name one of them gives a narrower interval.
    pub timed: Vec<PlatformId>,
}

impl GpuRow {
    fn new(gpu: &'static Gpu, predictors: &Predictors) -> Self {
        let of = |device| Gpu::of_device(device).is_some_and(|known| known.id == gpu.id);
        let timed = predictors.platforms.values().filter(|p| of(&p.device));
        Self {
            id: &gpu.id,
            device: &gpu.device,
            memory_bytes: gpu.memory_bytes,
            bandwidth_gigabytes_per_second: gpu.bandwidth,
            fp32_teraflops: gpu.fp32,
            tf32_teraflops: gpu.tf32,
            fp16_teraflops: gpu.fp16,
            source: &gpu.source,
            ask_for: AskedGpu::names(gpu).collect(),
            timed: timed.map(|platform| platform.id.clone()).collect(),
        }
    }
}

/// All GPUs whose data sheets are known.
#[derive(Debug, Serialize, ToSchema)]
pub struct Gpus {
    /// By age and kind.
    pub gpus: Vec<GpuRow>,
}

/// GPUs that can be asked for without any timing: `"platform": "gpu:h100"`.
#[utoipa::path(get, path = "/v1/gpus", tag = "evidence", responses((status = 200, description = "The GPUs", body = Gpus)))]
async fn gpus(State(live): State<Shared>) -> Json<Gpus> {
    Json(listed(&live.predictors()))
}

/// All GPUs whose data sheets are known, with the platforms of `predictors` that are such.
#[must_use]
pub fn listed(predictors: &Predictors) -> Gpus {
    let rows = Gpu::all().iter().map(|gpu| GpuRow::new(gpu, predictors));
    Gpus {
        gpus: rows.collect(),
    }
}

/// One GPU's data sheet.
#[utoipa::path(
    get,
    path = "/v1/gpus/{id}",
    tag = "evidence",
    params(("id" = String, Path, description = "Its name, without `gpu:`", example = "h100")),
    responses(
        (status = 200, description = "The GPU", body = GpuRow),
        NotThere,
    )
)]
async fn gpu(State(live): State<Shared>, Word(id): Word) -> Result<Json<GpuRow>, ApiError> {
    let gpu = Gpu::named(&id).map_err(|e| ApiError::NotFound(e.to_string()))?;
    Ok(Json(GpuRow::new(gpu, &live.predictors())))
}

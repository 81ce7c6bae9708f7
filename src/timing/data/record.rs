//! One record of a CSV file, cell by cell, straight to a measurement, without a JSON value in between.

use super::cells::{flag, json, number, plain, whole, word};
use super::defaults::Defaults;
use super::measurement::RawMeasurement;
use super::platform::{Mode, RawPlatform};
use crate::json::Invalid;
use crate::net::complexity::RawComplexity;
use crate::net::scaling::RawScaling;

/// What is said of a column that is in the table of `rows.rs` and nowhere here, which a test looks for.
pub(super) const UNTAKEN: &str = "a column that no field takes";

/// The cells of a record on their way to a measurement.
#[derive(Default)]
pub(super) struct Record {
    raw: RawMeasurement,
    mode: Option<Mode>,
    platform: RawPlatform,
    /// Whether anything but its id is given of the platform.
    defines: bool,
    name: Option<String>,
    costs: [Option<f64>; 3],
    scaling: RawScaling,
    /// Whether anything is given of the scaling, and its factor.
    scales: (bool, Option<f64>),
}

impl Record {
    /// Takes the cell of `column`.
    pub(in crate::timing) fn set(&mut self, column: &str, cell: &str) -> Result<(), Invalid> {
        let raw = &mut self.raw;
        match column {
            "platform" => cell.clone_into(&mut self.platform.id),
            "mode" => self.mode = Some(word(cell)?),
            "label" => raw.label = Some(plain(cell).to_owned()),
            "family" => raw.family = Some(plain(cell).to_owned()),
            "name" => self.name = Some(plain(cell).to_owned()),
            "model" => raw.model = Some(json(cell)?),
            "resolution" => raw.resolution = Some(whole(cell)?),
            "flops" => self.costs[0] = Some(number(cell)?),
            "params" => self.costs[1] = Some(number(cell)?),
            "acts" => self.costs[2] = Some(number(cell)?),
            "batch_size" => raw.batch_size = Some(whole(cell)?),
            "images_per_second" => raw.images_per_second = Some(number(cell)?),
            "step_seconds" => raw.step_seconds = Some(number(cell)?),
            "epoch_seconds" => raw.epoch_seconds = Some(number(cell)?),
            "dataset_images" => raw.dataset_images = Some(whole(cell)?),
            "measured_at" => raw.measured_at = Some(plain(cell).to_owned()),
            "source" => raw.source = Some(plain(cell).to_owned()),
            "noise" => raw.noise = Some(number(cell)?),
            "verdict" => raw.verdict = Some(word(cell)?),
            "strategy" | "alpha" | "scale_type" | "exponents" | "factor" | "scaling" => {
                self.scale(column, cell)?;
            }
            _ => self.define(column, cell)?,
        }
        Ok(())
    }

    fn scale(&mut self, column: &str, cell: &str) -> Result<(), Invalid> {
        let scaling = &mut self.scaling;
        self.scales.0 = true;
        match column {
            "strategy" => scaling.strategy = Some(cell.to_owned()),
            "alpha" => scaling.alpha = Some(number(cell)?),
            "scale_type" => scaling.scale_type = Some(cell.to_owned()),
            "exponents" => scaling.exponents = Some(json(cell)?),
            "factor" => self.scales.1 = Some(number(cell)?),
            _ => {
                *scaling = json(cell)?;
                self.scales.1 = Some(scaling.factor);
            }
        }
        Ok(())
    }

    fn define(&mut self, column: &str, cell: &str) -> Result<(), Invalid> {
        let platform = &mut self.platform;
        self.defines = true;
        match column {
            "device" => plain(cell).clone_into(&mut platform.device),
            "device_count" => platform.device_count = Some(whole(cell)?),
            "precision" => platform.precision = Some(word(cell)?),
            "memory_format" => platform.memory_format = Some(word(cell)?),
            "compiled" => platform.compiled = Some(flag(cell)?),
            "framework" => platform.framework = Some(plain(cell).to_owned()),
            _ => {
                return Err(Invalid::at(
                    "",
                    column,
                    UNTAKEN,
                    "a line for it in `Record`",
                ));
            }
        }
        Ok(())
    }

    /// The measurement that all cells make; `defaults` say what they do not.
    pub(in crate::timing) fn measurement(
        self,
        defaults: &Defaults,
    ) -> Result<RawMeasurement, Invalid> {
        let missing = |pointer: &str, hint: &str| {
            let name = pointer.rsplit('/').next().unwrap_or_default();
            Invalid::at(pointer, (), format!("missing field `{name}`"), hint)
        };
        let mut raw = self.raw;
        raw.mode = self
            .mode
            .or(defaults.mode)
            .ok_or_else(|| missing("/mode", "train or infer"))?;
        raw.platform = match (
            self.defines,
            self.platform.id.is_empty(),
            &defaults.platform,
        ) {
            (_, true, Some(default)) => default.clone(),
            (_, true, None) => return Err(missing("/platform", "the id of a platform")),
            (false, false, _) => self.platform.id.into(),
            // A struct of words and numbers: writing it cannot fail.
            (true, false, _) => serde_json::to_value(self.platform).unwrap_or_default(),
        };
        if let Some(name) = self.name {
            let both = || {
                Invalid::at(
                    "/model",
                    (),
                    "both `name` and `model` are given",
                    "leave one of them out",
                )
            };
            if raw.model.is_some() {
                return Err(both());
            }
            raw.model = Some(serde_json::json!({ "name": name }));
        }
        raw.complexity = match self.costs {
            [None, None, None] => None,
            [Some(flops), Some(params), Some(acts)] => Some(RawComplexity {
                flops,
                params,
                acts,
            }),
            _ => return Err(missing("/complexity", "all of flops, params and acts")),
        };
        raw.scaling = match self.scales {
            (false, _) => None,
            (true, Some(factor)) => Some(RawScaling {
                factor,
                ..self.scaling
            }),
            (true, None) => {
                return Err(missing(
                    "/scaling/factor",
                    "the wanted growth of the flops, such as 4",
                ));
            }
        };
        Ok(raw)
    }
}

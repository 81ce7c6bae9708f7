//! pycls' `dev/model_timing.json`: the times of a net by its name, in seconds for a step.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::pycls::{given_batch, keys, platform, seconds};
use super::row::{Row, named, source};
use crate::json::{Invalid, parse};
use crate::net::names::zoo::Zoo;
use crate::timing::data::defaults::Defaults;
use crate::timing::data::measurement::{Measurement, RawMeasurement};
use crate::timing::data::platform::Mode;
use crate::timing::data::seed;
use crate::units::Whole;

/// The rows of a timing file: a net of each name, timed in the mode that is wanted, by default in training.
pub(super) fn rows(text: &str, defaults: &Defaults) -> Vec<Row> {
    let nets = match parse(text.as_bytes()) {
        Ok(Value::Object(nets)) => nets,
        Ok(other) => {
            let error = Invalid::at(
                "",
                other,
                "not a timing file of pycls",
                r#"{"ResNet-50": {"train_fw_bw_time": …}, …}"#,
            );
            return vec![(1, Err(error))];
        }
        Err(error) => {
            return vec![(
                1,
                Err(Invalid::at("", (), error.to_string(), "the whole file")),
            )];
        }
    };
    let published = published_batches();
    let mut rows: Vec<Row> = nets
        .iter()
        .filter(|(name, _)| *name != "date-created")
        .map(|(name, times)| {
            let row = times_row(name, times, &published, defaults);
            (line_of(text, name), row)
        })
        .collect();
    rows.sort_by_key(|(line, _)| *line);
    rows
}

fn times_row(
    name: &str,
    times: &Value,
    published: &BTreeMap<String, u64>,
    defaults: &Defaults,
) -> Result<RawMeasurement, Invalid> {
    let mode = defaults.mode.unwrap_or_default();
    let entry = Zoo::built_in().named(name).map_err(|e| e.under("/model"))?;
    let known = published.get(entry.name()).filter(|_| mode == Mode::Train);
    let batch_size = given_batch(mode, defaults)
        .or(known.copied())
        .ok_or_else(|| {
            let (column, key) = keys(mode);
            let detail = format!("the images of {column} of {name} are not known");
            let hint = format!("give batch_size={key}, of all devices together");
            Invalid::at("/batch_size", (), detail, hint)
        })?;
    let empty = Map::new();
    Ok(RawMeasurement {
        platform: platform(defaults)?,
        mode,
        label: Some(name.to_owned()),
        model: Some(named(entry.name().into())),
        batch_size: Some(Whole(batch_size)),
        step_seconds: Some(seconds(times.as_object().unwrap_or(&empty), mode)?),
        source: Some(source("pycls timing file", defaults)),
        ..RawMeasurement::default()
    })
}

/// `TRAIN.BATCH_SIZE` of the published configurations, by the net: `dev/test_models.py`, which writes these files, runs
/// them as they are. The seed's rows carry it.
fn published_batches() -> BTreeMap<String, u64> {
    let Ok((_, rows)) = seed::built_in() else {
        return BTreeMap::new();
    };
    let batch = |row: &Measurement| {
        let published = row.platform.as_str() == "v100x8-pycls";
        Some((row.label.clone().filter(|_| published)?, row.batch_size?))
    };
    rows.iter().filter_map(batch).collect()
}

/// The line on which the key `name` stands.
fn line_of(text: &str, name: &str) -> usize {
    let key = Value::from(name).to_string();
    let found = text.lines().position(|line| {
        line.trim_start()
            .trim_start_matches('{')
            .trim_start()
            .starts_with(&key)
    });
    found.map_or(1, |line| line + 1)
}

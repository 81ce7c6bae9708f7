//! A pycls log: the times of `benchmark.compute_time_full`, in seconds for a step.
//!
//! `train_fw_bw_time` is forward and backward without the optimizer's step, `test_fw_time` forward at the size of
//! training. Every GPU takes its share of `TRAIN.BATCH_SIZE` or `TEST.BATCH_SIZE` at the same time, so that both belong
//! to all devices together.

use serde_json::{Map, Value};

use super::row::{Row, named, source};
use crate::json::{Invalid, parse, typed};
use crate::net::Subject;
use crate::net::complexity::RawComplexity;
use crate::net::names::pycls::Config;
use crate::timing::data::defaults::Defaults;
use crate::timing::data::measurement::RawMeasurement;
use crate::timing::data::platform::Mode;
use crate::units::Whole;

/// What opens the JSON in a line of a log.
const TAG: &str = "json_stats: ";

/// What a log has said so far about the net that it times.
#[derive(Default)]
struct Run {
    config: Config,
    /// Flops, params and acts as pycls counts them.
    counts: Option<Map<String, Value>>,
}

/// The rows of a log: a train and an infer row for each `iter_times`, with the configuration printed before it.
pub(super) fn log_rows(text: &str, defaults: &Defaults) -> Vec<Row> {
    let (mut rows, mut run, mut in_config) = (Vec::new(), Run::default(), false);
    for (i, line) in text.lines().enumerate() {
        if let Some((_, stats)) = line.split_once(TAG) {
            in_config = false;
            match parse(stats.trim().as_bytes()) {
                Ok(Value::Object(stats)) => rows.extend(
                    timed(&mut run, stats, defaults)
                        .into_iter()
                        .map(|row| (i + 1, row)),
                ),
                // Only times matter; a line that a killed run left half is no loss otherwise.
                _ if stats.contains("fw_bw_time") => {
                    let error = Invalid::at(
                        "",
                        stats,
                        "the json_stats line is cut off",
                        "the whole line",
                    );
                    rows.push((i + 1, Err(error)));
                }
                _ => {}
            }
        } else if line.trim_end().ends_with("Config:") {
            (run, in_config) = (Run::default(), true);
        } else if line.starts_with('[') {
            in_config = false;
        } else if in_config {
            run.config.read_printed(line);
        }
    }
    if rows.is_empty() {
        let hint =
            "pycls times a net before it trains where PREC_TIME.NUM_ITER > 0, or with its time_net";
        let detail = "no json_stats line of iter_times";
        rows.push((1, Err(Invalid::at("", (), detail, hint))));
    }
    rows
}

/// Takes in one `json_stats` line: counts are kept, times are rows.
fn timed(
    run: &mut Run,
    mut stats: Map<String, Value>,
    defaults: &Defaults,
) -> Vec<Result<RawMeasurement, Invalid>> {
    match stats.remove("_type").as_ref().and_then(Value::as_str) {
        Some("complexity") => {
            run.counts = Some(stats);
            Vec::new()
        }
        Some("iter_times" | "iter_time") => Mode::ALL
            .into_iter()
            .filter(|mode| defaults.mode.is_none_or(|wanted| wanted == *mode))
            .map(|mode| log_row(run, mode, &stats, defaults))
            .collect(),
        _ => Vec::new(),
    }
}

fn log_row(
    run: &Run,
    mode: Mode,
    stats: &Map<String, Value>,
    defaults: &Defaults,
) -> Result<RawMeasurement, Invalid> {
    let side = run.config.count("TRAIN.IM_SIZE");
    let row = RawMeasurement {
        platform: log_platform(run, defaults)?,
        mode,
        batch_size: Some(Whole(log_batch(run, mode, defaults)?)),
        step_seconds: Some(seconds(stats, mode)?),
        source: Some(source("pycls log", defaults)),
        ..RawMeasurement::default()
    };
    match log_model(run, defaults)? {
        Some(model) => Ok(RawMeasurement {
            label: model.get("name").and_then(Value::as_str).map(str::to_owned),
            // Where the given net has a resolution of its own, a row refuses another.
            resolution: side.map(Whole),
            model: Some(model),
            ..row
        }),
        None => Ok(RawMeasurement {
            complexity: Some(log_counts(run)?),
            resolution: side.map(Whole),
            ..row
        }),
    }
}

/// Name of the time, and key of the batch size.
pub(super) const fn keys(mode: Mode) -> (&'static str, &'static str) {
    match mode {
        Mode::Train => ("train_fw_bw_time", "TRAIN.BATCH_SIZE"),
        Mode::Infer => ("test_fw_time", "TEST.BATCH_SIZE"),
    }
}

pub(super) fn seconds(stats: &Map<String, Value>, mode: Mode) -> Result<f64, Invalid> {
    let (column, _) = keys(mode);
    let value = stats.get(column).cloned().unwrap_or_default();
    value.as_f64().ok_or_else(|| {
        let detail = format!("no {column}");
        Invalid::at(&format!("/{column}"), value, detail, "seconds for a step")
    })
}

/// The platform that is given, with the number of GPUs that the log tells.
fn log_platform(run: &Run, defaults: &Defaults) -> Result<Value, Invalid> {
    let mut platform = platform(defaults)?;
    let (Value::Object(object), Some(gpus)) = (&mut platform, run.config.count("NUM_GPUS")) else {
        return Ok(platform);
    };
    let given = object.get("device_count").cloned().unwrap_or_default();
    match typed::<Option<Whole>>(&given) {
        Ok(None) => {
            object.insert("device_count".to_owned(), gpus.into());
        }
        Ok(Some(Whole(count))) if count != gpus => {
            let detail = format!("the log tells of {gpus} GPUs, the platform of {count}");
            return Err(Invalid::at(
                "/platform/device_count",
                count,
                detail,
                "leave it out",
            ));
        }
        _ => {}
    }
    Ok(platform)
}

pub(super) fn platform(defaults: &Defaults) -> Result<Value, Invalid> {
    defaults.platform.clone().ok_or_else(|| {
        let hint = "give `platform`: an id, or {\"id\", \"device\", \"device_count\", …}";
        Invalid::at("/platform", (), "pycls does not say on what it ran", hint)
    })
}

/// The batch size that the log tells, or else the one that is given for this mode.
fn log_batch(run: &Run, mode: Mode, defaults: &Defaults) -> Result<u64, Invalid> {
    let (column, key) = keys(mode);
    match (run.config.count(key), given_batch(mode, defaults)) {
        (Some(told), Some(given)) if told != given => {
            let detail =
                format!("the log tells {key} {told}, of all devices together; {given} is given");
            Err(Invalid::at(
                "/batch_size",
                given,
                detail,
                "leave batch_size out",
            ))
        }
        (told, given) => told.or(given).ok_or_else(|| {
            let detail = format!(
                "the log does not print its configuration, so the images of {column} are not known"
            );
            let hint = format!("give mode={mode} and batch_size={key}, of all devices together");
            Invalid::at("/batch_size", (), detail, hint)
        }),
    }
}

pub(super) fn given_batch(mode: Mode, defaults: &Defaults) -> Option<u64> {
    let meant = defaults.mode.unwrap_or_default() == mode;
    defaults.batch_size.filter(|_| meant)
}

/// The net that is given, or else the one that the log's configuration describes; a net with other params than the log
/// counts is not the one that was timed.
fn log_model(run: &Run, defaults: &Defaults) -> Result<Option<Value>, Invalid> {
    let counted = run
        .counts
        .as_ref()
        .and_then(|counts| counts.get("params")?.as_u64());
    if let Some(model) = defaults.model.clone().map(named) {
        let subject = Subject::read(Some(model.clone()), None)?;
        let ours = subject.complexity().params.get();
        return match counted {
            Some(theirs) if theirs != ours => {
                let detail = format!("the log's net has {theirs} params, the given one {ours}");
                Err(Invalid::at("/model", model, detail, "the net of this log"))
            }
            _ => Ok(Some(model)),
        };
    }
    let fits = |model: &Value| {
        let subject = Subject::read(Some(model.clone()), None);
        subject.is_ok_and(|subject| {
            counted.is_none_or(|theirs| theirs == subject.complexity().params.get())
        })
    };
    Ok(run.config.printed_model().filter(fits))
}

/// The counts that pycls logs for its own net.
fn log_counts(run: &Run) -> Result<RawComplexity, Invalid> {
    let known = |counts: &Map<String, Value>| {
        let count = |name: &str| counts.get(name)?.as_f64();
        Some(RawComplexity {
            flops: count("flops")?,
            params: count("params")?,
            acts: count("acts")?,
        })
    };
    run.counts.as_ref().and_then(known).ok_or_else(|| {
        let detail = "the log prints neither its configuration nor the net's complexity";
        Invalid::at(
            "/model",
            (),
            detail,
            r#"give `model`, such as {"name": "ResNet-50"}"#,
        )
    })
}

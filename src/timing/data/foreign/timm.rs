//! Results of timm's `benchmark.py`: a table with a line a net, or JSON.
//!
//! Columns are `model`, `param_count` (1e6) and, after `train_` or `infer_`, `samples_per_sec`, `step_time` (ms),
//! `batch_size`, `img_size`, `gmacs` (1e9 multiply-adds) and `macts` (1e6). A file of both modes gives two rows a net.

use serde_json::Value;

use super::file_name;
use super::row::{Row, source};
use super::timm_costs::{counted, named};
use super::timm_record::Record;
use crate::json::Invalid;
use crate::net::names::family;
use crate::timing::data::defaults::Defaults;
use crate::timing::data::measurement::RawMeasurement;
use crate::timing::data::platform::Mode;

/// The rows of a table.
pub(super) fn csv_rows(text: &str, defaults: &Defaults) -> Vec<Row> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => return vec![(1, Err(Invalid::at("", (), error.to_string(), "")))],
    };
    if let Some(twice) = header.iter().find(|name| occurs_twice(&header, name)) {
        let detail = format!("two columns are called `{twice}`");
        return vec![(1, Err(Invalid::at("", twice, detail, "keep one of them")))];
    }
    let mut lines = Lines::new(text);
    let mut rows = Vec::new();
    // None fails: the text is in memory, in UTF-8, and its lines may be of any length.
    for record in reader.records().flatten() {
        let line = lines.at(record.position());
        let found = match cells(&header, &record) {
            Ok(record) => results(&record, defaults),
            Err(error) => vec![Err(error)],
        };
        rows.extend(found.into_iter().map(|row| (line, row)));
    }
    rows
}

fn cells(header: &csv::StringRecord, record: &csv::StringRecord) -> Result<Record, Invalid> {
    if record.len() != header.len() {
        let detail = format!("{} cells under {} columns", record.len(), header.len());
        return Err(Invalid::at(
            "",
            (),
            detail,
            "one cell a column; quote a cell with a comma",
        ));
    }
    Ok(Record::of_cells(header.iter().zip(record.iter())))
}

/// Lines of a text by positions that grow. The csv crate counts them too, but with `\r\n` it takes the place between
/// the two for the start of a record, one line too early.
struct Lines<'a> {
    rest: &'a [u8],
    byte: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            rest: text.as_bytes(),
            byte: 0,
            line: 1,
        }
    }

    /// The line of the first character at `position` or after it that ends no line.
    fn at(&mut self, position: Option<&csv::Position>) -> usize {
        let byte = position.and_then(|position| usize::try_from(position.byte()).ok());
        let ahead = byte.unwrap_or_default().saturating_sub(self.byte);
        let (passed, rest) = self.rest.split_at(ahead.min(self.rest.len()));
        let ends = rest
            .iter()
            .take_while(|byte| b"\r\n".contains(byte))
            .count();
        let newlines = passed
            .iter()
            .chain(&rest[..ends])
            .filter(|byte| **byte == b'\n');
        self.line += newlines.count();
        self.byte += passed.len() + ends;
        self.rest = &rest[ends..];
        self.line
    }
}

fn occurs_twice(header: &csv::StringRecord, name: &str) -> bool {
    header
        .iter()
        .filter(|other| other.trim() == name.trim())
        .count()
        > 1
}

/// The rows of what `benchmark.py` prints: an object or an array, alone or each after a line `--result`.
pub(super) fn json_rows(text: &str, defaults: &Defaults) -> Vec<Row> {
    let printed: Vec<&str> = text
        .split("--result")
        .skip(1)
        .filter(|part| part.trim_start().starts_with(['{', '[']))
        .collect();
    let documents: Vec<Result<Value, Invalid>> = if printed.is_empty() {
        values(text).collect()
    } else {
        // A log may go on after what was printed.
        printed
            .into_iter()
            .flat_map(|part| values(part).take(1))
            .collect()
    };
    let mut rows = Vec::new();
    let mut position = 0;
    for document in documents {
        let found = match document {
            Ok(Value::Array(found)) => found.into_iter().map(Ok).collect(),
            other => vec![other],
        };
        for result in found {
            position += 1;
            match result.and_then(|value| Record::of_json(&value)) {
                Ok(record) => {
                    rows.extend(
                        results(&record, defaults)
                            .into_iter()
                            .map(|row| (position, row)),
                    );
                }
                Err(error) => rows.push((position, Err(error))),
            }
        }
    }
    rows
}

/// The values that follow one another in `text`, up to what is none.
fn values(text: &str) -> impl Iterator<Item = Result<Value, Invalid>> {
    let unreadable = |error: serde_json::Error| {
        Invalid::at(
            "",
            (),
            format!("not JSON: {error}"),
            "all that benchmark.py prints",
        )
    };
    let values = serde_json::Deserializer::from_str(text).into_iter();
    values.map(move |value| value.map_err(unreadable))
}

/// The rows of one result: one for each mode that was timed, and one for a failure.
fn results(record: &Record, defaults: &Defaults) -> Vec<Result<RawMeasurement, Invalid>> {
    let timed = |mode: &Mode| {
        defaults.mode.is_none_or(|wanted| wanted == *mode)
            && (record
                .text(&Record::column(*mode, "samples_per_sec"))
                .is_some()
                || record.text(&Record::column(*mode, "step_time")).is_some())
    };
    let mut rows: Vec<_> = Mode::ALL
        .into_iter()
        .filter(timed)
        .map(|mode| measurement(record, mode, defaults))
        .collect();
    let name = record.text("model").unwrap_or("a net without a name");
    if let Some(error) = record.text("error") {
        let short: String = error.chars().take(300).collect();
        let detail = format!("timm could not time {name}: {short}");
        rows.push(Err(Invalid::at(
            "/error",
            error,
            detail,
            "leave the result out, or time it again",
        )));
    }
    if rows.is_empty() {
        let (mode, hint) = match defaults.mode {
            Some(mode) => (
                format!("{mode} "),
                "leave out the mode to take what was timed",
            ),
            None => (
                String::new(),
                "train_samples_per_sec or infer_samples_per_sec",
            ),
        };
        let detail = format!("{name} has no {mode}time");
        rows.push(Err(Invalid::at("/samples_per_sec", (), detail, hint)));
    }
    rows
}

fn measurement(
    record: &Record,
    mode: Mode,
    defaults: &Defaults,
) -> Result<RawMeasurement, Invalid> {
    let Some(label) = record.text("model") else {
        return Err(Invalid::at(
            "/model",
            (),
            "the net has no name",
            "the column `model`",
        ));
    };
    let side = record.whole(&Record::column(mode, "img_size"))?;
    let batch_size = record.whole(&Record::column(mode, "batch_size"))?;
    let images_per_second = record.number(&Record::column(mode, "samples_per_sec"))?;
    // Milliseconds, of a step of all images.
    let step_seconds = match images_per_second {
        Some(_) => None,
        None => record
            .number(&Record::column(mode, "step_time"))?
            .map(|ms| ms / 1000.0),
    };
    let row = RawMeasurement {
        platform: platform(defaults)?,
        mode,
        label: Some(label.to_owned()),
        batch_size,
        images_per_second,
        step_seconds,
        source: Some(source("timm benchmark", defaults)),
        ..RawMeasurement::default()
    };
    match named(label, side, record.params(mode)?) {
        Ok(model) => Ok(RawMeasurement {
            model: Some(model),
            ..row
        }),
        Err(why) => Ok(RawMeasurement {
            complexity: Some(counted(record, mode, &why)?),
            family: family::group(label).map(str::to_owned),
            resolution: side,
            ..row
        }),
    }
}

/// The platform that is given, or else what the file's name tells.
fn platform(defaults: &Defaults) -> Result<Value, Invalid> {
    let told = || defaults.file_name.as_deref().and_then(file_name::platform);
    defaults.platform.clone().or_else(told).ok_or_else(|| {
        let hint = "give `platform`, or name the file as timm does: benchmark-train-amp-nchw-pt112-cu113-rtx3090.csv";
        Invalid::at(
            "/platform",
            (),
            "no platform is given, and the file's name tells none",
            hint,
        )
    })
}

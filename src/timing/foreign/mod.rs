//! Timings in the files of other tools: timm's benchmark tables and results, pycls' logs and timing files.
//!
//! [`detect`] tells what a file is from its first bytes; [`rows`] turns a foreign one into rows of an upload. Units are
//! those of the tools: timm writes step times in milliseconds, pycls in seconds; the `gmacs` of timm and the flops of
//! pycls are both multiply-adds. Where timm's own counts are used (a net that has no name here), they include norm
//! layers: 1 to 5 % more flops than ours.

mod detect;
mod file_name;
mod pycls;
mod pycls_times;
mod timm;
mod timm_costs;
mod timm_record;

use serde_json::{Value, json};

pub use detect::{Foreign, Format, Own, Refused, detect};

use super::measurement::RawMeasurement;
use super::platform::Mode;
use crate::json::Invalid;

/// What the sender says about a file that does not say it itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Defaults {
    /// Platform of all rows: an id, or the object that defines it. Goes before what a file's name says.
    pub platform: Option<Value>,
    /// Take the timings of this mode only.
    pub mode: Option<Mode>,
    /// The net of a pycls log: a name, or a model as in a row.
    pub model: Option<Value>,
    /// Images in a step, of all devices together, of `mode` (train where that is not given); for pycls.
    pub batch_size: Option<u64>,
    /// Name of the file.
    pub file_name: Option<String>,
}

/// A row, by its line: counted from 1 in the text, in a JSON array its position.
pub type Row = (usize, Result<RawMeasurement, Invalid>);

/// The rows of the whole `text` of a foreign file, in its order. A result that cannot be one is there with its reason;
/// a file that cannot be read at all is one such row.
#[must_use]
pub fn rows(format: Foreign, text: &str, defaults: &Defaults) -> Vec<Row> {
    let text = text.trim_start_matches('\u{feff}');
    match format {
        Foreign::TimmCsv => timm::csv_rows(text, defaults),
        Foreign::TimmJson => timm::json_rows(text, defaults),
        Foreign::PyclsLog => pycls::log_rows(text, defaults),
        Foreign::PyclsTimes => pycls_times::rows(text, defaults),
    }
}

/// Where a row's figures come from: the tool, and the file where its name is known.
fn source(tool: &str, defaults: &Defaults) -> String {
    /// Longest file name on Linux, in bytes.
    const MAX: usize = 255;
    match defaults.file_name.as_deref().map(file_name::base) {
        Some(name) if !name.is_empty() => {
            let name: String = name.chars().take(MAX).collect();
            format!("{tool}, {name}")
        }
        _ => tool.to_owned(),
    }
}

/// A net's name as the model of a row.
fn named(model: Value) -> Value {
    match model {
        Value::String(name) => json!({ "name": name }),
        model => model,
    }
}

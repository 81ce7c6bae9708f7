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
mod row;
mod timm;
mod timm_costs;
mod timm_record;

pub use detect::{Foreign, Format, Own, Refused, detect};
pub use row::Row;

use super::defaults::Defaults;

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

//! What a file of timings is, told from its content; its name decides only where the content leaves it open.

use std::collections::BTreeSet;

use crate::json::Invalid;
use crate::timing::data::rows::Header;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Rows of an upload.
    Own(Own),
    /// A file of another tool.
    Foreign(Foreign),
    /// Nothing that can be read.
    Refused(Refused),
}

/// Forms of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// One object, or an array of them.
    Json,
    /// An object a line.
    Ndjson,
    /// A header and a row a line.
    Csv,
}

/// Forms of other tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// timm's `results/benchmark-*.csv`, what `benchmark.py --results-file` writes.
    TimmCsv,
    /// What timm's `benchmark.py` prints, with or without its log.
    TimmJson,
    /// A pycls log with `json_stats` lines.
    PyclsLog,
    /// pycls' `dev/model_timing.json`: times by the name of the net.
    PyclsTimes,
}

/// Why a file cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Nothing but white space.
    Empty,
    /// A web page.
    Html,
    /// A table whose cells are not separated by commas.
    Separator(char),
    /// Not text, or text in another encoding than UTF-8.
    NotUtf8,
    /// Text, but of no known form.
    Unknown,
}

impl Refused {
    /// The refusal in words.
    #[must_use]
    pub fn reason(self) -> Invalid {
        let (detail, hint) = match self {
            Self::Empty => ("the file is empty".to_owned(), KNOWN),
            Self::Html => (
                "this is a web page, not a file of timings".to_owned(),
                "download the file itself (on GitHub: Raw)",
            ),
            Self::Separator(found) => (
                format!("the cells are separated by {found:?}, not by commas"),
                "save the table as CSV with commas, and with a point in 1510.5",
            ),
            Self::NotUtf8 => (
                "this is not text in UTF-8".to_owned(),
                "unpack it, or save it as CSV in UTF-8 (iconv -f latin1 -t utf-8)",
            ),
            Self::Unknown => ("no known form of timings".to_owned(), KNOWN),
        };
        Invalid::at("", (), detail, hint)
    }
}

const KNOWN: &str = "our JSON, NDJSON or CSV; a timm benchmark CSV or JSON; a pycls log with json_stats lines, or its \
                     model_timing.json";

/// What the file is that starts with `head`: all of it, or its first 64 KiB or more.
#[must_use]
pub fn detect(head: &[u8], file_name: Option<&str>) -> Format {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let Some(text) = utf8(head) else {
        return Format::Refused(Refused::NotUtf8);
    };
    let text = text.trim();
    if text.is_empty() {
        Format::Refused(Refused::Empty)
    } else if text.starts_with('<') {
        Format::Refused(Refused::Html)
    } else if text.lines().any(|line| line.trim_end() == "--result") {
        Format::Foreign(Foreign::TimmJson)
    } else if is_log(text) {
        Format::Foreign(Foreign::PyclsLog)
    } else if text.starts_with(['{', '[']) {
        json(text, file_name)
    } else {
        table(text.lines().next().unwrap_or_default())
    }
}

/// The text of `head`, of which the last character may be cut off.
fn utf8(head: &[u8]) -> Option<&str> {
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_some() => return None,
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).ok()?,
    };
    (!valid.contains('\0')).then_some(valid)
}

/// Whether `text` is a pycls log: by its tag, or by the place that opens its first line (`[trainer.py:  40]: `), since
/// the printed net may be longer than the head.
fn is_log(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    let opens = first.starts_with('[')
        && first
            .split_once(".py:")
            .is_some_and(|(_, rest)| rest.contains("]: "));
    opens || (!text.starts_with(['{', '[']) && text.contains("json_stats: {"))
}

fn json(text: &str, file_name: Option<&str>) -> Format {
    let keys = keys(text);
    let has = |name: &str| keys.contains(name);
    if has("platform") || has("mode") {
        return Format::Own(own_json(text, file_name));
    }
    if TIMM.iter().any(|name| has(name)) || (has("model") && has("error")) {
        return Format::Foreign(Foreign::TimmJson);
    }
    if has("train_fw_bw_time") || has("test_fw_time") {
        return Format::Foreign(Foreign::PyclsTimes);
    }
    Format::Own(own_json(text, file_name))
}

/// Columns of which timm's results have at least one.
const TIMM: [&str; 4] = [
    "train_samples_per_sec",
    "infer_samples_per_sec",
    "train_step_time",
    "infer_step_time",
];

/// The keys of a text in JSON, as far as quotes tell.
fn keys(text: &str) -> BTreeSet<&str> {
    let parts: Vec<&str> = text.split('"').collect();
    parts
        .windows(2)
        .filter(|pair| pair[1].trim_start().starts_with(':'))
        .map(|pair| pair[0])
        .collect()
}

fn own_json(text: &str, file_name: Option<&str>) -> Own {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or_default();
    let whole = serde_json::from_str::<serde_json::Map<_, _>>(first).is_ok();
    let named = file_name.is_some_and(|name| {
        let extension = name.rsplit('.').next().unwrap_or_default();
        ["ndjson", "jsonl"].contains(&extension.to_lowercase().as_str())
    });
    if text.starts_with('{') && (named || (whole && lines.next().is_some())) {
        Own::Ndjson
    } else {
        Own::Json
    }
}

/// The form of the table with this first line.
fn table(header: &str) -> Format {
    if let Some(form) = columns(header, ',') {
        return form;
    }
    let other = [';', '\t', '|']
        .into_iter()
        .find(|separator| columns(header, *separator).is_some());
    Format::Refused(other.map_or(Refused::Unknown, Refused::Separator))
}

fn columns(header: &str, separator: char) -> Option<Format> {
    let names: Vec<&str> = header
        .split(separator)
        .map(|name| name.trim().trim_matches('"'))
        .collect();
    if names.contains(&"model") && TIMM.iter().any(|name| names.contains(name)) {
        return Some(Format::Foreign(Foreign::TimmCsv));
    }
    // timm's other tables have a `model` too, so that this one proves nothing.
    let ours = |name: &&str| *name != "model" && Header::read([*name]).is_ok();
    names.iter().any(ours).then_some(Format::Own(Own::Csv))
}

//! The rows of an upload: read one by one from JSON, NDJSON or CSV, each checked, none lost.
//!
//! A reader hands each row to a callback as it comes, so that a body of any length takes the memory of one row.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;

use serde::de::{DeserializeSeed, SeqAccess, Visitor};
use serde_json::Value;

use super::defaults::Defaults;
use super::foreign::{self, Foreign, Own};
use super::measurement::{Measurement, RawMeasurement, platform};
use super::platform::{Platform, PlatformId};
use super::rows::Header;
use crate::json::{Invalid, ParseError, Strict, check_lengths, nearest, parse, typed};
use crate::units::to_u64;

/// How the rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One object, or an array of them.
    Json,
    /// An object on each line.
    Ndjson,
    /// A header, and a record for each row.
    Csv,
    /// As another tool writes its results.
    Foreign(Foreign),
}

impl From<Own> for Format {
    fn from(own: Own) -> Self {
        match own {
            Own::Json => Self::Json,
            Own::Ndjson => Self::Ndjson,
            Own::Csv => Self::Csv,
        }
    }
}

/// One row of an upload.
#[derive(Debug)]
pub struct Line {
    /// Its line in the body, from 1; in a JSON array its position.
    pub number: u64,
    /// The measurement, or what is wrong.
    pub row: Result<Measurement, Invalid>,
    /// What was sent, where it is wrong: JSON, to be fixed and sent again.
    pub sent: String,
}

/// What is wrong with a body as a whole.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Its text is not of the format.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// Its header is wrong.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// It could not be read to its end.
    #[error("the rows could not be read: {0}")]
    Io(#[from] std::io::Error),
}

/// What rows are checked against: platforms that are known, and what rows that do not say so are of.
#[derive(Debug, Default)]
pub struct Context {
    /// Platforms that are stored, and those that rows have defined so far.
    platforms: BTreeMap<PlatformId, Platform>,
    /// Rows that name a platform which is not known.
    lost: usize,
    /// What the sender says of rows that do not say it themselves.
    pub defaults: Defaults,
}

impl Context {
    /// With `platforms` known.
    #[must_use]
    pub fn new(platforms: BTreeMap<PlatformId, Platform>) -> Self {
        Self {
            platforms,
            ..Self::default()
        }
    }

    /// The platform called `id`.
    #[must_use]
    pub fn platform(&self, id: &PlatformId) -> Option<&Platform> {
        self.platforms.get(id)
    }

    /// The measurement that `value` is.
    fn check(&mut self, value: &mut Value) -> Result<Measurement, Invalid> {
        check_lengths(value)?;
        if let Value::Object(row) = value {
            let fill =
                |row: &mut serde_json::Map<String, Value>, name: &str, default: Option<Value>| {
                    if let Some(default) = default
                        && row.get(name).is_none_or(Value::is_null)
                    {
                        row.insert(name.to_owned(), default);
                    }
                };
            fill(row, "platform", self.defaults.platform.clone());
            fill(
                row,
                "mode",
                self.defaults.mode.map(|mode| mode.as_str().into()),
            );
        }
        self.accept(typed(value)?)
    }

    /// The measurement that `raw` is, of a platform that is known or that it defines.
    fn accept(&mut self, mut raw: RawMeasurement) -> Result<Measurement, Invalid> {
        let devices = self
            .define(&raw.platform)
            .map_err(|e| e.under("/platform"))?;
        if let Some(slip) = self.defaults.units {
            slip.correct(&mut raw, devices);
        }
        raw.try_into()
    }

    /// Takes the platform in that `value` names or defines; returns its number of devices.
    fn define(&mut self, value: &Value) -> Result<u32, Invalid> {
        let (id, definition) = platform(value)?;
        match (self.platforms.get(&id), definition) {
            (Some(known), Some(sent)) => same(known, &sent).map(|()| known.device_count),
            (Some(known), None) => Ok(known.device_count),
            (None, Some(new)) => {
                let devices = new.device_count;
                self.platforms.insert(id, new);
                Ok(devices)
            }
            (None, None) => {
                self.lost += 1;
                let hint = self.hint(&id);
                Err(Invalid::at(
                    "",
                    id.as_str(),
                    format!("no platform is called `{id}`"),
                    hint,
                ))
            }
        }
    }
}

/// Rows that are told which platform they may mean: as many as an answer tells of, since to look for it takes longer
/// than to read a row.
const MOST_LED: usize = 100;

impl Context {
    /// What would be right in place of `id`, of which no platform is known.
    fn hint(&self, id: &PlatformId) -> String {
        if self.lost <= MOST_LED {
            let known: Vec<&str> = self.platforms.keys().map(PlatformId::as_str).collect();
            let near = nearest(id.as_str(), &known);
            if near.starts_with("did") {
                return near;
            }
        }
        r#"define it in its first row: "platform": {"id", "device", …}"#.to_owned()
    }
}

/// Refuses a definition that differs from the known one, naming the first field that does.
fn same(known: &Platform, sent: &Platform) -> Result<(), Invalid> {
    let fields = |platform: &Platform| serde_json::to_value(platform).unwrap_or_default();
    let (known_fields, sent_fields) = (fields(known), fields(sent));
    let differs =
        |(name, value): (&String, &Value)| (known_fields[name] != *value).then(|| name.clone());
    let Some(name) = sent_fields
        .as_object()
        .into_iter()
        .flatten()
        .find_map(differs)
    else {
        return Ok(());
    };
    let detail = format!("{} is known with {name} {}", known.id, known_fields[&name]);
    let hint = "give another id to another platform, or name this one by its id alone";
    Err(Invalid::at(
        &format!("/{name}"),
        sent_fields[&name].clone(),
        detail,
        hint,
    ))
}

/// Reads the rows of `body` and hands each to `each`, until that breaks.
///
/// # Errors
/// Where the body as a whole cannot be read; rows before that have been handed over.
pub fn read(
    format: Format,
    body: impl Read,
    context: &mut Context,
    each: &mut dyn FnMut(Line, &Context) -> ControlFlow<()>,
) -> Result<(), Unreadable> {
    match format {
        Format::Json => read_json(body, context, each),
        Format::Ndjson => read_ndjson(BufReader::new(body), context, each),
        Format::Csv => read_csv(body, context, each),
        Format::Foreign(foreign) => read_foreign(foreign, body, context, each),
    }
}

type Each<'a> = &'a mut dyn FnMut(Line, &Context) -> ControlFlow<()>;

fn line(number: u64, mut value: Value, context: &mut Context) -> Line {
    let row = context.check(&mut value);
    let sent = if row.is_err() {
        value.to_string()
    } else {
        String::new()
    };
    Line { number, row, sent }
}

/// Longest line of NDJSON.
const MAX_LINE: u64 = 1 << 20;

fn read_ndjson(
    mut body: impl BufRead,
    context: &mut Context,
    each: Each,
) -> Result<(), Unreadable> {
    let mut text = Vec::new();
    for number in 1.. {
        text.clear();
        if (&mut body).take(MAX_LINE).read_until(b'\n', &mut text)? == 0 {
            break;
        }
        let trimmed = text.trim_ascii();
        let trimmed = trimmed.strip_prefix(b"\xef\xbb\xbf").unwrap_or(trimmed);
        if trimmed.is_empty() {
            continue;
        }
        let read = match parse(trimmed) {
            Ok(value) => line(number, value, context),
            Err(error) => {
                let sent = String::from_utf8_lossy(trimmed).into_owned();
                let refusal = match error {
                    ParseError::Invalid(error) => error,
                    ParseError::NotJson(error) => Invalid::at(
                        "",
                        sent.as_str(),
                        error.to_string(),
                        "one JSON object on each line",
                    ),
                };
                Line {
                    number,
                    row: Err(refusal),
                    sent,
                }
            }
        };
        if each(read, context).is_break() {
            break;
        }
    }
    Ok(())
}

fn read_csv(body: impl Read, context: &mut Context, each: Each) -> Result<(), Unreadable> {
    let unreadable = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(error) => Unreadable::Io(error),
        other => Unreadable::Invalid(Invalid::at(
            "",
            (),
            format!("not CSV: {other:?}"),
            "comma-separated, in UTF-8",
        )),
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(body);
    let header = Header::read(reader.headers().map_err(unreadable)?)?;
    let width = header.len();
    // Where lines end with \r\n, the csv crate takes the place between the two for the start of a record.
    let late = u64::from(reader.position().line() == 1);
    let mut record = csv::StringRecord::new();
    loop {
        let number = reader.position().line();
        let read = match reader.read_record(&mut record) {
            Ok(false) => return Ok(()),
            Ok(true) if record.len() != width => {
                let detail = format!("{} cells, but {width} columns in the header", record.len());
                // A quote that nobody closes takes in all lines to the end.
                let is_open = record
                    .iter()
                    .next_back()
                    .is_some_and(|cell| cell.contains('\n'));
                let hint = if is_open {
                    "one cell for each column; close the quote (\") that the last cell opens: it takes in the lines that follow"
                } else {
                    "one cell for each column"
                };
                Err(Invalid::at("", record.len(), detail, hint))
            }
            Ok(true) => header.measurement(&record, &context.defaults),
            Err(error) => match error.kind() {
                csv::ErrorKind::Utf8 { .. } => {
                    Err(Invalid::at("", (), "not UTF-8", "save the file as UTF-8"))
                }
                _ => return Err(unreadable(error)),
            },
        };
        let number = record.position().map_or(number, csv::Position::line) + late;
        let row = read.and_then(|raw| context.accept(raw));
        let sent = if row.is_err() {
            header.lossy(&record).to_string()
        } else {
            String::new()
        };
        let read = Line { number, row, sent };
        if each(read, context).is_break() {
            return Ok(());
        }
    }
}

/// Longest file of another tool, which is read whole.
const MAX_FOREIGN: u64 = 64 << 20;

fn read_foreign(
    format: Foreign,
    body: impl Read,
    context: &mut Context,
    each: Each,
) -> Result<(), Unreadable> {
    let mut text = String::new();
    body.take(MAX_FOREIGN).read_to_string(&mut text)?;
    for (number, raw) in foreign::rows(format, &text, &context.defaults) {
        let sent = raw.as_ref().map_or_else(
            |_| String::new(),
            |raw| serde_json::to_string(raw).unwrap_or_default(),
        );
        let row = raw.and_then(|raw| context.accept(raw));
        let number = to_u64(number);
        if each(Line { number, row, sent }, context).is_break() {
            break;
        }
    }
    Ok(())
}

fn read_json(body: impl Read, context: &mut Context, each: Each) -> Result<(), Unreadable> {
    let mut rows = Rows { context, each };
    let mut json = serde_json::Deserializer::from_reader(BufReader::new(body));
    let read = serde::Deserializer::deserialize_any(&mut json, &mut rows).and_then(|()| json.end());
    read.map_err(|error| Unreadable::Parse(ParseError::of(&error)))
}

/// Takes the elements of a JSON array as they come, or one object.
struct Rows<'a> {
    context: &'a mut Context,
    each: Each<'a>,
}

impl<'de> Visitor<'de> for &mut Rows<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("a measurement, or an array of them")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let Strict(value) = Strict::of_map(map)?;
        let _ = (self.each)(line(1, value, self.context), self.context);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut going = true;
        for number in 1.. {
            let Some(Strict(value)) = seq.next_element_seed(Element)? else {
                break;
            };
            // After a break the rest is still read, so that what is not JSON is told.
            going =
                going && (self.each)(line(number, value, self.context), self.context).is_continue();
        }
        Ok(())
    }
}

struct Element;

impl<'de> DeserializeSeed<'de> for Element {
    type Value = Strict;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Strict, D::Error> {
        serde::Deserialize::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLATFORM: &str = r#"{"id": "mine", "device": "GPU"}"#;

    fn numbers(format: Format, text: &str) -> Vec<(u64, bool)> {
        let mut lines = Vec::new();
        let mut context = Context::default();
        read(format, text.as_bytes(), &mut context, &mut |line, _| {
            lines.push((line.number, line.row.is_ok()));
            ControlFlow::Continue(())
        })
        .unwrap();
        lines
    }

    #[test]
    fn lines_count_from_one_in_the_body() {
        let good = r#"{"platform": "mine", "mode": "train", "model": {"name": "ResNet-50"}, "images_per_second": 1}"#;
        let first = good.replace("\"mine\"", PLATFORM);
        assert_eq!(
            numbers(Format::Ndjson, &format!("{first}\n\n{good}\nnot json\n")),
            [(1, true), (3, true), (4, false)]
        );
        assert_eq!(
            numbers(Format::Json, &format!("[{first}, {{}}, {good}]")),
            [(1, true), (2, false), (3, true)]
        );
        assert_eq!(numbers(Format::Json, &first), [(1, true)]);
        let csv = "platform,device,mode,name,images_per_second\nmine,GPU,train,ResNet-50,10\nmine,,train,ResNet-50\n\
                   mine,,infer,?,1\n";
        let expected = [(2, true), (3, false), (4, false)];
        assert_eq!(numbers(Format::Csv, csv), expected);
        assert_eq!(numbers(Format::Csv, &csv.replace('\n', "\r\n")), expected);
    }

    #[test]
    fn a_quote_that_is_never_closed_is_said_to_be_it() {
        let csv = "platform,device,mode,name,images_per_second\nmine,GPU,train,\"ResNet-50,10\nmine,,train,ResNet-50,10\n";
        let mut errors = Vec::new();
        let each: Each = &mut |line, _| {
            errors.push((line.number, line.row.unwrap_err().to_string()));
            ControlFlow::Continue(())
        };
        read(Format::Csv, csv.as_bytes(), &mut Context::default(), each).unwrap();
        assert_eq!(errors.len(), 1);
        let (line, told) = &errors[0];
        assert!(
            *line == 2 && told.contains("close the quote"),
            "{line}: {told}"
        );
    }

    #[test]
    fn a_platform_is_known_once_it_is_defined_and_must_stay_the_same() {
        let row = |platform: &str| {
            format!(
                r#"{{"platform": {platform}, "mode": "train", "model": {{"name": "ResNet-50"}}, "images_per_second": 1}}"#
            )
        };
        let other = r#"{"id": "mine", "device": "other GPU"}"#;
        let text = [r#""mine""#, PLATFORM, PLATFORM, r#""mine""#, other]
            .map(row)
            .join("\n");
        let accepted: Vec<bool> = numbers(Format::Ndjson, &text)
            .into_iter()
            .map(|(_, ok)| ok)
            .collect();
        assert_eq!(accepted, [false, true, true, true, false]);
    }
}

//! Quantities as people write and read them: `20min`, `16 GiB`, `4G`, `$400`; 7.04 h, 25.8 GB, 15.5 G.
//!
//! A time or a size in memory needs its unit: 16 may be bytes or gigabytes, and whoever writes it knows which. A count
//! or an amount of money may go without. GB are 10⁹ bytes, GiB 2³⁰, and G is 10⁹ of a count. The pages follow the same
//! table, `tests/files/quantities.json`.

use std::fmt;

use super::{Grouped, Whole, rounded, truncated};

/// What a text is to be read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A time, in seconds.
    Seconds,
    /// A size in memory, in bytes.
    Bytes,
    /// A number of anything.
    Count,
    /// A number of what cannot be halved.
    Whole,
}

// Words for a unit, in lower case, and how much it is.
const SECONDS: &[(&str, f64)] = &[
    ("ms", 1e-3),
    ("s", 1.0),
    ("sec", 1.0),
    ("second", 1.0),
    ("seconds", 1.0),
    ("m", 60.0),
    ("min", 60.0),
    ("mins", 60.0),
    ("minute", 60.0),
    ("minutes", 60.0),
    ("h", 3600.0),
    ("hour", 3600.0),
    ("hours", 3600.0),
    ("d", DAY),
    ("day", DAY),
    ("days", DAY),
];
const BYTES: &[(&str, f64)] = &[
    ("b", 1.0),
    ("kb", 1e3),
    ("mb", 1e6),
    ("gb", 1e9),
    ("tb", 1e12),
    ("kib", 1024.0),
    ("mib", 1_048_576.0),
    ("gib", 1_073_741_824.0),
    ("tib", 1_099_511_627_776.0),
];
const COUNTS: &[(&str, f64)] = &[
    ("", 1.0),
    ("k", 1e3),
    ("m", 1e6),
    ("g", 1e9),
    // A billion, as params are told.
    ("b", 1e9),
    ("t", 1e12),
    ("p", 1e15),
];
const DAY: f64 = 86_400.0;

/// Why a text is no such quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is a number that may mean one thing or another.
    #[error("{text} of what? write {choices}")]
    Bare {
        /// What was written.
        text: String,
        /// The same with each unit that it may have.
        choices: String,
    },
    /// It is no quantity of this kind.
    #[error("`{text}` is not {what}")]
    Other {
        /// What was written.
        text: String,
        /// What was expected, with examples.
        what: &'static str,
    },
    /// It is nothing, or too much.
    #[error("`{0}` is out of range: more than 0")]
    Range(String),
}

impl Kind {
    fn units(self) -> &'static [(&'static str, f64)] {
        match self {
            Self::Seconds => SECONDS,
            Self::Bytes => BYTES,
            Self::Count | Self::Whole => COUNTS,
        }
    }

    /// The units to choose from, where a bare number would be ambiguous.
    fn choices(self) -> &'static [&'static str] {
        match self {
            Self::Seconds => &["s", "min", "h", "days"],
            Self::Bytes => &["MB", "GB", "GiB"],
            Self::Count | Self::Whole => &[],
        }
    }

    fn what(self) -> &'static str {
        match self {
            Self::Seconds => "a time, such as 90s, 20min, 1.5h or 3days",
            Self::Bytes => "a size in memory, such as 16GB or 16GiB",
            Self::Count => "a number, such as 4G, 50M or 4.1e9",
            Self::Whole => "a whole number, such as 256 or 50k",
        }
    }

    /// The quantity that `text` is: in seconds, bytes or ones, above 0.
    ///
    /// # Errors
    /// Where it is none, or has no unit and needs one.
    pub fn read(self, text: &str) -> Result<f64, Unreadable> {
        let text = text.trim();
        let other = || Unreadable::Other {
            text: text.to_owned(),
            what: self.what(),
        };
        let (number, unit) = number(text).ok_or_else(other)?;
        if unit.is_empty() && !self.choices().is_empty() {
            let with = self.choices().iter().map(|unit| format!("{text}{unit}"));
            return Err(Unreadable::Bare {
                text: text.to_owned(),
                choices: one_of(&with.collect::<Vec<_>>()),
            });
        }
        let unit = unit.to_lowercase();
        let known = self.units().iter().find(|(word, _)| *word == unit);
        let (_, one) = known.ok_or_else(other)?;
        let value = above_zero(number * one, text)?;
        match self {
            // 1.1 thousand are 1,100 and not 1100.0000000000002.
            Self::Whole if near_whole(value).is_none() => Err(other()),
            Self::Whole => Ok(value.round_ties_even()),
            _ => Ok(value),
        }
    }
}

fn near_whole(value: f64) -> Option<f64> {
    let whole = value.round_ties_even();
    let near = (value - whole).abs() <= 1e-12 * whole;
    (near && Whole::from_f64(whole).is_some()).then_some(whole)
}

fn above_zero(value: f64, text: &str) -> Result<f64, Unreadable> {
    let good = value > 0.0 && value.is_finite();
    good.then_some(value)
        .ok_or_else(|| Unreadable::Range(text.to_owned()))
}

/// `16GB, 16GiB or 16MB` of the words.
fn one_of(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The number that `text` begins with, thousands grouped or not, and what follows it.
fn number(text: &str) -> Option<(f64, &str)> {
    let plain = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
    let end = text.find(|c| !plain(c)).unwrap_or(text.len());
    let end = end + exponent(&text[end..]);
    let (number, rest) = text.split_at(end);
    let value: f64 = ungrouped(number)?.parse().ok()?;
    Some((value, rest.trim()))
}

/// How long the power of ten is that `text` begins with; 0 where it begins with none.
fn exponent(text: &str) -> usize {
    let Some(rest) = text.strip_prefix(['e', 'E']) else {
        return 0;
    };
    let unsigned = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    let after = unsigned.trim_start_matches(|c: char| c.is_ascii_digit());
    if after.len() == unsigned.len() {
        return 0;
    }
    text.len() - after.len()
}

/// `number` without the commas of its thousands; `None` where a comma groups nothing.
fn ungrouped(number: &str) -> Option<String> {
    let whole = number.split(['.', 'e', 'E']).next().unwrap_or_default();
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let mut grouped = groups.clone().peekable();
    let short = grouped.peek().is_none() || (1..=3).contains(&first.len());
    let good = short && groups.all(|group| group.len() == 3);
    let rest = &number[whole.len()..];
    (good && !rest.contains(',')).then(|| whole.replace(',', "") + rest)
}

/// Signs of currencies and their codes: dollars are meant where none is written.
const CURRENCIES: [(&str, &str); 12] = [
    ("$", "USD"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("¥", "JPY"),
    ("₹", "INR"),
    ("₩", "KRW"),
    ("AUD", "AUD"),
    ("CAD", "CAD"),
    ("CHF", "CHF"),
    ("CNY", "CNY"),
    ("SEK", "SEK"),
    ("SGD", "SGD"),
];

/// A currency, by its sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Currency(&'static str);

impl Default for Currency {
    fn default() -> Self {
        Self(CURRENCIES[0].0)
    }
}

impl Currency {
    fn of(word: &str) -> Option<Self> {
        let found = CURRENCIES
            .iter()
            .find(|(sign, code)| *sign == word || code.eq_ignore_ascii_case(word));
        found.map(|(sign, _)| Self(sign))
    }

    /// Its sign, or its code where it has none.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

/// An amount of money, above 0: two digits for the hundredths of it up to a hundred, none above.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Money {
    /// How much.
    pub amount: f64,
    /// Of what.
    pub currency: Currency,
}

const MONEY: &str = "an amount of money, such as $400, 24.48 or 20 EUR";

impl Money {
    /// The amount that `text` is.
    ///
    /// # Errors
    /// Where it is none.
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        let text = text.trim();
        let other = || Unreadable::Other {
            text: text.to_owned(),
            what: MONEY,
        };
        let start = text.find(|c: char| c.is_ascii_digit() || c == '.');
        let (before, rest) = text.split_at(start.ok_or_else(other)?);
        let (amount, after) = number(rest).ok_or_else(other)?;
        let currency = match (before.trim(), after) {
            ("", "") => Some(Currency::default()),
            (word, "") | ("", word) => Currency::of(word),
            _ => None,
        };
        Ok(Self {
            amount: above_zero(amount, text)?,
            currency: currency.ok_or_else(other)?,
        })
    }

    fn with_places(self, places: usize) -> String {
        let Self { amount, currency } = self;
        let gap = if currency.0.len() == 3 && currency.0.is_ascii() {
            " "
        } else {
            ""
        };
        let number = if places == 0 {
            Grouped(rounded(amount)).to_string()
        } else {
            format!("{amount:.places$}")
        };
        format!("{currency}{gap}{number}")
    }

    fn places(self) -> usize {
        if self.amount < 99.995 { 2 } else { 0 }
    }

    /// From `low` to `high`, with as many digits as the amount between them: `$350 to $451`.
    #[must_use]
    pub fn between(self, low: f64, high: f64) -> String {
        let end = |amount| Self { amount, ..self }.with_places(self.places());
        format!("{} to {}", end(low), end(high))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.with_places(self.places()))
    }
}

/// The unit that a time is written in: from one and a half of it on, days from two.
fn span(seconds: f64) -> (f64, &'static str) {
    match seconds {
        s if s < 1.0 => (1e-3, "ms"),
        s if s < 90.0 => (1.0, "s"),
        s if s < 5400.0 => (60.0, "min"),
        s if s < 2.0 * DAY => (3600.0, "h"),
        _ => (DAY, "days"),
    }
}

/// A time with three digits: 850 ms, 42.1 s, 7.00 min, 7.04 h, 2.05 days.
#[must_use]
pub fn duration(seconds: f64) -> String {
    let (one, name) = span(seconds);
    format!("{} {name}", three(seconds / one))
}

/// The ends of an interval, both in the unit of the time that it is about: 18.0 to 22.9 min.
#[must_use]
pub fn durations(low: f64, high: f64, about: f64) -> String {
    let (one, name) = span(about);
    format!("{} to {} {name}", three(low / one), three(high / one))
}

/// A size in memory: 25.8 GB.
#[must_use]
pub fn size(bytes: f64) -> String {
    in_thousands(bytes, bytes.abs(), "B")
}

/// A count: 15.5 G.
#[must_use]
pub fn count(number: f64) -> String {
    in_thousands(number, number.abs(), "")
}

/// Exactly three digits, and all those of a whole number.
fn three(value: f64) -> String {
    let scientific = format!("{value:.2e}");
    let power = scientific.split('e').nth(1);
    let power: i32 = power.and_then(|power| power.parse().ok()).unwrap_or(0);
    match usize::try_from(2 - power) {
        Ok(places) if places > 0 => format!("{value:.places$}"),
        _ => Grouped(rounded(value)).to_string(),
    }
}

/// `value` in the thousands of `end`, with three digits (six where that is exact), then `unit`.
#[must_use]
pub fn in_thousands(value: f64, end: f64, unit: &str) -> String {
    const STEPS: [(f64, &str); 6] = [
        (1e15, "P"),
        (1e12, "T"),
        (1e9, "G"),
        (1e6, "M"),
        (1e3, "k"),
        (1.0, ""),
    ];
    // 999.6 reads as 1 k.
    let fits = |(one, _): &&(f64, &str)| end * (1.0 + 5e-4) >= *one;
    let (one, letter) = *STEPS.iter().find(fits).unwrap_or(&(1.0, ""));
    let name = format!("{letter}{unit}");
    let number = digits(value / one, 3);
    if name.is_empty() {
        return number;
    }
    format!("{number} {name}")
}

/// `value` with at most `n` significant digits, without zeros at its end.
#[must_use]
pub fn digits(value: f64, n: i32) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    let exponent = value.abs().log10().floor();
    let places = (f64::from(n) - 1.0 - exponent).max(0.0);
    let places = usize::try_from(truncated(places)).unwrap_or_default();
    let text = format!("{value:.places$}");
    if !text.contains('.') {
        return text;
    }
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const TABLE: &str = include_str!("../../tests/files/quantities.json");

    fn rows(part: &str) -> Vec<Value> {
        let table: Value = serde_json::from_str(TABLE).unwrap();
        let rows = table[part].as_array().unwrap().clone();
        assert!(rows.len() > 5, "{part}");
        rows
    }

    fn word<'a>(row: &'a Value, name: &str) -> &'a str {
        row[name].as_str().unwrap_or_default()
    }

    fn number_of(row: &Value, name: &str) -> f64 {
        row[name].as_f64().unwrap()
    }

    fn money(row: &Value) -> Money {
        Money {
            amount: number_of(row, "value"),
            currency: Currency::of(word(row, "currency")).unwrap(),
        }
    }

    fn read(row: &Value) -> Result<(f64, String), Unreadable> {
        let text = word(row, "text");
        let kind = match word(row, "kind") {
            "seconds" => Kind::Seconds,
            "bytes" => Kind::Bytes,
            "count" => Kind::Count,
            "whole" => Kind::Whole,
            kind => {
                assert_eq!(kind, "money");
                return Money::read(text).map(|m| (m.amount, m.currency.to_string()));
            }
        };
        kind.read(text).map(|value| (value, String::new()))
    }

    #[test]
    fn every_text_of_the_shared_table_is_read_as_it_says() {
        for row in rows("read") {
            let wrong = row["error"] == Value::Bool(true);
            match read(&row) {
                Err(_) => assert!(wrong, "{row}"),
                Ok((value, currency)) => {
                    assert!(!wrong, "{row} gave {value}");
                    // Units multiply, so the last bit may differ.
                    let expected = number_of(&row, "value");
                    assert!((value / expected - 1.0).abs() < 1e-15, "{row} gave {value}");
                    assert_eq!(currency, word(&row, "currency"), "{row}");
                }
            }
        }
    }

    #[test]
    fn every_quantity_of_the_shared_table_is_written_as_it_says() {
        for row in rows("write") {
            let written = match word(&row, "kind") {
                "seconds" => duration(number_of(&row, "value")),
                "bytes" => size(number_of(&row, "value")),
                "count" => count(number_of(&row, "value")),
                kind => {
                    assert_eq!(kind, "money");
                    money(&row).to_string()
                }
            };
            assert_eq!(written, word(&row, "text"), "{row}");
        }
    }

    #[test]
    fn the_ends_of_an_interval_share_the_unit_of_what_lies_between() {
        for row in rows("interval") {
            let (low, high) = (number_of(&row, "low"), number_of(&row, "high"));
            let written = match word(&row, "kind") {
                "seconds" => durations(low, high, number_of(&row, "value")),
                _ => money(&row).between(low, high),
            };
            assert_eq!(written, word(&row, "text"), "{row}");
        }
    }

    #[test]
    fn a_bare_number_is_refused_with_the_units_to_choose_from() {
        let told = |kind: Kind, text| kind.read(text).unwrap_err().to_string();
        assert_eq!(
            told(Kind::Bytes, "16"),
            "16 of what? write 16MB, 16GB or 16GiB"
        );
        assert_eq!(
            told(Kind::Seconds, "20"),
            "20 of what? write 20s, 20min, 20h or 20days"
        );
    }

    #[test]
    fn what_is_written_reads_as_what_it_was() {
        for power in -20..60 {
            let seconds = 1.37 * 2f64.powf(f64::from(power) / 2.0);
            let back = Kind::Seconds.read(&duration(seconds)).unwrap();
            // Three digits: half of the third at most.
            assert!((back / seconds - 1.0).abs() <= 5.1e-3, "{seconds} {back}");
        }
    }

    #[test]
    fn digits_carry_no_noise() {
        assert_eq!(
            [0.1 + 0.2, 100.0, 0.000_123_4, -0.0].map(|v| digits(v, 3)),
            ["0.3", "100", "0.000123", "0"]
        );
    }
}

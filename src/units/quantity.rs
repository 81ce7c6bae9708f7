//! Quantities as people write and read them: `20min`, `16 GiB`, `4G`, `$400`; 7.04 h, 25.8 GB, 15.46 G.
//!
//! A time or a size in memory needs its unit: 16 may be bytes or gigabytes, and only whoever writes it knows which. A
//! count or an amount of money goes without. GB are 10⁹ bytes, GiB 2³⁰, and G is 10⁹ of a count. The pages follow the
//! same table, `tests/files/quantities.json`.

use std::fmt;

use super::number::{Grouped, Whole, rounded};

/// What a text is to be read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A time, in seconds.
    Time,
    /// A size in memory, in bytes.
    Bytes,
    /// A number of anything.
    Count,
    /// A number of what cannot be halved.
    Whole,
    /// How many times as much.
    Factor,
}

const DAY: f64 = 86_400.0;

// Words for a unit, in lower case, and how much it is.
const TIMES: &[(&str, f64)] = &[
    ("ms", 1e-3),
    ("s", 1.0),
    ("sec", 1.0),
    ("secs", 1.0),
    ("second", 1.0),
    ("seconds", 1.0),
    ("m", 60.0),
    ("min", 60.0),
    ("mins", 60.0),
    ("minute", 60.0),
    ("minutes", 60.0),
    ("h", 3600.0),
    ("hr", 3600.0),
    ("hrs", 3600.0),
    ("hour", 3600.0),
    ("hours", 3600.0),
    ("d", DAY),
    ("day", DAY),
    ("days", DAY),
];
const BYTES: &[(&str, f64)] = &[
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
const ONES: &[(&str, f64)] = &[("", 1.0)];
const FACTORS: &[(&str, f64)] = &[("", 1.0), ("x", 1.0), ("×", 1.0)];

/// Why a text is no such quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is a number that may mean one thing or another.
    #[error("{text} of what? Write {choices}")]
    Bare {
        /// What was written.
        text: String,
        /// The number with each unit that it may have.
        choices: String,
    },
    /// It is none, or not above 0.
    #[error("{text} is no {what}: write one such as {examples}")]
    Other {
        /// What was written.
        text: String,
        /// What was expected.
        what: &'static str,
        /// Some of those.
        examples: &'static str,
    },
}

impl Kind {
    fn units(self) -> &'static [(&'static str, f64)] {
        match self {
            Self::Time => TIMES,
            Self::Bytes => BYTES,
            Self::Count => COUNTS,
            Self::Whole => ONES,
            Self::Factor => FACTORS,
        }
    }

    /// The units to choose from, where a bare number would be anyone's guess.
    fn choices(self) -> &'static [&'static str] {
        match self {
            Self::Time => &["s", "min", "h"],
            Self::Bytes => &["GB", "GiB"],
            Self::Count | Self::Whole | Self::Factor => &[],
        }
    }

    fn refused(self, text: &str) -> Unreadable {
        let (what, examples) = match self {
            Self::Time => ("time", "90 s, 20 min, 1.5 h or 3 days"),
            Self::Bytes => ("size", "16 GB or 16 GiB"),
            Self::Count => ("number", "8 G, 25 M or 4.1e9"),
            Self::Whole => ("whole number", "90"),
            Self::Factor => ("factor", "4 or 0.5"),
        };
        Unreadable::Other {
            text: text.to_owned(),
            what,
            examples,
        }
    }

    /// The quantity that `text` is, in seconds, bytes or ones, above 0. A time may have several parts: `1h 30min`.
    ///
    /// # Errors
    /// Where it is none, or has no unit and needs one.
    pub fn read(self, text: &str) -> Result<f64, Unreadable> {
        let text = text.trim();
        let refused = || self.refused(text);
        let parts = parts(text).ok_or_else(refused)?;
        if let [only] = parts.as_slice()
            && ["", "g", "b"].contains(&only.unit.as_str())
            && !self.choices().is_empty()
        {
            let number = only.written;
            let with = self.choices().iter().map(|unit| format!("{number} {unit}"));
            return Err(Unreadable::Bare {
                text: text.to_owned(),
                choices: with.collect::<Vec<_>>().join(" or "),
            });
        }
        let one = |part: &Part| {
            let known = self.units().iter().find(|(word, _)| *word == part.unit);
            known.map(|(_, one)| part.number * one)
        };
        let sum: Option<f64> = parts.iter().map(one).sum();
        let value = sum.filter(|value| *value > 0.0 && value.is_finite());
        let fits = |value: &f64| match self {
            Self::Time => true,
            Self::Whole => parts.len() == 1 && Whole::from_f64(*value).is_some(),
            _ => parts.len() == 1,
        };
        value.filter(fits).ok_or_else(refused)
    }
}

/// A number and the unit behind it, in lower case.
struct Part<'a> {
    written: &'a str,
    number: f64,
    unit: String,
}

/// The parts that `text` is made of; `None` where it is not made of such.
fn parts(text: &str) -> Option<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (written, after) = rest.split_at(number_end(rest));
        let number = ungrouped(written)?.parse().ok()?;
        let end = after.trim_start();
        let letters = end.find(|c: char| !(c.is_ascii_alphabetic() || c == '×'));
        let (unit, after) = end.split_at(letters.unwrap_or(end.len()));
        parts.push(Part {
            written,
            number,
            unit: unit.to_lowercase(),
        });
        rest = after.trim_start();
    }
    (!parts.is_empty()).then_some(parts)
}

/// Where the number ends that `text` begins with.
fn number_end(text: &str) -> usize {
    let plain = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
    let end = text.find(|c| !plain(c)).unwrap_or(text.len());
    let rest = &text[end..];
    let Some(power) = rest.strip_prefix(['e', 'E']) else {
        return end;
    };
    let unsigned = power.strip_prefix(['+', '-']).unwrap_or(power);
    let after = unsigned.trim_start_matches(|c: char| c.is_ascii_digit());
    if after.len() == unsigned.len() {
        return end;
    }
    text.len() - after.len()
}

/// `number` without the commas of its thousands; `None` where a comma groups nothing.
fn ungrouped(number: &str) -> Option<String> {
    let whole = number.split(['.', 'e', 'E']).next().unwrap_or_default();
    let rest = &number[whole.len()..];
    let groups: Vec<&str> = whole.split(',').collect();
    let good = match groups.as_slice() {
        [_] => true,
        [first, others @ ..] => {
            (1..=3).contains(&first.len()) && others.iter().all(|group| group.len() == 3)
        }
        [] => false,
    };
    (good && !rest.contains(',')).then(|| groups.concat() + rest)
}

/// A currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Currency {
    /// $, which is meant where none is written.
    #[default]
    Dollar,
    /// €
    Euro,
    /// £
    Pound,
    /// ¥
    Yen,
}

impl Currency {
    const ALL: [Self; 4] = [Self::Dollar, Self::Euro, Self::Pound, Self::Yen];

    /// Its sign.
    #[must_use]
    pub const fn sign(self) -> char {
        match self {
            Self::Dollar => '$',
            Self::Euro => '€',
            Self::Pound => '£',
            Self::Yen => '¥',
        }
    }
}

/// An amount of money.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Money {
    /// How much, above 0.
    pub amount: f64,
    /// Of what.
    pub currency: Currency,
}

impl Money {
    /// The amount that `text` is, with a sign before it or after it.
    ///
    /// # Errors
    /// Where it is none.
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        let text = text.trim();
        let signed = Currency::ALL.into_iter().find_map(|currency| {
            let sign = currency.sign();
            let rest = text.strip_prefix(sign).or_else(|| text.strip_suffix(sign));
            Some((rest?.trim(), currency))
        });
        let (number, currency) = signed.unwrap_or((text, Currency::default()));
        let plain = number.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        let amount = if plain { ungrouped(number) } else { None };
        let amount = amount.and_then(|number| number.parse().ok());
        let amount = amount.filter(|amount: &f64| *amount > 0.0 && amount.is_finite());
        let amount = amount.ok_or_else(|| Unreadable::Other {
            text: text.to_owned(),
            what: "amount",
            examples: "$24.50",
        })?;
        Ok(Self { amount, currency })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredths = rounded(100.0 * self.amount);
        let (whole, rest) = (Grouped(hundredths / 100), hundredths % 100);
        f.pad(&format!("{}{whole}.{rest:02}", self.currency.sign()))
    }
}

/// The unit that a time is written in: hours from one and a half on, so that no 422 min stand beside 7.04 h.
fn span(seconds: f64) -> (f64, &'static str) {
    match seconds {
        s if s < 1.0 => (1e-3, "ms"),
        s if s < 600.0 => (1.0, "s"),
        s if s < 5400.0 => (60.0, "min"),
        s if s < 2.0 * DAY => (3600.0, "h"),
        _ => (DAY, "days"),
    }
}

/// A time: 850 ms, 42.1 s, 20.3 min, 7.04 h, 2.05 days.
#[must_use]
pub fn duration(seconds: f64) -> String {
    let (one, name) = span(seconds);
    format!("{} {name}", significant(seconds / one, 3))
}

/// The ends of an interval, both in the unit of the time that it is about: 18.0 to 22.9 min.
#[must_use]
pub fn durations(low: f64, high: f64, about: f64) -> String {
    let (one, name) = span(about);
    let (low, high) = (significant(low / one, 3), significant(high / one, 3));
    format!("{low} to {high} {name}")
}

/// A size in memory: 25.8 GB.
#[must_use]
pub fn size(bytes: f64) -> String {
    let (one, name) = match bytes {
        b if b < 1e6 => (1e3, "kB"),
        b if b < 1e9 => (1e6, "MB"),
        b if b < 1e12 => (1e9, "GB"),
        _ => (1e12, "TB"),
    };
    format!("{} {name}", significant(bytes / one, 3))
}

/// A count: 15.46 G.
#[must_use]
pub fn count(number: f64) -> String {
    let (one, name) = match number {
        n if n < 1e3 => return digits(n, 4),
        n if n < 1e6 => (1e3, "k"),
        n if n < 1e9 => (1e6, "M"),
        n if n < 1e12 => (1e9, "G"),
        n if n < 1e15 => (1e12, "T"),
        _ => (1e15, "P"),
    };
    format!("{} {name}", significant(number / one, 4))
}

/// How many places after the point give `value` so many digits.
fn places(value: f64, digits: usize) -> usize {
    // Rounded first: 9.996 with three digits is 10.0.
    let scientific = format!("{value:.*e}", digits.saturating_sub(1));
    let power = scientific.split('e').nth(1);
    let power: i64 = power.and_then(|power| power.parse().ok()).unwrap_or(0);
    let digits = i64::try_from(digits).unwrap_or_default();
    usize::try_from(digits - 1 - power).unwrap_or(0)
}

/// `value` with so many digits, and all those of a large whole number.
fn significant(value: f64, digits: usize) -> String {
    match places(value, digits) {
        0 => Grouped(rounded(value)).to_string(),
        places => format!("{value:.places$}"),
    }
}

/// `value` with at most so many digits, without zeros at its end.
#[must_use]
pub fn digits(value: f64, digits: usize) -> String {
    let text = format!("{value:.*}", places(value, digits));
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const TABLE: &str = include_str!("../../tests/files/quantities.json");

    fn rows(part: &str) -> Vec<Value> {
        let table: Value = serde_json::from_str(TABLE).unwrap();
        let rows = table[part].as_array().unwrap().clone();
        assert!(rows.len() > 20, "{part}");
        rows
    }

    fn word<'a>(row: &'a Value, name: &str) -> &'a str {
        row[name].as_str().unwrap_or_default()
    }

    fn number(row: &Value, name: &str) -> f64 {
        row[name].as_f64().unwrap()
    }

    fn read(row: &Value) -> Result<(f64, String), Unreadable> {
        let text = word(row, "text");
        let kind = match word(row, "kind") {
            "time" => Kind::Time,
            "bytes" => Kind::Bytes,
            "count" => Kind::Count,
            "whole" => Kind::Whole,
            "factor" => Kind::Factor,
            kind => {
                assert_eq!(kind, "money");
                let told = |money: Money| (money.amount, money.currency.sign().to_string());
                return Money::read(text).map(told);
            }
        };
        kind.read(text).map(|value| (value, String::new()))
    }

    #[test]
    fn every_text_of_the_shared_table_is_read_or_refused_as_it_says() {
        for row in rows("read") {
            match read(&row) {
                Err(error) => assert_eq!(error.to_string(), word(&row, "error"), "{row}"),
                Ok((value, currency)) => {
                    // Units multiply, so the last bit may differ.
                    let expected = number(&row, "value");
                    assert!((value / expected - 1.0).abs() < 1e-15, "{row} gave {value}");
                    assert_eq!(currency, word(&row, "currency"), "{row}");
                }
            }
        }
    }

    #[test]
    fn every_quantity_of_the_shared_table_is_written_as_it_says() {
        for row in rows("written") {
            let value = number(&row, "value");
            let written = match word(&row, "kind") {
                "time" => duration(value),
                "interval" => durations(number(&row, "low"), number(&row, "high"), value),
                "bytes" => size(value),
                "count" => count(value),
                kind => {
                    assert_eq!(kind, "money");
                    let sign = word(&row, "currency").chars().next();
                    let mut all = Currency::ALL.into_iter();
                    let currency = all.find(|c| Some(c.sign()) == sign).unwrap();
                    let amount = value;
                    Money { amount, currency }.to_string()
                }
            };
            assert_eq!(written, word(&row, "text"), "{row}");
        }
    }

    #[test]
    fn what_is_written_reads_as_what_it_was() {
        for power in -20..60 {
            let seconds = 1.37 * 2f64.powf(f64::from(power) / 2.0);
            let back = Kind::Time.read(&duration(seconds)).unwrap();
            // Three digits: half of the third at most.
            assert!((back / seconds - 1.0).abs() <= 5.1e-3, "{seconds} {back}");
        }
    }

    #[test]
    fn a_value_that_rounds_up_keeps_its_number_of_digits() {
        assert_eq!(significant(9.996, 3), "10.0");
        assert_eq!(significant(99.96, 3), "100");
        assert_eq!(duration(0.999_6), "1,000 ms");
    }
}

//! What the values of an axis are, and how people write them.

use crate::units::quantity::{count, duration, size};

/// What the values of an axis are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A count, with the letters of the SI: 15.5 G.
    Count,
    /// Seconds, written as such or as minutes, hours, days.
    Seconds,
    /// Bytes: 24 GB are 24·10⁹.
    Bytes,
    /// How many times as much.
    Factor,
    /// Hundredths, the value itself being the number of them.
    Percent,
}

/// Round values of a logarithmic axis: those of the middle as they are, below and above by decades.
#[derive(Debug)]
pub(super) struct Ladder {
    below: &'static [f64],
    middle: &'static [f64],
    above: &'static [f64],
}

const DECADES: Ladder = Ladder {
    below: &[1.0],
    middle: &[1.0],
    above: &[10.0],
};
const HALF_DECADES: Ladder = Ladder {
    below: &[1.0, 3.0],
    middle: &[1.0],
    above: &[3.0, 10.0],
};
const THIRDS: Ladder = Ladder {
    below: &[1.0, 2.0, 5.0],
    middle: &[1.0],
    above: &[2.0, 5.0, 10.0],
};
const HUNDREDS: Ladder = Ladder {
    below: &[],
    middle: &[1e-6, 1e-3, 1.0, 1e3, 1e6, 1e9, 1e12, 1e15],
    above: &[],
};
const COUNTS: [Ladder; 4] = [HUNDREDS, DECADES, HALF_DECADES, THIRDS];

const DAY: f64 = 86_400.0;
const TIMES: [Ladder; 3] = [
    Ladder {
        below: &[],
        middle: &[1e-3, 1.0, 60.0, 3600.0, DAY, 100.0 * DAY],
        above: &[],
    },
    Ladder {
        below: &[1.0],
        middle: &[1.0, 10.0, 60.0, 600.0, 3600.0, 6.0 * 3600.0, DAY],
        above: &[10.0 * DAY],
    },
    Ladder {
        below: &[1.0, 2.0, 5.0],
        middle: &[
            1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 18_000.0,
            43_200.0, DAY,
        ],
        above: &[2.0 * DAY, 5.0 * DAY, 10.0 * DAY],
    },
];

impl Ladder {
    /// Its values from `low` to `high`.
    pub(super) fn between(&self, low: f64, high: f64) -> Vec<f64> {
        let decades = |values: &'static [f64], exponents: std::ops::RangeInclusive<i32>| {
            exponents.flat_map(move |e| values.iter().map(move |v| v * 10f64.powi(e)))
        };
        let all = decades(self.below, -18..=-1)
            .chain(self.middle.iter().copied())
            .chain(decades(self.above, 0..=18));
        all.filter(|value| (low..=high).contains(value)).collect()
    }
}

impl Unit {
    /// Round values of a logarithmic axis, coarse ones first.
    pub(super) fn ladders(self) -> &'static [Ladder] {
        match self {
            Self::Seconds => &TIMES,
            Self::Count | Self::Bytes | Self::Factor | Self::Percent => &COUNTS,
        }
    }

    /// The unit in which steps up to `high` are round.
    pub(super) fn step(self, high: f64) -> f64 {
        match self {
            Self::Seconds => time_unit(high).0,
            _ => 1.0,
        }
    }

    /// How a tick is written; on an even axis in the unit of its end `high`, which all ticks share.
    pub(super) fn tick(self, value: f64, high: Option<f64>) -> String {
        if value == 0.0 && !matches!(self, Self::Factor | Self::Percent) {
            return "0".to_owned();
        }
        let end = high.unwrap_or(value).abs();
        match self {
            Self::Count => in_si(value, end, ""),
            Self::Bytes => in_si(value, end, "B"),
            Self::Factor => format!("{}×", digits(value, 6)),
            Self::Percent => format!("{} %", digits(value, 6)),
            Self::Seconds => {
                let (one, name) = match high {
                    Some(high) => time_unit(high),
                    None => whole_unit(value),
                };
                format!("{} {name}", digits(value / one, 6))
            }
        }
    }

    /// How a value is read out: as quantities are written everywhere.
    #[must_use]
    pub fn reading(self, value: f64) -> String {
        match self {
            Self::Count => count(value),
            Self::Bytes => size(value),
            Self::Factor => format!("{}×", digits(value, 3)),
            Self::Percent => format!("{} %", digits(value, 3)),
            Self::Seconds if value > 0.0 => duration(value),
            Self::Seconds => "0 s".to_owned(),
        }
    }
}

/// The unit of an even axis that ends at `high` seconds.
fn time_unit(high: f64) -> (f64, &'static str) {
    match high {
        s if s < 1.0 => (1e-3, "ms"),
        s if s < 150.0 => (1.0, "s"),
        s if s < 9000.0 => (60.0, "min"),
        s if s < 4.0 * DAY => (3600.0, "h"),
        _ => (DAY, "d"),
    }
}

/// The largest unit of which a tick is at least one.
fn whole_unit(seconds: f64) -> (f64, &'static str) {
    match seconds * (1.0 + 1e-9) {
        s if s < 1.0 => (1e-3, "ms"),
        s if s < 60.0 => (1.0, "s"),
        s if s < 3600.0 => (60.0, "min"),
        s if s < DAY => (3600.0, "h"),
        _ => (DAY, "d"),
    }
}

/// `value` in the thousands of `end`, with three digits (six where that is exact).
fn in_si(value: f64, end: f64, unit: &str) -> String {
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
    let places = usize::try_from(crate::units::truncated(places)).unwrap_or_default();
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
    use super::*;

    #[test]
    fn readings_are_written_as_everywhere() {
        assert_eq!(Unit::Count.reading(15_459_535_460.0), "15.46 G");
        assert_eq!(Unit::Bytes.reading(2.4e10), "24.0 GB");
        assert_eq!(Unit::Factor.reading(0.8312), "0.831×");
        assert_eq!(Unit::Seconds.reading(1217.77), "20.3 min");
        assert_eq!(Unit::Seconds.reading(0.0123), "12.3 ms");
    }

    #[test]
    fn digits_carry_no_noise() {
        assert_eq!(
            [0.1 + 0.2, 100.0, 0.000_123_4, -0.0].map(|v| digits(v, 3)),
            ["0.3", "100", "0.000123", "0"]
        );
    }
}

//! Axes: where a value lies, which values are marked, and how they are written with their unit.

use super::unit::Unit;

/// An axis as it is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What it shows.
    pub title: String,
    /// What its values are.
    pub unit: Unit,
    /// How values are spread.
    pub kind: Kind,
}

/// How values are spread along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Evenly, from zero.
    Linear,
    /// Evenly, from the least value.
    Around,
    /// By their logs; values must be positive.
    Log,
}

/// From values to pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::chart) struct Scale {
    kind: Kind,
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Kind {
    /// The range that shows all `values` with a little air; `None` where there is none that can be shown.
    pub(in crate::chart) fn range(self, values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
        let shown = |v: &f64| v.is_finite() && (self != Self::Log || *v > 0.0);
        let ends = |(low, high): (f64, f64), v: f64| (low.min(v), high.max(v));
        let (low, high) = values
            .filter(shown)
            .fold((f64::INFINITY, f64::NEG_INFINITY), ends);
        if low > high {
            return None;
        }
        Some(match self {
            Self::Linear => (low.min(0.0), if high > 0.0 { high * 1.06 } else { 1.0 }),
            Self::Around => {
                let air = if high > low { 0.08 * (high - low) } else { 1.0 };
                (low - air, high + air)
            }
            Self::Log => {
                let air = (high / low).powf(0.05).max(1.1);
                (low / air, high * air)
            }
        })
    }
}

impl Scale {
    /// The scale that puts `range` between two pixels.
    pub(in crate::chart) fn new(
        kind: Kind,
        (low, high): (f64, f64),
        (from, to): (f64, f64),
    ) -> Self {
        Self {
            kind,
            low,
            high,
            from,
            to,
        }
    }

    /// The pixel of `value`; values outside lie at the ends.
    pub(in crate::chart) fn place(&self, value: f64) -> f64 {
        let share = match self.kind {
            Kind::Linear | Kind::Around => (value - self.low) / (self.high - self.low),
            Kind::Log => {
                let value = value.max(f64::MIN_POSITIVE);
                (value / self.low).ln() / (self.high / self.low).ln()
            }
        };
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }

    /// Whether `value` lies between its ends.
    pub(super) fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// `n + 1` values from end to end, at even pixels.
    pub(in crate::chart) fn steps(&self, n: u32) -> impl Iterator<Item = f64> + use<> {
        let Self {
            kind, low, high, ..
        } = *self;
        (0..=n).map(move |i| {
            let share = f64::from(i) / f64::from(n);
            match kind {
                Kind::Linear | Kind::Around => low + share * (high - low),
                Kind::Log => low * (high / low).powf(share),
            }
        })
    }

    /// The values to mark, at most `most`, with how each is written.
    pub(super) fn ticks(&self, unit: Unit, most: usize) -> Vec<(f64, String)> {
        let values = match self.kind {
            Kind::Linear | Kind::Around => self.even_ticks(unit, most),
            Kind::Log => self.log_ticks(unit, most),
        };
        let high = match self.kind {
            Kind::Log => None,
            Kind::Linear | Kind::Around => Some(self.high),
        };
        values
            .into_iter()
            .map(|value| (value, unit.tick(value, high)))
            .collect()
    }

    fn even_ticks(&self, unit: Unit, most: usize) -> Vec<f64> {
        let one = unit.step(self.high);
        let (low, high) = (self.low / one, self.high / one);
        let most = super::svg::count(most.max(2));
        let rough = ((high - low) / most).max(f64::MIN_POSITIVE);
        let decade = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|m| m * decade)
            .find(|step| *step >= rough * (1.0 - 1e-9))
            .unwrap_or(decade * 10.0);
        let first = (low / step - 1e-9).ceil();
        // At most `most` steps fit, and one more for the rounding.
        let values = (0..64u32).map(|i| (first + f64::from(i)) * step);
        values
            .take_while(|value| *value <= high * (1.0 + 1e-9))
            .map(|value| value * one + 0.0)
            .collect()
    }

    fn log_ticks(&self, unit: Unit, most: usize) -> Vec<f64> {
        let ladders = unit.ladders().iter();
        let within = ladders.map(|ladder| ladder.between(self.low, self.high));
        let best = within
            .filter(|ticks| ticks.len() <= most.max(2))
            .max_by_key(Vec::len);
        match best {
            Some(ticks) if ticks.len() >= 2 => ticks,
            _ => self.even_ticks(unit, most),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(kind: Kind, range: (f64, f64), unit: Unit, most: usize) -> Vec<String> {
        let ticks = Scale::new(kind, range, (0.0, 100.0)).ticks(unit, most);
        ticks.into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round_in_the_units_of_the_reader() {
        assert_eq!(
            labels(Kind::Linear, (0.0, 2600.0), Unit::Seconds, 6),
            ["0", "10 min", "20 min", "30 min", "40 min"]
        );
        assert_eq!(
            labels(Kind::Linear, (0.0, 1.43e8), Unit::Count, 8),
            [
                "0", "20 M", "40 M", "60 M", "80 M", "100 M", "120 M", "140 M"
            ]
        );
        assert_eq!(
            labels(Kind::Log, (40.0, 9000.0), Unit::Seconds, 8),
            ["1 min", "2 min", "5 min", "10 min", "30 min", "1 h", "2 h"]
        );
        assert_eq!(
            labels(Kind::Log, (3e8, 2e11), Unit::Count, 4),
            ["1 G", "10 G", "100 G"]
        );
    }

    #[test]
    fn a_short_log_axis_has_ticks_too() {
        assert_eq!(
            labels(Kind::Log, (0.86, 1.18), Unit::Factor, 5),
            ["0.9×", "1×", "1.1×"]
        );
    }

    #[test]
    fn values_outside_lie_at_the_ends() {
        let scale = Scale::new(Kind::Log, (1.0, 100.0), (0.0, 200.0));
        assert_eq!(scale.place(-1.0).to_bits(), 0f64.to_bits());
        // Tolerance: the last bits of a logarithm.
        assert!((scale.place(10.0) - 100.0).abs() < 1e-9);
        assert!((scale.place(1e9) - 200.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_to_show_has_no_range() {
        assert_eq!(Kind::Log.range([0.0, f64::NAN].into_iter()), None);
        assert_eq!(Kind::Linear.range(std::iter::empty()), None);
    }
}

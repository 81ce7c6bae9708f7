//! How often intervals held, of timings that were predicted before they were learnt.
//!
//! Trials (`evaluate.rs`) leave out what is known already. This is what people were told, and what they then measured.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::timing::data::platform::{Mode, PlatformId};
use crate::units::moment::month;
use crate::units::{to_f64, to_u64};

/// What came of one prediction.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Where it was timed.
    pub platform: PlatformId,
    /// What was timed.
    pub mode: Mode,
    /// When it came, Unix milliseconds.
    pub at: i64,
    /// ln(measured / predicted).
    pub off: f64,
    /// Half the widths of the intervals of 80, 90 and 95 %, likewise as logs.
    pub half_widths: [f64; 3],
}

/// How predictions have done, of some timings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct TrackRecord {
    /// Timings that were predicted before they were learnt.
    pub rows: usize,
    /// Share of them within the interval of level 0.8; null where there are none.
    pub covered_80: Option<f64>,
    /// Of level 0.9.
    pub covered_90: Option<f64>,
    /// Of level 0.95.
    pub covered_95: Option<f64>,
    /// Median of measured / predicted, less 1: 0.02 is that they took 2 % longer than predicted.
    pub signed_error: Option<f64>,
}

impl TrackRecord {
    /// Of predictions, each with how far off it was and half the widths of its intervals, as logs.
    pub(super) fn of(predictions: impl Iterator<Item = (f64, [f64; 3])>) -> Self {
        let (mut offs, mut held) = (Vec::new(), [0_u64; 3]);
        for (off, half_widths) in predictions {
            for (held, half) in held.iter_mut().zip(half_widths) {
                *held += u64::from(off.abs() <= half);
            }
            offs.push(off);
        }
        let n = to_f64(to_u64(offs.len()));
        let share = |held: u64| (n > 0.0).then(|| to_f64(held) / n);
        let [covered_80, covered_90, covered_95] = held.map(share);
        Self {
            rows: offs.len(),
            covered_80,
            covered_90,
            covered_95,
            signed_error: median(offs).map(f64::exp_m1),
        }
    }
}

/// The middle one, or halfway between both.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get((values.len() - 1) / 2)?;
    Some(f64::midpoint(lower, upper))
}

fn track<'a>(outcomes: impl Iterator<Item = &'a &'a Outcome>) -> TrackRecord {
    TrackRecord::of(outcomes.map(|outcome| (outcome.off, outcome.half_widths)))
}

/// How predictions have done, lately and over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct TrackRecords {
    /// Of the last 1,000 timings.
    pub lately: TrackRecord,
    /// Of all that are looked at.
    pub ever: TrackRecord,
    /// Of each month, by when they came, the latest first.
    pub months: Vec<MonthRecord>,
}

/// How predictions have done in one month.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MonthRecord {
    /// The month (UTC).
    #[schema(example = "2026-11")]
    pub month: String,
    /// How they have done.
    #[serde(flatten)]
    pub record: TrackRecord,
}

/// Timings that are called late.
pub const LATELY: usize = 1_000;

impl TrackRecords {
    /// Of `outcomes`, newest first.
    fn of(outcomes: &[&Outcome]) -> Self {
        let mut months: BTreeMap<String, Vec<&Outcome>> = BTreeMap::new();
        // Those of one upload stand together.
        for same in outcomes.chunk_by(|a, b| a.at == b.at) {
            let month = months.entry(month(same[0].at)).or_default();
            month.extend(same);
        }
        let months = months
            .into_iter()
            .rev()
            .map(|(month, outcomes)| MonthRecord {
                month,
                record: track(outcomes.iter()),
            });
        Self {
            lately: track(outcomes.iter().take(LATELY)),
            ever: track(outcomes.iter()),
            months: months.collect(),
        }
    }
}

/// How predictions have done, in all and by platform.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calibration {
    /// In all.
    pub all: TrackRecords,
    /// Of each platform.
    pub platforms: BTreeMap<PlatformId, TrackRecords>,
    /// Of each platform and mode.
    pub fits: BTreeMap<(PlatformId, Mode), TrackRecords>,
}

impl Calibration {
    /// Of `outcomes`, newest first.
    #[must_use]
    pub fn of(outcomes: &[Outcome]) -> Self {
        let mut platforms: BTreeMap<PlatformId, Vec<&Outcome>> = BTreeMap::new();
        let mut fits: BTreeMap<(PlatformId, Mode), Vec<&Outcome>> = BTreeMap::new();
        for outcome in outcomes {
            let id = &outcome.platform;
            platforms.entry(id.clone()).or_default().push(outcome);
            let of_fit = fits.entry((id.clone(), outcome.mode)).or_default();
            of_fit.push(outcome);
        }
        let platforms = platforms.into_iter();
        let fits = fits.into_iter();
        Self {
            all: TrackRecords::of(&outcomes.iter().collect::<Vec<_>>()),
            platforms: platforms
                .map(|(id, of)| (id, TrackRecords::of(&of)))
                .collect(),
            fits: fits.map(|(key, of)| (key, TrackRecords::of(&of))).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(off: f64, at: i64) -> Outcome {
        Outcome {
            platform: PlatformId::new("a").unwrap(),
            mode: Mode::Train,
            at,
            off,
            half_widths: [0.1, 0.2, 0.3],
        }
    }

    #[test]
    fn intervals_are_counted_level_by_level_on_both_sides() {
        let outcomes = [0.05, -0.15, 0.25, -0.35].map(|off| outcome(off, 0));
        let record = Calibration::of(&outcomes).all.ever;
        assert_eq!(record.rows, 4);
        assert_eq!(record.covered_80, Some(0.25));
        assert_eq!(record.covered_90, Some(0.5));
        assert_eq!(record.covered_95, Some(0.75));
        // Halfway between -0.15 and 0.05. Tolerance: the last bits of an exponential.
        assert!((record.signed_error.unwrap() - (-0.05_f64).exp_m1()).abs() < 1e-12);
    }

    #[test]
    fn months_are_told_apart_the_latest_first() {
        let december = 1_764_547_200_000;
        let outcomes = [outcome(0.0, december), outcome(1.0, december - 1)];
        let months = Calibration::of(&outcomes).all.months;
        let told: Vec<_> = months
            .iter()
            .map(|one| (one.month.as_str(), one.record.covered_95))
            .collect();
        assert_eq!(told, [("2025-12", Some(1.0)), ("2025-11", Some(0.0))]);
    }

    #[test]
    fn of_no_timings_nothing_is_said() {
        let TrackRecords { lately, months, .. } = Calibration::of(&[]).all;
        assert_eq!(lately, TrackRecord::default());
        assert!(months.is_empty());
    }
}

//! What predictions of timings that were left out have shown: errors, and how often the intervals held.

use serde::Serialize;
use utoipa::ToSchema;

use super::left_out::Left;
use crate::timing::data::platform::{Mode, PlatformId};
use crate::timing::fit::estimator::Estimator;
use crate::timing::predict::prediction::Prediction;
use crate::units::{rounded, to_f64};

/// What a trial has shown.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Score {
    /// Where the timings are from.
    pub platform: PlatformId,
    /// What was timed.
    pub mode: Mode,
    /// How they were predicted.
    pub estimator: Estimator,
    /// Which timings left.
    pub left_out: Left,
    /// Timings that were predicted.
    pub n: usize,
    /// Mean of |predicted - measured| / measured.
    pub mape: f64,
    /// Median of the same.
    pub median: f64,
    /// Nine in ten lie below this.
    pub p90: f64,
    /// Share within 10 %.
    pub within_10: f64,
    /// Share within 20 %.
    pub within_20: f64,
    /// Share within the intervals of level 0.8.
    pub covered_80: f64,
    /// Of level 0.9.
    pub covered_90: f64,
    /// Of level 0.95.
    pub covered_95: f64,
    /// Median of e^h - 1, with h half the width of the 0.9 interval as a natural log.
    pub half_width_90: f64,
}

/// How one timing was predicted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    /// |predicted - measured| / measured.
    error: f64,
    /// |ln(predicted / measured)|.
    far: f64,
    /// Half the width of the interval at each of [`LEVELS`], as a natural log.
    half_widths: [f64; 3],
}

/// Levels whose coverage is counted.
pub(super) const LEVELS: [f64; 3] = [0.8, 0.9, 0.95];

impl Outcome {
    /// Of `predictions` at each of [`LEVELS`], of a net that takes `ms`.
    pub(in crate::timing) fn new(predictions: &[Prediction; 3], ms: f64) -> Self {
        let predicted = predictions[0].ms;
        Self {
            error: (predicted / ms - 1.0).abs(),
            far: (predicted / ms).ln().abs(),
            half_widths: predictions.each_ref().map(|p| (p.high_ms / p.ms).ln()),
        }
    }
}

impl Score {
    /// What `outcomes` show of the trial that `name` names; `None` where there are none.
    pub(super) fn new(
        platform: &PlatformId,
        mode: Mode,
        estimator: Estimator,
        left_out: Left,
        outcomes: &[Outcome],
    ) -> Option<Self> {
        if outcomes.is_empty() {
            return None;
        }
        let n = to_f64(outcomes.len().try_into().ok()?);
        let share = |holds: &dyn Fn(&Outcome) -> bool| {
            let held = outcomes.iter().filter(|outcome| holds(outcome)).count();
            to_f64(held.try_into().unwrap_or_default()) / n
        };
        let errors: Vec<f64> = outcomes.iter().map(|outcome| outcome.error).collect();
        let widths = outcomes.iter().map(|o| o.half_widths[1].exp_m1()).collect();
        let mape = errors.iter().sum::<f64>() / n;
        let (median, p90) = (quantile(errors.clone(), 0.5), quantile(errors, 0.9));
        Some(Self {
            platform: platform.clone(),
            mode,
            estimator,
            left_out,
            n: outcomes.len(),
            mape,
            median,
            p90,
            within_10: share(&|o| o.error <= 0.1),
            within_20: share(&|o| o.error <= 0.2),
            covered_80: share(&|o| o.far <= o.half_widths[0]),
            covered_90: share(&|o| o.far <= o.half_widths[1]),
            covered_95: share(&|o| o.far <= o.half_widths[2]),
            half_width_90: quantile(widths, 0.5),
        })
    }
}

fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = to_f64(
        values
            .len()
            .saturating_sub(1)
            .try_into()
            .unwrap_or_default(),
    );
    let place = usize::try_from(rounded(share * last)).unwrap_or_default();
    values.get(place).copied().unwrap_or(f64::NAN)
}

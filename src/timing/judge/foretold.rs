//! Timings as they were predicted before they were learnt: how far off each was, and how wide its intervals were.

use std::collections::BTreeMap;

use super::score::LEVELS;
use crate::timing::data::platform::{Mode, PlatformId};
use crate::timing::fit::estimator::Estimator;
use crate::timing::fit::level::Level;
use crate::timing::predict::prediction::Asked;
use crate::timing::predict::predictor::Predictor;
use crate::timing::predict::predictors::{Predictors, Timing};
use crate::units::to_u64;

/// How a timing was predicted before it was learnt.
#[derive(Clone, Debug, PartialEq)]
pub struct Foretold {
    /// Where it was timed, and what.
    pub fit: (PlatformId, Mode),
    /// The measurement's id.
    pub row: i64,
    /// ln(measured / predicted): positive where it took longer.
    pub off: f64,
    /// Half the widths of the intervals of 80, 90 and 95 %, likewise as logs.
    pub half_widths: [f64; 3],
}

/// Timings of one upload that are predicted, about: each takes microseconds, and more of them say little more.
const MOST: usize = 1_000;
/// Of each platform and mode at least so many, however many of them an upload has.
const LEAST: usize = 10;

/// What `predictors` say of the `timings` of an upload, by platform and id; of very many, of a fair part. Nothing is said
/// where a platform has no fit.
#[must_use]
pub fn foretold<'a>(
    predictors: &Predictors,
    timings: impl Iterator<Item = &'a Timing>,
) -> Vec<Foretold> {
    let mut by_key: BTreeMap<(&PlatformId, Mode), Vec<&Timing>> = BTreeMap::new();
    for timing in timings {
        let key = (&timing.platform, timing.mode);
        by_key.entry(key).or_default().push(timing);
    }
    let each = (MOST / by_key.len().max(1)).max(LEAST);
    let of_key = |((platform, mode), timings): (_, Vec<&'a Timing>)| {
        let fit = predictors.get(platform, mode)?;
        let every = to_u64(timings.len().div_ceil(each));
        // By the hash of what was timed, so that no order of the rows can choose.
        let most = u64::MAX / every;
        let drawn = timings.into_iter();
        let drawn = drawn.filter(move |timing| timing.sample.identity <= most);
        Some(drawn.filter_map(|timing| of_timing(fit, timing)))
    };
    by_key.into_iter().filter_map(of_key).flatten().collect()
}

/// What `fit` says of `timing`.
fn of_timing(fit: &Predictor, timing: &Timing) -> Option<Foretold> {
    let sample = &timing.sample;
    let asked = |level| Asked {
        features: &sample.features,
        group: &timing.group,
        estimator: Estimator::default(),
        level,
        batch_size: sample.images(fit.platform().device_count),
    };
    let at = |share: f64| fit.time(&asked(Level::new(share).unwrap_or(Level::DEFAULT)));
    let [eighty, ninety, ninety_five] = LEVELS.map(at);
    let times = [eighty?, ninety?, ninety_five?];
    let foretold = Foretold {
        fit: (timing.platform.clone(), timing.mode),
        row: sample.row,
        off: (sample.ms / times[0].ms).ln(),
        half_widths: times.map(|time| (time.high_ms / time.ms).ln()),
    };
    let all = foretold.half_widths.iter().chain([&foretold.off]);
    // What no number can say is not kept.
    let said = all.copied().all(f64::is_finite);
    said.then_some(foretold)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timing::data::seed::built_in;

    #[test]
    fn of_a_large_upload_a_fair_part_is_predicted_whatever_its_order() {
        let (platforms, rows) = built_in().unwrap();
        let predictors = Predictors::of_rows(platforms, &rows, 1);
        let timing = |i: usize| {
            let row = &rows[i % rows.len()];
            let id = i64::try_from(i).unwrap();
            let mut timing = Timing::new(id, row, 1);
            let spread = u64::try_from(i).unwrap();
            timing.sample.identity = spread.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            timing
        };
        let mut timings: Vec<Timing> = (0..20_000).map(timing).collect();
        let mut forwards = foretold(&predictors, timings.iter());
        timings.reverse();
        let mut backwards = foretold(&predictors, timings.iter());
        for found in [&mut forwards, &mut backwards] {
            found.sort_by_key(|one| one.row);
        }
        assert_eq!(forwards, backwards);
        // Five platforms with a fifth of a thousand each, less what rounding the share of each leaves out.
        assert!((700..1_100).contains(&forwards.len()), "{}", forwards.len());
    }

    #[test]
    fn wider_levels_are_wider() {
        let (platforms, rows) = built_in().unwrap();
        let predictors = Predictors::of_rows(platforms, &rows, 1);
        let timings: Vec<Timing> = rows.iter().map(|row| Timing::new(1, row, 1)).collect();
        let found = foretold(&predictors, timings.iter());
        assert!(!found.is_empty());
        for Foretold { half_widths, .. } in found {
            assert!(half_widths.is_sorted() && half_widths[0] > 0.0);
        }
    }
}

//! Whether a timing is believed: one that is far from what a sound fit expects is kept, but out of the fits.
//!
//! This is the one place where a measurement is judged. The yardstick is the interval that holds for 68 % of new
//! timings, one sigma of a normal distribution, of the platform's own fit; for a platform without one, the fit of the
//! upload's own rows once those that stand apart from the rest have been left out.

use crate::timing::data::platform::{Mode, Platform};
use crate::timing::fit::features::Features;
use crate::timing::fit::level::Level;
use crate::timing::fit::training::{Sample, TrainingSet};
use crate::timing::predict::prediction::Asked;
use crate::timing::predict::predictor::Predictor;
use crate::timing::{Estimator, Measurement};

/// Sigmas beyond which a timing is not believed.
const SIGMAS: f64 = 5.0;
/// Smallest sigma (natural log): nothing within a factor of e^(5 · 0.15) ≈ 2.1 is ever doubted.
const LEAST_SIGMA: f64 = 0.15;
/// Timings that make a fit sound enough to doubt others by.
const SOUND: usize = 20;
/// Rounds of leaving out what stands apart from the rest, where there is no sound fit yet.
const ROUNDS: usize = 3;

/// Whether `predictor` has seen enough to doubt others by.
#[must_use]
pub fn is_sound(predictor: &Predictor) -> bool {
    predictor.measurements() >= SOUND
}

/// Why `row` is not believed, where `predictor` expects something else.
#[must_use]
pub fn doubt(predictor: &Predictor, row: &Measurement) -> Option<String> {
    let features = &Features::new(&row.subject).called(row.label.as_deref());
    let (group, estimator) = (&row.group, Estimator::default());
    let ms = 1e3 * f64::from(predictor.platform().device_count) * row.time.seconds_per_image();
    let asked = Asked {
        features,
        group,
        estimator,
        level: Level::new(0.683).ok()?,
        batch_size: row.batch_size,
    };
    let near = (ms / predictor.expected_ms(&asked)?).ln().abs();
    if near <= SIGMAS * LEAST_SIGMA {
        return None;
    }
    let expected = predictor.predict(&asked)?;
    let sigma = (expected.high_ms / expected.ms).ln().max(LEAST_SIGMA);
    let off = (ms / expected.ms).ln();
    (off.abs() > SIGMAS * sigma).then(|| {
        let (factor, than) = if off > 0.0 {
            (off.exp(), "longer")
        } else {
            ((-off).exp(), "shorter")
        };
        format!(
            "{factor:.1}x {than} than the {} other timings of this platform let expect{}",
            predictor.measurements(),
            unit_slip(off)
        )
    })
}

/// A slip of the unit that would explain `off`, a natural log.
fn unit_slip(off: f64) -> &'static str {
    let near = |factor: f64| (off - factor.ln()).abs() < 0.4;
    if near(1000.0) {
        ": milliseconds given as seconds?"
    } else if near(1.0 / 1000.0) {
        ": seconds given as milliseconds?"
    } else if near(60.0) {
        ": seconds given as minutes, or a step as an epoch?"
    } else if near(1.0 / 60.0) {
        ": minutes given as seconds?"
    } else {
        ""
    }
}

/// The yardstick for `rows`, all of `platform` and `mode`, of which nothing is stored yet; `None` where they are few.
#[must_use]
pub fn yardstick(rows: &[&Measurement], platform: &Platform, mode: Mode) -> Option<Predictor> {
    let mut kept = plausible(rows);
    for _ in 0..ROUNDS {
        let predictor = fitted(&kept, platform, mode)?;
        let believed: Vec<&Measurement> = rows
            .iter()
            .copied()
            .filter(|row| doubt(&predictor, row).is_none())
            .collect();
        if believed.len() == kept.len() {
            return Some(predictor);
        }
        kept = believed;
    }
    fitted(&kept, platform, mode)
}

fn fitted(rows: &[&Measurement], platform: &Platform, mode: Mode) -> Option<Predictor> {
    let mut set = TrainingSet::default();
    set.add(rows.iter().map(|row| {
        (
            row.group.clone(),
            Sample::new(0, row, platform.device_count),
        )
    }));
    Predictor::fit(platform.clone(), mode, &set, None).filter(is_sound)
}

/// Rows whose time for each of their acts is near that of most.
fn plausible<'a>(rows: &[&'a Measurement]) -> Vec<&'a Measurement> {
    let pace =
        |row: &Measurement| (row.time.seconds_per_image() / Features::new(&row.subject).acts).ln();
    let paces: Vec<f64> = rows.iter().map(|row| pace(row)).collect();
    let middle = median(paces.clone());
    // 1.4826 times the median of the distances is the sigma of a normal distribution.
    let sigma = 1.4826 * median(paces.iter().map(|pace| (pace - middle).abs()).collect());
    let near = |(row, pace): (&&'a Measurement, f64)| {
        ((pace - middle).abs() <= SIGMAS * sigma.max(LEAST_SIGMA)).then_some(*row)
    };
    rows.iter().zip(paces).filter_map(near).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

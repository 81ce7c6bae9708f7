//! How often intervals held of timings that were predicted before they were learnt: as an answer, and as a badge.

use serde::Serialize;
use utoipa::ToSchema;

use crate::chart::{Badge, Mood};
use crate::timing::judge::calibration::{Calibration, TrackRecords};
use crate::timing::{Mode, PlatformId, Predictor, Predictors};
use crate::units::{to_f64, to_u64};

/// How often intervals held.
#[derive(Debug, Serialize, ToSchema)]
pub struct CalibrationAnswer {
    /// Version of the data that was looked at.
    pub data_version: i64,
    /// In all, or of the platform that was asked about.
    pub all: Calibrated,
    /// By platform and mode.
    pub platforms: Vec<PlatformCalibration>,
}

/// How predictions have done, of the timings that were predicted before they were learnt.
#[derive(Debug, Serialize, ToSchema)]
pub struct Calibrated {
    /// Timings in the fits. Those that came with the service, or before this was kept, or first of their platform, were never
    /// predicted before they were learnt; of very large uploads a part was.
    pub measurements: usize,
    /// How the predictions of the others have done.
    #[serde(flatten)]
    pub records: TrackRecords,
}

/// The same of one platform in one mode.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlatformCalibration {
    /// The platform.
    pub platform: PlatformId,
    /// What was timed.
    pub mode: Mode,
    /// How its predictions have done.
    #[serde(flatten)]
    pub calibrated: Calibrated,
}

/// What `calibration`, of `data_version`, says of the fits of `platform`, or of all.
#[must_use]
pub fn calibrated(
    calibration: &Calibration,
    data_version: i64,
    predictors: &Predictors,
    platform: Option<&PlatformId>,
) -> CalibrationAnswer {
    let fits = predictors.all().map(AsRef::as_ref);
    let fits: Vec<&Predictor> = fits
        .filter(|fit| platform.is_none_or(|id| fit.platform().id == *id))
        .collect();
    let row = |fit: &&Predictor| {
        let (platform, mode) = (fit.platform().id.clone(), fit.mode());
        let records = calibration.fits.get(&(platform.clone(), mode)).cloned();
        PlatformCalibration {
            platform,
            mode,
            calibrated: Calibrated {
                measurements: fit.measurements(),
                records: records.unwrap_or_default(),
            },
        }
    };
    CalibrationAnswer {
        data_version,
        all: Calibrated {
            measurements: fits.iter().map(|fit| fit.measurements()).sum(),
            records: records(calibration, platform),
        },
        platforms: fits.iter().map(row).collect(),
    }
}

/// What `calibration` says of `platform`, or in all.
fn records(calibration: &Calibration, platform: Option<&PlatformId>) -> TrackRecords {
    match platform {
        None => calibration.all.clone(),
        Some(id) => calibration.platforms.get(id).cloned().unwrap_or_default(),
    }
}

/// Standard deviations below 90 % up to which a share is as it should be, and not quite.
const GOOD: f64 = 2.0;
const FAIR: f64 = 4.0;

/// The same in a badge: how often the intervals of 90 % held lately.
#[must_use]
pub fn badge(calibration: &Calibration, platform: Option<&PlatformId>) -> Badge {
    let lately = records(calibration, platform).lately;
    let name = "90 % held".to_owned();
    let Some(share) = lately.covered_90 else {
        return Badge {
            name,
            value: "no timings yet".to_owned(),
            mood: Mood::Unknown,
        };
    };
    // As far as chance alone takes a share of so many.
    let n = to_f64(to_u64(lately.rows));
    let below = (0.9 - share) / (0.9 * 0.1 / n).sqrt();
    Badge {
        name,
        value: format!("{:.0} % of {}", 100.0 * share, lately.rows),
        mood: if below <= GOOD {
            Mood::Good
        } else if below <= FAIR {
            Mood::Fair
        } else {
            Mood::Poor
        },
    }
}

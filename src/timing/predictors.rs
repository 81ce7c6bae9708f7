//! The predictors of all platforms, as they are at one version of the data.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::measurement::Measurement;
use super::platform::{Mode, Platform, PlatformId};
use super::predictor::Predictor;
use super::training::TrainingSet;

/// All that a prediction looks at; replaced whole when measurements change.
#[derive(Debug, Default)]
pub struct Predictors {
    /// Version of the data that the fits have seen.
    pub data_version: i64,
    /// The platforms, by id.
    pub platforms: BTreeMap<PlatformId, Platform>,
    fits: BTreeMap<(PlatformId, Mode), Arc<Predictor>>,
}

impl Predictors {
    /// The fits to `rows`; rows of a platform that is not among `platforms` are left out.
    #[must_use]
    pub fn fit(platforms: Vec<Platform>, rows: &[Measurement], data_version: i64) -> Self {
        let platforms: BTreeMap<_, _> = platforms.into_iter().map(|p| (p.id.clone(), p)).collect();
        let mut by_platform: BTreeMap<(&PlatformId, Mode), Vec<&Measurement>> = BTreeMap::new();
        for row in rows {
            by_platform
                .entry((&row.platform, row.mode))
                .or_default()
                .push(row);
        }
        let fit = |((id, mode), rows): ((&PlatformId, Mode), Vec<&Measurement>)| {
            let platform = platforms.get(id)?.clone();
            let set = TrainingSet::new(rows, platform.device_count);
            Some((
                (id.clone(), mode),
                Arc::new(Predictor::fit(platform, mode, set)?),
            ))
        };
        let fits = by_platform.into_iter().filter_map(fit).collect();
        Self {
            data_version,
            platforms,
            fits,
        }
    }

    /// The predictor of `id` in `mode`, where it has timings.
    #[must_use]
    pub fn get(&self, id: &PlatformId, mode: Mode) -> Option<&Arc<Predictor>> {
        self.fits.get(&(id.clone(), mode))
    }

    /// All predictors of `mode`, by platform id.
    pub fn of_mode(&self, mode: Mode) -> impl Iterator<Item = &Arc<Predictor>> {
        self.fits
            .iter()
            .filter(move |((_, m), _)| *m == mode)
            .map(|(_, predictor)| predictor)
    }
}

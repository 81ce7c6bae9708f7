//! The timings of all platforms in memory, and the predictors that are fitted to them.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::measurement::Measurement;
use super::platform::{Mode, Platform, PlatformId};
use super::predictor::Predictor;
use super::training::{Sample, TrainingSet};
use crate::net::Group;

/// What a predictor is of.
type Key = (PlatformId, Mode);

/// All timings that are in the fits, as a regression sees them; changed in place.
#[derive(Debug, Default)]
pub struct Timings {
    sets: BTreeMap<Key, TrainingSet>,
}

/// A timing on its way into [`Timings`].
#[derive(Clone, Debug)]
pub struct Timing {
    /// Where it was timed.
    pub platform: PlatformId,
    /// What was timed.
    pub mode: Mode,
    /// The net's timing group.
    pub group: Group,
    /// What a regression sees of it.
    pub sample: Sample,
}

impl Timing {
    /// The timing that `measurement`, of id `row`, is on `devices` devices.
    #[must_use]
    pub fn new(row: i64, measurement: &Measurement, devices: u32) -> Self {
        Self {
            platform: measurement.platform.clone(),
            mode: measurement.mode,
            group: measurement.group.clone(),
            sample: Sample::new(row, measurement, devices),
        }
    }
}

impl Timing {
    /// The same, of the measurement `row`.
    #[must_use]
    pub fn of_row(mut self, row: i64) -> Self {
        self.sample.row = row;
        self
    }
}

impl Timings {
    /// Adds timings; many at once take little longer than few.
    pub fn add(&mut self, timings: impl IntoIterator<Item = Timing>) {
        let mut by_key: BTreeMap<Key, Vec<(Group, Sample)>> = BTreeMap::new();
        for timing in timings {
            let key = (timing.platform, timing.mode);
            by_key
                .entry(key)
                .or_default()
                .push((timing.group, timing.sample));
        }
        for (key, samples) in by_key {
            self.sets.entry(key).or_default().add(samples);
        }
    }

    /// Removes the timings of the measurements `rows`.
    pub fn remove(&mut self, rows: &HashSet<i64>) {
        self.sets.retain(|_, set| {
            set.remove(rows);
            !set.is_empty()
        });
    }

    /// The samples of one platform in one mode, by group.
    pub fn samples(&self, id: &PlatformId, mode: Mode) -> impl Iterator<Item = &Sample> {
        let set = self.sets.get(&(id.clone(), mode));
        set.into_iter()
            .flat_map(|set| set.groups().flat_map(|(_, samples)| samples.iter()))
    }

    /// Number of timings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sets.values().map(TrainingSet::len).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }
}

/// All that a prediction looks at; replaced whole when measurements change.
#[derive(Clone, Debug, Default)]
pub struct Predictors {
    /// Version of the data that the fits have seen.
    pub data_version: i64,
    /// The platforms, by id.
    pub platforms: BTreeMap<PlatformId, Platform>,
    fits: BTreeMap<Key, Arc<Predictor>>,
}

impl Predictors {
    /// The fits to `timings`; those of a platform that is not among `platforms` are left out.
    ///
    /// Fits of `previous` whose timings have not changed are kept, and the residuals of the others stand in for new
    /// ones until [`Predictors::validated`] is called.
    #[must_use]
    pub fn fit(
        platforms: Vec<Platform>,
        timings: &Timings,
        previous: &Self,
        data_version: i64,
    ) -> Self {
        let platforms: BTreeMap<_, _> = platforms.into_iter().map(|p| (p.id.clone(), p)).collect();
        let mut kept = BTreeMap::new();
        let mut made = BTreeMap::new();
        for (key, set) in &timings.sets {
            let Some(platform) = platforms.get(&key.0) else {
                continue;
            };
            let earlier = previous.fits.get(key);
            if let Some(same) = earlier.filter(|earlier| earlier.is_of(set, platform)) {
                kept.insert(key.clone(), Arc::clone(same));
                continue;
            }
            let earlier = earlier.map(AsRef::as_ref);
            made.extend(
                Predictor::fit(platform.clone(), key.1, set, earlier)
                    .map(|predictor| (key.clone(), predictor)),
            );
        }
        Self {
            data_version,
            platforms,
            fits: lent(kept, &made),
        }
    }

    /// The fits to `rows`, numbered from 1.
    #[must_use]
    pub fn of_rows(platforms: Vec<Platform>, rows: &[Measurement], data_version: i64) -> Self {
        let devices = |id: &PlatformId| platforms.iter().find(|p| p.id == *id);
        let mut timings = Timings::default();
        timings.add((1..).zip(rows).filter_map(|(id, row)| {
            let devices = devices(&row.platform)?.device_count;
            Some(Timing::new(id, row, devices))
        }));
        Self::fit(platforms, &timings, &Self::default(), data_version)
    }

    /// The same, every fit with its own residuals.
    #[must_use]
    pub fn validated(&self) -> Self {
        let (mut kept, mut made) = (BTreeMap::new(), BTreeMap::new());
        for (key, predictor) in &self.fits {
            if predictor.is_stale() {
                made.insert(key.clone(), predictor.validated());
            } else {
                kept.insert(key.clone(), Arc::clone(predictor));
            }
        }
        Self {
            fits: lent(kept, &made),
            ..self.clone()
        }
    }

    /// Whether [`Predictors::validated`] would change anything.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.fits.values().any(|predictor| predictor.is_stale())
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

/// All predictors, after those that are new have taken over what the others know of groups that they have not timed.
fn lent(
    mut kept: BTreeMap<Key, Arc<Predictor>>,
    made: &BTreeMap<Key, Predictor>,
) -> BTreeMap<Key, Arc<Predictor>> {
    let others: Vec<&Predictor> = kept
        .values()
        .map(AsRef::as_ref)
        .chain(made.values())
        .collect();
    let lent = made.iter().map(|(key, predictor)| {
        let mut predictor = predictor.clone();
        predictor.borrow_from(&others);
        (key.clone(), Arc::new(predictor))
    });
    let lent: Vec<_> = lent.collect();
    kept.extend(lent);
    kept
}

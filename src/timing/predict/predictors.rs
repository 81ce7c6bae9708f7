//! The timings of all platforms in memory, and the predictors that are fitted to them.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::fit_id::{FitId, Seen, hash_alone, hash_lent, lenders};
use super::predictor::Predictor;
use crate::net::Group;
use crate::timing::data::measurement::Measurement;
use crate::timing::data::platform::{Mode, Platform, PlatformId};
use crate::timing::fit::estimator::Estimator;
use crate::timing::fit::training::{More, Sample, Tally, TrainingSet};

/// What a predictor is of.
type Key = (PlatformId, Mode);

/// All timings that are in the fits, as a regression sees them; changed in place, and cheap to clone.
#[derive(Clone, Debug, Default)]
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

    /// The same, for which a person vouches.
    #[must_use]
    pub fn vouched(mut self) -> Self {
        self.sample = self.sample.vouched();
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

    /// The hashes in the names of the fits that [`Timings::remove`] of `gone` and [`Timings::add`] of `fresh` will change.
    #[must_use]
    pub fn names_after(
        &self,
        platforms: &BTreeMap<PlatformId, Platform>,
        gone: &HashSet<i64>,
        fresh: &[Timing],
    ) -> Vec<u64> {
        // Summed up as they come: a million of them in lists would be many megabytes.
        let mut more: BTreeMap<(&PlatformId, Mode), More> = BTreeMap::new();
        for timing in fresh {
            let key = (&timing.platform, timing.mode);
            let sum = more.entry(key).or_default();
            sum.add(&timing.group, &timing.sample);
        }
        let (empty, none) = (TrainingSet::default(), More::default());
        let sets = self.sets.keys().map(|(id, mode)| (id, *mode));
        let keys: BTreeSet<_> = sets.chain(more.keys().copied()).collect();
        let changed = keys.into_iter().filter_map(|(id, mode)| {
            let key = (id.clone(), mode);
            let set = self.sets.get(&key).unwrap_or(&empty);
            let more = more.get(&(id, mode)).unwrap_or(&none);
            let tally = set.tally_after(gone, more);
            (tally != set.tally()).then_some((key, tally))
        });
        self.names_of(platforms, &changed.collect())
    }

    fn names_of(
        &self,
        platforms: &BTreeMap<PlatformId, Platform>,
        changed: &BTreeMap<Key, Tally>,
    ) -> Vec<u64> {
        let mut tallies: BTreeMap<&Key, Tally> = self
            .sets
            .iter()
            .map(|(key, set)| (key, set.tally()))
            .collect();
        tallies.extend(changed.iter().map(|(key, tally)| (key, *tally)));
        let seen = |(key, tally): (&&Key, &Tally)| {
            Some(Seen {
                platform: platforms.get(&key.0)?,
                mode: key.1,
                tally: *tally,
            })
        };
        let there = tallies.iter().filter(|(_, tally)| tally.timings > 0);
        let all: Vec<Seen> = there.filter_map(seen).collect();
        let own = all.iter().filter(|own| {
            let mut keys = changed.keys();
            keys.any(|(id, mode)| (id, *mode) == (&own.platform.id, own.mode))
        });
        own.flat_map(|own| {
            let lenders = lenders(own, all.iter().map(|seen| (*seen, ())));
            [
                hash_alone(own),
                hash_lent(own, lenders.into_iter().map(|(seen, ())| seen)),
            ]
        })
        .collect()
    }

    /// The samples of one platform in one mode, by group.
    pub fn samples(&self, id: &PlatformId, mode: Mode) -> impl Iterator<Item = &Sample> {
        let set = self.sets.get(&(id.clone(), mode));
        set.into_iter()
            .flat_map(|set| set.groups().flat_map(|(_, samples)| samples.iter()))
    }

    /// What is in the fits of each platform and mode.
    pub(in crate::timing) fn sets(&self) -> impl Iterator<Item = (&Key, &TrainingSet)> {
        self.sets.iter()
    }

    /// The same, to be weighed.
    pub(in crate::timing) fn sets_mut(&mut self) -> impl Iterator<Item = (&Key, &mut TrainingSet)> {
        self.sets.iter_mut()
    }

    /// What is in the fits of one platform and mode.
    pub(in crate::timing) fn set(&self, key: &Key) -> Option<&TrainingSet> {
        self.sets.get(key)
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
    /// Whether [`Predictors::settled`] would change nothing.
    settled: bool,
}

impl Predictors {
    /// The fits to `timings`; those of a platform that is not among `platforms` are left out.
    ///
    /// Fits of `previous` whose timings have not changed are kept with what was lent to them, and the residuals of the
    /// others stand in for new ones until [`Predictors::settled`] is called.
    #[must_use]
    pub fn fit(
        platforms: Vec<Platform>,
        timings: &Timings,
        previous: &Self,
        data_version: i64,
    ) -> Self {
        let platforms: BTreeMap<_, _> = platforms.into_iter().map(|p| (p.id.clone(), p)).collect();
        let mut fits = BTreeMap::new();
        let mut made = Vec::new();
        for (key, set) in &timings.sets {
            let Some(platform) = platforms.get(&key.0) else {
                continue;
            };
            let earlier = previous.fits.get(key);
            if let Some(same) = earlier.filter(|earlier| earlier.is_of(set, platform)) {
                fits.insert(key.clone(), Arc::clone(same));
                continue;
            }
            let earlier = earlier.map(AsRef::as_ref);
            if let Some(fit) = Predictor::fit(platform.clone(), key.1, set, earlier) {
                fits.insert(key.clone(), Arc::new(fit));
                made.push(key.clone());
            }
        }
        let settled = previous.settled && made.is_empty() && fits.len() == previous.fits.len();
        Self {
            data_version,
            platforms,
            fits: lent(fits, &made, data_version),
            settled,
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
        Self::fit(platforms, &timings, &Self::default(), data_version).settled()
    }

    /// Fits to `rows` that say what nets take and not how sure that is: none is validated, and none borrows.
    #[must_use]
    pub fn plain(platforms: Vec<Platform>, rows: &[Measurement]) -> Self {
        let platforms: BTreeMap<_, _> = platforms.into_iter().map(|p| (p.id.clone(), p)).collect();
        let mut timings = Timings::default();
        timings.add((1..).zip(rows).filter_map(|(id, row)| {
            let devices = platforms.get(&row.platform)?.device_count;
            Some(Timing::new(id, row, devices))
        }));
        let fits = timings.sets.iter().filter_map(|(key, set)| {
            let platform = platforms.get(&key.0)?.clone();
            let fit = Predictor::of_forms(platform, key.1, set, Estimator::Layers.forms())?;
            Some((key.clone(), Arc::new(fit)))
        });
        Self {
            fits: fits.collect(),
            platforms,
            ..Self::default()
        }
    }

    /// The same, every fit with its own residuals, and with what the others lend to it now.
    #[must_use]
    pub fn settled(&self) -> Self {
        let mut fits = self.fits.clone();
        for predictor in fits.values_mut().filter(|fit| fit.is_stale()) {
            *predictor = Arc::new(predictor.validated());
        }
        let seen = || fits.values().map(|fit| (fit.seen(), ()));
        let outdated = fits.iter().filter(|(_, fit)| {
            let own = fit.seen();
            fit.names().in_doubt
                || !fit.names().are_lent(hash_lent(
                    &own,
                    lenders(&own, seen()).into_iter().map(|(s, ())| s),
                ))
        });
        let outdated: Vec<Key> = outdated.map(|(key, _)| key.clone()).collect();
        Self {
            fits: lent(fits, &outdated, self.data_version),
            settled: true,
            ..self.clone()
        }
    }

    /// Whether [`Predictors::settled`] would change nothing.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.settled
    }

    /// The hashes of fits of which it is not known when they were first made, with the version that made them now.
    #[must_use]
    pub fn undated(&self) -> Vec<(u64, i64)> {
        self.fits
            .values()
            .flat_map(|fit| fit.names().undated())
            .collect()
    }

    /// The same, fits dated by `first`: the first version of the data that each hash was made of.
    #[must_use]
    pub fn dated(mut self, first: &BTreeMap<u64, i64>) -> Self {
        for fit in self.fits.values_mut() {
            if fit
                .names()
                .undated()
                .any(|(hash, _)| first.contains_key(&hash))
            {
                let mut dated = fit.as_ref().clone();
                dated.date(first);
                *fit = Arc::new(dated);
            }
        }
        self
    }

    /// The platform's fit called `id`, where it is among these with residuals of its own.
    #[must_use]
    pub fn named(&self, id: &FitId) -> Option<&Arc<Predictor>> {
        let found = self.get(&id.platform, id.mode)?;
        (found.id(id.estimator) == *id && !found.names().is_provisional()).then_some(found)
    }

    /// The names of all.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let fits = self.fits.values();
        let ids = fits.flat_map(|fit| Estimator::ALL.map(|estimator| fit.id(estimator)));
        ids.map(|id| id.to_string()).collect()
    }

    /// The platform's fit called `id` that `timings`, those of `version` of the data, gave; `None` where they give another. Fits among
    /// these to the same timings are not made again.
    #[must_use]
    pub fn past(&self, id: &FitId, timings: &Timings, version: i64) -> Option<Predictor> {
        let sets = timings.sets.iter().filter_map(|(key, set)| {
            let seen = Seen {
                platform: self.platforms.get(&key.0)?,
                mode: key.1,
                tally: set.tally(),
            };
            Some((seen, set))
        });
        let sets: Vec<(Seen, &TrainingSet)> = sets.collect();
        let wanted = |seen: &Seen| (&seen.platform.id, seen.mode) == (&id.platform, id.mode);
        let (own, set) = sets.iter().find(|(seen, _)| wanted(seen))?;
        let lenders = lenders(own, sets.iter().copied());
        let made = |own: &Seen, set: &TrainingSet| {
            let known = self.get(&own.platform.id, own.mode);
            let known = known.filter(|fit| fit.is_of(set, own.platform));
            match known {
                Some(known) => Some(known.validated()),
                None => Predictor::fit(own.platform.clone(), own.mode, set, None)
                    .map(|fit| fit.validated()),
            }
        };
        let mut past = made(own, set)?.made_at(version);
        let lenders: Vec<Predictor> = lenders
            .iter()
            .filter_map(|(seen, set)| made(seen, set))
            .collect();
        past.borrow_from(&lenders.iter().collect::<Vec<_>>());
        past.date(&BTreeMap::from([(id.hash, version)]));
        (past.id(id.estimator) == *id).then(|| past.archived())
    }

    /// The predictor of `id` in `mode`, where it has timings.
    #[must_use]
    pub fn get(&self, id: &PlatformId, mode: Mode) -> Option<&Arc<Predictor>> {
        self.fits.get(&(id.clone(), mode))
    }

    /// All predictors, by platform id and mode.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Predictor>> {
        self.fits.values()
    }

    /// All predictors of `mode`, by platform id.
    pub fn of_mode(&self, mode: Mode) -> impl Iterator<Item = &Arc<Predictor>> {
        self.fits
            .iter()
            .filter(move |((_, m), _)| *m == mode)
            .map(|(_, predictor)| predictor)
    }
}

/// All of `fits`, after those called `takers` have taken over what the others know of groups that they have not timed.
fn lent(
    mut fits: BTreeMap<Key, Arc<Predictor>>,
    takers: &[Key],
    data_version: i64,
) -> BTreeMap<Key, Arc<Predictor>> {
    let all: Vec<&Predictor> = fits.values().map(AsRef::as_ref).collect();
    let lent = takers.iter().filter_map(|key| {
        let mut taker = fits.get(key)?.as_ref().clone().made_at(data_version);
        taker.borrow_from(&all);
        Some((key.clone(), Arc::new(taker)))
    });
    let lent: Vec<_> = lent.collect();
    fits.extend(lent);
    fits
}

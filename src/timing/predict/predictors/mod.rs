//! The predictors that are fitted to the timings of all platforms.

mod kept;
mod settled;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::fit_id::{FitId, Seen, lenders};
use super::predictor::Predictor;
pub use super::timings::{Timing, Timings};
use crate::timing::data::measurement::Measurement;
use crate::timing::data::platform::{Mode, Platform, PlatformId};
use crate::timing::fit::estimator::Estimator;
use crate::timing::fit::training::{Tally, TrainingSet};

/// What a predictor is of.
pub type Key = (PlatformId, Mode);

/// All that a prediction looks at; replaced whole when measurements change.
#[derive(Clone, Debug, Default)]
pub struct Predictors {
    /// Version of the data that the fits have seen.
    pub data_version: i64,
    /// The platforms, by id.
    pub platforms: BTreeMap<PlatformId, Platform>,
    fits: BTreeMap<Key, Arc<Predictor>>,
    /// Timings that are in the fits and hardly believed …
    doubted: BTreeMap<Key, usize>,
    /// … and those that are out of them.
    out: BTreeMap<Key, usize>,
    /// Whether [`Predictors::settled`] would change nothing.
    settled: bool,
}

/// What fits are made as.
#[derive(Debug, Default)]
pub struct Made {
    /// Version of the data that they see.
    pub data_version: i64,
    /// Fits to some of the timings, with residuals of their own, that were made before.
    pub ahead: Vec<Predictor>,
    /// Whose timings have changed: the fits of others stay as they are. `None`: the timings are all that there are.
    pub changed: Option<BTreeSet<Key>>,
}

/// How many timings of a fit are not as the others let expect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// In the fit, and weighing less than half there.
    pub doubted: usize,
    /// Out of it.
    pub out: usize,
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
        let made = Made {
            data_version,
            ..Made::default()
        };
        Self::fit_from(platforms, timings, previous, made)
    }

    /// The same, as `data_version`, where some of the fits were made `ahead`.
    #[must_use]
    pub fn fit_from(
        platforms: Vec<Platform>,
        timings: &Timings,
        previous: &Self,
        Made {
            data_version,
            ahead,
            changed,
        }: Made,
    ) -> Self {
        let platforms: BTreeMap<_, _> = platforms.into_iter().map(|p| (p.id.clone(), p)).collect();
        let (mut fits, mut doubted) = previous.but(changed.as_ref());
        let mut made = Vec::new();
        let is_changed = |key| changed.as_ref().is_none_or(|changed| changed.contains(key));
        for (key, set) in timings.sets().filter(|(key, _)| is_changed(key)) {
            let Some(platform) = platforms.get(&key.0) else {
                continue;
            };
            let earlier = previous.fits.get(key);
            if let Some(same) = earlier.filter(|earlier| earlier.is_of(set, platform)) {
                fits.insert(key.clone(), Arc::clone(same));
                doubted.extend(
                    previous
                        .doubted
                        .get_key_value(key)
                        .map(|(k, n)| (k.clone(), *n)),
                );
                continue;
            }
            doubted.insert(key.clone(), set.doubted());
            let earlier = earlier.map(AsRef::as_ref);
            let ahead = ahead
                .iter()
                .find(|fit| fit.is_of(set, platform) && fit.mode() == key.1);
            let fit = match ahead {
                Some(ahead) => Some(ahead.clone()),
                None => Predictor::fit(platform.clone(), key.1, set, earlier),
            };
            if let Some(fit) = fit {
                fits.insert(key.clone(), Arc::new(fit));
                made.push(key.clone());
            }
        }
        let settled = previous.settled && made.is_empty() && fits.len() == previous.fits.len();
        Self {
            data_version,
            platforms,
            fits: lent(fits, &made, data_version),
            doubted,
            out: BTreeMap::new(),
            settled,
        }
    }

    /// The fits that stay where `changed` change, and how many of their timings are doubted.
    fn but(
        &self,
        changed: Option<&BTreeSet<Key>>,
    ) -> (BTreeMap<Key, Arc<Predictor>>, BTreeMap<Key, usize>) {
        let Some(changed) = changed else {
            return (BTreeMap::new(), BTreeMap::new());
        };
        let (mut fits, mut doubted) = (self.fits.clone(), self.doubted.clone());
        fits.retain(|key, _| !changed.contains(key));
        doubted.retain(|key, _| !changed.contains(key));
        (fits, doubted)
    }

    /// The `platforms`, with no fit yet.
    #[must_use]
    pub fn without_fits(platforms: Vec<Platform>) -> Self {
        Self {
            platforms: platforms.into_iter().map(|p| (p.id.clone(), p)).collect(),
            ..Self::default()
        }
    }

    /// The timings of each fit, counted.
    #[must_use]
    pub fn tallies(&self) -> BTreeMap<Key, Tally> {
        let fits = self.fits.iter();
        fits.map(|(key, fit)| (key.clone(), fit.own().tally))
            .collect()
    }

    /// The same, where so many timings of each platform and mode are `out` of the fits.
    #[must_use]
    pub fn beside(self, out: BTreeMap<(PlatformId, Mode), usize>) -> Self {
        Self { out, ..self }
    }

    /// How many timings of `id` in `mode` are in the fits and hardly believed, and how many are out of them.
    #[must_use]
    pub fn standing(&self, id: &PlatformId, mode: Mode) -> Standing {
        let key = (id.clone(), mode);
        let count = |of: &BTreeMap<Key, usize>| of.get(&key).copied().unwrap_or_default();
        Standing {
            doubted: count(&self.doubted),
            out: count(&self.out),
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
        let fits = timings.sets().filter_map(|(key, set)| {
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

    /// The platform's fit called `id` that `version` of the data gave, when the timings of those that have `changed` since were
    /// `timings`; `None` where they give another. Fits among these to the same timings are not made again.
    #[must_use]
    pub fn past(
        &self,
        id: &FitId,
        timings: &Timings,
        changed: &BTreeSet<Key>,
        version: i64,
    ) -> Option<Predictor> {
        let sets = timings.sets().filter_map(|(key, set)| {
            let seen = Seen {
                platform: self.platforms.get(&key.0)?,
                mode: key.1,
                tally: set.tally(),
            };
            changed.contains(key).then_some((key, (seen, Some(set))))
        });
        let same = self.fits.iter().filter(|(key, _)| !changed.contains(*key));
        let same = same.map(|(key, fit)| (key, (fit.seen(), None)));
        // In the order of their names, which decides among equal lenders.
        let sets: BTreeMap<&Key, (Seen, Option<&TrainingSet>)> = sets.chain(same).collect();
        let sets: Vec<(Seen, Option<&TrainingSet>)> = sets.into_values().collect();
        let wanted = |seen: &Seen| (&seen.platform.id, seen.mode) == (&id.platform, id.mode);
        let (own, set) = sets.iter().find(|(seen, _)| wanted(seen))?;
        let lenders = lenders(own, sets.iter().copied());
        let made = |own: &Seen, set: Option<&TrainingSet>| {
            let known = self.get(&own.platform.id, own.mode);
            let known = known.filter(|fit| set.is_none_or(|set| fit.is_of(set, own.platform)));
            match known {
                Some(known) => Some(known.validated()),
                None => Predictor::fit(own.platform.clone(), own.mode, set?, None)
                    .map(|fit| fit.validated()),
            }
        };
        let mut past = made(own, *set)?.made_at(version);
        let lenders: Vec<Predictor> = lenders
            .iter()
            .filter_map(|(seen, set)| made(seen, *set))
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

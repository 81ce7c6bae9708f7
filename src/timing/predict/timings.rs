//! The timings of all platforms in memory, as a regression sees them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::fit_id::{Seen, hash_alone, hash_lent, lenders};
use crate::net::Group;
use crate::timing::data::measurement::Measurement;
use crate::timing::data::platform::{Mode, Platform, PlatformId};
use crate::timing::fit::training::{More, Sample, Tally, TrainingSet};

/// One platform in one mode.
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

    /// The hashes in the names of the fits that [`Timings::remove`] of `gone` and [`Timings::add`] of `fresh` will change, where
    /// those that stand have the `tallies`: of some the timings may not be here.
    #[must_use]
    pub fn names_after(
        &self,
        platforms: &BTreeMap<PlatformId, Platform>,
        tallies: &BTreeMap<Key, Tally>,
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
        names_of(platforms, tallies, &changed.collect())
    }

    /// The timings of one platform in one mode once those of the measurements `gone` are removed and `come` are added.
    #[must_use]
    pub fn after(
        &self,
        id: &PlatformId,
        mode: Mode,
        gone: &HashSet<i64>,
        come: &[Timing],
    ) -> TrainingSet {
        let mut set = self
            .sets
            .get(&(id.clone(), mode))
            .cloned()
            .unwrap_or_default();
        set.remove(gone);
        let own = come.iter();
        let own = own.filter(|timing| (&timing.platform, timing.mode) == (id, mode));
        set.add(own.map(|timing| (timing.group.clone(), timing.sample)));
        set
    }

    /// The timings of one platform in one mode.
    #[must_use]
    pub fn all_of(&self, key: &Key) -> Option<&TrainingSet> {
        self.sets.get(key)
    }

    /// Number of timings of one platform in one mode.
    #[must_use]
    pub fn count(&self, id: &PlatformId, mode: Mode) -> usize {
        let set = self.sets.get(&(id.clone(), mode));
        set.map_or(0, TrainingSet::len)
    }

    /// Takes the timings of these `keys` out.
    #[must_use]
    pub fn take(&mut self, keys: &BTreeSet<Key>) -> Self {
        let own = keys.iter();
        let own = own.filter_map(|key| self.sets.remove_entry(key));
        Self {
            sets: own.collect(),
        }
    }

    /// The timings of these `keys`.
    #[must_use]
    pub fn only(&self, keys: &BTreeSet<Key>) -> Self {
        let own = self.sets.iter().filter(|(key, _)| keys.contains(*key));
        Self {
            sets: own.map(|(key, set)| (key.clone(), set.clone())).collect(),
        }
    }

    /// Puts all of `other` in.
    pub fn put_all(&mut self, other: Self) {
        self.sets.extend(other.sets);
    }

    /// Puts `set` in the place of the timings of one platform in one mode.
    pub fn put(&mut self, key: Key, set: TrainingSet) {
        if set.is_empty() {
            self.sets.remove(&key);
        } else {
            self.sets.insert(key, set);
        }
    }

    /// Forgets the timings of one platform in one mode.
    pub fn forget(&mut self, key: &Key) {
        self.sets.remove(key);
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

/// The hashes in the names of the fits that have `changed`, beside those that stand.
fn names_of(
    platforms: &BTreeMap<PlatformId, Platform>,
    tallies: &BTreeMap<Key, Tally>,
    changed: &BTreeMap<Key, Tally>,
) -> Vec<u64> {
    let mut tallies = tallies.clone();
    tallies.extend(changed.iter().map(|(key, tally)| (key.clone(), *tally)));
    let seen = |(key, tally): (&Key, &Tally)| {
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

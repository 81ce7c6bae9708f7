//! The timings that are in memory: of the platforms that change all of them, of others none.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::store::{Ruling, Store, StoreError, StoredMeasurement, Which};
use crate::timing::judge::foretold::{Foretold, foretold};
use crate::timing::judge::quarantine::{Judge, Judgement, Made};
use crate::timing::predict::predictors::{Key, Timing, Timings};
use crate::timing::{Platform, PlatformId, Predictor, Predictors};

/// Timings that stay in memory, 128 bytes each, and platforms of which some do; those of the last change stay in any case.
const MOST: usize = 250_000;
const MOST_SETS: usize = 1_000;

/// What of the store is in memory, and which version of it.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// `None` while they are being changed: whoever is interrupted there leaves them to be read back.
    pub(super) version: Option<i64>,
    pub(super) timings: Timings,
    pub(super) judge: Judge,
    /// Whose timings are all here, the one that was used last at the end.
    at_hand: Vec<Key>,
}

/// What a change brings, and what is thought of it.
pub(super) struct Judged {
    pub(super) made: Made,
    pub(super) judgement: Judgement,
    /// How the fits that stand predict what is new of it.
    pub(super) foretold: Vec<Foretold>,
    /// Fits that were made to tell what it does to them.
    pub(super) ahead: Vec<Predictor>,
}

impl Judged {
    /// Of what comes and goes, what leaves the fits …
    pub(super) fn out(&self) -> HashSet<i64> {
        self.made
            .gone
            .union(&self.judgement.left)
            .copied()
            .collect()
    }

    /// … and what enters them, of the timings that come and of those that were out.
    pub(super) fn come(&self, known: &Known) -> Vec<Timing> {
        let doubted = self.judgement.doubted.iter().map(|(id, _)| *id);
        let doubted: HashSet<i64> = doubted.collect();
        let fresh = self.made.fresh.iter();
        let fresh = fresh.filter(|timing| !doubted.contains(&timing.sample.row));
        let mut come = known.judge.timings(&self.judgement.cleared);
        come.extend(fresh.cloned());
        come
    }
}

impl Known {
    /// The hashes of the fits that a change gives, each with the version of the data that made it first: `version` for those
    /// that are new, an earlier one for those that are not written down yet. None where another process has stored something
    /// in between.
    pub(super) fn fits(
        &self,
        predictors: &Predictors,
        platforms: &BTreeMap<PlatformId, Platform>,
        version: i64,
        judged: &Judged,
    ) -> Vec<(u64, i64)> {
        if self.version != Some(version - 1) {
            return Vec::new();
        }
        let (tallies, come) = (predictors.tallies(), judged.come(self));
        let names = self
            .timings
            .names_after(platforms, &tallies, &judged.out(), &come);
        let fresh = names.into_iter().map(|hash| (hash, version));
        predictors.undated().into_iter().chain(fresh).collect()
    }

    /// Reads the timings of `keys`, which are in `predictors` as they stand, where they are not here.
    pub(super) async fn load(
        &mut self,
        store: &Store,
        predictors: &Predictors,
        keys: &BTreeSet<Key>,
    ) -> Result<(), StoreError> {
        for key in keys {
            let here = self.at_hand.iter().position(|own| own == key);
            if let Some(place) = here {
                self.at_hand.remove(place);
            } else if let Some(platform) = predictors.platforms.get(&key.0) {
                // Nothing is left of it that was read in part.
                self.forget(key);
                let fit = predictors.get(&key.0, key.1);
                let which = match fit.and_then(|fit| fit.all_timings()) {
                    Some(all) => {
                        self.timings.put(key.clone(), all);
                        Which::Out
                    }
                    None => Which::All,
                };
                let (timings, judge) = (&mut self.timings, &mut self.judge);
                let devices = |_: &_| Some(platform.device_count);
                let mut take = |rows| put(timings, judge, rows, devices);
                read(store, key, which, &mut take).await?;
            }
            self.at_hand.push(key.clone());
        }
        Ok(())
    }

    /// Reads the timings of `keys`, whatever was made of them before.
    pub(super) async fn load_anew(
        &mut self,
        store: &Store,
        keys: &BTreeSet<Key>,
    ) -> Result<(), StoreError> {
        let platforms = store.platforms().await?;
        self.load(store, &Predictors::without_fits(platforms), keys)
            .await
    }

    /// Reads all timings that there are.
    pub(super) async fn load_all(&mut self, store: &Store) -> Result<(), StoreError> {
        self.clear();
        let platforms = store.platforms().await?.into_iter();
        let devices: HashMap<PlatformId, u32> = platforms.map(|p| (p.id, p.device_count)).collect();
        let (mut keys, mut after) = (BTreeSet::new(), 0);
        loop {
            let rows = store.judged_measurements(after).await?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            let here = rows.iter().map(|row| &row.measurement);
            let here = here.filter(|row| devices.contains_key(&row.platform));
            keys.extend(here.map(|row| (row.platform.clone(), row.mode)));
            let devices = |platform: &PlatformId| devices.get(platform).copied();
            put(&mut self.timings, &mut self.judge, rows, devices);
        }
        self.at_hand = keys.into_iter().collect();
        Ok(())
    }

    /// Forgets all timings.
    pub(super) fn clear(&mut self) {
        (self.timings, self.judge) = (Timings::default(), Judge::default());
        self.at_hand.clear();
    }

    /// Forgets what was not used for longest, where there is much.
    pub(super) fn rest(&mut self) {
        while self.at_hand.len() > 1
            && (self.timings.len() > MOST || self.at_hand.len() > MOST_SETS)
        {
            let key = self.at_hand.remove(0);
            self.forget(&key);
        }
    }

    /// Whether so many `timings` more could stay.
    pub(super) fn has_room_for(&self, timings: usize) -> bool {
        self.timings.len() + timings <= MOST
    }

    /// Takes the `timings` of `key` that were read beside, and are as they were, unless it is here already.
    pub(super) fn take(&mut self, key: Key, timings: Timings, judge: Judge) {
        if self.version.is_some() && !self.at_hand.contains(&key) {
            self.forget(&key);
            self.timings.put_all(timings);
            self.judge.put_all(judge);
            self.at_hand.push(key);
        }
    }

    fn forget(&mut self, key: &Key) {
        self.timings.forget(key);
        self.judge.forget(key);
    }
}

/// Reads the timings of `key`, part by part.
pub(super) async fn read(
    store: &Store,
    key: &Key,
    which: Which,
    take: &mut (dyn FnMut(Vec<StoredMeasurement>) + Send),
) -> Result<(), StoreError> {
    let mut after = 0;
    loop {
        let rows = store.judged_of(key, which, after).await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = last.id;
        take(rows);
    }
}

/// Puts `rows`, of platforms with so many `devices`, into the fits, or out of them.
pub(super) fn put(
    timings: &mut Timings,
    judge: &mut Judge,
    rows: Vec<StoredMeasurement>,
    devices: impl Fn(&PlatformId) -> Option<u32>,
) {
    let (mut inside, mut out) = (Vec::new(), Vec::new());
    for row in rows {
        let Some(devices) = devices(&row.measurement.platform) else {
            continue;
        };
        let timing = timing(&row, devices);
        match row.quarantined {
            None => inside.push(timing),
            Some(reason) => out.push((timing, reason)),
        }
    }
    timings.add(inside);
    judge.put_out(out);
}

/// The timing that a measurement is, as far as a person vouches for it.
pub(super) fn timing(row: &StoredMeasurement, devices: u32) -> Timing {
    let timing = Timing::new(row.id, &row.measurement, devices);
    if row.ruling == Some(Ruling::In) {
        timing.vouched()
    } else {
        timing
    }
}

/// What is thought of what `made` brings and of what is there, and how the fits `by` predict what has ids from the first new
/// one on, in a thread of its own. Whoever is interrupted leaves `known` to be
/// read back.
pub(super) async fn judged(
    known: &mut Known,
    platforms: Arc<BTreeMap<PlatformId, Platform>>,
    made: Made,
    by: Option<(Arc<Predictors>, i64)>,
) -> Result<Judged, StoreError> {
    let version = known.version.take();
    let timings = std::mem::take(&mut known.timings);
    let judge = std::mem::take(&mut known.judge);
    let work = move || {
        let judgement = judge.judge(&platforms, &timings, &made);
        let foretold = by.map_or_else(Vec::new, |(predictors, first)| {
            let fresh = made.fresh.iter();
            foretold(
                &predictors,
                fresh.filter(|timing| timing.sample.row >= first),
            )
        });
        let judged = Judged {
            made,
            judgement,
            foretold,
            ahead: Vec::new(),
        };
        (timings, judge, judged)
    };
    let (timings, judge, judged) = tokio::task::spawn_blocking(work)
        .await
        .map_err(|e| failed(&e))?;
    (known.version, known.timings, known.judge) = (version, timings, judge);
    Ok(judged)
}

/// Work on the measurements that did not come to its end.
pub(super) fn failed(error: &tokio::task::JoinError) -> StoreError {
    StoreError::Corrupt {
        table: "measurements",
        column: "",
        key: String::new(),
        cause: error.to_string(),
    }
}

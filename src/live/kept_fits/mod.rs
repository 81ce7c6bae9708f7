//! Fits that are kept in the store, so that a start reads what it needs and makes none anew.
//!
//! All of it may be missing, older than the data, or damaged: it is believed where its digest is right and nothing of its
//! platform has changed since, and made again of the timings otherwise.

mod source;
pub(super) mod state;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Live;
use super::timings::{Known, failed, put, read};
use crate::store::{Keep, KeptAt, KeptHead, StoreError, Which};
use crate::timing::Predictors;
use crate::timing::judge::quarantine::Judge;
use crate::timing::predict::own::{Head, Own};
use crate::timing::predict::predictors::{Key, Made, Timings};
use source::{opened, sealed};

/// Timings whose fits stay in memory, those that were asked for lately aside: about half a kilobyte each.
const MOST: usize = 60_000;

impl Live {
    /// Reads back what the first question and the first upload after a start would wait for: fits, and the timings of platforms
    /// that have many, as far as they may stay in memory.
    ///
    /// # Errors
    /// Where the store does not answer: then those who need them read them.
    pub async fn warm(&self) -> Result<(), StoreError> {
        let predictors = self.predictors();
        let many = predictors.with_more_than_at_hand();
        let fits = tokio::task::spawn_blocking(move || predictors.warm(MOST));
        fits.await.map_err(|e| failed(&e))?;
        for key in many {
            self.read_beside(key).await?;
        }
        Ok(())
    }

    /// Reads the timings of `key` while changes go on, and takes them where none of its own has come between.
    async fn read_beside(&self, key: Key) -> Result<(), StoreError> {
        let predictors = self.predictors();
        let Some(fit) = predictors.get(&key.0, key.1) else {
            return Ok(());
        };
        if !self.known.lock().await.has_room_for(fit.measurements()) {
            return Ok(());
        }
        let devices = fit.platform().device_count;
        let (mut timings, mut judge) = (Timings::default(), Judge::default());
        let mut take = |rows| put(&mut timings, &mut judge, rows, |_| Some(devices));
        read(&self.store, &key, Which::All, &mut take).await?;
        let mut known = self.known.lock().await;
        // Versions of other data, such as those of a backup, say nothing of what was read.
        let lineage = self.keeping.lineage();
        let same_data = lineage.is_some() && self.store.kept_lineage().await? == lineage;
        let changed = self.store.changed_since(predictors.data_version).await?;
        if same_data && !changed.contains(&key) {
            known.take(key, timings, judge);
        }
        Ok(())
    }

    /// Reads what the store holds now, and fits what has changed.
    pub(super) async fn reload(&self, known: &mut Known) -> Result<(), StoreError> {
        // The version first: rows stored in between are fitted now and once more.
        let version = self.store.data_version().await?;
        known.version = None;
        known.clear();
        let (previous, changed) = self.standing().await?;
        match &changed {
            Some(changed) => known.load_anew(&self.store, changed).await?,
            None => known.load_all(&self.store).await?,
        }
        let made = Made {
            data_version: version,
            changed,
            ..Made::default()
        };
        let predictors = self.refit(known, made, previous).await?.lent_anew();
        known.rest();
        let undated = predictors.undated().into_iter();
        let hashes: Vec<u64> = undated.map(|(hash, _)| hash).collect();
        let first = self.store.fit_versions(&hashes).await?;
        self.predictors.store(Arc::new(predictors.dated(&first)));
        known.version = Some(version);
        Ok(())
    }

    /// Fits that were right at a version of the data, in memory or kept, and whose timings have changed since; nothing where no
    /// such are known.
    async fn standing(&self) -> Result<(Arc<Predictors>, Option<BTreeSet<Key>>), StoreError> {
        let current = self.predictors();
        let lineage = self.keeping.lineage();
        if lineage.is_some() && self.store.kept_lineage().await? == lineage {
            let changed = self.store.changed_since(current.data_version).await?;
            return Ok((current, Some(changed)));
        }
        self.keeping.set(None);
        let Some((at, kept)) = self.store.kept().await? else {
            return Ok((Arc::default(), None));
        };
        let platforms = self.store.platforms().await?;
        let mut changed = self.store.changed_since(at.version).await?;
        let mut heads = BTreeMap::new();
        for KeptHead { key, hash, head } in kept {
            let head = opened(&key, hash, &head).and_then(Head::read);
            match head.filter(|_| !changed.contains(&key)) {
                Some(head) => drop(heads.insert(key, head)),
                None => drop(changed.insert(key)),
            }
        }
        let kept = Predictors::kept(platforms, &heads, &self.keeping.source);
        self.keeping.set(Some(at));
        Ok((Arc::new(kept), Some(changed)))
    }

    /// New fits of what has changed, as `made` says, beside those of `previous`.
    pub(super) async fn refit(
        &self,
        known: &mut Known,
        made: Made,
        previous: Arc<Predictors>,
    ) -> Result<Predictors, StoreError> {
        let platforms = self.store.platforms().await?;
        let out = self.store.out().await?;
        let mut timings = std::mem::take(&mut known.timings);
        let mut judge = std::mem::take(&mut known.judge);
        let fit = move || {
            let by_id = platforms.iter().map(|own| (own.id.clone(), own.clone()));
            let by_id = by_id.collect();
            let mut part = match &made.changed {
                Some(changed) => timings.take(changed),
                None => std::mem::take(&mut timings),
            };
            judge.weigh(&by_id, &mut part);
            let predictors = Predictors::fit_from(platforms, &part, &previous, made).beside(out);
            timings.put_all(part);
            (predictors, timings, judge)
        };
        let fitted = tokio::task::spawn_blocking(fit).await;
        let (predictors, timings, judge) = fitted.map_err(|e| failed(&e))?;
        (known.timings, known.judge) = (timings, judge);
        self.tally.refits.fetch_add(1, Ordering::Relaxed);
        Ok(predictors)
    }

    /// Keeps fits that have stood for a while, and puts away what nobody asks for.
    pub(super) async fn tidy(&self) {
        if self.keeping.is_due(self.predictors().data_version)
            && let Err(error) = self.keep().await
        {
            tracing::debug!(%error, "fits cannot be kept: the next start makes them again");
        }
        if self.keeping.rests() {
            self.rest(MOST);
        }
    }

    /// Puts away the fits that can be read back and that nobody has asked for since this was done last, where those in memory
    /// have more than `most` timings.
    pub fn rest(&self, most: usize) {
        let current = self.predictors();
        if let Some(rested) = current.rested(most) {
            self.predictors.compare_and_swap(&current, Arc::new(rested));
        }
    }

    /// Keeps the fits as they are, where they are settled and the store can be written.
    ///
    /// # Errors
    /// Where the store does not answer or the disk is full: then a next start takes longer, and is as right.
    pub async fn keep(&self) -> Result<(), StoreError> {
        let current = self.predictors();
        let version = current.data_version;
        let fresh = current.to_keep();
        let is_kept = self.keeping.version.load(Ordering::Relaxed) >= version;
        if (is_kept && fresh.is_empty()) || !current.is_settled() || self.store.is_read_only() {
            return Ok(());
        }
        self.keeping.looks.store(0, Ordering::Relaxed);
        let lineage = self.keeping.lineage();
        let Some(lineage) = self.store.begin_to_keep(lineage, version).await? else {
            return Ok(());
        };
        self.keeping.set(Some(KeptAt {
            version: self.keeping.version.load(Ordering::Relaxed),
            lineage,
        }));
        for (key, head, own) in fresh {
            let own_key = key.clone();
            let written = tokio::task::spawn_blocking(move || written(&own_key, &head, &own));
            let Some((own, head, body)) = written.await.map_err(|e| failed(&e))? else {
                return Ok(());
            };
            let fit = Keep {
                key: &key,
                hash: own.hash(),
                head: &head,
                body: &body,
            };
            if !self.store.keep_fit(lineage, version, &fit).await? {
                return Ok(());
            }
            own.is_kept(&self.keeping.source);
        }
        let keys: BTreeSet<Key> = current.tallies().into_keys().collect();
        if self.store.all_kept(lineage, version, &keys).await? {
            self.keeping.version.store(version, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// `own` with its head and the rest as they are stored.
fn written(key: &Key, head: &Head, own: &Arc<Own>) -> Option<(Arc<Own>, Vec<u8>, Vec<u8>)> {
    let hash = own.hash();
    let head = sealed(key, hash, head.written()?);
    let body = sealed(key, hash, own.written()?);
    Some((Arc::clone(own), head, body))
}

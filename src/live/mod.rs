//! The store, and the fits that follow it.
//!
//! Predictions read the fits in memory and never wait; when the measurements change, in this process or in another, new
//! fits are made beside them and swapped in whole. Which version of the data gave which fit is kept, so that any of them
//! can be made again.

mod calibration;
mod changing;
pub mod clock;
mod evaluation;
mod export;
mod impact;
mod kept_fits;
mod keyed;
mod old_fits;
mod quantities;
mod receive;
mod rejected;
mod stored;
mod tally;
mod timings;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::store::{Committed, Store, StoreError, Writing};
use kept_fits::state::Keeping;
use keyed::{Ended, Ending, Running};
use old_fits::cache::Pins;
use stored::{Stored, TOLD};
use timings::{Judged, Known, failed, judged};

use crate::timing::Predictors;
use crate::timing::judge::impact::Impact;
use crate::timing::judge::quarantine::Made;
use crate::timing::predict::predictors::{self, Key, Timing};

pub use calibration::Calibrated;
pub use evaluation::Evaluation;
pub use export::{Export, ExportFormat, RejectedExport};
pub use keyed::{Answered, Keyed};
pub use old_fits::PinError;
pub use quantities::Quantity;
pub use receive::{Body, OnError, ReceiveError, Upload};
pub use rejected::MOST_REJECTIONS;
pub use stored::{Receipt, Rejudged, RowError};
pub use tally::Tally;

/// The store with the fits to what it holds.
#[derive(Debug)]
pub struct Live {
    store: Store,
    predictors: ArcSwap<Predictors>,
    known: Mutex<Known>,
    evaluation: Mutex<Option<Arc<Evaluation>>>,
    calibrated: Mutex<Option<Arc<Calibrated>>>,
    lately: Mutex<Option<Arc<Calibrated>>>,
    tally: Tally,
    pins: Pins,
    running: Running,
    keeping: Keeping,
    /// Who settles the fits does so alone.
    settling: Mutex<()>,
}

/// How often to look whether another process has stored something, and whether residuals are due.
const LOOK: Duration = Duration::from_millis(100);

impl Live {
    /// Fits what `store` holds.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn open(store: Store) -> Result<Self, StoreError> {
        let (predictors, known) = (ArcSwap::default(), Mutex::default());
        let live = Self {
            keeping: Keeping::new(&store),
            store,
            predictors,
            known,
            evaluation: Mutex::default(),
            calibrated: Mutex::default(),
            lately: Mutex::default(),
            tally: Tally::default(),
            pins: Pins::default(),
            running: Running::default(),
            settling: Mutex::default(),
        };
        live.reload(&mut *live.known.lock().await).await?;
        if let Err(error) = live.keep_names().await {
            tracing::warn!(%error, "the names of the fits cannot be kept yet");
        }
        Ok(live)
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What happened since the start.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The fits as they are now.
    #[must_use]
    pub fn predictors(&self) -> Arc<Predictors> {
        self.predictors.load_full()
    }

    /// The version of the data that the fits have seen.
    #[must_use]
    pub fn data_version(&self) -> i64 {
        self.predictors.load().data_version
    }

    /// Whether the fits have seen `version` of the data, for which they may take as long as `patience`; then they are settled,
    /// as those of another process are that has seen the same.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn sees(&self, version: i64, patience: Duration) -> Result<bool, StoreError> {
        let late = Instant::now() + patience;
        while self.data_version() < version {
            if Instant::now() > late {
                return Ok(false);
            }
            self.refresh().await?;
            if self.data_version() < version {
                tokio::time::sleep(LOOK / 4).await;
            }
        }
        if !self.predictors().is_settled() {
            self.settle().await?;
        }
        Ok(true)
    }

    /// Makes sure that the fits have seen all that is stored.
    ///
    /// # Errors
    /// Where the store cannot be read; the fits then stay as they are.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let mut known = self.known.lock().await;
        self.catch_up(&mut known).await
    }

    /// Judges `writing`, of which `fresh` are the timings that nobody holds out, and makes it visible with what is believed of
    /// them in the fits, unless it is a `dry_run`. The fits are held meanwhile, or a look for what others have stored would
    /// find it in between and read everything back.
    async fn commit(
        &self,
        mut writing: Writing,
        fresh: Vec<Timing>,
        ending: Ending<'_>,
    ) -> Result<Ended, StoreError> {
        let mut known = self.known.lock().await;
        self.catch_up(&mut known).await?;
        let predictors = self.predictors();
        let mut platforms = predictors.platforms.clone();
        let defined = writing.defined().iter();
        platforms.extend(defined.map(|platform| (platform.id.clone(), platform.clone())));
        let platforms = Arc::new(platforms);
        let released: HashSet<i64> = writing.released().await?.into_iter().collect();
        let vouched = |timing: Timing| {
            if released.contains(&timing.sample.row) {
                timing.vouched()
            } else {
                timing
            }
        };
        let fresh: Vec<Timing> = fresh.into_iter().map(vouched).collect();
        let keys = keys(&fresh);
        known.load(&self.store, &predictors, &keys).await?;
        let made = Made {
            gone: HashSet::new(),
            fresh,
        };
        let first = Some((Arc::clone(&predictors), writing.first_row()));
        let mut judged = judged(&mut known, Arc::clone(&platforms), made, first).await?;
        writing.judge(&judged.judgement).await?;
        let mut stored = Stored {
            id: None,
            counts: writing.counts(),
            doubted: writing.doubted(&judged.judgement, TOLD).await?,
            rejudged: Rejudged::of(&judged.judgement),
            units: judged.judgement.units.clone(),
            impact: Impact::default(),
        };
        (stored.impact, judged.ahead) = known.impact(&mut writing, &predictors, &judged).await?;
        if ending.dry_run {
            writing.roll_back().await?;
            return Ok(Ended::Stored(stored));
        }
        writing.foretell(&judged.foretold).await?;
        stored.id = Some(writing.id());
        if let Some(keyed) = ending.keyed {
            let answer = (keyed.answer)(&stored.receipt(ending.told));
            if let Some(first) = writing.once(&keyed.once, &answer).await? {
                writing.roll_back().await?;
                return Ok(Ended::Before(first));
            }
        }
        let fits = |version| known.fits(&predictors, &platforms, version, &judged);
        let (_, committed) = writing.commit(fits).await?;
        self.follow_change(&mut known, committed, judged, keys)
            .await;
        Ok(Ended::Stored(stored))
    }

    /// Makes sure that what is judged is what is stored, while nobody else can write.
    async fn catch_up(&self, known: &mut Known) -> Result<(), StoreError> {
        if known.version == Some(self.store.data_version().await?) {
            return Ok(());
        }
        self.reload(known).await
    }

    /// Makes a change in memory that is stored. Where that fails it is stored nevertheless, and whoever sent it must not be
    /// told to send it again: the fits follow as soon as the store can be read.
    async fn follow_change(
        &self,
        known: &mut Known,
        committed: Committed,
        judged: Judged,
        keys: BTreeSet<Key>,
    ) {
        if let Err(error) = self.change(known, committed, judged, keys).await {
            tracing::error!(%error, "a change is stored, and the fits have not seen it yet");
        }
    }

    /// Makes a change of this process, as it is stored, in memory too, and fits anew; everything is read back where
    /// another process has stored something in between.
    async fn change(
        &self,
        known: &mut Known,
        Committed { version, first }: Committed,
        judged: Judged,
        keys: BTreeSet<Key>,
    ) -> Result<(), StoreError> {
        if known.version != Some(version - 1) {
            return self.reload(known).await;
        }
        known.version = None;
        let Judged {
            made,
            judgement,
            ahead,
            ..
        } = judged;
        known.judge.make(judgement, &mut known.timings, made);
        let change = predictors::Made {
            data_version: version,
            ahead,
            changed: Some(keys),
        };
        let predictors = self.refit(known, change, self.predictors()).await?;
        known.rest();
        self.predictors.store(Arc::new(predictors.dated(&first)));
        known.version = Some(version);
        Ok(())
    }

    /// Follows what other processes store, and settles the fits, for ever.
    pub async fn follow(&self) {
        if let Err(error) = self.warm().await {
            tracing::debug!(%error, "fits cannot be read back yet: the first who asks reads them");
        }
        loop {
            tokio::time::sleep(LOOK).await;
            self.tidy().await;
            if let Err(error) = self.refresh().await {
                tracing::error!(%error, "the store cannot be read: the fits stay as they are");
            }
            if let Err(error) = self.settle().await {
                tracing::error!(%error, "the names of new fits cannot be kept yet");
            }
        }
    }

    /// Gives fits that were made in a hurry the residuals of their own left-out nets, lends anew where lenders have
    /// changed, and keeps which version of the data gave the fits that came of it.
    ///
    /// # Errors
    /// Where the store does not answer: the fits are as good, but their names may be lost.
    pub async fn settle(&self) -> Result<(), StoreError> {
        let _alone = self.settling.lock().await;
        let current = self.predictors();
        if !current.is_settled() {
            let hasty = Arc::clone(&current);
            let settled = tokio::task::spawn_blocking(move || hasty.settled());
            let settled = settled.await.map_err(|e| failed(&e))?;
            // Newer fits are settled in their turn.
            self.predictors
                .compare_and_swap(&current, Arc::new(settled));
        }
        self.keep_names().await
    }

    /// Keeps which version of the data gave the present fits, where that is not known yet.
    async fn keep_names(&self) -> Result<(), StoreError> {
        let current = self.predictors();
        let undated = current.undated();
        let hashes: Vec<u64> = undated.iter().map(|(hash, _)| *hash).collect();
        if hashes.is_empty() || self.store.is_read_only() {
            return Ok(());
        }
        let mut first = self.store.fit_versions(&hashes).await?;
        let new = undated.into_iter();
        let new: Vec<_> = new.filter(|(hash, _)| !first.contains_key(hash)).collect();
        if !new.is_empty() {
            first.extend(self.store.keep_fits(&new).await?);
        }
        let dated = Predictors::clone(&current).dated(&first);
        self.predictors.compare_and_swap(&current, Arc::new(dated));
        Ok(())
    }
}

/// Whose `timings` these are.
fn keys(timings: &[Timing]) -> BTreeSet<Key> {
    let keys = timings.iter();
    keys.map(|timing| (timing.platform.clone(), timing.mode))
        .collect()
}

//! The fits of one platform and mode to its own timings, in memory or to be read back.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use super::head::Head;
use super::parts::{Parts, SHARED};
use crate::timing::data::platform::{Mode, Platform, PlatformId};
use crate::timing::fit::estimator::Form;
use crate::timing::fit::training::{Tally, TrainingSet};
use crate::timing::predict::fit::Fit;
use crate::timing::predict::fit_id::{Seen, hash_alone};

/// Where fits are read back from that were made before.
pub trait Source: Debug + Send + Sync {
    /// What was kept of `own`, as [`Own::written`] gave it; `None` where it is not there any more, or was changed.
    fn kept(&self, own: &Own) -> Option<Vec<u8>>;

    /// The timings of `own`, weighed, where nothing of it was kept that can be read.
    fn timings(&self, own: &Own) -> Option<TrainingSet>;
}

/// The fits of one platform and mode to its own timings.
#[derive(Debug)]
pub struct Own {
    /// Where the timings are from.
    pub platform: Platform,
    /// What was timed.
    pub mode: Mode,
    /// The timings, counted.
    pub tally: Tally,
    /// The errors of nets left out, by form: a list of platforms shows them.
    errors: Vec<(Form, Option<f64>)>,
    parts: OnceLock<Parts>,
    source: OnceLock<Arc<dyn Source>>,
    /// Whether somebody has asked since [`Own::rests`] was.
    asked: AtomicBool,
    /// Whether what was kept could not be read.
    damaged: AtomicBool,
}

impl Own {
    /// Those that are `parts`.
    pub(in crate::timing::predict) fn new(
        platform: Platform,
        mode: Mode,
        tally: Tally,
        parts: Parts,
    ) -> Self {
        Self {
            platform,
            mode,
            tally,
            errors: parts.errors(),
            parts: OnceLock::from(parts),
            source: OnceLock::new(),
            asked: AtomicBool::new(true),
            damaged: AtomicBool::new(false),
        }
    }

    /// The same, of which the parts are what `make` makes of these.
    pub(in crate::timing::predict) fn remade(&self, make: impl FnOnce(&Parts) -> Parts) -> Self {
        let parts = make(self.parts());
        Self::new(self.platform.clone(), self.mode, self.tally, parts)
    }

    /// Those of `platform` of which `head` was kept, to be read from `source`.
    pub(in crate::timing::predict) fn of_head(
        platform: Platform,
        mode: Mode,
        head: &Head,
        source: Arc<dyn Source>,
    ) -> Self {
        Self {
            platform,
            mode,
            tally: head.tally,
            errors: head.errors.clone(),
            parts: OnceLock::new(),
            source: OnceLock::from(source),
            asked: AtomicBool::new(false),
            damaged: AtomicBool::new(false),
        }
    }

    /// The fits, read back where they are not in memory.
    ///
    /// # Panics
    /// Where they can neither be read nor made again: no answer is better than a wrong one.
    pub(in crate::timing::predict) fn parts(&self) -> &Parts {
        self.asked.store(true, Ordering::Relaxed);
        self.parts.get_or_init(|| {
            let read = self.source.get().and_then(|source| {
                let kept = source.kept(self).and_then(|bytes| Parts::read(&bytes));
                self.damaged.store(kept.is_none(), Ordering::Relaxed);
                kept.or_else(|| self.made_again(&source.timings(self)?))
            });
            match read {
                Some(parts) => parts,
                None => panic!("the fits of {} cannot be read back", self.platform.id),
            }
        })
    }

    /// The fits made of `set` once more, where those are the timings that they were made of.
    fn made_again(&self, set: &TrainingSet) -> Option<Parts> {
        let fits = || Parts::of(set, &Form::ALL).map(|parts| parts.validated());
        (set.tally() == self.tally).then(fits).flatten()
    }

    /// The fits, where they are in memory.
    fn at_hand(&self) -> Option<&Parts> {
        self.parts.get()
    }

    /// Their platform and mode.
    #[must_use]
    pub fn key(&self) -> (PlatformId, Mode) {
        (self.platform.id.clone(), self.mode)
    }

    /// What these fits have seen.
    pub(in crate::timing) fn seen(&self) -> Seen<'_> {
        Seen {
            platform: &self.platform,
            mode: self.mode,
            tally: self.tally,
        }
    }

    /// The hash of that.
    #[must_use]
    pub fn hash(&self) -> u64 {
        hash_alone(&self.seen())
    }

    /// Whether the fits are in memory.
    #[must_use]
    pub fn is_at_hand(&self) -> bool {
        self.at_hand().is_some()
    }

    /// Whether residuals are those of an earlier fit, or only expected.
    pub(in crate::timing::predict) fn is_stale(&self) -> bool {
        let stale = |parts: &Parts| parts.fits.iter().any(|fit| fit.stale);
        self.at_hand().is_some_and(stale)
    }

    /// The error of nets that `form` was not shown.
    pub(in crate::timing::predict) fn error(&self, form: Form) -> Option<f64> {
        let found = self.errors.iter().find(|(own, _)| *own == form);
        found.and_then(|(_, error)| *error)
    }

    /// What `form` has fitted.
    pub(in crate::timing::predict) fn fit_of(&self, form: Form) -> Option<&Fit> {
        self.parts().fit_of(form)
    }

    /// What lists show of them, where so many of their timings are `doubted`.
    pub(in crate::timing::predict) fn head(&self, doubted: usize) -> Head {
        Head {
            tally: self.tally,
            doubted,
            errors: self.errors.clone(),
        }
    }

    /// Whether they are to be kept: residuals are their own, and they cannot be read back yet.
    pub(in crate::timing::predict) fn is_fresh(&self) -> bool {
        self.is_at_hand() && !self.is_stale() && !self.is_elsewhere()
    }

    /// They as they are kept; `None` where they are not in memory.
    #[must_use]
    pub fn written(&self) -> Option<Vec<u8>> {
        self.at_hand()?.written()
    }

    /// About how many timings are in memory with them.
    pub(in crate::timing::predict) fn weight(&self) -> usize {
        self.tally.timings.min(SHARED)
    }

    /// All timings, weighed, where those at hand are all.
    #[must_use]
    pub fn all_timings(&self) -> Option<TrainingSet> {
        let all = self.tally.timings <= SHARED;
        all.then(|| self.parts().sample.clone())
    }

    /// Notes that they can be read back from `source` from now on.
    pub fn is_kept(&self, source: &Arc<dyn Source>) {
        // Where that was noted before, it is the same.
        let _ = self.source.set(Arc::clone(source));
        self.damaged.store(false, Ordering::Relaxed);
    }

    /// Whether they can be read back.
    fn is_elsewhere(&self) -> bool {
        self.source.get().is_some() && !self.damaged.load(Ordering::Relaxed)
    }

    /// Whether they can be read back, and nobody has asked since this was called before.
    pub(in crate::timing::predict) fn rests(&self) -> bool {
        let asked = self.asked.swap(false, Ordering::Relaxed);
        !asked && self.is_at_hand() && self.is_elsewhere()
    }

    /// The same, to be read back.
    pub(in crate::timing::predict) fn put_away(&self) -> Self {
        Self {
            platform: self.platform.clone(),
            errors: self.errors.clone(),
            parts: OnceLock::new(),
            source: self.source.clone(),
            asked: AtomicBool::new(false),
            damaged: AtomicBool::new(false),
            ..*self
        }
    }
}

/// Fits that others stand for, by where they are in memory.
#[derive(Debug, Default)]
pub(in crate::timing::predict) struct Replaced(BTreeMap<usize, Arc<Own>>);

impl Replaced {
    /// Lets `new` stand for `old`.
    pub(in crate::timing::predict) fn put(&mut self, old: &Arc<Own>, new: Own) {
        self.0.insert(place(old), Arc::new(new));
    }

    /// What stands for `old`, where something does.
    pub(in crate::timing::predict) fn instead(&self, old: &Arc<Own>) -> Option<Arc<Own>> {
        self.0.get(&place(old)).cloned()
    }

    /// Whether nothing is replaced.
    pub(in crate::timing::predict) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Where it is in memory.
fn place(own: &Arc<Own>) -> usize {
    Arc::as_ptr(own).addr()
}

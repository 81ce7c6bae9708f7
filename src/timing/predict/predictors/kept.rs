//! Which fits are in memory: those that were kept are read back once somebody asks, and put away when nobody does.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Key, Predictors};
use crate::timing::data::platform::Platform;
use crate::timing::predict::own::{Head, Own, Replaced, Source};
use crate::timing::predict::predictor::Predictor;

impl Predictors {
    /// Fits of `platforms` that were made before and of which these `heads` were kept; the rest of each is read from `source` once
    /// somebody asks. Nobody lends to them yet ([`Predictors::lent_anew`]).
    #[must_use]
    pub fn kept(
        platforms: Vec<Platform>,
        heads: &BTreeMap<Key, Head>,
        source: &Arc<dyn Source>,
    ) -> Self {
        let Self { platforms, .. } = Self::without_fits(platforms);
        let fits = heads.iter().filter_map(|(key, head)| {
            let platform = platforms.get(&key.0)?.clone();
            let own = Own::of_head(platform, key.1, head, Arc::clone(source));
            Some((key.clone(), Arc::new(Predictor::alone(own))))
        });
        let doubted = heads.iter().map(|(key, head)| (key.clone(), head.doubted));
        Self {
            fits: fits.collect(),
            doubted: doubted.collect(),
            platforms,
            settled: true,
            ..Self::default()
        }
    }

    /// What of these fits was not kept yet, with its head.
    #[must_use]
    pub fn to_keep(&self) -> Vec<(Key, Head, Arc<Own>)> {
        let fits = self.fits.iter().filter(|(_, fit)| fit.own().is_fresh());
        let with_head = |(key, fit): (&Key, &Arc<Predictor>)| {
            let doubted = self.doubted.get(key).copied().unwrap_or_default();
            let own = Arc::clone(fit.own());
            (key.clone(), own.head(doubted), own)
        };
        fits.map(with_head).collect()
    }

    /// Reads back the fits of most timings, with what is lent to them, as long as they have `most` together.
    pub fn warm(&self, most: usize) {
        let mut fits: Vec<_> = self.fits.values().collect();
        fits.sort_by_key(|fit| Reverse(fit.measurements()));
        let mut left = most;
        for fit in fits {
            let weight = fit.own().weight();
            if weight <= left {
                left -= weight;
                fit.own().parts();
                fit.warm();
            }
        }
    }

    /// Those whose timings are not all beside their fits, so that a change reads them from the store.
    #[must_use]
    pub fn with_more_than_at_hand(&self) -> Vec<Key> {
        let many = |fit: &Predictor| fit.measurements() > fit.own().weight();
        let fits = self.fits.iter();
        fits.filter(|(_, fit)| many(fit))
            .map(|(key, _)| key.clone())
            .collect()
    }

    /// The same, where fits to more than `most` timings are in memory: without those that nobody has asked for since the last
    /// call. `None` where all stay.
    #[must_use]
    pub fn rested(&self, most: usize) -> Option<Self> {
        let at_hand = self.fits.values().filter(|fit| fit.own().is_at_hand());
        let timings: usize = at_hand.map(|fit| fit.own().weight()).sum();
        let mut replaced = Replaced::default();
        for own in self.fits.values().map(|fit| fit.own()) {
            if own.rests() && timings > most {
                replaced.put(own, own.put_away());
            }
        }
        if replaced.is_empty() {
            return None;
        }
        let mut rested = self.clone();
        for fit in rested.fits.values_mut() {
            if let Some(new) = fit.with(&replaced) {
                *fit = Arc::new(new);
            }
        }
        Some(rested)
    }

    /// How many of the fits are in memory: the others are read back once somebody asks.
    #[must_use]
    pub fn in_memory(&self) -> usize {
        let at_hand = self.fits.values().filter(|fit| fit.own().is_at_hand());
        at_hand.count()
    }
}

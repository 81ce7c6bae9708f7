//! What fits lack when they are new, and get later: residuals of their own, what others lend to them, and their dates.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Key, Predictors, lent};
use crate::timing::predict::fit_id::{hash_lent, lenders};

impl Predictors {
    /// The same, with what all lend to each other now.
    #[must_use]
    pub fn lent_anew(mut self) -> Self {
        let all: Vec<Key> = self.fits.keys().cloned().collect();
        self.fits = lent(self.fits, &all, self.data_version);
        self
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
        let fits = lent(fits, &outdated, self.data_version);
        for fit in outdated.iter().filter_map(|key| fits.get(key)) {
            fit.warm();
        }
        Self {
            fits,
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
}

//! The hashes by which a predictor's fits are called, and the version of the data that each was first made of.

use std::collections::BTreeMap;

use crate::timing::fit::estimator::Estimator;

/// The names of a predictor's fits.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    /// Of fits that take nothing over.
    alone: Name,
    /// Of those that may.
    lent: Name,
    /// Version of the data that they were made of.
    pub(super) made_at: i64,
    /// Whether residuals of an earlier fit stand in for those of its own or of a lender's.
    pub(super) in_doubt: bool,
}

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(in crate::timing) struct Name {
    pub(in crate::timing) hash: u64,
    /// The first version of the data that gave such a fit, where that was looked up.
    first: Option<i64>,
}

impl Names {
    /// Of fits that nothing was lent to.
    pub(in crate::timing) fn alone(hash: u64) -> Self {
        let name = Name { hash, first: None };
        Self {
            alone: name,
            lent: name,
            made_at: 0,
            in_doubt: false,
        }
    }

    /// What was lent makes the name `hash`.
    pub(super) fn lent(&mut self, hash: u64, in_doubt: bool) {
        let first = self.lent.first.filter(|_| hash == self.lent.hash);
        self.lent = Name { hash, first };
        self.in_doubt = in_doubt;
    }

    /// Whether what was lent makes the name `hash`.
    pub(super) fn are_lent(&self, hash: u64) -> bool {
        self.lent.hash == hash
    }

    pub(in crate::timing) fn of(&self, estimator: Estimator) -> Name {
        if estimator.borrows() {
            self.lent
        } else {
            self.alone
        }
    }

    /// The first version of the data of which `estimator` made such a fit.
    #[must_use]
    pub fn data_version(&self, estimator: Estimator) -> i64 {
        self.of(estimator).first.unwrap_or(self.made_at)
    }

    /// Whether the intervals of `estimator` still stand on residuals of an earlier fit.
    #[must_use]
    pub fn is_provisional(&self) -> bool {
        self.in_doubt
    }

    /// The hashes that are not dated yet, with the version that made them.
    pub fn undated(&self) -> impl Iterator<Item = (u64, i64)> + use<> {
        let made_at = self.made_at;
        let undated = [self.alone, self.lent]
            .into_iter()
            .filter(|name| name.first.is_none());
        undated.map(move |name| (name.hash, made_at))
    }

    pub(in crate::timing) fn date(&mut self, first: &BTreeMap<u64, i64>) {
        for name in [&mut self.alone, &mut self.lent] {
            name.first = first.get(&name.hash).copied().or(name.first);
        }
    }
}

//! Who may lend to the fits of a platform, and what they do.

use std::sync::{Arc, OnceLock};

use super::made::{Own, Replaced};
use crate::timing::fit::estimator::Form;
use crate::timing::fit::training::Rows;
use crate::timing::predict::fit::{Fit, Lent};

/// Those that may lend, and what they do, by the place of the fit: found out when it is asked for.
#[derive(Clone, Debug, Default)]
pub(in crate::timing::predict) struct Lenders {
    all: Vec<Arc<Own>>,
    lent: Arc<OnceLock<Vec<Lent>>>,
}

impl Lenders {
    /// Those that are `all`, best first.
    pub(in crate::timing::predict) fn new(all: Vec<Arc<Own>>) -> Self {
        Self {
            all,
            lent: Arc::default(),
        }
    }

    /// What they lend to the fit by `form` of `own`.
    pub(in crate::timing::predict) fn lend_to(&self, own: &Own, form: Form) -> &Lent {
        static NOTHING: Lent = Lent::NOTHING;
        let place = own.parts().fits.iter().position(|fit| fit.form == form);
        place
            .and_then(|place| self.lent(own).get(place))
            .unwrap_or(&NOTHING)
    }

    /// Finds out what they lend to `own`.
    pub(in crate::timing::predict) fn warm(&self, own: &Own) {
        self.lent(own);
    }

    fn lent(&self, own: &Own) -> &[Lent] {
        self.lent.get_or_init(|| {
            if self.all.is_empty() {
                return Vec::new();
            }
            let parts = own.parts();
            let rows = Rows::all(&parts.sample);
            let lent = |fit: &Fit| {
                if fit.form == Form::Acts {
                    return Lent::NOTHING;
                }
                let theirs = self.all.iter().filter_map(|other| {
                    let fit = other.fit_of(fit.form)?;
                    Some((&other.platform, other.mode, fit))
                });
                let theirs: Vec<_> = theirs.collect();
                fit.lent(&own.platform, own.mode, &rows, theirs.into_iter())
            };
            parts.fits.iter().map(lent).collect()
        })
    }

    /// The same where others stand for some of them, as `replaced` says; `None` where none does.
    pub(in crate::timing::predict) fn with(&self, replaced: &Replaced) -> Option<Self> {
        let changed = self.all.iter().any(|own| replaced.instead(own).is_some());
        let new = |own: &Arc<Own>| replaced.instead(own).unwrap_or_else(|| Arc::clone(own));
        changed.then(|| Self {
            all: self.all.iter().map(new).collect(),
            lent: Arc::clone(&self.lent),
        })
    }

    /// The same, of which what they lend is not in memory.
    pub(in crate::timing::predict) fn forgetful(self) -> Self {
        Self::new(self.all)
    }

    /// What they lend alone.
    pub(in crate::timing::predict) fn alone(&self) -> Self {
        Self {
            all: Vec::new(),
            lent: Arc::clone(&self.lent),
        }
    }
}

//! One form's fit to the timings of a platform, with all that makes its predictions: residuals of left-out nets, nets
//! nearby, and what other platforms lend.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::borrow::Borrowed;
use super::interval::{Case, half_width, lent_half_width, own_error};
use super::loan::{Lender, Loan};
use super::prediction::Asked;
use crate::net::Group;
use crate::timing::data::platform::{Mode, Platform, PlatformId};
use crate::timing::fit::estimator::{Fitted, Form, Part};
use crate::timing::fit::features::Features;
use crate::timing::fit::neighbours::Neighbours;
use crate::timing::fit::training::Rows;
use crate::timing::fit::validation::Validation;

/// A fit with all that makes its predictions, but what others lend.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::timing) struct Fit {
    pub(in crate::timing) form: Form,
    pub(in crate::timing) fitted: Arc<Fitted>,
    pub(in crate::timing) neighbours: Arc<Neighbours>,
    pub(super) validation: Arc<Validation>,
    /// Whether the residuals are those of an earlier fit, or only expected.
    pub(super) stale: bool,
}

/// What other platforms lend to a fit.
#[derive(Clone, Debug, Default)]
pub(super) struct Lent {
    /// What they say of groups that have no timings here, best first.
    offers: Vec<Borrowed>,
    /// Another platform's fit, where there are few timings here.
    loan: Option<Loan>,
}

impl Lent {
    /// What nobody lends.
    pub(super) const NOTHING: Self = Self {
        offers: Vec::new(),
        loan: None,
    };
}

/// A time and how sure it is.
#[derive(Clone, Debug)]
pub(super) struct Estimate {
    /// Milliseconds for one image on one device.
    pub(in crate::timing) ms: f64,
    /// Half the width of its interval, as a natural log.
    pub(in crate::timing) half_width: f64,
    /// Whether the net's group has timings.
    pub(in crate::timing) seen: bool,
    /// As in a [`Prediction`](crate::timing::Prediction).
    pub(super) borrowed: Option<(PlatformId, f64)>,
    /// Likewise.
    pub(super) lent: Option<(PlatformId, f64, f64)>,
}

impl Fit {
    /// `form` fitted to `rows`, its residuals only expected.
    pub(in crate::timing) fn new(form: Form, rows: &Rows) -> Option<Self> {
        let known = rows.keep(|_, sample| form.knows(&sample.features));
        Some(Self {
            form,
            fitted: Arc::new(Fitted::new(form, &known)?),
            neighbours: Arc::new(Neighbours::new(form, &known)),
            validation: Arc::new(Validation::new(form, &known.keep(|_, _| false))),
            stale: true,
        })
    }

    /// Leaves nets and groups of `rows` out and keeps what that shows.
    pub(super) fn validate(&mut self, rows: &Rows) {
        self.validation = Arc::new(Validation::new(self.form, rows));
        self.stale = false;
    }

    /// What the fits of other platforms lend to this one, which has timed `rows`.
    pub(super) fn lent<'a>(
        &self,
        platform: &Platform,
        mode: Mode,
        rows: &Rows,
        theirs: impl Iterator<Item = (&'a Platform, Mode, &'a Self)> + Clone,
    ) -> Lent {
        let residuals = theirs.clone();
        let residuals = residuals.map(|(platform, _, fit)| (&platform.id, fit.validation.as_ref()));
        let offers = Borrowed::offers(&self.validation, residuals);
        let lenders = theirs.map(|(platform, mode, fit)| Lender {
            platform,
            mode,
            fitted: &fit.fitted,
            validation: &fit.validation,
            timings: fit.neighbours.timings(),
        });
        let known = rows.keep(|_, sample| self.form.knows(&sample.features));
        let loan = Loan::best(platform, mode, &known, lenders);
        Lent { offers, loan }
    }

    /// The time of a net whose own timings have this `noise`.
    pub(super) fn estimate(&self, lent: &Lent, asked: &Asked, noise: f64) -> Estimate {
        let (features, group) = (asked.features, asked.group);
        let seen = self.neighbours.has(group);
        let mut offers = lent.offers.iter().filter(|_| !seen);
        let borrowed = offers.find_map(|offer| Some((offer, offer.effect(group)?)));
        let own = self.fitted.ms_of_timed(features, group);
        let ms = own * borrowed.map_or(1.0, |(_, effect)| effect.exp());
        let case = Case {
            group,
            seen,
            unseen: borrowed.map_or(self.validation.unseen, |(offer, _)| offer.unseen),
            place: self.neighbours.place(features, group),
            timings: self.neighbours.timings(),
            noise,
        };
        let estimate = Estimate {
            ms,
            half_width: half_width(&self.validation, &case, asked.level),
            seen,
            borrowed: borrowed.map(|(offer, effect)| (offer.from.clone(), effect.exp())),
            lent: None,
        };
        match &lent.loan {
            Some(loan) => self.blended(loan, asked, &case, estimate),
            None => estimate,
        }
    }

    /// Less than the time of any net of which no cost and no sum over the layers is smaller than those in `features`, in
    /// milliseconds for one image on one device at the batch of the timings.
    pub(super) fn least_ms(&self, lent: &Lent, features: &Features, group: &Group) -> f64 {
        let mut offers = lent.offers.iter().filter(|_| !self.neighbours.has(group));
        let effect = offers.find_map(|offer| offer.effect(group)).unwrap_or(0.0);
        let own = self.fitted.least_ms(features, group) * effect.exp();
        // A mean of both is no less than the lesser.
        let loan = lent.loan.as_ref();
        let lent = loan.map(|loan| loan.least_ms(features, group));
        lent.map_or(own, |lent| lent.min(own))
    }

    /// `own` with what another platform's fit says, which is lent.
    fn blended(&self, loan: &Loan, asked: &Asked, case: &Case, own: Estimate) -> Estimate {
        let error = loan.error(asked.features, case.group);
        let share = loan.share(error, own_error(&self.validation, case));
        let theirs = loan.ms(asked.features, case.group);
        let width = lent_half_width(error, case, asked.level);
        Estimate {
            ms: own.ms.powf(1.0 - share) * theirs.powf(share),
            half_width: (1.0 - share) * own.half_width + share * width,
            lent: Some((
                loan.from.clone(),
                loan.factor(asked.features, case.group),
                share,
            )),
            ..own
        }
    }

    /// What the time goes into, in shares of it; parts of several columns are added up.
    pub(in crate::timing) fn shares(&self, features: &Features, group: &Group) -> Vec<(Part, f64)> {
        let parts = self.fitted.parts(features, group);
        let total: f64 = parts.iter().sum();
        let mut shares: Vec<(Part, f64)> = Vec::with_capacity(parts.len());
        for (part, ms) in self.form.parts().iter().zip(parts) {
            match shares.iter_mut().find(|(known, _)| known == part) {
                Some((_, share)) => *share += ms / total,
                None => shares.push((*part, ms / total)),
            }
        }
        shares
    }
}

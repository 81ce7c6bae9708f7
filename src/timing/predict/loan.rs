//! Platforms with few timings: another platform's fit at one scale, blended with the own fit by evidence.
//!
//! The log ratios of the few timings to what the other fit says are taken to be one scale, and departures from it for what
//! is the same for all nets, for memory and for multiply-adds, by the shares of these in a net's time; a robust ridge. What
//! is left of each timing by the others' tells how far such a prediction is off, drawn to what likeness of the platforms
//! lets expect; the other platform is the one with the least of that and of its own fit's error. The share that is lent follows from both errors and falls to nothing as timings arrive
//! ([`OWN`]), so that no prediction ever jumps.

use std::sync::Arc;

use super::scales::{Ratio, Scales, at, scales};
use crate::net::Group;
use crate::timing::data::platform::{Mode, Platform, PlatformId};
use crate::timing::fit::estimator::Fitted;
use crate::timing::fit::features::Features;
use crate::timing::fit::linear::NET_LIMIT;
use crate::timing::fit::training::{Rows, Sample};
use crate::timing::fit::validation::Validation;
use crate::units::{to_f64, to_u64};

/// A fit that is lent.
#[derive(Clone, Debug)]
pub struct Loan {
    /// Whose.
    pub from: PlatformId,
    fitted: Arc<Fitted>,
    validation: Arc<Validation>,
    scales: Scales,
    /// Root mean square log error that is expected of nets that the lender has timed itself, before and after the timings.
    expected: f64,
    error: f64,
    /// Largest share, by the number of timings: 1 with none, 0 where there are [`OWN`] or the lender is not much richer.
    most: f64,
}

/// Who lends: platform, mode, fit and its timings.
#[derive(Clone, Copy, Debug)]
pub struct Lender<'a> {
    pub(in crate::timing) platform: &'a Platform,
    pub(in crate::timing) mode: Mode,
    pub(in crate::timing) fitted: &'a Arc<Fitted>,
    pub(super) validation: &'a Arc<Validation>,
    pub(in crate::timing) timings: usize,
}

/// Timings with which a platform needs no loan.
pub const OWN: usize = 100;
/// How many times more timings a lender has, at least.
const RICHER: usize = 3;
/// Log residual from which a timing counts less for the scale (Huber), and rounds of that.
const HUBER: f64 = 0.1;
const ROUNDS: usize = 5;
/// How firmly kinds of work are expected to keep to the one scale: (0.1/0.3)², since logs of timings lie 0.1 off and those
/// of kinds 0.3.
const DEPART: f64 = 0.11;
/// Most that a kind departs (a natural log). Two that differ by 1 or less never make a net cheaper by costing more.
const MOST: f64 = 0.5;
/// Fraction of a net's residual on the lending platform that is carried over, beyond what the lender's fit keeps.
const KEEP: f64 = 0.25;
/// Expected error between platforms that differ in the device alone, in layout, compiler or precision too, and in the mode.
const ALIKE: f64 = 0.09;
const UNLIKE: f64 = 0.15;
const OTHER_MODE: f64 = 0.25;
/// By how much its square grows with one timing, since the scale is then as uncertain as that is.
const FEW: f64 = 3.0;
/// Timings that weigh as much as that expectation.
const EXPECTED: f64 = 3.0;

impl Loan {
    /// The best loan that `lenders` have for `platform`, which has timed `rows`; `None` where those suffice.
    #[must_use]
    pub fn best<'a>(
        platform: &Platform,
        mode: Mode,
        rows: &Rows,
        lenders: impl IntoIterator<Item = Lender<'a>>,
    ) -> Option<Self> {
        let timings = rows.len();
        if timings >= OWN || timings == 0 {
            return None;
        }
        let richer = lenders
            .into_iter()
            .filter(|lender| lender.timings >= RICHER * timings && lender.timings >= OWN);
        let loans = richer.map(|lender| {
            let expected = match lender.mode == mode {
                true if alike(platform, lender.platform) => ALIKE,
                true => UNLIKE,
                false => OTHER_MODE,
            };
            Self::new(&lender, rows, expected)
        });
        // A few timings cannot tell that a lender is poor at its own nets; what it left out can.
        let far = |loan: &Self| loan.error.hypot(loan.validation.typical);
        loans.min_by(|a, b| far(a).total_cmp(&far(b)))
    }

    fn new(lender: &Lender, rows: &Rows, expected: f64) -> Self {
        let ratio = |(group, s): (&Group, &Sample)| Ratio {
            work: lender.fitted.work(&s.features, group),
            log: (s.busy_ms() / there(lender.fitted, &s.features, group)).ln(),
            doubt: doubt(
                lender.fitted,
                lender.validation,
                expected,
                &s.features,
                group,
            ),
            weight: 1.0,
        };
        let mut ratios: Vec<Ratio> = rows.samples().map(ratio).collect();
        let scales = robust(&mut ratios);
        let count = |n: usize| to_f64(to_u64(n));
        let n = count(ratios.len());
        // So that the share is nothing already where a lender is no longer rich enough.
        let enough = count(OWN).min(count(lender.timings) / count(RICHER));
        let left_out = (0..ratios.len()).map(|i| {
            let others = lent(ratios[..i].iter().chain(&ratios[i + 1..])).unwrap_or(scales);
            (ratios[i].beside(&others) / ratios[i].doubt).powi(2)
        });
        let doubt = expected.powi(2) * (1.0 + FEW / n);
        let mean = (left_out.sum::<f64>() + EXPECTED * doubt) / (n + EXPECTED);
        Self {
            from: lender.platform.id.clone(),
            fitted: Arc::clone(lender.fitted),
            validation: Arc::clone(lender.validation),
            scales,
            expected,
            error: mean.sqrt(),
            most: (1.0 - n / enough).max(0.0),
        }
    }

    /// Milliseconds for one image on one device.
    #[must_use]
    pub fn ms(&self, features: &Features, group: &Group) -> f64 {
        there(&self.fitted, features, group) * self.factor(features, group)
    }

    /// Less than [`Loan::ms`] of any net of which no cost and no sum over the layers is smaller than those in `features`.
    #[must_use]
    pub fn least_ms(&self, features: &Features, group: &Group) -> f64 {
        // The shares of the work are at most 1 together.
        let departure = self.scales[1..].iter().copied().fold(0.0, f64::min);
        let shown = KEEP * NET_LIMIT;
        self.fitted.least_ms(features, group) * (self.scales[0] + departure - shown).exp()
    }

    /// By how much slower such a net is here than there.
    #[must_use]
    pub fn factor(&self, features: &Features, group: &Group) -> f64 {
        at(&self.scales, &self.fitted.work(features, group)).exp()
    }

    /// Root mean square log error to be expected.
    #[must_use]
    pub fn error(&self, features: &Features, group: &Group) -> f64 {
        self.error
            * doubt(
                &self.fitted,
                &self.validation,
                self.expected,
                features,
                group,
            )
    }

    /// Share of the loan in a prediction whose own error is expected to be `own`. Fourth powers, so that the better of
    /// two unequal ones nearly has it all.
    #[must_use]
    pub fn share(&self, theirs: f64, own: f64) -> f64 {
        let (own, theirs) = (own.powi(4), theirs.powi(4));
        self.most * own / (own + theirs)
    }
}

/// Milliseconds of a net by the lender's fit.
fn there(fitted: &Fitted, features: &Features, group: &Group) -> f64 {
    let shown = fitted.residual(features, group).unwrap_or(0.0);
    fitted.ms_of_timed(features, group) * (KEEP * shown).exp()
}

/// How much further off a net may be than one that the lender has timed itself.
fn doubt(
    fitted: &Fitted,
    validation: &Validation,
    expected: f64,
    features: &Features,
    group: &Group,
) -> f64 {
    let there = if fitted.residual(features, group).is_some() {
        0.0
    } else if fitted.has(group) {
        validation.spread(group)
    } else {
        validation.unseen
    };
    (there / expected).hypot(1.0)
}

/// The scales of `ratios`, of which those far off weigh less from now on.
fn robust(ratios: &mut [Ratio]) -> Scales {
    let mut known = lent(&*ratios).unwrap_or_default();
    for _ in 0..ROUNDS {
        for ratio in &mut *ratios {
            let far = ratio.beside(&known).abs() / ratio.doubt;
            ratio.weight = (HUBER / far).min(1.0);
        }
        known = lent(&*ratios).unwrap_or(known);
    }
    known
}

/// The scales of `ratios`, as firm as those of a loan are.
fn lent<'a>(ratios: impl IntoIterator<Item = &'a Ratio>) -> Option<Scales> {
    let ratios = ratios.into_iter().copied();
    scales(ratios, [0.0, DEPART, DEPART, DEPART], MOST)
}

/// Whether two platforms differ in no more than device, number and framework.
fn alike(a: &Platform, b: &Platform) -> bool {
    let of = |p: &Platform| (p.precision, p.memory_format, p.compiled);
    of(a) == of(b)
}

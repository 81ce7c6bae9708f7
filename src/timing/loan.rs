//! Platforms with few timings: another platform's fit at one scale, blended with the own fit by evidence.
//!
//! The scale is the robust mean of the log ratios of the few timings to what the other fit says. What is left of them
//! tells how far such a prediction is off, drawn to what likeness of the platforms lets expect; the other platform is
//! the one with the least. The share that is lent follows from both errors and falls to nothing as timings arrive
//! ([`OWN`]), so that no prediction ever jumps. For nets known by costs: sums over layers need few timings.

use std::sync::Arc;

use super::estimator::Fitted;
use super::features::Features;
use super::platform::{Mode, Platform, PlatformId};
use super::training::Rows;
use crate::net::Group;
use crate::units::to_f64;

/// A fit that is lent.
#[derive(Clone, Debug)]
pub struct Loan {
    /// Whose.
    pub from: PlatformId,
    /// Times there are this much shorter.
    pub factor: f64,
    fitted: Arc<Fitted>,
    /// Root mean square log error to be expected of groups that the lender has timed.
    error: f64,
    /// Largest share, by the number of timings: 1 with none, 0 from [`OWN`] on.
    most: f64,
}

/// Who lends: platform, mode, fit and its timings.
#[derive(Clone, Copy, Debug)]
pub struct Lender<'a> {
    pub(super) platform: &'a Platform,
    pub(super) mode: Mode,
    pub(super) fitted: &'a Arc<Fitted>,
    pub(super) timings: usize,
}

/// Timings with which a platform needs no loan.
pub const OWN: usize = 100;
/// How many times more timings a lender has, at least.
const RICHER: usize = 3;
/// Log residual from which a timing counts less for the scale (Huber), and rounds of that.
const HUBER: f64 = 0.15;
const ROUNDS: usize = 5;
/// Expected error between platforms that differ in the device alone, and in layout, compiler, precision or mode.
const ALIKE: f64 = 0.12;
const UNLIKE: f64 = 0.25;
/// How much worse that is for a group that the lender has not timed either.
const UNKNOWN: f64 = 2.0;
/// Timings that weigh as much as that expectation.
const EXPECTED: f64 = 3.0;

impl Loan {
    /// The best loan that `lenders` have for `platform`, which has timed `rows`; `None` where those suffice.
    #[must_use]
    pub fn best<'a>(
        (platform, mode): (&Platform, Mode),
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
            let same = lender.mode == mode && alike(platform, lender.platform);
            Self::new(&lender, rows, if same { ALIKE } else { UNLIKE })
        });
        loans.min_by(|a, b| a.error.total_cmp(&b.error))
    }

    fn new(lender: &Lender, rows: &Rows, expected: f64) -> Self {
        let ratios: Vec<f64> = rows
            .samples()
            .map(|(group, s)| {
                let there = lender
                    .fitted
                    .ms(&s.features, group, s.features.architecture);
                (s.ms / there).ln()
            })
            .collect();
        let count = |n: usize| to_f64(n.try_into().unwrap_or(u64::MAX));
        let n = count(ratios.len());
        let mut scale = ratios.iter().sum::<f64>() / n;
        for _ in 0..ROUNDS {
            let (weights, sum) = ratios.iter().fold((0.0, 0.0), |(weights, sum), ratio| {
                let weight = (HUBER / (ratio - scale).abs()).min(1.0);
                (weights + weight, sum + weight * ratio)
            });
            scale = sum / weights;
        }
        let squares: f64 = ratios.iter().map(|ratio| (ratio - scale).powi(2)).sum();
        let mean = (squares + EXPECTED * expected.powi(2)) / (n + EXPECTED);
        Self {
            from: lender.platform.id.clone(),
            factor: scale.exp(),
            fitted: Arc::clone(lender.fitted),
            // Of a new net: what is left around the scale, and the doubt in the scale itself.
            error: (mean * (1.0 + 1.0 / n)).sqrt(),
            most: 1.0 - n / count(OWN),
        }
    }

    /// Milliseconds for one image on one device.
    #[must_use]
    pub fn ms(&self, features: &Features, group: &Group) -> f64 {
        self.factor * self.fitted.ms(features, group, features.architecture)
    }

    /// Root mean square log error to be expected.
    #[must_use]
    pub fn error(&self, group: &Group) -> f64 {
        let unknown = if self.fitted.has(group) { 1.0 } else { UNKNOWN };
        unknown * self.error
    }

    /// Share of the loan in a prediction whose own error is expected to be `own`. Fourth powers, so that the better of
    /// two unequal ones nearly has it all.
    #[must_use]
    pub fn share(&self, group: &Group, own: f64) -> f64 {
        let (own, theirs) = (own.powi(4), self.error(group).powi(4));
        self.most * own / (own + theirs)
    }
}

/// Whether two platforms differ in no more than device, number and framework.
fn alike(a: &Platform, b: &Platform) -> bool {
    let of = |p: &Platform| (p.precision, p.memory_format, p.compiled);
    of(a) == of(b)
}

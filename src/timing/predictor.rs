//! What is fitted to the timings of one platform in one mode, and what it predicts.

use std::sync::Arc;

use super::borrow::Borrowed;
use super::estimator::{Estimator, Fitted, Form, Part};
use super::features::{Architecture, Features};
use super::interval::{Case, Level, half_width, lent_half_width, own_error};
use super::line::Explanation;
use super::loan::{Lender, Loan};
use super::neighbours::{Nearest, Neighbours};
use super::platform::{Mode, Platform, PlatformId};
use super::training::{Rows, TrainingSet};
use super::validation::Validation;
use super::warning::{Range, Warning};
use crate::net::Group;
use crate::units::to_f64;

/// The fits of one platform and mode.
#[derive(Clone, Debug)]
pub struct Predictor {
    platform: Platform,
    mode: Mode,
    measurements: usize,
    fits: Vec<Fit>,
    explanation: Explanation,
    by_group: Vec<(Group, Explanation)>,
    range: Range,
    /// Mean noise of the nets whose timings tell theirs, by net.
    noises: Vec<(Architecture, f64)>,
    fingerprint: String,
    /// What the validation looks at: the timings, or of many a part.
    sample: TrainingSet,
}

/// One form's fit, with the residuals that make its intervals.
#[derive(Clone, Debug)]
struct Fit {
    form: Form,
    fitted: Arc<Fitted>,
    neighbours: Neighbours,
    validation: Arc<Validation>,
    /// Whether the residuals are those of an earlier fit, or only expected.
    stale: bool,
    /// What other platforms say of groups that have no timings here, best first.
    offers: Vec<Borrowed>,
    /// Another platform's fit, where there are few timings here.
    loan: Option<Loan>,
}

/// What is asked of a predictor.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The net.
    pub features: &'a Features,
    /// Its timing group.
    pub group: &'a Group,
    /// How to predict.
    pub estimator: Estimator,
    /// Level of the interval.
    pub level: Level,
    /// Images in a step, of all devices together, where that is known.
    pub batch_size: Option<u64>,
}

/// A predicted time, with its interval.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Milliseconds for one image on one device.
    pub ms: f64,
    /// Lower end.
    pub low_ms: f64,
    /// Upper end.
    pub high_ms: f64,
    /// What the prediction looked at.
    pub form: Form,
    /// What the time goes into, in shares of it.
    pub shares: Vec<(Part, f64)>,
    /// The platform from which the group's effect was taken over, and by which factor it makes the net slower.
    pub borrowed: Option<(PlatformId, f64)>,
    /// The platform whose fit was lent, at which scale, and its share in the prediction.
    pub lent: Option<(PlatformId, f64, f64)>,
    /// What to know before trusting it.
    pub warnings: Vec<Warning>,
}

/// Timings of which all are kept at hand; of more, a part ([`VALIDATED`]), so that they are in memory once.
const SHARED: usize = 20_000;
/// Timings that a validation looks at.
const VALIDATED: usize = 5_000;
/// Timings up to which new fits are validated before they are used, though an earlier fit's residuals are at hand.
const AT_ONCE: usize = 1_000;

impl Predictor {
    /// The fits to `set`, `None` where it is empty.
    ///
    /// Residuals of nets left out take longer than the fits: those of the `previous` predictor stand in for them where
    /// there is one and many timings, until [`Predictor::validated`] is called.
    #[must_use]
    pub fn fit(
        platform: Platform,
        mode: Mode,
        set: &TrainingSet,
        previous: Option<&Self>,
    ) -> Option<Self> {
        let mut predictor = Self::of_forms((platform, mode), set, &Form::ALL)?;
        for fit in &mut predictor.fits {
            if let Some(earlier) = previous.and_then(|p| p.fit_of(fit.form)) {
                fit.validation = Arc::clone(&earlier.validation);
            }
        }
        let enough = if previous.is_some() {
            AT_ONCE
        } else {
            VALIDATED
        };
        let at_once = set.len() <= enough;
        Some(if at_once {
            predictor.validated()
        } else {
            predictor
        })
    }

    /// Fits by `forms` alone, whose residuals are only expected.
    pub(super) fn of_forms(
        (platform, mode): (Platform, Mode),
        set: &TrainingSet,
        forms: &[Form],
    ) -> Option<Self> {
        if set.is_empty() {
            return None;
        }
        let rows = Rows::all(set);
        let groups = set.groups();
        Some(Self {
            platform,
            mode,
            measurements: set.len(),
            fits: forms.iter().filter_map(|f| Fit::new(*f, &rows)).collect(),
            explanation: Explanation::new(rows.samples().map(|(_, sample)| sample)),
            by_group: groups
                .map(|(group, samples)| (group.clone(), Explanation::new(samples.iter())))
                .collect(),
            range: Range::of(&rows),
            noises: noises(&rows),
            fingerprint: set.fingerprint(),
            sample: if set.len() <= SHARED {
                set.clone()
            } else {
                set.thinned(VALIDATED)
            },
        })
    }

    /// The same with the residuals of its own fits.
    #[must_use]
    pub fn validated(&self) -> Self {
        let mut validated = self.clone();
        let thin = self.sample.thinned(VALIDATED);
        let rows = Rows::all(&thin);
        for fit in validated.fits.iter_mut().filter(|fit| fit.stale) {
            fit.validation = Arc::new(Validation::new(fit.form, &rows));
            fit.stale = false;
        }
        validated
    }

    /// Takes over from `others` what they know of groups without timings here, and their fits where those here are few.
    pub(super) fn borrow_from(&mut self, others: &[&Self]) {
        let others = others
            .iter()
            .filter(|other| other.platform != self.platform);
        let rows = Rows::all(&self.sample);
        // With sums over layers there is little left to take over.
        for fit in self.fits.iter_mut().filter(|fit| fit.form == Form::Costs) {
            let theirs = others.clone();
            let theirs = theirs.filter_map(|other| Some((*other, other.fit_of(fit.form)?)));
            let offers = theirs
                .clone()
                .map(|(o, fit)| (&o.platform.id, fit.validation.as_ref()));
            fit.offers = Borrowed::offers(&fit.validation, offers);
            let lenders = theirs.map(|(other, fit)| Lender {
                platform: &other.platform,
                mode: other.mode,
                fitted: &fit.fitted,
                timings: fit.neighbours.timings(),
            });
            fit.loan = Loan::best((&self.platform, self.mode), &rows, lenders);
        }
    }

    /// Whether intervals still stand on the residuals of an earlier fit.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.fits.iter().any(|fit| fit.stale)
    }

    /// Where the timings are from.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    /// What was timed.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Number of timings.
    #[must_use]
    pub fn measurements(&self) -> usize {
        self.measurements
    }

    /// Whether these are fits to `set` on `platform`.
    pub(super) fn is_of(&self, set: &TrainingSet, platform: &Platform) -> bool {
        self.measurements == set.len()
            && self.fingerprint == set.fingerprint()
            && self.platform == *platform
    }

    /// How well the costs tell the time, of all timings.
    #[must_use]
    pub fn explanation(&self) -> &Explanation {
        &self.explanation
    }

    /// The same by group.
    #[must_use]
    pub fn groups(&self) -> &[(Group, Explanation)] {
        &self.by_group
    }

    /// Number of timings of `group`.
    #[must_use]
    pub fn measurements_of(&self, group: &Group) -> usize {
        let found = self.by_group.binary_search_by(|(own, _)| own.cmp(group));
        found.map_or(0, |position| self.by_group[position].1.n)
    }

    /// Name of the fit: the same for the same timings and estimator, whatever their order was.
    #[must_use]
    pub fn id(&self, estimator: Estimator) -> String {
        let (platform, mode, estimator) = (&self.platform.id, self.mode, estimator.as_str());
        format!("{platform}:{mode}:{estimator}:{}", self.fingerprint)
    }

    /// What `form` has fitted, where the timings say enough.
    #[must_use]
    pub fn fitted(&self, form: Form) -> Option<&Fitted> {
        self.fit_of(form).map(|fit| fit.fitted.as_ref())
    }

    /// Mean of |predicted - measured| / measured over nets left out of the fit; `None` where there are too few.
    #[must_use]
    pub fn error(&self, form: Form) -> Option<f64> {
        self.fit_of(form)?.validation.mape
    }

    fn fit_of(&self, form: Form) -> Option<&Fit> {
        self.fits.iter().find(|fit| fit.form == form)
    }

    /// The fit by which `estimator` predicts such a net.
    fn fit_for(&self, estimator: Estimator, features: &Features) -> Option<&Fit> {
        let forms = estimator.forms().iter();
        forms
            .filter(|form| form.knows(features))
            .find_map(|form| self.fit_of(*form))
    }

    /// The time of a net; `None` where the estimator could not be fitted.
    #[must_use]
    pub fn predict(&self, asked: &Asked) -> Option<Prediction> {
        let (features, group) = (asked.features, asked.group);
        let fit = self.fit_for(asked.estimator, features)?;
        let seen = fit.neighbours.has(group);
        let mut offers = fit.offers.iter().filter(|_| !seen);
        let borrowed = offers.find_map(|offer| Some((offer, offer.effect(group)?)));
        let ms = fit.fitted.ms(features, group, features.architecture)
            * borrowed.map_or(1.0, |(_, effect)| effect.exp());
        let case = Case {
            group,
            seen,
            unseen: borrowed.map_or(fit.validation.unseen, |(offer, _)| offer.unseen),
            place: fit.neighbours.place(features, group),
            timings: fit.neighbours.timings(),
            noise: self.noise(features.architecture),
        };
        let own = (ms, half_width(&fit.validation, &case, asked.level));
        let (ms, half_width, lent) = fit.blended(asked, &case, own);
        let shares = fit.shares(features, group);
        let borrowed = borrowed.map(|(offer, effect)| (offer.from.clone(), effect.exp()));
        let mut warnings = self.warnings(asked, seen, &shares);
        warnings.extend(borrowed.as_ref().map(|from| Warning::borrowed(group, from)));
        warnings.extend(lent.as_ref().map(Warning::lent));
        Some(Prediction {
            ms,
            low_ms: ms * (-half_width).exp(),
            high_ms: ms * half_width.exp(),
            form: fit.form,
            shares,
            borrowed,
            lent,
            warnings,
        })
    }

    /// The nearest nets that were timed, three at most.
    #[must_use]
    pub fn nearest(&self, asked: &Asked) -> Vec<Nearest> {
        self.fit_for(asked.estimator, asked.features)
            .map_or_else(Vec::new, |fit| {
                fit.neighbours.nearest(asked.features, asked.group)
            })
    }

    fn warnings(&self, asked: &Asked, seen: bool, shares: &[(Part, f64)]) -> Vec<Warning> {
        let (platform, mode) = (&self.platform.id, self.mode);
        let mut warnings = self.range.beyond(asked.features);
        warnings.extend((!seen).then(|| Warning::unseen(asked.group, platform, mode)));
        warnings.extend(Warning::few(self.measurements, platform, mode));
        let compute = shares.iter().find(|(part, _)| *part == Part::Compute);
        warnings.extend(compute.and_then(|(_, share)| Warning::flop_bound(*share)));
        let devices = f64::from(self.platform.device_count);
        let batch = asked.batch_size.map(|images| to_f64(images) / devices);
        warnings.extend(batch.and_then(Warning::overhead_bound));
        warnings
    }

    fn noise(&self, net: Option<Architecture>) -> f64 {
        let find = |net| self.noises.binary_search_by_key(&net, |(net, _)| *net);
        let found = net.and_then(|net| find(net).ok());
        found.map_or(0.0, |position| self.noises[position].1)
    }
}

impl Fit {
    fn new(form: Form, rows: &Rows) -> Option<Self> {
        let known = rows.keep(|_, sample| form.knows(&sample.features));
        Some(Self {
            form,
            fitted: Arc::new(Fitted::new(form, &known)?),
            neighbours: Neighbours::new(form, &known),
            validation: Arc::new(Validation::new(form, &known.keep(|_, _| false))),
            stale: true,
            offers: Vec::new(),
            loan: None,
        })
    }

    /// Time and half-width, with what another platform's fit says where one is lent.
    fn blended(
        &self,
        asked: &Asked,
        case: &Case,
        (ms, half_width): (f64, f64),
    ) -> (f64, f64, Option<(PlatformId, f64, f64)>) {
        let Some(loan) = &self.loan else {
            return (ms, half_width, None);
        };
        let share = loan.share(case.group, own_error(&self.validation, case));
        let theirs = loan.ms(asked.features, case.group);
        let blended = ms.powf(1.0 - share) * theirs.powf(share);
        let half_width = (1.0 - share) * half_width
            + share * lent_half_width(loan.error(case.group), case, asked.level);
        let lent = (loan.from.clone(), loan.factor, share);
        (blended, half_width, Some(lent))
    }

    /// What the time goes into, in shares of it; parts of several columns are added up.
    fn shares(&self, features: &Features, group: &Group) -> Vec<(Part, f64)> {
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

fn noises(rows: &Rows) -> Vec<(Architecture, f64)> {
    let noisy = rows.samples().map(|(_, sample)| (sample.net, sample.noise));
    let mut noisy: Vec<_> = noisy.filter(|(_, noise)| *noise > 0.0).collect();
    noisy.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let nets = noisy.chunk_by(|a, b| a.0 == b.0).map(|same| {
        let (n, sum) = same
            .iter()
            .fold((0.0, 0.0), |(n, sum), (_, noise)| (n + 1.0, sum + noise));
        (same[0].0, sum / n)
    });
    nets.collect()
}

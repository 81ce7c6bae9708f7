//! What is fitted to the timings of one platform in one mode, and what it predicts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::batch::{AtBatch, Images, Step, launching};
use super::datasheet::{Scales, Sheet};
use super::fit::{Estimate, Fit};
use super::fit_id::{FitId, Seen, hash_alone, hash_lent, lenders};
use super::interval::covered;
use super::names::Names;
use super::own::{Lenders, Own, Parts, Replaced, VALIDATED};
use super::prediction::{Asked, ColumnShares, Prediction, Time};
use super::warning::{Range, Warning};
use crate::net::Group;
use crate::timing::data::gpus::Gpu;
use crate::timing::data::platform::{Mode, Platform};
use crate::timing::fit::estimator::{Estimator, Fitted, Form, Part};
use crate::timing::fit::features::Features;
use crate::timing::fit::level::Level;
use crate::timing::fit::line::Explanation;
use crate::timing::fit::neighbours::Nearest;
use crate::timing::fit::training::{Sample, TrainingSet};
use crate::units::{rounded, to_f64};

/// The fits of one platform and mode.
#[derive(Clone, Debug)]
pub struct Predictor {
    own: Arc<Own>,
    /// What its devices are: to find that by their name takes longer than a fit's answer.
    gpu: Option<&'static Gpu>,
    names: Names,
    lenders: Lenders,
    /// Where it stands for another GPU: which, and at what scales.
    sheet: Option<Sheet>,
}

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
        let mut parts = Parts::of(set, &Form::ALL)?;
        let enough = if previous.is_some() {
            AT_ONCE
        } else {
            VALIDATED
        };
        if set.len() <= enough {
            parts = parts.validated();
        } else {
            for fit in &mut parts.fits {
                if let Some(earlier) = previous.and_then(|p| p.own.fit_of(fit.form)) {
                    fit.validation = Arc::clone(&earlier.validation);
                }
            }
        }
        Some(Self::alone(Own::new(platform, mode, set.tally(), parts)))
    }

    /// Fits by `forms` alone, whose residuals are only expected.
    pub(in crate::timing) fn of_forms(
        platform: Platform,
        mode: Mode,
        set: &TrainingSet,
        forms: &[Form],
    ) -> Option<Self> {
        let parts = Parts::of(set, forms)?;
        Some(Self::alone(Own::new(platform, mode, set.tally(), parts)))
    }

    /// Those that are `own`, to which nobody lends.
    pub(super) fn alone(own: Own) -> Self {
        Self {
            names: Names::alone(hash_alone(&own.seen())),
            gpu: Gpu::of_device(&own.platform.device),
            own: Arc::new(own),
            lenders: Lenders::default(),
            sheet: None,
        }
    }

    /// The same fits on a GPU of which only the data sheet is known.
    pub(super) fn on(&self, sheet: Sheet) -> Self {
        Self {
            gpu: Gpu::of_device(&sheet.platform.device),
            sheet: Some(sheet),
            ..self.clone()
        }
    }

    /// The same with the residuals of its own fits.
    #[must_use]
    pub fn validated(&self) -> Self {
        if !self.is_stale() {
            return self.clone();
        }
        Self {
            own: Arc::new(self.own.remade(Parts::validated)),
            ..self.clone()
        }
    }

    /// Takes over from `others`, in the order of their names, what they know of groups without timings here, and their
    /// fits where those here are few.
    pub(in crate::timing) fn borrow_from(&mut self, others: &[&Self]) {
        let others = others.iter().map(|other| (other.seen(), *other));
        let lenders = lenders(&self.seen(), others);
        let lent = hash_lent(&self.seen(), lenders.iter().map(|(seen, _)| *seen));
        let in_doubt = self.is_stale() || lenders.iter().any(|(_, lender)| lender.is_stale());
        let lenders = lenders.iter().map(|(_, lender)| Arc::clone(&lender.own));
        self.lenders = Lenders::new(lenders.collect());
        self.names.lent(lent, in_doubt);
    }

    /// Finds out what others lend to it, where its own fits are in memory.
    pub(super) fn warm(&self) {
        if self.own.is_at_hand() {
            self.lenders.warm(&self.own);
        }
    }

    /// Its own fits.
    pub(super) fn own(&self) -> &Arc<Own> {
        &self.own
    }

    /// The same where others stand for its own fits and for its lenders', as `replaced` says; `None` where none does.
    pub(super) fn with(&self, replaced: &Replaced) -> Option<Self> {
        let (own, lenders) = (replaced.instead(&self.own), self.lenders.with(replaced));
        if own.is_none() && lenders.is_none() {
            return None;
        }
        let lenders = lenders.unwrap_or_else(|| self.lenders.clone());
        Some(Self {
            lenders: if own.is_some() {
                lenders.forgetful()
            } else {
                lenders
            },
            own: own.unwrap_or_else(|| Arc::clone(&self.own)),
            ..self.clone()
        })
    }

    /// Whether intervals still stand on the residuals of an earlier fit.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.own.is_stale()
    }

    /// Where the timings are from; of a GPU without timings, the GPU.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        self.sheet
            .as_ref()
            .map_or(&self.own.platform, |sheet| &sheet.platform)
    }

    /// What its devices are, where their data sheet is known.
    #[must_use]
    pub fn gpu(&self) -> Option<&'static Gpu> {
        self.gpu
    }

    /// What was timed.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.own.mode
    }

    /// Number of timings.
    #[must_use]
    pub fn measurements(&self) -> usize {
        self.own.tally.timings
    }

    /// What these fits have seen.
    pub(in crate::timing) fn seen(&self) -> Seen<'_> {
        self.own.seen()
    }

    /// The timings, or of many a fair part: whole nets of every group.
    #[must_use]
    pub fn sample(&self) -> &TrainingSet {
        &self.own.parts().sample
    }

    /// All timings, weighed, where those at hand are all: of many they are not.
    #[must_use]
    pub fn all_timings(&self) -> Option<TrainingSet> {
        self.own.all_timings()
    }

    /// Whether these are fits to `set` on `platform`.
    pub(super) fn is_of(&self, set: &TrainingSet, platform: &Platform) -> bool {
        self.own.tally == set.tally() && self.own.platform == *platform
    }

    /// The nets that were timed, of many a part.
    #[must_use]
    pub fn timed_nets(&self) -> Vec<(&Group, &Features)> {
        let nets = self.sample().groups().flat_map(|(group, samples)| {
            let same = samples.chunk_by(|a, b| a.features == b.features);
            same.map(move |same| (group, &same[0].features))
        });
        nets.collect()
    }

    /// How well the costs tell the time, of all timings.
    #[must_use]
    pub fn explanation(&self) -> &Explanation {
        &self.own.parts().explanation
    }

    /// The same by group.
    #[must_use]
    pub fn groups(&self) -> &[(Group, Explanation)] {
        &self.own.parts().by_group
    }

    /// Number of timings of `group`.
    #[must_use]
    pub fn measurements_of(&self, group: &Group) -> usize {
        let groups = self.groups();
        let found = groups.binary_search_by(|(own, _)| own.cmp(group));
        found.map_or(0, |position| groups[position].1.n)
    }

    /// Name of the fit: the same for the same timings, estimator and data sheets, whatever the order of timings was.
    #[must_use]
    pub fn id(&self, estimator: Estimator) -> FitId {
        FitId {
            platform: self.own.platform.id.clone(),
            mode: self.own.mode,
            estimator,
            hash: self.names.of(estimator).hash,
            sheets: self.sheet.as_ref().map(|sheet| sheet.name.clone()),
        }
    }

    /// The same without what only further fits would need.
    pub(super) fn archived(self) -> Self {
        self.lenders.warm(&self.own);
        let without = |parts: &Parts| Parts {
            sample: TrainingSet::default(),
            ..parts.clone()
        };
        Self {
            own: Arc::new(self.own.remade(without)),
            lenders: self.lenders.alone(),
            ..self
        }
    }

    /// The hashes and dates of its names.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The same, made of data of the version `made_at`.
    pub(super) fn made_at(mut self, version: i64) -> Self {
        self.names.made_at = version;
        self
    }

    /// The same, its names dated by `first`: the first version of the data that each was made of.
    pub(in crate::timing) fn date(&mut self, first: &BTreeMap<u64, i64>) {
        self.names.date(first);
    }

    /// What `form` has fitted, where the timings say enough.
    #[must_use]
    pub fn fitted(&self, form: Form) -> Option<&Fitted> {
        self.fit_of(form).map(|fit| fit.fitted.as_ref())
    }

    /// What predicts such a net by default, where the timings say enough.
    #[must_use]
    pub fn fitted_for(&self, features: &Features) -> Option<&Fitted> {
        let fit = self.fit_for(Estimator::default(), features)?;
        Some(fit.fitted.as_ref())
    }

    /// Of a GPU without timings: standard deviation of the log of the scales between both GPUs.
    #[must_use]
    pub fn sheet_doubt(&self) -> f64 {
        self.sheet.as_ref().map_or(0.0, |sheet| sheet.scales.spread)
    }

    /// Mean of |predicted - measured| / measured over nets left out of the fit; `None` where there are too few.
    #[must_use]
    pub fn error(&self, form: Form) -> Option<f64> {
        self.own.error(form)
    }

    /// Share of the timings that were left out of `form`'s fit which lie within their intervals; `None` where none was.
    #[must_use]
    pub fn covered(&self, form: Form, level: Level) -> Option<f64> {
        covered(&self.fit_of(form)?.validation, self.measurements(), level)
    }

    fn fit_of(&self, form: Form) -> Option<&Fit> {
        self.own.fit_of(form)
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
        let (time, estimate, batch) = self.timed(asked, fit);
        let shares = launching(fit.shares(features, group), batch.launching);
        let warnings = self.warnings(asked, &estimate, &shares, batch);
        Some(Prediction {
            ms: time.ms,
            low_ms: time.low_ms,
            high_ms: time.high_ms,
            form: fit.form,
            shares,
            borrowed: estimate.borrowed,
            lent: estimate.lent,
            scales: self.sheet.as_ref().map(|sheet| sheet.scales.clone()),
            warnings,
        })
    }

    /// Images in a step of each device, where that was asked for.
    fn images(&self, asked: &Asked) -> Option<f64> {
        let devices = f64::from(self.platform().device_count);
        asked.batch_size.map(|images| to_f64(images) / devices)
    }

    /// Images in a step, of all devices together, where none is asked for and the time of `features` by `form` depends on it:
    /// those of timings of nets with as many acts.
    #[must_use]
    pub fn usual_batch(&self, features: &Features, form: Form) -> Option<u64> {
        if features.layers.is_none() || form == Form::Acts {
            return None;
        }
        let images = self.range().usual_batch(features)?.count;
        let all = images * f64::from(self.platform().device_count);
        Some(rounded(all).max(1))
    }

    /// What the batch that is asked for does to a net on which the device works `ms` for an image by `fit`; unsaid, that of
    /// timings of nets with as many acts.
    fn at_batch(&self, asked: &Asked, fit: &Fit, ms: f64) -> AtBatch {
        let said = |count| Images { count, spread: 0.0 };
        let images = self.images(asked).map(said);
        let images = images.or_else(|| self.range().usual_batch(asked.features));
        match (&asked.features.layers, images) {
            // The paper's line knows nothing but activations.
            (Some(sums), Some(images)) if fit.form != Form::Acts => {
                let step = Step {
                    launches: f64::from(sums.launches.get()),
                    mode: self.own.mode,
                    images,
                    timed: self.range().launching,
                };
                AtBatch::of(ms, &step)
            }
            _ => AtBatch::WITHOUT,
        }
    }

    /// The time of a net alone, in milliseconds for one image on one device: what [`Predictor::predict`] gives for a
    /// group that has timings here, without the work of its interval.
    #[must_use]
    pub fn expected_ms(&self, asked: &Asked) -> Option<f64> {
        let fit = self.fit_for(asked.estimator, asked.features)?;
        let scale = self.sheet.as_ref().map_or(1.0, |s| s.scales.factor());
        let ms = scale * fit.fitted.ms_of_timed(asked.features, asked.group);
        Some(ms * self.at_batch(asked, fit, ms).factor)
    }

    /// Less than the time of any net of which no cost and no sum over the layers is smaller than those in `asked`; `None`
    /// where the estimator could not be fitted.
    #[must_use]
    pub fn least_ms(&self, asked: &Asked) -> Option<f64> {
        let fit = self.fit_for(asked.estimator, asked.features)?;
        let scale = self.sheet.as_ref().map_or(1.0, |s| s.scales.factor());
        let lent = self.lenders.lend_to(&self.own, fit.form);
        Some(scale * fit.least_ms(lent, asked.features, asked.group))
    }

    /// The same time and interval as [`Predictor::predict`] gives, without what else that says.
    #[must_use]
    pub fn time(&self, asked: &Asked) -> Option<Time> {
        let fit = self.fit_for(asked.estimator, asked.features)?;
        Some(self.timed(asked, fit).0)
    }

    fn timed(&self, asked: &Asked, fit: &Fit) -> (Time, Estimate, AtBatch) {
        let noise = self.own.parts().noise(asked.features.architecture);
        let estimate = fit.estimate(self.lenders.lend_to(&self.own, fit.form), asked, noise);
        let scales = self.sheet.as_ref().map(|sheet| &sheet.scales);
        let fitted = estimate.ms * scales.map_or(1.0, Scales::factor);
        let batch = self.at_batch(asked, fit, fitted);
        let ms = fitted * batch.factor;
        let beyond = self.range().batch_doubt(self.images(asked).unwrap_or(0.0));
        let sheets = scales.map_or(0.0, |s| s.spread);
        let doubt = batch.spread.hypot(sheets).hypot(beyond);
        let half_width = |doubt: f64| estimate.half_width.hypot(asked.level.z() * doubt);
        // Data sheets say nothing of the host.
        let sooner = scales.map_or(0.0, |_| batch.sooner);
        let time = Time {
            ms,
            low_ms: ms * (-half_width(doubt.hypot(sooner))).exp(),
            high_ms: ms * half_width(doubt).exp(),
        };
        (time, estimate, batch)
    }

    /// What each column of the form takes of the time, and launching.
    #[must_use]
    pub fn column_shares(&self, asked: &Asked) -> Option<ColumnShares> {
        let fit = self.fit_for(asked.estimator, asked.features)?;
        let (_, _, AtBatch { launching, .. }) = self.timed(asked, fit);
        let parts = fit.fitted.parts(asked.features, asked.group);
        let total: f64 = parts.iter().sum();
        let share = |ms: f64| (1.0 - launching) * ms / total;
        Some(ColumnShares {
            form: fit.form,
            columns: parts.into_iter().map(share).collect(),
            launching,
        })
    }

    /// The time that `sample` was predicted to take when it was left out of the fit, in milliseconds; `None` where it was
    /// not: of the only net of a group, say, or of many timings of which a part was left out.
    #[must_use]
    pub fn left_out_ms(&self, sample: &Sample, estimator: Estimator) -> Option<f64> {
        let fit = self.fit_for(estimator, &sample.features)?;
        fit.validation.predicted_ms(sample.row)
    }

    /// The nearest nets that were timed, three at most.
    #[must_use]
    pub fn nearest(&self, asked: &Asked) -> Vec<Nearest> {
        self.fit_for(asked.estimator, asked.features)
            .map_or_else(Vec::new, |fit| {
                fit.neighbours.nearest(asked.features, asked.group)
            })
    }

    fn warnings(
        &self,
        asked: &Asked,
        estimate: &Estimate,
        shares: &[(Part, f64)],
        batch: AtBatch,
    ) -> Vec<Warning> {
        let (platform, mode) = (&self.own.platform.id, self.own.mode);
        let mut warnings = Vec::new();
        warnings.extend(self.sheet.iter().flat_map(Warning::sheet));
        warnings.extend(self.range().beyond(asked.features));
        warnings.extend((!estimate.seen).then(|| Warning::unseen(asked.group, platform, mode)));
        warnings.extend(Warning::few(self.measurements(), platform, mode));
        let compute = shares.iter().find(|(part, _)| *part == Part::Compute);
        warnings.extend(compute.and_then(|(_, share)| Warning::flop_bound(*share)));
        if let Some(images) = self.images(asked) {
            warnings.extend(self.range().beyond_batch(images));
            let launching = (batch.launching > 0.0).then_some(batch.launching);
            let host = self.sheet.is_none().then_some(platform);
            warnings.extend(Warning::overhead_bound(images, launching, host));
        }
        let borrowed = estimate.borrowed.as_ref();
        warnings.extend(borrowed.map(|b| Warning::borrowed(asked.group, b)));
        warnings.extend(estimate.lent.as_ref().and_then(Warning::lent));
        warnings
    }

    fn range(&self) -> &Range {
        &self.own.parts().range
    }
}

//! What an upload does to the fits: how far off they are before and after, what moves, and who decides.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::calibration::TrackRecord;
use super::foretold::Foretold;
use super::named::{NAMED, Named};
use super::quarantine::weigh;
use crate::timing::data::platform::{Mode, Platform, PlatformId};
use crate::timing::fit::estimator::Estimator;
use crate::timing::fit::level::Level;
use crate::timing::fit::training::{Sample, TrainingSet};
use crate::timing::predict::prediction::Asked;
use crate::timing::predict::predictor::Predictor;
use crate::timing::predict::predictors::Predictors;

/// What an upload does to the fits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Impact {
    /// Of each platform and mode that it brings timings of.
    pub fits: Vec<FitImpact>,
    /// Why some of them are not told of; null where all are.
    pub left_out: Option<String>,
}

/// What an upload does to the fit of one platform and mode.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FitImpact {
    /// The platform.
    pub platform: PlatformId,
    /// What was timed.
    pub mode: Mode,
    /// The fit before; null where there was none.
    pub before: Option<FitState>,
    /// The fit with the upload; null where nothing is in it.
    pub after: Option<FitState>,
    /// How the fit before predicts the timings that come and are in the fits.
    pub foretold: TrackRecord,
    /// The named nets whose predicted times move most, ten at most, that which moves most first.
    pub moved: Vec<MovedNet>,
    /// Who has sent most of what the fit believes; null where nothing is in it.
    pub largest_sender: Option<LargestPart>,
    /// The timing group that most of that is of; likewise.
    pub largest_group: Option<LargestPart>,
    /// What to know of the fit.
    pub warnings: Vec<ImpactWarning>,
}

/// How good a fit is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FitState {
    /// Timings in it.
    pub measurements: usize,
    /// Mean relative error over nets that were left out of the fit; null where there are too few.
    pub cross_validated_error: Option<f64>,
    /// Share of timings that were left out which lie within their intervals of level 0.9; likewise.
    pub covered_90: Option<f64>,
}

/// A named net whose predicted time moves.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MovedNet {
    /// Its name.
    pub name: &'static str,
    /// Seconds for an epoch of ImageNet before …
    pub before_epoch_seconds: f64,
    /// … and after.
    pub after_epoch_seconds: f64,
}

/// Whose part of a fit is how large.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LargestPart {
    /// Whose.
    pub name: String,
    /// Its share in what the timings of the fit weigh.
    pub share: f64,
}

/// What to know of a fit.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ImpactWarning {
    /// Stable: `one_sender` or `one_group`.
    pub code: &'static str,
    /// One sentence.
    pub detail: String,
}

/// Nets that are told of.
const TOLD: usize = 10;
/// Factor, as a log, below which a time has not moved.
const STILL: f64 = 1e-3;
/// Share of the weight from which one decides a fit.
const DECIDES: f64 = 0.5;
/// Training images of `ImageNet`.
const IMAGES: f64 = 1_281_167.0;

/// One platform and mode, and what will be in its fit.
#[derive(Debug)]
pub struct Case<'a> {
    /// The fits that stand.
    pub predictors: &'a Predictors,
    /// The platform.
    pub platform: &'a Platform,
    /// The mode.
    pub mode: Mode,
    /// Its timings once the upload is stored.
    pub set: TrainingSet,
    /// Who sent them, by id of the measurement.
    pub senders: &'a BTreeMap<i64, String>,
}

impl Case<'_> {
    /// What an upload of which the timings were `foretold` so does to the fit; and the fit that will be.
    #[must_use]
    pub fn impact(mut self, foretold: &[Foretold]) -> (FitImpact, Option<Predictor>) {
        weigh(self.platform, self.mode, &mut self.set);
        let key = (self.platform.id.clone(), self.mode);
        let before = self.predictors.get(&key.0, key.1).map(AsRef::as_ref);
        let after = self.fit();
        let inside = |row: i64| self.senders.contains_key(&row);
        let own = foretold.iter();
        let own = own.filter(|one| one.fit == key && inside(one.row));
        let both = before.zip(after.as_ref());
        let (largest_sender, senders) = self.largest(|_, sample| {
            let name = self.senders.get(&sample.row);
            name.map_or("", String::as_str)
        });
        let (largest_group, groups) = self.largest(|group, _| group);
        let impact = FitImpact {
            before: before.map(FitState::of),
            after: after.as_ref().map(FitState::of),
            foretold: TrackRecord::of(own.map(|one| (one.off, one.half_widths))),
            moved: both.map_or_else(Vec::new, |(before, after)| moved(before, after)),
            warnings: warnings(
                largest_sender.as_ref().filter(|_| senders > 1),
                largest_group.as_ref().filter(|_| groups > 1),
            ),
            largest_sender,
            largest_group,
            platform: key.0,
            mode: key.1,
        };
        (impact, after)
    }

    /// The fit that will be.
    fn fit(&self) -> Option<Predictor> {
        let fit = Predictor::fit(self.platform.clone(), self.mode, &self.set, None)?;
        let mut fit = fit.validated();
        let others: Vec<&Predictor> = self.predictors.all().map(AsRef::as_ref).collect();
        fit.borrow_from(&others);
        Some(fit)
    }

    /// Whose samples weigh most, where `whose` names them, and how many have some.
    fn largest<'a>(
        &'a self,
        whose: impl Fn(&'a str, &Sample) -> &'a str,
    ) -> (Option<LargestPart>, usize) {
        let mut weights: BTreeMap<&str, f64> = BTreeMap::new();
        for (group, sample) in self.set.samples() {
            let name = whose(group.as_str(), sample);
            *weights.entry(name).or_default() += sample.weight();
        }
        weights.retain(|_, weight| *weight > 0.0);
        let total: f64 = weights.values().sum();
        // The first of equals, so that the answer is always the same.
        let most = weights
            .iter()
            .reduce(|most, next| if next.1 > most.1 { next } else { most });
        let part = most.map(|(name, weight)| LargestPart {
            name: (*name).to_owned(),
            share: weight / total,
        });
        (part, weights.len())
    }
}

impl FitState {
    fn of(fit: &Predictor) -> Self {
        let mut forms = Estimator::default().forms().iter();
        let validated = forms.find_map(|form| Some((form, fit.error(*form)?)));
        Self {
            measurements: fit.measurements(),
            cross_validated_error: validated.map(|(_, error)| error),
            covered_90: validated.and_then(|(form, _)| fit.covered(*form, Level::DEFAULT)),
        }
    }
}

/// The named nets that move most from `before` to `after`.
fn moved(before: &Predictor, after: &Predictor) -> Vec<MovedNet> {
    let devices = f64::from(after.platform().device_count);
    let time = |fit: &Predictor, net: &Named| {
        let asked = Asked {
            features: &net.features,
            group: &net.group,
            estimator: Estimator::default(),
            level: Level::DEFAULT,
            batch_size: None,
        };
        Some(fit.time(&asked)?.ms * IMAGES / (1e3 * devices))
    };
    let moved = |net: &'static Named| {
        let (before, after) = (time(before, net)?, time(after, net)?);
        let far = (after / before).ln().abs();
        let moved = MovedNet {
            name: net.entry.name(),
            before_epoch_seconds: before,
            after_epoch_seconds: after,
        };
        (far > STILL).then_some((far, moved))
    };
    let nets = NAMED.iter().filter(|net| net.is_what_its_name_means());
    let mut all: Vec<(f64, MovedNet)> = nets.filter_map(moved).collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.name.cmp(b.1.name)));
    all.truncate(TOLD);
    all.into_iter().map(|(_, moved)| moved).collect()
}

/// Warns of a sender and a group that decide a fit beside others. What came with the service is nobody's opinion.
fn warnings(sender: Option<&LargestPart>, group: Option<&LargestPart>) -> Vec<ImpactWarning> {
    let decides = |part: &&LargestPart| part.share > DECIDES;
    let sender = sender.filter(|part| part.name != "seed").filter(decides);
    let sender = sender.map(|LargestPart { name, share }| ImpactWarning {
        code: "one_sender",
        detail: format!(
            "{} of what this fit believes was sent by {name}",
            percent(*share)
        ),
    });
    let group = group.filter(decides);
    let group = group.map(|LargestPart { name, share }| ImpactWarning {
        code: "one_group",
        detail: format!(
            "{} of what this fit believes is of the timing group {name}",
            percent(*share)
        ),
    });
    sender.into_iter().chain(group).collect()
}

impl FitImpact {
    /// The same in lines for a person.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let of = |state: &Option<FitState>, what: &dyn Fn(&FitState) -> Option<String>| {
            let said = state.as_ref().and_then(what);
            said.unwrap_or_else(|| "–".to_owned())
        };
        let change = |what: &dyn Fn(&FitState) -> Option<String>| {
            format!("{} → {}", of(&self.before, what), of(&self.after, what))
        };
        let mut lines = vec![format!(
            "{} ({}): {} timings in the fit, off by {} for nets left out, 90 % intervals hold {}",
            self.platform,
            self.mode,
            change(&|state| Some(state.measurements.to_string())),
            change(&|state| state.cross_validated_error.map(percent)),
            change(&|state| state.covered_90.map(percent)),
        )];
        if let Some(covered) = self.foretold.covered_90 {
            lines.push(format!(
                "{} of {} new timings lay within the 90 % intervals of the fit before",
                percent(covered),
                self.foretold.rows
            ));
        }
        let nets = self.moved.iter().take(3).map(MovedNet::told);
        let nets: Vec<String> = nets.collect();
        if !nets.is_empty() {
            lines.push(format!("moves most: {}", nets.join(", ")));
        }
        lines.extend(self.warnings.iter().map(|warning| warning.detail.clone()));
        lines
    }
}

impl MovedNet {
    fn told(&self) -> String {
        let factor = self.after_epoch_seconds / self.before_epoch_seconds;
        format!("{} by {:+.1} %", self.name, 100.0 * (factor - 1.0))
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

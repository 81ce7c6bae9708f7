//! What is fitted to the timings of one platform in one mode, and what it predicts.

use serde::Serialize;
use utoipa::ToSchema;

use super::estimator::{Estimator, Fitted};
use super::features::Features;
use super::interval::{Level, Scores};
use super::line::Explanation;
use super::platform::{Mode, Platform};
use super::training::{Sample, TrainingSet};
use crate::net::{Complexity, Group};

/// The fits of one platform and mode.
#[derive(Debug)]
pub struct Predictor {
    platform: Platform,
    mode: Mode,
    set: TrainingSet,
    fits: Vec<Fit>,
    explanation: Explanation,
    by_group: Vec<Explanation>,
    range: Range,
    fingerprint: String,
}

/// One estimator's fit, with the residuals that make its intervals.
#[derive(Debug)]
struct Fit {
    estimator: Estimator,
    fitted: Fitted,
    /// Of nets left out.
    net_out: Validation,
    /// Of whole groups left out: what a group without timings can expect.
    group_out: Validation,
}

/// Residuals of timings that a fit has not seen.
#[derive(Debug, Default)]
struct Validation {
    scores: Scores,
    mape: Option<f64>,
}

/// Least and largest features that were measured.
#[derive(Clone, Copy, Debug)]
struct Range {
    low: Features,
    high: Features,
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
    /// What to know before trusting it.
    pub warnings: Vec<Warning>,
}

/// What to know before trusting a prediction.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Warning {
    /// Stable: `unseen_group`, `few_measurements` or `extrapolation`.
    #[schema(example = "extrapolation")]
    pub code: &'static str,
    /// One sentence.
    pub detail: String,
}

/// Timings below which a platform's fit is called thin.
const FEW: usize = 10;
/// Most folds of a cross-validation.
const FOLDS: usize = 10;
/// How far beyond the measured range a cost may lie without a word.
const SLACK: f64 = 1.1;

impl Predictor {
    /// The fits to `set`, `None` where it is empty.
    #[must_use]
    pub fn fit(platform: Platform, mode: Mode, set: TrainingSet) -> Option<Self> {
        let range = Range::of(set.samples())?;
        let fits = Estimator::ALL
            .into_iter()
            .filter_map(|estimator| Fit::new(estimator, &set))
            .collect();
        let by_group = (0..set.groups().len())
            .map(|group| Explanation::of_group(&set, group))
            .collect();
        let explanation = Explanation::of_all(&set);
        let fingerprint = set.fingerprint();
        Some(Self {
            platform,
            mode,
            set,
            fits,
            explanation,
            by_group,
            range,
            fingerprint,
        })
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

    /// The timings.
    #[must_use]
    pub fn set(&self) -> &TrainingSet {
        &self.set
    }

    /// How well the costs tell the time, of all timings.
    #[must_use]
    pub fn explanation(&self) -> &Explanation {
        &self.explanation
    }

    /// The same by group.
    pub fn groups(&self) -> impl Iterator<Item = (&Group, &Explanation)> {
        self.set.groups().iter().zip(&self.by_group)
    }

    /// Name of the fit: the same for the same timings and estimator, whatever their order was.
    #[must_use]
    pub fn id(&self, estimator: Estimator) -> String {
        let name = match estimator {
            Estimator::Costs => "costs",
            Estimator::Paper => "paper",
        };
        format!(
            "{}:{}:{name}:{}",
            self.platform.id, self.mode, self.fingerprint
        )
    }

    /// What `estimator` has fitted.
    #[must_use]
    pub fn fitted(&self, estimator: Estimator) -> Option<&Fitted> {
        self.fit_of(estimator).map(|fit| &fit.fitted)
    }

    /// Mean of |predicted - measured| / measured over nets left out of the fit; `None` where there are too few.
    #[must_use]
    pub fn error(&self, estimator: Estimator) -> Option<f64> {
        self.fit_of(estimator)?.net_out.mape
    }

    fn fit_of(&self, estimator: Estimator) -> Option<&Fit> {
        self.fits.iter().find(|fit| fit.estimator == estimator)
    }

    /// The time of a net with `costs` in `group`; `None` where `estimator` could not be fitted.
    #[must_use]
    pub fn predict(
        &self,
        costs: &Complexity,
        group: &Group,
        asked: (Estimator, Level),
    ) -> Option<Prediction> {
        let (estimator, level) = asked;
        let fit = self.fit_of(estimator)?;
        let features = Features::new(costs);
        let position = self.set.position(group);
        let ms = fit.fitted.ms(&features, position);
        let net_out = fit.net_out.scores.half_width(level);
        let beyond = self.range.beyond(&features);
        let half_width = match position {
            Some(_) => net_out,
            None => net_out.max(fit.group_out.scores.half_width(level)),
        } + beyond
            .iter()
            .map(|(_, factor)| factor.ln() * WIDER_BEYOND)
            .sum::<f64>();
        let mut warnings: Vec<Warning> = beyond
            .iter()
            .map(|(cost, factor)| outside(cost, *factor))
            .collect();
        warnings.extend(position.is_none().then(|| self.unseen(group)));
        warnings.extend((self.set.len() < FEW).then(|| self.few()));
        Some(Prediction {
            ms,
            low_ms: ms * (-half_width).exp(),
            high_ms: ms * half_width.exp(),
            warnings,
        })
    }

    fn unseen(&self, group: &Group) -> Warning {
        let detail = format!(
            "no net of the group {group} was timed on {} ({}), so its own speed is not known there",
            self.platform.id, self.mode
        );
        Warning {
            code: "unseen_group",
            detail,
        }
    }

    fn few(&self) -> Warning {
        let detail = format!(
            "only {} timings on {} ({})",
            self.set.len(),
            self.platform.id,
            self.mode
        );
        Warning {
            code: "few_measurements",
            detail,
        }
    }
}

/// Growth of the half-width (natural log) for each factor e beyond the measured range.
const WIDER_BEYOND: f64 = 0.1;

fn outside(cost: &str, factor: f64) -> Warning {
    let detail = format!("{cost} {factor:.1}x beyond what was measured");
    Warning {
        code: "extrapolation",
        detail,
    }
}

impl Fit {
    fn new(estimator: Estimator, set: &TrainingSet) -> Option<Self> {
        let fitted = Fitted::new(estimator, set)?;
        let net_out = Validation::new(estimator, set, &folds(set));
        let group_out = match set.groups().len() {
            1 => Validation::default(),
            _ => Validation::new(
                estimator,
                set,
                &set.samples().iter().map(|s| s.group).collect::<Vec<_>>(),
            ),
        };
        Some(Self {
            estimator,
            fitted,
            net_out,
            group_out,
        })
    }
}

impl Validation {
    /// Residuals of every sample, predicted by a fit to the samples of the other folds.
    fn new(estimator: Estimator, set: &TrainingSet, fold_of: &[usize]) -> Self {
        let folds = fold_of.iter().max().map_or(0, |last| last + 1);
        let mut pairs = Vec::with_capacity(set.len());
        for fold in 0..folds {
            let mut position = fold_of.iter();
            let rest = set.filtered(|_| position.next() != Some(&fold));
            let Some(fitted) = Fitted::new(estimator, &rest) else {
                continue;
            };
            let left_out = set
                .samples()
                .iter()
                .zip(fold_of)
                .filter(|(_, f)| **f == fold);
            pairs.extend(left_out.map(|(s, _)| {
                let known = rest.samples().iter().any(|other| other.group == s.group);
                (s.ms, fitted.ms(&s.features, known.then_some(s.group)))
            }));
        }
        let n: f64 = pairs.iter().map(|_| 1.0).sum();
        let sum: f64 = pairs
            .iter()
            .map(|(measured, predicted)| (predicted / measured - 1.0).abs())
            .sum();
        Self {
            mape: (n > 0.0).then(|| sum / n),
            scores: Scores::new(pairs),
        }
    }
}

/// The fold of each sample: nets are dealt out in their own order, repeats of a net together.
fn folds(set: &TrainingSet) -> Vec<usize> {
    let mut nets: Vec<_> = set.samples().iter().map(|sample| sample.net).collect();
    nets.sort_unstable();
    nets.dedup();
    let fold = |sample: &Sample| nets.binary_search(&sample.net).unwrap_or_default() % FOLDS;
    set.samples().iter().map(fold).collect()
}

impl Range {
    fn of(samples: &[Sample]) -> Option<Self> {
        let first = samples.first()?.features;
        let extend = |range: Self, sample: &Sample| Self {
            low: range.low.each(&sample.features, f64::min),
            high: range.high.each(&sample.features, f64::max),
        };
        Some(samples.iter().fold(
            Self {
                low: first,
                high: first,
            },
            extend,
        ))
    }

    /// The costs that lie outside, with the factor by which they do.
    fn beyond(&self, features: &Features) -> Vec<(&'static str, f64)> {
        let outside = |cost: fn(&Features) -> f64| {
            (cost(features) / cost(&self.high)).max(cost(&self.low) / cost(features))
        };
        let costs = [
            ("acts are", outside(|f| f.acts)),
            ("flops are", outside(|f| f.flops)),
        ];
        costs
            .into_iter()
            .filter(|(_, factor)| *factor > SLACK)
            .collect()
    }
}

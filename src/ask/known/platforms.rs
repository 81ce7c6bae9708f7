//! Platforms: what was timed where, and what the fits say.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::ask::evidence::{UnitTime, unit_times};
use crate::json::{nearest, shortened_text};
use crate::net::Group;
use crate::timing::fit::line::Explanation;
use crate::timing::{Estimator, Form, Mode, Platform, PlatformId, Predictor, Predictors};
use crate::units::moment::rfc3339;

/// A platform and how much is known of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlatformRow {
    /// What it is.
    #[serde(flatten)]
    pub platform: Platform,
    /// Timings in the fits.
    pub measurements: Measured,
    /// Of these, those that are hardly believed and weigh less than half.
    pub doubted: Measured,
    /// Timings that are kept out of the fits.
    pub out: Measured,
    /// Mean relative error of predictions for nets that were left out of the fit.
    pub cross_validated_error: Errors,
    /// When the last of its timings came; null where it has none.
    #[schema(example = "2026-11-24T12:00:00Z")]
    pub last_upload: Option<String>,
}

/// Timings by mode.
#[derive(Debug, Serialize, ToSchema)]
pub struct Measured {
    /// Of forward and backward pass.
    pub train: usize,
    /// Of the forward pass alone.
    pub infer: usize,
}

/// Errors by mode.
#[derive(Debug, Serialize, ToSchema)]
pub struct Errors {
    /// Of training; null where there are too few timings.
    pub train: Option<f64>,
    /// Of inference; the same.
    pub infer: Option<f64>,
}

impl PlatformRow {
    fn new(platform: &Platform, predictors: &Predictors, last: &BTreeMap<String, i64>) -> Self {
        let timings = |mode| {
            predictors
                .get(&platform.id, mode)
                .map_or(0, |predictor| predictor.measurements())
        };
        let measurements = Measured {
            train: timings(Mode::Train),
            infer: timings(Mode::Infer),
        };
        let standing = |mode| predictors.standing(&platform.id, mode);
        let (train, infer) = (standing(Mode::Train), standing(Mode::Infer));
        let error = |mode| {
            let predictor = predictors.get(&platform.id, mode)?;
            let mut forms = Estimator::default().forms().iter();
            forms.find_map(|form| predictor.error(*form))
        };
        let cross_validated_error = Errors {
            train: error(Mode::Train),
            infer: error(Mode::Infer),
        };
        let last = last.get(platform.id.as_str());
        Self {
            platform: platform.clone(),
            measurements,
            doubted: Measured {
                train: train.doubted,
                infer: infer.doubted,
            },
            out: Measured {
                train: train.out,
                infer: infer.out,
            },
            cross_validated_error,
            last_upload: last.map(|at| rfc3339(*at)),
        }
    }
}

/// All platforms.
#[derive(Debug, Serialize, ToSchema)]
pub struct Platforms {
    /// By id.
    pub platforms: Vec<PlatformRow>,
}

/// All platforms of `predictors`, by id; `last` says when the last timing of each came.
#[must_use]
pub fn listed(predictors: &Predictors, last: &BTreeMap<String, i64>) -> Platforms {
    let all = predictors.platforms.values();
    Platforms {
        platforms: all
            .map(|platform| PlatformRow::new(platform, predictors, last))
            .collect(),
    }
}

/// A platform with its fits.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlatformAnswer {
    /// As in the list.
    #[serde(flatten)]
    row: PlatformRow,
    /// What its timings say, for each mode that was timed.
    fits: Vec<ModeFits>,
}

/// What the timings of one mode say.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModeFits {
    /// The mode.
    mode: Mode,
    /// How well flops, params and acts tell the time, and the paper's line, over all timings.
    all: Explanation,
    /// The same for each timing group.
    groups: Vec<GroupExplanation>,
    /// The estimators that predictions can ask for.
    estimators: Vec<EstimatorRow>,
}

/// How well the costs tell the time within one timing group.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupExplanation {
    /// The group.
    family: Group,
    /// What its timings say.
    #[serde(flatten)]
    explanation: Explanation,
}

/// One estimator's fit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EstimatorRow {
    /// How it was made.
    estimator: Estimator,
    /// Its name, as predictions carry it.
    id: String,
    /// What it looks at, the first that is known of a net.
    forms: Vec<FormRow>,
}

/// What was fitted to one kind of costs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FormRow {
    /// What it looks at.
    based_on: Form,
    /// Mean relative error over nets that were left out of the fit; null where there are too few.
    cross_validated_error: Option<f64>,
    /// Milliseconds for one image on one device, for each unit of a cost.
    coefficients: Vec<Coefficient>,
}

/// What one unit of a cost takes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Coefficient {
    /// Timing group that it holds for; null: for a group without timings.
    family: Option<Group>,
    /// The cost, and its unit.
    #[serde(flatten)]
    time: UnitTime,
}

/// The platform called `word`.
///
/// # Errors
/// Says which ids are like it, where there is none.
pub(crate) fn named<'a>(predictors: &'a Predictors, word: &str) -> Result<&'a Platform, String> {
    let id = PlatformId::new(word).ok();
    let found = id.and_then(|id| predictors.platforms.get(&id));
    found.ok_or_else(|| {
        let known = predictors.platforms.keys().map(PlatformId::as_str);
        let nearest = nearest(word, &known.collect::<Vec<_>>());
        format!(
            "no platform is called `{}`: {nearest}",
            shortened_text(word)
        )
    })
}

/// `platform` with its fits; `last` says when the last timing of each came.
pub(crate) fn with_fits(
    platform: &Platform,
    predictors: &Predictors,
    last: &BTreeMap<String, i64>,
) -> PlatformAnswer {
    let fits = Mode::ALL
        .into_iter()
        .filter_map(|mode| predictors.get(&platform.id, mode))
        .map(|p| mode_fits(p));
    PlatformAnswer {
        fits: fits.collect(),
        row: PlatformRow::new(platform, predictors, last),
    }
}

fn mode_fits(predictor: &Predictor) -> ModeFits {
    let group = |(group, explanation): &(Group, Explanation)| GroupExplanation {
        family: group.clone(),
        explanation: explanation.clone(),
    };
    let estimator = |estimator: Estimator| EstimatorRow {
        estimator,
        id: predictor.id(estimator).to_string(),
        forms: estimator
            .forms()
            .iter()
            .filter_map(|form| form_row(predictor, *form))
            .collect(),
    };
    ModeFits {
        mode: predictor.mode(),
        all: predictor.explanation().clone(),
        groups: predictor.groups().iter().map(group).collect(),
        estimators: Estimator::ALL.into_iter().map(estimator).collect(),
    }
}

fn form_row(predictor: &Predictor, based_on: Form) -> Option<FormRow> {
    let own = predictor.fitted(based_on)?.groups().into_iter().map(Some);
    let coefficients = std::iter::once(None).chain(own).flat_map(|group| {
        let times = unit_times(predictor, based_on, group).into_iter();
        times.map(move |time| Coefficient {
            family: group.cloned(),
            time,
        })
    });
    Some(FormRow {
        based_on,
        cross_validated_error: predictor.error(based_on),
        coefficients: coefficients.collect(),
    })
}

//! The estimators that can be asked for by name, and what each has fitted.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::costs::Costs;
use super::features::Features;
use super::line::Line;
use super::training::TrainingSet;

/// A way to predict.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Estimator {
    /// Acts and flops with an effect of the timing group, to the relative error ([`Costs`]).
    #[default]
    Costs,
    /// The paper's line, time against acts by ordinary least squares ([`Line`]).
    Paper,
}

impl Estimator {
    /// All, the default first.
    pub const ALL: [Self; 2] = [Self::Costs, Self::Paper];
}

/// What an estimator has fitted.
#[derive(Clone, Debug, PartialEq)]
pub enum Fitted {
    /// By [`Estimator::Costs`].
    Costs(Costs),
    /// By [`Estimator::Paper`].
    Paper {
        /// The line.
        line: Line,
        /// The least that it answers, since a line may cross zero.
        floor_ms: f64,
    },
}

impl Fitted {
    /// `estimator` fitted to `set`, `None` where the set is empty.
    #[must_use]
    pub fn new(estimator: Estimator, set: &TrainingSet) -> Option<Self> {
        match estimator {
            Estimator::Costs => Costs::fit(set).map(Self::Costs),
            Estimator::Paper => paper(set),
        }
    }

    /// Milliseconds for one image on one device, positive; `group` is a position in the training set.
    #[must_use]
    pub fn ms(&self, features: &Features, group: Option<usize>) -> f64 {
        match self {
            Self::Costs(costs) => costs.ms(features, group),
            Self::Paper { line, floor_ms } => line.ms(features).max(*floor_ms),
        }
    }
}

/// The line, through zero where all nets have the same acts.
fn paper(set: &TrainingSet) -> Option<Fitted> {
    let fastest = set
        .samples()
        .iter()
        .map(|sample| sample.ms)
        .reduce(f64::min)?;
    let line = Line::fit(set.samples()).unwrap_or_else(|| {
        let (ms, acts) = set.samples().iter().fold((0.0, 0.0), |(ms, acts), s| {
            (ms + s.ms, acts + s.features.acts)
        });
        Line {
            intercept_ms: 0.0,
            ms_per_million_acts: ms / acts,
        }
    });
    // A tenth of the fastest measured time: as far below as the line is still taken at its word.
    Some(Fitted::Paper {
        line,
        floor_ms: fastest / 10.0,
    })
}

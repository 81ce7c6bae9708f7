//! The paper's line: time against acts by ordinary least squares, and how well each cost tells the time.
//!
//! t = c + a·A, with t milliseconds for one image on one device and A millions of acts. It explains (r near 1) better
//! than it predicts: it minimises absolute errors, so the large nets decide it. Source: "Fast and Accurate Model
//! Scaling" (Dollár, Singh, Girshick, CVPR 2021), section 3.1 and Fig. 2.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cost::{Cost, Straight};
use super::features::Features;
use super::regression::pearson;
use super::training::Sample;

/// A fitted line.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Line {
    /// c, in milliseconds.
    pub intercept_ms: f64,
    /// a, in milliseconds for a million acts.
    pub ms_per_million_acts: f64,
}

impl Line {
    /// The line of least squares through (acts, milliseconds), `None` where there are fewer than two nets of different
    /// acts.
    #[must_use]
    pub fn fit(rows: impl Iterator<Item = (f64, f64)> + Clone) -> Option<Self> {
        let straight = Straight::fit(rows)?;
        Some(Self {
            intercept_ms: straight.intercept_ms,
            ms_per_million_acts: straight.ms_per_unit,
        })
    }

    /// Milliseconds for one image on one device, not always positive.
    #[must_use]
    pub fn ms(&self, features: &Features) -> f64 {
        self.intercept_ms + self.ms_per_million_acts * features.acts
    }
}

/// Pearson's r of the time with each cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Correlations {
    /// With flops.
    pub flops: Option<f64>,
    /// With params.
    pub params: Option<f64>,
    /// With acts.
    pub acts: Option<f64>,
}

/// How well the costs tell the time, of all timings of a platform or of one group's.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Explanation {
    /// Number of timings.
    pub n: usize,
    /// The line, where two nets differ in acts.
    pub line: Option<Line>,
    /// Share of the variance of the time that the line explains.
    pub r_squared: Option<f64>,
    /// Pearson's r of the time with each cost.
    pub r: Correlations,
    /// The same line on flops.
    #[serde(skip)]
    pub on_flops: Option<Straight>,
    /// The same line on params.
    #[serde(skip)]
    pub on_params: Option<Straight>,
}

impl Explanation {
    /// Pearson's r of the time with `cost`, and the line on it.
    #[must_use]
    pub fn of(&self, cost: Cost) -> (Option<f64>, Option<Straight>) {
        match cost {
            Cost::Acts => {
                let line = self.line.map(|line| Straight {
                    intercept_ms: line.intercept_ms,
                    ms_per_unit: line.ms_per_million_acts,
                });
                (self.r.acts, line)
            }
            Cost::Flops => (self.r.flops, self.on_flops),
            Cost::Params => (self.r.params, self.on_params),
        }
    }

    /// The explanation of `samples`.
    #[must_use]
    pub fn new<'a>(samples: impl Iterator<Item = &'a Sample>) -> Self {
        // Gathered first: samples are spread over memory, and each figure looks at all of them.
        let rows: Vec<[f64; 4]> = samples
            .map(|s| [s.features.flops, s.features.params, s.features.acts, s.ms])
            .collect();
        let with = |k: usize| pearson(rows.iter().map(move |row| (row[k], row[3])));
        let r = Correlations {
            flops: with(0),
            params: with(1),
            acts: with(2),
        };
        Self {
            n: rows.len(),
            line: Line::fit(rows.iter().map(|row| (row[2], row[3]))),
            on_flops: Straight::fit(rows.iter().map(|row| (row[0], row[3]))),
            on_params: Straight::fit(rows.iter().map(|row| (row[1], row[3]))),
            // With one column and an intercept, R² is the square of r.
            r_squared: r.acts.map(|r| r * r),
            r,
        }
    }
}

/// All figures of an explanation, of which an answer shows a part.
pub(in crate::timing) type Figures = (
    usize,
    Option<Line>,
    Option<f64>,
    Correlations,
    Option<Straight>,
    Option<Straight>,
);

impl Explanation {
    /// All its figures, to be kept.
    pub(in crate::timing) fn figures(&self) -> Figures {
        (
            self.n,
            self.line,
            self.r_squared,
            self.r,
            self.on_flops,
            self.on_params,
        )
    }

    /// That of kept figures.
    pub(in crate::timing) fn of_figures(figures: Figures) -> Self {
        let (n, line, r_squared, r, on_flops, on_params) = figures;
        Self {
            n,
            line,
            r_squared,
            r,
            on_flops,
            on_params,
        }
    }
}

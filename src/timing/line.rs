//! The paper's line: time against acts by ordinary least squares, and how well each cost tells the time.
//!
//! t = c + a·A, with t milliseconds for one image on one device and A millions of acts. It explains (r near 1) better
//! than it predicts: it minimises absolute errors, so the large nets decide it. Source: "Fast and Accurate Model
//! Scaling" (Dollár, Singh, Girshick, CVPR 2021), section 3.1 and Fig. 2.

use serde::Serialize;
use utoipa::ToSchema;

use super::features::Features;
use super::regression::{Products, pearson};
use super::training::Sample;

/// A fitted line.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Line {
    /// c, in milliseconds.
    pub intercept_ms: f64,
    /// a, in milliseconds for a million acts.
    pub ms_per_million_acts: f64,
}

impl Line {
    /// The line of least squares, `None` where there are fewer than two nets of different acts.
    #[must_use]
    pub fn fit<'a>(samples: impl IntoIterator<Item = &'a Sample, IntoIter: Clone>) -> Option<Self> {
        let samples = samples.into_iter();
        // Acts are centred, so that the two columns are as independent as they can be.
        let n: f64 = samples.clone().map(|_| 1.0).sum();
        let mean = samples.clone().map(|s| s.features.acts).sum::<f64>() / n;
        let mut products = Products::<2>::default();
        for sample in samples {
            products.add([1.0, sample.features.acts - mean], sample.ms);
        }
        let [at_mean, slope] = products.least_squares()?;
        Some(Self {
            intercept_ms: at_mean - slope * mean,
            ms_per_million_acts: slope,
        })
    }

    /// Milliseconds for one image on one device, not always positive.
    #[must_use]
    pub fn ms(&self, features: &Features) -> f64 {
        self.intercept_ms + self.ms_per_million_acts * features.acts
    }
}

/// Pearson's r of the time with each cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
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
}

impl Explanation {
    /// The explanation of `samples`.
    #[must_use]
    pub fn new<'a>(samples: impl Iterator<Item = &'a Sample> + Clone) -> Self {
        let with = |cost: fn(&Features) -> f64| {
            pearson(samples.clone().map(move |s| (cost(&s.features), s.ms)))
        };
        let r = Correlations {
            flops: with(|f| f.flops),
            params: with(|f| f.params),
            acts: with(|f| f.acts),
        };
        // With one column and an intercept, R² is the square of r.
        let r_squared = r.acts.map(|r| r * r);
        Self {
            n: samples.clone().count(),
            line: Line::fit(samples),
            r_squared,
            r,
        }
    }
}

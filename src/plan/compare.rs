//! Many scaled forms of one net, side by side on several platforms.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Question;
use super::accuracy::{Expected, Published};
use super::memory::{Memory, Setup};
use crate::json::Invalid;
use crate::net::scaling::RawScaling;
use crate::net::{Net, STRATEGIES, Scaling};
use crate::timing::{Features, Prediction, Predictor};

/// Shares of the width at which the fast family is compared where a request names no strategy.
pub const ALPHAS: [f64; 3] = [1.0 / 3.0, 2.0 / 3.0, 0.8];
/// Factors where a request names none.
pub const FACTORS: [f64; 5] = [1.0, 2.0, 4.0, 8.0, 16.0];

/// One scaled form.
#[derive(Clone, Debug)]
pub struct Row {
    /// How it was scaled.
    pub scaling: Scaling,
    /// The scaled net.
    pub net: Net,
    /// What a regression sees of it.
    pub features: Features,
    /// Its time on each platform that was asked, in their order; `None` where the estimator has no fit there.
    pub times: Vec<Option<Compared>>,
    /// Its training memory, where that was asked for.
    pub memory: Option<Memory>,
    /// Its error, where published points say something of it.
    pub accuracy: Option<Expected>,
}

/// A predicted time beside others.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The prediction.
    pub prediction: Prediction,
    /// Its time over the base's.
    pub to_base: f64,
    /// Its time over that of the fastest form by the same factor.
    pub to_best: f64,
}

/// What is compared.
#[derive(Clone, Debug)]
pub struct Comparison<'a> {
    base: &'a Net,
    predictors: &'a [Arc<Predictor>],
    question: &'a Question,
    setup: Option<Setup>,
    published: Option<&'static Published>,
    base_features: Features,
    base_times: Vec<Option<Prediction>>,
}

impl<'a> Comparison<'a> {
    /// Forms of `base`, on the platforms of `predictors`; with the memory of training as `setup` says.
    #[must_use]
    pub fn new(
        base: &'a Net,
        predictors: &'a [Arc<Predictor>],
        question: &'a Question,
        setup: Option<Setup>,
    ) -> Self {
        let base_features = Features::of_net(base);
        Self {
            base,
            predictors,
            question,
            setup,
            published: Published::of(base),
            base_times: times(predictors, question, &base_features),
            base_features,
        }
    }

    /// What a regression sees of the base.
    #[must_use]
    pub fn base_features(&self) -> &Features {
        &self.base_features
    }

    /// The time of the base on each platform, in their order; `None` where the estimator has no fit.
    #[must_use]
    pub fn base_times(&self) -> &[Option<Prediction>] {
        &self.base_times
    }

    /// The base scaled by `scaling`; its times are their own best.
    ///
    /// # Errors
    /// Where it cannot be scaled so, as [`Scaling::apply`].
    pub fn row(&self, scaling: Scaling) -> Result<Row, Invalid> {
        let net = scaling.apply(self.base)?;
        let features = Features::of_net(&net);
        let times = times(self.predictors, self.question, &features);
        let times = times.into_iter().zip(&self.base_times);
        let compared = |(prediction, base): (Option<Prediction>, &Option<Prediction>)| {
            let prediction = prediction?;
            Some(Compared {
                to_base: prediction.ms / base.as_ref()?.ms,
                to_best: 1.0,
                prediction,
            })
        };
        let (costs, group) = (net.complexity(), &self.question.group);
        Ok(Row {
            times: times.map(compared).collect(),
            memory: self.setup.map(|setup| Memory::of(&costs, group, &setup)),
            accuracy: self
                .published
                .and_then(|known| known.expected(&scaling, &net)),
            net,
            features,
            scaling,
        })
    }
}

fn times(
    predictors: &[Arc<Predictor>],
    question: &Question,
    features: &Features,
) -> Vec<Option<Prediction>> {
    let asked = question.about(features);
    predictors.iter().map(|p| p.predict(&asked)).collect()
}

/// Relates each time to the least of the same factor on the same platform.
pub fn relate_to_best(rows: &mut [Row]) {
    // Factors are positive, so their bits are in their order.
    let mut best: BTreeMap<(u64, usize), f64> = BTreeMap::new();
    for row in rows.iter() {
        for (place, time) in row.times.iter().enumerate() {
            if let Some(time) = time {
                let key = (row.scaling.factor().to_bits(), place);
                let least = best.entry(key).or_insert(f64::INFINITY);
                *least = least.min(time.prediction.ms);
            }
        }
    }
    for row in rows {
        let factor = row.scaling.factor().to_bits();
        for (place, time) in row.times.iter_mut().enumerate() {
            if let (Some(time), Some(least)) = (time, best.get(&(factor, place))) {
                time.to_best = time.prediction.ms / least;
            }
        }
    }
}

/// The rules of `strategies` and `alphas`, by factor 1; where neither is named all strategies and [`ALPHAS`].
///
/// # Errors
/// At `/strategies/i` or `/alphas/i`.
pub fn ways(
    strategies: Option<Vec<String>>,
    alphas: Option<Vec<f64>>,
) -> Result<Vec<Scaling>, Invalid> {
    let (strategies, alphas) = match (strategies, alphas) {
        (None, None) => (
            STRATEGIES.map(|strategy| strategy.name.to_owned()).to_vec(),
            ALPHAS.to_vec(),
        ),
        (strategies, alphas) => (strategies.unwrap_or_default(), alphas.unwrap_or_default()),
    };
    let by_name = |(i, name): (usize, String)| {
        let raw = RawScaling {
            strategy: Some(name),
            factor: 1.0,
            ..RawScaling::default()
        };
        Scaling::try_from(raw).map_err(|e| moved(e, "/strategy", &format!("/strategies/{i}")))
    };
    let by_alpha = |(i, alpha): (usize, f64)| {
        let raw = RawScaling {
            alpha: Some(alpha),
            factor: 1.0,
            ..RawScaling::default()
        };
        Scaling::try_from(raw).map_err(|e| moved(e, "/alpha", &format!("/alphas/{i}")))
    };
    let named = strategies.into_iter().enumerate().map(by_name);
    named
        .chain(alphas.into_iter().enumerate().map(by_alpha))
        .collect()
}

/// `error` with what points at a request's scaling pointing at the net instead: a request about many ways has no one scaling.
#[must_use]
pub fn at_model(mut error: Invalid) -> Invalid {
    for field in &mut error.0 {
        if field.pointer == "/scaling" {
            "/model".clone_into(&mut field.pointer);
            field.value = serde_json::Value::Null;
            "a convolutional net".clone_into(&mut field.hint);
        }
    }
    error
}

/// `error` with pointers that start with `from` starting with `to` instead.
#[must_use]
pub fn moved(mut error: Invalid, from: &str, to: &str) -> Invalid {
    for field in &mut error.0 {
        if let Some(rest) = field.pointer.strip_prefix(from) {
            field.pointer = format!("{to}{rest}");
        }
    }
    error
}

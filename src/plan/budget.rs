//! Limits on what a net may cost, and which of them it breaks.

use std::cell::Cell;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Question;
use super::memory::{Memory, Setup};
use super::run::Run;
use crate::json::Invalid;
use crate::net::Net;
use crate::timing::{Features, Predictor, Predictors};
use crate::units::to_f64;

/// The most that a net may cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Seconds of one epoch, on every platform asked for.
    #[schema(example = 600)]
    pub epoch_seconds: Option<f64>,
    /// Seconds of the whole training: `epochs`, evaluations, loader and `devices` counted in.
    pub total_seconds: Option<f64>,
    /// Cost of the whole training at `price_per_hour`.
    pub cost: Option<f64>,
    /// Multiply-adds.
    pub flops: Option<f64>,
    /// Learned parameters.
    pub params: Option<f64>,
    /// Output elements of conv, linear, attention and max-pool layers.
    pub acts: Option<f64>,
    /// Bytes of a training step on one device, `batch_size` over the devices, or of one image where none is given.
    pub memory_bytes: Option<f64>,
}

/// Which time a limit on time looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    /// The prediction.
    #[default]
    Predicted,
    /// The upper end of its interval.
    High,
}

/// Why a net is no larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LimitedBy {
    /// A limit.
    EpochSeconds,
    /// A limit.
    TotalSeconds,
    /// A limit.
    Cost,
    /// A limit.
    Flops,
    /// A limit.
    Params,
    /// A limit.
    Acts,
    /// A limit.
    MemoryBytes,
    /// No limit: the factor is the largest that is looked at.
    MaxFactor,
    /// The next larger net cannot be made or counted: it has too many blocks or channels, or its shapes do not fit.
    NetSize,
    /// No net by this strategy reaches the target.
    Target,
    /// No error is published of this strategy and net.
    NoPublishedError,
}

impl LimitedBy {
    /// The word for it, as in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EpochSeconds => "epoch_seconds",
            Self::TotalSeconds => "total_seconds",
            Self::Cost => "cost",
            Self::Flops => "flops",
            Self::Params => "params",
            Self::Acts => "acts",
            Self::MemoryBytes => "memory_bytes",
            Self::MaxFactor => "max_factor",
            Self::NetSize => "net_size",
            Self::Target => "target",
            Self::NoPublishedError => "no_published_error",
        }
    }
}

/// Limits, and all that is needed to hold a net against them.
#[derive(Clone, Copy, Debug)]
pub struct Budget<'a> {
    /// The limits.
    pub limits: &'a Limits,
    /// Which time they look at.
    pub used: Use,
    /// What is asked of the platforms.
    pub question: &'a Question,
    /// All predictors, and those of the platforms asked for.
    pub predictors: (&'a Predictors, &'a [Arc<Predictor>]),
    /// How the nets are trained, where memory is limited.
    pub setup: Option<Setup>,
    /// The whole training.
    pub run: &'a Run,
    /// How much may be looked at, of all searches together.
    pub patience: &'a Patience,
}

/// Most layers that one question may have counted: a second and a half of work, at worst.
const LAYERS: usize = 10_000_000;

/// How many layers may still be counted.
#[derive(Debug)]
pub struct Patience(Cell<usize>);

impl Default for Patience {
    fn default() -> Self {
        Self(Cell::new(LAYERS))
    }
}

impl Patience {
    /// Takes a net of so many `layers` off it.
    ///
    /// # Errors
    /// At `/model`, where it is at its end.
    pub fn spend(&self, layers: usize) -> Result<(), Invalid> {
        let left = self.0.get().checked_sub(layers.max(1));
        let left = left.ok_or_else(|| {
            let detail = "to look through all nets that these ways make of this one takes too long";
            let hint = "name fewer `strategies`, such as dWr alone, or a net of at most a few hundred stages";
            Invalid::at("/model", (), detail, hint)
        })?;
        self.0.set(left);
        Ok(())
    }
}

impl Limits {
    /// Whether one of them needs a time.
    fn any_on_time(&self) -> bool {
        self.epoch_seconds.is_some() || self.any_on_whole()
    }

    /// Whether one of them needs the whole training.
    fn any_on_whole(&self) -> bool {
        self.total_seconds.is_some() || self.cost.is_some()
    }
}

impl Budget<'_> {
    /// The limit that `net` breaks by the largest factor, of the first kind that is broken: counts, memory, time; `None`
    /// where it is within all. A time that cannot be predicted breaks its limit.
    #[must_use]
    pub fn broken_by(&self, net: &Net) -> Option<LimitedBy> {
        self.counts_broken_by(net)
            .or_else(|| self.memory_broken_by(net))
            .or_else(|| self.time_broken_by(net))
    }

    /// Whether `net` and every net that is as wide and large, and nowhere less deep, breaks a limit: none of their costs and
    /// sums over layers is smaller.
    #[must_use]
    pub fn is_broken_from(&self, net: &Net) -> bool {
        if self.counts_broken_by(net).is_some() || self.memory_broken_by(net).is_some() {
            return true;
        }
        if !self.limits.any_on_time() {
            return false;
        }
        let features = Features::of_sums(net);
        let about = self.question.about(&features);
        self.predictors.1.iter().any(|predictor| {
            let ms = predictor.least_ms(&about).unwrap_or(f64::INFINITY);
            let epoch = self.question.epoch_seconds(predictor, ms);
            exceeds(epoch, self.limits.epoch_seconds)
                || (self.limits.any_on_whole() && self.whole_is_broken_from(predictor, &features))
        })
    }

    /// The same of the whole training, by its least seconds.
    fn whole_is_broken_from(&self, predictor: &Predictor, features: &Features) -> bool {
        let (run, all) = (self.run, self.predictors.0);
        let seconds = run.least_seconds(self.question, features, all, predictor);
        let seconds = seconds.unwrap_or(f64::INFINITY);
        let cost = run.price_per_hour.map(|price| price * seconds / 3600.0);
        exceeds(seconds, self.limits.total_seconds)
            || cost.is_some_and(|cost| exceeds(cost, self.limits.cost))
    }

    fn counts_broken_by(&self, net: &Net) -> Option<LimitedBy> {
        let (costs, limits) = (net.complexity(), self.limits);
        worst([
            (LimitedBy::Flops, costs.flops.as_f64(), limits.flops),
            (LimitedBy::Params, costs.params.as_f64(), limits.params),
            (LimitedBy::Acts, costs.acts.as_f64(), limits.acts),
        ])
    }

    fn memory_broken_by(&self, net: &Net) -> Option<LimitedBy> {
        let (limit, setup) = (self.limits.memory_bytes?, self.setup?);
        let memory = Memory::of(&net.complexity(), &self.question.group, &setup);
        worst([(LimitedBy::MemoryBytes, to_f64(memory.bytes), Some(limit))])
    }

    fn time_broken_by(&self, net: &Net) -> Option<LimitedBy> {
        if !self.limits.any_on_time() {
            return None;
        }
        let Limits {
            epoch_seconds,
            total_seconds,
            cost,
            ..
        } = *self.limits;
        let features = Features::of_net(net);
        self.predictors.1.iter().find_map(|predictor| {
            let epoch = self.epoch_seconds(predictor, &features);
            let total = if self.limits.any_on_whole() {
                self.total(predictor, &features)
            } else {
                None
            };
            worst([
                (LimitedBy::EpochSeconds, epoch, epoch_seconds),
                (
                    LimitedBy::TotalSeconds,
                    total.map_or(f64::INFINITY, |t| t.0),
                    total_seconds,
                ),
                (LimitedBy::Cost, total.map_or(f64::INFINITY, |t| t.1), cost),
            ])
        })
    }

    /// Seconds of an epoch, by the prediction or the upper end of its interval.
    fn epoch_seconds(&self, predictor: &Predictor, features: &Features) -> f64 {
        let time = predictor.time(&self.question.about(features));
        let ms = time.map_or(f64::INFINITY, |time| match self.used {
            Use::Predicted => time.ms,
            Use::High => time.high_ms,
        });
        self.question.epoch_seconds(predictor, ms)
    }

    /// Seconds and cost of the whole training, likewise.
    fn total(&self, predictor: &Predictor, features: &Features) -> Option<(f64, f64)> {
        let (total, _) = self
            .run
            .total(self.question, features, self.predictors.0, predictor)?;
        let (seconds, cost) = match self.used {
            Use::Predicted => (total.seconds, total.cost),
            Use::High => (total.high_seconds, total.high_cost),
        };
        Some((seconds, cost.unwrap_or(f64::INFINITY)))
    }
}

fn exceeds(value: f64, limit: Option<f64>) -> bool {
    limit.is_some_and(|limit| value > limit)
}

/// The limit that is exceeded by the largest factor.
fn worst<const N: usize>(limits: [(LimitedBy, f64, Option<f64>); N]) -> Option<LimitedBy> {
    let exceeded = limits.into_iter().filter_map(|(name, value, limit)| {
        let limit = limit?;
        (value > limit).then_some((name, value / limit))
    });
    let worst = exceeded.max_by(|a, b| a.1.total_cmp(&b.1));
    worst.map(|(name, _)| name)
}

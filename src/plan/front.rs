//! Mixing the dimensions freely: the best shares of depth, width, group width and resolution, and the Pareto fronts of time
//! against flops and of time against the published error.
//!
//! Shares of depth, width and resolution in tenths that add up to 1, with the group width scaled as the width or left as
//! it is, at 41 factors from 1 to 1,024: a grid, so the best is the best of these and no more. Whether those of the last
//! factors are the best is seen against a few factors more.

use serde::Serialize;
use utoipa::ToSchema;

use super::Question;
use super::accuracy::Published;
use super::budget::{Budget, LimitedBy, Patience};
use super::search::{Found, LEAST, MOST, down, is_slow, work};
use crate::json::Invalid;
use crate::net::layers::Kind;
use crate::net::scaling::{Exponents, RawScaling};
use crate::net::{Net, STRATEGIES, Scaling};
use crate::timing::{Features, Predictor};

/// A scaled net on a front: no other of the grid is better in one and not worse in the other.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FrontPoint {
    /// The strategy, where it is a named one …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// … or the share of the width …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f64>,
    /// … or shares of the growth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exponents: Option<Exponents>,
    /// Wanted growth of the flops.
    pub factor: f64,
    /// Multiply-adds of the scaled net.
    pub flops: u64,
    /// Seconds of an epoch.
    pub epoch_seconds: f64,
    /// The error that published points let expect, in percent; null on the front against flops.
    pub top1_error_percent: Option<f64>,
}

/// The fronts of one platform.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Front {
    /// Most flops for the time, by time.
    pub flops: Vec<FrontPoint>,
    /// Least error for the time, by time; empty where no error is published.
    pub error: Vec<FrontPoint>,
}

/// Tenths that shares are made of.
const TENTHS: u32 = 10;
/// The same of a graph, which takes a hundred times as long to scale.
const QUARTERS: u32 = 4;
/// Powers of 2^¼ up to 1,024.
const FACTORS: u32 = 41;
/// Factors beyond those. By rounding alone some slow nets of the last factor have the most flops of all; that faster ones
/// have as many is seen only here.
const BEYOND: u32 = 4;
/// Points of a strategy between its first and last published error.
const BETWEEN: u32 = 33;

/// Takes the nets that the grid of `base` has off `patience`.
///
/// # Errors
/// Where they are more than that has left.
pub fn spend(base: &Net, patience: &Patience) -> Result<(), Invalid> {
    let nets = mixes(base).len() * usize::try_from(FACTORS + BEYOND).unwrap_or(usize::MAX);
    patience.spend(base.layers().len().saturating_mul(nets))
}

/// Every mix of the grid that suits `net`, by factor 1.
#[must_use]
pub fn mixes(net: &Net) -> Vec<Scaling> {
    let groups = Groups::of(net);
    let parts = if is_slow(net) { QUARTERS } else { TENTHS };
    let mut mixes = Vec::new();
    for d in 0..=parts {
        for w in 0..=parts - d {
            let [d, w, r] = [d, w, parts - d - w].map(|n| f64::from(n) / f64::from(parts));
            let with_width = (groups != Groups::Depthwise).then_some(w);
            let fixed =
                (groups != Groups::Dense && (w > 0.0 || with_width.is_none())).then_some(0.0);
            for g in [with_width, fixed].into_iter().flatten() {
                let raw = RawScaling {
                    exponents: Some(Exponents { d, w, g, r }),
                    factor: 1.0,
                    ..RawScaling::default()
                };
                mixes.extend(Scaling::try_from(raw));
            }
        }
    }
    mixes
}

/// What kinds of convolutions a net has, as far as the group width goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Groups {
    /// Dense ones alone: a group width that stayed behind would make them grouped.
    Dense,
    /// Some in groups of several channels.
    Grouped,
    /// None of those, but some depthwise ones, which are to stay so.
    Depthwise,
}

impl Groups {
    fn of(net: &Net) -> Self {
        net.layers()
            .iter()
            .fold(Self::Dense, |known, layer| match layer.kind {
                Kind::Conv { groups, .. } if 1 < groups && groups < layer.w_in => Self::Grouped,
                Kind::Conv { groups, .. } if 1 < groups && known == Self::Dense => Self::Depthwise,
                _ => known,
            })
    }
}

/// A net of the grid.
struct Candidate {
    scaling: Scaling,
    flops: u64,
    epoch_seconds: f64,
    error: Option<f64>,
}

impl Candidate {
    fn new(
        scaling: Scaling,
        net: &Net,
        question: &Question,
        predictor: &Predictor,
    ) -> Option<Self> {
        let features = Features::of_net(net);
        let time = predictor.time(&question.about(&features))?;
        Some(Self {
            scaling,
            flops: net.complexity().flops.get(),
            epoch_seconds: question.epoch_seconds(predictor, time.ms),
            error: None,
        })
    }

    fn point(self) -> FrontPoint {
        let raw = RawScaling::from(&self.scaling);
        FrontPoint {
            strategy: raw.strategy,
            alpha: raw.alpha,
            exponents: raw.exponents,
            factor: raw.factor,
            flops: self.flops,
            epoch_seconds: self.epoch_seconds,
            top1_error_percent: self.error,
        }
    }
}

/// The fronts of `base` on `predictor`'s platform.
#[must_use]
pub fn front(base: &Net, question: &Question, predictor: &Predictor) -> Front {
    let factors = (0..FACTORS + BEYOND).map(|i| (f64::from(i) / 4.0).exp2());
    let all = mixes(base);
    let grid = factors.flat_map(|factor| all.iter().filter_map(move |mix| mix.at(factor)));
    let grid = grid.filter_map(|scaling| {
        let net = scaling.apply(base).ok()?;
        Candidate::new(scaling, &net, question, predictor)
    });
    let mut by_flops = undominated(grid.collect(), |candidate| {
        // Fewer is better on a front, and flops are to be many.
        -crate::units::to_f64(candidate.flops)
    });
    by_flops.retain(|point| point.factor <= MOST);
    let published = with_errors(base, question, predictor);
    let by_error = undominated(published, |candidate| {
        candidate.error.unwrap_or(f64::INFINITY)
    });
    Front {
        flops: by_flops,
        error: by_error,
    }
}

/// The net with most flops within `budget`, of all mixes of the grid and of those that were `found` within it by other ways,
/// which a free mix may take too; `None` where none is within it.
///
/// A factor of the grid tells how large a mix can be, to a fifth. Those that may be the largest are then looked at net by net.
#[must_use]
pub fn largest_mix(base: &Net, budget: &Budget, found: &[Found]) -> Option<Found> {
    let named = found.iter().max_by(|a, b| a.flops().total_cmp(&b.flops()));
    // A graph takes long to scale, and no mix is so much better than all other ways.
    let top = match named.and_then(|found| found.net.as_ref()) {
        Some((scaling, _)) if is_slow(base) => 4.0 * scaling.factor(),
        _ => MOST,
    };
    let mut rough: Vec<Rough> = mixes(base)
        .into_iter()
        .filter_map(|mix| Rough::of(mix, base, budget, top))
        .collect();
    rough.sort_by(|a, b| b.beyond.total_cmp(&a.beyond));
    let mut best = named.filter(|found| found.net.is_some()).cloned();
    let mut most = best.as_ref().map_or(0.0, Found::flops);
    for Rough { mix, beyond, range } in rough {
        if most >= beyond {
            break;
        }
        let Ok(refined) = down(base, &mix, range, budget) else {
            break;
        };
        if refined.flops() > most {
            (most, best) = (refined.flops(), Some(refined));
        }
    }
    best
}

/// How large a mix can be, to a factor of the grid.
struct Rough {
    mix: Scaling,
    /// Flops at the first factor of the grid that is too large, about the most that are within the budget; infinite where
    /// there is none that can be counted.
    beyond: f64,
    /// That factor, and the next smaller one.
    range: (f64, f64),
}

impl Rough {
    /// Looks from `top`, and below a factor of 1 only where nothing above is within `budget`.
    fn of(mix: Scaling, base: &Net, budget: &Budget, top: f64) -> Option<Self> {
        let quarters = (0..2 * FACTORS - 1).map(|i| MOST * (-f64::from(i) / 4.0).exp2());
        let (mut above, mut beyond) = (top.min(MOST), f64::INFINITY);
        for factor in quarters.skip_while(|factor| *factor > top) {
            if factor < 1.0 || is_slow(base) {
                budget.patience.spend(work(base)).ok()?;
            }
            let net = mix.at(factor)?.apply(base).ok();
            if net
                .as_ref()
                .is_some_and(|net| budget.broken_by(net).is_none())
            {
                let range = (above, factor);
                return Some(Self { mix, beyond, range });
            }
            above = factor;
            beyond = net.map_or(f64::INFINITY, |net| net.complexity().flops.as_f64());
        }
        None
    }
}

/// The fastest net with at least `flops` within `budget`, or `None`. Each mix takes part with the smallest net that has so many,
/// and so do those that were `found` by other ways. The first platform of the budget says which is fastest; where it has none,
/// the net with least acts is.
#[must_use]
pub fn fastest_mix(base: &Net, flops: f64, budget: &Budget, found: &[Found]) -> Option<Found> {
    let reached = mixes(base).into_iter().filter_map(|mix| {
        let (scaling, net) = smallest_of(&mix, base, flops, budget.patience)?;
        let is_within = budget.broken_by(&net).is_none();
        is_within.then(|| Found::net(scaling, net, LimitedBy::Target))
    });
    let cost = |net: &Net| {
        let features = Features::of_net(net);
        let asked = budget.question.about(&features);
        match budget.predictors.1.first() {
            Some(first) => first.time(&asked).map_or(f64::INFINITY, |time| time.ms),
            None => net.complexity().acts.as_f64(),
        }
    };
    let all = reached.chain(found.iter().cloned());
    let costed = all.filter_map(|found| Some((cost(&found.net.as_ref()?.1), found)));
    let fastest = costed.min_by(|a, b| a.0.total_cmp(&b.0));
    fastest.map(|(_, found)| found)
}

/// The smallest net with at least `flops`. Searches up from a quarter of the factor, because rounding moves flops by less.
fn smallest_of(
    mix: &Scaling,
    base: &Net,
    flops: f64,
    patience: &Patience,
) -> Option<(Scaling, Net)> {
    let layers = base.layers().len();
    let reaches = |factor: f64| {
        let scaling = mix.at(factor)?;
        let net = scaling.apply(base).ok()?;
        (net.complexity().flops.as_f64() >= flops).then_some((scaling, net))
    };
    let wanted = flops / base.complexity().flops.as_f64();
    let quarters = (0..FACTORS).map(|i| wanted * (f64::from(i) / 4.0 - 1.0).exp2());
    let enough = quarters
        .take_while(|factor| *factor <= MOST)
        .find(|factor| reaches(*factor).is_some())?;
    mix.steps_up(base, (enough / 4.0).max(LEAST), enough)
        .take_while(|_| patience.spend(layers).is_ok())
        .find_map(reaches)
}

/// The strategies whose errors are published, between their first and last point.
fn with_errors(base: &Net, question: &Question, predictor: &Predictor) -> Vec<Candidate> {
    let Some(published) = Published::of(base) else {
        return Vec::new();
    };
    let named = STRATEGIES
        .into_iter()
        .filter_map(|s| Scaling::by_strategy(s, 1.0));
    let two_thirds = RawScaling {
        alpha: Some(2.0 / 3.0),
        factor: 1.0,
        ..RawScaling::default()
    };
    let ways = named.chain(Scaling::try_from(two_thirds));
    let mut all = Vec::new();
    for way in ways {
        let points = published.points(&way);
        let factors = || points.iter().map(|point| point.factor);
        let (Some(least), Some(most)) = (factors().reduce(f64::min), factors().reduce(f64::max))
        else {
            continue;
        };
        let between = (0..BETWEEN).map(|i| f64::from(i) / f64::from(BETWEEN - 1));
        let factors = between
            .map(|share| least * (most / least).powf(share))
            .chain(factors());
        all.extend(factors.filter_map(|factor| {
            let scaling = way.at(factor)?;
            let net = scaling.apply(base).ok()?;
            let error = published.expected(&scaling, &net)?;
            let candidate = Candidate::new(scaling, &net, question, predictor)?;
            Some(Candidate {
                error: Some(error.top1_error_percent),
                ..candidate
            })
        }));
    }
    all
}

/// Those that no other beats: by time, each with less of `bad` than all before it.
fn undominated(mut all: Vec<Candidate>, bad: impl Fn(&Candidate) -> f64) -> Vec<FrontPoint> {
    all.sort_by(|a, b| {
        let time = a.epoch_seconds.total_cmp(&b.epoch_seconds);
        time.then(bad(a).total_cmp(&bad(b)))
    });
    let mut least = f64::INFINITY;
    let mut front = Vec::new();
    for candidate in all {
        let bad = bad(&candidate);
        if bad < least {
            least = bad;
            front.push(candidate.point());
        }
    }
    front
}

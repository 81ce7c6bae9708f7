//! How far a budget goes: the largest factor within it, or the smallest that reaches a target.
//!
//! Costs do not grow evenly with the factor: widths, groups and resolutions are rounded, so a larger factor may make a
//! cheaper net. So every net that a rule can make is looked at, one for each step of its rounding, from the top down
//! (from the bottom up towards a target), and the first that is within the limits is the answer. Where depth alone is
//! scaled, which makes by far the most nets, those that cost too much for certain are skipped by bisection: a deeper net
//! costs more in every count and sum over layers, and what a timed net shows of itself is bounded. A graph takes a hundred
//! times as long to scale as what a builder makes, so of one a rough look, four factors for each doubling, comes first.

use super::accuracy::Published;
use super::budget::{Budget, LimitedBy};
use crate::json::Invalid;
use crate::net::{Net, Scaling, Spec};

/// Largest factor that is looked at.
pub const MOST: f64 = 1024.0;
/// Smallest factor that is looked at, where not even the net as it is stays within the limits.
pub const LEAST: f64 = 1.0 / 1024.0;

/// How many factors of a graph are looked at for each doubling, before its nets one by one. Around the first that is as wanted
/// two of these steps are: rounding moves the flops of most nets by less than a tenth (docs/accuracy.md).
const ROUGH: f64 = 4.0;
const BEYOND: f64 = std::f64::consts::SQRT_2;
/// A layer of a graph takes as much of the patience as so many of a builder's net. That is less than the time it takes: were all
/// of that counted, plans of usual nets would be refused.
const SLOWER: usize = 3;

/// What a search has found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The net, with the scaling that makes it; `None` where no factor from [`LEAST`] to [`MOST`] gives one.
    pub net: Option<(Scaling, Net)>,
    /// What the next larger net breaks; without a net: what the last one that was looked at breaks.
    pub limited_by: LimitedBy,
    /// Why the last one that was looked at cannot be made, if it cannot.
    pub reason: Option<String>,
}

impl Found {
    /// A net that can be made, up to `limited_by`.
    pub(super) fn net(scaling: Scaling, net: Net, limited_by: LimitedBy) -> Self {
        Self {
            net: Some((scaling, net)),
            limited_by,
            reason: None,
        }
    }

    fn nothing(limited_by: LimitedBy, reason: Option<String>) -> Self {
        Self {
            net: None,
            limited_by,
            reason,
        }
    }

    /// The net's multiply-adds; 0 without one.
    #[must_use]
    pub fn flops(&self) -> f64 {
        let net = self.net.as_ref();
        net.map_or(0.0, |(_, net)| net.complexity().flops.as_f64())
    }

    /// Whether it is `base` as it is, because no larger net can be made.
    #[must_use]
    pub fn is_stuck_at(&self, base: &Net) -> bool {
        let is_same =
            |net: &Net| net.side() == base.side() && net.complexity() == base.complexity();
        let net = self.net.as_ref();
        self.limited_by == LimitedBy::NetSize && net.is_some_and(|(_, net)| is_same(net))
    }
}

/// What a net is to reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// At least so many multiply-adds.
    Flops(f64),
    /// At most such a published error, in percent.
    Error(f64),
}

impl Target {
    /// Whether `net` reaches it, which `scaling` makes of one of which so much is `published`.
    fn is_reached(self, published: Option<&Published>, scaling: &Scaling, net: &Net) -> bool {
        match self {
            Self::Flops(flops) => net.complexity().flops.as_f64() >= flops,
            Self::Error(percent) => published
                .and_then(|known| known.expected(scaling, net))
                .is_some_and(|error| error.top1_error_percent <= percent),
        }
    }
}

/// The largest factor up to [`MOST`] by which `way` scales `base` to a net within `budget`.
///
/// # Errors
/// Where `base` cannot be scaled so at all, or its steps are too many to look at.
pub fn largest(base: &Net, way: &Scaling, budget: &Budget) -> Result<Found, Invalid> {
    way.apply(base)?;
    let breaks = |factor: f64| {
        let net = scaled(base, way, factor);
        net.is_none_or(|(_, net)| budget.is_broken_from(&net))
    };
    // The least of the factors that are too large for certain is looked at: it says what the next larger net breaks.
    let from = if way.is_of_depth_alone() && breaks(MOST) {
        between(LEAST, MOST, breaks).1
    } else if is_slow(base) && breaks(MOST) {
        let within = rough(MOST, -1.0).find(|factor| !breaks(*factor));
        within.map_or(LEAST, |factor| (BEYOND * factor).min(MOST))
    } else {
        MOST
    };
    let found = down(base, way, (from, LEAST), budget)?;
    if found.net.is_none() && found.limited_by == LimitedBy::NetSize {
        // The smallest net that the way makes is then the net as it is.
        let limited_by = budget.broken_by(base).unwrap_or(LimitedBy::NetSize);
        return Ok(Found {
            limited_by,
            ..found
        });
    }
    Ok(found)
}

/// The largest factor between `from` and `least` by which `way` scales `base` to a net within `budget`.
///
/// # Errors
/// Where the nets are too many to look at.
pub(super) fn down(
    base: &Net,
    way: &Scaling,
    (from, least): (f64, f64),
    budget: &Budget,
) -> Result<Found, Invalid> {
    let layers = work(base);
    let mut seen = Last::default();
    for factor in way.steps_down(base, from, least) {
        budget.patience.spend(layers)?;
        let (scaling, net) = match made(base, way, factor) {
            Ok(made) => made,
            Err(error) => {
                seen.reason = Some(error.details());
                continue;
            }
        };
        if budget.is_broken_from(&net) {
            seen = Last::too_large(net);
            continue;
        }
        match budget.broken_by(&net) {
            None => return Ok(seen.stops(scaling, net, budget)),
            Some(broken) => seen = Last::broken(broken),
        }
    }
    Ok(seen.stays(budget))
}

/// What the last nets that were looked at were like.
#[derive(Default)]
struct Last {
    /// Why the last one cannot be made, if it cannot.
    reason: Option<String>,
    /// The limit that the last one which can be made breaks …
    broken: Option<LimitedBy>,
    /// … or that net, of which it is known that it is too large, but not yet by which limit.
    larger: Option<Net>,
}

impl Last {
    fn broken(limit: LimitedBy) -> Self {
        Self {
            broken: Some(limit),
            ..Self::default()
        }
    }

    fn too_large(net: Net) -> Self {
        Self {
            larger: Some(net),
            ..Self::default()
        }
    }

    fn limit(&self, budget: &Budget) -> Option<LimitedBy> {
        let larger = self.larger.as_ref();
        self.broken
            .or_else(|| larger.and_then(|net| budget.broken_by(net)))
    }

    /// The net that was found below these.
    fn stops(self, scaling: Scaling, net: Net, budget: &Budget) -> Found {
        let limited_by = match self.reason {
            Some(_) => LimitedBy::NetSize,
            None => self.limit(budget).unwrap_or(LimitedBy::MaxFactor),
        };
        Found {
            reason: self.reason,
            ..Found::net(scaling, net, limited_by)
        }
    }

    /// None was found: what the smallest that can be made breaks.
    fn stays(self, budget: &Budget) -> Found {
        let unmade = match self.reason {
            Some(_) => LimitedBy::NetSize,
            None => LimitedBy::MaxFactor,
        };
        Found::nothing(self.limit(budget).unwrap_or(unmade), self.reason)
    }
}

/// The smallest factor from [`LEAST`] to [`MOST`] by which `way` scales `base` to a net that reaches `target` within
/// `budget`.
///
/// # Errors
/// As [`largest`].
pub fn smallest(
    base: &Net,
    way: &Scaling,
    target: Target,
    budget: &Budget,
) -> Result<Found, Invalid> {
    way.apply(base)?;
    let published = Published::of(base);
    let Some((least, most)) = range(way, target, published) else {
        return Ok(Found::nothing(LimitedBy::NoPublishedError, None));
    };
    let layers = work(base);
    let (mut limited_by, mut reason) = (LimitedBy::Target, None);
    let deeper = way.is_of_depth_alone() && matches!(target, Target::Flops(_));
    let reached = |factor: f64| {
        let made = scaled(base, way, factor);
        made.map(|(scaling, net)| target.is_reached(published, &scaling, &net))
    };
    let (from, until) = if deeper {
        // What is too deep to be made is deeper than the target needs.
        let enough = |factor: f64| reached(factor) != Some(false);
        (between(least, most, enough).0, most)
    } else if is_slow(base) {
        let mut factors = rough(least, 1.0).take_while(|factor| *factor <= most);
        let first = factors.find(|factor| reached(*factor) == Some(true));
        let first = first.unwrap_or(most);
        ((first / BEYOND).max(least), (BEYOND * first).min(most))
    } else {
        (least, most)
    };
    for factor in way.steps_up(base, from, until) {
        budget.patience.spend(layers)?;
        let (scaling, net) = match made(base, way, factor) {
            Ok(made) => made,
            Err(error) => {
                reason = Some(error.details());
                continue;
            }
        };
        if !target.is_reached(published, &scaling, &net) {
            continue;
        }
        match budget.broken_by(&net) {
            None => return Ok(Found::net(scaling, net, limited_by)),
            Some(broken) => limited_by = broken,
        }
        if deeper && budget.is_broken_from(&net) {
            let deepest = between(factor, most, |factor| scaled(base, way, factor).is_none()).0;
            let deepest = scaled(base, way, deepest);
            let broken = deepest.and_then(|(_, net)| budget.broken_by(&net));
            limited_by = broken.unwrap_or(limited_by);
            break;
        }
    }
    // Where a limit is in the way, what cannot be made is not told.
    let reason = reason.filter(|_| limited_by == LimitedBy::Target);
    Ok(Found::nothing(limited_by, reason))
}

/// Factors from `first` up (1) or down (-1) as far as nets are looked at, four for each doubling.
fn rough(first: f64, way: f64) -> impl Iterator<Item = f64> {
    let most = ROUGH * (MOST / LEAST).log2();
    let all = (0..=1000_u32)
        .map(f64::from)
        .take_while(move |i| *i <= most);
    all.map(move |i| first * (way * i / ROUGH).exp2())
}

/// Whether a net takes long to scale: a graph that no builder makes.
pub(super) fn is_slow(base: &Net) -> bool {
    matches!(base.spec(), Spec::Graph(graph) if graph.twin().is_none())
}

/// What looking at one net that `base` is scaled to takes of the patience.
pub(super) fn work(base: &Net) -> usize {
    let layers = base.layers().len();
    if is_slow(base) {
        SLOWER * layers
    } else {
        layers
    }
}

/// The factors between which a target may be reached: for an error those of the published points.
fn range(way: &Scaling, target: Target, published: Option<&Published>) -> Option<(f64, f64)> {
    let Target::Error(_) = target else {
        return Some((LEAST, MOST));
    };
    let points = published?.points(way);
    let factors = || points.iter().map(|point| point.factor);
    Some((factors().reduce(f64::min)?, factors().reduce(f64::max)?))
}

/// The largest factor of which `is` does not hold and the smallest of which it does, where it holds from some factor between
/// `low` and `high` on. `low` twice where it holds of all, `high` twice where it holds of none.
fn between(low: f64, high: f64, is: impl Fn(f64) -> bool) -> (f64, f64) {
    if is(low) {
        return (low, low);
    }
    if !is(high) {
        return (high, high);
    }
    // Bits of positive doubles are in their order.
    let (mut below, mut above) = (low.to_bits(), high.to_bits());
    while above - below > 1 {
        let middle = below + (above - below) / 2;
        if is(f64::from_bits(middle)) {
            above = middle;
        } else {
            below = middle;
        }
    }
    (f64::from_bits(below), f64::from_bits(above))
}

fn scaled(base: &Net, way: &Scaling, factor: f64) -> Option<(Scaling, Net)> {
    made(base, way, factor).ok()
}

fn made(base: &Net, way: &Scaling, factor: f64) -> Result<(Scaling, Net), Invalid> {
    let beyond = || {
        Invalid::at(
            "/scaling/factor",
            factor,
            "flops grow by a positive factor",
            "such as 4",
        )
    };
    let scaling = way.at(factor).ok_or_else(beyond)?;
    let net = scaling.apply(base)?;
    Ok((scaling, net))
}

//! How far a budget goes, or the cheapest way to a target.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::asking::Asking;
pub use super::asking::TimeRow;
use super::complexity::{Base, Scaled, base_row, scaled_row};
use super::forms::named;
use super::request::{OfTraining, training_question};
use super::wanted::Wanted;
use crate::json::Invalid;
use crate::net::scaling::{Exponents, RawScaling};
use crate::net::{Net, Scaling, spec::RawModel};
use crate::plan::accuracy::{Expected, Published};
use crate::plan::budget::{Budget, LimitedBy, Limits, Patience, Use};
use crate::plan::compare::{at_model, ways};
use crate::plan::front::{Front, fastest_mix, front, largest_mix, spend};
use crate::plan::memory::{Memory, Optimizer, Setup};
use crate::plan::search::{Found, Target, largest, smallest};
use crate::timing::data::measurement::count;
use crate::timing::data::platform::Precision;
use crate::timing::{Mode, Predictors};
use crate::units::Whole;

training_question! {
    /// A net, where to time it, and what it may cost or is to reach.
    pub struct PlanRequest {
        /// The net.
        #[schema(value_type = RawModel)]
        pub model: Option<Value>,
        /// Names of strategies; where neither these nor `alphas` are given, all nine and α = 1/3, 2/3 and 0.8.
        pub strategies: Option<Vec<String>>,
        /// Members of the fast family: shares of the width, 0 to 1.
        pub alphas: Option<Vec<f64>>,
        /// The most that the scaled net may cost.
        pub limits: Option<Limits>,
        /// What it is to reach; without it, the largest net within the limits is looked for.
        pub target: Option<RawTarget>,
        /// Whether limits on time and cost look at the prediction (default) or at the upper end of its interval.
        #[serde(rename = "use")]
        pub used: Option<Use>,
        /// Whether to mix the dimensions freely too, and to give the Pareto fronts; default false.
        pub free_mix: Option<bool>,
        /// Memory of each device, in bytes.
        pub device_memory_bytes: Option<Whole>,
        /// What updates the parameters, default `sgd` (with momentum).
        pub optimizer: Option<Optimizer>,
        /// Arithmetic of the layers; default: that of the first platform, where it is known, else `amp`.
        pub precision: Option<Precision>,
    }
}

/// What the scaled net is to reach: one of the two.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTarget {
    /// At least so many multiply-adds.
    #[schema(example = 4e9)]
    pub flops: Option<f64>,
    /// At most such a top-1 error, in percent, by published points: only of nets that have them.
    pub top1_error_percent: Option<f64>,
}

/// How far the budget goes.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanAnswer {
    /// The net as it was asked for.
    pub base: Base,
    /// One for each strategy or α by which a net was found: in their order, but for a target the fastest first.
    pub options: Vec<PlanOption>,
    /// Those by which none was found.
    pub left_out: Vec<LeftOut>,
    /// The free mix with most flops within the limits, towards a target of flops the fastest, never a worse one than `options`
    /// has; null where none was asked for or found, and towards an error: none is published of free mixes.
    pub mix: Option<PlanOption>,
    /// Pareto fronts of the first platform; null where no free mix was asked for.
    pub front: Option<Front>,
}

impl PlanAnswer {
    /// Why the first of the nets that cannot be made cannot, in a sentence; `None` where none was in the way.
    #[must_use]
    pub fn told_reason(&self) -> Option<String> {
        let options = self.options.iter();
        let options = options.map(|one| (&one.strategy, one.alpha, &one.reason));
        let left_out = self.left_out.iter();
        let left_out = left_out.map(|one| (&one.strategy, one.alpha, &one.reason));
        left_out
            .chain(options)
            .find_map(|(strategy, alpha, reason)| {
                let way = named(strategy.as_deref(), alpha);
                Some(format!("By {way}: {}.", reason.as_deref()?))
            })
    }
}

/// A net that was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanOption {
    /// The strategy …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// … or the share of the width …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f64>,
    /// … or, of a free mix, the shares; beside its name, where no mix is better than a named way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exponents: Option<Exponents>,
    /// The largest factor up to 1,024 that gives a net within the limits; for a target the smallest that reaches it.
    pub factor: f64,
    /// The net.
    pub scaled: Scaled,
    /// How long an epoch takes, on each platform asked for.
    pub predictions: Vec<TimeRow>,
    /// What the next larger net breaks: the name of a limit, `max_factor` or `net_size`; for a target null, or the limit that
    /// smaller nets which reach it break.
    #[schema(example = "epoch_seconds")]
    pub limited_by: Option<LimitedBy>,
    /// Where that is `net_size`: why the next larger net cannot be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Training memory on one device; null for inference.
    pub memory: Option<Memory>,
    /// Error that published points let expect.
    pub accuracy: Option<Expected>,
}

/// A strategy by which no net was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeftOut {
    /// The strategy …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// … or the share of the width.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f64>,
    /// What even its smallest net breaks; `net_size` where no other net than the one asked about can be made by it; for a target,
    /// why none reaches it.
    pub limited_by: LimitedBy,
    /// Why the net that was looked at last cannot be made, where it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The answer to `request`, as long as it is `wanted`.
///
/// # Errors
/// Points at the field that is wrong.
pub fn planned(
    predictors: &Predictors,
    request: PlanRequest,
    wanted: &Wanted,
) -> Result<PlanAnswer, Invalid> {
    let asked = request.of_training();
    let ways = ways(request.strategies, request.alphas)?;
    at_most("/strategies", ways.len())?;
    let limits = request.limits.unwrap_or_default();
    let (used, free_mix) = (
        request.used.unwrap_or_default(),
        request.free_mix == Some(true),
    );
    let target = request.target.map(target).transpose()?;
    let device_bytes = count("/device_memory_bytes", request.device_memory_bytes)?;
    let asking = Asking::read(predictors, asked)?;
    let setup = asking.setup(request.optimizer, request.precision, device_bytes);
    check(&limits, target, &asking)?;
    let patience = Patience::default();
    let budget = Budget {
        limits: &limits,
        used,
        question: &asking.times.question,
        predictors: (asking.times.all, &asking.predictors),
        setup,
        run: &asking.times.run,
        patience: &patience,
    };
    let base = asking.net()?;
    let found = searched(&asking, &budget, &ways, target, wanted)?;
    wanted.check()?;
    if free_mix {
        spend(base, &patience)?;
    }
    let mix = free_mix.then(|| mixed(base, target, &budget, &found));
    let (options, left_out) = sorted(&asking, setup, ways.iter().zip(found), target);
    let first = asking.predictors.first().filter(|_| free_mix);
    Ok(PlanAnswer {
        base: base_row(&asking.subject),
        options,
        left_out,
        mix: mix
            .flatten()
            .and_then(|found| mix_option(&asking, setup, found)),
        front: first.map(|predictor| front(base, &asking.times.question, predictor)),
    })
}

/// What each of `ways` finds.
fn searched(
    asking: &Asking,
    budget: &Budget,
    ways: &[Scaling],
    target: Option<Target>,
    wanted: &Wanted,
) -> Result<Vec<Found>, Invalid> {
    let base = asking.net()?;
    let search = |way| {
        wanted.check()?;
        let found = match target {
            None => largest(base, way, budget),
            Some(target) => smallest(base, way, target, budget),
        };
        found.map_err(at_model)
    };
    ways.iter().map(search).collect()
}

/// The ways that found a net, towards a target the fastest first, and those that found none.
fn sorted<'a>(
    asking: &Asking,
    setup: Option<Setup>,
    found: impl Iterator<Item = (&'a Scaling, Found)>,
    target: Option<Target>,
) -> (Vec<PlanOption>, Vec<LeftOut>) {
    let (mut options, mut left_out) = (Vec::new(), Vec::new());
    for (way, mut found) in found {
        if asking
            .subject
            .net()
            .is_some_and(|base| found.is_stuck_at(base))
        {
            found.net = None;
        }
        let (limited_by, reason) = (found.limited_by, found.reason.clone());
        if let Some(option) = option(asking, setup, found) {
            options.push(option);
        } else {
            let RawScaling {
                strategy, alpha, ..
            } = way.into();
            left_out.push(LeftOut {
                strategy,
                alpha,
                limited_by,
                reason,
            });
        }
    }
    if target.is_some() {
        let seconds = |o: &PlanOption| {
            let first = o.predictions.first();
            first.map_or(f64::INFINITY, |first| first.epoch_seconds)
        };
        options.sort_by(|a, b| seconds(a).total_cmp(&seconds(b)));
    }
    (options, left_out)
}

/// Most ways of one request.
const WAYS_AT_ONCE: usize = 50;

fn at_most(pointer: &str, ways: usize) -> Result<(), Invalid> {
    if ways <= WAYS_AT_ONCE {
        return Ok(());
    }
    let hint = format!("at most {WAYS_AT_ONCE} strategies and alphas together");
    Err(Invalid::at(
        pointer,
        ways,
        format!("{ways} ways to scale"),
        hint,
    ))
}

fn target(raw: RawTarget) -> Result<Target, Invalid> {
    let positive = |number: f64| number.is_finite() && number > 0.0;
    match (raw.flops, raw.top1_error_percent) {
        (Some(flops), None) if positive(flops) => Ok(Target::Flops(flops)),
        (None, Some(percent)) if positive(percent) => Ok(Target::Error(percent)),
        (Some(number), None) => Err(out_of_range("/target/flops", number)),
        (None, Some(number)) => Err(out_of_range("/target/top1_error_percent", number)),
        _ => {
            let hint = "exactly one of flops and top1_error_percent";
            Err(Invalid::at(
                "/target",
                (),
                "not one of the two targets",
                hint,
            ))
        }
    }
}

fn out_of_range(pointer: &str, number: f64) -> Invalid {
    Invalid::at(
        pointer,
        number,
        format!("{number} is out of range"),
        "more than 0",
    )
}

/// Refuses limits that nothing can be held against.
fn check(limits: &Limits, target: Option<Target>, asking: &Asking) -> Result<(), Invalid> {
    let all = [
        ("epoch_seconds", limits.epoch_seconds),
        ("total_seconds", limits.total_seconds),
        ("cost", limits.cost),
        ("flops", limits.flops),
        ("params", limits.params),
        ("acts", limits.acts),
        ("memory_bytes", limits.memory_bytes),
    ];
    for (name, limit) in all {
        if let Some(number) = limit.filter(|n| !(n.is_finite() && *n > 0.0)) {
            return Err(out_of_range(&format!("/limits/{name}"), number));
        }
    }
    if all.iter().all(|(_, limit)| limit.is_none()) && target.is_none() {
        let hint = r#"such as "limits": {"epoch_seconds": 600}, or "target": {"flops": 4e9}"#;
        return Err(Invalid::at(
            "/limits",
            (),
            "neither a limit nor a target is given",
            hint,
        ));
    }
    if limits.cost.is_some() && asking.times.run.price_per_hour.is_none() {
        let detail = "a limit on cost needs a price";
        return Err(Invalid::at(
            "/price_per_hour",
            (),
            detail,
            "the price of all devices for an hour",
        ));
    }
    if limits.memory_bytes.is_some() && asking.mode == Mode::Infer {
        let detail = "the memory of training is known, not that of inference";
        return Err(Invalid::at(
            "/limits/memory_bytes",
            limits.memory_bytes,
            detail,
            "mode train",
        ));
    }
    let timed = [limits.epoch_seconds, limits.total_seconds, limits.cost];
    if timed != [None; 3] && asking.predictors.is_empty() {
        let detail = "no platform has timings of this mode, so no time can be limited";
        return Err(Invalid::at(
            "/platform",
            (),
            detail,
            "send timings first, or limit counts alone",
        ));
    }
    if matches!(target, Some(Target::Error(_))) && Published::of(asking.net()?).is_none() {
        let names: Vec<&str> = Published::all().iter().map(Published::name).collect();
        let detail = "no errors of this net, scaled, are published";
        let hint = format!("one of {}", names.join(", "));
        return Err(Invalid::at("/target/top1_error_percent", (), detail, hint));
    }
    Ok(())
}

/// The best free mix: that with most flops within the budget, or the fastest that reaches the target.
fn mixed(base: &Net, target: Option<Target>, budget: &Budget, found: &[Found]) -> Option<Found> {
    match target {
        None => largest_mix(base, budget, found),
        Some(Target::Flops(flops)) => fastest_mix(base, flops, budget, found),
        Some(Target::Error(_)) => None,
    }
}

/// The free mix that was found, told by its shares also where it is a named way.
fn mix_option(asking: &Asking, setup: Option<Setup>, found: Found) -> Option<PlanOption> {
    let (scaling, _) = found.net.as_ref()?;
    let exponents = Some(scaling.exponents());
    let option = option(asking, setup, found)?;
    Some(PlanOption {
        exponents,
        ..option
    })
}

/// What was found; `None` where no net was.
fn option(asking: &Asking, setup: Option<Setup>, found: Found) -> Option<PlanOption> {
    let Found {
        net,
        limited_by,
        reason,
    } = found;
    let (scaling, net) = &net?;
    let raw = RawScaling::from(scaling);
    let published = asking.subject.net().and_then(Published::of);
    let costs = net.complexity();
    Some(PlanOption {
        strategy: raw.strategy,
        alpha: raw.alpha,
        exponents: raw.exponents,
        factor: raw.factor,
        scaled: scaled_row(scaling, net, &asking.subject.complexity()),
        predictions: asking.time_rows(net),
        limited_by: (limited_by != LimitedBy::Target).then_some(limited_by),
        reason,
        memory: setup.map(|setup| Memory::of(&costs, &asking.times.question.group, &setup)),
        accuracy: published.and_then(|known| known.expected(scaling, net)),
    })
}

//! `/v1/charts/front`: the Pareto fronts that `/v1/plan` computes, beside the named strategies.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::compare::{form, name, place};
use super::look::LookParams;
use super::net::{NetChart, NetParams};
use crate::ask::asking::Asking;
use crate::ask::compare::answer_row;
use crate::ask::complexity::base_row;
use crate::ask::factors::words;
use crate::chart::Figure;
use crate::chart::figures::compare::{Across, CompareChart, Form, Shown, Way};
use crate::chart::figures::front::{Against, FrontChart};
use crate::http::extract::problem::ApiError;
use crate::http::extract::refusals::ListRefused;
use crate::http::shared::Shared;
use crate::json::Invalid;
use crate::net::Scaling;
use crate::net::scaling::RawScaling;
use crate::plan::budget::Patience;
use crate::plan::compare::{Comparison, ways};
use crate::plan::front::{front, spend};
use crate::timing::Predictors;

/// What time is shown against, and beside which strategies.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FrontParams {
    /// What the epoch time is shown against, default `flops`.
    #[param(inline)]
    against: Option<AgainstName>,
    /// Strategies beside the front, such as `dwr,dWr`; default: all nine.
    strategies: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum AgainstName {
    /// Flops: most of them for the time.
    Flops,
    /// The error that published points let expect: least of it for the time.
    Error,
}

/// The nets that no other mix of depth, width and resolution beats: the least epoch time for the flops, or for the published
/// error, as `front` in the answer of `/v1/plan`; with the named strategies beside it.
#[utoipa::path(
    get,
    path = "/v1/charts/front.svg",
    extensions(("x-weight" = json!("heavy"))),
    operation_id = "front_chart",
    tag = "charts",
    params(NetParams, FrontParams, LookParams),
    responses((status = 200, description = "The chart", body = String, content_type = "image/svg+xml"), ListRefused)
)]
pub(super) async fn front_chart(
    State(live): State<Shared>,
    NetChart { net, params, reply }: NetChart<FrontParams>,
) -> Result<Response, ApiError> {
    let predictors = live.predictors();
    let version = predictors.data_version;
    reply.with(version, move || figure(&predictors, net, &params))
}

fn figure(
    predictors: &Predictors,
    net: NetParams,
    params: &FrontParams,
) -> Result<Figure, Invalid> {
    let (asked, text) = net.request(predictors)?;
    let strategies = params.strategies.as_deref().map(words);
    let ways = ways(strategies.or_else(|| Some(all())), None)?;
    let against = match params.against {
        Some(AgainstName::Error) => Against::Error,
        _ => Against::Flops,
    };
    let asking = Asking::read(predictors, asked).map_err(|error| text.told(error))?;
    let base = asking.net().map_err(|error| text.told(error))?;
    scalable(&asking, &ways).map_err(|error| text.told_of_net(error))?;
    spend(base, &Patience::default()).map_err(|error| text.told(error))?;
    let fronts = asking
        .predictors
        .first()
        .map(|predictor| front(base, &asking.times.question, predictor));
    let front = fronts.map(|fronts| match against {
        Against::Flops => fronts.flops,
        Against::Error => fronts.error,
    });
    let comparison = Comparison::new(base, &asking.predictors, &asking.times.question, None);
    let row = base_row(&asking.subject);
    let forms = forms(&asking, &comparison, &ways, against);
    let left_out = match against {
        Against::Flops => untaken(&ways, &forms),
        // By error, ways are missing of which no errors are published.
        Against::Error => None,
    };
    let chart = FrontChart {
        named: CompareChart {
            net: name(&row),
            base: row.complexity,
            place: asking.time_rows(base).first().map(place),
            across: Across::Flops,
            shown: Shown::Seconds,
            forms,
            left_out,
        },
        against,
        front: front.unwrap_or_default(),
    };
    Ok(chart.figure())
}

/// All named strategies.
fn all() -> Vec<String> {
    crate::net::STRATEGIES
        .map(|strategy| strategy.name.to_owned())
        .to_vec()
}

/// Refuses a net that cannot be scaled in any way, as a ViT.
fn scalable(asking: &Asking, ways: &[Scaling]) -> Result<(), Invalid> {
    let base = asking.net()?;
    ways.first()
        .map_or(Ok(()), |way| way.apply(base).map(|_| ()))
}

/// Those of `ways` by which no larger net can be made, in a sentence; `None` where there is none.
fn untaken(ways: &[Scaling], forms: &[Form]) -> Option<String> {
    let names = ways.iter().filter_map(|way| RawScaling::from(way).strategy);
    let is_taken = |name: &String| {
        let way = Way::Strategy(name.clone());
        forms
            .iter()
            .any(|form| form.factor > 1.0 && form.way == way)
    };
    let names: Vec<String> = names.filter(|name| !is_taken(name)).collect();
    let words = || format!("The net cannot be scaled by {}.", names.join(", "));
    (!names.is_empty()).then(words)
}

/// The named ways at doublings of the flops up to what a front looks at; by error at eighths of them, where errors are
/// published.
fn forms(
    asking: &Asking,
    comparison: &Comparison,
    ways: &[Scaling],
    against: Against,
) -> Vec<Form> {
    let factors: Vec<f64> = match against {
        Against::Flops => (0..=10u32).map(|i| f64::from(i).exp2()).collect(),
        Against::Error => (0..=48u32).map(|i| (f64::from(i) / 8.0).exp2()).collect(),
    };
    let base = asking.subject.complexity();
    let at = |way: &Scaling, factor: f64| {
        // A net too large to count is left out, as it is of the front.
        let row = comparison.row(way.at(factor)?).ok()?;
        let form = form(&answer_row(asking, comparison, &base, row));
        (against == Against::Flops || form.error.is_some()).then_some(form)
    };
    let each = |way| factors.iter().filter_map(move |factor| at(way, *factor));
    ways.iter().flat_map(each).collect()
}

//! `GET /v1/platforms/{id}/next`: which nets to time next on a platform.

use std::sync::LazyLock;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::platforms::known;
use crate::http::extract::body::{Json, Params};
use crate::http::extract::path::Word;
use crate::http::extract::problem::ApiError;
use crate::http::extract::refusals::{NotThere, ParamsRefused};
use crate::http::shared::Shared;
use crate::json::Invalid;
use crate::net::names::zoo::Entry;
use crate::net::{DEFAULT_SIDE, Group};
use crate::timing::judge::advice::{Advice, Candidate, Pick, Tells, advise};
use crate::timing::judge::named::{NAMED, Named};
use crate::timing::{Mode, PlatformId, Predictor, Predictors};

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(next))
}

/// What to advise on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct NextParams {
    /// `train` or `infer`; default: what was timed there, `train` where both or nothing was.
    mode: Option<Mode>,
    /// How many nets, 1 to 40, default 5.
    #[param(minimum = 1, maximum = 40)]
    count: Option<u32>,
}

/// Nets to time, and what is to be expected of it.
#[derive(Debug, Serialize, ToSchema)]
struct NextAnswer {
    /// The platform.
    platform: PlatformId,
    /// What is to be timed.
    mode: Mode,
    /// Timings that are there already.
    measurements: usize,
    /// The nets, most informative first.
    nets: Vec<NextRow>,
    /// Their labels with commas between, as `--models` of the Python client's benchmark takes them.
    #[schema(example = "ResNet-50,EfficientNet-B3")]
    models: String,
    /// What they do to the intervals of all nets with a name.
    intervals: ExpectedIntervals,
}

/// A net to time.
#[derive(Debug, Serialize, ToSchema)]
struct NextRow {
    /// Its name.
    name: String,
    /// Its timing group.
    family: Group,
    /// Side of the images, in pixels.
    resolution: u32,
    /// Name, and resolution where it is not 224 or the net's own: NAME or NAME@SIDE.
    label: String,
    /// By how much its timing is expected to narrow the intervals, after those before it: 0.1 is a tenth of their width.
    narrows: f64,
    /// Why, in a sentence.
    why: String,
}

/// Expected intervals.
#[derive(Debug, Serialize, ToSchema)]
struct ExpectedIntervals {
    /// Their level.
    level: f64,
    /// Median half-width now, as a share of the time: 0.2 is from 1/1.2 to 1.2 times it.
    half_width_before: f64,
    /// The same once all these nets are timed.
    half_width_after: f64,
}

/// Most nets at once.
const MOST: u32 = 40;
/// Nets at once where nothing is said.
const FEW: u32 = 5;
/// How much more a net counts that can be built, and so is asked for at any size, than one known by its costs.
const BUILDABLE: f64 = 3.0;

/// Which nets to time next on a platform, most informative first.
#[utoipa::path(
    get,
    path = "/v1/platforms/{id}/next",
    extensions(("x-weight" = json!("heavy"))),
    tag = "evidence",
    params(("id" = String, Path, description = "Id of a platform", example = "v100x8-pycls"), NextParams),
    responses(
        (status = 200, description = "The nets", body = NextAnswer),
        NotThere,
        ParamsRefused,
    )
)]
async fn next(
    State(live): State<Shared>,
    Word(word): Word,
    Params(NextParams { mode, count }): Params<NextParams>,
) -> Result<Json<NextAnswer>, ApiError> {
    let predictors = live.predictors();
    let platform = known(&predictors, &word)?.id.clone();
    let count = count.unwrap_or(FEW);
    if !(1..=MOST).contains(&count) {
        let hint = format!("1 to {MOST}");
        return Err(Invalid::at("/count", count, format!("{count} nets"), hint).into());
    }
    let mode = mode.unwrap_or_else(|| timed_mode(&predictors, &platform));
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    Ok(Json(advised(&predictors, platform, mode, count)))
}

/// The same for all platforms.
static CANDIDATES: LazyLock<Vec<Candidate>> =
    LazyLock::new(|| NAMED.iter().map(candidate).collect());

fn timed_mode(predictors: &Predictors, platform: &PlatformId) -> Mode {
    let timed = |mode: &Mode| predictors.get(platform, *mode).is_some();
    Mode::ALL.into_iter().find(timed).unwrap_or_default()
}

fn advised(predictors: &Predictors, platform: PlatformId, mode: Mode, count: usize) -> NextAnswer {
    let predictor = predictors.get(&platform, mode).map(AsRef::as_ref);
    let candidates = &*CANDIDATES;
    let timed = predictor.map_or_else(Vec::new, Predictor::timed_nets);
    let advice = advise(&timed, candidates, count);
    let row = |pick: &Pick| {
        let Named {
            entry,
            subject: net,
            ..
        } = &NAMED[pick.candidate];
        let (name, side) = (entry.name().to_owned(), net.side().unwrap_or(DEFAULT_SIDE));
        let own = matches!(entry, Entry::Net { .. }) || side == DEFAULT_SIDE;
        let family = net.group();
        NextRow {
            label: if own {
                name.clone()
            } else {
                format!("{name}@{}", side.get())
            },
            why: why(pick, &family, predictor, candidates),
            narrows: pick.narrows,
            resolution: side.get(),
            name,
            family,
        }
    };
    let nets: Vec<NextRow> = advice.picks.iter().map(row).collect();
    let labels: Vec<&str> = nets.iter().map(|net| net.label.as_str()).collect();
    NextAnswer {
        platform,
        mode,
        measurements: predictor.map_or(0, Predictor::measurements),
        models: labels.join(","),
        intervals: expected(&advice),
        nets,
    }
}

fn expected(advice: &Advice) -> ExpectedIntervals {
    ExpectedIntervals {
        level: 0.9,
        half_width_before: advice.before.exp_m1(),
        half_width_after: advice.after.exp_m1(),
    }
}

fn candidate(net: &Named) -> Candidate {
    Candidate {
        group: net.group.clone(),
        features: net.features,
        weight: match net.entry {
            Entry::Net { .. } => BUILDABLE,
            Entry::Published(_) => 1.0,
        },
    }
}

fn why(pick: &Pick, group: &Group, predictor: Option<&Predictor>, all: &[Candidate]) -> String {
    let narrows = 100.0 * pick.narrows;
    let what = match pick.tells {
        Tells::Scale => "it tells how fast the platform is at all".to_owned(),
        Tells::Work { name, share } => format!(
            "{:.0} % of its time should go into {}, of which least is known",
            100.0 * share,
            name.replace('_', " ")
        ),
        Tells::Group => {
            let of_group = all.iter().filter(|net| net.group == *group).count();
            let timed = predictor.map_or(0, |predictor| predictor.measurements_of(group));
            format!(
                "{timed} nets of its group {group} are timed there, and {of_group} are asked for by name"
            )
        }
    };
    format!("{what}: the intervals of all nets are expected to narrow by {narrows:.0} %")
}

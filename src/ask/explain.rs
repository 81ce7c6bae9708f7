//! Where the time of a net goes, and what would help.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::asking::Asking;
use super::complexity::{Base, Scaled, base_row, missed, scaled, scaled_row};
use super::request::question;
use super::wanted::Wanted;
use crate::json::Invalid;
use crate::net::Net;
use crate::net::scaling::RawScaling;
use crate::net::spec::RawModel;
use crate::plan::explain::{Remedy, Share, explained};
use crate::timing::predict::warning::Warning;
use crate::timing::{Form, Mode, PlatformId, Predictors};

question! {
    /// A net, how to scale it, and where to time it.
    pub struct ExplainRequest {
        /// The net.
        #[schema(value_type = RawModel)]
        pub model: Option<Value>,
        /// How to scale it.
        pub scaling: Option<RawScaling>,
    }
}

/// Where the time goes.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplainAnswer {
    /// The net as it was asked for.
    pub base: Base,
    /// The net scaled; null where no scaling was asked for.
    pub scaled: Option<Scaled>,
    /// The sentence of the first platform; null where there is none.
    pub sentence: Option<String>,
    /// One for each platform asked for, of the scaled net where there is one, else of the base.
    pub explanations: Vec<ExplainedOn>,
}

/// Where the time goes on one platform.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplainedOn {
    /// The platform.
    pub platform: PlatformId,
    /// What is timed.
    pub mode: Mode,
    /// Seconds for one pass over the images.
    pub epoch_seconds: f64,
    /// What the prediction looked at.
    pub based_on: Form,
    /// Why the net takes its time, and what would help most.
    pub sentence: String,
    /// By stage, in order; their shares and `constant_share` add up to 1.
    pub stages: Vec<Share>,
    /// By kind of layer, the most of the time first; likewise.
    pub kinds: Vec<Share>,
    /// Share of the time that no layer takes: the same for every image.
    pub constant_share: f64,
    /// Half the flops by depth, width and resolution: first what saves most time for each flop.
    pub remedies: Vec<Remedy>,
    /// What to know before trusting it.
    pub warnings: Vec<Warning>,
}

/// The answer to `request`, as long as it is `wanted`.
///
/// # Errors
/// Points at the field that is wrong.
pub fn explanation(
    predictors: &Predictors,
    request: ExplainRequest,
    wanted: &Wanted,
) -> Result<ExplainAnswer, Invalid> {
    let asking = Asking::read(predictors, request.of_net())?;
    let base = asking.net()?;
    let scaled = scaled(&asking.subject, request.scaling)?;
    let net = scaled.as_ref().map_or(base, |(_, net)| net);
    within_reach(net, asking.predictors.len())?;
    let rows = asking.time_rows(net);
    let row = |(scaling, net): &(_, _)| scaled_row(scaling, net, &base.complexity());
    let scaled = scaled.as_ref().map(row);
    let missed = scaled.as_ref().and_then(missed);
    let of = |row: super::asking::TimeRow| {
        if wanted.is_over() {
            return None;
        }
        let mut platforms = asking.predictors.iter();
        let predictor = platforms.find(|p| p.platform().id == row.platform)?;
        let found = explained(net, &asking.times.question, predictor)?;
        Some(ExplainedOn {
            platform: row.platform,
            mode: row.mode,
            epoch_seconds: row.epoch_seconds,
            based_on: found.form,
            sentence: found.sentence,
            stages: found.stages,
            kinds: found.kinds,
            constant_share: found.constant,
            remedies: found.remedies,
            warnings: row.warnings.into_iter().chain(missed.clone()).collect(),
        })
    };
    let explanations: Vec<ExplainedOn> = rows.into_iter().filter_map(of).collect();
    Ok(ExplainAnswer {
        scaled,
        sentence: explanations.first().map(|first| first.sentence.clone()),
        base: base_row(&asking.subject),
        explanations,
    })
}

/// Most layers, of all platforms together, that one answer tells of: a second of work.
const LAYERS_AT_ONCE: usize = 1_000_000;

/// Refuses what would take too long.
fn within_reach(net: &Net, platforms: usize) -> Result<(), Invalid> {
    let layers = net.layers().len();
    if layers.saturating_mul(platforms) <= LAYERS_AT_ONCE {
        return Ok(());
    }
    let detail = format!("{layers} layers on {platforms} platforms are too many to explain");
    let most = LAYERS_AT_ONCE / layers.max(1);
    Err(Invalid::at(
        "/platform",
        platforms,
        detail,
        format!("at most {most} platforms for this net"),
    ))
}

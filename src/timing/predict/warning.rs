//! What to know before trusting a prediction: stable codes, each with one plain sentence.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::batch::{Images, UsualBatch};
use super::datasheet::{ENOUGH, Sheet};
use crate::net::Group;
use crate::timing::data::platform::{Mode, PlatformId};
use crate::timing::fit::features::Features;
use crate::timing::fit::training::Rows;
use crate::units::{to_f64, to_u64};

/// What to know before trusting a prediction.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Warning {
    /// Stable: `datasheet_gpu`, `order_of_magnitude`, `unseen_group`, `borrowed_platform`, `few_measurements`,
    /// `extrapolation`, `flop_bound`, `overhead_bound`, `beyond_memory`, `factor_missed` or `unlike_steps`; of a whole training
    /// also `assumed_devices`, `assumed_evaluation` or `loader_bound`; of a pycls config `config_dataset`, `config_batch` or
    /// `config_devices`.
    #[schema(example = "extrapolation")]
    pub code: &'static str,
    /// One sentence.
    pub detail: String,
    /// Of an extrapolation: the cost that lies outside what was measured, or `batch_size`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<&'static str>,
    /// Of an extrapolation: by how much.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
}

/// Timings below which a platform's fit is called thin.
const FEW: usize = 10;
/// How far beyond the measured range a cost may lie without a word.
const SLACK: f64 = 1.1;
/// Images in a step of each device that count as timed where no timing says its batch: the most of the published ones.
const PUBLISHED_BATCH: f64 = 1024.0;
/// Doubt for each unit of log that a batch lies beyond all that were timed, as a standard deviation of the log: as an
/// interval widens with costs beyond them. No timing was at hand to choose it by.
const BEYOND_BATCH: f64 = 0.1;
/// By how much the flops of a scaled net may differ from what its factor lets expect without a word: widths, depths and
/// resolutions are whole, which moves those of a small net by as much as this.
const MISSED: f64 = 2.0;
/// By how much other steps than the base's may change a time without a word.
const UNLIKE_STEPS: f64 = 1.15;
/// Share of another platform's fit from which it is warned of.
const WORTH_SAYING: f64 = 0.1;
/// Images for each device and step up to which launches take the time (`docs/accuracy.md`).
const SMALL_BATCH: f64 = 12.0;
/// Share of launches in the time from which it is warned of, where it is known.
const LAUNCHING: f64 = 0.3;

impl Warning {
    fn new(code: &'static str, detail: String) -> Self {
        Self {
            code,
            detail,
            quantity: None,
            factor: None,
        }
    }

    /// Of a scaled net whose flops have `grown` by something else than was `wanted` by its factor.
    #[must_use]
    pub fn missed(grown: f64, wanted: f64) -> Option<Self> {
        let detail = || {
            format!(
                "the scaled net has {grown:.3}x the flops, and its factor asks for {wanted:.3e}x: that cannot be reached \
                 along these dimensions; `\"match\": true` in the scaling makes up for it in width"
            )
        };
        let off = (grown / wanted).max(wanted / grown);
        (off > MISSED).then(|| Self::new("factor_missed", detail()))
    }

    /// Of a time beside its base's, neither with a batch that was said: `images` in a step of each, and how much `slower` it is
    /// than in steps of the base's.
    pub(crate) fn unlike_steps([images, of_base]: [u64; 2], slower: f64) -> Option<Self> {
        let (times, than) = if slower > 1.0 {
            (slower, "slower")
        } else {
            (slower.recip(), "faster")
        };
        let detail = || {
            format!(
                "its steps are of {images} images and those of the net as it is of {of_base}, as such nets were timed: that \
                 alone makes it {times:.2}x {than}; name a batch size for equal steps"
            )
        };
        (times > UNLIKE_STEPS).then(|| Self::new("unlike_steps", detail()))
    }

    /// What was assumed, since nothing was measured that says it.
    pub(crate) fn assumed(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(code, detail.into())
    }

    /// Of a GPU without timings.
    pub(super) fn sheet(sheet: &Sheet) -> Vec<Self> {
        let (device, scales) = (&sheet.platform.device, &sheet.scales);
        let from = &scales.from;
        let (asked, timed) = (scales.asked, scales.timed);
        let detail = if scales.is_same() {
            format!(
                "these are times of {from}, which was timed on such a GPU as {timed}: ask for {from} to have its own, narrower interval"
            )
        } else {
            format!(
                "fewer than {ENOUGH} timings are known of {device} alone as {asked}: these are times of {from} ({timed}) x {:.3}, of which {:.3} is by the data sheets of both and {:.3} for layout and software",
                scales.factor(),
                scales.by_sheets(),
                scales.by_recipe()
            )
        };
        let vague = scales.is_vague().then(|| {
            let detail = format!(
                "{} is so unlike what is asked for that no more than the order of magnitude is known",
                scales.from
            );
            Self::new("order_of_magnitude", detail)
        });
        let mut warnings = vec![Self::new("datasheet_gpu", detail)];
        warnings.extend(vague);
        warnings
    }

    pub(in crate::timing) fn unseen(group: &Group, platform: &PlatformId, mode: Mode) -> Self {
        let detail = format!(
            "no net of the group {group} was timed on {platform} ({mode}), so its own speed is not known there"
        );
        Self::new("unseen_group", detail)
    }

    pub(super) fn borrowed(group: &Group, (from, factor): &(PlatformId, f64)) -> Self {
        let (ratio, how) = if *factor < 1.0 {
            (factor.recip(), "faster")
        } else {
            (*factor, "slower")
        };
        let detail = format!(
            "nets of the group {group} are taken to be {ratio:.2}x {how} than others, as timings on {from} say"
        );
        Self::new("borrowed_platform", detail)
    }

    pub(super) fn lent((from, factor, share): &(PlatformId, f64, f64)) -> Option<Self> {
        let detail = || {
            let percent = 100.0 * share;
            format!(
                "{percent:.0} % of the prediction is what timings on {from} say, times {factor:.3}: here are few"
            )
        };
        (*share >= WORTH_SAYING).then(|| Self::new("borrowed_platform", detail()))
    }

    pub(in crate::timing) fn few(
        timings: usize,
        platform: &PlatformId,
        mode: Mode,
    ) -> Option<Self> {
        let s = if timings == 1 { "" } else { "s" };
        let detail = || format!("only {timings} timing{s} on {platform} ({mode})");
        (timings < FEW).then(|| Self::new("few_measurements", detail()))
    }

    /// `share`: of the time, in multiply-adds.
    pub(super) fn flop_bound(share: f64) -> Option<Self> {
        let detail = || {
            let percent = 100.0 * share;
            format!(
                "{percent:.0} % of the time goes into multiply-adds, of which the activations say little"
            )
        };
        (share > 0.5).then(|| Self::new("flop_bound", detail()))
    }

    /// `batch`: images in a step, for each device; `launching`: the share of the time that launches add, where known; `host`: the
    /// platform on whose host nets were timed, and none for a data sheet.
    pub(super) fn overhead_bound(
        batch: f64,
        launching: Option<f64>,
        host: Option<&PlatformId>,
    ) -> Option<Self> {
        let on_any_host = match host {
            Some(_) => "",
            None => {
                "; the host does that, of which data sheets say nothing: some launch five times sooner"
            }
        };
        let Some(share) = launching else {
            let detail = format!(
                "{batch} images a step on each device: launching the layers may take longer than computing them{on_any_host}"
            );
            return (batch <= SMALL_BATCH).then(|| Self::new("overhead_bound", detail));
        };
        let detail = format!(
            "{batch} images a step on each device: {:.0} % of the time is for launching the layers{on_any_host}",
            100.0 * share
        );
        (share >= LAUNCHING).then(|| Self::new("overhead_bound", detail))
    }

    fn outside(quantity: &'static str, factor: f64, above: bool) -> Self {
        let side = if above {
            "above the largest"
        } else {
            "below the smallest"
        };
        Self {
            quantity: Some(quantity),
            factor: Some(factor),
            ..Self::new(
                "extrapolation",
                format!("{quantity} are {factor:.1}x {side} that was timed"),
            )
        }
    }
}

/// Least and largest costs that were measured.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(in crate::timing) struct Range {
    low: [f64; 3],
    high: [f64; 3],
    /// Most images in a step of one device.
    batch: f64,
    /// Share of the square of the times, on average, that was launching.
    pub(super) launching: f64,
    usual_batch: Option<UsualBatch>,
}

fn costs(features: &Features) -> [f64; 3] {
    [features.acts, features.flops, features.params]
}

impl Range {
    pub(in crate::timing) fn of(rows: &Rows) -> Self {
        let nothing = Self {
            low: [f64::INFINITY; 3],
            high: [0.0; 3],
            batch: 0.0,
            launching: 0.0,
            usual_batch: UsualBatch::of(rows),
        };
        let timed = rows.samples().fold(nothing, |range, (_, sample)| {
            let costs = costs(&sample.features);
            Self {
                low: std::array::from_fn(|k| range.low[k].min(costs[k])),
                high: std::array::from_fn(|k| range.high[k].max(costs[k])),
                batch: range.batch.max(sample.batch),
                launching: range.launching + 1.0 - sample.busy_share(),
                ..range
            }
        });
        let known = timed.batch > 0.0;
        Self {
            batch: if known { timed.batch } else { PUBLISHED_BATCH },
            launching: timed.launching / to_f64(to_u64(rows.len().max(1))),
            ..timed
        }
    }

    /// Images in a step on each device, as they were in timings of nets with as many acts; `None` where none is known.
    pub(super) fn usual_batch(&self, features: &Features) -> Option<Images> {
        Some(self.usual_batch?.at(features.acts, self.batch))
    }

    /// Doubt in the time of steps of so many `images` on each device, as a standard deviation of the log.
    pub(super) fn batch_doubt(&self, images: f64) -> f64 {
        BEYOND_BATCH * (images / self.batch).ln().max(0.0)
    }

    /// A warning where no step of so many `images` on each device was timed.
    pub(super) fn beyond_batch(&self, images: f64) -> Option<Warning> {
        let factor = images / self.batch;
        let detail = format!(
            "{images} images a step on each device are {factor:.1}x the most that are known to have been timed"
        );
        (factor > SLACK).then(|| Warning {
            quantity: Some("batch_size"),
            factor: Some(factor),
            ..Warning::new("extrapolation", detail)
        })
    }

    /// A warning for each cost that lies outside.
    pub(in crate::timing) fn beyond(&self, features: &Features) -> Vec<Warning> {
        let costs = costs(features);
        let outside = ["acts", "flops", "params"].into_iter().enumerate();
        let outside = outside.filter_map(|(k, quantity)| {
            let (above, below) = (costs[k] / self.high[k], self.low[k] / costs[k]);
            let factor = above.max(below);
            (factor > SLACK).then(|| Warning::outside(quantity, factor, above > below))
        });
        outside.collect()
    }
}

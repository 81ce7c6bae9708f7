//! `RegNet`: stage widths from a quantised linear rule of four numbers.
//!
//! For block j < depth: `u_j` = w0 + wa·j, `k_j` = `round(ln(u_j` / w0) / ln wm), width = `8·round(w0·wm^k_j` / 8), rounding half
//! to even; blocks of equal width form one stage, and stages are made compatible with their groups (`compatible` in [`anynet`](super::anynet)).
//! Source: "Designing Network Design Spaces" (Radosavovic et al., CVPR 2020), eqs. 2 to 4; pycls, commit 5719de6,
//! `pycls/models/regnet.py`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::anynet::{AnyNet, BlockType, SqueezeExcite, Stage, StemType, compatible};
use crate::json::Invalid;
use crate::net::limits::{
    DEPTHS, KERNELS, MAX_RATIO, MAX_WIDTH, OPTIONAL_WIDTHS, WIDTHS, ratio, within,
};
use crate::units::{Whole, rounded};

/// A checked `RegNet`: its numbers, and the stages that they generate.
#[derive(Clone, Debug, PartialEq)]
pub struct RegNet {
    rule: Rule,
    stages: AnyNet,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Rule {
    depth: u32,
    w0: u32,
    wa: f64,
    wm: f64,
    group_w: u32,
    bot_mul: f64,
    stride: u32,
}

impl RegNet {
    /// The same net with its stages given one by one.
    #[must_use]
    pub fn stages(&self) -> &AnyNet {
        &self.stages
    }
}

impl Rule {
    /// (width, depth) of each stage before it is made compatible, narrow to wide.
    fn generated(&self) -> Result<Vec<(u32, u32)>, Invalid> {
        let w0 = f64::from(self.w0);
        let mut stages: Vec<(u32, u32)> = Vec::new();
        for block in 0..self.depth {
            let level = ((f64::from(block) * self.wa + w0) / w0).ln() / self.wm.ln();
            let width = w0 * self.wm.powf(level.round_ties_even());
            let width = within("/wa", Whole(rounded(width / 8.0).saturating_mul(8)), WIDTHS)?;
            match stages.last_mut() {
                Some((last, depth)) if *last == width => *depth += 1,
                _ => stages.push((width, 1)),
            }
        }
        Ok(stages)
    }

    fn stages(&self) -> Result<Vec<Stage>, Invalid> {
        let fit = |(width, depth): (u32, u32)| {
            let (width, group_w) =
                compatible(width, self.bot_mul, self.group_w).map_err(|detail| {
                    Invalid::at(
                        "/bot_mul",
                        self.bot_mul,
                        detail,
                        "such as 0.25, 0.5, 1, 2 or 4",
                    )
                })?;
            let (bot_mul, group_w) = (Some(self.bot_mul), Some(group_w));
            Ok(Stage {
                depth,
                width,
                stride: self.stride,
                bot_mul,
                group_w,
            })
        };
        self.generated()?.into_iter().map(fit).collect()
    }
}

/// A `RegNet` as it is written in JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRegNet {
    /// Default `simple_stem_in`.
    pub stem_type: Option<StemType>,
    /// Channels after the stem, default 32.
    pub stem_w: Option<Whole>,
    /// Default `res_bottleneck_block`.
    pub block_type: Option<BlockType>,
    /// Stride of each stage, default 2.
    pub stride: Option<Whole>,
    /// Number of blocks.
    pub depth: Whole,
    /// Width of the first block, a multiple of 8.
    pub w0: Whole,
    /// Slope of the widths, at least 0.
    pub wa: f64,
    /// Ratio of the widths of neighbouring stages, more than 1.
    pub wm: f64,
    /// Channels in one group.
    pub group_w: Whole,
    /// Bottleneck channels over block channels, default 1.
    pub bot_mul: Option<f64>,
    /// Channels of a 1×1 convolution before the classifier; 0, the default: none.
    pub head_w: Option<Whole>,
    /// Whether blocks have squeeze-excitation; default: `se_r` > 0.
    pub se_on: Option<bool>,
    /// Its width over the block's input width; default 0.25 where it is on.
    pub se_r: Option<f64>,
    /// Default 1000.
    pub num_classes: Option<Whole>,
}

impl TryFrom<RawRegNet> for RegNet {
    type Error = Invalid;

    fn try_from(raw: RawRegNet) -> Result<Self, Invalid> {
        let w0 = within("/w0", raw.w0, WIDTHS)?;
        if !w0.is_multiple_of(8) {
            let hint = format!("such as {}", w0.next_multiple_of(8));
            return Err(Invalid::at(
                "/w0",
                w0,
                format!("{w0} is not a multiple of 8"),
                hint,
            ));
        }
        if !(0.0..=f64::from(MAX_WIDTH)).contains(&raw.wa) {
            return Err(Invalid::at(
                "/wa",
                raw.wa,
                "the slope of the widths is out of range",
                "at least 0",
            ));
        }
        if !(raw.wm > 1.0 && raw.wm <= MAX_RATIO) {
            return Err(Invalid::at(
                "/wm",
                raw.wm,
                "widths must grow from stage to stage",
                "more than 1, such as 2.5",
            ));
        }
        let rule = Rule {
            depth: within("/depth", raw.depth, DEPTHS)?,
            w0,
            wa: raw.wa,
            wm: raw.wm,
            group_w: within("/group_w", raw.group_w, WIDTHS)?,
            bot_mul: ratio("/bot_mul", raw.bot_mul.unwrap_or(1.0), 0.0, false)?,
            stride: within("/stride", raw.stride.unwrap_or(Whole(2)), KERNELS)?,
        };
        let stages = AnyNet {
            stem_type: raw.stem_type.unwrap_or_default(),
            stem_w: within("/stem_w", raw.stem_w.unwrap_or(Whole(32)), WIDTHS)?,
            block_type: raw.block_type.unwrap_or_default(),
            stages: rule.stages()?,
            head_w: within("/head_w", raw.head_w.unwrap_or(Whole(0)), OPTIONAL_WIDTHS)?,
            se: SqueezeExcite::read(raw.se_on, raw.se_r)?,
            num_classes: within(
                "/num_classes",
                raw.num_classes.unwrap_or(Whole(1000)),
                WIDTHS,
            )?,
        }
        .checked()
        .map_err(|error| generated(&error))?;
        Ok(Self { rule, stages })
    }
}

/// An error of the generated stages, told of the numbers that generated them.
fn generated(error: &Invalid) -> Invalid {
    let renamed = |pointer: &str| match pointer.split('/').nth(1) {
        Some("bot_muls") => "/bot_mul",
        Some("group_ws") => "/group_w",
        Some("se_r") => "/se_r",
        _ => "/depth",
    };
    let field = |e: &crate::json::FieldError| crate::json::FieldError {
        pointer: renamed(&e.pointer).to_owned(),
        ..e.clone()
    };
    Invalid(error.0.iter().map(field).collect())
}

impl From<&RegNet> for RawRegNet {
    fn from(RegNet { rule, stages }: &RegNet) -> Self {
        Self {
            stem_type: Some(stages.stem_type),
            stem_w: Some(Whole(stages.stem_w.into())),
            block_type: Some(stages.block_type),
            stride: Some(Whole(rule.stride.into())),
            depth: Whole(rule.depth.into()),
            w0: Whole(rule.w0.into()),
            wa: rule.wa,
            wm: rule.wm,
            group_w: Whole(rule.group_w.into()),
            bot_mul: Some(rule.bot_mul),
            head_w: Some(Whole(stages.head_w.into())),
            se_on: Some(stages.se.on),
            se_r: Some(stages.se.ratio),
            num_classes: Some(Whole(stages.num_classes.into())),
        }
    }
}

//! What each dimension of a net is multiplied by, and how the products are rounded.

use crate::json::Invalid;
use crate::net::blocks::Side;
use crate::net::families::anynet::{AnyNet, Stage, compatible};
use crate::net::families::effnet::{self, EffNet};
use crate::net::limits::{DEPTHS, WIDTHS, channels};
use crate::units::{rounded, to_f64};

/// The multipliers of each dimension.
pub(super) struct Growth {
    pub(super) factor: f64,
    pub(super) d: f64,
    pub(super) w: f64,
    pub(super) g: f64,
    pub(super) r: f64,
    pub(super) keeps_depthwise: bool,
}

impl Growth {
    pub(super) fn anynet(&self, net: &AnyNet) -> Result<AnyNet, Invalid> {
        let grow = |(i, stage): (usize, &Stage)| {
            // Blocks without a bottleneck have neither; the reference then works with 1 for both.
            let bot_mul = stage.bot_mul.unwrap_or(1.0);
            let group_w = self.group_width(stage.group_w.unwrap_or(1))?;
            let (width, group_w) = compatible(self.width(stage.width)?, bot_mul, group_w)
                .map_err(|detail| incompatible(&format!("/model/bot_muls/{i}"), bot_mul, detail))?;
            let (bot_mul, group_w) = (Some(bot_mul), Some(group_w));
            Ok(Stage {
                depth: self.depth(stage.depth)?,
                width,
                bot_mul,
                group_w,
                ..*stage
            })
        };
        let stages = net
            .stages
            .iter()
            .enumerate()
            .map(grow)
            .collect::<Result<_, Invalid>>()?;
        AnyNet {
            stages,
            ..net.clone()
        }
        .checked()
        .map_err(|error| self.beyond(&error.0[0].detail))
    }

    pub(super) fn effnet(&self, net: &EffNet) -> Result<EffNet, Invalid> {
        let grow = |(i, stage): (usize, &effnet::Stage)| {
            let (width, _) =
                compatible(self.width(stage.width)?, stage.exp_ratio, 1).map_err(|detail| {
                    incompatible(&format!("/model/exp_ratios/{i}"), stage.exp_ratio, detail)
                })?;
            Ok(effnet::Stage {
                depth: self.depth(stage.depth)?,
                width,
                ..*stage
            })
        };
        let stages = net
            .stages
            .iter()
            .enumerate()
            .map(grow)
            .collect::<Result<_, Invalid>>()?;
        let (stem_w, head_w) = (self.width(net.stem_w)?, self.width(net.head_w)?);
        EffNet {
            stem_w,
            stages,
            head_w,
            ..*net
        }
        .checked()
        .map_err(|error| self.beyond(&error.0[0].detail))
    }

    fn depth(&self, depth: u32) -> Result<u32, Invalid> {
        let depth = to_f64(rounded(f64::from(depth) * self.d).max(1));
        channels("/scaling/factor", "a stage's depth", depth, DEPTHS)
    }

    fn width(&self, width: u32) -> Result<u32, Invalid> {
        let width = to_f64(nearest_multiple(f64::from(width) * self.w, 8).max(8));
        channels("/scaling/factor", "a stage's width", width, WIDTHS)
    }

    pub(super) fn group_width(&self, group_w: u32) -> Result<u32, Invalid> {
        if group_w == 1 && self.keeps_depthwise {
            return Ok(1);
        }
        let group_w = match rounded(f64::from(group_w) * self.g).max(1) {
            small @ 1..=2 => small,
            3..=5 => 4,
            large => nearest_multiple(to_f64(large), 8),
        };
        channels(
            "/scaling/factor",
            "a group's width",
            to_f64(group_w),
            WIDTHS,
        )
    }

    pub(super) fn side(&self, side: Side) -> Result<Side, Invalid> {
        let scaled = nearest_multiple(f64::from(side.get()) * self.r, 4);
        Side::new(scaled).ok_or_else(|| self.beyond(&format!("a resolution of {scaled}")))
    }

    pub(super) fn beyond(&self, what: &str) -> Invalid {
        Invalid::at(
            "/scaling/factor",
            self.factor,
            format!("the scaled net is refused: {what}"),
            "a factor nearer to 1",
        )
    }
}

/// The multiple of `step` nearest to `value`, halves to the even multiple.
pub(super) fn nearest_multiple(value: f64, step: u32) -> u64 {
    rounded(value / f64::from(step)).saturating_mul(step.into())
}

fn incompatible(pointer: &str, value: f64, detail: String) -> Invalid {
    Invalid::at(
        pointer,
        value,
        detail,
        "scale only nets with multipliers such as 0.25, 0.5, 1, 2 or 4",
    )
}

//! `AnyNet`: stem, stages of equal blocks given one by one, optional head convolution, classifier.
//!
//! The general form: a [`RegNet`](super::regnet::RegNet) becomes one when it is scaled, a
//! [`ResNet`](super::resnet::ResNet) equals one. Source: pycls, commit 5719de6, `pycls/models/anynet.py`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::json::Invalid;
use crate::net::blocks::{self, Bottleneck, Conv, Path, Side};
use crate::net::graph::common_multiple;
use crate::net::layers::Layer;
use crate::net::limits::{
    DEPTHS, KERNELS, MAX_BLOCKS, OPTIONAL_WIDTHS, WIDTHS, all_within, ratio, same_length, within,
};
use crate::units::{Whole, rounded, to_f64, truncated};

/// How an image becomes the first feature map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StemType {
    /// 3×3, stride 1.
    ResStemCifar,
    /// 3×3, stride 2.
    #[default]
    SimpleStemIn,
    /// 7×7, stride 2, then a 3×3 max-pool of stride 2.
    ResStemIn,
}

/// What a stage repeats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BlockType {
    /// Two 3×3 convolutions.
    VanillaBlock,
    /// Two 3×3 convolutions and a shortcut.
    ResBasicBlock,
    /// 1×1, grouped 3×3, 1×1 and a shortcut.
    #[default]
    ResBottleneckBlock,
    /// The same with a linear end, and no projection as shortcut.
    ResBottleneckLinearBlock,
}

impl BlockType {
    fn has_bottleneck(self) -> bool {
        matches!(
            self,
            Self::ResBottleneckBlock | Self::ResBottleneckLinearBlock
        )
    }
}

/// Squeeze-excitation: whether, and the ratio of its width to the block's input width.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SqueezeExcite {
    pub(in crate::net) on: bool,
    pub(in crate::net) ratio: f64,
}

impl SqueezeExcite {
    /// From the fields of a request: `se_off` wins; a missing ratio is 0.25 where it is on; on where the ratio is > 0.
    pub(in crate::net) fn read(se_on: Option<bool>, se_r: Option<f64>) -> Result<Self, Invalid> {
        let ratio = ratio(
            "/se_r",
            se_r.unwrap_or(if se_on == Some(true) { 0.25 } else { 0.0 }),
            0.0,
            true,
        )?;
        Ok(Self {
            on: se_on.unwrap_or(ratio > 0.0),
            ratio,
        })
    }

    /// Whether any block has it.
    pub(in crate::net) fn is_used(self) -> bool {
        self.on && self.ratio > 0.0
    }

    /// Its width in a block with `w_in` channels in: `round(w_in · ratio)`, 0 for none.
    pub(in crate::net) fn width(self, w_in: u32) -> u32 {
        if !self.on {
            return 0;
        }
        u32::try_from(rounded(f64::from(w_in) * self.ratio)).unwrap_or(u32::MAX)
    }
}

/// One stage: `depth` blocks of one shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stage {
    pub(in crate::net) depth: u32,
    pub(in crate::net) width: u32,
    pub(in crate::net) stride: u32,
    pub(in crate::net) bot_mul: Option<f64>,
    pub(in crate::net) group_w: Option<u32>,
}

impl Stage {
    /// Channels within the bottleneck: round(width · `bot_mul`).
    pub(in crate::net) fn w_b(&self) -> u32 {
        let w_b = rounded(f64::from(self.width) * self.bot_mul.unwrap_or(1.0));
        u32::try_from(w_b).unwrap_or(u32::MAX)
    }

    /// Number of groups: ⌊`w_b` / `group_w`⌋, 1 where the stage names no group width.
    pub(in crate::net) fn groups(&self) -> u32 {
        self.group_w.map_or(1, |group_w| self.w_b() / group_w)
    }
}

/// A checked `AnyNet`.
#[derive(Clone, Debug, PartialEq)]
pub struct AnyNet {
    pub(in crate::net) stem_type: StemType,
    pub(in crate::net) stem_w: u32,
    pub(in crate::net) block_type: BlockType,
    pub(in crate::net) stages: Vec<Stage>,
    pub(in crate::net) head_w: u32,
    pub(in crate::net) se: SqueezeExcite,
    pub(in crate::net) num_classes: u32,
}

impl AnyNet {
    /// This net, where its parts fit together.
    ///
    /// # Errors
    /// Where there are no stages or too many blocks, or a bottleneck or its groups would be empty.
    pub(in crate::net) fn checked(self) -> Result<Self, Invalid> {
        check_depths(self.stages.iter().map(|stage| stage.depth))?;
        if self.block_type.has_bottleneck() {
            for (i, stage) in self.stages.iter().enumerate() {
                check_bottleneck(i, stage)?;
            }
        }
        let widest = self
            .stages
            .iter()
            .map(|stage| stage.width)
            .max()
            .unwrap_or(0)
            .max(self.stem_w);
        within(
            "/se_r",
            Whole(u64::from(self.se.width(widest))),
            OPTIONAL_WIDTHS,
        )?;
        Ok(self)
    }

    /// Emits the layers for an image of `side`, in order.
    pub(in crate::net) fn layers(&self, side: Side, emit: &mut dyn FnMut(Layer)) {
        let mut path = Path::image(side, emit);
        match self.stem_type {
            StemType::ResStemCifar => path.conv(Conv::new(self.stem_w, 3)),
            StemType::SimpleStemIn => path.conv(Conv::new(self.stem_w, 3).stride(2)),
            StemType::ResStemIn => {
                path.conv(Conv::new(self.stem_w, 7).stride(2));
                path.max_pool(3, 2);
            }
        }
        for stage in &self.stages {
            path.stage(stage.depth, stage.stride, |path, stride| {
                self.block(path, stage, stride);
            });
        }
        path.head();
        if self.head_w > 0 {
            path.conv(Conv::new(self.head_w, 1));
        }
        path.classify(self.num_classes);
    }

    fn block(&self, path: &mut Path, stage: &Stage, stride: u32) {
        let bottleneck = |w_in| Bottleneck {
            width: stage.width,
            w_b: stage.w_b(),
            groups: stage.groups(),
            squeezed: self.se.width(w_in),
            stride_1x1: false,
        };
        match self.block_type {
            BlockType::VanillaBlock => blocks::vanilla_block(path, stage.width, stride),
            BlockType::ResBasicBlock => blocks::res_basic_block(path, stage.width, stride),
            BlockType::ResBottleneckBlock => {
                blocks::res_bottleneck_block(path, bottleneck(path.width), stride);
            }
            BlockType::ResBottleneckLinearBlock => {
                blocks::res_bottleneck_linear_block(path, bottleneck(path.width), stride);
            }
        }
    }

    /// The timing group that the net belongs to.
    pub(in crate::net) fn group(&self) -> &'static str {
        let grouped =
            self.block_type.has_bottleneck() && self.stages.iter().any(|stage| stage.groups() > 1);
        match (self.block_type, self.stem_type, self.se.is_used(), grouped) {
            (BlockType::ResBottleneckLinearBlock, ..) => "regnetz",
            (_, StemType::SimpleStemIn, false, _) => "regnetx",
            (_, StemType::SimpleStemIn, true, _) => "regnety",
            (_, StemType::ResStemIn, false, false) => "resnet",
            (_, StemType::ResStemIn, false, true) => "resnext",
            (_, StemType::ResStemIn, true, false) => "seresnet",
            (_, StemType::ResStemIn, true, true) => "seresnext",
            (_, StemType::ResStemCifar, ..) => "other",
        }
    }
}

/// Refuses a net without stages, and one with more than [`MAX_BLOCKS`] blocks.
pub(super) fn check_depths(depths: impl ExactSizeIterator<Item = u32>) -> Result<(), Invalid> {
    let refused =
        |value: Value, detail: &str, hint: &str| Err(Invalid::at("/depths", value, detail, hint));
    if depths.len() == 0 {
        return refused(json!([]), "a net without stages", "at least one stage");
    }
    let blocks: u64 = depths.map(u64::from).sum();
    if blocks > u64::from(MAX_BLOCKS) {
        let hint = format!("at most {MAX_BLOCKS} in all stages together");
        return refused(blocks.into(), &format!("{blocks} blocks"), &hint);
    }
    Ok(())
}

fn check_bottleneck(i: usize, stage: &Stage) -> Result<(), Invalid> {
    let Some(bot_mul) = stage.bot_mul else {
        let hint = "one bottleneck multiplier for each stage, such as 1.0 or 0.25";
        return Err(Invalid::at(
            "/bot_muls",
            (),
            "a bottleneck block needs bot_muls",
            hint,
        ));
    };
    let Some(group_w) = stage.group_w else {
        return Err(Invalid::at(
            "/group_ws",
            (),
            "a bottleneck block needs group_ws",
            "channels in one group, for each stage",
        ));
    };
    within(
        &format!("/bot_muls/{i}"),
        Whole(u64::from(stage.w_b())),
        WIDTHS,
    )
    .map_err(|mut error| {
        error.0[0].value = bot_mul.into();
        error.0[0].detail = format!("the bottleneck would have {} channels", stage.w_b());
        error
    })?;
    if group_w > stage.w_b() {
        let detail = format!(
            "a group of {group_w} channels in a bottleneck of {}",
            stage.w_b()
        );
        return Err(Invalid::at(
            &format!("/group_ws/{i}"),
            group_w,
            detail,
            "at most the bottleneck's width",
        ));
    }
    Ok(())
}

/// Makes a width, its bottleneck multiplier and its group width fit: the group at most the bottleneck, and the
/// bottleneck a multiple of the group (and of the multiplier, where it is above 1).
///
/// v = ⌊max(1, w·b)⌋, g = min(g, v), m = lcm(g, b) or g, v = max(m, round(v/m)·m), w = ⌊v/b⌋; returns (w, g).
///
/// # Errors
/// What is wrong with the multiplier, for the caller to point at it: above 1 it must be whole, below 1 the result must
/// still divide (a power of two does).
pub(in crate::net) fn compatible(
    width: u32,
    bot_mul: f64,
    group_w: u32,
) -> Result<(u32, u32), String> {
    if bot_mul > 1.0 && bot_mul.fract() != 0.0 {
        return Err(format!("a multiplier above 1 must be whole, not {bot_mul}"));
    }
    let v = truncated((f64::from(width) * bot_mul).max(1.0));
    let group_w = u64::from(group_w).min(v);
    let m = if bot_mul > 1.0 {
        common_multiple(group_w, truncated(bot_mul))
    } else {
        group_w
    };
    let v = m.max(rounded(to_f64(v) / to_f64(m)).saturating_mul(m));
    let width = truncated(to_f64(v) / bot_mul);
    match (u32::try_from(width), u32::try_from(group_w)) {
        (Ok(width), Ok(group_w)) if WIDTHS.contains(&width) => {
            let divides = (f64::from(width) * bot_mul) % f64::from(group_w) == 0.0;
            divides.then_some((width, group_w)).ok_or_else(|| {
                format!("groups of {group_w} do not divide {width} · {bot_mul} channels; below 1 use a power of two")
            })
        }
        _ => Err(format!("a width of {width} is too large")),
    }
}

/// An `AnyNet` as it is written in JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAnyNet {
    /// Default `simple_stem_in`.
    pub stem_type: Option<StemType>,
    /// Channels after the stem, default 32.
    pub stem_w: Option<Whole>,
    /// Default `res_bottleneck_block`.
    pub block_type: Option<BlockType>,
    /// Blocks of each stage.
    pub depths: Vec<Whole>,
    /// Channels of each stage.
    pub widths: Vec<Whole>,
    /// Stride of each stage's first block.
    pub strides: Vec<Whole>,
    /// Bottleneck channels over block channels, for each stage; needed by bottleneck blocks.
    pub bot_muls: Option<Vec<f64>>,
    /// Channels in one group, for each stage; needed by bottleneck blocks.
    pub group_ws: Option<Vec<Whole>>,
    /// Channels of a 1×1 convolution before the classifier; 0, the default: none.
    pub head_w: Option<Whole>,
    /// Whether blocks have squeeze-excitation; default: `se_r` > 0.
    pub se_on: Option<bool>,
    /// Its width over the block's input width; default 0.25 where it is on.
    pub se_r: Option<f64>,
    /// Default 1000.
    pub num_classes: Option<Whole>,
}

impl TryFrom<RawAnyNet> for AnyNet {
    type Error = Invalid;

    fn try_from(raw: RawAnyNet) -> Result<Self, Invalid> {
        let n = raw.depths.len();
        let depths = all_within("/depths", &raw.depths, &DEPTHS)?;
        let widths = all_within("/widths", &raw.widths, &WIDTHS)?;
        let strides = all_within("/strides", &raw.strides, &KERNELS)?;
        let group_ws = all_within(
            "/group_ws",
            raw.group_ws.as_deref().unwrap_or_default(),
            &WIDTHS,
        )?;
        let bot_muls = raw.bot_muls.unwrap_or_default();
        for (i, bot_mul) in bot_muls.iter().enumerate() {
            ratio(&format!("/bot_muls/{i}"), *bot_mul, 0.0, false)?;
        }
        same_length("/widths", &widths, n)?;
        same_length("/strides", &strides, n)?;
        // The reference takes an empty list for a missing one.
        if !bot_muls.is_empty() {
            same_length("/bot_muls", &bot_muls, n)?;
        }
        if !group_ws.is_empty() {
            same_length("/group_ws", &group_ws, n)?;
        }
        let stage = |i: usize| Stage {
            depth: depths[i],
            width: widths[i],
            stride: strides[i],
            bot_mul: bot_muls.get(i).copied(),
            group_w: group_ws.get(i).copied(),
        };
        Self {
            stem_type: raw.stem_type.unwrap_or_default(),
            stem_w: within("/stem_w", raw.stem_w.unwrap_or(Whole(32)), WIDTHS)?,
            block_type: raw.block_type.unwrap_or_default(),
            stages: (0..n).map(stage).collect(),
            head_w: within("/head_w", raw.head_w.unwrap_or(Whole(0)), OPTIONAL_WIDTHS)?,
            se: SqueezeExcite::read(raw.se_on, raw.se_r)?,
            num_classes: within(
                "/num_classes",
                raw.num_classes.unwrap_or(Whole(1000)),
                WIDTHS,
            )?,
        }
        .checked()
    }
}

impl From<&AnyNet> for RawAnyNet {
    fn from(net: &AnyNet) -> Self {
        let list =
            |field: fn(&Stage) -> u32| net.stages.iter().map(|s| Whole(field(s).into())).collect();
        Self {
            stem_type: Some(net.stem_type),
            stem_w: Some(Whole(net.stem_w.into())),
            block_type: Some(net.block_type),
            depths: list(|s| s.depth),
            widths: list(|s| s.width),
            strides: list(|s| s.stride),
            bot_muls: net.stages.iter().map(|s| s.bot_mul).collect(),
            group_ws: net
                .stages
                .iter()
                .map(|s| s.group_w.map(|g| Whole(g.into())))
                .collect(),
            head_w: Some(Whole(net.head_w.into())),
            se_on: Some(net.se.on),
            se_r: Some(net.se.ratio),
            num_classes: Some(Whole(net.num_classes.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_and_group_are_made_to_fit_as_in_the_reference() {
        for (given, expected) in [
            ((176, 1.0, 24), (168, 24)),
            ((264, 1.0, 16), (256, 16)),
            ((48, 0.0625, 8), (48, 3)),
            ((18, 2.0, 9), (18, 9)),
            ((8, 1.0, 64), (8, 8)),
        ] {
            assert_eq!(
                compatible(given.0, given.1, given.2),
                Ok(expected),
                "{given:?}"
            );
        }
    }

    #[test]
    fn a_fractional_multiplier_that_cannot_fit_is_refused() {
        assert!(compatible(64, 1.5, 8).is_err());
        assert!(compatible(64, 0.3, 8).is_err());
    }

    #[test]
    fn switched_off_squeeze_excitation_wins_over_its_ratio() {
        let used = |on, r| SqueezeExcite::read(on, r).unwrap().is_used();
        assert!(!used(Some(false), Some(0.25)) && used(None, Some(0.25)) && used(Some(true), None));
        assert!(!used(Some(true), Some(0.0)) && !used(None, None));
    }
}

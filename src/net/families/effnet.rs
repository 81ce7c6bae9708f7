//! `EffNet`: inverted residuals with depthwise convolutions and squeeze-excitation (EfficientNet).
//!
//! Source: "EfficientNet" (Tan, Le, ICML 2019); pycls, commit 5719de6, `pycls/models/effnet.py`, which truncates the
//! expanded and squeezed widths and always builds squeeze-excitation, even to no channels.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::anynet::check_depths;
use crate::json::Invalid;
use crate::net::blocks::{self, Conv, MbConv, Path, Side};
use crate::net::layers::Layer;
use crate::net::limits::{
    DEPTHS, KERNELS, OPTIONAL_WIDTHS, WIDTHS, all_within, channels, ratio, same_length, within,
};
use crate::units::{Whole, truncated};

/// One stage: `depth` inverted residuals of one shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stage {
    pub(in crate::net) depth: u32,
    pub(in crate::net) width: u32,
    pub(in crate::net) exp_ratio: f64,
    pub(in crate::net) stride: u32,
    pub(in crate::net) kernel: u32,
}

/// A checked `EffNet`.
#[derive(Clone, Debug, PartialEq)]
pub struct EffNet {
    pub(in crate::net) stem_w: u32,
    pub(in crate::net) stages: Vec<Stage>,
    pub(in crate::net) se_r: f64,
    pub(in crate::net) head_w: u32,
    pub(in crate::net) num_classes: u32,
}

impl EffNet {
    /// This net, where its parts fit together.
    ///
    /// # Errors
    /// Where there are no stages or too many blocks, or an expansion or squeeze leaves the range of widths.
    pub(in crate::net) fn checked(self) -> Result<Self, Invalid> {
        check_depths(self.stages.iter().map(|stage| stage.depth))?;
        let mut w_in = self.stem_w;
        for (i, stage) in self.stages.iter().enumerate() {
            for w_in in [w_in, stage.width] {
                let expanded = f64::from(w_in) * stage.exp_ratio;
                channels(
                    &format!("/exp_ratios/{i}"),
                    "the expanded width",
                    expanded,
                    WIDTHS,
                )?;
                channels(
                    "/se_r",
                    "the squeezed width",
                    f64::from(w_in) * self.se_r,
                    OPTIONAL_WIDTHS,
                )?;
            }
            w_in = stage.width;
        }
        Ok(self)
    }

    /// A block of `stage` with `w_in` channels in.
    pub(in crate::net) fn block(&self, stage: &Stage, w_in: u32) -> MbConv {
        let times =
            |ratio: f64| u32::try_from(truncated(f64::from(w_in) * ratio)).unwrap_or(u32::MAX);
        MbConv {
            width: stage.width,
            expanded: times(stage.exp_ratio),
            kernel: stage.kernel,
            squeezed: times(self.se_r),
        }
    }

    /// Emits the layers for an image of `side`, in order.
    pub(in crate::net) fn layers(&self, side: Side, emit: &mut dyn FnMut(Layer)) {
        let mut path = Path::image(side, emit);
        path.conv(Conv::new(self.stem_w, 3).stride(2));
        for stage in &self.stages {
            path.stage(stage.depth, stage.stride, |path, stride| {
                blocks::mb_conv(path, self.block(stage, path.width), stride);
            });
        }
        path.head();
        path.conv(Conv::new(self.head_w, 1));
        path.classify(self.num_classes);
    }
}

/// An `EffNet` as it is written in JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RawEffNet {
    /// Channels after the stem.
    pub stem_w: Whole,
    /// Blocks of each stage.
    pub depths: Vec<Whole>,
    /// Channels of each stage.
    pub widths: Vec<Whole>,
    /// Expanded channels over channels in, for each stage.
    pub exp_ratios: Vec<f64>,
    /// Squeezed channels over channels in, default 0.25.
    pub se_r: Option<f64>,
    /// Stride of each stage's first block.
    pub strides: Vec<Whole>,
    /// Side of each stage's depthwise kernel, odd.
    pub kernels: Vec<Whole>,
    /// Channels of the 1×1 convolution before the classifier.
    pub head_w: Whole,
    /// Default 1000.
    pub num_classes: Option<Whole>,
}

impl TryFrom<RawEffNet> for EffNet {
    type Error = Invalid;

    fn try_from(raw: RawEffNet) -> Result<Self, Invalid> {
        let n = raw.depths.len();
        let depths = all_within("/depths", &raw.depths, &DEPTHS)?;
        let widths = all_within("/widths", &raw.widths, &WIDTHS)?;
        let strides = all_within("/strides", &raw.strides, &KERNELS)?;
        let kernels = all_within("/kernels", &raw.kernels, &KERNELS)?;
        same_length("/widths", &widths, n)?;
        same_length("/exp_ratios", &raw.exp_ratios, n)?;
        same_length("/strides", &strides, n)?;
        same_length("/kernels", &kernels, n)?;
        for (i, exp_ratio) in raw.exp_ratios.iter().enumerate() {
            ratio(&format!("/exp_ratios/{i}"), *exp_ratio, 0.0, false)?;
        }
        if let Some((i, kernel)) = kernels
            .iter()
            .enumerate()
            .find(|(_, kernel)| kernel.is_multiple_of(2))
        {
            let detail = "an even kernel has no centre";
            return Err(Invalid::at(
                &format!("/kernels/{i}"),
                *kernel,
                detail,
                "an odd side such as 3, 5 or 7",
            ));
        }
        let stage = |i: usize| Stage {
            depth: depths[i],
            width: widths[i],
            exp_ratio: raw.exp_ratios[i],
            stride: strides[i],
            kernel: kernels[i],
        };
        Self {
            stem_w: within("/stem_w", raw.stem_w, WIDTHS)?,
            stages: (0..n).map(stage).collect(),
            se_r: ratio("/se_r", raw.se_r.unwrap_or(0.25), 0.0, true)?,
            head_w: within("/head_w", raw.head_w, WIDTHS)?,
            num_classes: within(
                "/num_classes",
                raw.num_classes.unwrap_or(Whole(1000)),
                WIDTHS,
            )?,
        }
        .checked()
    }
}

impl From<&EffNet> for RawEffNet {
    fn from(net: &EffNet) -> Self {
        let list =
            |field: fn(&Stage) -> u32| net.stages.iter().map(|s| Whole(field(s).into())).collect();
        Self {
            stem_w: Whole(net.stem_w.into()),
            depths: list(|s| s.depth),
            widths: list(|s| s.width),
            exp_ratios: net.stages.iter().map(|s| s.exp_ratio).collect(),
            se_r: Some(net.se_r),
            strides: list(|s| s.stride),
            kernels: list(|s| s.kernel),
            head_w: Whole(net.head_w.into()),
            num_classes: Some(Whole(net.num_classes.into())),
        }
    }
}

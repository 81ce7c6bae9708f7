//! `ResNet` and `ResNeXt` as the reference builds them, and the [`AnyNet`] that each equals.
//!
//! Source: "Deep Residual Learning" (He et al., CVPR 2016); pycls, commit 5719de6, `pycls/models/resnet.py`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::anynet::{AnyNet, BlockType, SqueezeExcite, Stage, StemType};
use crate::json::Invalid;
use crate::net::blocks::{self, Bottleneck, Conv, Path, Side};
use crate::net::layers::Layer;
use crate::net::limits::{DEPTHS, WIDTHS, within};
use crate::units::Whole;

/// What the net is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dataset {
    /// Small images: 3×3 stem, three stages of basic blocks, depth 6n + 2.
    Cifar10,
    /// Large images: 7×7 stem, four stages of bottlenecks, depth 50, 101 or 152.
    Imagenet,
}

/// The two blocks of a `ResNet`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transform {
    /// Two 3×3 convolutions.
    BasicTransform,
    /// 1×1, 3×3, 1×1.
    BottleneckTransform,
}

/// A checked `ResNet`.
#[derive(Clone, Debug, PartialEq)]
pub struct ResNet {
    dataset: Dataset,
    depth: u32,
    num_groups: u32,
    width_per_group: u32,
    stride_1x1: bool,
    num_classes: u32,
}

const CIFAR_WIDTHS: [u32; 3] = [16, 32, 64];
const IMAGENET_WIDTHS: [u32; 4] = [256, 512, 1024, 2048];

/// Blocks in each stage of an ImageNet `ResNet`.
fn imagenet_depths(depth: u32) -> Option<[u32; 4]> {
    match depth {
        50 => Some([3, 4, 6, 3]),
        101 => Some([3, 4, 23, 3]),
        152 => Some([3, 8, 36, 3]),
        _ => None,
    }
}

impl ResNet {
    /// (depth, width, stride) of each stage.
    fn shapes(&self) -> Vec<(u32, u32, u32)> {
        let stride = |i: usize| if i == 0 { 1 } else { 2 };
        match self.dataset {
            Dataset::Cifar10 => {
                let shape = |(i, w): (usize, &u32)| ((self.depth - 2) / 6, *w, stride(i));
                CIFAR_WIDTHS.iter().enumerate().map(shape).collect()
            }
            Dataset::Imagenet => {
                let depths = imagenet_depths(self.depth).unwrap_or_default();
                let shape = |(i, (w, d)): (usize, (&u32, u32))| (d, *w, stride(i));
                IMAGENET_WIDTHS
                    .iter()
                    .zip(depths)
                    .enumerate()
                    .map(shape)
                    .collect()
            }
        }
    }

    /// Channels of the first stage's bottleneck; it doubles from stage to stage.
    fn w_b(&self) -> u32 {
        self.num_groups * self.width_per_group
    }

    /// Emits the layers for an image of `side`, in order.
    pub(in crate::net) fn layers(&self, side: Side, emit: &mut dyn FnMut(Layer)) {
        let mut path = Path::image(side, emit);
        match self.dataset {
            Dataset::Cifar10 => path.conv(Conv::new(16, 3)),
            Dataset::Imagenet => {
                path.conv(Conv::new(64, 7).stride(2));
                path.max_pool(3, 2);
            }
        }
        let mut w_b = self.w_b();
        for (depth, width, stride) in self.shapes() {
            let (groups, stride_1x1) = (self.num_groups, self.stride_1x1);
            let block = Bottleneck {
                width,
                w_b,
                groups,
                squeezed: 0,
                stride_1x1,
            };
            path.stage(depth, stride, |path, stride| match self.dataset {
                Dataset::Cifar10 => blocks::res_basic_block(path, width, stride),
                Dataset::Imagenet => blocks::res_bottleneck_block(path, block, stride),
            });
            w_b = w_b.saturating_mul(2);
        }
        path.head();
        path.classify(self.num_classes);
    }

    /// The timing group that the net belongs to, the same as its `AnyNet` has.
    pub(in crate::net) fn group(&self) -> &'static str {
        match (self.dataset, self.num_groups) {
            (Dataset::Cifar10, _) => "other",
            (Dataset::Imagenet, 1) => "resnet",
            (Dataset::Imagenet, _) => "resnext",
        }
    }

    /// The `AnyNet` with the same layers.
    ///
    /// # Errors
    /// With bottlenecks whose stride is on the first 1×1: no `AnyNet` has those.
    pub(in crate::net) fn as_anynet(&self) -> Result<AnyNet, Invalid> {
        let imagenet = self.dataset == Dataset::Imagenet;
        if imagenet && self.stride_1x1 {
            let detail = "a bottleneck with its stride on the 1×1 convolution equals no AnyNet, so it cannot be scaled";
            return Err(Invalid::at(
                "/model/stride_1x1",
                true,
                detail,
                "false, as in all archived configurations",
            ));
        }
        let stage = |(i, (depth, width, stride)): (u32, (u32, u32, u32))| {
            let bot_mul = imagenet.then(|| f64::from(self.w_b()) / f64::from(IMAGENET_WIDTHS[0]));
            let group_w = imagenet.then(|| self.width_per_group << i);
            Stage {
                depth,
                width,
                stride,
                bot_mul,
                group_w,
            }
        };
        AnyNet {
            stem_type: if imagenet {
                StemType::ResStemIn
            } else {
                StemType::ResStemCifar
            },
            stem_w: if imagenet { 64 } else { 16 },
            block_type: if imagenet {
                BlockType::ResBottleneckBlock
            } else {
                BlockType::ResBasicBlock
            },
            stages: (0..).zip(self.shapes()).map(stage).collect(),
            head_w: 0,
            se: SqueezeExcite {
                on: false,
                ratio: 0.0,
            },
            num_classes: self.num_classes,
        }
        .checked()
        .map_err(|error| error.under("/model"))
    }
}

/// A `ResNet` as it is written in JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RawResNet {
    /// What it is built for, default `imagenet`.
    pub dataset: Option<Dataset>,
    /// 50, 101 or 152; 6n + 2 for `cifar10`.
    pub depth: Whole,
    /// `bottleneck_transform` for `imagenet`, `basic_transform` for `cifar10` (the defaults).
    pub trans_fun: Option<Transform>,
    /// Groups of the 3×3 convolutions, default 1.
    pub num_groups: Option<Whole>,
    /// Channels of one group in the first stage, default 64.
    pub width_per_group: Option<Whole>,
    /// Whether a bottleneck's stride is on its first 1×1, default false.
    pub stride_1x1: Option<bool>,
    /// Default 1000.
    pub num_classes: Option<Whole>,
}

impl TryFrom<RawResNet> for ResNet {
    type Error = Invalid;

    fn try_from(raw: RawResNet) -> Result<Self, Invalid> {
        let net = Self {
            dataset: raw.dataset.unwrap_or(Dataset::Imagenet),
            depth: within("/depth", raw.depth, DEPTHS)?,
            // No more than the last stage's bottleneck may hold, which is eight times the first's.
            num_groups: within("/num_groups", raw.num_groups.unwrap_or(Whole(1)), 1..=4096)?,
            width_per_group: within(
                "/width_per_group",
                raw.width_per_group.unwrap_or(Whole(64)),
                1..=4096,
            )?,
            stride_1x1: raw.stride_1x1.unwrap_or(false),
            num_classes: within(
                "/num_classes",
                raw.num_classes.unwrap_or(Whole(1000)),
                WIDTHS,
            )?,
        };
        let known = match net.dataset {
            Dataset::Cifar10 => net.depth >= 8 && (net.depth - 2).is_multiple_of(6),
            Dataset::Imagenet => imagenet_depths(net.depth).is_some(),
        };
        if !known {
            let hint = match net.dataset {
                Dataset::Cifar10 => "6n + 2, such as 20, 56 or 110",
                Dataset::Imagenet => "50, 101 or 152",
            };
            return Err(Invalid::at(
                "/depth",
                net.depth,
                format!("there is no ResNet-{}", net.depth),
                hint,
            ));
        }
        within("/width_per_group", Whole(u64::from(net.w_b()) * 8), WIDTHS)?;
        let expected = net.transform();
        if raw.trans_fun.is_some_and(|given| given != expected) {
            let value = serde_json::to_value(raw.trans_fun).unwrap_or_default();
            let (detail, hint) = match net.dataset {
                Dataset::Cifar10 => ("a CIFAR ResNet has basic blocks", "basic_transform"),
                Dataset::Imagenet => (
                    "an ImageNet ResNet of this builder has bottlenecks",
                    "bottleneck_transform",
                ),
            };
            return Err(Invalid::at("/trans_fun", value, detail, hint));
        }
        Ok(net)
    }
}

impl ResNet {
    fn transform(&self) -> Transform {
        match self.dataset {
            Dataset::Cifar10 => Transform::BasicTransform,
            Dataset::Imagenet => Transform::BottleneckTransform,
        }
    }
}

impl From<&ResNet> for RawResNet {
    fn from(net: &ResNet) -> Self {
        Self {
            dataset: Some(net.dataset),
            depth: Whole(net.depth.into()),
            trans_fun: Some(net.transform()),
            num_groups: Some(Whole(net.num_groups.into())),
            width_per_group: Some(Whole(net.width_per_group.into())),
            stride_1x1: Some(net.stride_1x1),
            num_classes: Some(Whole(net.num_classes.into())),
        }
    }
}

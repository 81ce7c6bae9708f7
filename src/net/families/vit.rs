//! `ViT`: a vision transformer with a patch or a convolution stem. It is counted, never scaled.
//!
//! Source: "An Image is Worth 16x16 Words" (Dosovitskiy et al., ICLR 2021); "Early Convolutions Help Transformers See
//! Better" (Xiao et al., `NeurIPS` 2021); pycls, commit 5719de6, `pycls/models/vit.py`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::json::Invalid;
use crate::net::blocks::{Conv, Path, Side};
use crate::net::layers::{Bias, Kind, Layer};
use crate::net::limits::{DEPTHS, KERNELS, WIDTHS, all_within, same_length, within};
use crate::units::Whole;

const LAYER_NORM: Kind = Kind::Norm {
    each: 2,
    batch: false,
};
const LINEAR: Kind = Kind::Linear {
    bias: Bias::Learned,
};

/// How an image becomes tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VitStem {
    /// One convolution with kernel and stride of the patch.
    Patchify,
    /// Several small convolutions.
    Conv,
}

/// What the classifier reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Classifier {
    /// A learned class token.
    Token,
    /// The mean of all tokens.
    Pooled,
}

/// A checked `ViT`.
#[derive(Clone, Debug, PartialEq)]
pub struct Vit {
    patch_size: u32,
    /// (kernel, stride, channels) of each stem convolution; none: patchify.
    conv_stem: Vec<(u32, u32, u32)>,
    n_layers: u32,
    n_heads: u32,
    hidden_d: u32,
    mlp_d: u32,
    classifier: Classifier,
    num_classes: u32,
}

impl Vit {
    /// Refuses a side that patches do not tile.
    pub(in crate::net) fn check_side(&self, side: Side) -> Result<(), Invalid> {
        if side.get().is_multiple_of(self.patch_size) {
            return Ok(());
        }
        let detail = format!(
            "{} is not a multiple of patch_size {}",
            side.get(),
            self.patch_size
        );
        let hint = format!("such as {}", side.get().next_multiple_of(self.patch_size));
        Err(Invalid::at("/resolution", side.get(), detail, hint))
    }

    /// Emits the layers for an image of `side`, in order.
    pub(in crate::net) fn layers(&self, side: Side, emit: &mut dyn FnMut(Layer)) {
        let mut path = Path::image(side, emit);
        self.stem(&mut path);
        let class_token = self.classifier == Classifier::Token;
        let tokens = path.side.area() + u64::from(class_token);
        path.tokens(Kind::Embedding { class_token }, self.hidden_d, tokens);
        path.stage(self.n_layers, 1, |path, _| self.encoder(path, tokens));
        path.head();
        path.tokens(LAYER_NORM, self.hidden_d, tokens);
        path.classify(self.num_classes);
    }

    fn stem(&self, path: &mut Path) {
        let Some(((kernel, stride, width), first)) = self.conv_stem.split_last() else {
            path.conv(
                Conv::new(self.hidden_d, self.patch_size)
                    .stride(self.patch_size)
                    .bias(),
            );
            return;
        };
        for (_, stride, width) in first {
            path.conv(Conv::new(*width, 3).stride(*stride));
        }
        path.conv(Conv::new(*width, *kernel).stride(*stride).bias());
    }

    fn encoder(&self, path: &mut Path, tokens: u64) {
        let d = self.hidden_d;
        path.tokens(LAYER_NORM, d, tokens);
        path.tokens(LINEAR, 3 * d, tokens);
        path.tokens(
            Kind::Attention {
                heads: self.n_heads,
            },
            d,
            tokens,
        );
        path.tokens(LINEAR, d, tokens);
        path.tokens(LAYER_NORM, d, tokens);
        path.tokens(LINEAR, self.mlp_d, tokens);
        path.tokens(LINEAR, d, tokens);
    }
}

/// A `ViT` as it is written in JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RawVit {
    /// Side of a patch, in pixels.
    pub patch_size: Whole,
    /// Default `patchify`.
    pub stem_type: Option<VitStem>,
    /// Kernels of a convolution stem; as in the reference only the last is used, the others are 3.
    pub c_stem_kernels: Option<Vec<Whole>>,
    /// Strides of a convolution stem; their product is the patch size.
    pub c_stem_strides: Option<Vec<Whole>>,
    /// Channels of a convolution stem; the last is `hidden_d`.
    pub c_stem_dims: Option<Vec<Whole>>,
    /// Number of encoder layers.
    pub n_layers: Whole,
    /// Number of attention heads, a divisor of `hidden_d`.
    pub n_heads: Whole,
    /// Channels of a token.
    pub hidden_d: Whole,
    /// Channels within an encoder layer's MLP.
    pub mlp_d: Whole,
    /// Default `token`.
    pub cls_type: Option<Classifier>,
    /// Default 1000.
    pub num_classes: Option<Whole>,
}

impl TryFrom<RawVit> for Vit {
    type Error = Invalid;

    fn try_from(raw: RawVit) -> Result<Self, Invalid> {
        let hidden_d = within("/hidden_d", raw.hidden_d, WIDTHS)?;
        let n_heads = within("/n_heads", raw.n_heads, WIDTHS)?;
        if !hidden_d.is_multiple_of(n_heads) {
            let detail = format!("{n_heads} heads do not divide hidden_d {hidden_d}");
            return Err(Invalid::at(
                "/n_heads",
                n_heads,
                detail,
                "a divisor of hidden_d",
            ));
        }
        let patch_size = within("/patch_size", raw.patch_size, KERNELS)?;
        let conv_stem = match raw.stem_type.unwrap_or(VitStem::Patchify) {
            VitStem::Patchify => Vec::new(),
            VitStem::Conv => conv_stem(&raw, patch_size, hidden_d)?,
        };
        Ok(Self {
            patch_size,
            conv_stem,
            n_layers: within("/n_layers", raw.n_layers, DEPTHS)?,
            n_heads,
            hidden_d,
            mlp_d: within("/mlp_d", raw.mlp_d, WIDTHS)?,
            classifier: raw.cls_type.unwrap_or(Classifier::Token),
            num_classes: within(
                "/num_classes",
                raw.num_classes.unwrap_or(Whole(1000)),
                WIDTHS,
            )?,
        })
    }
}

fn conv_stem(
    raw: &RawVit,
    patch_size: u32,
    hidden_d: u32,
) -> Result<Vec<(u32, u32, u32)>, Invalid> {
    let list = |pointer, list: &Option<Vec<Whole>>, range| {
        all_within(pointer, list.as_deref().unwrap_or_default(), &range)
    };
    let kernels = list("/c_stem_kernels", &raw.c_stem_kernels, KERNELS)?;
    let strides = list("/c_stem_strides", &raw.c_stem_strides, KERNELS)?;
    let dims = list("/c_stem_dims", &raw.c_stem_dims, WIDTHS)?;
    same_length("/c_stem_strides", &strides, kernels.len())
        .map_err(|e| of_stem(e, kernels.len()))?;
    same_length("/c_stem_dims", &dims, kernels.len()).map_err(|e| of_stem(e, kernels.len()))?;
    if let Some(i) = kernels.iter().position(|kernel| kernel.is_multiple_of(2)) {
        let pointer = format!("/c_stem_kernels/{i}");
        return Err(Invalid::at(
            &pointer,
            kernels[i],
            "an even kernel has no centre",
            "an odd side such as 3",
        ));
    }
    let product = strides
        .iter()
        .map(|stride| u64::from(*stride))
        .fold(1, u64::saturating_mul);
    if product != u64::from(patch_size) {
        let detail = format!("the strides multiply to {product}, the patch is {patch_size}");
        return Err(Invalid::at(
            "/c_stem_strides",
            strides,
            detail,
            format!("strides with product {patch_size}"),
        ));
    }
    match dims.last() {
        Some(width) if *width == hidden_d => {}
        other => {
            let pointer = format!("/c_stem_dims/{}", dims.len().saturating_sub(1));
            let detail = format!("the stem must end with hidden_d {hidden_d} channels");
            return Err(Invalid::at(
                &pointer,
                other.copied(),
                detail,
                format!("{hidden_d}"),
            ));
        }
    }
    Ok(kernels
        .into_iter()
        .zip(strides)
        .zip(dims)
        .map(|((k, s), w)| (k, s, w))
        .collect())
}

fn of_stem(mut error: Invalid, kernels: usize) -> Invalid {
    for field in &mut error.0 {
        field.detail = format!("{} entries, but {kernels} in c_stem_kernels", field.value);
        "one entry for each convolution of the stem".clone_into(&mut field.hint);
    }
    error
}

impl From<&Vit> for RawVit {
    fn from(net: &Vit) -> Self {
        let list = |field: fn(&(u32, u32, u32)) -> u32| {
            Some(
                net.conv_stem
                    .iter()
                    .map(|conv| Whole(field(conv).into()))
                    .collect(),
            )
        };
        Self {
            patch_size: Whole(net.patch_size.into()),
            stem_type: Some(if net.conv_stem.is_empty() {
                VitStem::Patchify
            } else {
                VitStem::Conv
            }),
            c_stem_kernels: list(|conv| conv.0),
            c_stem_strides: list(|conv| conv.1),
            c_stem_dims: list(|conv| conv.2),
            n_layers: Whole(net.n_layers.into()),
            n_heads: Whole(net.n_heads.into()),
            hidden_d: Whole(net.hidden_d.into()),
            mlp_d: Whole(net.mlp_d.into()),
            cls_type: Some(net.classifier),
            num_classes: Some(Whole(net.num_classes.into())),
        }
    }
}

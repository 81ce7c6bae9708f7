//! A platform: what a timing belongs to. Device × count × precision × layout × compile × framework, never the GPU alone.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::json::Invalid;
use crate::units::Whole;

/// Name of a platform: `[a-z0-9][a-z0-9._-]{0,63}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[schema(value_type = String, example = "rtx3090-nchw")]
pub struct PlatformId(Arc<str>);

impl PlatformId {
    /// The id that `word` is.
    ///
    /// # Errors
    /// Where it is not of the form above.
    pub fn new(word: &str) -> Result<Self, Invalid> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let first = word.chars().next().is_some_and(plain);
        if first && word.len() <= 64 && word.chars().all(|c| plain(c) || "._-".contains(c)) {
            return Ok(Self(word.into()));
        }
        let hint =
            "1 to 64 of a-z, 0-9, `.`, `_` and `-`, the first a letter or digit, such as my-4090";
        Err(Invalid::at("", word, "not a platform id", hint))
    }

    /// The name under which a GPU is asked for, which is no platform's: it has a colon.
    pub(in crate::timing) fn of_gpu(word: &str) -> Self {
        Self(word.into())
    }

    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlatformId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What is timed.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Forward and backward pass, with or without the optimizer's step as the source says.
    #[default]
    Train,
    /// The forward pass alone.
    Infer,
}

impl Mode {
    /// Both, in order.
    pub const ALL: [Self; 2] = [Self::Train, Self::Infer];

    /// `train` or `infer`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Infer => "infer",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Arithmetic of the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 32-bit floats.
    Fp32,
    /// 32-bit floats, multiplied with 19 bits.
    Tf32,
    /// Automatic mixed precision with 16-bit floats.
    Amp,
    /// Automatic mixed precision with bfloat16.
    AmpBf16,
    /// 16-bit floats throughout.
    Fp16,
    /// bfloat16 throughout.
    Bf16,
}

impl Precision {
    /// All, in order.
    pub const ALL: [Self; 6] = [
        Self::Fp32,
        Self::Tf32,
        Self::Amp,
        Self::AmpBf16,
        Self::Fp16,
        Self::Bf16,
    ];

    /// Whether tensor cores multiply 16-bit floats.
    #[must_use]
    pub const fn is_half(self) -> bool {
        !matches!(self, Self::Fp32 | Self::Tf32)
    }

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fp32 => "fp32",
            Self::Tf32 => "tf32",
            Self::Amp => "amp",
            Self::AmpBf16 => "amp_bf16",
            Self::Fp16 => "fp16",
            Self::Bf16 => "bf16",
        }
    }
}

/// Order of an activation's dimensions in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemoryFormat {
    /// NCHW.
    ChannelsFirst,
    /// NHWC.
    ChannelsLast,
}

impl MemoryFormat {
    /// Both, in order.
    pub const ALL: [Self; 2] = [Self::ChannelsFirst, Self::ChannelsLast];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ChannelsFirst => "channels_first",
            Self::ChannelsLast => "channels_last",
        }
    }
}

/// A checked platform.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Platform {
    /// Its name.
    pub id: PlatformId,
    /// Name of the accelerator.
    #[schema(example = "NVIDIA GeForce RTX 3090")]
    pub device: String,
    /// Accelerators used together.
    pub device_count: u32,
    /// Arithmetic, where stated.
    pub precision: Option<Precision>,
    /// Layout, where stated.
    pub memory_format: Option<MemoryFormat>,
    /// Whether the net was compiled, where stated.
    pub compiled: Option<bool>,
    /// Framework and versions, where stated.
    pub framework: Option<String>,
}

impl Platform {
    /// Whether it differs from `other` in its name and the number of devices at most.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let set_up = |p: &Self| (p.precision, p.memory_format, p.compiled);
        self.device == other.device
            && set_up(self) == set_up(other)
            && self.framework == other.framework
    }
}

/// A platform as it is written in JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RawPlatform {
    /// `[a-z0-9][a-z0-9._-]{0,63}`
    #[schema(example = "my-4090")]
    pub id: String,
    /// Name of the accelerator.
    #[schema(example = "NVIDIA GeForce RTX 4090")]
    pub device: String,
    /// Accelerators used together, default 1.
    pub device_count: Option<Whole>,
    /// Arithmetic of the layers.
    pub precision: Option<Precision>,
    /// Order of an activation's dimensions.
    pub memory_format: Option<MemoryFormat>,
    /// Whether the net was compiled.
    pub compiled: Option<bool>,
    /// Framework and versions.
    #[schema(example = "pytorch 2.9 cu128")]
    pub framework: Option<String>,
}

const MAX_DEVICES: u64 = 1_000_000;

impl TryFrom<RawPlatform> for Platform {
    type Error = Invalid;

    fn try_from(raw: RawPlatform) -> Result<Self, Invalid> {
        let id = PlatformId::new(&raw.id).map_err(|e| e.under("/id"))?;
        let Whole(count) = raw.device_count.unwrap_or(Whole(1));
        let device_count = u32::try_from(count)
            .ok()
            .filter(|n| (1..=MAX_DEVICES).contains(&u64::from(*n)))
            .ok_or_else(|| {
                let hint = format!("a whole number from 1 to {MAX_DEVICES}");
                Invalid::at("/device_count", count, "out of range", hint)
            })?;
        text("/device", &raw.device)?;
        if let Some(framework) = &raw.framework {
            text("/framework", framework)?;
        }
        let RawPlatform {
            device,
            precision,
            memory_format,
            compiled,
            framework,
            ..
        } = raw;
        Ok(Self {
            id,
            device,
            device_count,
            precision,
            memory_format,
            compiled,
            framework,
        })
    }
}

/// Most characters of a name that is sent.
pub(super) const MAX_TEXT: usize = 500;

/// Refuses empty and overlong names, and control characters: no table that holds one is read as text everywhere.
///
/// # Errors
/// At `pointer`.
pub fn text(pointer: &str, value: &str) -> Result<(), Invalid> {
    if let Some(odd) = value.chars().find(|c| c.is_control()) {
        let detail = format!("a control character stands in it: {}", odd.escape_default());
        let hint = "leave control characters out, line breaks and tabs too";
        return Err(Invalid::at(pointer, value, detail, hint));
    }
    if !value.trim().is_empty() && value.chars().count() <= MAX_TEXT {
        return Ok(());
    }
    let hint = format!("1 to {MAX_TEXT} characters");
    Err(Invalid::at(pointer, value, "empty or too long", hint))
}

//! A GPU on which nothing was timed: the fit of the platform most like it, times one scale that follows from both GPUs'
//! data sheets and from what was done to the nets (`recipes.rs`).
//!
//! t = t'·(B'/B)^0.6·(P'/P)^0.25·(R'/R)^0.15·κ/κ', the primed of the platform, with B the bandwidth of the memory, P the 32-bit
//! rate outside of tensor cores, R the rate of the precision, and κ 1 for 16-bit floats, 1.82 for others. On which GPUs each
//! constant was found and tested: `docs/gpus.md`.

use super::fit_id::{FitId, Sheets, hash};
use super::recipes;
use crate::json::{Invalid, nearest};
use crate::timing::data::gpus::Gpu;
use crate::timing::data::platform::{MemoryFormat, Mode, Platform, PlatformId, Precision};
use crate::timing::data::recipe::{Recipe, Software};

/// What a platform's name starts with where it is a GPU's.
const PREFIX: &str = "gpu:";

/// A GPU that is asked for by name.
#[derive(Clone, Debug)]
pub struct AskedGpu {
    /// As it was asked for.
    word: String,
    /// Its data sheet.
    pub gpu: &'static Gpu,
    /// What is done to nets there.
    pub recipe: Recipe,
}

impl AskedGpu {
    /// The GPU that `word` asks for: `gpu:NAME`, with the words of a recipe behind it in any order
    /// (`gpu:h100:bf16:channels_last:compiled`); `None` where it is the name of a platform. The GPU's name may be as people
    /// write it: `gpu:RTX A6000` is `gpu:rtx-a6000` from here on.
    ///
    /// # Errors
    /// Where the GPU or a word is unknown, or the GPU cannot compute so.
    pub fn read(word: &str) -> Result<Option<Self>, Invalid> {
        let Some(name) = word.strip_prefix(PREFIX) else {
            return Ok(None);
        };
        let mut words = name.split(':');
        let gpu = Gpu::named(words.next().unwrap_or_default())?;
        let said: Vec<&str> = words.collect();
        let recipe = Recipe::read(said.iter().copied())?;
        if !gpu.has(recipe.precision) {
            let known: Vec<String> = Self::names(gpu).collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let detail = format!("{} has no tensor cores that compute so", gpu.device);
            return Err(Invalid::at("", word, detail, nearest(word, &known)));
        }
        let word = [&[gpu.id.as_str()], said.as_slice()].concat().join(":");
        Ok(Some(Self {
            word: format!("{PREFIX}{word}"),
            gpu,
            recipe,
        }))
    }

    /// The GPU of `platform` in its recipe, where its device is known; what it does not say of the recipe is as a framework
    /// does it by itself.
    #[must_use]
    pub fn of(platform: &Platform) -> Option<Self> {
        let gpu = Gpu::of_device(&platform.device)?;
        let recipe = Recipe::of(platform).unwrap_or_default();
        let word = format!("{PREFIX}{}:{}", gpu.id, recipe.words().join(":"));
        Some(Self { word, gpu, recipe })
    }

    /// `gpu` in 32 bits, as a framework does all else by itself.
    #[must_use]
    pub fn in_32_bits(gpu: &'static Gpu) -> Self {
        let recipe = Recipe {
            precision: Precision::Fp32,
            ..Recipe::default()
        };
        let word = format!("{PREFIX}{}:{}", gpu.id, recipe.words().join(":"));
        Self { word, gpu, recipe }
    }

    /// Names by which `gpu` can be asked for: with each precision, and in channels last by each kind of software.
    pub fn names(gpu: &Gpu) -> impl Iterator<Item = String> + '_ {
        let all = Precision::ALL.into_iter().filter(|p| gpu.has(*p));
        let plain = all.map(|precision| precision.as_str().to_owned());
        let last = Software::ALL.into_iter().map(|software| {
            let recipe = Recipe {
                memory_format: MemoryFormat::ChannelsLast,
                software,
                ..Recipe::default()
            };
            recipe.words().join(":")
        });
        plain
            .chain(last)
            .map(|words| format!("{PREFIX}{}:{words}", gpu.id))
    }
}

/// Exponents of the ratios of bandwidth, of the 32-bit rate and of the precision's rate.
const BANDWIDTH: f64 = 0.6;
const RATE: f64 = 0.25;
const PRECISION_RATE: f64 = 0.15;
/// ln κ of TF32 and 32-bit floats, beside what their rates say.
const WIDE: f64 = 0.6;
/// Standard deviations of the log error: of any GPU and its software, so that 19 in 20 timings of each GPU that was left
/// out lie within the interval of 9 in 10 (GPUs are few, and the next may be stranger than any of them), …
const ANY: f64 = 0.34;
/// … more where one has 16-bit floats and the other 32-bit ones, …
const OTHER_SIZE: f64 = 0.2;
/// … and for each unit of the log of the scale.
const FAR: f64 = 0.1;
/// Standard deviation from which a prediction is called an order of magnitude.
const VAGUE: f64 = 0.5;

/// The scales between a platform and a GPU.
#[derive(Clone, Debug, PartialEq)]
pub struct Scales {
    /// The platform whose fit is scaled.
    pub from: PlatformId,
    /// Its GPU.
    pub from_gpu: &'static str,
    /// What the memory's bandwidth makes of the time.
    pub bandwidth: f64,
    /// What the rates of arithmetic make of it.
    pub rate: f64,
    /// What the size of the numbers makes of it.
    pub precision: f64,
    /// What the memory format makes of it.
    pub layout: f64,
    /// What the software makes of it.
    pub software: f64,
    /// The recipe that is asked for.
    pub asked: Recipe,
    /// The platform's.
    pub timed: Recipe,
    /// Standard deviation of the log error.
    pub(in crate::timing) spread: f64,
}

/// Timings that a platform should have to stand for another GPU.
pub(super) const ENOUGH: usize = 20;

/// The law, in the names of fits: raised whenever a constant here, of a recipe or of an unknown host changes.
const LAW: &str = "law 3";

/// A predictor's place on another GPU.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    pub(in crate::timing) platform: Platform,
    pub(in crate::timing) scales: Scales,
    pub(in crate::timing) name: Sheets,
}

impl Sheet {
    pub(in crate::timing) fn new(asked: &AskedGpu, reference: &Reference, mode: Mode) -> Self {
        let [asked_for, timed] = [asked.gpu, reference.gpu].map(Gpu::figures);
        let recipe = asked.recipe;
        Self {
            platform: Platform {
                id: PlatformId::of_gpu(&asked.word),
                device: asked.gpu.device.clone(),
                device_count: 1,
                precision: Some(recipe.precision),
                memory_format: Some(recipe.memory_format),
                compiled: Some(recipe.software == Software::Compiled),
                framework: None,
            },
            scales: Scales::new(asked, reference, mode),
            name: Sheets {
                word: asked.word.clone(),
                hash: hash(&format!("{LAW}: {asked_for} by {timed}")),
            },
        }
    }
}

impl Scales {
    fn new(asked: &AskedGpu, reference: &Reference, mode: Mode) -> Self {
        let Reference {
            platform,
            gpu,
            recipe: timed,
        } = *reference;
        let here = asked.recipe;
        let rate = |precise: f64, plain: f64| precise.powf(PRECISION_RATE) * plain.powf(RATE);
        let wide = |recipe: Recipe| {
            if recipe.precision.is_half() {
                0.0
            } else {
                WIDE
            }
        };
        let ratio =
            |effect: fn(Recipe, Mode) -> f64| (effect(here, mode) - effect(timed, mode)).exp();
        let scales = Self {
            from: platform.id.clone(),
            from_gpu: &gpu.id,
            bandwidth: (gpu.bandwidth / asked.gpu.bandwidth).powf(BANDWIDTH),
            rate: rate(
                gpu.rate(timed.precision) / asked.gpu.rate(here.precision),
                gpu.fp32 / asked.gpu.fp32,
            ),
            precision: (wide(here) - wide(timed)).exp(),
            layout: ratio(recipes::layout),
            software: ratio(recipes::software),
            asked: here,
            timed,
            spread: 0.0,
        };
        let other_size = here.precision.is_half() != timed.precision.is_half();
        let size = if other_size { OTHER_SIZE } else { 0.0 };
        let far = FAR * scales.factor().ln();
        let spread = ANY
            .hypot(size)
            .hypot(recipes::doubt(here, timed))
            .hypot(far);
        Self { spread, ..scales }
    }

    /// Times there are so many times those of the platform.
    #[must_use]
    pub fn factor(&self) -> f64 {
        self.by_sheets() * self.by_recipe()
    }

    /// Of that, what both data sheets make, at both precisions.
    pub(super) fn by_sheets(&self) -> f64 {
        self.bandwidth * self.rate * self.precision
    }

    /// Of that, what else was done to the nets makes.
    pub(super) fn by_recipe(&self) -> f64 {
        self.layout * self.software
    }

    /// Whether the platform's GPU is the one that is asked about, in the same recipe but for arithmetic that takes as long.
    pub(super) fn is_same(&self) -> bool {
        let rest = |recipe: Recipe| (recipe.memory_format, recipe.software);
        let factors = [self.bandwidth, self.rate, self.precision];
        let near = factors.iter().all(|factor| (factor - 1.0).abs() < 1e-9);
        near && rest(self.asked) == rest(self.timed)
    }

    /// Whether no more than the order of magnitude is known.
    #[must_use]
    pub fn is_vague(&self) -> bool {
        self.spread >= VAGUE
    }
}

/// A platform whose fit may stand for a GPU's.
#[derive(Clone, Copy)]
pub(super) struct Reference<'a> {
    platform: &'a Platform,
    gpu: &'static Gpu,
    recipe: Recipe,
}

impl<'a> Reference<'a> {
    /// `None` where the platform's GPU or precision is not known.
    pub(in crate::timing) fn new(platform: &'a Platform) -> Option<Self> {
        Some(Self {
            platform,
            gpu: Gpu::of_device(&platform.device)?,
            recipe: Recipe::of(platform)?,
        })
    }

    /// Orders platforms by how unlike they are to what is asked for. Several devices come after one even of the same chip:
    /// what they tell each other takes time, and published timings of single V100 lie nearer to those of an RTX 3090. The
    /// memory format counts on the same chip alone: what channels last gains on an H100 it does not gain on an A100.
    pub(super) fn unlikeness(&self, asked: &AskedGpu) -> impl Ord + use<> {
        let (here, there) = (asked.recipe, self.recipe);
        (
            here.software != there.software,
            here.precision.is_half() != there.precision.is_half(),
            self.platform.device_count > 1,
            !self.gpu.is_chip_of(asked.gpu),
            self.gpu.id != asked.gpu.id,
            self.gpu.is_chip_of(asked.gpu) && here.memory_format != there.memory_format,
        )
    }
}

impl FitId {
    /// Whether it is of what `platform` asks for.
    #[must_use]
    pub fn is_of(&self, platform: &str) -> bool {
        let gpu = |word| {
            let asked = AskedGpu::read(word).ok()??;
            Some((&asked.gpu.id, asked.recipe))
        };
        platform == self.asked()
            || gpu(platform).is_some_and(|asked| gpu(self.asked()) == Some(asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(word: &str) -> AskedGpu {
        AskedGpu::read(word).unwrap().unwrap()
    }

    fn platform(device: &str, precision: Precision) -> Platform {
        Platform {
            id: PlatformId::new("other").unwrap(),
            device: device.to_owned(),
            device_count: 1,
            precision: Some(precision),
            memory_format: Some(MemoryFormat::ChannelsFirst),
            compiled: Some(false),
            framework: None,
        }
    }

    fn scales(word: &str, device: &str, precision: Precision) -> Scales {
        let platform = platform(device, precision);
        Scales::new(
            &asked(word),
            &Reference::new(&platform).unwrap(),
            Mode::Train,
        )
    }

    #[test]
    fn a_gpu_is_its_own_equal() {
        let same = scales("gpu:rtx3090", "NVIDIA GeForce RTX 3090", Precision::Amp);
        assert!((same.factor() - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn there_and_back_is_where_it_began() {
        let there = scales("gpu:h100", "NVIDIA GeForce RTX 3090", Precision::Fp32);
        let back = scales("gpu:rtx3090:fp32", "NVIDIA H100 80GB HBM3", Precision::Amp);
        // Tolerance: the last bits of four powers.
        assert!((there.factor() * back.factor() - 1.0).abs() < 1e-12);
        assert!(there.factor() < 1.0);
    }

    #[test]
    fn a_likelier_platform_gives_a_narrower_interval() {
        let near = scales("gpu:a100-80gb", "NVIDIA A100 40GB PCIe", Precision::Amp);
        let other = scales("gpu:a100-80gb", "NVIDIA A100 40GB PCIe", Precision::Fp32);
        assert!(near.spread < other.spread && !other.is_vague());
    }

    #[test]
    fn parts_of_a_recipe_multiply_and_widen() {
        let of = |word| scales(word, "NVIDIA GeForce RTX 3090", Precision::Amp);
        let plain = of("gpu:rtx3090");
        let (last, compiled) = (of("gpu:rtx3090:channels_last"), of("gpu:rtx3090:compiled"));
        let both = of("gpu:rtx3090:compiled:amp:channels_last");
        assert!((plain.factor() - 1.0).abs() < f64::EPSILON && plain.is_same());
        // As docs/gpus.md has them. Tolerance: the last bits of an exponential.
        assert!((last.factor() / (-0.25_f64).exp() - 1.0).abs() < 1e-12 && !last.is_same());
        assert!((compiled.factor() / (-0.2_f64).exp() - 1.0).abs() < 1e-12);
        assert!((last.factor() * compiled.factor() / both.factor() - 1.0).abs() < 1e-12);
        assert!(plain.spread < last.spread && compiled.spread < both.spread);
    }

    #[test]
    fn a_platforms_own_recipe_is_its_own_equal() {
        let own = Platform {
            memory_format: Some(MemoryFormat::ChannelsLast),
            compiled: Some(true),
            ..platform("NVIDIA H100 80GB HBM3", Precision::AmpBf16)
        };
        let reference = Reference::new(&own).unwrap();
        let same = asked("gpu:h100:amp_bf16:channels_last:compiled");
        let same = Scales::new(&same, &reference, Mode::Infer);
        assert!((same.factor() - 1.0).abs() < f64::EPSILON && same.is_same());
    }

    #[test]
    fn what_a_gpu_cannot_do_is_refused() {
        for word in [
            "gpu:t4:tf32",
            "gpu:v100-16gb:bf16",
            "gpu:h1000",
            "gpu:h100:int8",
            "gpu:h100:",
            "gpu:h100:amp:fp32",
            "gpu:",
        ] {
            assert!(AskedGpu::read(word).is_err(), "{word}");
        }
        assert!(AskedGpu::read("h100").unwrap().is_none());
    }
}

//! A GPU on which nothing was timed: the fit of the platform most like it, times one scale that follows from both GPUs'
//! data sheets.
//!
//! t = t'·(B'/B)^0.8·(P'/P)^0.2·κ/κ', the primed of the platform, with B the bandwidth of the memory, P the 32-bit rate
//! outside of tensor cores and κ the kind of arithmetic: 1 for 16-bit floats, 2 for TF32, 2.4 for 32-bit floats without
//! it. The peak rates of tensor cores tell conv nets' times no better (`docs/accuracy.md` has the trials, and on which GPUs each
//! constant was found and tested).

use super::fit_id::{FitId, Sheets, hash};
use crate::json::{Invalid, nearest, typed};
use crate::timing::data::gpus::Gpu;
use crate::timing::data::platform::{MemoryFormat, Platform, PlatformId, Precision};

/// What a platform's name starts with where it is a GPU's.
const PREFIX: &str = "gpu:";

/// A GPU that is asked for by name.
#[derive(Clone, Debug)]
pub struct AskedGpu {
    /// As it was asked for.
    word: String,
    /// Its data sheet.
    pub gpu: &'static Gpu,
    /// Arithmetic of the layers.
    pub precision: Precision,
}

impl AskedGpu {
    /// The GPU that `word` asks for: `gpu:NAME` (automatic mixed precision) or `gpu:NAME:PRECISION`; `None` where it is
    /// the name of a platform.
    ///
    /// # Errors
    /// Where the GPU is unknown, or cannot compute so.
    pub fn read(word: &str) -> Result<Option<Self>, Invalid> {
        let Some(name) = word.strip_prefix(PREFIX) else {
            return Ok(None);
        };
        let (id, precision) = name.split_once(':').unwrap_or((name, "amp"));
        let gpu = Gpu::named(id)?;
        let precision: Precision = typed(&precision.into())?;
        if !gpu.has(precision) {
            let known: Vec<String> = Self::names(gpu).collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let detail = format!("the tensor cores of {} do not compute so", gpu.device);
            return Err(Invalid::at("", word, detail, nearest(word, &known)));
        }
        Ok(Some(Self {
            word: word.to_owned(),
            gpu,
            precision,
        }))
    }

    /// The names by which `gpu` can be asked for, with the precision.
    pub fn names(gpu: &Gpu) -> impl Iterator<Item = String> + '_ {
        let all = Precision::ALL.into_iter().filter(|p| gpu.has(*p));
        all.map(|precision| format!("{PREFIX}{}:{}", gpu.id, precision.as_str()))
    }
}

/// Kinds of arithmetic that differ in speed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Arithmetic {
    Half,
    Tf32,
    Single,
}

impl Arithmetic {
    const fn of(precision: Precision) -> Self {
        match precision {
            Precision::Fp32 => Self::Single,
            Precision::Tf32 => Self::Tf32,
            Precision::Amp | Precision::AmpBf16 | Precision::Fp16 | Precision::Bf16 => Self::Half,
        }
    }

    /// κ.
    const fn slowness(self) -> f64 {
        match self {
            Self::Half => 1.0,
            Self::Tf32 => 2.0,
            Self::Single => 2.4,
        }
    }
}

/// Exponents of the ratios of bandwidth and of the 32-bit rate.
const BANDWIDTH: f64 = 0.8;
const RATE: f64 = 0.2;
/// Standard deviations of the log error: of any GPU and its software, so that 19 in 20 timings of each GPU that was left
/// out lie within the interval of 9 in 10 (GPUs are few, and the next may be stranger than any of them), …
const ANY: f64 = 0.34;
/// … more where one has 16-bit floats and the other 32-bit ones, …
const OTHER_SIZE: f64 = 0.2;
/// … where the other's layout is channels last, in which grouped convolutions may be several times slower, …
const OTHER_LAYOUT: f64 = 0.2;
/// … where the other's nets were compiled, …
const COMPILED: f64 = 0.5;
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
    /// What the 32-bit rate makes of it.
    pub rate: f64,
    /// What the kind of arithmetic makes of it.
    pub precision: f64,
    /// Standard deviation of the log error.
    pub(in crate::timing) spread: f64,
}

/// A predictor's place on another GPU.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    pub(in crate::timing) platform: Platform,
    pub(in crate::timing) scales: Scales,
    pub(in crate::timing) name: Sheets,
}

impl Sheet {
    pub(in crate::timing) fn new(asked: &AskedGpu, reference: &Reference) -> Self {
        let [asked_for, timed] = [asked.gpu, reference.gpu].map(Gpu::figures);
        Self {
            platform: Platform {
                id: PlatformId::of_gpu(&asked.word),
                device: asked.gpu.device.clone(),
                device_count: 1,
                precision: Some(asked.precision),
                framework: None,
                ..reference.platform.clone()
            },
            scales: Scales::new(asked, reference),
            name: Sheets {
                word: asked.word.clone(),
                hash: hash(&format!("{asked_for} by {timed}")),
            },
        }
    }
}

impl Scales {
    fn new(asked: &AskedGpu, reference: &Reference) -> Self {
        let Reference {
            platform,
            gpu,
            precision,
        } = *reference;
        let [here, there] = [asked.precision, precision].map(Arithmetic::of);
        let same_size = (here == Arithmetic::Half) == (there == Arithmetic::Half);
        let bandwidth = (gpu.bandwidth / asked.gpu.bandwidth).powf(BANDWIDTH);
        let rate = (gpu.fp32 / asked.gpu.fp32).powf(RATE);
        let kind = here.slowness() / there.slowness();
        let doubts = [
            (true, ANY),
            (!same_size, OTHER_SIZE),
            (is_channels_last(platform), OTHER_LAYOUT),
            (platform.compiled == Some(true), COMPILED),
            (true, FAR * (bandwidth * rate * kind).ln()),
        ];
        let square = doubts.into_iter().filter(|(holds, _)| *holds);
        Self {
            from: platform.id.clone(),
            from_gpu: &gpu.id,
            bandwidth,
            rate,
            precision: kind,
            spread: square.map(|(_, doubt)| doubt * doubt).sum::<f64>().sqrt(),
        }
    }

    /// Times there are so many times those of the platform.
    #[must_use]
    pub fn factor(&self) -> f64 {
        self.bandwidth * self.rate * self.precision
    }

    /// Whether the platform's GPU is the one that is asked about, with arithmetic that takes as long.
    pub(super) fn is_same(&self) -> bool {
        let factors = [self.bandwidth, self.rate, self.precision];
        factors.iter().all(|factor| (factor - 1.0).abs() < 1e-9)
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
    precision: Precision,
}

impl<'a> Reference<'a> {
    /// `None` where the platform's GPU or precision is not known.
    pub(in crate::timing) fn new(platform: &'a Platform) -> Option<Self> {
        Some(Self {
            platform,
            gpu: Gpu::of_device(&platform.device)?,
            precision: platform.precision?,
        })
    }

    /// Orders platforms by how unlike they are to what is asked for.
    pub(super) fn unlikeness(&self, asked: &AskedGpu) -> impl Ord + use<> {
        let half = |precision| Arithmetic::of(precision) == Arithmetic::Half;
        let platform = self.platform;
        (
            platform.compiled == Some(true),
            half(self.precision) != half(asked.precision),
            self.gpu.id != asked.gpu.id,
            is_channels_last(platform),
            platform.device_count > 1,
        )
    }
}

fn is_channels_last(platform: &Platform) -> bool {
    platform.memory_format == Some(MemoryFormat::ChannelsLast)
}

impl FitId {
    /// Whether it is of what `platform` asks for.
    #[must_use]
    pub fn is_of(&self, platform: &str) -> bool {
        let gpu = |word| {
            let asked = AskedGpu::read(word).ok()??;
            Some((&asked.gpu.id, asked.precision))
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
        Scales::new(&asked(word), &Reference::new(&platform).unwrap())
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
    fn what_a_gpu_cannot_do_is_refused() {
        for word in [
            "gpu:t4:tf32",
            "gpu:v100-16gb:bf16",
            "gpu:h1000",
            "gpu:h100:int8",
            "gpu:",
        ] {
            assert!(AskedGpu::read(word).is_err(), "{word}");
        }
        assert!(AskedGpu::read("h100").unwrap().is_none());
    }
}

//! GPUs that can be asked for by name though nothing was timed on them: figures of their data sheets (`data/gpus.csv`,
//! sources in NOTICE).

use std::sync::LazyLock;

use serde::Deserialize;

use super::platform::Precision;
use crate::json::{Invalid, nearest};
use crate::units::truncated;

/// What a data sheet says of a GPU. Rates are dense, an addition and a multiplication counted as two.
#[derive(Clone, Debug, PartialEq)]
pub struct Gpu {
    /// Its name here.
    pub id: String,
    /// Its maker's name for it.
    pub device: String,
    /// Words by which the name of a platform's device is known to mean it.
    words: Vec<String>,
    /// Memory, in bytes (10⁹ to a gigabyte, as data sheets count).
    pub memory_bytes: u64,
    /// Bandwidth of the memory, in 10⁹ bytes a second.
    pub bandwidth: f64,
    /// 32-bit operations a second outside of tensor cores, in 10¹².
    pub fp32: f64,
    /// On tensor cores with TF32, in 10¹², where they can.
    pub tf32: Option<f64>,
    /// On tensor cores with 16-bit floats, added up in 32 bits, in 10¹².
    pub fp16: f64,
    /// Titles of the documents.
    pub source: String,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    device: String,
    words: String,
    memory_gb: f64,
    bandwidth_gb_s: f64,
    fp32_tflops: f64,
    tf32_tflops: Option<f64>,
    fp16_tflops: f64,
    source: String,
}

impl From<Row> for Gpu {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            device: row.device,
            words: row.words.split(' ').map(str::to_owned).collect(),
            memory_bytes: truncated(1e9 * row.memory_gb),
            bandwidth: row.bandwidth_gb_s,
            fp32: row.fp32_tflops,
            tf32: row.tf32_tflops,
            fp16: row.fp16_tflops,
            source: row.source,
        }
    }
}

/// Words that make another product of a GPU, unless they are among those it is known by.
const OTHERS: [&str; 9] = ["d", "g", "laptop", "max", "mig", "mobile", "nvl", "s", "ti"];

impl Gpu {
    /// Those of `data/gpus.csv`, in its order.
    #[must_use]
    pub fn all() -> &'static [Self] {
        static GPUS: LazyLock<Vec<Gpu>> = LazyLock::new(|| {
            #[expect(
                clippy::expect_used,
                reason = "the file is compiled in, and a test reads it"
            )]
            read(include_str!("../../../data/gpus.csv")).expect("built-in GPUs")
        });
        &GPUS
    }

    /// The one called `id`.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        Self::all().iter().find(|gpu| gpu.id == id)
    }

    /// The same, or the refusal that names the nearest.
    ///
    /// # Errors
    /// Where none is called so.
    pub fn named(id: &str) -> Result<&'static Self, Invalid> {
        Self::find(id).ok_or_else(|| {
            let known: Vec<&str> = Self::all().iter().map(|gpu| gpu.id.as_str()).collect();
            let detail = format!("no data sheet of a GPU called `{id}` is known");
            Invalid::at("", id, detail, nearest(id, &known))
        })
    }

    /// The one that the name of a platform's device means, such as `Tesla V100-SXM2-16GB`.
    #[must_use]
    pub fn of_device(device: &str) -> Option<&'static Self> {
        let words = words(device);
        let meant = Self::all().iter().filter(|gpu| gpu.is(&words));
        meant.max_by_key(|gpu| gpu.words.len())
    }

    /// Whether it is a card for players, most of which reach another's memory through the host's alone.
    #[must_use]
    pub fn is_geforce(&self) -> bool {
        self.device.contains("GeForce")
    }

    fn is(&self, words: &[String]) -> bool {
        let [name, number, rest @ ..] = self.words.as_slice() else {
            return false;
        };
        let together = |pair: &[String]| pair[0] == *name && pair[1] == *number;
        words.windows(2).any(together)
            && rest.iter().all(|word| words.contains(word))
            && !OTHERS.iter().any(|other| {
                let other = (*other).to_owned();
                words.contains(&other) && !self.words.contains(&other)
            })
    }

    /// All that a prediction may look at, as a text.
    pub(in crate::timing) fn figures(&self) -> String {
        let Self {
            id,
            device,
            words: _,
            memory_bytes,
            bandwidth,
            fp32,
            tf32,
            fp16,
            source: _,
        } = self;
        format!("{id}|{device}|{memory_bytes}|{bandwidth}|{fp32}|{tf32:?}|{fp16}")
    }

    /// Whether its arithmetic is as fast as another's: the same chip, with whatever memory.
    #[must_use]
    pub fn is_chip_of(&self, other: &Self) -> bool {
        let rates = |gpu: &Self| {
            (
                gpu.fp32.to_bits(),
                gpu.tf32.map(f64::to_bits),
                gpu.fp16.to_bits(),
            )
        };
        rates(self) == rates(other)
    }

    /// Multiplications and additions a second that the units for `precision` can make, in 10¹².
    #[must_use]
    pub fn rate(&self, precision: Precision) -> f64 {
        match precision {
            Precision::Fp32 => self.fp32,
            Precision::Tf32 => self.tf32.unwrap_or(self.fp32),
            _ => self.fp16,
        }
    }

    /// Whether it computes with `precision` as fast as its kind can: 16-bit floats of either sort, or 32-bit ones.
    #[must_use]
    pub fn has(&self, precision: Precision) -> bool {
        match precision {
            Precision::Fp32 | Precision::Amp | Precision::Fp16 => true,
            // What came with TF32: those before multiply it on no tensor core.
            Precision::Tf32 | Precision::AmpBf16 | Precision::Bf16 => self.tf32.is_some(),
        }
    }
}

/// The words of a name in small letters, numbers apart: `A100-SXM4-40GB` is `a 100 sxm 4 40 gb`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut last = ' ';
    for c in name.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            match words.last_mut() {
                Some(word)
                    if last.is_ascii_alphanumeric()
                        && last.is_ascii_digit() == c.is_ascii_digit() =>
                {
                    word.push(c);
                }
                _ => words.push(c.to_string()),
            }
        }
        last = c;
    }
    words
}

fn read(text: &str) -> Result<Vec<Gpu>, csv::Error> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .map(|row| row.map(|row: Row| row.into()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_is_there_and_plausible() {
        for gpu in Gpu::all() {
            assert!(
                (1e10..1e12).contains(&crate::units::to_f64(gpu.memory_bytes)),
                "{gpu:?}"
            );
            assert!((100.0..1e4).contains(&gpu.bandwidth), "{gpu:?}");
            assert!(
                gpu.fp32 <= gpu.tf32.unwrap_or(gpu.fp32) && gpu.fp32 < gpu.fp16,
                "{gpu:?}"
            );
            assert!(gpu.source.contains("NVIDIA"), "{gpu:?}");
        }
        assert!(Gpu::all().len() >= 15);
    }

    #[test]
    fn a_gpu_is_known_by_the_names_that_drivers_and_people_give_it() {
        for (device, id) in [
            ("NVIDIA GeForce RTX 3090", "rtx3090"),
            ("rtx4090", "rtx4090"),
            ("Tesla V100 32GB", "v100-32gb"),
            ("Tesla V100-SXM2-16GB", "v100-16gb"),
            ("A100-SXM4-40GB", "a100-40gb"),
            ("NVIDIA A100-SXM4-80GB", "a100-80gb"),
            ("NVIDIA A100 80GB PCIe", "a100-80gb-pcie"),
            ("NVIDIA H100 80GB HBM3", "h100"),
            ("NVIDIA H100 PCIe", "h100-pcie"),
            ("NVIDIA L40S", "l40s"),
            ("NVIDIA L4", "l4"),
            ("Tesla T4", "t4"),
            ("NVIDIA B200", "b200"),
        ] {
            let found = Gpu::of_device(device).map(|gpu| gpu.id.as_str());
            assert_eq!(found, Some(id), "{device}");
        }
    }

    #[test]
    fn a_gpu_that_only_sounds_alike_is_not_taken_for_it() {
        for device in [
            "NVIDIA GeForce RTX 3090 Ti",
            "NVIDIA GeForce RTX 4090 Laptop GPU",
            "NVIDIA A10G",
            "NVIDIA L40",
            "NVIDIA H100 NVL",
            "V100S",
            "NVIDIA GH200 480GB",
            "TITAN RTX",
            "CPU",
            "",
        ] {
            assert_eq!(Gpu::of_device(device), None, "{device}");
        }
    }
}

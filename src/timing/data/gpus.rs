//! GPUs that can be asked for by name though nothing was timed on them: figures of their data sheets (`data/gpus.csv`,
//! sources in NOTICE).

use std::sync::LazyLock;

use serde::Deserialize;

use super::platform::Precision;
use crate::units::truncated;

/// What a data sheet says of a GPU. Rates are dense, an addition and a multiplication counted as two.
#[derive(Clone, Debug, PartialEq)]
pub struct Gpu {
    /// Its name here.
    pub id: String,
    /// Its maker's name for it.
    pub device: String,
    /// Words by which the name of a platform's device is known to mean it.
    pub(super) words: Vec<String>,
    /// Memory, in bytes (10⁹ to a gigabyte, as data sheets count).
    pub memory_bytes: u64,
    /// Bandwidth of the memory, in 10⁹ bytes a second.
    pub bandwidth: f64,
    /// 32-bit operations a second outside of tensor cores, in 10¹².
    pub fp32: f64,
    /// On tensor cores with TF32, in 10¹², where they can.
    pub tf32: Option<f64>,
    /// On tensor cores with 16-bit floats, added up in 32 bits, in 10¹². Without tensor cores it is the 32-bit rate: some can
    /// multiply 16-bit floats faster, but add them up in 16 bits then, which no framework does by itself.
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

    /// Whether it is a card for players, most of which reach another's memory through the host's alone.
    #[must_use]
    pub fn is_geforce(&self) -> bool {
        self.device.contains("GeForce")
    }

    /// All figures that predictions depend on, as a text for their hash.
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

fn read(text: &str) -> Result<Vec<Gpu>, csv::Error> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .map(|row| row.map(|row: Row| row.into()))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_figure_is_there_and_plausible() {
        for gpu in Gpu::all() {
            let memory = crate::units::to_f64(gpu.memory_bytes);
            assert!((6e9..1e12).contains(&memory), "{gpu:?}");
            assert!((100.0..1e4).contains(&gpu.bandwidth), "{gpu:?}");
            let tf32 = gpu.tf32.unwrap_or(gpu.fp32);
            let rates = [gpu.fp32, tf32, gpu.fp16];
            assert!(gpu.fp32 > 0.0 && rates.is_sorted(), "{gpu:?}");
            assert!(gpu.source.contains("NVIDIA"), "{gpu:?}");
        }
        assert!(Gpu::all().len() >= 70);
    }

    #[test]
    fn the_rates_of_a_line_of_products_are_as_its_chips_make_them() {
        // Times the 32-bit rate: TF32, and 16-bit floats added up in 32 bits, for which cards for players have half the rate
        // that the same chips have in workstations.
        let lines: [(&str, Option<f64>, f64); 16] = [
            ("p40", None, 1.0),
            ("p100", None, 1.0),
            ("gtx10", None, 1.0),
            ("titan-xp", None, 1.0),
            ("v100", None, 8.0),
            ("titan-v", None, 8.0),
            ("rtx20", None, 4.0),
            ("titan-rtx", None, 8.0),
            ("quadro-rtx", None, 8.0),
            ("a100", Some(8.0), 16.0),
            ("rtx30", Some(1.0), 2.0),
            ("rtx-a", Some(2.0), 4.0),
            ("rtx40", Some(1.0), 2.0),
            ("-ada", Some(2.0), 4.0),
            ("rtx50", Some(1.0), 2.0),
            ("rtx-pro", Some(2.0), 4.0),
        ];
        for (line, tf32, fp16) in lines {
            let ada = line == "-ada";
            let is_of =
                |gpu: &&Gpu| gpu.id.ends_with("-ada") == ada && (ada || gpu.id.starts_with(line));
            let mut of_line = Gpu::all().iter().filter(is_of).peekable();
            assert!(of_line.peek().is_some(), "{line}");
            for gpu in of_line {
                // Tolerance: what data sheets round.
                let near = |rate: f64, times: f64| (rate / (times * gpu.fp32) - 1.0).abs() < 0.015;
                assert!(near(gpu.fp16, fp16), "{gpu:?}");
                assert_eq!(gpu.tf32.is_some(), tf32.is_some(), "{gpu:?}");
                let tf32 = gpu.tf32.zip(tf32);
                assert!(
                    tf32.is_none_or(|(rate, times)| near(rate, times)),
                    "{gpu:?}"
                );
            }
        }
    }

    #[test]
    fn ids_are_short_words_and_no_name_stands_twice() {
        let mut seen = BTreeSet::new();
        for gpu in Gpu::all() {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(gpu.id.chars().all(plain) && gpu.id.len() <= 24, "{gpu:?}");
            for name in [gpu.id.clone(), gpu.device.clone(), gpu.words.join(" ")] {
                assert!(seen.insert(name.clone()), "{name}");
            }
        }
    }

    #[test]
    fn data_centres_come_first_then_cards_for_players_then_workstations() {
        let kind = |gpu: &Gpu| match gpu.device.split(' ').nth(1) {
            Some("GeForce") => 1,
            Some("Quadro" | "RTX" | "TITAN") => 2,
            _ => 0,
        };
        assert!(Gpu::all().iter().map(kind).is_sorted());
    }
}

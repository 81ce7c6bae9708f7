//! The platform that the name of a timm benchmark file tells, such as
//! `benchmark-train-amp-nchw-pt112-cu113-rtx3090.csv` or `…-pt240-cpu-i7_12700h-dynamo.csv`.

use serde_json::Value;

use crate::timing::data::platform::{MemoryFormat, Precision, RawPlatform};

/// The last part of a path, of either system.
pub(super) fn base(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// What the parts of a name say.
#[derive(Default)]
struct Parts<'a> {
    precision: Option<(&'a str, Precision)>,
    layout: Option<(&'a str, MemoryFormat)>,
    torch: Option<&'a str>,
    cuda: Option<&'a str>,
    compiled: bool,
    device: Vec<&'a str>,
}

/// The definition of the platform, `None` where the name is not of that form.
pub(super) fn platform(file_name: &str) -> Option<Value> {
    let name = base(file_name).to_lowercase();
    // A browser that saves a file twice adds " (1)".
    let stem = name.split([' ', '(']).next()?;
    let stem = [".csv", ".json", ".txt", ".log"]
        .iter()
        .fold(stem, |stem, extension| {
            stem.strip_suffix(extension).unwrap_or(stem)
        });
    let parts = parts(stem.strip_prefix("benchmark-")?);
    let (precision_word, precision) = parts.precision?;
    let slug = slug(&parts.device)?;
    let torch = parts.torch?;
    let words = [
        Some(slug.as_str()),
        Some(precision_word),
        parts.layout.map(|layout| layout.0),
        Some(torch),
        parts.compiled.then_some("dynamo"),
    ];
    let words: Vec<&str> = words.into_iter().flatten().collect();
    let version = version(torch.trim_start_matches("pt"));
    let raw = RawPlatform {
        id: words.join("-"),
        device: device(&slug),
        device_count: None,
        precision: Some(precision),
        memory_format: parts.layout.map(|layout| layout.1),
        compiled: Some(parts.compiled),
        framework: Some(match parts.cuda {
            Some(cuda) => format!("pytorch {version} {cuda}"),
            None => format!("pytorch {version}"),
        }),
    };
    serde_json::to_value(raw).ok()
}

fn parts(stem: &str) -> Parts<'_> {
    let mut parts = Parts::default();
    for word in stem.split('-') {
        if let Some(precision) = precision(word) {
            parts.precision = Some((word, precision));
        } else if let Some(layout) = layout(word) {
            parts.layout = Some((word, layout));
        } else if numbered(word, "pt") {
            parts.torch = Some(word);
        } else if numbered(word, "cu") {
            parts.cuda = Some(word);
        } else if word == "dynamo" {
            parts.compiled = true;
        } else if !["train", "infer", ""].contains(&word) {
            parts.device.push(word);
        }
    }
    parts
}

fn precision(word: &str) -> Option<Precision> {
    match word {
        "fp32" | "float32" => Some(Precision::Fp32),
        "tf32" => Some(Precision::Tf32),
        "amp" => Some(Precision::Amp),
        "amp_bf16" => Some(Precision::AmpBf16),
        "fp16" | "float16" => Some(Precision::Fp16),
        "bf16" | "bfloat16" => Some(Precision::Bf16),
        _ => None,
    }
}

fn layout(word: &str) -> Option<MemoryFormat> {
    match word {
        "nchw" => Some(MemoryFormat::ChannelsFirst),
        "nhwc" => Some(MemoryFormat::ChannelsLast),
        _ => None,
    }
}

/// Whether `word` is `prefix` and digits.
fn numbered(word: &str, prefix: &str) -> bool {
    word.strip_prefix(prefix).is_some_and(digits)
}

fn digits(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_digit())
}

/// `112` is 1.12, `291` is 2.9.1, `2101` is 2.10.1: version 1 had two digits of minor version and no patches here.
fn version(digits: &str) -> String {
    let (major, rest) = digits.split_at(1);
    match (major, rest.len()) {
        (_, 0) => major.to_owned(),
        ("1", 1 | 2) | (_, 1) => format!("{major}.{rest}"),
        _ => {
            let (minor, patch) = rest.split_at(rest.len() - 1);
            format!("{major}.{minor}.{patch}")
        }
    }
}

/// The device as part of an id: `rtx4090` also where the file says `4090`.
fn slug(words: &[&str]) -> Option<String> {
    let words = words.join("-");
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let slug: String = words.chars().filter(|c| plain(*c)).collect();
    let geforce = digits(&slug) && slug.len() == 4;
    match slug.as_str() {
        "" => None,
        _ if geforce => Some(format!("rtx{slug}")),
        _ => Some(slug),
    }
}

/// The device in words: `RTX 3090`, `CPU i7-12700H`; else in capitals.
fn device(slug: &str) -> String {
    if let Some(cpu) = slug.strip_prefix("cpu-") {
        let name = cpu.replace('_', "-").to_uppercase();
        return match name.strip_prefix('I') {
            Some(rest) => format!("CPU i{rest}"),
            None => format!("CPU {name}"),
        };
    }
    match slug.strip_prefix("rtx") {
        Some(rest) => format!("RTX {}", rest.trim_start_matches('-').to_uppercase()),
        None => slug.to_uppercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str) -> Option<(String, String, String)> {
        let raw: RawPlatform = serde_json::from_value(platform(name)?).unwrap();
        Some((raw.id, raw.device, raw.framework.unwrap()))
    }

    #[test]
    fn names_of_timm_tell_the_platform() {
        let cases = [
            (
                "results/benchmark-train-amp-nchw-pt112-cu113-rtx3090.csv",
                ("rtx3090-amp-nchw-pt112", "RTX 3090", "pytorch 1.12 cu113"),
            ),
            (
                "benchmark-infer-amp-nchw-pt291-cu128-4090-dynamo.csv",
                (
                    "rtx4090-amp-nchw-pt291-dynamo",
                    "RTX 4090",
                    "pytorch 2.9.1 cu128",
                ),
            ),
            (
                "benchmark-infer-fp32-nchw-pt240-cpu-i7_12700h-dynamo (1).csv",
                (
                    "cpu-i7_12700h-fp32-nchw-pt240-dynamo",
                    "CPU i7-12700H",
                    "pytorch 2.4.0",
                ),
            ),
            (
                "benchmark-infer-amp_bf16-nchw-pt2101-cu130-pro6000maxq.csv",
                (
                    "pro6000maxq-amp_bf16-nchw-pt2101",
                    "PRO6000MAXQ",
                    "pytorch 2.10.1 cu130",
                ),
            ),
        ];
        for (name, (id, device, framework)) in cases {
            let want = (id.to_owned(), device.to_owned(), framework.to_owned());
            assert_eq!(told(name), Some(want), "{name}");
        }
    }

    #[test]
    fn other_names_tell_nothing() {
        for name in [
            "",
            "results.csv",
            "benchmark.csv",
            "benchmark-train-rtx3090.csv",
            "benchmark-infer-amp-nchw-pt112-cu113.csv",
        ] {
            assert_eq!(told(name), None, "{name}");
        }
    }
}

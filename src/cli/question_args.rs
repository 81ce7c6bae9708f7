//! What commands about nets are asked with.

use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use clap::{Args, ValueHint};
use epochcast::net::scaling::RawScaling;
use epochcast::net::scaling::written::written;
use epochcast::timing::data::platform::Precision;
use epochcast::timing::data::slip::Slip;
use epochcast::timing::{Estimator, Mode};
use epochcast::units::quantity::Money;

use super::quantities::{bytes, count, money, plain_bytes, seconds, time};
use super::words::told_of_flag;

#[derive(Debug, Args)]
pub(crate) struct PredictArgs {
    #[command(flatten)]
    pub(crate) about: AboutArgs,
    /// How to scale it: a strategy (dWr:4), a share of the width (a0.7:4) or a reference string (`d1_w8_g8_r1:4`)
    #[arg(long, alias = "scaling", value_name = "FORM:FACTOR", value_parser = scale)]
    pub(crate) scale: Option<RawScaling>,
    #[command(flatten)]
    pub(crate) training: TrainingArgs,
    /// Predict by the fit of an earlier answer (its `fit.id`), whatever was stored or taken out since
    #[arg(long, value_name = "ID")]
    pub(crate) fit: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    #[command(flatten)]
    pub(crate) about: AboutArgs,
    #[command(flatten)]
    pub(crate) ways: WaysArgs,
    /// Factors: 1,2,4 or, for nine from 1 to 16, 1..16/9 [default: 1,2,4,8,16]
    #[arg(long, value_name = "LIST|RANGE", allow_hyphen_values = true)]
    pub(crate) factors: Option<String>,
    #[command(flatten)]
    pub(crate) training: TrainingArgs,
    #[command(flatten)]
    pub(crate) memory: MemoryArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) about: AboutArgs,
    #[command(flatten)]
    pub(crate) ways: WaysArgs,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    /// In place of the largest net: the smallest with so many multiply-adds, such as 4G
    #[arg(long, value_name = "N", conflicts_with = "target_error", value_parser = count)]
    pub(crate) target_flops: Option<f64>,
    /// In place of the largest net: the smallest with such a published error, in percent
    #[arg(long, value_name = "PERCENT")]
    pub(crate) target_error: Option<f64>,
    #[command(flatten)]
    pub(crate) training: TrainingArgs,
    #[command(flatten)]
    pub(crate) memory: MemoryArgs,
    /// Mix the dimensions freely too
    #[arg(long)]
    pub(crate) free_mix: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) about: AboutArgs,
    /// How to scale it: a strategy (dWr:4), a share of the width (a0.7:4) or a reference string (`d1_w8_g8_r1:4`)
    #[arg(long, alias = "scaling", value_name = "FORM:FACTOR", value_parser = scale)]
    pub(crate) scale: Option<RawScaling>,
    /// Images of an epoch [default: 1281167, ImageNet]
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) dataset_images: Option<f64>,
}

/// What every question about a net says.
#[derive(Debug, Args)]
pub(crate) struct AboutArgs {
    /// Name of a net, at a resolution or not, or a file that describes one (ONNX, JSON, costs too, or a pycls config in YAML), or - for standard input
    #[arg(value_name = "NAME[@RESOLUTION]|FILE|-", value_hint = ValueHint::FilePath)]
    pub(crate) net: String,
    /// Side of the images, in pixels; NAME@160 says the same
    #[arg(long, value_name = "PIXELS")]
    pub(crate) resolution: Option<u64>,
    /// Timing group, where it does not follow from the net, such as resnet
    #[arg(long, value_name = "WORD")]
    pub(crate) family: Option<String>,
    /// Platform to predict for, or gpu:NAME[:RECIPE] by a data sheet; several joined by commas or repeated; default: all with timings of the mode
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) platform: Vec<String>,
    /// GPU to predict for by its data sheet, such as h100 or rtx4090:bf16:compiled: --platform gpu:NAME says the same
    #[arg(long, value_name = "NAME[:RECIPE]", value_delimiter = ',')]
    pub(crate) gpu: Vec<String>,
    /// What is timed
    #[arg(long, value_name = "train|infer", value_parser = modes())]
    pub(crate) mode: Option<Mode>,
    /// How to predict: by all that is known of the net, by its costs alone, or by the paper's line [default: layers]
    #[arg(long, value_name = "layers|costs|paper", value_parser = PossibleValuesParser::new(Estimator::ALL.map(Estimator::as_str)))]
    pub(crate) estimator: Option<String>,
    /// Print the HTTP answer
    #[arg(long)]
    pub(crate) json: bool,
}

/// Ways to scale.
#[derive(Debug, Args)]
pub(crate) struct WaysArgs {
    /// Strategies, joined by commas [default, where no --alphas are given: all nine, and α = 1/3, 2/3, 0.8]
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    pub(crate) strategies: Vec<String>,
    /// Members of the fast family: shares of the width
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "X,Y",
        allow_hyphen_values = true
    )]
    pub(crate) alphas: Vec<f64>,
}

/// A whole training, and the interval of its time.
#[derive(Debug, Args)]
pub(crate) struct TrainingArgs {
    /// Images of an epoch, such as 50k [default: 1281167, ImageNet]
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) dataset_images: Option<f64>,
    /// Level of the interval [default: 0.9]
    #[arg(long, value_name = "LEVEL")]
    pub(crate) interval: Option<f64>,
    /// Images in a step, of all devices together
    #[arg(long, value_name = "N")]
    pub(crate) batch_size: Option<u64>,
    /// Passes over the images: the time of the whole training is told too
    #[arg(long, value_name = "N")]
    pub(crate) epochs: Option<u64>,
    /// Images of the evaluation after each epoch, such as 50k
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) evaluation_images: Option<f64>,
    /// Images a second that the data loader delivers, such as 2k
    #[arg(long, value_name = "X", value_parser = count)]
    pub(crate) loader_images_per_second: Option<f64>,
    /// Number of devices, where it is not the platform's
    #[arg(long, value_name = "N")]
    pub(crate) devices: Option<u64>,
    /// Price of all devices together for an hour, such as 24.48 (dollars) or €20
    #[arg(long, value_name = "MONEY", value_parser = money)]
    pub(crate) price_per_hour: Option<Money>,
}

/// What memory goes by.
#[derive(Debug, Args)]
pub(crate) struct MemoryArgs {
    /// Memory of each device, such as 16GB or 16GiB: the largest batch is told too
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub(crate) device_memory: Option<f64>,
    #[arg(long, hide = true, value_name = "N", value_parser = plain_bytes, conflicts_with = "device_memory")]
    pub(crate) device_memory_bytes: Option<f64>,
    /// What updates the parameters [default: sgd]
    #[arg(long, value_name = "sgd|adam", value_parser = ["sgd", "adam"])]
    pub(crate) optimizer: Option<String>,
    /// Arithmetic of the layers [default: that of the first platform]
    #[arg(long, value_name = "fp32|amp|…", value_parser = PossibleValuesParser::new(Precision::ALL.map(Precision::as_str)))]
    pub(crate) precision: Option<String>,
}

impl MemoryArgs {
    /// Bytes of each device.
    pub(crate) fn of_device(&self) -> Option<f64> {
        self.device_memory.or(self.device_memory_bytes)
    }
}

/// The most that a net may cost.
#[derive(Debug, Args)]
pub(crate) struct LimitArgs {
    /// Longest epoch, such as 90s, 20min or 1.5h
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) epoch: Option<f64>,
    #[arg(long, hide = true, value_name = "S", value_parser = seconds, conflicts_with = "epoch")]
    pub(crate) epoch_seconds: Option<f64>,
    /// Longest training of all epochs, such as 12h or 3days
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) total: Option<f64>,
    #[arg(long, hide = true, value_name = "S", value_parser = seconds, conflicts_with = "total")]
    pub(crate) total_seconds: Option<f64>,
    /// Most that the whole training may cost, such as 400 (dollars) or €400
    #[arg(long, value_name = "MONEY", value_parser = money)]
    pub(crate) cost: Option<Money>,
    /// Most multiply-adds, such as 4G
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) flops: Option<f64>,
    /// Most parameters, such as 50M
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) params: Option<f64>,
    /// Most activations, such as 30M
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) acts: Option<f64>,
    /// Most memory of a training step on one device, such as 16GB or 16GiB
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub(crate) memory: Option<f64>,
    #[arg(long, hide = true, value_name = "N", value_parser = plain_bytes, conflicts_with = "memory")]
    pub(crate) memory_bytes: Option<f64>,
    /// Hold limits on time and cost against the upper end of the interval
    #[arg(long)]
    pub(crate) high: bool,
}

/// What a list is searched for.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Words of the name, whatever their case and their hyphens
    pub(crate) search: Vec<String>,
    /// Print the HTTP answer
    #[arg(long)]
    pub(crate) json: bool,
}

/// The modes, as a flag takes them.
pub(crate) fn modes() -> impl clap::builder::TypedValueParser<Value = Mode> {
    let words = PossibleValuesParser::new(Mode::ALL.map(Mode::as_str));
    words.try_map(|word| {
        let found = Mode::ALL.into_iter().find(|mode| mode.as_str() == word);
        found.ok_or("train or infer")
    })
}

/// Units that times may be sent in by mistake, as a flag takes them.
pub(crate) fn slips() -> impl clap::builder::TypedValueParser<Value = Slip> {
    let words = PossibleValuesParser::new(Slip::ALL.map(Slip::as_str));
    words.try_map(|word| {
        let found = Slip::ALL.into_iter().find(|slip| slip.as_str() == word);
        found.ok_or("a unit")
    })
}

/// The scaling that `FORM:FACTOR` is.
fn scale(text: &str) -> Result<RawScaling, String> {
    written(text).map_err(|invalid| told_of_flag("", &invalid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_is_a_strategy_a_share_or_a_reference_string() {
        assert_eq!(scale("dWr:4").unwrap().strategy.as_deref(), Some("dWr"));
        assert_eq!(scale("a0.7:4").unwrap().alpha, Some(0.7));
        assert_eq!(
            scale("d1_w8_g8_r1:4").unwrap().scale_type.as_deref(),
            Some("d1_w8_g8_r1")
        );
        assert!(scale("dWr:4:match").unwrap().matched);
        assert!(!scale("dWr:4").unwrap().matched);
        for wrong in ["dWr", "dWr:x", "abc:4", "d1_x2:4", "dWr:match"] {
            assert!(scale(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_misspelt_strategy_is_told_as_over_http() {
        assert_eq!(
            scale("dwR:8").unwrap_err(),
            "there is no strategy `dwR` (did you mean `dwr`? case matters)"
        );
    }
}

//! The command line and the environment.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use epochcast::net::scaling::RawScaling;
use epochcast::net::written::written;
use epochcast::store::{Scope, TokenName};
use epochcast::timing::Mode;

pub(crate) use crate::settings::Settings;

/// How long will one training epoch take if I scale this conv net?
///
/// Exact flops, params and activations of the scaled net, and a predicted epoch time with an interval, from published
/// and uploaded measurements. Without a command it serves.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(flatten, next_help_heading = "Settings")]
    pub(crate) settings: Settings,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

const AFTER_HELP: &str = "Examples:
  epochcast                                     serve on http://127.0.0.1:8080
  epochcast predict RegNetY-4GF --scale dWr:4   base, scaled and epoch times, without a server
  epochcast predict resnet50 --platform rtx3090-nchw --json
  epochcast predict my-net.json --scale a0.7:2  a net described in JSON
  epochcast predict regnetx.yaml                one of a pycls config
  epochcast compare RegNetY-4GF --platform v100x8-paper --factors 1,2,4
  epochcast plan RegNetY-4GF --platform v100x8-paper --epoch-seconds 1200
  epochcast explain RegNetY-4GF --platform v100x8-paper";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve over HTTP (the default)
    Serve,
    /// Predict without a server: a table, or the HTTP answer as JSON
    Predict(Box<PredictArgs>),
    /// Compare ways to scale a net: costs, epoch times, memory and published errors side by side
    Compare(Box<CompareArgs>),
    /// Find for each strategy the largest net within a budget, or the cheapest way to a target
    Plan(Box<PlanArgs>),
    /// Say where the time of a net goes, and what would help
    Explain(ExplainArgs),
    /// Say how far predictions are off, and how often their intervals hold, by leaving timings out
    Evaluate(EvaluateArgs),
    /// Store timings from files, in our own formats or as timm and pycls write them
    Import(ImportArgs),
    /// Write all that is stored to standard output, as NDJSON that can be imported again
    Export,
    /// Copy the database to a file, while a server may be writing; the file is there once it is complete and was checked
    Backup {
        /// The file, which must not exist yet
        file: PathBuf,
    },
    /// Replace all that is stored by a backup, and keep what was there; a running server goes on with it
    Restore(RestoreArgs),
    /// Look for damage and for edits by hand, upload by upload; exit code 1 where there is some; changes nothing
    Verify,
    /// Make, list and end the tokens with which timings may be sent
    #[command(subcommand)]
    Token(TokenCommand),
    /// Ask the server on --listen whether it is alive; exit code 0 if it is
    Healthcheck,
    /// Say what is wrong with the settings, the address, the database or the disk, and what to do; changes nothing
    Doctor,
}

#[derive(Debug, Args)]
pub(crate) struct EvaluateArgs {
    /// Look at the timings of a file, in any form that can be imported, in place of those stored
    #[arg(long, value_name = "FILE")]
    pub(crate) rows: Option<PathBuf>,
    /// Print the HTTP answer's scores as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// NDJSON, JSON or CSV of our own; timm's benchmark tables and results; pycls' logs and timing files
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Platform of rows that name none
    #[arg(long, value_name = "ID")]
    pub(crate) platform: Option<String>,
    /// Mode of rows that name none
    #[arg(long, value_name = "train|infer", value_parser = mode)]
    pub(crate) mode: Option<Mode>,
    /// The net of a pycls log
    #[arg(long, value_name = "NAME")]
    pub(crate) net: Option<String>,
    /// Images in a step of all devices together, where a pycls file does not say
    #[arg(long, value_name = "N")]
    pub(crate) batch_size: Option<u64>,
    /// Store none of a file that has a bad row
    #[arg(long)]
    pub(crate) abort: bool,
    /// Say what would become of the rows, but store nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// The backup
    pub(crate) file: PathBuf,
    /// Do it without asking
    #[arg(long)]
    pub(crate) yes: bool,
    /// Let tokens hold again that were revoked since the backup
    #[arg(long)]
    pub(crate) revive_tokens: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token; it is printed alone on one line, once
    Create {
        /// What to call it: 1 to 64 characters that can be printed; `seed` and `import` are the service's own
        #[arg(long, value_name = "N")]
        name: TokenName,
        /// What it allows: read; write: uploads, and undoing one's own; admin: undoing all
        #[arg(long, value_name = "read|write|admin", value_parser = scope)]
        scope: Scope,
        /// Days until it ends [default: never]
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36500))]
        days: Option<u32>,
    },
    /// List the tokens
    List,
    /// End a token
    Revoke {
        /// Its name, as the list shows it
        #[arg(long, value_name = "N")]
        name: String,
    },
}

fn scope(word: &str) -> Result<Scope, String> {
    Scope::ALL
        .into_iter()
        .find(|scope| scope.as_str() == word)
        .ok_or_else(|| "read, write or admin".to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct PredictArgs {
    #[command(flatten)]
    pub(crate) about: AboutArgs,
    /// How to scale it: a strategy (dWr:4), a share of the width (a0.7:4) or a reference string (`d1_w8_g8_r1:4`)
    #[arg(long, value_name = "FORM:FACTOR", value_parser = scale)]
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
    #[arg(long, value_name = "LIST|RANGE")]
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
    /// In place of the largest net: the smallest with so many multiply-adds
    #[arg(long, value_name = "N", conflicts_with = "target_error")]
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
    #[arg(long, value_name = "FORM:FACTOR", value_parser = scale)]
    pub(crate) scale: Option<RawScaling>,
    /// Images of an epoch [default: 1281167, ImageNet]
    #[arg(long, value_name = "N")]
    pub(crate) dataset_images: Option<u64>,
}

/// What every question about a net says.
#[derive(Debug, Args)]
pub(crate) struct AboutArgs {
    /// Name of a net, a file that describes one (JSON, or a pycls config in YAML), or - for standard input
    #[arg(value_name = "NAME|FILE|-")]
    pub(crate) net: String,
    /// Platform to predict for; may be repeated; default: all with timings of the mode
    #[arg(long, value_name = "ID")]
    pub(crate) platform: Vec<String>,
    /// What is timed
    #[arg(long, value_name = "train|infer", value_parser = mode)]
    pub(crate) mode: Option<Mode>,
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
    #[arg(long, value_delimiter = ',', value_name = "X,Y")]
    pub(crate) alphas: Vec<f64>,
}

/// A whole training, and the interval of its time.
#[derive(Debug, Args)]
pub(crate) struct TrainingArgs {
    /// Images of an epoch [default: 1281167, ImageNet]
    #[arg(long, value_name = "N")]
    pub(crate) dataset_images: Option<u64>,
    /// Level of the interval [default: 0.9]
    #[arg(long, value_name = "LEVEL")]
    pub(crate) interval: Option<f64>,
    /// Images in a step, of all devices together
    #[arg(long, value_name = "N")]
    pub(crate) batch_size: Option<u64>,
    /// Passes over the images: the time of the whole training is told too
    #[arg(long, value_name = "N")]
    pub(crate) epochs: Option<u64>,
    /// Images of the evaluation after each epoch
    #[arg(long, value_name = "N")]
    pub(crate) evaluation_images: Option<u64>,
    /// Images a second that the data loader delivers
    #[arg(long, value_name = "X")]
    pub(crate) loader_images_per_second: Option<f64>,
    /// Number of devices, where it is not the platform's
    #[arg(long, value_name = "N")]
    pub(crate) devices: Option<u64>,
    /// Price of all devices together for an hour
    #[arg(long, value_name = "X")]
    pub(crate) price_per_hour: Option<f64>,
}

/// What memory goes by.
#[derive(Debug, Args)]
pub(crate) struct MemoryArgs {
    /// Memory of each device, in bytes: the largest batch is told too
    #[arg(long, value_name = "N")]
    pub(crate) device_memory_bytes: Option<u64>,
    /// What updates the parameters [default: sgd]
    #[arg(long, value_name = "sgd|adam")]
    pub(crate) optimizer: Option<String>,
    /// Arithmetic of the layers [default: that of the first platform]
    #[arg(long, value_name = "fp32|amp|…")]
    pub(crate) precision: Option<String>,
}

/// The most that a net may cost.
#[derive(Debug, Args)]
pub(crate) struct LimitArgs {
    /// Most seconds of an epoch
    #[arg(long, value_name = "S")]
    pub(crate) epoch_seconds: Option<f64>,
    /// Most seconds of the whole training
    #[arg(long, value_name = "S")]
    pub(crate) total_seconds: Option<f64>,
    /// Most that the whole training may cost
    #[arg(long, value_name = "X")]
    pub(crate) cost: Option<f64>,
    /// Most multiply-adds
    #[arg(long, value_name = "N")]
    pub(crate) flops: Option<f64>,
    /// Most parameters
    #[arg(long, value_name = "N")]
    pub(crate) params: Option<f64>,
    /// Most activations
    #[arg(long, value_name = "N")]
    pub(crate) acts: Option<f64>,
    /// Most bytes of a training step on one device
    #[arg(long, value_name = "N")]
    pub(crate) memory_bytes: Option<f64>,
    /// Hold limits on time and cost against the upper end of the interval
    #[arg(long)]
    pub(crate) high: bool,
}

fn mode(word: &str) -> Result<Mode, String> {
    Mode::ALL
        .into_iter()
        .find(|mode| mode.as_str() == word)
        .ok_or_else(|| "train or infer".to_owned())
}

/// The scaling that `FORM:FACTOR` is.
fn scale(text: &str) -> Result<RawScaling, String> {
    written(text).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn a_scale_is_a_strategy_a_share_or_a_reference_string() {
        assert_eq!(scale("dWr:4").unwrap().strategy.as_deref(), Some("dWr"));
        assert_eq!(scale("a0.7:4").unwrap().alpha, Some(0.7));
        assert_eq!(
            scale("d1_w8_g8_r1:4").unwrap().scale_type.as_deref(),
            Some("d1_w8_g8_r1")
        );
        for wrong in ["dWr", "dWr:x", "abc:4", "d1_x2:4"] {
            assert!(scale(wrong).is_err(), "{wrong}");
        }
    }
}

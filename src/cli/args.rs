//! The command line and the environment.

use std::path::PathBuf;

use clap::{Args, ColorChoice, Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use epochcast::store::{DatabaseUrl, Scope, TokenName};
use epochcast::timing::Mode;
use epochcast::timing::data::slip::Slip;

pub(crate) use crate::cli::question_args::{
    AboutArgs, CompareArgs, ExplainArgs, LimitArgs, ListArgs, MemoryArgs, PlanArgs, PredictArgs,
    TrainingArgs, WaysArgs,
};
use crate::cli::question_args::{modes, slips};
pub(crate) use crate::cli::settings::Settings;
use crate::cli::settings::database_url;

/// How long will one training epoch take if I scale this conv net?
///
/// Exact flops, params and activations of the scaled net, and a predicted epoch time with an interval, from published
/// and uploaded measurements. Without a command it serves.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(flatten, next_help_heading = "Settings")]
    pub(crate) settings: Settings,
    /// Whether to colour what is printed; auto: on a terminal, unless `NO_COLOR` is set
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        value_enum
    )]
    pub(crate) color: ColorChoice,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

const AFTER_HELP: &str = "Examples:
  epochcast                                     serve on http://127.0.0.1:8080
  epochcast predict RegNetY-4GF --scale dWr:4   base, scaled and epoch times, without a server
  epochcast predict resnet50 --platform rtx3090-nchw --json
  epochcast predict my-net.json --scale a0.7:2  a net described in JSON
  epochcast predict regnetx.yaml                one of a pycls config
  epochcast predict my-net.onnx --scale dWr:2   one of an ONNX file, whose weights are not needed
  epochcast compare RegNetY-4GF --platform v100x8-paper --factors 1,2,4
  epochcast predict ResNet-50@160 --platform gpu:h100,rtx3090-nchw
  epochcast plan RegNetY-4GF --platform v100x8-paper --epoch 20min
  epochcast explain RegNetY-4GF --platform v100x8-paper
  epochcast models regnety                      nets by name, and which of them scale

Quantities have units: 90s, 20min, 1.5h, 3days; 16GB (10^9 bytes), 16GiB (2^30); 4G, 50M; 400 (dollars), '$400', €20.

Exit codes:
  0  done
  1  failed at work: no database, a file that is refused, rejected rows, damage
  2  wrong usage: a flag, a word, a name or a value of the command line that means nothing here";

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
    Explain(Box<ExplainArgs>),
    /// List the nets that can be asked for by name, and which of them can be scaled
    Models(ListArgs),
    /// List the GPUs that can be asked for by their data sheets, timed or not
    Gpus(ListArgs),
    /// List the platforms that were timed
    Platforms(ListArgs),
    /// List the strategies to scale by
    Strategies(ListArgs),
    /// Say how far predictions are off, and how often their intervals hold, by leaving timings out
    Evaluate(EvaluateArgs),
    /// Store timings from files, in our own formats or as timm and pycls write them
    Import(ImportArgs),
    /// List what was stored, upload by upload
    Uploads {
        /// Print the HTTP answer, all pages in one
        #[arg(long)]
        json: bool,
    },
    /// Look at one upload
    #[command(subcommand)]
    Upload(UploadCommand),
    /// Take an upload out of the predictions; it is kept, and a running server follows within a second
    Undo {
        /// Its id, as `uploads` lists it
        id: i64,
    },
    /// Put an upload back that was undone
    Redo {
        /// Its id, as `uploads` lists it
        id: i64,
    },
    /// Say who did what: uploads, undoing, decisions with their reasons, tokens; the newest first
    Audit {
        /// Print the HTTP answer, all pages in one
        #[arg(long)]
        json: bool,
    },
    /// Write all that is stored to standard output, as NDJSON that can be imported again
    Export,
    /// Copy the database to a file, while a server may be writing; the file is there once it is complete and was checked
    Backup {
        /// The file, which must not exist yet
        file: PathBuf,
    },
    /// Replace all that is stored by a backup, and keep what was there; a running server goes on with it
    Restore(RestoreArgs),
    /// Copy all that is stored into an empty database of either kind, where every answer stays the same
    Copy(CopyArgs),
    /// Look for damage and for edits by hand, upload by upload; exit code 1 where there is some; changes nothing
    Verify,
    /// Make, list and end the tokens with which timings may be sent
    #[command(subcommand)]
    Token(TokenCommand),
    /// Ask the server on --listen whether it is alive; exit code 0 if it is
    Healthcheck,
    /// Say what is wrong with the settings, the address, the database or the disk, and what to do; changes nothing
    Doctor,
    /// Print a script that completes commands and flags in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, or write one for each command into a folder
    Man {
        /// The folder
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum UploadCommand {
    /// Show what became of its rows
    Show {
        /// Its id, as `uploads` lists it
        id: i64,
        /// Print the HTTP answer
        #[arg(long)]
        json: bool,
    },
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
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
    /// Platform of rows that name none
    #[arg(long, value_name = "ID")]
    pub(crate) platform: Option<String>,
    /// Mode of rows that name none
    #[arg(long, value_name = "train|infer", value_parser = modes())]
    pub(crate) mode: Option<Mode>,
    /// The net of a pycls log
    #[arg(long, value_name = "NAME")]
    pub(crate) net: Option<String>,
    /// Images in a step of all devices together, where a pycls file does not say
    #[arg(long, value_name = "N")]
    pub(crate) batch_size: Option<u64>,
    /// What the times are, where they are not what the fields' names say, such as `milliseconds`: they are corrected
    #[arg(long, value_name = "UNIT", value_parser = slips())]
    pub(crate) units: Option<Slip>,
    /// Store none of a file that has a bad row
    #[arg(long)]
    pub(crate) abort: bool,
    /// Say what would become of the rows, but store nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CopyArgs {
    /// The database to copy, of which nothing changes
    #[arg(long, value_name = "URL", value_parser = database_url)]
    pub(crate) from: DatabaseUrl,
    /// Where to: made where it is not there, and refused where it holds something
    #[arg(long, value_name = "URL", value_parser = database_url)]
    pub(crate) to: DatabaseUrl,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}

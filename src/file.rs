//! The file with settings: its lines become the defaults of the command line, so that both know the same names and rules.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};
use serde::Deserialize;

use crate::config::Cli;

/// The command line, with what stands in the file that it or the environment names.
pub(crate) fn parse() -> anyhow::Result<Cli> {
    let args: Vec<OsString> = std::env::args_os().collect();
    let mut command = Cli::command();
    let file = named(&args).or_else(|| std::env::var_os("EPOCHCAST_CONFIG").map(PathBuf::from));
    if let Some(file) = &file {
        command = with(command, file).with_context(|| file.display().to_string())?;
    }
    // Wrong usage ends here, with exit code 2 and what would be right.
    let matches = command.try_get_matches_from(args);
    let matches: ArgMatches = matches.unwrap_or_else(|error| error.exit());
    Ok(Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit()))
}

/// The file that follows `--config`.
fn named(args: &[OsString]) -> Option<PathBuf> {
    args.iter().enumerate().find_map(|(i, arg)| {
        if arg == "--config" {
            return args.get(i + 1).map(PathBuf::from);
        }
        let name = arg.to_str()?.strip_prefix("--config=")?;
        Some(PathBuf::from(name))
    })
}

/// What a line may hold.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Flag(bool),
    Number(u64),
    Word(String),
    Words(Vec<String>),
}

impl Line {
    fn words(self) -> Vec<String> {
        match self {
            Self::Flag(on) => vec![on.to_string()],
            Self::Number(number) => vec![number.to_string()],
            Self::Word(word) => vec![word],
            Self::Words(words) => words,
        }
    }
}

/// `command` with the lines of `file` as its defaults.
fn with(mut command: Command, file: &Path) -> anyhow::Result<Command> {
    let text = std::fs::read_to_string(file)?;
    let lines: BTreeMap<String, Line> = basic_toml::from_str(&text)?;
    for (name, value) in lines {
        let id = name.replace('-', "_");
        let known = command
            .get_arguments()
            .any(|arg| arg.get_id() == id.as_str() && id != "config");
        if !known {
            bail!("there is no setting `{name}`: see epochcast --help for those there are");
        }
        let values = value.words();
        // A value that the flag would refuse is refused here, with the name of the file.
        let mut flag = vec![OsString::from("epochcast")];
        for word in &values {
            match word.as_str() {
                "true" => flag.push(format!("--{}", id.replace('_', "-")).into()),
                "false" => {}
                word => flag.push(format!("--{}={word}", id.replace('_', "-")).into()),
            }
        }
        if let Err(error) = Cli::command().try_get_matches_from(flag) {
            let told = error.to_string();
            let line = told.lines().next().unwrap_or_default();
            bail!("{}", line.trim_start_matches("error: "));
        }
        command = command.mut_arg(id, |arg| arg.default_values(values));
    }
    Ok(command)
}

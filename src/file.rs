//! The file with settings: its lines become the defaults of the command line, so that both know the same names and rules.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};
use epochcast::json::nearest;
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
    Number(i64),
    Real(f64),
    Word(String),
    Words(Vec<String>),
}

impl Line {
    fn words(self) -> Vec<String> {
        match self {
            Self::Flag(on) => vec![on.to_string()],
            Self::Number(number) => vec![number.to_string()],
            Self::Real(number) => vec![number.to_string()],
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
        let values = value.words();
        let id = checked(&command, &name, &values)
            .with_context(|| format!("line {}", line_of(&text, &name)))?;
        command = command.mut_arg(id, |arg| arg.default_values(values));
    }
    Ok(command)
}

/// The flag that `name` sets, which takes `values`: one that it would refuse is refused here, with the file and the line.
fn checked(command: &Command, name: &str, values: &[String]) -> anyhow::Result<String> {
    let id = name.replace('-', "_");
    let flags = command.get_arguments().map(|arg| arg.get_id().as_str());
    let known: Vec<String> = flags
        .filter(|known| *known != "config")
        .map(|known| known.replace('_', "-"))
        .collect();
    let flag = id.replace('_', "-");
    if !known.contains(&flag) {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        bail!("there is no setting `{name}`: {}", nearest(name, &known));
    }
    let mut line = vec![OsString::from("epochcast")];
    for word in values {
        match word.as_str() {
            "true" => line.push(format!("--{flag}").into()),
            "false" => {}
            word => line.push(format!("--{flag}={word}").into()),
        }
    }
    if let Err(error) = Cli::command().try_get_matches_from(line) {
        let told = error.to_string();
        let first = told.lines().next().unwrap_or_default();
        bail!("{}", first.trim_start_matches("error: "));
    }
    Ok(id)
}

/// Number of the line of `text` that sets `name`.
fn line_of(text: &str, name: &str) -> usize {
    let sets = |line: &str| {
        let set = line.split_once('=').map(|(set, _)| set.trim());
        set.is_some_and(|set| set.trim_matches(['"', '\'']) == name)
    };
    text.lines().position(sets).map_or(1, |before| before + 1)
}

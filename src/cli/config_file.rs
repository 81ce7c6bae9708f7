//! The file with settings: its lines become the defaults of the command line, so that both know the same names and rules.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clap::builder::{OsStr, Resettable};
use clap::{
    Arg, ArgAction, ArgMatches, ColorChoice, Command, CommandFactory, FromArgMatches, ValueEnum,
};
use epochcast::json::nearest;
use serde::Deserialize;
use toml::{Spanned, Value};

use crate::cli::args::Cli;

/// The command line, with what stands in the file that it or the environment names.
pub(crate) fn parse() -> anyhow::Result<Cli> {
    let args: Vec<OsString> = std::env::args_os().collect();
    let mut command = coloured(below_zero_too(Cli::command()), &args);
    let file = after(&args, "--config")
        .map(PathBuf::from)
        .or_else(of_variable);
    if let Some(file) = &file {
        command = with(command, file).with_context(|| file.display().to_string())?;
    }
    let matches = command.clone().try_get_matches_from(&args);
    if matches.is_err()
        && with_variable(command, "")
            .try_get_matches_from(&args)
            .is_ok()
    {
        variables()?;
    }
    // Wrong usage ends here, with exit code 2 and what would be right.
    let matches: ArgMatches = matches.unwrap_or_else(|error| error.exit());
    Ok(Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit()))
}

/// What follows `flag`, before the arguments are read.
fn after(args: &[OsString], flag: &str) -> Option<OsString> {
    args.iter().enumerate().find_map(|(i, arg)| {
        if arg == flag {
            return args.get(i + 1).cloned();
        }
        let value = arg.to_str()?.strip_prefix(flag)?.strip_prefix('=')?;
        Some(value.into())
    })
}

/// `command` in the colours that are asked for; what is printed later follows them.
fn coloured(command: Command, args: &[OsString]) -> Command {
    let word = after(args, "--color").and_then(|word| word.into_string().ok());
    let choice = word.and_then(|word| ColorChoice::from_str(&word, false).ok());
    let choice = choice.unwrap_or_default();
    match choice {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    }
    .write_global();
    command.color(choice)
}

/// `command` whose numbers may be below zero: none may, and its own words say so better than "unexpected argument".
fn below_zero_too(command: Command) -> Command {
    let numbers = |arg: Arg| {
        let takes_one = arg.get_action().takes_values();
        arg.allow_negative_numbers(takes_one)
    };
    command.mut_subcommands(|command| command.mut_args(numbers))
}

/// The file that the environment names.
fn of_variable() -> Option<PathBuf> {
    let file = std::env::var_os("EPOCHCAST_CONFIG")?;
    (!file.is_empty()).then(|| file.into())
}

/// `command` where the environment sets nothing but `id`.
fn with_variable(command: Command, id: &str) -> Command {
    command.mut_args(|arg| {
        if arg.get_id() == id {
            return arg;
        }
        arg.env(Resettable::<OsStr>::Reset)
    })
}

/// Refuses what stands in a variable and cannot be taken, with the name of the variable.
fn variables() -> anyhow::Result<()> {
    let command = Cli::command();
    for arg in command.get_arguments() {
        let Some(variable) = arg.get_env() else {
            continue;
        };
        let alone = with_variable(command.clone(), arg.get_id().as_str());
        if let Err(error) = alone.try_get_matches_from(["epochcast"]) {
            bail!("{}: {}", variable.display(), first_line(&error));
        }
    }
    Ok(())
}

/// What `error` says, without the help that follows.
fn first_line(error: &clap::Error) -> String {
    let told = error.to_string();
    let first = told.lines().next().unwrap_or_default();
    first.trim_start_matches("error: ").to_owned()
}

/// `value` as a command line has it.
fn words(name: &str, value: Value) -> anyhow::Result<Vec<String>> {
    Ok(match value {
        Value::Boolean(on) => vec![on.to_string()],
        Value::Integer(number) => vec![number.to_string()],
        Value::Float(number) => vec![number.to_string()],
        Value::String(word) => vec![word],
        Value::Table(inner) => {
            let names: Vec<String> = inner.into_iter().map(|(name, _)| name).collect();
            bail!(
                "settings stand at the top, without a table around them: {}",
                names.join(", ")
            )
        }
        list_or_date => Vec::deserialize(list_or_date).ok().with_context(|| {
            format!("`{name}` is a word in quotes, a number, true or false, or a list of words in quotes")
        })?,
    })
}

/// `command` with the lines of `file` as its defaults.
fn with(mut command: Command, file: &Path) -> anyhow::Result<Command> {
    let text = std::fs::read_to_string(file)?;
    let lines: BTreeMap<Spanned<String>, Value> =
        toml::from_str(&text).map_err(|error| unread(&text, &error))?;
    for (name, value) in lines {
        let line = || format!("line {}", line_at(&text, &name.span()));
        let values = words(name.get_ref(), value).with_context(line)?;
        let id = checked(&command, name.get_ref(), &values).with_context(line)?;
        command = command.mut_arg(id, |arg| arg.default_values(values));
    }
    Ok(command)
}

/// Number of the line of `text` on which `place` begins.
fn line_at(text: &str, place: &Range<usize>) -> usize {
    let before = text.bytes().take(place.start);
    before.filter(|byte| *byte == b'\n').count() + 1
}

/// Why `text` is no TOML, with the line and what is set there, but not to what: that may hold a password.
fn unread(text: &str, error: &toml::de::Error) -> anyhow::Error {
    let line = line_at(text, &error.span().unwrap_or_default());
    let set = text.lines().nth(line - 1).and_then(|l| l.split_once('='));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let name = set.map(|(name, _)| name.trim());
    let name = name.filter(|name| !name.is_empty() && name.chars().all(plain));
    let name = name.map(|name| format!(", `{name}`")).unwrap_or_default();
    anyhow!("line {line}{name}: {}", error.message())
}

/// The flag that `name` sets, which takes `values`: one that it would refuse is refused here, with the file and the line.
fn checked(command: &Command, name: &str, values: &[String]) -> anyhow::Result<String> {
    let id = name.replace('-', "_");
    let flags = command.get_arguments().map(|arg| arg.get_id().as_str());
    let known: Vec<String> = flags
        .filter(|known| !["config", "color"].contains(known))
        .map(|known| known.replace('_', "-"))
        .collect();
    let flag = id.replace('_', "-");
    if !known.contains(&flag) {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        bail!("there is no setting `{name}`: {}", nearest(name, &known));
    }
    let switch = |arg: &clap::Arg| matches!(arg.get_action(), ArgAction::SetTrue);
    if command
        .get_arguments()
        .any(|arg| arg.get_id() == id.as_str() && switch(arg))
    {
        let good = matches!(values, [word] if matches!(word.as_str(), "true" | "false"));
        anyhow::ensure!(good, "`{name}` is true or false, without quotes");
        return Ok(id);
    }
    let words = values.iter().map(|word| format!("--{flag}={word}"));
    let line = std::iter::once("epochcast".to_owned()).chain(words);
    // What the environment sets is no fault of the file.
    if let Err(error) = with_variable(Cli::command(), "").try_get_matches_from(line) {
        bail!("{}", first_line(&error));
    }
    Ok(id)
}

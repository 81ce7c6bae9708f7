//! `epochcast completions` and `epochcast man`: what a shell and its reader know of the commands.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context;
use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::args::Cli;

/// Prints a script that completes commands and flags in `shell`.
pub(crate) fn completions(shell: Shell) -> anyhow::Result<()> {
    // In memory first: a pipe that ends early is no reason to fail.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "epochcast", &mut script);
    let mut out = std::io::stdout().lock();
    out.write_all(&script)?;
    Ok(out.flush()?)
}

/// Prints the manual page, or writes one for each command into the folder `out`.
pub(crate) fn manual(out: Option<&Path>) -> anyhow::Result<()> {
    let Some(folder) = out else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page)?;
        let mut out = std::io::stdout().lock();
        out.write_all(&page)?;
        return Ok(out.flush()?);
    };
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), folder))
        .with_context(|| folder.display().to_string())
}

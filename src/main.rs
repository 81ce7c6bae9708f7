//! The command line: it reads its arguments, opens the store and calls the library.

mod cli;

use std::process::ExitCode;

use cli::args::{Cli, Command, UploadCommand};
use cli::commands::{
    archive, compare, doctor, evaluate, explain, healthcheck, import, lists, plan, predict,
    restore, serve, shell, token, uploads,
};
use cli::config_file;
use cli::table::WRONG;
use cli::words::Usage;

fn main() -> ExitCode {
    let done = config_file::parse().and_then(command);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has seen enough, such as the first lines of a list.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("{WRONG}epochcast:{WRONG:#} {error:#}");
            if error.is::<Usage>() {
                return ExitCode::from(2);
            }
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

fn command(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        None | Some(Command::Serve) => run(serve::serve(&cli.settings)),
        Some(Command::Predict(args)) => run(predict::predict(&cli.settings, &args)),
        Some(Command::Compare(args)) => run(compare::compare(&cli.settings, &args)),
        Some(Command::Plan(args)) => run(plan::plan(&cli.settings, &args)),
        Some(Command::Explain(args)) => run(explain::explain(&cli.settings, &args)),
        Some(Command::Evaluate(args)) => run(evaluate::evaluate(&cli.settings, &args)),
        Some(Command::Models(args)) => lists::models(&args),
        Some(Command::Gpus(args)) => run(lists::gpus(&cli.settings, &args)),
        Some(Command::Platforms(args)) => run(lists::platforms(&cli.settings, &args)),
        Some(Command::Strategies(args)) => lists::strategies(&args),
        Some(Command::Uploads { json }) => run(uploads::list(&cli.settings, json)),
        Some(Command::Audit { json }) => run(uploads::audit(&cli.settings, json)),
        Some(Command::Upload(UploadCommand::Show { id, json })) => {
            run(uploads::show(&cli.settings, id, json))
        }
        Some(Command::Undo { id }) => run(uploads::undo(&cli.settings, id)),
        Some(Command::Redo { id }) => run(uploads::redo(&cli.settings, id)),
        Some(Command::Import(args)) => run(import::import(&cli.settings, &args)),
        Some(Command::Export) => run(archive::export(&cli.settings)),
        Some(Command::Backup { file }) => run(archive::back_up(&cli.settings, &file)),
        Some(Command::Restore(args)) => run(restore::restore(&cli.settings, &args)),
        Some(Command::Copy(args)) => run(archive::copy(&args)),
        Some(Command::Verify) => run(archive::verify(&cli.settings)),
        Some(Command::Token(command)) => run(token::token(&cli.settings, &command)),
        Some(Command::Healthcheck) => healthcheck::healthcheck(cli.settings.listen),
        Some(Command::Doctor) => run(doctor::doctor(&cli.settings)),
        Some(Command::Completions { shell }) => shell::completions(shell),
        Some(Command::Man { out }) => shell::manual(out.as_deref()),
    }
}

fn run(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let done = runtime.block_on(work);
    // Remaining tasks hold no unsaved data: do not wait for them.
    runtime.shutdown_background();
    done
}

//! The command line: it reads its arguments, opens the store and calls the library.

mod archive;
mod budget;
mod cli;
mod compare;
mod config;
mod doctor;
mod evaluate;
mod explain;
mod file;
mod import;
mod predict;
mod request;
mod restore;
mod settings;
mod token;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use cli::table::WRONG;
use cli::words::Usage;
use cli::{lists, shell, uploads};
use config::{Cli, Command, Settings, UploadCommand};
use epochcast::http;
use epochcast::live::Live;
use epochcast::store::{Check, Options, Store, StoreError};
use epochcast::timing::Mode;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let done = file::parse().and_then(command);
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
        None | Some(Command::Serve) => run(serve(&cli.settings)),
        Some(Command::Predict(args)) => run(predict::predict(&cli.settings, &args)),
        Some(Command::Compare(args)) => run(compare::compare(&cli.settings, &args)),
        Some(Command::Plan(args)) => run(budget::plan(&cli.settings, &args)),
        Some(Command::Explain(args)) => run(explain::explain(&cli.settings, &args)),
        Some(Command::Evaluate(args)) => run(evaluate::evaluate(&cli.settings, &args)),
        Some(Command::Models(args)) => lists::models(&args),
        Some(Command::Gpus(args)) => run(lists::gpus(&cli.settings, &args)),
        Some(Command::Platforms(args)) => run(lists::platforms(&cli.settings, &args)),
        Some(Command::Strategies(args)) => lists::strategies(&args),
        Some(Command::Uploads { json }) => run(uploads::list(&cli.settings, json)),
        Some(Command::Upload(UploadCommand::Show { id, json })) => {
            run(uploads::show(&cli.settings, id, json))
        }
        Some(Command::Undo { id }) => run(uploads::undo(&cli.settings, id)),
        Some(Command::Redo { id }) => run(uploads::redo(&cli.settings, id)),
        Some(Command::Import(args)) => run(import::import(&cli.settings, &args)),
        Some(Command::Export) => run(archive::export(&cli.settings)),
        Some(Command::Backup { file }) => run(archive::back_up(&cli.settings, &file)),
        Some(Command::Restore(args)) => run(restore::restore(&cli.settings, &args)),
        Some(Command::Verify) => run(archive::verify(&cli.settings)),
        Some(Command::Token(command)) => run(token::token(&cli.settings, &command)),
        Some(Command::Healthcheck) => healthcheck(cli.settings.listen),
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

/// Refuses a folder in the place of the database, before a lock is left beside it.
fn is_no_folder(settings: &Settings) -> anyhow::Result<()> {
    let path = settings.database_url.path();
    anyhow::ensure!(
        !path.is_dir(),
        "{} is a folder, and a file is needed",
        path.display()
    );
    Ok(())
}

/// The store that the settings name, to be read as it is: nothing of it changes, and nothing is made where there is none.
async fn look(settings: &Settings) -> anyhow::Result<Store> {
    is_no_folder(settings)?;
    Ok(Store::look(&settings.database_url).await?)
}

/// Ends a look; fails where somebody has written the store meanwhile, so that what was read is not one state of it.
async fn looked(store: &Store) -> anyhow::Result<()> {
    store.close().await;
    Ok(store.is_as_it_was()?)
}

/// The store that the settings name.
async fn open(settings: &Settings) -> anyhow::Result<Store> {
    let url = &settings.database_url;
    is_no_folder(settings)?;
    if settings.read_only {
        return Ok(Store::open_read_only(url).await?);
    }
    let (seed, now) = (!settings.no_seed, now());
    Ok(Store::open(url, Options { seed, now }).await?)
}

/// Unix milliseconds as people read them.
fn date(milliseconds: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(milliseconds);
    at.map_or_else(
        |_| String::new(),
        |at| at.strftime("%Y-%m-%d %H:%M").to_string(),
    )
}

/// Unix milliseconds: the one place where the clock is read.
#[expect(
    clippy::disallowed_methods,
    reason = "this is where the clock becomes an argument"
)]
fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

async fn serve(settings: &Settings) -> anyhow::Result<()> {
    let log = log(settings.log_format)?;
    let served = serve_logged(settings, log).await;
    log.flush();
    served
}

async fn serve_logged(settings: &Settings, log: &'static http::Log) -> anyhow::Result<()> {
    more_descriptors();
    let listener = http::serve::listen(settings.listen).map_err(|error| {
        let remedy = doctor::remedy_of_address(settings, error.kind());
        anyhow::anyhow!("cannot listen on {}: {error}; {remedy}", settings.listen)
    })?;
    let store = match sound(settings).await {
        Ok(store) => store,
        Err(error) => return Err(doctor::unopened(settings, error).await),
    };
    let live = Arc::new(Live::open(store).await?);
    // Install the signal handlers before the greeting, so that an early SIGTERM still shuts down cleanly.
    let mut signals = Signals::new()?;
    greet(listener.local_addr()?, settings, &live)?;
    let follower = tokio::spawn({
        let live = live.clone();
        async move { live.follow().await }
    });
    let logs_requests = tracing::enabled!(target: "epochcast::request", tracing::Level::INFO);
    let service = http::router(
        live.clone(),
        settings.of_service(logs_requests.then_some(log)),
    );
    http::serve::serve(listener, service, async || signals.next().await).await?;
    follower.abort();
    live.store().close().await;
    Ok(())
}

/// The store, after a look at it as close as the settings say.
async fn sound(settings: &Settings) -> anyhow::Result<Store> {
    is_no_folder(settings)?;
    if settings.check != Check::Off {
        Store::check(&settings.database_url).await?;
    }
    let store = open(settings).await?;
    if settings.check == Check::Full
        && let Some(damage) = store.damage().await?.into_iter().next()
    {
        let path = settings.database_url.path().display().to_string();
        store.close().await;
        return Err(StoreError::Damaged { path, damage }.into());
    }
    Ok(store)
}

/// Where what happens is logged: `EPOCHCAST_LOG` says how much of it.
fn log(format: http::LogFormat) -> anyhow::Result<&'static http::Log> {
    let log = http::Log::stderr(format)?;
    let filter = EnvFilter::try_from_env("EPOCHCAST_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || log);
    match format {
        http::LogFormat::Plain => lines.with_ansi(is_coloured()).init(),
        http::LogFormat::Json => lines.json().flatten_event(true).init(),
    }
    // A defect is a line of the log like any other, also where that is JSON.
    http::count_panics(|info| {
        let what = info.payload_as_str().unwrap_or_default();
        let place = info.location().map(ToString::to_string);
        tracing::error!(place, "a defect of the service: {what}");
    });
    Ok(log)
}

/// Whether standard error takes colours.
fn is_coloured() -> bool {
    let choice = anstream::AutoStream::choice(&std::io::stderr());
    choice != anstream::ColorChoice::Never
}

/// As many open files as the system allows: each connection is one.
fn more_descriptors() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Without it there are fewer connections, and doctor says so.
    let _ = setrlimit(Resource::Nofile, limit);
}

/// Says where and how to ask.
fn greet(address: SocketAddr, settings: &Settings, live: &Live) -> anyhow::Result<()> {
    let predictors = live.predictors();
    let timings: usize = Mode::ALL
        .into_iter()
        .flat_map(|m| predictors.of_mode(m))
        .map(|p| p.measurements())
        .sum();
    let (version, file) = (
        env!("CARGO_PKG_VERSION"),
        settings.database_url.path().display(),
    );
    let platforms = predictors.platforms.len();
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "epochcast {version} on http://{address}, {timings} timings of {platforms} platforms in {file}"
    )?;
    let reach = if address.ip().is_loopback() {
        "Only this machine reaches it"
    } else {
        "Other machines may reach it"
    };
    let tokens = match (settings.read_only, settings.require_token) {
        (false, false) => {
            "all may read and predict, to write takes a token (epochcast token create)"
        }
        (false, true) => "to read and predict takes a token too (epochcast token create)",
        (true, false) => "all may read and predict, and nobody may write",
        (true, true) => "to read and predict takes a token, and nobody may write",
    };
    writeln!(out, "{reach}; {tokens}")?;
    if platforms > 0 {
        writeln!(
            out,
            "Ask how long an epoch of RegNetY-4GF takes, made 4x as large by fast scaling:\n"
        )?;
        writeln!(
            out,
            "  curl -s http://{address}/v1/predict -H 'Content-Type: application/json' \\\n    \
             -d '{{\"model\": {{\"name\": \"RegNetY-4GF\"}}, \"scaling\": {{\"strategy\": \"dWr\", \"factor\": 4}}, \
             \"platform\": \"v100x8-paper\"}}'\n"
        )?;
    }
    Ok(out.flush()?)
}

/// The signals that tell the process to end.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Resolves at the next of them.
    async fn next(&mut self) {
        tokio::select! { _ = self.terminate.recv() => {}, _ = self.interrupt.recv() => {} }
    }
}

pub(crate) fn healthcheck(address: SocketAddr) -> anyhow::Result<()> {
    let mut local = address;
    if local.ip().is_unspecified() {
        local.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    let limit = Duration::from_secs(2);
    let mut stream = TcpStream::connect_timeout(&local, limit)
        .with_context(|| format!("nothing answers on {local}"))?;
    stream.set_read_timeout(Some(limit))?;
    write!(
        stream,
        "GET /healthz HTTP/1.1\r\nHost: {local}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.take(4096).read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).unwrap_or_default();
    anyhow::ensure!(status == "200", "{local} answered {status}");
    Ok(())
}

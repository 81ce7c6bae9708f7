//! The command line: it reads its arguments, opens the store and calls the library.

mod archive;
mod compare;
mod config;
mod evaluate;
mod import;
mod predict;
mod token;

use std::io::{IsTerminal, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use clap::Parser;
use config::{Cli, Command, Settings};
use epochcast::http;
use epochcast::live::Live;
use epochcast::store::{Options, Store};
use epochcast::timing::Mode;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        None | Some(Command::Serve) => run(serve(&cli.settings)),
        Some(Command::Predict(args)) => run(predict::predict(&cli.settings, &args)),
        Some(Command::Compare(args)) => run(compare::compare(&cli.settings, &args)),
        Some(Command::Evaluate(args)) => run(evaluate::evaluate(&cli.settings, &args)),
        Some(Command::Import(args)) => run(import::import(&cli.settings, &args)),
        Some(Command::Export) => run(archive::export(&cli.settings)),
        Some(Command::Backup { file }) => run(archive::back_up(&cli.settings, &file)),
        Some(Command::Restore { file }) => run(archive::restore(&cli.settings, &file)),
        Some(Command::Verify) => run(archive::verify(&cli.settings)),
        Some(Command::Token(command)) => run(token::token(&cli.settings, &command)),
        Some(Command::Healthcheck) => healthcheck(cli.settings.listen),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("epochcast: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

/// The store that the settings name.
async fn open(settings: &Settings) -> anyhow::Result<Store> {
    Ok(Store::open(
        &settings.database_url,
        Options {
            seed: !settings.no_seed,
            now: now(),
        },
    )
    .await?)
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
    log();
    let listener = tokio::net::TcpListener::bind(settings.listen)
        .await
        .with_context(|| {
            format!(
                "cannot listen on {}: choose another with --listen",
                settings.listen
            )
        })?;
    let live = Arc::new(Live::open(open(settings).await?).await?);
    greet(listener.local_addr()?, settings, &live)?;
    let follower = tokio::spawn({
        let live = live.clone();
        async move { live.follow().await }
    });
    http::serve::serve(
        listener,
        http::router(live.clone(), settings.limits()),
        terminated(),
    )
    .await?;
    follower.abort();
    live.store().close().await;
    Ok(())
}

fn log() {
    let filter = EnvFilter::try_from_env("EPOCHCAST_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .init();
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
    writeln!(
        out,
        "{reach}; all may read and predict, to write takes a token (epochcast token create)"
    )?;
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

/// Resolves when the process is told to end.
async fn terminated() {
    let interrupt = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt => {} }
        }
        Err(_) => {
            let _ = interrupt.await;
        }
    }
}

fn healthcheck(address: SocketAddr) -> anyhow::Result<()> {
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

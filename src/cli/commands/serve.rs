//! `epochcast serve`: the service over HTTP, from its greeting to its end.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use epochcast::http;
use epochcast::live::Live;
use epochcast::store::{Check, Store, StoreError};
use epochcast::timing::Mode;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tracing_subscriber::EnvFilter;

use super::doctor;
use crate::cli::args::Settings;
use crate::cli::database::{is_no_folder, open};

pub(crate) async fn serve(settings: &Settings) -> anyhow::Result<()> {
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
    let mut look = Look::at(live.store(), settings.check);
    let ends = async || {
        tokio::select! { () = signals.next() => {}, () = look.finds() => {} }
    };
    http::serve::serve(listener, service, ends).await?;
    follower.abort();
    look.ends().await;
    if let Err(error) = live.keep().await {
        tracing::debug!(%error, "fits cannot be kept: the next start makes them again");
    }
    live.store().close().await;
    match look.found {
        Some(error) => Err(doctor::unopened(settings, error.into()).await),
        None => Ok(()),
    }
}

/// A look at the pages of a database that is served already, since a start shall not wait for it.
struct Look {
    at_work: Option<JoinHandle<Result<(), StoreError>>>,
    found: Option<StoreError>,
}

impl Look {
    fn at(store: &Store, check: Check) -> Self {
        let store = store.clone();
        let look =
            (check == Check::Quick).then(|| tokio::spawn(async move { store.check_on().await }));
        Self {
            at_work: look,
            found: None,
        }
    }

    /// Ends it.
    async fn ends(&mut self) {
        if let Some(at_work) = self.at_work.take() {
            at_work.abort();
            let _ = at_work.await;
        }
    }

    /// Resolves where it finds damage.
    async fn finds(&mut self) {
        if let Some(at_work) = &mut self.at_work {
            let looked = at_work.await;
            self.at_work = None;
            if let Ok(Err(error)) = looked {
                self.found = Some(error);
                return;
            }
        }
        std::future::pending::<()>().await;
    }
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
        let path = settings.database_url.to_string();
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
    let (version, file) = (env!("CARGO_PKG_VERSION"), &settings.database_url);
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

//! PostgreSQL for tests: databases on a server that is named, and a server of a test's own.

use std::ffi::OsStr;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use epochcast::store::{DatabaseUrl, Options, Store};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

use crate::app::NOW;

/// The server on which the services of all tests keep their databases, where one is named.
pub(crate) fn named() -> Option<String> {
    let url = std::env::var("EPOCHCAST_TEST_POSTGRES").ok();
    url.filter(|url| !url.is_empty())
}

/// `url`, of the database `name`.
fn of(url: &str, name: &str) -> String {
    let (start, query) = url.split_once('?').unwrap_or((url, ""));
    let host = start.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    format!("{host}/{name}?{query}")
}

/// A database of a test's own, which goes with it.
pub(crate) struct Base {
    server: String,
    name: String,
}

impl Base {
    /// A new one on the server at `url`, as it is at a first start.
    pub(crate) async fn new(url: &str, seed: bool) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let base = Self {
            server: of(url, "postgres"),
            name: format!(
                "epochcast_{}_{}",
                std::process::id(),
                COUNT.fetch_add(1, Ordering::Relaxed)
            ),
        };
        let template = template(&base.server, seed).await;
        let mut db = PgConnection::connect(&base.server).await.unwrap();
        run(
            &mut db,
            &format!("drop database if exists {} with (force)", base.name),
        )
        .await;
        run(
            &mut db,
            &format!("create database {} template {template}", base.name),
        )
        .await;
        base
    }

    pub(crate) fn url(&self) -> DatabaseUrl {
        of(&self.server, &self.name).parse().unwrap()
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let work = async move {
            let mut db = PgConnection::connect(&server).await.unwrap();
            run(
                &mut db,
                &format!("drop database if exists {name} with (force)"),
            )
            .await;
        };
        // In a runtime of its own: that of the test may be at its end.
        let dropped = std::thread::spawn(|| {
            let mut builder = tokio::runtime::Builder::new_current_thread();
            let runtime = builder.enable_all().build().unwrap();
            runtime.block_on(work);
        });
        let _ = dropped.join();
    }
}

/// A database from which others are made, which is much faster than a first start each.
async fn template(server: &str, seed: bool) -> String {
    let release = env!("CARGO_PKG_VERSION").replace('.', "_");
    let name = format!(
        "epochcast_{release}_{}",
        if seed { "seeded" } else { "empty" }
    );
    let mut db = PgConnection::connect(server).await.unwrap();
    // Many tests begin at once.
    run(&mut db, "select pg_advisory_lock(4711)").await;
    let sql = "select exists (select 1 from pg_database where datname = $1)";
    let known = sqlx::query_scalar(sql).bind(&name);
    let known: bool = known.fetch_one(&mut db).await.unwrap();
    if !known {
        let unfinished = format!("{name}_unfinished");
        run(
            &mut db,
            &format!("drop database if exists {unfinished} with (force)"),
        )
        .await;
        run(&mut db, &format!("create database {unfinished}")).await;
        let url = of(server, &unfinished).parse().unwrap();
        let store = Store::open(&url, Options { seed, now: NOW }).await.unwrap();
        store.close().await;
        run(
            &mut db,
            &format!("alter database {unfinished} rename to {name}"),
        )
        .await;
    }
    db.close().await.unwrap();
    name
}

pub(crate) async fn run(db: &mut PgConnection, sql: &str) {
    let query = sqlx::query(AssertSqlSafe(sql.to_owned()));
    query.execute(db).await.unwrap();
}

/// A server of a test's own, in a folder of its own, on a socket there and on no port unless it is one that encrypts.
pub(crate) struct Server {
    dir: TempDir,
    /// Where it takes encrypted connections, and only such.
    port: Option<u16>,
}

/// What `Server` needs.
const MISSING: &str = "PostgreSQL is not installed here: `./check --install` does that, or `apt-get install postgresql`, \
     or any package that brings initdb and pg_ctl";

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_on(None)
    }

    /// One that is `localhost` by the word of `root.crt` in its folder.
    pub(crate) fn start_encrypted() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        Self::start_on(Some(port))
    }

    fn start_on(port: Option<u16>) -> Self {
        let dir = TempDir::new().unwrap();
        let server = Self { dir, port };
        if is_root() {
            // Its programs refuse to work as root.
            let mut own = Command::new("chown");
            done(own.arg("postgres").arg(server.dir.path()));
        }
        let data = server.data();
        done(program("initdb").arg("-D").arg(&data).args([
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]));
        // The first line that fits counts.
        fs::write(
            data.join("pg_hba.conf"),
            "local all locked scram-sha-256\nlocal all all trust\nhostssl all all 127.0.0.1/32 trust\n",
        )
        .unwrap();
        if port.is_some() {
            server.is_certified();
        }
        server.goes();
        server
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The certificate that vouches for it.
    pub(crate) fn root(&self) -> PathBuf {
        self.dir.path().join("root.crt")
    }

    /// Makes a certificate of its own, and one for `localhost` that it vouches for.
    fn is_certified(&self) {
        let openssl = |args: &str| {
            let mut command = Command::new("openssl");
            done(command.args(args.split(' ')).current_dir(self.dir.path()));
        };
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        openssl(&format!(
            "req -x509 {key} -keyout root.key -out root.crt -subj /CN=root -addext basicConstraints=critical,CA:TRUE"
        ));
        openssl(&format!(
            "req {key} -keyout server.key -out server.csr -subj /CN=localhost"
        ));
        let names = "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n";
        fs::write(self.dir.path().join("names"), names).unwrap();
        openssl(
            "x509 -req -in server.csr -CA root.crt -CAkey root.key -CAcreateserial -out server.crt -extfile names",
        );
        for name in ["server.crt", "server.key"] {
            let there = self.data().join(name);
            fs::copy(self.dir.path().join(name), &there).unwrap();
            if is_root() {
                done(Command::new("chown").arg("postgres").arg(&there));
            }
        }
    }

    /// Starts it once more.
    pub(crate) fn goes(&self) {
        let socket = self.dir.path().display();
        let listening = match self.port {
            Some(port) => format!("-c listen_addresses=127.0.0.1 -c port={port} -c ssl=on"),
            None => "-c listen_addresses=".to_owned(),
        };
        let options = format!("{listening} -c unix_socket_directories={socket} -c fsync=off");
        let mut start = program("pg_ctl");
        start.args(["start", "-w", "-D"]).arg(self.data());
        start.arg("-l").arg(self.dir.path().join("log"));
        done(start.arg("-o").arg(options));
    }

    /// Ends it at once, with all connections.
    pub(crate) fn ends(&self) {
        let mut stop = program("pg_ctl");
        done(
            stop.args(["stop", "-m", "immediate", "-D"])
                .arg(self.data()),
        );
    }

    /// The URL of its database `name`.
    pub(crate) fn url(&self, name: &str) -> String {
        self.url_as("postgres", name)
    }

    /// The same for `user`, who may bring a password.
    pub(crate) fn url_as(&self, user: &str, name: &str) -> String {
        let (user, password) = user.split_once(':').unwrap_or((user, ""));
        let socket = self.dir.path().display();
        let port = self.port.unwrap_or(5432);
        format!("postgres:///{name}?host={socket}&port={port}&user={user}&password={password}")
    }

    /// The same over its port, which takes `tls` as libpq has it.
    pub(crate) fn url_over_tls(&self, host: &str, name: &str, tls: &str) -> String {
        let port = self.port.unwrap();
        format!("postgres://postgres@{host}:{port}/{name}?{tls}")
    }

    /// Makes the database `name`; its URL.
    pub(crate) async fn make(&self, name: &str) -> String {
        let mut db = PgConnection::connect(&self.url("postgres")).await.unwrap();
        run(&mut db, &format!("create database {name}")).await;
        self.url(name)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut stop = program("pg_ctl");
        let _ = stop
            .args(["stop", "-m", "immediate", "-D"])
            .arg(self.data())
            .output();
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A program of PostgreSQL, to be run as somebody for whom it works.
fn program(name: &str) -> Command {
    let path = found(name);
    if !is_root() {
        return Command::new(path);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(path);
    // Nobody else may be able to enter where the tests are run.
    command.current_dir("/");
    command
}

/// Where `name` is: in the folder of a release, of which the last counts, or on the path.
fn found(name: &str) -> PathBuf {
    let releases = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut releases: Vec<PathBuf> = releases
        .map(|entry| entry.path().join("bin").join(name))
        .collect();
    releases.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<PathBuf> = std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .collect();
    let all = releases.into_iter().rev().chain(on_path);
    all.into_iter()
        .find(|path| Path::is_file(path))
        .unwrap_or_else(|| panic!("{MISSING}"))
}

fn done(command: &mut Command) {
    // The server keeps what it inherits open: a pipe would not end before it does.
    let log = tempfile::NamedTempFile::new().unwrap();
    command
        .stdout(log.reopen().unwrap())
        .stderr(log.reopen().unwrap());
    let status = command.status().unwrap();
    let name: Vec<&OsStr> = command.get_args().collect();
    assert!(
        status.success(),
        "{name:?}: {}",
        fs::read_to_string(log.path()).unwrap()
    );
}

//! A PostgreSQL server: how it is reached, and how long it is waited for.

use std::fmt;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::str::FromStr;
use std::time::Duration;

use sqlx::Error;
use sqlx::postgres::PgConnectOptions;

/// How long a connection is waited for: whoever asks is told soon that nobody answers.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// How long a statement is waited for that reads …
pub(super) const READING: Duration = Duration::from_secs(20);
/// … and one that may write, or wait for others that do. The server ends these before, unless it is gone without a word.
pub(super) const WRITING: Duration = Duration::from_secs(75);

/// What every session asks of the server, unless its URL says otherwise: it shall end what takes too long, and notice clients
/// that are gone, which might hold up all that write.
const SETTINGS: [(&str, &str); 7] = [
    ("statement_timeout", "60s"),
    ("lock_timeout", "60s"),
    ("idle_in_transaction_session_timeout", "5min"),
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
    ("client_min_messages", "warning"),
];

/// The URL of a database on a server, as libpq has it. It may hold a password, and is only shown without.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::store) struct Server(String);

impl Server {
    /// That of `url`, where it is one of a server.
    pub(in crate::store) fn of(url: &str) -> Option<Self> {
        let schemes = ["postgres://", "postgresql://"];
        let is_ours = schemes.iter().any(|scheme| url.starts_with(scheme));
        is_ours.then(|| Self(url.to_owned()))
    }

    /// Whether the URL says where files for encryption are.
    pub(in crate::store) fn names_certificates(&self) -> bool {
        let names = ["sslrootcert=", "sslcert=", "sslkey="];
        names.iter().any(|name| self.0.contains(name))
    }

    /// How to connect to it: what the URL leaves out, `PGHOST`, `PGPASSFILE` and the like say.
    pub(in crate::store) fn options(&self) -> Result<PgConnectOptions, Error> {
        let mut options = PgConnectOptions::from_str(&self.0)?;
        if options.get_application_name().is_none() {
            options = options.application_name("epochcast");
        }
        let said = options.get_options().unwrap_or_default().to_owned();
        let ours = SETTINGS.into_iter();
        Ok(options.options(ours.filter(|(name, _)| !said.contains(name))))
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(options) = PgConnectOptions::from_str(&self.0) else {
            return f.write_str("postgres://…");
        };
        let user = options.get_username();
        let host = match options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => options.get_host().to_owned(),
        };
        let (port, database) = (options.get_port(), options.get_database().unwrap_or(user));
        write!(f, "postgres://{user}@{host}:{port}/{database}")
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// What `work` returns, unless the server does not answer for so long.
pub(super) fn within<T>(
    most: Duration,
    work: impl Future<Output = Result<T, Error>>,
) -> impl Future<Output = Result<T, Error>> {
    // In a place of its own: whoever waits for either database would be as large as both.
    let work = Box::pin(work);
    async move {
        match tokio::time::timeout(most, work).await {
            Err(_) | Ok(Err(Error::PoolTimedOut)) => {
                Err(Error::Io(io::Error::new(ErrorKind::TimedOut, "no answer")))
            }
            Ok(done) => done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for (url, shown) in [
            (
                "postgres://me:secret@db.example:5433/timings",
                "postgres://me@db.example:5433/timings",
            ),
            (
                "postgresql://me:secret@db.example/",
                "postgres://me@db.example:5432/me",
            ),
            (
                "postgres:///timings?host=/run/pg&user=me&password=secret",
                "postgres://me@/run/pg:5432/timings",
            ),
            ("postgres://me:secret@db:none/x", "postgres://…"),
        ] {
            let server = Server::of(url).unwrap();
            assert_eq!(server.to_string(), shown);
            assert_eq!(format!("{server:?}"), shown);
        }
        assert_eq!(Server::of("mysql://me@db/x"), None);
    }
}

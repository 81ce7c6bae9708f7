//! Opening the database on a server: migrated and seeded once, however many processes start at the same moment.

use std::fmt::Display;
use std::io::ErrorKind;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};

use super::migrate;
use crate::store::aside::Aside;
use crate::store::database::{Place, Store};
use crate::store::error::StoreError;
use crate::store::file::migrate::Schema;
use crate::store::sql::{self, Connect, Connection, Pool, Server};
use crate::store::tables::seeded::Options;
use crate::store::writer::Writer;

/// Connections that read; with the writer and the one for kept fits, a process has ten at most.
const READERS: u32 = 8;
/// The lock that a process holds while it starts.
const STARTING: i64 = 0x6570_6f63_6873_7461;

/// The database on `server`, migrated, and seeded when new.
///
/// # Errors
/// Where the server or the database cannot be reached, or a later release has written it.
pub(in crate::store) async fn open(server: &Server, options: Options) -> Result<Store, StoreError> {
    let (connect, mut db) = reach(server).await?;
    let lock = sql::query("select pg_advisory_lock($1)").bind(STARTING);
    lock.execute(&mut db).await?;
    migrate::migrate(&mut db, &server.to_string()).await?;
    let store = Store {
        write: Writer::new(Connect::Postgres(connect.clone())),
        read: Pool::of(Connect::Postgres(connect), READERS),
        place: Place::Server(server.clone()),
        read_only: false,
        aside: Aside::default(),
    };
    store.starts(options).await?;
    // The lock goes with the connection.
    let _ = db.close().await;
    Ok(store)
}

/// The database on `server`, which is never written.
///
/// # Errors
/// Where it cannot be reached, has no tables, or another release has written it.
pub(in crate::store) async fn read(server: &Server) -> Result<Store, StoreError> {
    let (connect, mut db) = reach(server).await?;
    let path = server.to_string();
    match migrate::schema(&mut db).await? {
        Schema::Current => {}
        Schema::Newer => return Err(migrate::newer(&mut db, &path).await?),
        Schema::Older => return Err(StoreError::Older { path }),
        Schema::Empty => return Err(StoreError::Missing { path }),
    }
    let _ = db.close().await;
    let connect = connect.options([("default_transaction_read_only", "on")]);
    Ok(Store {
        write: Writer::new(Connect::Postgres(connect.clone())),
        read: Pool::of(Connect::Postgres(connect), READERS),
        place: Place::Server(server.clone()),
        read_only: true,
        aside: Aside::default(),
    })
}

/// Which release has written the database on `server`.
///
/// # Errors
/// Where it cannot be reached, or another program has made tables in it.
pub(in crate::store) async fn schema(server: &Server) -> Result<Schema, StoreError> {
    let (_, mut db) = reach(server).await?;
    let schema = migrate::schema(&mut db).await;
    let _ = db.close().await;
    schema
}

/// How to connect to `server`, and a connection.
async fn reach(server: &Server) -> Result<(PgConnectOptions, PgConnection), StoreError> {
    let refused = |cause: String| StoreError::Open {
        path: server.to_string(),
        cause,
    };
    let options = server.options().map_err(|e| refused(e.to_string()))?;
    match Connect::Postgres(options.clone()).connect().await {
        Ok(Connection::Postgres(db)) => Ok((options, db)),
        Ok(Connection::Sqlite(_)) => Err(refused("it is no server".to_owned())),
        Err(error) => Err(refused(told(&error, server))),
    }
}

fn away(cause: &dyn Display) -> String {
    format!("no server answers there ({cause}): is it running, and is the address right?")
}

fn distrusted(cause: &dyn Display) -> String {
    format!(
        "it does not prove that it is this server ({cause}): sslrootcert in the URL names the file of the certificate that vouches for it"
    )
}

/// Why there is no connection, and what to do about it.
fn told(error: &sqlx::Error, server: &Server) -> String {
    let Some(told) = error.as_database_error() else {
        return match error {
            sqlx::Error::Io(error)
                if error.kind() == ErrorKind::NotFound && server.names_certificates() =>
            {
                format!("a certificate or key that the URL names cannot be read ({error})")
            }
            sqlx::Error::Io(error) if error.kind() != ErrorKind::InvalidData => away(error),
            sqlx::Error::Tls(error) => distrusted(error),
            sqlx::Error::Io(error) => distrusted(error),
            error => away(error),
        };
    };
    let said = told.message();
    match told.code().as_deref() {
        Some("28P01" | "28000") => format!(
            "{said}: set the password in the URL, in PGPASSWORD or in the file that PGPASSFILE names"
        ),
        Some("3D000") => format!("{said}: make it with createdb"),
        _ => said.to_owned(),
    }
}

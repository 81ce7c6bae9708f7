//! Connections to either database, and what a statement runs on.

use std::fmt;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{
    ConnectOptions, Connection as _, Error, PgConnection, PgPool, Postgres, Sqlite,
    SqliteConnection, SqlitePool, Transaction,
};

use super::server::{PATIENCE, within};

/// One connection.
#[derive(Debug)]
pub(in crate::store) enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Connection {
    /// Whether it is one to PostgreSQL, where a few things are said otherwise.
    pub(in crate::store) fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Whether it can still be used, where that is not certain: a server may have gone and come back.
    pub(in crate::store) async fn is_sound(&mut self) -> bool {
        match self {
            Self::Sqlite(_) => true,
            Self::Postgres(db) => within(PATIENCE, db.ping()).await.is_ok(),
        }
    }

    pub(in crate::store) async fn close(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(db) => db.close().await,
            Self::Postgres(db) => within(PATIENCE, db.close()).await,
        }
    }
}

/// Several connections that read.
#[derive(Clone, Debug)]
pub(in crate::store) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Pool {
    /// At most `most` connections, made as `connect` says when they are needed.
    pub(in crate::store) fn of(connect: Connect, most: u32) -> Self {
        match connect {
            Connect::Sqlite(connect) => {
                let options = SqlitePoolOptions::new().max_connections(most);
                Self::Sqlite(options.connect_lazy_with(connect))
            }
            Connect::Postgres(connect) => {
                let options = PgPoolOptions::new().max_connections(most);
                let options = options.acquire_timeout(PATIENCE);
                Self::Postgres(options.connect_lazy_with(connect))
            }
        }
    }

    /// One connection, which stays open: the file may be moved meanwhile.
    pub(in crate::store) fn of_one(connect: Connect) -> Self {
        match connect {
            Connect::Sqlite(connect) => {
                let options = SqlitePoolOptions::new().max_connections(1);
                let options = options.idle_timeout(None).max_lifetime(None);
                Self::Sqlite(options.connect_lazy_with(connect))
            }
            connect @ Connect::Postgres(_) => Self::of(connect, 1),
        }
    }

    /// How its connections are made.
    pub(in crate::store) fn connect(&self) -> Connect {
        match self {
            Self::Sqlite(pool) => Connect::Sqlite(pool.connect_options().as_ref().clone()),
            Self::Postgres(pool) => Connect::Postgres(pool.connect_options().as_ref().clone()),
        }
    }

    /// What is stored, as it is at one moment.
    pub(in crate::store) async fn snapshot(&self) -> Result<Snapshot, Error> {
        Ok(match self {
            Self::Sqlite(pool) => Snapshot::Sqlite(pool.begin().await?),
            Self::Postgres(pool) => {
                let begin = "begin isolation level repeatable read, read only";
                Snapshot::Postgres(within(PATIENCE, pool.begin_with(begin)).await?)
            }
        })
    }

    /// One of its connections.
    pub(in crate::store) async fn acquire(&self) -> Result<Acquired, Error> {
        Ok(match self {
            Self::Sqlite(pool) => Acquired::Sqlite(pool.acquire().await?),
            Self::Postgres(pool) => Acquired::Postgres(within(PATIENCE, pool.acquire()).await?),
        })
    }

    pub(in crate::store) fn is_closed(&self) -> bool {
        match self {
            Self::Sqlite(pool) => pool.is_closed(),
            Self::Postgres(pool) => pool.is_closed(),
        }
    }

    pub(in crate::store) async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            // One that does not answer is not waited for.
            Self::Postgres(pool) => {
                let closed = async {
                    pool.close().await;
                    Ok(())
                };
                let _ = within(PATIENCE, closed).await;
            }
        }
    }
}

/// How a connection is made.
#[derive(Clone)]
pub(in crate::store) enum Connect {
    Sqlite(SqliteConnectOptions),
    Postgres(PgConnectOptions),
}

impl fmt::Debug for Connect {
    // A password may be in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connect")
    }
}

impl Connect {
    pub(in crate::store) async fn connect(&self) -> Result<Connection, Error> {
        Ok(match self {
            Self::Sqlite(connect) => Connection::Sqlite(connect.connect().await?),
            Self::Postgres(connect) => {
                Connection::Postgres(within(PATIENCE, connect.connect()).await?)
            }
        })
    }
}

/// What is stored, as it is at one moment: whoever drops it lets go of that.
#[derive(Debug)]
pub(in crate::store) enum Snapshot {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// A connection of a pool.
#[derive(Debug)]
pub(in crate::store) enum Acquired {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

/// What a statement runs on.
#[derive(Debug)]
pub(in crate::store) enum On<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
    Pool(&'c Pool),
}

impl On<'_> {
    /// The same once more, for the next statement.
    pub(in crate::store) fn again(&mut self) -> On<'_> {
        match self {
            Self::Sqlite(db) => On::Sqlite(db),
            Self::Postgres(db) => On::Postgres(db),
            Self::Pool(pool) => On::Pool(pool),
        }
    }
}

impl<'c> From<&'c mut Connection> for On<'c> {
    fn from(db: &'c mut Connection) -> Self {
        match db {
            Connection::Sqlite(db) => Self::Sqlite(db),
            Connection::Postgres(db) => Self::Postgres(db),
        }
    }
}

impl<'c> From<&'c mut SqliteConnection> for On<'c> {
    fn from(db: &'c mut SqliteConnection) -> Self {
        Self::Sqlite(db)
    }
}

impl<'c> From<&'c mut PgConnection> for On<'c> {
    fn from(db: &'c mut PgConnection) -> Self {
        Self::Postgres(db)
    }
}

impl<'c> From<&'c mut Snapshot> for On<'c> {
    fn from(db: &'c mut Snapshot) -> Self {
        match db {
            Snapshot::Sqlite(db) => Self::Sqlite(db),
            Snapshot::Postgres(db) => Self::Postgres(db),
        }
    }
}

impl<'c> From<&'c mut Acquired> for On<'c> {
    fn from(db: &'c mut Acquired) -> Self {
        match db {
            Acquired::Sqlite(db) => Self::Sqlite(db),
            Acquired::Postgres(db) => Self::Postgres(db),
        }
    }
}

impl<'c> From<&'c Pool> for On<'c> {
    fn from(pool: &'c Pool) -> Self {
        Self::Pool(pool)
    }
}

//! Statements for either database: written once, with `$1` for what they are given, and run on SQLite or on PostgreSQL.
//!
//! The chain is that of sqlx, `query(sql).bind(x).fetch_all(&mut db)`, and rows become values by its `FromRow`. What the two
//! databases say differently is said at its place, by [`Connection::is_postgres`].

mod arg;
mod builder;
pub(super) mod on;
mod query;
mod server;

pub(super) use arg::Arg;
pub(super) use builder::Builder;
pub(super) use on::{Acquired, Connect, Connection, On, Pool, Snapshot};
pub(super) use query::{query, query_as, query_scalar};
pub(super) use server::Server;

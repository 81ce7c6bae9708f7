//! The database on a PostgreSQL server: reached, migrated, seeded once.

pub(in crate::store) mod migrate;
mod open;

pub(super) use open::{open, read, schema};

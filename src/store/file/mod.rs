//! The database as a file: found, opened, migrated, looked at, its disk.

pub(super) mod check;
pub(super) mod draft;
pub(super) mod health;
pub(super) mod look;
pub(super) mod migrate;
pub(super) mod open;
pub(super) mod pages;
pub(super) mod paths;

//! The commands, a file for each.

pub(crate) mod archive;
pub(crate) mod compare;
pub(crate) mod doctor;
pub(crate) mod evaluate;
pub(crate) mod explain;
pub(crate) mod healthcheck;
pub(crate) mod import;
pub(crate) mod lists;
pub(crate) mod plan;
pub(crate) mod predict;
pub(crate) mod restore;
pub(crate) mod serve;
pub(crate) mod shell;
pub(crate) mod token;
pub(crate) mod uploads;

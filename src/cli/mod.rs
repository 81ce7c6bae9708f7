//! The command line: what it is asked with, in which words it refuses, how its answers look.

pub(crate) mod args;
pub(crate) mod commands;
pub(crate) mod config_file;
pub(crate) mod database;
pub(crate) mod quantities;
pub(crate) mod question_args;
pub(crate) mod request;
pub(crate) mod settings;
pub(crate) mod table;
pub(crate) mod warnings;
pub(crate) mod words;

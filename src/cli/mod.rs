//! The terminal: what commands are asked with, in which words they refuse, and how their answers look.

pub(crate) mod args;
pub(crate) mod lists;
pub(crate) mod quantities;
pub(crate) mod shell;
pub(crate) mod table;
pub(crate) mod uploads;
pub(crate) mod warnings;
pub(crate) mod words;

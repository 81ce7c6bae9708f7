//! How a graph is written: as JSON, as checked operators, and back.

mod fields;
mod listed;
pub mod op;
mod operators;
pub mod raw;
pub(super) mod read;
mod repeats;
mod write;

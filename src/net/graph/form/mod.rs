//! How a graph is written: as JSON, as checked operators, and back.

mod fields;
pub mod op;
mod operators;
pub mod raw;
pub(super) mod read;
mod write;

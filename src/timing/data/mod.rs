//! Timings as they are sent, checked and stored: of which platform, in which file's form, from whom.

pub(super) mod cells;
pub mod defaults;
pub mod foreign;
mod gpu_names;
pub mod gpus;
pub mod identity;
pub mod measurement;
pub mod origin;
pub mod platform;
pub mod recipe;
pub(super) mod record;
pub mod rows;
pub mod seed;
pub mod slip;
pub mod upload;

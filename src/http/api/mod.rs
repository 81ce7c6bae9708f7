//! What is known: nets, platforms, GPUs, timings and uploads; and the service itself.

pub(super) mod cursor;
pub(super) mod evaluation;
pub(super) mod export;
pub mod gpus;
pub(super) mod health;
pub(super) mod limits;
pub(super) mod listing;
pub(super) mod measurements;
pub(super) mod metrics;
pub mod models;
pub(super) mod next;
pub mod platforms;
pub(super) mod receive;
pub mod uploads;

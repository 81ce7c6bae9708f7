//! What is known: nets, platforms, GPUs, timings and uploads; and the service itself.

pub(super) mod audit;
pub(super) mod cursor;
pub(super) mod evaluation;
pub(super) mod export;
pub(super) mod gpus;
pub(super) mod health;
pub(super) mod limits;
pub(super) mod listing;
pub(super) mod measurements;
pub(super) mod metrics;
pub(super) mod models;
pub(super) mod next;
pub(super) mod platforms;
pub(super) mod receive;
pub(super) mod uploads;

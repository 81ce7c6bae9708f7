//! What is known, as lists: nets, strategies, GPUs, platforms and uploads.

pub mod gpus;
pub mod models;
pub mod platforms;
pub mod uploads;

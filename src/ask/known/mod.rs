//! What is known, as lists: nets, strategies, GPUs, platforms and uploads; and who did what.

pub mod audit;
pub mod gpus;
pub mod models;
pub mod platforms;
pub mod uploads;

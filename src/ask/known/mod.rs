//! What is known, as lists: nets, strategies, GPUs, platforms and uploads; who did what; and how often intervals held.

pub mod audit;
pub mod calibration;
pub mod gpus;
pub mod models;
pub mod platforms;
pub mod uploads;

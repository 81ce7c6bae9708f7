//! One binary for all tests that look at epochcast from outside a module.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]

mod app;
mod base_path;
mod charts;
mod cli;
mod compare;
mod evaluation;
mod fits;
mod foreign;
mod golden;
mod gpus;
mod http;
mod keeping;
mod measurements;
mod net_charts;
mod next;
mod openapi;
mod pages;
mod pins;
mod plan;
mod predict;
mod process;
mod promises;
mod properties;
mod pycls;
mod readme;
mod restoring;
mod running;
mod search;
mod service;
mod setup;
mod store;
mod tidy;
mod tokens;
mod uploads;

//! epochcast
pub mod json;
pub mod net;
pub mod units;

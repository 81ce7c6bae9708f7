//! PURE: which way to scale, how far a budget goes, and why a net is slow.
//!
//! A [`Question`] is put to the predictors about many nets: [`compare`] lines them up, each with its training
//! [`memory`] and, where the paper has measured it, its [`accuracy`].

pub mod accuracy;
pub mod compare;
pub mod memory;
mod question;

pub use question::Question;

//! PURE: which way to scale, how far a budget goes, and why a net is slow.
//!
//! A [`Question`] is put to the predictors about many nets: [`compare`] lines them up, each with its training
//! [`memory`] and, where the paper has measured it, its [`accuracy`]; [`search`] finds the largest within a budget, or the
//! smallest that reaches a target; [`front`] mixes the dimensions freely; [`run`] makes whole trainings of epochs;
//! [`explain`] says where the time goes, [`stages`] what the net is like from its stem to its head.

pub mod accuracy;
pub mod budget;
pub mod compare;
mod configured;
pub mod explain;

pub mod front;
pub mod memory;
mod question;
pub mod run;
pub mod search;
mod sharing;
pub mod stages;

pub use configured::Configured;
pub use question::Question;

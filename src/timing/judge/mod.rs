//! What fits are judged by, and what they judge: errors of trials, timings to keep out, what to time next.

pub mod advice;
pub mod calibration;
pub mod counts;
pub mod doctor;
pub mod evaluate;
pub mod foretold;
pub mod impact;
pub mod left_out;
pub mod named;
pub mod no_group;
pub mod quarantine;
mod reference;
pub mod score;
mod yardstick;

//! PURE: charts, drawn as SVG without a library.
//!
//! A [`Figure`] is what a chart says in one sentence, what it draws ([`Plot`] or [`Bars`]) and the same as a [`Table`].
//! [`figures`] makes them of fits and predictions; the engine that draws them knows nothing of nets.

mod engine;
pub mod figures;

pub use engine::badge::{Badge, Mood};
pub use engine::bars::{Bar, Bars, Group};
pub use engine::figure::{Drawing, Figure};
pub use engine::look::{Look, Place, Theme, sheet};
pub use engine::mark::MARKS;
pub use engine::plot::Plot;
pub use engine::scale::{Axis, Kind};
pub use engine::series::{Curve, Point, Series};
pub use engine::table::{Cell, Table};
pub use engine::unit::{Unit, digits};
pub use figures::evidence::Evidence;

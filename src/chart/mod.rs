//! PURE: charts, drawn as SVG without a library.
//!
//! A [`Figure`] is what a chart says in one sentence, what it draws ([`Plot`] or [`Bars`]) and the same as a [`Table`].
//! The modules of single charts make figures of fits and predictions; those before them know nothing of nets.

mod bars;
pub mod compare;
mod evidence;
mod figure;
pub mod fit;
mod frame;
pub mod front;
mod lines;
mod look;
mod mark;
pub mod pair;
pub mod paper;
mod plot;
pub mod printed;
pub mod residuals;
mod scale;
mod scatter;
mod series;
pub mod stages;
mod svg;
mod table;
mod text;
mod unit;

pub use bars::{Bar, Bars, Group};
pub use evidence::Evidence;
pub use figure::{Drawing, Figure};
pub use look::{Look, Place, Theme, sheet};
pub use mark::MARKS;
pub use plot::Plot;
pub use scale::{Axis, Kind};
pub use series::{Curve, Point, Series};
pub use table::{Cell, Table};
pub use unit::{Unit, digits};

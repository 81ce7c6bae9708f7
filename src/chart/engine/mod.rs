//! Figures of any kind: axes, marks, lines and bars, as SVG and as tables. Nothing here knows of nets.

pub(super) mod badge;
pub(super) mod bars;
pub(super) mod figure;
pub(super) mod frame;
pub(super) mod lines;
pub(super) mod look;
pub(super) mod mark;
pub(super) mod plot;
pub(super) mod scale;
pub(super) mod scatter;
pub(super) mod series;
pub(super) mod svg;
pub(super) mod table;
pub(super) mod text;
pub(super) mod unit;

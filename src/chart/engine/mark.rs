//! The marks of series: a colour and a shape each, so that they tell apart without the colour too.

use super::svg::px;

/// Number of different marks; the last is for all that has none of its own.
pub const MARKS: usize = 8;

/// Mark of what all others are held against: in ink.
pub(in crate::chart) const INK: usize = usize::MAX;

/// Class of the mark `i`; beyond [`MARKS`] they come again.
pub(super) fn class(i: usize) -> &'static str {
    const CLASSES: [&str; MARKS] = ["s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"];
    if i == INK {
        return "ink";
    }
    CLASSES[i % MARKS]
}

/// Class of the dashes of the line `i`: lines that share a colour differ in them.
pub(super) fn dash(i: usize) -> &'static str {
    const DASHES: [&str; 4] = ["", "dash1", "dash2", "dash3"];
    if i == INK {
        return "";
    }
    DASHES[i / MARKS % DASHES.len()]
}

/// The shape of the mark `i` around the origin, as a path; all cover about the same area.
pub(super) fn shape(i: usize, size: f64) -> String {
    let polygon = |corners: &[(f64, f64)]| {
        let corners = corners.iter().map(|(x, y)| (x * size, y * size));
        format!("{}Z", super::svg::path(corners))
    };
    let i = if i == INK { 0 } else { i % MARKS };
    match i {
        1 => polygon(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
        2 => polygon(&[(0.0, -1.3), (1.2, 0.85), (-1.2, 0.85)]),
        3 => polygon(&[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)]),
        4 => polygon(&[(0.0, 1.3), (1.2, -0.85), (-1.2, -0.85)]),
        5 => polygon(&[
            (-0.45, -1.2),
            (0.45, -1.2),
            (0.45, -0.45),
            (1.2, -0.45),
            (1.2, 0.45),
            (0.45, 0.45),
            (0.45, 1.2),
            (-0.45, 1.2),
            (-0.45, 0.45),
            (-1.2, 0.45),
            (-1.2, -0.45),
            (-0.45, -0.45),
        ]),
        6 => polygon(&[
            (-0.65, -1.1),
            (0.65, -1.1),
            (1.25, 0.0),
            (0.65, 1.1),
            (-0.65, 1.1),
            (-1.25, 0.0),
        ]),
        _ => {
            let r = px(if i == 0 { size } else { 0.75 * size });
            format!("M-{r} 0A{r} {r} 0 1 1 {r} 0A{r} {r} 0 1 1 -{r} 0Z")
        }
    }
}

//! Lines with their bands, named at their ends.

use super::frame::{Room, TEXT};
use super::look::Look;
use super::mark;
use super::plot::{Curve, Series};
use super::svg::{Svg, path, px};
use super::text::{shortened, spread, width};

/// The names of lines, to be written at their right ends.
pub(super) struct Labels {
    /// Pixels that they need beside the axes.
    pub(super) width: f64,
    names: Vec<Name>,
}

struct Name {
    text: String,
    mark: usize,
    end: f64,
}

/// From the end of a line to its name.
const GAP: f64 = 8.0;

/// The names of those `series` that have lines.
pub(super) fn labels(series: &[Series], look: &Look) -> Labels {
    let room = look.width * 0.3;
    let names = series.iter().filter_map(|series| {
        let (_, end) = series.line.as_ref()?.places.last()?;
        let text = if series.legend.is_empty() {
            &series.name
        } else {
            &series.legend
        };
        Some(Name {
            text: shortened(text, TEXT * 1.1, room),
            mark: series.mark,
            end: *end,
        })
    });
    let names: Vec<Name> = names.collect();
    let widest = names
        .iter()
        .map(|name| width(&name.text, TEXT * 1.1))
        .fold(0.0, f64::max);
    Labels {
        width: if names.is_empty() { 0.0 } else { widest + GAP },
        names,
    }
}

/// Writes `labels` to the right of the axes, apart from each other.
pub(super) fn write(svg: &mut Svg, labels: &Labels, room: &Room) {
    let mut places: Vec<f64> = labels
        .names
        .iter()
        .map(|name| room.y.place(name.end))
        .collect();
    spread(&mut places, 14.0, (room.top, room.bottom));
    for (name, y) in labels.names.iter().zip(places) {
        let class = format!("name {}", mark::class(name.mark));
        let at = [
            ("class", class.as_str()),
            ("x", &px(room.right + GAP)),
            ("y", &px(y + 4.0)),
        ];
        svg.text("text", &at, &name.text);
        svg.line();
    }
}

/// Draws the bands and lines of `series`, bands first.
pub(super) fn draw(svg: &mut Svg, series: &[Series], room: &Room) {
    let curves = || {
        series
            .iter()
            .filter_map(|s| Some((s.mark, s.line.as_ref()?)))
    };
    for (i, curve) in curves() {
        band(svg, &format!("area {}", mark::class(i)), curve, room);
    }
    for (i, curve) in curves() {
        let class = format!("line {} {}", mark::class(i), mark::dash(i));
        line(svg, class.trim_end(), curve, room);
    }
}

/// Draws a line through all series, with its band.
pub(super) fn fit(svg: &mut Svg, curve: &Curve, room: &Room) {
    band(svg, "band", curve, room);
    line(svg, "fit", curve, room);
}

/// Draws a dashed line across.
pub(super) fn rule(svg: &mut Svg, value: f64, room: &Room) {
    if room.y.holds(value) {
        let y = px(room.y.place(value));
        svg.leaf(
            "line",
            &[
                ("class", "rule"),
                ("x1", &px(room.left)),
                ("x2", &px(room.right)),
                ("y1", &y),
                ("y2", &y),
            ],
        );
        svg.line();
    }
}

fn line(svg: &mut Svg, class: &str, curve: &Curve, room: &Room) {
    let within = |(x, y): &&(f64, f64)| room.x.holds(*x) && room.y.holds(*y);
    let places = curve.places.iter().filter(within);
    let d = path(places.map(|(x, y)| (room.x.place(*x), room.y.place(*y))));
    if !d.is_empty() {
        svg.leaf("path", &[("class", class), ("d", &d)]);
        svg.line();
    }
}

fn band(svg: &mut Svg, class: &str, curve: &Curve, room: &Room) {
    let within = || curve.band.iter().filter(|(x, ..)| room.x.holds(*x));
    let upper = within().map(|(x, _, high)| (room.x.place(*x), room.y.place(*high)));
    let lower = within()
        .rev()
        .map(|(x, low, _)| (room.x.place(*x), room.y.place(*low)));
    let d = path(upper.chain(lower));
    if !d.is_empty() {
        svg.leaf("path", &[("class", class), ("d", &format!("{d}Z"))]);
        svg.line();
    }
}

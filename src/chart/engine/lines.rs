//! Lines with their bands, named at their ends.

use super::frame::{Room, TEXT};
use super::look::{Look, Place};
use super::mark;
use super::scatter;
use super::series::{Curve, Series};
use super::svg::count;
use super::svg::{Svg, path, px};
use super::text::{shortened, spread, width};

/// The names of lines, to be written at their right ends.
pub(super) struct Labels {
    /// Pixels that they need beside the axes.
    pub(super) width: f64,
    /// Pixels that they need from the first to the last.
    pub(super) height: f64,
    names: Vec<Name>,
}

struct Name {
    series: String,
    text: String,
    mark: usize,
    end: (f64, f64),
}

/// From the axes to the names.
const GAP: f64 = 8.0;
/// From one name to the next.
const PITCH: f64 = 14.0;
/// Bold letters, to regular ones.
const BOLD: f64 = 1.1;

/// The names of those `series` that have lines.
pub(super) fn labels(series: &[Series], look: &Look) -> Labels {
    let room = look.width * 0.32;
    let names = series.iter().filter_map(|series| {
        let end = series.line.as_ref()?.places.last()?;
        Some(Name {
            series: series.name.clone(),
            text: shortened(series.told(), TEXT * BOLD, room),
            mark: series.mark,
            end: *end,
        })
    });
    let names: Vec<Name> = names.collect();
    let widest = names
        .iter()
        .map(|name| width(&name.text, TEXT * BOLD))
        .fold(0.0, f64::max);
    Labels {
        width: if names.is_empty() { 0.0 } else { widest + GAP },
        height: count(names.len()) * PITCH,
        names,
    }
}

/// Writes `labels` to the right of the axes, apart from each other, each led to from the end of its line.
pub(super) fn write(svg: &mut Svg, labels: &Labels, room: &Room, place: Place) {
    let ends = labels.names.iter();
    let ends: Vec<(f64, f64)> = ends
        .map(|name| (room.x.place(name.end.0), room.y.place(name.end.1)))
        .collect();
    let mut places: Vec<f64> = ends.iter().map(|(_, y)| *y).collect();
    spread(&mut places, PITCH, (room.top, room.bottom));
    for ((name, y), end) in labels.names.iter().zip(places).zip(ends) {
        let class = mark::class(name.mark);
        let way = path([end, (room.right + GAP - 3.0, y)]);
        let (line, text) = (format!("lead {class}"), format!("name {class}"));
        let (x, y) = (px(room.right + GAP), px(y + 4.0));
        let mut drawn = vec![("class", line.as_str()), ("d", &way)];
        let mut at = vec![("class", text.as_str()), ("x", &x), ("y", &y)];
        drawn.extend(of(&name.series, place));
        at.extend(of(&name.series, place));
        svg.leaf("path", &drawn);
        svg.text("text", &at, &name.text);
        svg.line();
    }
}

/// That an element is of `series`, for a page that can hide it.
fn of(series: &str, place: Place) -> Option<(&str, &str)> {
    (place == Place::Page).then_some(("data-series", series))
}

/// Lines up to which each shows its band all the time; of more, only the one that is looked at.
const FEW: usize = 3;

/// Draws the bands, lines and points of those `series` that have lines.
pub(super) fn draw(svg: &mut Svg, series: &[Series], room: &Room, place: Place) {
    let joined = || {
        series
            .iter()
            .filter_map(|series| Some((series, series.line.as_ref()?)))
    };
    let few = joined().count() <= FEW;
    // Below all lines, so that none is hidden.
    for (series, curve) in joined().filter(|_| few) {
        let class = format!("area {}", mark::class(series.mark));
        let mut looks = vec![("class", class.as_str())];
        looks.extend(of(&series.name, place));
        band(svg, &looks, curve, room);
    }
    for (series, curve) in joined() {
        let class = mark::class(series.mark);
        let mut group = vec![("class", "series")];
        group.extend(of(&series.name, place));
        svg.open("g", &group);
        if !few {
            band(svg, &[("class", &format!("area shy {class}"))], curve, room);
        }
        let dashed = format!("line {class} {}", mark::dash(series.mark));
        line(svg, dashed.trim_end(), curve, room);
        scatter::draw(svg, series, room, place);
        svg.close();
        svg.line();
    }
}

/// Draws a line through all series, with its band.
pub(super) fn fit(svg: &mut Svg, curve: &Curve, room: &Room) {
    band(svg, &[("class", "band")], curve, room);
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

fn band(svg: &mut Svg, looks: &[(&str, &str)], curve: &Curve, room: &Room) {
    let within = || curve.band.iter().filter(|(x, ..)| room.x.holds(*x));
    let upper = within().map(|(x, _, high)| (room.x.place(*x), room.y.place(*high)));
    let lower = within()
        .rev()
        .map(|(x, low, _)| (room.x.place(*x), room.y.place(*low)));
    let d = path(upper.chain(lower));
    if !d.is_empty() {
        let outline = format!("{d}Z");
        svg.leaf("path", &[looks, &[("d", &outline)]].concat());
        svg.line();
    }
}

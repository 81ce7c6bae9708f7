//! What surrounds a drawing: the title, the legend, the axes with their ticks and grid.

use super::look::Look;
use super::mark;
use super::scale::{Axis, Scale};
use super::svg::count;
use super::svg::{Svg, px};
use super::text;
use super::text::{width, wrapped};

/// Size of the title's letters, and the height of its lines.
const TITLE: (f64, f64) = (15.0, 20.0);
/// The same for all other text.
pub(super) const TEXT: f64 = 12.0;
/// Height of a line of the legend.
const ROW: f64 = 18.0;
/// From the edge of the image.
pub(super) const PAD: f64 = 12.0;
/// Least height of what lies within the axes.
const LEAST: f64 = 120.0;

/// An entry of the legend.
#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    /// Its mark.
    pub(super) mark: usize,
    /// What it stands for.
    pub(super) text: &'a str,
}

/// What a page needs to know of a series for a legend of its own, which can be pressed.
#[derive(Clone, Debug)]
pub(super) struct Key<'a> {
    /// Name of the series.
    pub(super) series: &'a str,
    /// Its entry in the legend.
    pub(super) entry: Entry<'a>,
    /// `line` or `points`.
    pub(super) kind: &'a str,
}

impl Key<'_> {
    pub(super) fn draw(&self, svg: &mut Svg) {
        let mark = self.entry.mark;
        let class = format!("key {} {}", mark::class(mark), mark::dash(mark));
        let key = [
            ("class", class.trim_end()),
            ("data-series", self.series),
            ("data-legend", self.entry.text),
            ("data-kind", self.kind),
        ];
        svg.open("g", &key);
        svg.leaf("path", &[("d", &mark::shape(mark, 4.5))]);
        svg.close();
        svg.line();
    }
}

/// Draws the title and the legend; returns where what is below them starts.
pub(super) fn head(svg: &mut Svg, title: &str, legend: &[Entry], look: &Look) -> f64 {
    let room = look.width - 2.0 * PAD;
    let mut y = PAD;
    // Bold letters are a tenth wider.
    for line in wrapped(title, TITLE.0 * 1.1, room) {
        y += TITLE.1;
        let at = [("class", "heading"), ("x", "12"), ("y", &px(y - 5.0))];
        svg.text("text", &at, &line);
        svg.line();
    }
    if legend.is_empty() {
        return y;
    }
    y += ROW;
    let mut x = PAD;
    for entry in legend {
        let text = text::shortened(entry.text, TEXT, room - 16.0);
        let wide = 16.0 + width(&text, TEXT) + 14.0;
        if x > PAD && x + wide - 14.0 > look.width - PAD {
            (x, y) = (PAD, y + ROW);
        }
        chip(svg, entry.mark, (x, y), &text);
        x += wide;
    }
    y + 4.0
}

fn chip(svg: &mut Svg, mark: usize, (x, y): (f64, f64), text: &str) {
    let class = format!("chip {}", mark::class(mark));
    let at = format!("translate({} {})", px(x + 5.0), px(y - 4.0));
    svg.open("g", &[("class", &class), ("transform", &at)]);
    svg.leaf("path", &[("d", &mark::shape(mark, 4.5))]);
    svg.text("text", &[("x", "10"), ("y", "4")], text);
    svg.close();
    svg.line();
}

/// The room between the axes, with the scales that lead into it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Its left end.
    pub(super) left: f64,
    /// Its upper end.
    pub(super) top: f64,
    /// Its right end.
    pub(super) right: f64,
    /// Its lower end.
    pub(super) bottom: f64,
    /// Height of the whole image.
    pub(super) height: f64,
    /// Across.
    pub(super) x: Scale,
    /// Up.
    pub(super) y: Scale,
}

/// What the axes are to show.
pub(super) struct Axes<'a> {
    /// Across, with its range.
    pub(super) x: (&'a Axis, (f64, f64)),
    /// Up, with its range.
    pub(super) y: (&'a Axis, (f64, f64)),
    /// Pixels that labels need on the right.
    pub(super) right: f64,
    /// Pixels that they need from top to bottom.
    pub(super) tall: f64,
}

/// Height of what stands below the axes: ticks and the title of the x axis.
const FOOT: f64 = 46.0;
/// Pixels that a tick needs, across and up.
const TICK: (f64, f64) = (58.0, 30.0);

/// A tick: its value, and how that is written.
type Ticks = Vec<(f64, String)>;

/// Draws the axes below `top`; returns the room between them.
pub(super) fn axes(svg: &mut Svg, axes: &Axes, top: f64, look: &Look) -> Room {
    let top = top + ROW + 6.0;
    let height = look.height.max(top + axes.tall.max(LEAST) + FOOT);
    let bottom = height - FOOT;
    let y = Scale::new(axes.y.0.kind, axes.y.1, (bottom, top));
    let y_ticks = y.ticks(axes.y.0.unit, fitting(bottom - top, TICK.1));
    let widest = y_ticks
        .iter()
        .map(|(_, label)| width(label, TEXT))
        .fold(0.0, f64::max);
    let (left, right) = (PAD + widest + 8.0, look.width - PAD - axes.right);
    let x = Scale::new(axes.x.0.kind, axes.x.1, (left, right));
    let x_ticks = x.ticks(axes.x.0.unit, fitting(right - left, TICK.0));
    let room = Room {
        left,
        top,
        right,
        bottom,
        height,
        x,
        y,
    };
    rows(svg, &room, &y_ticks);
    columns(svg, &room, &x_ticks, look);
    titles(svg, axes, &room, look);
    room
}

/// How many ticks fit into `room` pixels.
fn fitting(room: f64, each: f64) -> usize {
    let most = crate::units::truncated(room / each).clamp(2, 12);
    usize::try_from(most).unwrap_or(2)
}

/// The ticks of the y axis with their lines.
fn rows(svg: &mut Svg, room: &Room, ticks: &Ticks) {
    let (left, right, names) = (px(room.left), px(room.right), px(room.left - 6.0));
    for (value, label) in ticks {
        let place = room.y.place(*value);
        let (y, down) = (px(place), px(place + 4.0));
        let across = [
            ("x1", left.as_str()),
            ("x2", &right),
            ("y1", &y),
            ("y2", &y),
        ];
        grid_line(svg, &across);
        let at = [("x", names.as_str()), ("y", &down), ("text-anchor", "end")];
        tick(svg, &at, label);
    }
}

/// The ticks of the x axis with their lines.
fn columns(svg: &mut Svg, room: &Room, ticks: &Ticks, look: &Look) {
    let (top, bottom, below) = (px(room.top), px(room.bottom), px(room.bottom + 16.0));
    for (value, label) in ticks {
        let place = room.x.place(*value);
        let x = px(place);
        let up = [
            ("x1", x.as_str()),
            ("x2", &x),
            ("y1", &top),
            ("y2", &bottom),
        ];
        grid_line(svg, &up);
        let inside = px(place.min(look.width - 2.0 - width(label, TEXT) / 2.0));
        let at = [
            ("x", inside.as_str()),
            ("y", &below),
            ("text-anchor", "middle"),
        ];
        tick(svg, &at, label);
    }
}

fn grid_line(svg: &mut Svg, ends: &[(&str, &str); 4]) {
    let mut attributes = vec![("class", "grid")];
    attributes.extend(ends);
    svg.leaf("line", &attributes);
}

fn tick(svg: &mut Svg, at: &[(&str, &str); 3], label: &str) {
    let mut attributes = vec![("class", "quiet")];
    attributes.extend(at);
    svg.text("text", &attributes, label);
    svg.line();
}

/// The line on which the drawing stands, and what the axes show.
fn titles(svg: &mut Svg, axes: &Axes, room: &Room, look: &Look) {
    let (left, right, bottom) = (px(room.left), px(room.right), px(room.bottom));
    let floor = [
        ("x1", left.as_str()),
        ("x2", &right),
        ("y1", &bottom),
        ("y2", &bottom),
    ];
    let mut attributes = vec![("class", "axis")];
    attributes.extend(floor);
    svg.leaf("line", &attributes);
    let most = look.width - 2.0 * PAD;
    let up = text::shortened(&format!("↑ {}", axes.y.0.title), TEXT, most);
    let above = px(room.top - 9.0);
    svg.text(
        "text",
        &[("class", "quiet"), ("x", "12"), ("y", &above)],
        &up,
    );
    let across = text::shortened(&format!("{} →", axes.x.0.title), TEXT, most);
    let below = px(room.bottom + 35.0);
    let at = [
        ("class", "quiet"),
        ("x", &*right),
        ("y", &below),
        ("text-anchor", "end"),
    ];
    svg.text("text", &at, &across);
    svg.line();
}

/// Draws `advice` in place of a chart; returns the height of the image.
pub(super) fn advice(svg: &mut Svg, title: &str, advice: &str, look: &Look) -> f64 {
    let top = head(svg, title, &[], look) + 24.0;
    let lines = wrapped(advice, TEXT, look.width - 2.0 * PAD);
    for (i, line) in lines.iter().enumerate() {
        svg.text(
            "text",
            &[("x", "12"), ("y", &px(top + count(i) * ROW))],
            line,
        );
        svg.line();
    }
    look.height.max(top + count(lines.len()) * ROW)
}

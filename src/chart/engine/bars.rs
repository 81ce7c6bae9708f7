//! Stacked bars, one below the other, in groups.

use super::frame::{Entry, Key, PAD, TEXT, head};
use super::look::{Look, Place};
use super::mark;
use super::scale::{Kind, Scale};
use super::svg::count;
use super::svg::{Svg, px};
use super::text::{shortened, width};
use super::unit::Unit;

/// Stacked bars.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    /// What the lengths are.
    pub unit: Unit,
    /// Names of the parts, in the order in which they are stacked.
    pub parts: Vec<String>,
    /// From the top.
    pub groups: Vec<Group>,
}

/// Bars of one thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What they are of.
    pub label: String,
    /// From the top.
    pub bars: Vec<Bar>,
}

/// A bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// What tells it from others of its group; empty where it is alone.
    pub label: String,
    /// Length of each part.
    pub parts: Vec<f64>,
    /// What is written at its end.
    pub note: String,
}

/// From one bar to the next of its group, and from one group to the next besides.
const PITCH: (f64, f64) = (20.0, 10.0);
/// Height of a bar.
const THICK: f64 = 17.0;
/// Between texts and bars.
const GAP: f64 = 8.0;
/// How much wider bold letters are.
const BOLD: f64 = 1.15;

impl Bar {
    fn total(&self) -> f64 {
        self.parts.iter().sum()
    }
}

/// Where bars and their texts lie.
struct Columns {
    /// Right end of the labels of groups.
    group: f64,
    /// Right end of the labels of bars.
    bar: f64,
    /// Pixels that a note may take.
    note: f64,
    x: Scale,
    place: Place,
}

impl Bars {
    /// Draws them below their title; returns the height of the image.
    pub(super) fn draw(&self, svg: &mut Svg, title: &str, look: &Look) -> f64 {
        let entry = |(mark, text)| Entry { mark, text };
        let legend: Vec<Entry> = self
            .parts
            .iter()
            .map(String::as_str)
            .enumerate()
            .map(entry)
            .collect();
        let legend = match look.place {
            Place::Alone => legend,
            // The page makes a legend that can be pressed.
            Place::Page => {
                keys(svg, legend);
                Vec::new()
            }
        };
        let mut y = head(svg, title, &legend, look) + 12.0;
        let columns = self.columns(look);
        for group in &self.groups {
            self.draw_group(svg, group, y, &columns);
            y += count(group.bars.len()) * PITCH.0 + PITCH.1;
        }
        y - PITCH.1 + PAD
    }

    fn bars(&self) -> impl Iterator<Item = &Bar> {
        self.groups.iter().flat_map(|group| &group.bars)
    }

    fn columns(&self, look: &Look) -> Columns {
        let widest = |texts: &mut dyn Iterator<Item = &String>, most: f64| {
            let widths = texts.map(|text| width(text, TEXT));
            widths.fold(0.0, f64::max).min(look.width * most)
        };
        let group = BOLD * widest(&mut self.groups.iter().map(|group| &group.label), 0.3) + PAD;
        let label = widest(&mut self.bars().map(|bar| &bar.label), 0.25);
        let bar = if label > 0.0 {
            group + GAP + label
        } else {
            group
        };
        let note = widest(&mut self.bars().map(|bar| &bar.note), 0.4);
        let left = bar + GAP;
        let right = (look.width - PAD - note - GAP).max(left + 20.0);
        let longest = self
            .bars()
            .map(Bar::total)
            .fold(f64::MIN_POSITIVE, f64::max);
        Columns {
            group,
            bar,
            note,
            x: Scale::new(Kind::Linear, (0.0, longest), (left, right)),
            place: look.place,
        }
    }

    fn draw_group(&self, svg: &mut Svg, group: &Group, top: f64, columns: &Columns) {
        let label = |svg: &mut Svg, text: &str, class: &str, (x, y, room): (f64, f64, f64)| {
            let at = [
                ("class", class),
                ("x", &px(x)),
                ("y", &px(y + THICK / 2.0 + 4.0)),
                ("text-anchor", "end"),
            ];
            svg.text("text", &at, &shortened(text, TEXT, room));
        };
        let room = (columns.group - PAD, columns.bar - columns.group - GAP);
        label(svg, &group.label, "label", (columns.group, top, room.0));
        for (i, bar) in group.bars.iter().enumerate() {
            let y = top + count(i) * PITCH.0;
            if !bar.label.is_empty() {
                label(svg, &bar.label, "quiet", (columns.bar, y, room.1));
            }
            let name = [group.label.as_str(), bar.label.as_str()];
            let name: Vec<&str> = name.into_iter().filter(|name| !name.is_empty()).collect();
            self.draw_bar(svg, &name.join(", "), bar, y, columns);
            let at = [
                ("class", "quiet note"),
                ("x", &*px(columns.x.place(bar.total()) + 6.0)),
                ("y", &px(y + THICK / 2.0 + 4.0)),
            ];
            svg.text("text", &at, &shortened(&bar.note, TEXT, columns.note));
            svg.line();
        }
    }

    fn draw_bar(&self, svg: &mut Svg, label: &str, bar: &Bar, y: f64, columns: &Columns) {
        let mut from = 0.0;
        for (i, (name, length)) in self.parts.iter().zip(&bar.parts).enumerate() {
            let (left, right) = (columns.x.place(from), columns.x.place(from + length));
            from += length;
            if right - left < 0.05 {
                continue;
            }
            let class = format!("bar {}", mark::class(i));
            let value = self.unit.reading(*length);
            let number = length.to_string();
            let mut attributes = vec![
                ("class", class.as_str()),
                ("tabindex", "0"),
                ("data-series", name.as_str()),
                ("data-label", label),
                ("data-value", value.as_str()),
                ("data-x", number.as_str()),
            ];
            if columns.place == Place::Page {
                attributes.push(("role", "img"));
            }
            svg.open("g", &attributes);
            svg.text("title", &[], &format!("{label}, {name}: {value}"));
            let at = [
                ("x", &*px(left)),
                ("y", &px(y)),
                ("width", &px(right - left)),
                ("height", &px(THICK)),
            ];
            svg.leaf("rect", &at);
            svg.close();
            svg.line();
        }
    }
}

/// What a page needs to know of each part for a legend of its own.
fn keys(svg: &mut Svg, parts: Vec<Entry>) {
    for entry in parts {
        let key = Key {
            series: entry.text,
            entry,
            kind: "points",
        };
        key.draw(svg);
    }
}

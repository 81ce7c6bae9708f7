//! Stacked bars, one below the other.

use super::count;
use super::frame::{Entry, PAD, TEXT, head};
use super::look::{Look, Place};
use super::mark;
use super::scale::{Kind, Scale};
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
    pub bars: Vec<Bar>,
}

/// A bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// What it is of.
    pub label: String,
    /// Length of each part.
    pub parts: Vec<f64>,
    /// What is written at its end.
    pub note: String,
}

/// Height of a bar with the space below it.
const PITCH: f64 = 30.0;
const THICK: f64 = 20.0;

impl Bar {
    fn total(&self) -> f64 {
        self.parts.iter().sum()
    }
}

impl Bars {
    /// Draws them below their title; returns the height of the image.
    pub(super) fn draw(&self, svg: &mut Svg, title: &str, look: &Look) -> f64 {
        let entry = |(mark, text): (usize, &String)| (mark, text.clone());
        let parts: Vec<(usize, String)> = self.parts.iter().enumerate().map(entry).collect();
        let legend: Vec<Entry> = parts
            .iter()
            .map(|(mark, text)| Entry { mark: *mark, text })
            .collect();
        let top = head(svg, title, &legend, look) + 10.0;
        let widest = |of: &dyn Fn(&Bar) -> f64| self.bars.iter().map(of).fold(0.0, f64::max);
        let label = widest(&|bar| width(&bar.label, TEXT)).min(look.width * 0.3);
        let note = widest(&|bar| width(&bar.note, TEXT)).min(look.width * 0.3);
        let left = PAD + label + 8.0;
        let right = (look.width - PAD - note - 8.0).max(left + 20.0);
        let longest = widest(&Bar::total).max(f64::MIN_POSITIVE);
        let x = Scale::new(Kind::Linear, (0.0, longest), (left, right));
        for (i, bar) in self.bars.iter().enumerate() {
            let y = top + count(i) * PITCH;
            let name = shortened(&bar.label, TEXT, label);
            let middle = px(y + THICK / 2.0 + 4.0);
            svg.text(
                "text",
                &[
                    ("x", &px(left - 8.0)),
                    ("y", &middle),
                    ("text-anchor", "end"),
                ],
                &name,
            );
            self.draw_bar(
                svg,
                bar,
                &Row {
                    x,
                    y,
                    place: look.place,
                },
            );
            let note = shortened(&bar.note, TEXT, look.width * 0.3);
            let end = px(x.place(bar.total()) + 6.0);
            svg.text(
                "text",
                &[("class", "quiet"), ("x", &end), ("y", &middle)],
                &note,
            );
            svg.line();
        }
        top + count(self.bars.len()) * PITCH + PAD
    }

    fn draw_bar(&self, svg: &mut Svg, bar: &Bar, row: &Row) {
        let mut from = 0.0;
        for (i, (name, length)) in self.parts.iter().zip(&bar.parts).enumerate() {
            let (left, right) = (row.x.place(from), row.x.place(from + length));
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
                ("data-label", bar.label.as_str()),
                ("data-value", value.as_str()),
                ("data-x", number.as_str()),
            ];
            if row.place == Place::Page {
                attributes.push(("role", "img"));
            }
            svg.open("g", &attributes);
            svg.text("title", &[], &format!("{}, {name}: {value}", bar.label));
            let at = [
                ("x", &*px(left)),
                ("y", &px(row.y)),
                ("width", &px(right - left)),
                ("height", &px(THICK)),
            ];
            svg.leaf("rect", &at);
            svg.close();
            svg.line();
        }
    }
}

/// Where a bar lies.
struct Row {
    x: Scale,
    y: f64,
    place: Place,
}

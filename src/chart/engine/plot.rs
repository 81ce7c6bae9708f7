//! Points, lines and bands between two axes.

use super::frame::{Axes, Entry, Key, axes, head};
use super::lines;
use super::look::{Look, Place};
use super::scale::Axis;
use super::scatter;
use super::series::{Curve, Series};
use super::svg::Svg;

/// Points, lines and bands between two axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// Across.
    pub x: Axis,
    /// Up.
    pub y: Axis,
    /// What is told apart by marks.
    pub series: Vec<Series>,
    /// A line that runs through all of it, with a band.
    pub fit: Option<Curve>,
    /// A value of `y` that all others are compared with.
    pub rule: Option<f64>,
}

impl Plot {
    /// Draws it below its title; returns the height of the image.
    pub(super) fn draw(&self, svg: &mut Svg, title: &str, look: &Look) -> f64 {
        let top = match look.place {
            Place::Alone => head(svg, title, &self.legend(), look),
            // The page makes a legend that can be pressed.
            Place::Page => {
                self.keys(svg);
                head(svg, title, &[], look)
            }
        };
        let labels = lines::labels(&self.series, look);
        let (x, y) = self.ranges();
        let wanted = Axes {
            x: (&self.x, x),
            y: (&self.y, y),
            right: labels.width,
            tall: labels.height,
        };
        let room = axes(svg, &wanted, top, look);
        if let Some(rule) = self.rule {
            lines::rule(svg, rule, &room);
        }
        if let Some(fit) = &self.fit {
            lines::fit(svg, fit, &room);
        }
        lines::draw(svg, &self.series, &room, look.place);
        for series in self.series.iter().filter(|series| series.line.is_none()) {
            scatter::draw(svg, series, &room, look.place);
        }
        lines::write(svg, &labels, &room, look.place);
        room.height
    }

    /// Series with lines are named at their ends; all others in the legend.
    fn legend(&self) -> Vec<Entry<'_>> {
        let joined = self.series.iter().any(|series| series.line.is_some());
        let loose = self.series.iter().filter(|series| series.line.is_none());
        let entries = loose.map(|series| Entry {
            mark: series.mark,
            text: series.told(),
        });
        let entries: Vec<Entry> = entries.collect();
        if entries.len() == 1 && !joined {
            Vec::new()
        } else {
            entries
        }
    }

    /// What a page needs to know of each series for a legend of its own.
    fn keys(&self, svg: &mut Svg) {
        for series in &self.series {
            let kind = if series.line.is_some() {
                "line"
            } else {
                "points"
            };
            let (mark, text) = (series.mark, series.told());
            let key = Key {
                series: &series.name,
                entry: Entry { mark, text },
                kind,
            };
            key.draw(svg);
        }
    }

    fn ranges(&self) -> ((f64, f64), (f64, f64)) {
        let points = || self.series.iter().flat_map(|series| &series.points);
        let curves = || self.series.iter().filter_map(|series| series.line.as_ref());
        let places = || curves().flat_map(|curve| curve.places.iter().copied());
        let bands = || curves().flat_map(|curve| curve.band.iter().copied());
        let x = points()
            .map(|point| point.x)
            .chain(places().map(|(x, _)| x));
        let y = points()
            .map(|point| point.y)
            .chain(places().map(|(_, y)| y))
            .chain(bands().flat_map(|(_, low, high)| [low, high]))
            .chain(self.rule);
        let any = (1.0, 10.0);
        (
            self.x.kind.range(x).unwrap_or(any),
            self.y.kind.range(y).unwrap_or(any),
        )
    }
}

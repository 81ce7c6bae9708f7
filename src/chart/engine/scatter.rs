//! Points: each with its mark, and with all that can be read of it.

use super::frame::Room;
use super::look::Place;
use super::mark;
use super::series::{Point, Series};
use super::svg::{Svg, px};

/// Points up to which marks are drawn large.
const FEW: usize = 400;
/// The same of points on a line.
const SPARSE: usize = 12;

/// Draws the points of `series` that lie within the axes.
pub(super) fn draw(svg: &mut Svg, series: &Series, room: &Room, place: Place) {
    let size = match series.points.len() {
        // They are many together, and the line says most of it.
        n if series.line.is_some() => {
            if n <= SPARSE {
                3.2
            } else {
                2.0
            }
        }
        n if n <= FEW => 4.0,
        _ => 3.0,
    };
    let shape = mark::shape(series.mark, size);
    let class = format!("point {}", mark::class(series.mark));
    for point in &series.points {
        if room.x.holds(point.x) && room.y.holds(point.y) {
            draw_one(
                svg,
                point,
                series,
                &Mark {
                    shape: &shape,
                    class: &class,
                    room,
                    place,
                },
            );
        }
    }
}

struct Mark<'a> {
    shape: &'a str,
    class: &'a str,
    room: &'a Room,
    place: Place,
}

fn draw_one(svg: &mut Svg, point: &Point, series: &Series, mark: &Mark) {
    let (x, y) = (mark.room.x.place(point.x), mark.room.y.place(point.y));
    let at = format!("translate({} {})", px(x), px(y));
    let (data_x, data_y) = (point.x.to_string(), point.y.to_string());
    let measurement = point.measurement.map(|id| id.to_string());
    let mut attributes = vec![
        ("class", mark.class),
        ("tabindex", "0"),
        ("transform", at.as_str()),
        ("data-series", series.name.as_str()),
        ("data-label", point.label.as_str()),
        ("data-value", point.value.as_str()),
        ("data-x", data_x.as_str()),
        ("data-y", data_y.as_str()),
    ];
    if mark.place == Place::Page {
        attributes.push(("role", "img"));
    }
    attributes.extend(measurement.as_deref().map(|id| ("data-measurement", id)));
    attributes.extend(
        point
            .source
            .as_deref()
            .map(|source| ("data-source", source)),
    );
    svg.open("g", &attributes);
    svg.text("title", &[], &format!("{}: {}", point.label, point.value));
    svg.leaf("path", &[("d", mark.shape)]);
    svg.close();
    svg.line();
}

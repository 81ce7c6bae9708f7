//! PURE: charts, drawn as SVG without a library.
//!
//! A [`Figure`] is what a chart says in one sentence, what it draws ([`Plot`] or [`Bars`]) and the same as a [`Table`].
//! The modules of single charts make figures of fits and predictions; those before them know nothing of nets.

mod bars;
pub mod compare;
mod evidence;
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
pub mod stages;
mod svg;
mod table;
mod text;
mod unit;

pub use bars::{Bar, Bars, Group};
pub use evidence::Evidence;
pub use look::{Look, Place, Theme, sheet};
pub use mark::MARKS;
pub use plot::{Curve, Plot, Point, Series};
pub use scale::{Axis, Kind};
pub use table::{Cell, Table};
pub use unit::{Unit, digits};

use svg::Svg;

/// A chart: what it says, draws and lists.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Heading.
    pub title: String,
    /// One sentence that says what it shows, with its numbers: its text alternative.
    pub sentence: String,
    /// What is drawn.
    pub drawing: Drawing,
    /// The same as a table.
    pub table: Table,
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Drawing {
    /// Points and lines between two axes.
    Plot(Plot),
    /// Stacked bars.
    Bars(Bars),
    /// Nothing: what to do so that there is something.
    Nothing(String),
}

impl Figure {
    /// A chart of nothing, which says what to do.
    #[must_use]
    pub fn nothing(title: impl Into<String>, advice: impl Into<String>) -> Self {
        let advice = advice.into();
        Self {
            title: title.into(),
            sentence: advice.clone(),
            drawing: Drawing::Nothing(advice),
            table: Table::default(),
        }
    }

    /// The chart as an SVG document.
    #[must_use]
    pub fn svg(&self, look: &Look) -> String {
        let mut body = Svg::default();
        let height = match &self.drawing {
            Drawing::Plot(plot) => plot.draw(&mut body, &self.title, look),
            Drawing::Bars(bars) => bars.draw(&mut body, &self.title, look),
            Drawing::Nothing(advice) => frame::advice(&mut body, &self.title, advice, look),
        };
        let (width, height) = (svg::px(look.width), svg::px(height));
        let mut svg = Svg::default();
        let role = match look.place {
            Place::Alone => "img",
            // The inside of an image is hidden from those who do not see it, and so must not be in the tab order.
            Place::Page => "group",
        };
        svg.open(
            "svg",
            &[
                ("xmlns", "http://www.w3.org/2000/svg"),
                ("class", "chart-svg"),
                ("role", role),
                ("width", &width),
                ("height", &height),
                ("viewBox", &format!("0 0 {width} {height}")),
            ],
        );
        svg.line();
        svg.text("title", &[], &self.title);
        svg.line();
        svg.text("desc", &[], &self.sentence);
        svg.line();
        if look.place == Place::Alone {
            svg.style(&look.theme.sheet());
            svg.leaf(
                "rect",
                &[("class", "paper"), ("width", &width), ("height", &height)],
            );
        }
        svg.insert(body);
        svg.finish()
    }

    /// What the chart shows, as CSV.
    #[must_use]
    pub fn csv(&self) -> Vec<u8> {
        self.table.csv()
    }
}

/// `n` for arithmetic in pixels.
fn count(n: usize) -> f64 {
    crate::units::to_f64(u64::try_from(n).unwrap_or(u64::MAX))
}

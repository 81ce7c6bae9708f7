//! What a chart says, draws and lists.

use super::bars::Bars;
use super::frame;
use super::look::{Look, Place};
use super::plot::Plot;
use super::svg::{self, Svg};
use super::table::Table;

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

//! A badge: a name and a value side by side, small enough for a line of text.

use super::svg::{Svg, count, px};

/// A badge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Badge {
    /// What is told.
    pub name: String,
    /// What is told of it.
    pub value: String,
    /// Whether that is good.
    pub mood: Mood,
}

/// Whether what a badge says is good. Its words say the same, for those who do not see colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// As it should be.
    Good,
    /// Not quite.
    Fair,
    /// Not at all.
    Poor,
    /// Nobody knows yet.
    Unknown,
}

/// Pixels of a letter, and around the words: the text is stretched to fit, whatever font there is.
const LETTER: f64 = 6.4;
const AROUND: f64 = 6.0;
const HEIGHT: &str = "20";

impl Mood {
    /// A colour on which white can be read (4.5 to 1).
    fn colour(self) -> &'static str {
        match self {
            Self::Good => "#2e7d32",
            Self::Fair => "#9a5b00",
            Self::Poor => "#b3261e",
            Self::Unknown => "#59636e",
        }
    }
}

impl Badge {
    /// It as an image.
    #[must_use]
    pub fn svg(&self) -> String {
        let Self { name, value, mood } = self;
        let wide = |text: &str| LETTER * count(text.chars().count());
        let (left, right) = (wide(name) + 2.0 * AROUND, wide(value) + 2.0 * AROUND);
        let all = px(left + right);
        let mut svg = Svg::default();
        let label = format!("{name}: {value}");
        svg.open(
            "svg",
            &[
                ("xmlns", "http://www.w3.org/2000/svg"),
                ("width", &all),
                ("height", HEIGHT),
                ("role", "img"),
                ("aria-label", &label),
                ("font-family", "Verdana, DejaVu Sans, sans-serif"),
                ("font-size", "11"),
                ("fill", "#ffffff"),
            ],
        );
        svg.text("title", &[], &label);
        let sides = [
            (0.0, left, "#3b4148", name),
            (left, right, mood.colour(), value),
        ];
        for (start, width, colour, text) in sides {
            let [x, width, inside] = [start, width, start + AROUND].map(px);
            svg.leaf(
                "rect",
                &[
                    ("x", &x),
                    ("width", &width),
                    ("height", HEIGHT),
                    ("fill", colour),
                ],
            );
            let length = px(wide(text));
            svg.text(
                "text",
                &[("x", &inside), ("y", "14"), ("textLength", &length)],
                text,
            );
        }
        svg.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_says_what_it_shows_and_holds_no_markup_of_others() {
        let badge = Badge {
            name: "<script>".to_owned(),
            value: "91 %".to_owned(),
            mood: Mood::Good,
        };
        let svg = badge.svg();
        assert!(!svg.contains("<script"), "{svg}");
        assert!(svg.contains("aria-label=\"&lt;script&gt;: 91 %\""), "{svg}");
        assert!(svg.ends_with("</svg>\n"), "{svg}");
    }
}

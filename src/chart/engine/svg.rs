//! Writes SVG: every text and attribute escaped, every element closed.

use std::fmt::Write;

use crate::units::{to_f64, to_u64};

/// An SVG document in the making.
#[derive(Debug, Default)]
pub(super) struct Svg {
    text: String,
    open: Vec<&'static str>,
}

/// Attributes of an element, in order.
pub(super) type Attributes<'a> = &'a [(&'a str, &'a str)];

impl Svg {
    /// Opens an element.
    pub(super) fn open(&mut self, name: &'static str, attributes: Attributes) {
        self.start(name, attributes);
        self.text.push('>');
        self.open.push(name);
    }

    /// Closes the element that was opened last.
    pub(super) fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.end(name);
        }
    }

    /// An element without content.
    pub(super) fn leaf(&mut self, name: &'static str, attributes: Attributes) {
        self.start(name, attributes);
        self.text.push_str("/>");
    }

    /// An element that holds `text`.
    pub(super) fn text(&mut self, name: &'static str, attributes: Attributes, text: &str) {
        self.start(name, attributes);
        self.text.push('>');
        escape(&mut self.text, text);
        self.end(name);
    }

    /// A style sheet of our own, as it is.
    pub(super) fn style(&mut self, sheet: &str) {
        self.text.push_str("<style>");
        self.text.push_str(sheet);
        self.end("style");
    }

    /// Puts the elements of `other` here.
    pub(super) fn insert(&mut self, other: Self) {
        self.text.push_str(&other.finish());
    }

    /// Starts the next element on a line of its own.
    pub(super) fn line(&mut self) {
        self.text.push('\n');
    }

    /// The document.
    pub(super) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.text.push('\n');
        self.text
    }

    fn start(&mut self, name: &str, attributes: Attributes) {
        self.text.push('<');
        self.text.push_str(name);
        for (name, value) in attributes {
            self.text.push(' ');
            self.text.push_str(name);
            self.text.push_str("=\"");
            escape(&mut self.text, value);
            self.text.push('"');
        }
    }

    fn end(&mut self, name: &str) {
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push('>');
    }
}

/// Appends `text` so that it can be nothing but text; what XML 1.0 cannot carry becomes U+FFFD.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {
                out.push('\u{fffd}');
            }
            other => out.push(other),
        }
    }
}

/// A length in pixels, to a tenth.
pub(super) fn px(length: f64) -> String {
    // Adding zero makes 0 of -0.
    let tenths = (length * 10.0).round_ties_even() / 10.0 + 0.0;
    tenths.to_string()
}

/// The path through `places`.
pub(super) fn path(places: impl IntoIterator<Item = (f64, f64)>) -> String {
    let mut d = String::new();
    for (x, y) in places {
        let letter = if d.is_empty() { 'M' } else { 'L' };
        // Writing to a string cannot fail.
        let _ = write!(d, "{letter}{} {}", px(x), px(y));
    }
    d
}

/// `n` for arithmetic in pixels.
pub(in crate::chart) fn count(n: usize) -> f64 {
    to_f64(to_u64(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_attributes_cannot_become_markup() {
        let mut svg = Svg::default();
        svg.open("g", &[("data-label", "\"><script>alert(1)</script>")]);
        svg.text("title", &[], "</title><script>&'\u{0}");
        let text = svg.finish();
        assert!(!text.contains("<script"), "{text}");
        assert_eq!(
            text,
            "<g data-label=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\">\
             <title>&lt;/title&gt;&lt;script&gt;&amp;&#39;\u{fffd}</title></g>\n"
        );
    }

    #[test]
    fn lengths_are_written_to_a_tenth() {
        assert_eq!([1.0, 1.26, -0.04].map(px), ["1", "1.3", "0"]);
    }
}

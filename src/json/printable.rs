//! Text that can be shown as it is: in a terminal, a log, a table or a page.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether `c` is seen where it is printed, and nothing else comes of it.
///
/// Not so are control characters, what turns the direction of writing, what has no width or no ink, and spaces other
/// than the plain one.
#[must_use]
pub fn is_printable(c: char) -> bool {
    // What Unicode calls ignorable though it is a letter or a mark; the Braille pattern is a blank.
    let unseen = matches!(c, '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{e0100}'..='\u{e01ef}');
    if c == ' ' || c.is_ascii_graphic() {
        return true;
    }
    // The standard library escapes controls, formats, separators and what is no character yet; after a letter, so that a
    // mark that stands on one is let through.
    let text: String = ['a', c].into_iter().collect();
    !unseen && text.escape_debug().nth(1) == Some(c)
}

/// `text` with what cannot be seen written as `\n` or `\u{202e}`.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    written(text, |c| !is_printable(c))
}

/// `text` with its control characters written as `\n` or `\u{0}`, and all else as it is.
#[must_use]
pub fn controls_written(text: &str) -> Cow<'_, str> {
    written(text, char::is_control)
}

fn written(text: &str, odd: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&odd) {
        return text.into();
    }
    let mut all = String::with_capacity(2 * text.len());
    for c in text.chars() {
        if odd(c) {
            let _ = write!(all, "{}", c.escape_default());
        } else {
            all.push(c);
        }
    }
    all.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_any_script_are_shown_as_they_are() {
        for name in [
            "ci 2",
            "Jürgen",
            "Ju\u{308}rgen",
            "実験",
            "أحمد",
            "हिन्दी",
            "a\"b\\c",
            "🦀",
        ] {
            assert_eq!(shown(name), name);
        }
    }

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        for (text, written) in [
            ("a\nb", r"a\nb"),
            ("\u{1b}[31mred", r"\u{1b}[31mred"),
            ("nul\0", r"nul\u{0}"),
            ("\u{202e}ecila", r"\u{202e}ecila"),
            ("me\u{200b}", r"me\u{200b}"),
            ("me\u{2060}", r"me\u{2060}"),
            ("me\u{fe0f}", r"me\u{fe0f}"),
            ("me\u{3164}", r"me\u{3164}"),
            ("me\u{a0}", r"me\u{a0}"),
            ("me\u{e0041}", r"me\u{e0041}"),
            ("me\u{85}", r"me\u{85}"),
        ] {
            assert_eq!(shown(text), written);
        }
    }
}

//! How wide a text is, and where it breaks: there is no font at hand, so widths are those of common sans-serif faces.

use super::svg::count;

/// Width of `text` at `size` pixels, rather too wide than too narrow.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size
}

/// Width of a character, in sizes: about those of Helvetica and Arial, some a little wider.
fn advance(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '|' | '\'' | '!' => 0.3,
        ' ' | 'f' | 't' | 'r' | 'I' | '(' | ')' | '[' | ']' | '/' | '-' => 0.38,
        'm' | 'M' | 'w' | 'W' | '%' | '@' => 0.92,
        'A'..='Z' | '×' | '+' | '=' | '→' => 0.7,
        // Ideographs and emoji are square.
        '\u{1100}'.. => 1.0,
        _ => 0.6,
    }
}

/// `text` in lines of at most `room` pixels; a longer word is cut.
pub(super) fn wrapped(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = shortened(word, size, room);
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match (lines.last_mut(), longer) {
            (Some(line), Some(longer)) if width(&longer, size) <= room => *line = longer,
            _ => lines.push(word),
        }
    }
    lines
}

/// `text` as far as `room` pixels go, with an ellipsis where it is cut.
pub(super) fn shortened(text: &str, size: f64, room: f64) -> String {
    // Rooms made for a text are its width but for the last digits of sums.
    if width(text, size) <= room + 1e-6 {
        return text.to_owned();
    }
    let mut left = room / size - advance('…');
    let fits = text.chars().take_while(|c| {
        left -= advance(*c);
        left >= 0.0
    });
    let mut cut: String = fits.collect();
    cut.push('…');
    cut
}

/// Moves `places` apart by `least`, as little as need be, within `low` and `high`; their order stays.
pub(super) fn spread(places: &mut [f64], least: f64, (low, high): (f64, f64)) {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by(|a, b| places[*a].total_cmp(&places[*b]));
    let room = (high - low) / count(places.len().saturating_sub(1)).max(1.0);
    let least = least.min(room);
    let mut before = f64::NEG_INFINITY;
    for i in &order {
        places[*i] = places[*i].max(before + least).max(low);
        before = places[*i];
    }
    let mut after = f64::INFINITY;
    for i in order.iter().rev() {
        places[*i] = places[*i].min(after - least).min(high);
        after = places[*i];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_no_wider_than_the_room() {
        let lines = wrapped("epoch time against acts on a-very-long-name", 12.0, 90.0);
        assert!(lines.len() > 2);
        assert!(lines.iter().all(|line| width(line, 12.0) <= 90.0));
    }

    #[test]
    fn labels_move_apart_and_stay_within_the_frame() {
        let mut places = [50.0, 51.0, 99.0, 100.0];
        spread(&mut places, 10.0, (0.0, 100.0));
        // Tolerance: the last bits of the sums.
        assert!(
            places.windows(2).all(|w| w[1] - w[0] >= 10.0 - 1e-9),
            "{places:?}"
        );
        assert!(places[3] <= 100.0);
    }

    #[test]
    fn labels_that_do_not_all_fit_share_the_frame() {
        let mut places = [5.0; 11];
        spread(&mut places, 50.0, (0.0, 100.0));
        assert!(
            places.iter().all(|place| (0.0..=100.0).contains(place)),
            "{places:?}"
        );
    }
}

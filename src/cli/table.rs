//! Tables on a terminal: columns as wide as what stands in them, and no wider all together than the terminal.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};

const HEAD: Style = Style::new().bold();
const NOTE: Style = AnsiColor::Yellow.on_default();
/// Of what went wrong.
pub(crate) const WRONG: Style = AnsiColor::Red.on_default().bold();

/// Between two columns.
const GAP: &str = "  ";
/// A column that gives way keeps so much.
const LEAST: usize = 12;

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Left,
    Right,
}

struct Column {
    head: String,
    side: Side,
    /// Whether its words may be cut where the terminal is too narrow.
    gives: bool,
}

enum Line {
    Cells(Vec<String>),
    /// What is said of the row above.
    Note(String),
}

/// Rows under a head.
#[derive(Default)]
pub(crate) struct Table {
    columns: Vec<Column>,
    lines: Vec<Line>,
}

impl Table {
    /// With one more column, of words.
    pub(crate) fn left(self, head: &str) -> Self {
        self.with(head, Side::Left, false)
    }

    /// With one more column, of numbers.
    pub(crate) fn right(self, head: &str) -> Self {
        self.with(head, Side::Right, false)
    }

    /// With one more column, of words that may be cut.
    pub(crate) fn long(self, head: &str) -> Self {
        self.with(head, Side::Left, true)
    }

    fn with(mut self, head: &str, side: Side, gives: bool) -> Self {
        let head = head.to_owned();
        self.columns.push(Column { head, side, gives });
        self
    }

    /// Number of its columns.
    pub(crate) fn width(&self) -> usize {
        self.columns.len()
    }

    /// Adds a row: a cell for each column.
    pub(crate) fn row<C: Into<String>>(&mut self, cells: impl IntoIterator<Item = C>) {
        let cells = cells.into_iter().map(Into::into).collect();
        self.lines.push(Line::Cells(cells));
    }

    /// Adds what is to be known of the row above.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.lines.push(Line::Note(text.into()));
    }

    /// The table for a terminal of `room` columns; of any width where that is not known.
    pub(crate) fn fitted(&self, room: Option<usize>) -> String {
        let mut widths = self.widths();
        if let Some(room) = room {
            self.narrow(&mut widths, room);
            if wide(&widths) > room {
                return self.records(room);
            }
        }
        let mut out = String::new();
        if self.columns.iter().any(|column| !column.head.is_empty()) {
            let heads = self.columns.iter().map(|column| column.head.as_str());
            let line = self.aligned(heads, &widths);
            let _ = writeln!(out, "{HEAD}{line}{HEAD:#}");
        }
        for line in &self.lines {
            match line {
                Line::Cells(cells) => {
                    let cells = cells.iter().map(String::as_str);
                    let _ = writeln!(out, "{}", self.aligned(cells, &widths));
                }
                Line::Note(text) => note(&mut out, text, room),
            }
        }
        out
    }

    /// How wide each column would be.
    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self.columns.iter().map(|c| chars(&c.head)).collect();
        for line in &self.lines {
            let Line::Cells(cells) = line else { continue };
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = (*width).max(chars(cell));
            }
        }
        widths
    }

    /// Takes from the columns that give way what is missing, from the widest first.
    fn narrow(&self, widths: &mut [usize], room: usize) {
        while wide(widths) > room {
            let columns = self.columns.iter().zip(widths.iter_mut());
            let giving = columns.filter(|(column, width)| column.gives && **width > LEAST);
            let Some((_, width)) = giving.max_by_key(|(_, width)| **width) else {
                return;
            };
            *width -= 1;
        }
    }

    fn aligned<'a>(&self, cells: impl Iterator<Item = &'a str>, widths: &[usize]) -> String {
        let aligned = cells
            .zip(&self.columns)
            .zip(widths)
            .map(|((cell, column), width)| {
                let cell = cut(cell, *width);
                match column.side {
                    Side::Left => format!("{cell:<width$}"),
                    Side::Right => format!("{cell:>width$}"),
                }
            });
        let line = aligned.collect::<Vec<_>>().join(GAP);
        line.trim_end().to_owned()
    }

    /// Each row as lines of its own, where they cannot stand side by side.
    fn records(&self, room: usize) -> String {
        let width = self
            .columns
            .iter()
            .map(|c| chars(&c.head))
            .max()
            .unwrap_or(0);
        let mut out = String::new();
        for (i, line) in self.lines.iter().enumerate() {
            match line {
                Line::Note(text) => note(&mut out, text, Some(room)),
                Line::Cells(cells) => {
                    if i > 0 {
                        out.push('\n');
                    }
                    let named = self.columns.iter().zip(cells);
                    for (column, cell) in named.filter(|(_, cell)| !cell.is_empty()) {
                        let _ = writeln!(out, "{HEAD}{:<width$}{HEAD:#}{GAP}{cell}", column.head);
                    }
                }
            }
        }
        out
    }
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

fn wide(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1)
}

/// `text`, of at most `width` characters.
fn cut(text: &str, width: usize) -> String {
    if chars(text) <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

fn note(out: &mut String, text: &str, room: Option<usize>) {
    for line in wrapped(text, room.map(|room| room.saturating_sub(GAP.len()))) {
        let _ = writeln!(out, "{GAP}{NOTE}{line}{NOTE:#}");
    }
}

/// The words of `text` on lines of at most `room` characters, but for words that are longer.
fn wrapped(text: &str, room: Option<usize>) -> Vec<String> {
    let Some(room) = room else {
        return vec![text.to_owned()];
    };
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if chars(line) + 1 + chars(word) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Columns of the terminal that standard output is; `None` where it is none.
pub(crate) fn room() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(usize::from(width.0).max(20))
}

/// Prints `text`, whose colours are taken out where they are not wanted.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(table: &Table, room: Option<usize>) -> String {
        anstream::adapter::strip_str(&table.fitted(room)).to_string()
    }

    fn table() -> Table {
        let mut table = Table::default().left("id").right("timings").long("device");
        table.row([
            "a-very-long-id-of-a-platform",
            "7",
            "NVIDIA GeForce RTX 4090",
        ]);
        table.note("few_measurements: it has 7 timings, so take the time as a guess");
        table.row(["b", "215", "Tesla V100"]);
        table
    }

    #[test]
    fn columns_are_as_wide_as_what_stands_in_them() {
        assert_eq!(
            plain(&table(), None),
            "id                            timings  device\n\
             a-very-long-id-of-a-platform        7  NVIDIA GeForce RTX 4090\n\
             \x20 few_measurements: it has 7 timings, so take the time as a guess\n\
             b                                 215  Tesla V100\n"
        );
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for room in [30, 40, 55, 60, 80] {
            for line in plain(&table(), Some(room)).lines() {
                assert!(chars(line) <= room.max(40), "{room}: {line}");
            }
        }
    }

    #[test]
    fn words_are_cut_before_rows_come_apart() {
        assert!(plain(&table(), Some(55)).contains("NVIDIA GeForce…"));
        let narrow = plain(&table(), Some(40));
        assert!(narrow.contains("\ndevice   Tesla V100\n"), "{narrow}");
    }
}

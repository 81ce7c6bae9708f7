//! The part of YAML in which pycls writes its configurations: sections of keys, with scalars or lists of scalars.
//!
//! Two levels of mappings, lists in brackets or one item a line, comments, quotes. Numbers, truth values and nothing are
//! told from words as `PyYAML` and yacs tell them. What else YAML has (anchors, tags, mappings in braces or in lists, text
//! over several lines) pycls writes nowhere; it is refused, by line.

use std::collections::HashSet;

use serde_json::{Number, Value};

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::net) struct Entry {
    /// `SECTION.KEY`, or `KEY` at the margin.
    pub(in crate::net) key: String,
    /// The line that it stands on, from 1.
    pub(in crate::net) line: usize,
    /// Its value.
    pub(in crate::net) value: Value,
}

/// A line that cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::net) struct Wrong {
    /// From 1.
    pub(in crate::net) line: usize,
    /// What is wrong with it.
    pub(in crate::net) detail: &'static str,
}

/// What has been read so far.
#[derive(Default)]
struct Reader {
    entries: Vec<Entry>,
    /// Their keys.
    keys: HashSet<String>,
    section: Option<Section>,
    /// A list in brackets that is not closed yet.
    brackets: Option<String>,
    /// Whether items may follow for the last key.
    items: bool,
}

struct Section {
    name: String,
    /// How far its keys are indented.
    indent: Option<usize>,
}

/// The keys of `text` with their values, in order.
pub(in crate::net) fn entries(text: &str) -> Result<Vec<Entry>, Wrong> {
    let mut reader = Reader::default();
    let mut last = 0;
    for (i, line) in text.lines().enumerate() {
        last = i + 1;
        let line = without_comment(line).trim_end();
        if line.is_empty() || (line == "---" && reader.is_new()) {
            continue;
        }
        let read = reader.read(line, last);
        read.map_err(|detail| Wrong { line: last, detail })?;
    }
    if reader.brackets.is_some() {
        return Err(Wrong {
            line: last,
            detail: "a list is not closed",
        });
    }
    Ok(reader.entries)
}

impl Reader {
    fn is_new(&self) -> bool {
        self.entries.is_empty() && self.section.is_none()
    }

    fn read(&mut self, line: &str, number: usize) -> Result<(), &'static str> {
        let text = line.trim_start();
        if let Some(mut list) = self.brackets.take() {
            list.push_str(text);
            return self.list(list);
        }
        let indent = line.len() - text.len();
        if line[..indent].contains('\t') {
            return Err("lines are indented by spaces, not by tabs");
        }
        if text == "-" || text.starts_with("- ") {
            return self.item(text[1..].trim());
        }
        let (key, value) = text
            .split_once(": ")
            .or_else(|| Some((text.strip_suffix(':')?, "")))
            .ok_or("not a key with its value, as in `DEPTH: 22`")?;
        let key = unquoted(key.trim());
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if key.is_empty() || !key.chars().all(is_name) {
            return Err("a key is a word of letters, digits and _");
        }
        self.key(key, value.trim(), indent, number)
    }

    fn key(
        &mut self,
        key: &str,
        value: &str,
        indent: usize,
        line: usize,
    ) -> Result<(), &'static str> {
        self.items = false;
        if indent == 0 && value.is_empty() {
            self.section = Some(Section {
                name: key.to_owned(),
                indent: None,
            });
            return Ok(());
        }
        let key = if indent == 0 {
            self.section = None;
            key.to_owned()
        } else {
            let section = self.section.as_mut().ok_or("indented, but in no section")?;
            if *section.indent.get_or_insert(indent) != indent {
                return Err("indented otherwise than the key before it");
            }
            format!("{}.{key}", section.name)
        };
        if !self.keys.insert(key.clone()) {
            return Err("this key stands there twice");
        }
        self.entries.push(Entry {
            key,
            line,
            value: Value::Null,
        });
        match value.chars().next() {
            None => self.items = true,
            Some('[') => return self.list(value.to_owned()),
            Some('&' | '*' | '!' | '|' | '>' | '{' | '@' | '`' | '%') => {
                return Err("only words, numbers and lists of them are expected here");
            }
            Some(_) => self.put(scalar(value)),
        }
        Ok(())
    }

    /// Takes in a list in brackets, or as much of it as there is.
    fn list(&mut self, text: String) -> Result<(), &'static str> {
        let Some(items) = text[1..].strip_suffix(']') else {
            self.brackets = Some(text);
            return Ok(());
        };
        if items.contains(['[', ']', '{', '}']) {
            return Err("a list holds words and numbers, not lists");
        }
        let items = items.strip_suffix(',').unwrap_or(items).trim();
        let values = items.split(',').map(|item| scalar(item.trim()));
        let empty = items.is_empty();
        self.put(Value::Array(if empty {
            Vec::new()
        } else {
            values.collect()
        }));
        Ok(())
    }

    /// Takes in a line of a list that has one item a line.
    fn item(&mut self, text: &str) -> Result<(), &'static str> {
        if text.contains(": ") || text.starts_with(['-', '[', '{']) && !is_number(text) {
            return Err("a list holds words and numbers");
        }
        let last = self.entries.last_mut().filter(|_| self.items);
        let last = last.ok_or("an item of no list")?;
        match &mut last.value {
            Value::Array(items) => items.push(scalar(text)),
            value => *value = Value::Array(vec![scalar(text)]),
        }
        Ok(())
    }

    fn put(&mut self, value: Value) {
        if let Some(last) = self.entries.last_mut() {
            last.value = value;
        }
    }
}

/// `line` without what follows a `#` that stands at its start or after a space, outside of quotes.
fn without_comment(line: &str) -> &str {
    let (mut quote, mut before) = (None, ' ');
    for (i, c) in line.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '#' && before.is_whitespace() => return &line[..i],
            None if c == '"' || c == '\'' => quote = Some(c),
            _ => {}
        }
        before = c;
    }
    line
}

fn unquoted(text: &str) -> &str {
    for quote in ['"', '\''] {
        let within = text.strip_prefix(quote).and_then(|t| t.strip_suffix(quote));
        if let Some(within) = within {
            return within;
        }
    }
    text
}

fn is_number(text: &str) -> bool {
    let digits = |c: char| c.is_ascii_digit() || ".eE+-".contains(c);
    text.chars().all(digits) && text.chars().any(|c| c.is_ascii_digit())
}

/// The value that a word stands for.
pub(in crate::net) fn scalar(text: &str) -> Value {
    let within = unquoted(text);
    if within.len() != text.len() {
        return within.into();
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
            return true.into();
        }
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            return false.into();
        }
        _ => {}
    }
    if is_number(text) {
        if let Ok(whole) = text.parse::<i64>() {
            return whole.into();
        }
        if let Some(number) = text.parse().ok().and_then(Number::from_f64) {
            return Value::Number(number);
        }
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Vec<(String, Value)> {
        let entries = entries(text).unwrap();
        entries.into_iter().map(|e| (e.key, e.value)).collect()
    }

    #[test]
    fn sections_scalars_and_lists_are_read_as_python_reads_them() {
        let text = "---\n# a net\nMODEL:\n    TYPE: regnet  # its builder\n    NAME: 'a # b'\nEN:\n  DEPTHS: [1, 2,\n    3]\n  \
                    WIDTHS:\n  - 16\n  - -2.5\n  KERNELS: []\n  SE_ON: True\n  X: ~\n  DECAY: 1e-5\nOUT_DIR: .\n";
        let expected = [
            ("MODEL.TYPE", json!("regnet")),
            ("MODEL.NAME", json!("a # b")),
            ("EN.DEPTHS", json!([1, 2, 3])),
            ("EN.WIDTHS", json!([16, -2.5])),
            ("EN.KERNELS", json!([])),
            ("EN.SE_ON", json!(true)),
            ("EN.X", json!(null)),
            ("EN.DECAY", json!(1e-5)),
            ("OUT_DIR", json!(".")),
        ];
        let expected = expected.map(|(key, value)| (key.to_owned(), value));
        assert_eq!(read(text), expected);
    }

    #[test]
    fn what_pycls_writes_nowhere_is_refused_by_line() {
        for (text, line) in [
            ("MODEL:\n\tTYPE: x", 2),
            ("MODEL:\n  TYPE: x\n   DEPTH: 1", 3),
            ("  TYPE: x", 1),
            ("MODEL:\n  TYPE", 2),
            ("A: 1\nA: 2", 2),
            ("A: {b: 1}", 1),
            ("A: &x 1", 1),
            ("A: [1, [2]]", 1),
            ("A: [1,\n2", 2),
            ("S:\n  A: 1\n  - 2", 3),
            ("S:\n  A:\n  - b: 2", 3),
            ("a b: 1", 1),
            ("A: 1\n---\nB: 2", 2),
        ] {
            assert_eq!(entries(text).unwrap_err().line, line, "{text}");
        }
    }
}

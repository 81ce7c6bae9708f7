//! Which file of the source uses which, read from their text.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A module's path: `["timing", "fit", "line"]`.
pub(crate) type Module = Vec<String>;

/// A file: its code, and what it only passes on.
#[derive(Default)]
struct Room {
    code: String,
    /// Where the names of its `pub use` are from, of a `mod.rs`.
    passed_on: BTreeMap<String, Module>,
}

/// All files, by module.
pub(crate) struct House(BTreeMap<Module, Room>);

impl House {
    /// That of the files below `src`.
    pub(crate) fn read(src: &Path, files: &[std::path::PathBuf]) -> Self {
        let named = files.iter().map(|path| {
            let name = path.strip_prefix(src).unwrap().with_extension("");
            let name = name.to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        });
        Self::new(named)
    }

    /// That of `files`, each with its path below `src`, without `.rs`.
    pub(crate) fn new(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let room = |(name, text): (String, String)| {
            let mut module: Module = name.split('/').map(str::to_owned).collect();
            let is_mod = module.last().is_some_and(|last| last == "mod");
            if is_mod {
                module.pop();
            }
            (module, Room::new(&text, is_mod))
        };
        Self(files.into_iter().map(room).collect())
    }

    /// The other files of the same room that each file of `room` uses; a room's `mod.rs` goes by the room's name.
    pub(crate) fn uses(&self, room: &str) -> BTreeMap<String, BTreeSet<String>> {
        let own = self.0.iter().filter(|(module, _)| module[0] == room);
        own.map(|(module, file)| {
            let used = paths(&file.code).into_iter();
            let used = used.filter_map(|path| self.file_of(module, &path));
            let used = used.filter(|other| other.first().is_some_and(|first| first == room));
            let used = used.filter(|other| other != module);
            (
                module.join("/"),
                used.map(|other| other.join("/")).collect(),
            )
        })
        .collect()
    }

    /// The file in which `path`, as `module` writes it, ends.
    fn file_of(&self, module: &[String], path: &[String]) -> Option<Module> {
        let mut whole: Module = match path[0].as_str() {
            "crate" => Vec::new(),
            "super" => {
                let ups = path.iter().take_while(|part| *part == "super").count();
                module[..module.len().checked_sub(ups)?].to_vec()
            }
            "self" => module.to_vec(),
            child => {
                let there = [module, &[child.to_owned()]].concat();
                self.0.get(&there).map(|_| module.to_vec())?
            }
        };
        let words = ["crate", "super", "self"];
        let names = path.iter().filter(|part| !words.contains(&part.as_str()));
        whole.extend(names.cloned());
        let depth = (1..=whole.len())
            .rev()
            .find(|n| self.0.contains_key(&whole[..*n]))?;
        let (file, rest) = whole.split_at(depth);
        let passed = rest
            .first()
            .and_then(|name| self.0[file].passed_on.get(name));
        match passed {
            Some(from) => self.file_of(file, from),
            None => Some(file.to_vec()),
        }
    }
}

impl Room {
    fn new(text: &str, is_mod: bool) -> Self {
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let mut room = Self::default();
        let mut passing = String::new();
        for line in text.lines().filter(|l| !l.trim_start().starts_with("//")) {
            let begins =
                line.starts_with("pub use ") || line.starts_with("pub(") && line.contains(") use ");
            if is_mod && (begins || !passing.is_empty()) {
                passing.push_str(line);
                if line.ends_with(';') {
                    let named = paths(&std::mem::take(&mut passing)).into_iter();
                    room.passed_on
                        .extend(named.map(|path| (path.last().unwrap().clone(), path)));
                }
            } else {
                room.code.push_str(line);
                room.code.push('\n');
            }
        }
        room
    }
}

/// The paths of two parts and more in `code`, those in braces written out.
fn paths(code: &str) -> Vec<Module> {
    let mut tokens = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = match first {
            _ if rest.starts_with("::") => 2,
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        if !token.trim().is_empty() {
            tokens.push(token);
        }
        rest = after;
    }
    let (mut found, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        // Where a thing can be seen is no use of that place.
        if tokens[at] == "in" && at > 0 && tokens[at - 1] == "(" {
            at = tree(&tokens, at + 1, &[], &mut Vec::new());
            continue;
        }
        at = tree(&tokens, at, &[], &mut found);
    }
    found.retain(|path| path.len() > 1);
    found
}

/// Adds the paths that begin at `at`, behind `before`; returns where they end.
fn tree(tokens: &[&str], mut at: usize, before: &[String], found: &mut Vec<Module>) -> usize {
    let mut path = before.to_vec();
    loop {
        match tokens.get(at) {
            Some(&"{") if !path.is_empty() => {
                at += 1;
                while tokens.get(at).is_some_and(|token| *token != "}") {
                    at = tree(tokens, at, &path, found);
                    while tokens.get(at).is_some_and(|t| !matches!(*t, "," | "}")) {
                        at += 1;
                    }
                    at += usize::from(tokens.get(at) == Some(&","));
                }
                return at + 1;
            }
            Some(word) if word.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
                path.push((*word).to_owned());
                at += 1;
            }
            _ => {
                found.push(path);
                return at + 1;
            }
        }
        if tokens.get(at) == Some(&"::") {
            at += 1;
        } else {
            found.push(path);
            return at;
        }
    }
}

/// Those of `uses` that lie on a circle, or between two.
pub(crate) fn circles(mut uses: BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    loop {
        let wanted: BTreeSet<String> = uses.values().flatten().cloned().collect();
        let before = uses.len();
        uses.retain(|file, others| !others.is_empty() && wanted.contains(file));
        if uses.len() == before {
            return uses.into_keys().collect();
        }
        let left: BTreeSet<String> = uses.keys().cloned().collect();
        for others in uses.values_mut() {
            others.retain(|other| left.contains(other));
        }
    }
}

fn house(files: &[(&str, &str)]) -> House {
    House::new(
        files
            .iter()
            .map(|(n, t)| ((*n).to_owned(), (*t).to_owned())),
    )
}

#[test]
fn two_files_that_use_each_other_are_a_circle() {
    let house = house(&[
        ("room/mod", "mod a;\nmod b;\nmod c;\nmod d;"),
        (
            "room/a",
            "use super::{c, b::{self, Thing as Other}};\nfn f() {}",
        ),
        ("room/b", "fn g() { crate::room::a::f(); }"),
        (
            "room/c",
            "use crate::elsewhere::a;\npub(in crate::room::a) fn h() {}",
        ),
        ("room/d", "use super::a;"),
    ]);
    let uses = house.uses("room");
    assert_eq!((uses["room/a"].len(), uses["room/c"].len()), (2, 0));
    assert_eq!(circles(uses), ["room/a", "room/b"]);
}

#[test]
fn what_a_room_passes_on_is_used_where_it_is_from() {
    let house = house(&[
        ("room/mod", "pub use inner::{\n    Thing,\n};\nmod inner;"),
        ("room/inner/mod", "pub(crate) use thing::Thing;\nmod thing;"),
        ("room/inner/thing", "use crate::room::user;"),
        ("room/user", "use super::Thing;"),
    ]);
    assert_eq!(
        circles(house.uses("room")),
        ["room/inner/thing", "room/user"]
    );
}

#[test]
fn tests_and_comments_use_nothing() {
    let house = house(&[
        (
            "room/a",
            "// crate::room::b\n#[cfg(test)]\nmod tests {\n    use super::super::b;\n}",
        ),
        ("room/b", "use super::a;"),
    ]);
    assert_eq!(circles(house.uses("room")), Vec::<String>::new());
}

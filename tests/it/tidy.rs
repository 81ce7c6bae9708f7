//! The house rules that no compiler checks.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::house::{House, circles};

/// Modules from left to right: each uses only what stands before it.
const ORDER: [&str; 10] = [
    "units", "json", "net", "timing", "plan", "chart", "store", "live", "ask", "http",
];
/// The same of the rooms within one.
const ROOMS: [(&str, &[&str]); 2] = [
    ("timing", &["data", "fit", "predict", "judge"]),
    ("chart", &["engine", "figures"]),
];
/// Files in one folder, as many as one can hold in one's head.
const MOST_FILES: usize = 16;
/// What only one module may use.
const ONLY_IN: [(&str, &[&str]); 6] = [
    ("sqlx", &["store"]),
    ("axum", &["http"]),
    ("linfa", &["timing"]),
    ("tokio", &["store", "live", "http"]),
    ("quick_cache", &["ask", "http"]),
    ("toml", &["cli"]),
];
/// What pure code never does.
const IMPURE: [&str; 7] = [
    "async fn",
    "tracing::",
    "std::fs",
    "std::net",
    "SystemTime",
    "Instant::",
    "rand::",
];

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found = files(dir);
    found.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    found
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The module that a file belongs to.
fn module(path: &Path) -> String {
    let first = path
        .strip_prefix(src())
        .unwrap()
        .components()
        .next()
        .unwrap();
    first
        .as_os_str()
        .to_str()
        .unwrap()
        .trim_end_matches(".rs")
        .to_owned()
}

/// The code of a file, without comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn each_module_uses_only_what_stands_before_it() {
    for path in sources(&src()) {
        let Some(place) = ORDER.iter().position(|name| *name == module(&path)) else {
            continue;
        };
        for later in &ORDER[place + 1..] {
            let used = code(&path).contains(&format!("crate::{later}"));
            assert!(!used, "{} uses {later}", path.display());
        }
    }
}

#[test]
fn each_room_within_a_module_uses_only_what_stands_before_it() {
    let house = House::read(&src(), &sources(&src()));
    for (module, rooms) in ROOMS {
        let place = |file: &str| {
            let room = file.split('/').nth(1)?;
            let place = rooms.iter().position(|name| *name == room);
            Some(place.unwrap_or_else(|| panic!("{file} is in no room of {module}")))
        };
        for (file, others) in house.uses(module) {
            for other in others.iter().filter(|_| file != module) {
                assert!(place(other) <= place(&file), "{file} uses {other}");
            }
        }
    }
}

#[test]
fn no_files_of_a_module_form_a_circle() {
    let house = House::read(&src(), &sources(&src()));
    for module in ORDER.iter().chain(&["cli"]) {
        let found = circles(house.uses(module));
        assert!(found.is_empty(), "{found:?}");
    }
}

/// The folders of `files` in which there are too many.
fn full(files: &[PathBuf]) -> Vec<&Path> {
    let mut counts: BTreeMap<&Path, usize> = BTreeMap::new();
    for path in files {
        *counts.entry(path.parent().unwrap()).or_default() += 1;
    }
    counts.retain(|_, count| *count > MOST_FILES);
    counts.into_keys().collect()
}

#[test]
fn no_folder_holds_more_files_than_one_can_remember() {
    let made_up: Vec<PathBuf> = (0..17).map(|i| format!("a/{i}.rs").into()).collect();
    assert_eq!(full(&made_up), [Path::new("a")]);
    assert_eq!(full(&made_up[1..]), Vec::<&Path>::new());
    assert_eq!(full(&files(&src())), Vec::<&Path>::new());
}

#[test]
fn each_library_stays_in_its_place() {
    for path in sources(&src()) {
        let module = module(&path);
        if !ORDER.contains(&module.as_str()) {
            continue;
        }
        for (library, places) in ONLY_IN {
            let used = code(&path).contains(&format!("{library}::"));
            assert!(
                !used || places.contains(&module.as_str()),
                "{} uses {library}",
                path.display()
            );
        }
    }
}

#[test]
fn the_command_line_answers_without_http_and_uses_it_only_to_serve() {
    let serving = ["settings.rs", "serve.rs"];
    for path in sources(&src().join("cli")) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap();
        assert!(
            serving.contains(&name) || !code(&path).contains("epochcast::http"),
            "{} uses http",
            path.display()
        );
    }
}

/// The parameters in `code` that are tuples taken apart, but for pairs of numbers: a point or a range is one thing.
fn tuples_taken_apart(code: &str) -> Vec<&str> {
    let starts = code.match_indices("): (").map(|(at, _)| at);
    let parameters = starts.filter_map(|at| {
        let names = code[..at].rsplit_once('(')?.1;
        let plain = |c: char| c.is_ascii_lowercase() || ", _0123456789".contains(c);
        let (_, signature) = code[..at].rsplit_once("fn ")?;
        let is_parameter = !signature.contains('{') && names.chars().all(plain);
        let types = code[at + 4..].split(')').next()?;
        (is_parameter && types != "f64, f64").then_some(names)
    });
    parameters.collect()
}

#[test]
fn no_function_takes_two_things_as_one() {
    let planted =
        "fn a((b, c): (B, C)) {} fn d((x, y): (f64, f64)) { let e = |(f, g): (F, G)| f; }";
    assert_eq!(tuples_taken_apart(planted), ["b, c"]);
    for path in sources(&src()) {
        let code = code(&path);
        let found = tuples_taken_apart(&code);
        assert!(found.is_empty(), "{}: {found:?}", path.display());
    }
}

#[test]
fn the_core_is_pure() {
    for path in sources(&src()) {
        if ["units", "json", "net", "timing", "plan", "chart"].contains(&module(&path).as_str()) {
            for word in IMPURE {
                assert!(!code(&path).contains(word), "{} has {word}", path.display());
            }
        }
    }
}

#[test]
fn every_module_of_the_map_exists() {
    let map = fs::read_to_string(src().join("lib.rs")).unwrap();
    for name in ORDER {
        assert!(map.contains(&format!("pub mod {name};")), "{name}");
    }
}

#[test]
fn files_stay_short_and_open_with_what_they_are() {
    for path in sources(&src()) {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.split("#[cfg(test)]").next().unwrap().lines().count();
        assert!(lines <= 500, "{} has {lines} lines", path.display());
        assert!(
            text.starts_with("//! "),
            "{} does not say what it is",
            path.display()
        );
        assert!(
            !text.contains("TODO") && !text.contains("FIXME"),
            "{} has a hole",
            path.display()
        );
    }
}

#[test]
fn the_changelog_knows_this_version() {
    let changelog = fs::read_to_string(src().join("../CHANGELOG.md")).unwrap();
    assert!(changelog.contains(&format!("## {}", env!("CARGO_PKG_VERSION"))));
}

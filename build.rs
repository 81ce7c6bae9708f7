//! Lists the files of `static/` that pages load, so that each is compiled in and served without a line of its own, and joins
//! the modules of each page's script into one.
//!
//! Over HTTP/1.1 a browser asks for six files at once: forty modules are seven round trips before the first line runs, however
//! early they are announced. Our modules are joined as they are written, each in a function of its own, so the sources need
//! only their plain form of `import` and `export`; any other ends the build with its line.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};
use std::{env, fs};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    // Cargo looks into the folder: a file that is new, gone or changed runs this again.
    println!("cargo::rerun-if-changed=static");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("static");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut files = Vec::new();
    find(&root, &mut files)?;
    files.sort();
    let mut table = String::from("[\n");
    for file in &files {
        let path = named(file.strip_prefix(&root)?)?;
        // The pages themselves are a table with their titles.
        if path.starts_with("pages/") {
            continue;
        }
        if path.starts_with("js/pages/") {
            let whole = out.join(path.replace('/', "-"));
            let mut script = Script::new(&root);
            script.add(Path::new(path))?;
            fs::write(&whole, script.text)?;
            writeln!(table, "({path:?}, include_bytes!({:?})),", named(&whole)?)?;
        } else if !path.starts_with("js/") {
            writeln!(table, "({path:?}, include_bytes!({:?})),", named(file)?)?;
        }
    }
    table.push(']');
    fs::write(out.join("assets.rs"), table)?;
    Ok(())
}

/// Adds all files below `folder` to `found`.
fn find(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

fn named(path: &Path) -> Result<&str> {
    path.to_str()
        .ok_or_else(|| format!("{} is not UTF-8", path.display()).into())
}

/// Modules in one text, each after those that it imports.
struct Script<'a> {
    root: &'a Path,
    /// Modules whose imports are being added.
    open: Vec<PathBuf>,
    done: Vec<PathBuf>,
    text: String,
}

impl<'a> Script<'a> {
    fn new(root: &'a Path) -> Self {
        Self {
            root,
            open: Vec::new(),
            done: Vec::new(),
            text: String::new(),
        }
    }

    /// Adds `module`, a path below the root, where it is not there yet.
    fn add(&mut self, module: &Path) -> Result<()> {
        if self.done.iter().any(|done| done == module) {
            return Ok(());
        }
        if self.open.iter().any(|open| open == module) {
            return Err(format!(
                "static/{} imports itself by way of others",
                module.display()
            )
            .into());
        }
        self.open.push(module.to_owned());
        let source = fs::read_to_string(self.root.join(module))
            .map_err(|error| format!("static/{}: {error}", module.display()))?;
        let (mut body, mut exports) = (String::new(), Vec::new());
        for (index, line) in source.lines().enumerate() {
            let wrong = |what: &str| format!("static/{}:{}: {what}", module.display(), index + 1);
            if line.starts_with("import ") {
                let (names, from) = imported(line).ok_or_else(|| {
                    wrong("write import { names } from \"./path.js\"; in one line")
                })?;
                let from = joined(module, from);
                self.add(&from)?;
                let names = names.replace(" as ", ": ");
                writeln!(body, "const {{{names}}} = {};", variable(&from))?;
            } else if let Some(rest) = line.strip_prefix("export ") {
                let name = exported(rest).ok_or_else(|| {
                    wrong("write export before a function, a const or a class with its name")
                })?;
                exports.push(name);
                writeln!(body, "{rest}")?;
            } else if line.contains("import(") {
                return Err(wrong("what is imported later would not be in the script").into());
            } else if line.starts_with("await ") {
                return Err(wrong("a module that awaits holds up all that come after it").into());
            } else {
                writeln!(body, "{line}")?;
            }
        }
        let (path, name, exports) = (module.display(), variable(module), exports.join(", "));
        write!(
            self.text,
            "// {path}\nconst {name} = (() => {{\n{body}return {{ {exports} }};\n}})();\n"
        )?;
        self.done.push(module.to_owned());
        Ok(())
    }
}

/// What stands between the braces, and from where it comes.
fn imported(line: &str) -> Option<(&str, &str)> {
    let (names, from) = line.strip_prefix("import {")?.split_once("} from \"")?;
    let from = from.strip_suffix("\";")?;
    from.starts_with('.').then_some((names, from))
}

/// The name that a declaration gives.
fn exported(declaration: &str) -> Option<&str> {
    let plain = declaration.strip_prefix("async ").unwrap_or(declaration);
    let kinds = ["function* ", "function ", "const ", "class "];
    let named = kinds.iter().find_map(|kind| plain.strip_prefix(kind))?;
    let end = named.find(|letter: char| !(letter.is_alphanumeric() || "_$".contains(letter)))?;
    (end > 0).then(|| &named[..end])
}

/// The path to which `from` leads in `module`.
fn joined(module: &Path, from: &str) -> PathBuf {
    let mut path = module.parent().unwrap_or(Path::new("")).to_owned();
    for part in Path::new(from).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    path
}

/// The variable that holds what a module exports.
fn variable(module: &Path) -> String {
    let path = module.with_extension("").display().to_string();
    let word = path.replace(|letter: char| !letter.is_alphanumeric(), "_");
    format!("${word}")
}

//! Lists the files of `static/` that pages load, so that each is compiled in and served without a line of its own.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    // Cargo looks into the folder: a file that is new, gone or changed runs this again.
    println!("cargo::rerun-if-changed=static");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("static");
    let mut files = Vec::new();
    find(&root, &mut files)?;
    files.sort();
    let mut table = String::from("[\n");
    for file in &files {
        let [path, file] = [file.strip_prefix(&root)?, file]
            .map(|path| path.to_str().ok_or("a name in static/ is not UTF-8"));
        let (path, file) = (path?, file?);
        // The pages themselves are a table with their titles.
        if !path.starts_with("pages/") {
            writeln!(table, "({path:?}, include_bytes!({file:?})),")?;
        }
    }
    table.push(']');
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("assets.rs"), table)?;
    Ok(())
}

/// Adds all files below `folder` to `found`.
fn find(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
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

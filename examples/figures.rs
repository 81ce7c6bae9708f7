//! Draws the figures of docs/figures from the built-in timings and errors: `cargo run --example figures`.
//!
//! A test holds them against what is drawn now.

use std::path::Path;

use epochcast::chart::Look;
use epochcast::chart::figures::paper;
use epochcast::timing::Predictors;
use epochcast::timing::data::seed;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (platforms, rows) = seed::built_in()?;
    let predictors = Predictors::of_rows(platforms, &rows, 0);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/figures");
    std::fs::create_dir_all(&folder)?;
    for (name, figure) in paper::all(&predictors) {
        let file = folder.join(format!("{name}.svg"));
        std::fs::write(&file, figure.svg(&Look::default()))?;
        println!("{}: {}", file.display(), figure.sentence);
    }
    Ok(())
}

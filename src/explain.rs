//! `epochcast explain`: where the time of a net goes, and what would help.

use epochcast::http::explain::{ExplainRequest, ExplainedOn, explanation};
use epochcast::http::wanted::Wanted;
use epochcast::plan::explain::Share;
use epochcast::units::to_f64;
use serde_json::json;

use crate::config::{ExplainArgs, Settings};
use crate::request::{Request, predictors, print, time};

/// Prints the answer to `args`.
pub(crate) async fn explain(settings: &Settings, args: &ExplainArgs) -> anyhow::Result<()> {
    let answer = explanation(
        predictors(settings).await?.as_ref(),
        request(args)?,
        &Wanted::default(),
    )?;
    print(&answer, &args.about, |answer| {
        let tables: Vec<String> = answer.explanations.iter().map(table).collect();
        tables.concat()
    })
}

fn request(args: &ExplainArgs) -> anyhow::Result<ExplainRequest> {
    Request::about(&args.about)?
        .with("scaling", json!(args.scale))
        .with("dataset_images", json!(args.dataset_images))
        .typed()
}

fn table(one: &ExplainedOn) -> String {
    let epoch = time(one.epoch_seconds);
    let mut lines = vec![
        format!("{} ({}): {epoch} an epoch", one.platform, one.mode),
        one.sentence.clone(),
        String::new(),
        format!(
            "{:<20}{:>8}{:>10}{:>9}{:>9}{:>11}{:>8}  {}",
            "", "layers", "Gflops", "Mparams", "Macts", "flops/elem", "time", "mostly"
        ),
    ];
    lines.extend(one.stages.iter().map(line));
    lines.push(format!(
        "{:<20}{:>54.1} %",
        "every image alike",
        100.0 * one.constant_share
    ));
    lines.push(String::new());
    lines.extend(one.kinds.iter().map(line));
    lines.push(String::new());
    lines.push(String::new());
    lines.join("\n")
}

fn line(row: &Share) -> String {
    format!(
        "{:<20}{:>8}{:>10.3}{:>9.2}{:>9.2}{:>11.1}{:>6.1} %  {}",
        row.name,
        row.layers,
        to_f64(row.flops) / 1e9,
        to_f64(row.params) / 1e6,
        to_f64(row.acts) / 1e6,
        row.intensity,
        100.0 * row.share,
        row.bound_by.as_str(),
    )
}

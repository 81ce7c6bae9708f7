//! `epochcast explain`: where the time of a net goes, and what would help.

use epochcast::ask::explain::{ExplainedOn, explanation};
use epochcast::ask::wanted::Wanted;
use epochcast::plan::explain::Share;
use epochcast::units::quantity::{count, duration};
use epochcast::units::to_f64;
use serde_json::json;

use crate::cli::args::{ExplainArgs, Settings};
use crate::cli::request::{Request, predictors, print};
use crate::cli::table::{self, Table};

/// Prints the answer to `args`.
pub(crate) async fn explain(settings: &Settings, args: &ExplainArgs) -> anyhow::Result<()> {
    let asked = request(args)?;
    let predictors = predictors(settings).await?;
    let answer = explanation(predictors.as_ref(), asked.typed()?, &Wanted::default())
        .map_err(|e| asked.refused(&e))?;
    print(&answer, &args.about, |answer| {
        let tables: Vec<String> = answer.explanations.iter().map(text).collect();
        tables.join("\n")
    })
}

fn request(args: &ExplainArgs) -> anyhow::Result<Request> {
    Request::about(&args.about)?
        .with("scaling", json!(args.scale))
        .with("dataset_images", json!(args.dataset_images))
        .of_a_net("explain")
}

fn text(one: &ExplainedOn) -> String {
    let epoch = duration(one.epoch_seconds);
    let mut table = Table::default()
        .left("")
        .right("layers")
        .right("flops")
        .right("params")
        .right("acts")
        .right("flops/act")
        .right("time")
        .left("mostly");
    for row in &one.stages {
        table.row(cells(row));
    }
    let constant = format!("{:.1} %", 100.0 * one.constant_share);
    table.row(["every image alike", "", "", "", "", "", &constant, ""]);
    table.row([""; 8]);
    for row in &one.kinds {
        table.row(cells(row));
    }
    for warning in &one.warnings {
        table.note(format!("{}: {}", warning.code, warning.detail));
    }
    format!(
        "{} ({}): {epoch} an epoch\n{}\n\n{}",
        one.platform,
        one.mode,
        one.sentence,
        table.fitted(table::room())
    )
}

fn cells(row: &Share) -> [String; 8] {
    [
        row.name.clone(),
        row.layers.to_string(),
        count(to_f64(row.flops)),
        count(to_f64(row.params)),
        count(to_f64(row.acts)),
        format!("{:.1}", row.intensity),
        format!("{:.1} %", 100.0 * row.share),
        row.bound_by.as_str().to_owned(),
    ]
}

//! `epochcast explain`: where the time of a net goes, and what would help.

use std::io::Write;

use epochcast::http::explain::{ExplainRequest, ExplainedOn, explanation};
use epochcast::json::typed;
use epochcast::plan::explain::Share;
use epochcast::units::{Seconds, to_f64};
use serde_json::Value;

use crate::config::{ExplainArgs, Settings};
use crate::predict::{asked, predictors};

/// Prints the answer to `args`.
pub(crate) async fn explain(settings: &Settings, args: &ExplainArgs) -> anyhow::Result<()> {
    let answer = explanation(predictors(settings).await?.as_ref(), request(args)?)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &answer)?;
        writeln!(out)?;
    } else {
        for one in &answer.explanations {
            write!(out, "{}", table(one))?;
        }
    }
    Ok(out.flush()?)
}

fn request(args: &ExplainArgs) -> anyhow::Result<ExplainRequest> {
    let asked = asked(&args.net)?;
    // A file holds a model, or a whole request.
    let mut request: ExplainRequest = if asked.get("model").is_some() {
        typed(&asked)?
    } else {
        ExplainRequest {
            model: Some(asked),
            ..ExplainRequest::default()
        }
    };
    if args.scale.is_some() {
        request.scaling.clone_from(&args.scale);
    }
    if !args.platform.is_empty() {
        request.platform = Some(Value::from(args.platform.clone()));
    }
    request.mode = args.mode.or(request.mode);
    Ok(request)
}

fn table(one: &ExplainedOn) -> String {
    let seconds = Seconds::new(one.epoch_seconds);
    let epoch = seconds.map_or_else(String::new, |s| s.to_string());
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

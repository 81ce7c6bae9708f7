//! `epochcast compare`: many scaled forms of one net, side by side.

use std::io::Write;

use epochcast::http::compare::{
    CompareAnswer, CompareRequest, CompareRow, compared, factors_of_text,
};
use epochcast::json::typed;
use epochcast::units::{Seconds, to_f64};
use serde_json::Value;

use crate::config::{CompareArgs, Settings};
use crate::predict::{asked, predictors};

/// Prints the answer to `args`.
pub(crate) async fn compare(settings: &Settings, args: &CompareArgs) -> anyhow::Result<()> {
    let answer = compared(predictors(settings).await?.as_ref(), request(args)?)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &answer)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", table(&answer, &args.net))?;
    }
    Ok(out.flush()?)
}

fn request(args: &CompareArgs) -> anyhow::Result<CompareRequest> {
    let asked = asked(&args.net)?;
    // A file holds a model, or a whole request.
    let mut request: CompareRequest = if asked.get("model").is_some() {
        typed(&asked)?
    } else {
        CompareRequest {
            model: Some(asked),
            ..CompareRequest::default()
        }
    };
    if !args.strategies.is_empty() {
        request.strategies = Some(args.strategies.clone());
    }
    if !args.alphas.is_empty() {
        request.alphas = Some(args.alphas.clone());
    }
    if let Some(text) = &args.factors {
        request.factors = Some(factors_of_text(text)?);
    }
    if !args.platform.is_empty() {
        request.platform = Some(Value::from(args.platform.clone()));
    }
    request.mode = args.mode.or(request.mode);
    Ok(request)
}

fn table(answer: &CompareAnswer, net: &str) -> String {
    let name = answer.base.name.as_deref().unwrap_or(net);
    let mut head = vec![format!(
        "{:<8}{:>8}{:>10}{:>9}{:>9}{:>7}",
        "scaling", "factor", "Gflops", "Mparams", "Macts", "pixels"
    )];
    let platforms = answer.base_predictions.iter();
    head.extend(platforms.map(|time| format!("{:>18}{:>8}", time.platform.as_str(), "to best")));
    if answer.rows.iter().any(|row| row.accuracy.is_some()) {
        head.push(format!("{:>9}", "error %"));
    }
    let mut lines = vec![name.to_owned(), String::new(), head.concat()];
    lines.extend(answer.rows.iter().map(line));
    lines.push(String::new());
    lines.join("\n")
}

fn line(row: &CompareRow) -> String {
    let way = match (&row.strategy, row.alpha) {
        (Some(strategy), _) => strategy.clone(),
        (None, alpha) => format!("α {:.3}", alpha.unwrap_or_default()),
    };
    let factor = format!("{:.4}", row.factor);
    let costs = &row.scaled.complexity;
    let mut cells = vec![format!(
        "{way:<8}{:>8}{:>10.3}{:>9.2}{:>9.2}{:>7}",
        factor.trim_end_matches('0').trim_end_matches('.'),
        to_f64(costs.flops.get()) / 1e9,
        to_f64(costs.params.get()) / 1e6,
        to_f64(costs.acts.get()) / 1e6,
        row.scaled.model.resolution,
    )];
    cells.extend(row.predictions.iter().map(|compared| {
        let seconds = Seconds::new(compared.time.epoch_seconds);
        let time = seconds.map_or_else(String::new, |s| s.to_string());
        format!("{time:>18}{:>8.2}", compared.to_best)
    }));
    let error = row.accuracy.as_ref();
    cells.extend(error.map(|error| format!("{:>9.2}", error.top1_error_percent)));
    cells.concat()
}

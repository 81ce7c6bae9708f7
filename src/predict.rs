//! `epochcast predict`: the main job without a server.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use epochcast::http::pins::pinned;
use epochcast::http::predict::{PredictAnswer, PredictRequest, predicted, predicted_by};
use epochcast::json::{parse, typed};
use epochcast::live::Live;
use epochcast::net::{Complexity, Ratios};
use epochcast::timing::{Predictors, seed};
use epochcast::units::{Grouped, Seconds, Whole};
use serde::Serialize;
use serde_json::{Value, json};

use crate::config::{PredictArgs, Settings};

/// Prints the answer to `args`, from the store or, where there is none, from the built-in measurements.
pub(crate) async fn predict(settings: &Settings, args: &PredictArgs) -> anyhow::Result<()> {
    let request = request(args)?;
    let stored = settings.database_url.path().is_file();
    let answer = if stored && request.fit.is_some() {
        repeated(settings, request).await?
    } else {
        predicted(predictors(settings).await?.as_ref(), request)?
    };
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &shown(&answer))?;
        writeln!(out)?;
    } else {
        write!(out, "{}", table(&answer, args))?;
    }
    Ok(out.flush()?)
}

/// An answer for the eye: over HTTP the nets are ready-made, on one line.
#[derive(Serialize)]
struct Shown<Base, Scaled, Rows> {
    base: Base,
    scaled: Option<Scaled>,
    predictions: Rows,
}

fn shown(answer: &PredictAnswer) -> impl Serialize {
    Shown {
        base: &*answer.base,
        scaled: answer.scaled.as_deref(),
        predictions: &answer.predictions,
    }
}

/// The answer by the fit that `request` names, as it is or made again of what is stored.
async fn repeated(settings: &Settings, request: PredictRequest) -> anyhow::Result<PredictAnswer> {
    let live = Live::open(crate::open(settings).await?).await?;
    live.settle().await?;
    let pin = pinned(&live, &request).await;
    live.store().close().await;
    Ok(predicted_by(pin?.as_ref(), &live.predictors(), request)?)
}

/// The fits to what is stored, or to the built-in measurements where there is no store.
pub(crate) async fn predictors(settings: &Settings) -> anyhow::Result<Arc<Predictors>> {
    if settings.database_url.path().is_file() {
        let live = Live::open(crate::open(settings).await?).await?;
        live.settle().await?;
        let predictors = live.predictors();
        live.store().close().await;
        return Ok(predictors);
    }
    let (platforms, rows) = seed::built_in()?;
    Ok(Arc::new(Predictors::of_rows(platforms, &rows, 0)))
}

/// The JSON that `NAME|FILE.json|-` stands for.
pub(crate) fn asked(net: &str) -> anyhow::Result<Value> {
    if net == "-" {
        let mut text = Vec::new();
        std::io::stdin().read_to_end(&mut text)?;
        return parse(&text).context("standard input");
    }
    match file(net) {
        Some(file) => {
            let text = std::fs::read(&file).with_context(|| file.display().to_string())?;
            parse(&text).with_context(|| file.display().to_string())
        }
        None => Ok(json!({"name": net})),
    }
}

/// The file that a net is read from; `None` where it is a name.
fn file(net: &str) -> Option<PathBuf> {
    let path = PathBuf::from(net);
    let json = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    (json || path.is_file()).then_some(path)
}

fn request(args: &PredictArgs) -> anyhow::Result<PredictRequest> {
    let asked = asked(&args.net)?;
    // A file holds a model, or a whole request.
    let whole = asked.get("model").is_some() || asked.get("complexity").is_some();
    let mut request: PredictRequest = if whole {
        typed(&asked)?
    } else {
        PredictRequest {
            model: Some(asked),
            ..PredictRequest::default()
        }
    };
    if args.scale.is_some() {
        request.scaling.clone_from(&args.scale);
    }
    if !args.platform.is_empty() {
        request.platform = Some(Value::from(args.platform.clone()));
    }
    request.mode = args.mode.or(request.mode);
    request.dataset_images = args.dataset_images.map(Whole).or(request.dataset_images);
    request.interval = args.interval.or(request.interval);
    request.fit = args.fit.clone().or(request.fit);
    Ok(request)
}

fn table(answer: &PredictAnswer, args: &PredictArgs) -> String {
    let name = answer.base.name.as_deref().unwrap_or(&args.net);
    let mut lines = vec![name.to_owned(), String::new()];
    let base = &answer.base.complexity;
    match &answer.scaled {
        None => lines
            .extend(costs(base).map(|(what, count)| format!("{what:<8}{:>18}", Grouped(count)))),
        Some(scaled) => {
            lines.push(format!(
                "{:<8}{:>18}{:>18}{:>8}{:>8}",
                "", "base", "scaled", "ratio", "theory"
            ));
            let growth = ratios(&scaled.ratios)
                .into_iter()
                .zip(ratios(&scaled.theory));
            let rows = costs(base)
                .into_iter()
                .zip(costs(&scaled.complexity))
                .zip(growth);
            lines.extend(rows.map(|(((what, base), (_, scaled)), (ratio, theory))| {
                format!(
                    "{what:<8}{:>18}{:>18}{ratio:>8.2}{theory:>8.2}",
                    Grouped(base),
                    Grouped(scaled)
                )
            }));
            lines.push(format!(
                "{:<8}{:>18}{:>18}",
                "pixels",
                side(answer.base.model.as_ref()),
                scaled.model.resolution
            ));
        }
    }
    lines.push(String::new());
    lines.extend(predictions(answer));
    lines.push(String::new());
    lines.join("\n")
}

fn side(model: Option<&epochcast::net::Description>) -> u32 {
    model.map_or(0, |model| model.resolution)
}

fn costs(complexity: &Complexity) -> [(&'static str, u64); 3] {
    let Complexity {
        flops,
        params,
        acts,
    } = complexity;
    [
        ("flops", flops.get()),
        ("params", params.get()),
        ("acts", acts.get()),
    ]
}

fn ratios(
    Ratios {
        flops,
        params,
        acts,
    }: &Ratios,
) -> [f64; 3] {
    [*flops, *params, *acts]
}

fn predictions(answer: &PredictAnswer) -> Vec<String> {
    let time = |seconds: f64| Seconds::new(seconds).map_or_else(String::new, |s| s.to_string());
    let Some(first) = answer.predictions.first() else {
        return vec!["no platform has timings of this mode".to_owned()];
    };
    let level = format!("{:.0} % interval", 100.0 * first.interval.level);
    let head = format!(
        "{:<18}{:<7}{:>10}{:>24}{:>12}{:>10}",
        "platform", "mode", "epoch", level, "images/s", "base"
    );
    let mut lines = vec![head];
    for row in &answer.predictions {
        let interval = format!(
            "{} to {}",
            time(row.interval.low_seconds),
            time(row.interval.high_seconds)
        );
        let base = row.base_epoch_seconds.map_or_else(String::new, time);
        lines.push(format!(
            "{:<18}{:<7}{:>10}{interval:>24}{:>12.0}{base:>10}",
            row.platform,
            row.mode,
            time(row.epoch_seconds),
            row.images_per_second
        ));
        lines.extend(
            row.warnings
                .iter()
                .map(|warning| format!("  {}: {}", warning.code, warning.detail)),
        );
    }
    lines
}

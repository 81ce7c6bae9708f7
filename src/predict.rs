//! `epochcast predict`: the main job without a server.

use epochcast::http::pins::pinned;
use epochcast::http::predict::{PredictAnswer, PredictionRow, predicted, predicted_by};
use epochcast::http::predict_request::PredictRequest;
use epochcast::live::Live;
use epochcast::net::{Complexity, Ratios};
use epochcast::units::Grouped;
use serde::Serialize;
use serde_json::json;

use crate::config::{PredictArgs, Settings};
use crate::request::{Request, predictors, print, time};

/// Prints the answer to `args`, from the store or, where there is none, from the built-in measurements.
pub(crate) async fn predict(settings: &Settings, args: &PredictArgs) -> anyhow::Result<()> {
    let request = request(args)?;
    let stored = settings.database_url.path().is_file();
    let answer = if stored && request.fit.is_some() {
        repeated(settings, request).await?
    } else {
        predicted(predictors(settings).await?.as_ref(), request)?
    };
    print(&shown(&answer), &args.about, |_| table(&answer, args))
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
        scaled: answer.scaled.as_ref(),
        predictions: &answer.predictions,
    }
}

/// The answer by the fit that `request` names, as it is or made again of what is stored.
async fn repeated(settings: &Settings, request: PredictRequest) -> anyhow::Result<PredictAnswer> {
    let live = Live::open(crate::look(settings).await?).await?;
    live.settle().await?;
    let pin = pinned(&live, &request).await;
    crate::looked(live.store()).await?;
    Ok(predicted_by(pin?.as_ref(), &live.predictors(), request)?)
}

fn request(args: &PredictArgs) -> anyhow::Result<PredictRequest> {
    Request::about(&args.about)?
        .with("scaling", json!(args.scale))
        .training(&args.training)
        .with("fit", json!(args.fit))
        .typed()
}

fn table(answer: &PredictAnswer, args: &PredictArgs) -> String {
    let name = answer.base.name.as_deref().unwrap_or(&args.about.net);
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
        lines.extend(whole(row));
        lines.extend(
            row.warnings
                .iter()
                .map(|warning| format!("  {}: {}", warning.code, warning.detail)),
        );
    }
    lines
}

fn counted(number: u64, thing: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{ending}")
}

/// The whole training, where something was said of it.
fn whole(row: &PredictionRow) -> Option<String> {
    let total = row.total.as_ref()?;
    let (low, high) = (time(total.low_seconds), time(total.high_seconds));
    let cost = total.cost.zip(total.low_cost.zip(total.high_cost));
    let cost =
        cost.map(|(cost, (low, high))| format!("; it costs {cost:.0}, {low:.0} to {high:.0}"));
    Some(format!(
        "  in all {} ({low} to {high}) for {} on {}{}",
        time(total.seconds),
        counted(total.epochs, "epoch"),
        counted(total.devices.into(), "device"),
        cost.unwrap_or_default()
    ))
}

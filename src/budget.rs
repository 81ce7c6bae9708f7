//! `epochcast plan`: how far a budget goes, or the cheapest way to a target.

use epochcast::http::plan::{PlanAnswer, PlanOption, PlanRequest, TimeRow, planned};
use epochcast::http::wanted::Wanted;
use epochcast::units::to_f64;
use serde_json::{Value, json};

use crate::config::{LimitArgs, PlanArgs, Settings};
use crate::request::{Request, predictors, print, time};

/// Prints the answer to `args`.
pub(crate) async fn plan(settings: &Settings, args: &PlanArgs) -> anyhow::Result<()> {
    let answer = planned(
        predictors(settings).await?.as_ref(),
        request(args)?,
        &Wanted::default(),
    )?;
    print(&answer, &args.about, |answer| {
        table(answer, &args.about.net)
    })
}

fn request(args: &PlanArgs) -> anyhow::Result<PlanRequest> {
    let said = |yes: bool, value: Value| if yes { value } else { Value::Null };
    let request = Request::about(&args.about)?
        .ways(&args.ways)
        .training(&args.training)
        .memory(&args.memory)
        .with("limits", limits(&args.limits))
        .with("use", said(args.limits.high, json!("high")))
        .with("free_mix", said(args.free_mix, json!(true)));
    // A target is one of two: the command line's in place of the file's.
    match (args.target_flops, args.target_error) {
        (Some(flops), _) => request.set("target", json!({"flops": flops})).typed(),
        (_, Some(error)) => request
            .set("target", json!({"top1_error_percent": error}))
            .typed(),
        (None, None) => request.typed(),
    }
}

fn limits(limits: &LimitArgs) -> Value {
    json!({
        "epoch_seconds": limits.epoch_seconds,
        "total_seconds": limits.total_seconds,
        "cost": limits.cost,
        "flops": limits.flops,
        "params": limits.params,
        "acts": limits.acts,
        "memory_bytes": limits.memory_bytes,
    })
}

fn table(answer: &PlanAnswer, net: &str) -> String {
    let name = answer.base.name.as_deref().unwrap_or(net);
    let mut head = vec![format!(
        "{:<8}{:>12}{:>10}{:>9}{:>9}{:>7}",
        "scaling", "factor", "Gflops", "Mparams", "Macts", "pixels"
    )];
    let options = || answer.options.iter().chain(&answer.mix);
    let errors = options().any(|option| option.accuracy.is_some());
    let first = options().next();
    let platforms = first.into_iter().flat_map(|option| &option.predictions);
    head.extend(platforms.map(platform));
    if errors {
        head.push(format!("{:>9}", "error %"));
    }
    head.push("  limited by".to_owned());
    let mut lines = vec![name.to_owned(), String::new(), head.concat()];
    lines.extend(options().map(|option| line(option, errors)));
    lines.extend(answer.left_out.iter().map(|out| {
        let way = way(out.strategy.as_deref(), out.alpha);
        format!("{way:<8}{:>12}  {}", "none", out.limited_by.as_str())
    }));
    lines.push(String::new());
    lines.join("\n")
}

/// The heads of a platform's columns: its epoch and, where it was asked for, the whole training.
fn platform(row: &TimeRow) -> String {
    let epoch = format!("{:>18}", row.platform.as_str());
    let total = row.total.as_ref();
    let whole = total.map_or_else(String::new, |_| format!("{:>12}", "in all"));
    let cost = total.and_then(|total| total.cost);
    let cost = cost.map_or_else(String::new, |_| format!("{:>10}", "cost"));
    [epoch, whole, cost].concat()
}

/// The same columns of one net.
fn times(row: &TimeRow) -> String {
    let epoch = format!("{:>18}", time(row.epoch_seconds));
    let total = row.total.as_ref();
    let whole = total.map_or_else(String::new, |t| format!("{:>12}", time(t.seconds)));
    let cost = total.and_then(|total| total.cost);
    let cost = cost.map_or_else(String::new, |cost| format!("{cost:>10.0}"));
    [epoch, whole, cost].concat()
}

fn way(strategy: Option<&str>, alpha: Option<f64>) -> String {
    match (strategy, alpha) {
        (Some(strategy), _) => strategy.to_owned(),
        (None, Some(alpha)) => format!("α {alpha:.3}"),
        (None, None) => "mix".to_owned(),
    }
}

fn line(option: &PlanOption, errors: bool) -> String {
    let costs = &option.scaled.complexity;
    let mut cells = vec![format!(
        "{:<8}{:>12.6}{:>10.3}{:>9.2}{:>9.2}{:>7}",
        way(option.strategy.as_deref(), option.alpha),
        option.factor,
        to_f64(costs.flops.get()) / 1e9,
        to_f64(costs.params.get()) / 1e6,
        to_f64(costs.acts.get()) / 1e6,
        option.scaled.model.resolution,
    )];
    cells.extend(option.predictions.iter().map(times));
    if errors {
        let error = option
            .accuracy
            .as_ref()
            .map(|e| format!("{:.2}", e.top1_error_percent));
        cells.push(format!("{:>9}", error.unwrap_or_default()));
    }
    let limit = option.limited_by.map_or("", |limit| limit.as_str());
    cells.push(format!("  {limit}"));
    if let Some(shares) = &option.exponents {
        let (d, w, g, r) = (shares.d, shares.w, shares.g, shares.r);
        cells.push(format!("  (d {d}, w {w}, g {g}, r {r})"));
    }
    cells.concat()
}

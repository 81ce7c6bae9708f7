//! `epochcast plan`: how far a budget goes, or the cheapest way to a target.

use std::io::Write;

use epochcast::http::plan::{PlanAnswer, PlanOption, PlanRequest, RawTarget, planned};
use epochcast::json::typed;
use epochcast::plan::budget::{Limits, Use};
use epochcast::units::{Seconds, Whole, to_f64};
use serde_json::Value;

use crate::config::{PlanArgs, Settings};
use crate::predict::{asked, predictors};

/// Prints the answer to `args`.
pub(crate) async fn plan(settings: &Settings, args: &PlanArgs) -> anyhow::Result<()> {
    let answer = planned(predictors(settings).await?.as_ref(), request(args)?)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &answer)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", table(&answer, &args.net))?;
    }
    Ok(out.flush()?)
}

fn request(args: &PlanArgs) -> anyhow::Result<PlanRequest> {
    let asked = asked(&args.net)?;
    // A file holds a model, or a whole request.
    let mut request: PlanRequest = if asked.get("model").is_some() {
        typed(&asked)?
    } else {
        PlanRequest {
            model: Some(asked),
            ..PlanRequest::default()
        }
    };
    if !args.strategies.is_empty() {
        request.strategies = Some(args.strategies.clone());
    }
    if !args.alphas.is_empty() {
        request.alphas = Some(args.alphas.clone());
    }
    if !args.platform.is_empty() {
        request.platform = Some(Value::from(args.platform.clone()));
    }
    let known = request.limits.unwrap_or_default();
    request.limits = Some(Limits {
        epoch_seconds: args.epoch_seconds.or(known.epoch_seconds),
        total_seconds: args.total_seconds.or(known.total_seconds),
        cost: args.cost.or(known.cost),
        flops: args.flops.or(known.flops),
        params: args.params.or(known.params),
        acts: args.acts.or(known.acts),
        memory_bytes: args.memory_bytes.or(known.memory_bytes),
    });
    if args.target_flops.is_some() || args.target_error.is_some() {
        request.target = Some(RawTarget {
            flops: args.target_flops,
            top1_error_percent: args.target_error,
        });
    }
    if args.high {
        request.used = Some(Use::High);
    }
    request.mode = args.mode.or(request.mode);
    request.epochs = args.epochs.map(Whole).or(request.epochs);
    request.price_per_hour = args.price_per_hour.or(request.price_per_hour);
    request.batch_size = args.batch_size.map(Whole).or(request.batch_size);
    request.free_mix = args.free_mix.then_some(true).or(request.free_mix);
    Ok(request)
}

fn table(answer: &PlanAnswer, net: &str) -> String {
    let name = answer.base.name.as_deref().unwrap_or(net);
    let mut head = vec![format!(
        "{:<8}{:>12}{:>10}{:>9}{:>9}{:>7}",
        "scaling", "factor", "Gflops", "Mparams", "Macts", "pixels"
    )];
    let options = || answer.options.iter().chain(&answer.mix);
    let first = options().next();
    let platforms = first.into_iter().flat_map(|option| &option.predictions);
    head.extend(platforms.map(|time| format!("{:>18}", time.platform.as_str())));
    if options().any(|option| option.accuracy.is_some()) {
        head.push(format!("{:>9}", "error %"));
    }
    head.push("  limited by".to_owned());
    let mut lines = vec![name.to_owned(), String::new(), head.concat()];
    lines.extend(options().map(|option| line(option, options().any(|o| o.accuracy.is_some()))));
    lines.extend(answer.left_out.iter().map(|out| {
        let way = way(out.strategy.as_deref(), out.alpha);
        format!("{way:<8}{:>12}  {}", "none", out.limited_by.as_str())
    }));
    lines.push(String::new());
    lines.join("\n")
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
    cells.extend(option.predictions.iter().map(|time| {
        let seconds = Seconds::new(time.epoch_seconds);
        format!(
            "{:>18}",
            seconds.map_or_else(String::new, |s| s.to_string())
        )
    }));
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

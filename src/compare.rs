//! `epochcast compare`: many scaled forms of one net, side by side.

use epochcast::http::compare::{
    CompareAnswer, CompareRequest, CompareRow, compared, factors_of_text,
};
use epochcast::http::wanted::Wanted;
use epochcast::units::to_f64;

use crate::config::{CompareArgs, Settings};
use crate::request::{Request, predictors, print, time};

/// Prints the answer to `args`.
pub(crate) async fn compare(settings: &Settings, args: &CompareArgs) -> anyhow::Result<()> {
    let answer = compared(
        predictors(settings).await?.as_ref(),
        request(args)?,
        &Wanted::default(),
    )?;
    print(&answer, &args.about, |answer| {
        table(answer, &args.about.net)
    })
}

fn request(args: &CompareArgs) -> anyhow::Result<CompareRequest> {
    let factors = args.factors.as_deref().map(factors_of_text).transpose()?;
    let request = Request::about(&args.about)?
        .ways(&args.ways)
        .training(&args.training)
        .memory(&args.memory);
    match factors {
        Some(factors) => request.set("factors", factors).typed(),
        None => request.typed(),
    }
}

fn table(answer: &CompareAnswer, net: &str) -> String {
    let name = answer.base.name.as_deref().unwrap_or(net);
    let mut head = vec![format!(
        "{:<8}{:>8}{:>10}{:>9}{:>9}{:>7}",
        "scaling", "factor", "Gflops", "Mparams", "Macts", "pixels"
    )];
    let platforms = answer.base_predictions.iter();
    head.extend(platforms.map(|time| format!("{:>18}{:>8}", time.platform.as_str(), "to best")));
    let batches = |row: &CompareRow| row.memory.as_ref().and_then(|memory| memory.largest_batch);
    if answer.rows.iter().any(|row| batches(row).is_some()) {
        head.push(format!("{:>9}", "batch"));
    }
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
        let epoch = time(compared.time.epoch_seconds);
        format!("{epoch:>18}{:>8.2}", compared.to_best)
    }));
    let batch = row.memory.as_ref().and_then(|memory| memory.largest_batch);
    cells.extend(batch.map(|images| format!("{images:>9}")));
    let error = row.accuracy.as_ref();
    cells.extend(error.map(|error| format!("{:>9.2}", error.top1_error_percent)));
    cells.concat()
}

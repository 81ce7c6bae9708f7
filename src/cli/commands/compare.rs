//! `epochcast compare`: many scaled forms of one net, side by side.

use epochcast::ask::compare::{CompareAnswer, CompareRow, ComparedTime, compared};
use epochcast::ask::factors;
use epochcast::ask::wanted::Wanted;
use epochcast::units::quantity::{Currency, digits, duration};

use crate::cli::args::{CompareArgs, Settings};
use crate::cli::commands::plan::{error_cell, of_scaled, of_whole, scaled_cells, way, whole_cells};
use crate::cli::request::{Request, currency, predictors, print};
use crate::cli::table::{self, Table};
use crate::cli::warnings::summed;
use crate::cli::words::{Usage, told_of_flag};

/// Prints the answer to `args`.
pub(crate) async fn compare(settings: &Settings, args: &CompareArgs) -> anyhow::Result<()> {
    let asked = request(args)?;
    let predictors = predictors(settings).await?;
    let answer = compared(predictors.as_ref(), asked.typed()?, &Wanted::default())
        .map_err(|e| asked.refused(&e))?;
    let currency = currency(&[args.training.price_per_hour])?;
    print(&answer, &args.about, |answer| {
        let name = answer.base.name.as_deref().unwrap_or(&args.about.net);
        format!(
            "{name}\n\n{}",
            table(answer, currency).fitted(table::room())
        )
    })
}

fn request(args: &CompareArgs) -> anyhow::Result<Request> {
    let factors = args.factors.as_deref().map(factors::of_text).transpose();
    let factors = factors.map_err(|invalid| Usage(told_of_flag("--factors", &invalid)))?;
    let request = Request::about(&args.about)?
        .ways(&args.ways)
        .training(&args.training)
        .memory(&args.memory)
        .of_a_net("compare")?;
    Ok(match factors {
        Some(factors) => request.set("factors", factors),
        None => request,
    })
}

fn table(answer: &CompareAnswer, currency: Currency) -> Table {
    let mut table = of_scaled();
    for time in &answer.base_predictions {
        table = table.right(time.platform.as_str()).right("to best");
        table = of_whole(table, time);
    }
    let batches = answer.rows.iter().any(|row| batch(row).is_some());
    if batches {
        table = table.right("batch");
    }
    let errors = answer.rows.iter().any(|row| row.accuracy.is_some());
    if errors {
        table = table.right("error %");
    }
    for row in &answer.rows {
        let way = way(row.strategy.as_deref(), row.alpha);
        let mut cells = scaled_cells(way, digits(row.factor, 5), &row.scaled);
        for ComparedTime { time, to_best, .. } in &row.predictions {
            cells.extend([duration(time.epoch_seconds), format!("{to_best:.2}")]);
            cells.extend(whole_cells(time, currency));
        }
        if batches {
            cells.push(batch(row).map_or_else(String::new, |images| images.to_string()));
        }
        if errors {
            cells.push(error_cell(row.accuracy.as_ref()));
        }
        table.row(cells);
    }
    let times = answer.rows.iter().flat_map(|row| &row.predictions);
    for warning in summed(times.map(|compared| &compared.time), answer.rows.len()) {
        table.note(warning);
    }
    if let Some(left_out) = answer.told_left_out() {
        table.note(left_out);
    }
    table
}

fn batch(row: &CompareRow) -> Option<u64> {
    row.memory.as_ref().and_then(|memory| memory.largest_batch)
}

//! `epochcast compare`: many scaled forms of one net, side by side.

use epochcast::ask::compare::{CompareAnswer, CompareRow, ComparedTime, compared};
use epochcast::ask::factors;
use epochcast::ask::wanted::Wanted;
use epochcast::units::quantity::{Currency, Money, count, digits, duration};

use crate::cli::args::{CompareArgs, Settings};
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
    let mut table = Table::default()
        .left("scaling")
        .right("factor")
        .right("flops")
        .right("params")
        .right("acts")
        .right("pixels");
    for time in &answer.base_predictions {
        table = table.right(time.platform.as_str()).right("to best");
        if let Some(total) = &time.total {
            table = table.right("in all");
            if total.cost.is_some() {
                table = table.right("cost");
            }
        }
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
        let mut cells = counts(row);
        cells.extend(
            row.predictions
                .iter()
                .flat_map(|compared| times(compared, currency)),
        );
        if batches {
            cells.push(batch(row).map_or_else(String::new, |images| images.to_string()));
        }
        if errors {
            let error = row.accuracy.as_ref();
            cells.push(error.map_or_else(String::new, |e| format!("{:.2}", e.top1_error_percent)));
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

fn counts(row: &CompareRow) -> Vec<String> {
    let way = match (&row.strategy, row.alpha) {
        (Some(strategy), _) => strategy.clone(),
        (None, alpha) => format!("α {:.3}", alpha.unwrap_or_default()),
    };
    let costs = &row.scaled.complexity;
    vec![
        way,
        digits(row.factor, 5),
        count(costs.flops.as_f64()),
        count(costs.params.as_f64()),
        count(costs.acts.as_f64()),
        row.scaled.model.resolution.to_string(),
    ]
}

fn times(compared: &ComparedTime, currency: Currency) -> Vec<String> {
    let mut cells = vec![
        duration(compared.time.epoch_seconds),
        format!("{:.2}", compared.to_best),
    ];
    if let Some(total) = &compared.time.total {
        cells.push(duration(total.seconds));
        cells.extend(
            total
                .cost
                .map(|amount| Money { amount, currency }.to_string()),
        );
    }
    cells
}

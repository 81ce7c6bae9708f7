//! `epochcast predict`: the main job without a server.

use std::sync::Arc;

use epochcast::ask::pins::Unanswered;
use epochcast::ask::pins::pinned;
use epochcast::ask::predict::{PredictAnswer, PredictionRow, predicted, predicted_by};
use epochcast::ask::request::PredictRequest;
use epochcast::live::Live;
use epochcast::net::{Complexity, Ratios};
use epochcast::timing::Predictor;
use epochcast::units::quantity::{Currency, Money, duration, durations};
use epochcast::units::{Grouped, rounded};
use serde::Serialize;
use serde_json::json;

use crate::cli::args::{PredictArgs, Settings};
use crate::cli::database;
use crate::cli::request::{Request, currency, predictors, print};
use crate::cli::table::{self, Table};
use crate::cli::words::counted;

/// Prints the answer to `args`, from the store or, where there is none, from the built-in measurements.
pub(crate) async fn predict(settings: &Settings, args: &PredictArgs) -> anyhow::Result<()> {
    let asked = request(args)?;
    let request: PredictRequest = asked.typed()?;
    let stored = settings.database_url.may_be_there();
    let answer = if stored && request.fit.is_some() {
        repeated(settings, request).await?
    } else {
        predicted(predictors(settings).await?.as_ref(), request).map_err(Unanswered::from)
    };
    let answer = answer.map_err(|error| match error {
        Unanswered::Invalid(invalid) => asked.refused(&invalid),
        Unanswered::Store(error) => error.into(),
    })?;
    let currency = currency(&[args.training.price_per_hour])?;
    print(&shown(&answer), &args.about, |_| {
        let answer = Seen {
            answer: &answer,
            net: &args.about.net,
            currency,
        };
        answer.table()
    })
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
async fn repeated(
    settings: &Settings,
    request: PredictRequest,
) -> anyhow::Result<Result<PredictAnswer, Unanswered>> {
    let live = Live::open(database::look(settings).await?).await?;
    live.settle().await?;
    let pin = pinned(&live, &request).await;
    database::looked(live.store()).await?;
    let by = |pin: Option<Arc<Predictor>>| {
        let answer = predicted_by(pin.as_ref(), &live.predictors(), request);
        answer.map_err(Unanswered::from)
    };
    Ok(pin.and_then(by))
}

fn request(args: &PredictArgs) -> anyhow::Result<Request> {
    let request = Request::about(&args.about)?
        .with("scaling", json!(args.scale))
        .training(&args.training)
        .with("fit", json!(args.fit));
    Ok(request)
}

/// What is shown to the eye.
struct Seen<'a> {
    answer: &'a PredictAnswer,
    /// What was asked about, where the net has no name.
    net: &'a str,
    currency: Currency,
}

impl Seen<'_> {
    fn table(&self) -> String {
        let room = table::room();
        let name = self.answer.base.name.as_deref().unwrap_or(self.net);
        let counts = self.counts().fitted(room);
        let times = self.times().fitted(room);
        format!("{name}\n\n{counts}\n{times}")
    }

    fn counts(&self) -> Table {
        let base = &self.answer.base.complexity;
        let pixels = self
            .answer
            .base
            .model
            .as_ref()
            .map(|model| model.resolution);
        let Some(scaled) = &self.answer.scaled else {
            let mut table = Table::default().left("").right("");
            for (what, count) in costs(base) {
                table.row([what.to_owned(), Grouped(count).to_string()]);
            }
            if let Some(pixels) = pixels {
                table.row(["pixels".to_owned(), pixels.to_string()]);
            }
            return table;
        };
        let mut table = Table::default()
            .left("")
            .right("base")
            .right("scaled")
            .right("ratio")
            .right("theory");
        let growth = ratios(&scaled.ratios)
            .into_iter()
            .zip(ratios(&scaled.theory));
        let both = costs(base).into_iter().zip(costs(&scaled.complexity));
        for (((what, base), (_, scaled)), (ratio, theory)) in both.zip(growth) {
            table.row([
                what.to_owned(),
                Grouped(base).to_string(),
                Grouped(scaled).to_string(),
                format!("{ratio:.2}"),
                format!("{theory:.2}"),
            ]);
        }
        table.row([
            "pixels".to_owned(),
            pixels.unwrap_or_default().to_string(),
            scaled.model.resolution.to_string(),
            String::new(),
            String::new(),
        ]);
        table
    }

    fn times(&self) -> Table {
        let Some(first) = self.answer.predictions.first() else {
            let mut table = Table::default();
            table.note(
                "no platform has timings of this mode: epochcast platforms lists what was timed",
            );
            return table;
        };
        let level = format!("{:.0} % interval", 100.0 * first.interval.level);
        let scaled = self.answer.scaled.is_some();
        let rows = &self.answer.predictions;
        let usual = rows.iter().any(|row| row.usual_batch_size.is_some());
        let mut table = Table::default()
            .left("platform")
            .left("mode")
            .right("epoch")
            .right(&level)
            .right("images/s");
        if scaled {
            table = table.right("base");
        }
        if usual {
            table = table.right("batch");
        }
        for row in &self.answer.predictions {
            let interval = &row.interval;
            let mut cells = vec![
                row.platform.to_string(),
                row.mode.to_string(),
                duration(row.epoch_seconds),
                durations(
                    interval.low_seconds,
                    interval.high_seconds,
                    row.epoch_seconds,
                ),
                Grouped(rounded(row.images_per_second)).to_string(),
            ];
            if scaled {
                cells.push(row.base_epoch_seconds.map_or_else(String::new, duration));
            }
            if usual {
                let images = row.usual_batch_size;
                cells.push(images.map_or_else(String::new, |n| format!("~{}", Grouped(n))));
            }
            table.row(cells);
            if let Some(whole) = self.whole(row) {
                table.note(whole);
            }
            for warning in &row.warnings {
                table.note(format!("{}: {}", warning.code, warning.detail));
            }
        }
        table
    }

    /// The whole training, where something was said of it.
    fn whole(&self, row: &PredictionRow) -> Option<String> {
        let total = row.total.as_ref()?;
        let money = |amount| Money {
            amount,
            currency: self.currency,
        };
        let ends = total.low_cost.zip(total.high_cost);
        let cost = total.cost.zip(ends).map(|(cost, (low, high))| {
            format!(
                "; it costs {}, {} to {}",
                money(cost),
                money(low),
                money(high)
            )
        });
        Some(format!(
            "in all {} ({}) for {} on {}{}",
            duration(total.seconds),
            durations(total.low_seconds, total.high_seconds, total.seconds),
            counted(total.epochs, "epoch"),
            counted(total.devices.into(), "device"),
            cost.unwrap_or_default()
        ))
    }
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

//! `epochcast evaluate`: the honest error of the predictions, by cross-validation.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use epochcast::live::Live;
use epochcast::timing::data::seed;
use epochcast::timing::data::upload::{Context, read};
use epochcast::timing::judge::evaluate::{Trial, trials};
use epochcast::timing::judge::left_out::Left;
use epochcast::timing::judge::score::Score;
use epochcast::timing::{Measurement, Platform};
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::args::{EvaluateArgs, Settings};
use crate::cli::commands::import::{Opened, opened};
use crate::cli::database;
use crate::cli::request::print_json;
use crate::cli::table::{self, Table};
use crate::cli::words::{counted, told_of_file};

/// Prints the scores of the timings in a file or in the store.
pub(crate) async fn evaluate(settings: &Settings, args: &EvaluateArgs) -> anyhow::Result<()> {
    let trials = if let Some(file) = &args.rows {
        let (platforms, rows) = rows(file)?;
        trials(&platforms, &rows)
    } else {
        let live = Arc::new(Live::open(database::look(settings).await?).await?);
        let trials = live.trials().await?;
        database::looked(live.store()).await?;
        trials
    };
    let scores = tokio::task::spawn_blocking(move || run(&trials)).await?;
    if args.json {
        return print_json(&serde_json::json!({"scores": scores}));
    }
    table::print(&table(&scores))
}

/// The rows of a file of the upload's formats, with the platforms that they define or the program knows.
fn rows(path: &Path) -> anyhow::Result<(Vec<Platform>, Vec<Measurement>)> {
    let Opened { file, name, format } = opened(path)?;
    let mut context = Context::new(built_in()?);
    context.defaults.file_name = Some(name);
    let (mut rows, mut platforms, mut wrong) = (Vec::new(), BTreeMap::new(), 0_u64);
    read(format, file, &mut context, &mut |line, context| {
        match line.row {
            Ok(row) => {
                if let Some(platform) = context.platform(&row.platform) {
                    platforms.insert(platform.id.clone(), platform.clone());
                }
                rows.push(row);
            }
            Err(invalid) => {
                wrong += 1;
                if wrong <= SHOWN {
                    let told = told_of_file(&invalid);
                    anstream::eprintln!("  line {}: {told}", line.number);
                }
            }
        }
        ControlFlow::Continue(())
    })
    .with_context(|| path.display().to_string())?;
    if wrong > 0 {
        let rows = counted(wrong, "wrong row");
        anstream::eprintln!("{}: {rows} left out", path.display());
    }
    anyhow::ensure!(!rows.is_empty(), "{}: no timings", path.display());
    Ok((platforms.into_values().collect(), rows))
}

/// Wrong rows that are named.
const SHOWN: u64 = 20;

fn built_in() -> anyhow::Result<BTreeMap<epochcast::timing::PlatformId, Platform>> {
    let (platforms, _) = seed::built_in()?;
    Ok(platforms.into_iter().map(|p| (p.id.clone(), p)).collect())
}

fn run(trials: &[Trial]) -> Vec<Score> {
    let bar = progress(trials.len());
    // A trial may take seconds: the clock moves meanwhile.
    bar.enable_steady_tick(Duration::from_millis(200));
    let scores = trials.iter().filter_map(|trial| {
        let (platform, mode, estimator, left) = trial.name();
        bar.set_message(format!(
            "{platform} {mode} {} {}",
            word(left),
            estimator.as_str()
        ));
        let score = trial.run();
        bar.inc(1);
        score
    });
    let scores = scores.collect();
    bar.finish_and_clear();
    scores
}

fn progress(trials: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(
        "{spinner} {bar:30} {pos}/{len} {elapsed}, {eta} left: {wide_msg}",
    );
    let bar = ProgressBar::new(u64::try_from(trials).unwrap_or_default());
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn word(left: Left) -> &'static str {
    match left {
        Left::Net => "each net",
        Left::Group => "each group",
        Left::Large => "most acts",
        Left::Strategy => "each strategy",
        Left::FarScaled => "scaled x24 up",
        Left::AllButOne => "all but 1 net",
        Left::AllButTwo => "all but 2",
        Left::AllButThree => "all but 3",
        Left::AllButFive => "all but 5",
        Left::AllButTen => "all but 10",
    }
}

fn table(scores: &[Score]) -> String {
    let heads = [
        "n", "MAPE", "median", "P90", "<10", "<20", "80", "90", "95", "±",
    ];
    let words = Table::default()
        .left("platform")
        .left("mode")
        .left("left out")
        .left("estimator");
    let mut table = heads.into_iter().fold(words, Table::right);
    for score in scores {
        let percent = |share: f64| format!("{:.1}", 100.0 * share);
        let whole = |share: f64| format!("{:.0}", 100.0 * share);
        table.row([
            score.platform.to_string(),
            score.mode.to_string(),
            word(score.left_out).to_owned(),
            score.estimator.as_str().to_owned(),
            score.n.to_string(),
            percent(score.mape),
            percent(score.median),
            percent(score.p90),
            whole(score.within_10),
            whole(score.within_20),
            whole(score.covered_80),
            whole(score.covered_90),
            whole(score.covered_95),
            whole(score.half_width_90),
        ]);
    }
    format!(
        "Error of nets that were left out, in % of the measured time; share within 10 and 20 %; how often the\n\
         intervals of level 80, 90 and 95 % held; ± half the width of the 90 % interval (median).\n\n{}",
        table.fitted(table::room())
    )
}

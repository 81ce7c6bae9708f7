//! `epochcast models`, `gpus`, `platforms` and `strategies`: what can be asked for. They create nothing.

use std::collections::BTreeMap;

use epochcast::ask::known::gpus::{self, Gpus};
use epochcast::ask::known::models::{self, Models, Strategies};
use epochcast::ask::known::platforms::{self, Platforms};
use epochcast::timing::data::platform::MemoryFormat;
use epochcast::timing::{Platform, PlatformId};
use epochcast::units::quantity::{count, digits, size};
use serde::Serialize;

use crate::cli::args::{ListArgs, Settings};
use crate::cli::database;
use crate::cli::request::{predictors, print_json};
use crate::cli::table::{self, Table};

/// The named nets that `args` look for.
pub(crate) fn models(args: &ListArgs) -> anyhow::Result<()> {
    let search = Search::new(args);
    let Models { mut models } = models::listed();
    models.retain(|row| {
        let aliases = row.aliases.iter().map(String::as_str);
        search.finds(aliases.chain([row.name.as_str(), row.family.as_str()]))
    });
    search.print(&Models { models }, |answer| {
        let mut table = Table::default()
            .left("net")
            .left("scales")
            .right("pixels")
            .right("flops")
            .right("params")
            .right("acts")
            .left("group")
            .long("also called");
        for row in &answer.models {
            let scales = if row.can_be_scaled { "yes" } else { "no" };
            for at in &row.resolutions {
                let costs = &at.complexity;
                table.row([
                    row.name.clone(),
                    scales.to_owned(),
                    at.resolution.to_string(),
                    count(costs.flops.as_f64()),
                    count(costs.params.as_f64()),
                    count(costs.acts.as_f64()),
                    row.family.to_string(),
                    row.aliases.join(", "),
                ]);
            }
        }
        Found {
            rows: answer.models.len(),
            table,
        }
    })
}

/// The GPUs that `args` look for, timed or not.
pub(crate) async fn gpus(settings: &Settings, args: &ListArgs) -> anyhow::Result<()> {
    let search = Search::new(args);
    let Gpus { mut gpus } = gpus::listed(predictors(settings).await?.as_ref());
    gpus.retain(|row| search.finds([row.id, row.device]));
    search.print(&Gpus { gpus }, |answer| {
        let mut table = Table::default()
            .left("--platform")
            .right("memory")
            .right("bandwidth")
            .right("Tflops fp32")
            .right("tf32")
            .right("fp16")
            .long("timed as")
            .long("device");
        for row in &answer.gpus {
            let timed: Vec<&str> = row.timed.iter().map(PlatformId::as_str).collect();
            table.row([
                format!("gpu:{}", row.id),
                size(epochcast::units::to_f64(row.memory_bytes)),
                format!("{}/s", size(1e9 * row.bandwidth_gigabytes_per_second)),
                digits(row.fp32_teraflops, 4),
                row.tf32_teraflops
                    .map_or_else(String::new, |rate| digits(rate, 4)),
                digits(row.fp16_teraflops, 4),
                timed.join(", "),
                row.device.to_owned(),
            ]);
        }
        Found {
            rows: answer.gpus.len(),
            table,
        }
    })
}

/// The platforms that `args` look for.
pub(crate) async fn platforms(settings: &Settings, args: &ListArgs) -> anyhow::Result<()> {
    let search = Search::new(args);
    let predictors = predictors(settings).await?;
    let last = if settings.database_url.may_be_there() {
        let store = database::look(settings).await?;
        let last = store.last_uploads().await?;
        database::looked(&store).await?;
        last
    } else {
        BTreeMap::new()
    };
    let Platforms { mut platforms } = platforms::listed(&predictors, &last);
    platforms.retain(|row| {
        let Platform { id, device, .. } = &row.platform;
        search.finds([id.as_str(), device.as_str()])
    });
    search.print(&Platforms { platforms }, |answer| {
        let mut table = Table::default()
            .left("--platform")
            .right("train")
            .right("infer")
            .right("off by")
            .long("device")
            .long("set-up");
        for row in &answer.platforms {
            let off = &row.cross_validated_error;
            let off = off.train.or(off.infer);
            let platform = &row.platform;
            table.row([
                platform.id.to_string(),
                row.measurements.train.to_string(),
                row.measurements.infer.to_string(),
                off.map_or_else(String::new, |error| format!("{:.1} %", 100.0 * error)),
                format!("{} x {}", platform.device_count, platform.device),
                set_up(platform),
            ]);
        }
        Found {
            rows: answer.platforms.len(),
            table,
        }
    })
}

/// What else tells a platform from others.
fn set_up(platform: &Platform) -> String {
    let precision = platform
        .precision
        .map(|precision| precision.as_str().to_owned());
    let layout = platform.memory_format.map(|format| match format {
        MemoryFormat::ChannelsFirst => "channels first".to_owned(),
        MemoryFormat::ChannelsLast => "channels last".to_owned(),
    });
    let compiled = platform
        .compiled
        .unwrap_or(false)
        .then(|| "compiled".to_owned());
    let parts = [precision, layout, compiled, platform.framework.clone()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The strategies that `args` look for.
pub(crate) fn strategies(args: &ListArgs) -> anyhow::Result<()> {
    let search = Search::new(args);
    let Strategies { mut strategies } = models::strategies_listed();
    strategies.retain(|row| search.finds([row.name, row.what]));
    search.print(&Strategies { strategies }, |answer| {
        let mut table = Table::default()
            .left("--scale")
            .right("depth")
            .right("width")
            .right("resolution")
            .right("flops")
            .right("params")
            .right("acts")
            .long("what");
        for row in &answer.strategies {
            let power = |e: f64| match digits(e, 3).as_str() {
                "0" => "1".to_owned(),
                "1" => "s".to_owned(),
                e => format!("s^{e}"),
            };
            let (shares, theory) = (&row.exponents, &row.theory);
            table.row([
                format!("{}:s", row.name),
                power(shares.d),
                power(shares.w / 2.0),
                power(shares.r / 2.0),
                power(theory.flops),
                power(theory.params),
                power(theory.acts),
                row.what.to_owned(),
            ]);
        }
        Found {
            rows: answer.strategies.len(),
            table,
        }
    })
}

/// What a list was searched for.
struct Search<'a> {
    args: &'a ListArgs,
    words: Vec<String>,
}

/// What was found, for the eye.
struct Found {
    rows: usize,
    table: Table,
}

impl<'a> Search<'a> {
    fn new(args: &'a ListArgs) -> Self {
        let words = args.search.iter().flat_map(|text| text.split_whitespace());
        Self {
            args,
            words: words.map(bare).collect(),
        }
    }

    /// Whether each word that is looked for stands in one of `texts`.
    fn finds<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> bool {
        let texts: Vec<String> = texts.into_iter().map(bare).collect();
        let found = |word: &String| texts.iter().any(|text| text.contains(word.as_str()));
        self.words.iter().all(found)
    }

    fn print<T: Serialize>(&self, answer: &T, found: impl Fn(&T) -> Found) -> anyhow::Result<()> {
        if self.args.json {
            return print_json(answer);
        }
        let Found { rows, table } = found(answer);
        if rows == 0 {
            let words = self.args.search.join(" ");
            anstream::eprintln!("nothing is called `{words}`: without it, all are listed");
            return Ok(());
        }
        table::print(&table.fitted(table::room()))
    }
}

/// `text` without what people write in different ways: case, hyphens.
fn bare(text: &str) -> String {
    let kept = text.chars().filter(|c| c.is_alphanumeric() || *c == '.');
    kept.flat_map(char::to_lowercase).collect()
}

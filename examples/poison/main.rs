//! What do wrong rows do to predictions? Sends timings of which some are made wrong to a new platform, and predicts nets that were
//! not sent.
//!
//!     cargo run --release --example poison -- ROWS.ndjson PLATFORM MODE kinds [DRAWS]
//!     cargo run --release --example poison -- ROWS.ndjson PLATFORM MODE sizes [DRAWS]
//!     cargo run --release --example poison -- ROWS.ndjson PLATFORM MODE interval [DRAWS]
//!     cargo run --release --example poison -- ROWS.ndjson alarms
//!
//! Beside the built-in timings. `kinds` prints a row for each kind of wrong rows, where every row is believed and as the service
//! judges them; `sizes` one for each size of upload, share of wrong rows and way in which they are spread; `interval` how wide the
//! intervals of right rows are, and how often they hold. `alarms` sends each platform of the file alone, as it is.
//! `scripts/rows_of_table.py` makes such files.

mod bench;
mod draw;
mod tables;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use anyhow::Context as _;
use epochcast::timing::data::upload::{Context, Format, read};
use epochcast::timing::{Measurement, Mode, Platform, PlatformId, Timing, Timings};

use bench::{Bench, Judged};

/// Draws of rows and nets, unless another number is asked for.
const DRAWS: u64 = 10;

type Key = (PlatformId, Mode);
type Platforms = BTreeMap<PlatformId, Platform>;

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let path = args.first().context("which file of rows?")?;
    let (platforms, timings) = rows(path)?;
    let mut keys: BTreeMap<Key, Vec<Timing>> = BTreeMap::new();
    for timing in timings {
        let key = (timing.platform.clone(), timing.mode);
        keys.entry(key).or_default().push(timing);
    }
    if args.get(1).is_some_and(|word| word == "alarms") {
        alarms(&platforms, keys);
        return Ok(());
    }
    let wanted = args.get(1).context("which platform?")?;
    let mode = args.get(2).context("which mode?")?;
    let table = args.get(3).context("kinds, sizes or interval?")?;
    let draws: u64 = args.get(4).map_or(Ok(DRAWS), |word| word.parse())?;
    let mut all = keys.into_iter();
    let found = all.find(|(key, _)| key.0.as_str() == wanted && key.1.as_str() == mode);
    let (_, own) = found.context("the file has no such platform")?;
    let bench = Bench::new(&platforms, own)?;
    match table.as_str() {
        "kinds" => tables::kinds(&bench, draws),
        "sizes" => tables::sizes(&bench, draws),
        "interval" => tables::interval(&bench, draws),
        other => anyhow::bail!("{other} is none of kinds, sizes and interval"),
    }
    Ok(())
}

fn rows(path: &str) -> anyhow::Result<(Platforms, Vec<Timing>)> {
    let mut context = Context::new(BTreeMap::new());
    let (mut platforms, mut rows) = (BTreeMap::new(), Vec::new());
    read(
        Format::Ndjson,
        std::fs::File::open(path)?,
        &mut context,
        &mut |line, context| {
            let taken = line.row.ok().and_then(|row: Measurement| {
                let platform = context.platform(&row.platform)?.clone();
                let id = i64::try_from(line.number).ok()?;
                rows.push(Timing::new(id, &row, platform.device_count));
                platforms.insert(platform.id.clone(), platform);
                Some(())
            });
            if taken.is_none() {
                eprintln!("line {} is left out", line.number);
            }
            ControlFlow::Continue(())
        },
    )?;
    Ok((platforms, rows))
}

fn alarms(platforms: &Platforms, keys: BTreeMap<Key, Vec<Timing>>) {
    let (mut all, mut out, mut weightless) = (0, 0, 0);
    for ((id, mode), timings) in keys {
        let sent = timings.len();
        let judged = Judged::new(platforms, Timings::default(), timings);
        all += sent;
        out += judged.out.len();
        weightless += judged.weightless.len();
        if !judged.out.is_empty() {
            println!("{id} {mode}: {} of {sent} out", judged.out.len());
        }
    }
    println!("{out} of {all} out, {weightless} in and without weight");
}

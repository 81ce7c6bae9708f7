//! What do wrong rows do to predictions? Sends timings of which some are made wrong to a new platform, and predicts nets that were
//! not sent.
//!
//!     cargo run --release --example poison -- ROWS.ndjson PLATFORM MODE [DRAWS]
//!     cargo run --release --example poison -- ROWS.ndjson alarms
//!
//! Beside the built-in timings. Of each kind of wrong row: mean error, half the width of the 90 % interval of 40 untouched nets, and
//! how many in a hundred of their times lie in it, where every row is believed, and as the service judges them; how many of the wrong rows are out of the fits or weigh
//! nothing, and how many of the right ones. `alarms` sends each platform of the file alone, as it is.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::ControlFlow;

use anyhow::Context as _;
use epochcast::timing::data::upload::{Context, Format, read};
use epochcast::timing::judge::standing::{Judge, Made};
use epochcast::timing::{
    Asked, Estimator, Level, Measurement, Mode, Platform, PlatformId, Predictors, Timing, Timings,
};

/// Nets that are not sent.
const UNTOUCHED: usize = 40;
/// How many rows are sent, the share of them that is wrong, in percent, and by which factor their speed is.
const KINDS: [(usize, u32, f64); 30] = [
    (175, 0, 1.0),
    (175, 5, 1e3),
    (175, 5, 60.0),
    (175, 5, 8.0),
    (175, 5, 4.0),
    (175, 5, 3.0),
    (175, 5, 2.2),
    (175, 5, 2.0),
    (175, 5, 1.3),
    (175, 5, 0.5),
    (175, 5, 1.0 / 3.0),
    (175, 5, 0.125),
    (175, 5, 1.0 / 60.0),
    (175, 5, 1e-3),
    (175, 20, 2.0),
    (175, 20, 3.0),
    (175, 20, 8.0),
    (175, 20, 1e-3),
    (175, 40, 8.0),
    (175, 1, 1e3),
    (20, 0, 1.0),
    (20, 5, 1e3),
    (20, 5, 1e-3),
    (20, 5, 4.0),
    (20, 20, 3.0),
    (10, 0, 1.0),
    (10, 10, 1e3),
    (10, 20, 3.0),
    (60, 0, 1.0),
    (60, 20, 3.0),
];

type Key = (PlatformId, Mode);

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
    let draws: u64 = args.get(3).map_or(Ok(10), |word| word.parse())?;
    let mut all = keys.into_iter();
    let found = all.find(|(key, _)| key.0.as_str() == wanted && key.1.as_str() == mode);
    let (_, own) = found.context("the file has no such platform")?;
    let bench = Bench::new(&platforms, own)?;
    println!(
        "rows wrong speed    believed          judged            wrong: out, weightless   right: out, weightless"
    );
    for (rows, percent, speed) in KINDS {
        bench.print(rows, percent, speed, draws);
    }
    Ok(())
}

fn rows(path: &str) -> anyhow::Result<(BTreeMap<PlatformId, Platform>, Vec<Timing>)> {
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

fn alarms(platforms: &BTreeMap<PlatformId, Platform>, keys: BTreeMap<Key, Vec<Timing>>) {
    let (mut all, mut out) = (0, 0);
    for ((id, mode), timings) in keys {
        let sent = timings.len();
        let judged = Judged::new(platforms, Timings::default(), timings);
        all += sent;
        out += judged.out.len();
        if !judged.out.is_empty() {
            println!("{id} {mode}: {} of {sent} out", judged.out.len());
        }
    }
    println!("{out} of {all} out");
}

/// What is in the fits, and the rows that are not.
struct Judged {
    timings: Timings,
    out: HashSet<i64>,
    weightless: HashSet<i64>,
}

impl Judged {
    fn new(
        platforms: &BTreeMap<PlatformId, Platform>,
        mut timings: Timings,
        fresh: Vec<Timing>,
    ) -> Self {
        let mut judge = Judge::default();
        let key = fresh
            .first()
            .map(|timing| (timing.platform.clone(), timing.mode));
        let made = Made {
            gone: HashSet::new(),
            fresh,
        };
        let judgement = judge.judge(platforms, &timings, &made);
        let out = judgement.doubted.iter().map(|(row, _)| *row).collect();
        judge.make(judgement, &mut timings, made);
        judge.weigh(platforms, &mut timings);
        let samples = key.iter().flat_map(|(id, mode)| timings.samples(id, *mode));
        let nothing = samples.filter(|sample| sample.weight() <= 0.0);
        let weightless = nothing.map(|sample| sample.row).collect();
        Self {
            timings,
            out,
            weightless,
        }
    }
}

/// One platform, sent beside the built-in timings.
struct Bench {
    platforms: BTreeMap<PlatformId, Platform>,
    built_in: Timings,
    fits: Predictors,
    own: Vec<Timing>,
}

impl Bench {
    fn new(platforms: &BTreeMap<PlatformId, Platform>, own: Vec<Timing>) -> anyhow::Result<Self> {
        let (known, rows) = epochcast::timing::data::seed::built_in()?;
        let mut all: BTreeMap<_, _> = known.into_iter().map(|p| (p.id.clone(), p)).collect();
        let mut built_in = Timings::default();
        built_in.add((1_000_000..).zip(&rows).filter_map(|(id, row)| {
            Some(Timing::new(id, row, all.get(&row.platform)?.device_count))
        }));
        all.extend(platforms.clone());
        let list = all.values().cloned().collect();
        let fits = Predictors::fit(list, &built_in, &Predictors::default(), 0).settled();
        Ok(Self {
            platforms: all,
            built_in,
            fits,
            own,
        })
    }

    fn print(&self, rows: usize, percent: u32, speed: f64, draws: u64) {
        let mut sums = [0.0; 6];
        let mut counts = [[0_usize; 3]; 2];
        for draw in 0..draws {
            let (sent, wrong, untouched) = self.draw(rows, percent, speed, draw);
            let mut plain = self.built_in.clone();
            plain.add(sent.iter().cloned());
            let judged = Judged::new(&self.platforms, self.built_in.clone(), sent.clone());
            for (place, timings) in [plain, judged.timings.clone()].iter().enumerate() {
                let score = self.score(timings, &untouched);
                for (sum, share) in sums[3 * place..].iter_mut().zip(score) {
                    *sum += share;
                }
            }
            for timing in &sent {
                let row = timing.sample.row;
                let count = &mut counts[usize::from(!wrong.contains(&row))];
                count[0] += 1;
                count[1] += usize::from(judged.out.contains(&row));
                count[2] += usize::from(judged.weightless.contains(&row));
            }
        }
        let n = f64::from(u32::try_from(draws).unwrap_or(1));
        let [before, wide, held, after, narrow, holds] = sums.map(|sum| 100.0 * sum / n);
        let [wrong, right] = counts;
        println!(
            "{rows:4} {percent:4}% {speed:7.3} {before:7.1} ±{wide:<6.0} {held:3.0} {after:6.1} ±{narrow:<6.0} {holds:3.0} {wrong:?} {right:?}"
        );
    }

    /// Rows to send, those of them that are wrong, and nets to predict.
    fn draw(
        &self,
        rows: usize,
        percent: u32,
        speed: f64,
        draw: u64,
    ) -> (Vec<Timing>, HashSet<i64>, Vec<&Timing>) {
        let mixed = |bits: u64| {
            (bits ^ draw.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
                >> 7
        };
        let nets: BTreeSet<_> = self
            .own
            .iter()
            .map(|t| (mixed(t.sample.net.bits()), t.sample.net))
            .collect();
        let left: BTreeSet<_> = nets.iter().take(UNTOUCHED).map(|(_, net)| *net).collect();
        let untouched = self
            .own
            .iter()
            .filter(|t| left.contains(&t.sample.net))
            .collect();
        let mut sent: Vec<Timing> = self
            .own
            .iter()
            .filter(|t| !left.contains(&t.sample.net))
            .cloned()
            .collect();
        sent.sort_by_key(|t| (mixed(t.sample.net.bits()), t.sample.identity));
        sent.truncate(rows);
        sent.sort_by_key(|t| mixed(t.sample.identity));
        let many = (f64::from(percent) * f64::from(u32::try_from(rows).unwrap_or(0)) / 100.0)
            .round_ties_even();
        let mut wrong = HashSet::new();
        for timing in &mut sent {
            if f64::from(u32::try_from(wrong.len()).unwrap_or(0)) < many {
                wrong.insert(timing.sample.row);
                timing.sample.ms /= speed;
            }
        }
        (sent, wrong, untouched)
    }

    /// Mean error, mean half width, and the share of times within.
    fn score(&self, timings: &Timings, untouched: &[&Timing]) -> [f64; 3] {
        let list = self.platforms.values().cloned().collect();
        let fits = Predictors::fit(list, timings, &self.fits, 1).settled();
        let (mut n, mut error, mut half, mut held) = (0.0, 0.0, 0.0, 0.0);
        for timing in untouched {
            let Some(fit) = fits.get(&timing.platform, timing.mode) else {
                continue;
            };
            let asked = Asked {
                features: &timing.sample.features,
                group: &timing.group,
                estimator: Estimator::default(),
                level: Level::DEFAULT,
                batch_size: timing.sample.images(fit.platform().device_count),
            };
            if let Some(time) = fit.predict(&asked) {
                n += 1.0;
                error += (time.ms / timing.sample.ms - 1.0).abs();
                half += time.high_ms / time.ms - 1.0;
                let inside = (time.low_ms..=time.high_ms).contains(&timing.sample.ms);
                held += f64::from(u8::from(inside));
            }
        }
        [error, half, held].map(|sum| sum / n)
    }
}

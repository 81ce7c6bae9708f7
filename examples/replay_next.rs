//! Is `next` better than chance? Times few nets of a platform, as `next` says or at random, and predicts all others.
//!
//!     cargo run --release --example replay_next -- ROWS.csv [DRAWS] [half]
//!
//! Of each platform and mode in the file, with the others' timings beside (`half`: of every other net alone). Nets are asked
//! for by their costs, as a stranger would. Prints mean error, and how often the 90 % interval held, of nets that the others
//! have timed and of new ones; of the random draws the mean and the median.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::ControlFlow;

use anyhow::Context as _;
use epochcast::timing::data::upload::{Context, Format, read};
use epochcast::timing::fit::training::Sample;
use epochcast::timing::judge::advice::{Candidate, advise};
use epochcast::timing::{
    Asked, Estimator, Features, Level, Measurement, Mode, Platform, PlatformId, Predictors, Timing,
    Timings,
};

/// Timings from which a platform is replayed.
const LEAST: usize = 100;
/// Timings that are sent.
const SENT: [usize; 5] = [1, 2, 3, 5, 10];

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let path = args.next().context("which file of rows?")?;
    let draws: usize = args.next().map_or(Ok(40), |word| word.parse())?;
    let half = args.next().is_some_and(|word| word == "half");
    let (platforms, timings) = rows(&path)?;
    let mut keys: BTreeMap<(PlatformId, Mode), Vec<Timing>> = BTreeMap::new();
    for timing in timings {
        let key = (timing.platform.clone(), timing.mode);
        keys.entry(key).or_default().push(timing);
    }
    println!("platform            k  nets     next: error, held    random: mean, median, held");
    for (key, own) in keys.iter().filter(|(_, own)| own.len() >= LEAST) {
        let mut others = Timings::default();
        let rest = keys.iter().filter(|(other, _)| other.0 != key.0);
        let rest = rest.flat_map(|(_, rows)| rows);
        let rest: Vec<&Timing> = rest
            .filter(|timing| !half || timing.sample.net.bits() % 2 == 1)
            .collect();
        others.add(rest.iter().map(|timing| (*timing).clone()));
        let same = |a: &Timing, b: &Timing| a.mode == b.mode && a.sample.net == b.sample.net;
        let known = own
            .iter()
            .map(|timing| rest.iter().any(|other| same(other, timing)));
        let replay = Replay {
            known: known.collect(),
            fits: Predictors::fit(platforms.clone(), &others, &Predictors::default(), 0).settled(),
            platforms: &platforms,
            others,
            own,
        };
        replay.print(draws);
    }
    Ok(())
}

fn rows(path: &str) -> anyhow::Result<(Vec<Platform>, Vec<Timing>)> {
    let (known, _) = epochcast::timing::data::seed::built_in()?;
    let mut context = Context::new(known.into_iter().map(|p| (p.id.clone(), p)).collect());
    let (mut platforms, mut rows) = (BTreeMap::new(), Vec::new());
    let format = if std::path::Path::new(path)
        .extension()
        .is_some_and(|e| e == "csv")
    {
        Format::Csv
    } else {
        Format::Ndjson
    };
    read(
        format,
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
    Ok((platforms.into_values().collect(), rows))
}

/// One platform's timings, of which few are sent while all other platforms' are known.
struct Replay<'a> {
    platforms: &'a [Platform],
    others: Timings,
    fits: Predictors,
    own: &'a [Timing],
    /// Whether another platform has timed the net.
    known: Vec<bool>,
}

/// Nets that others have timed, and new ones.
const KINDS: [(bool, &str); 2] = [(true, "timed"), (false, "new")];

impl Replay<'_> {
    fn print(&self, draws: usize) {
        let nets = self.nets();
        let candidates: Vec<Candidate> = nets.iter().map(|i| self.candidate(*i)).collect();
        let picks = advise(&[], &candidates, 10).picks;
        let advised: Vec<usize> = picks.iter().map(|pick| nets[pick.candidate]).collect();
        for k in SENT {
            let mut dice = 1;
            let chance: Vec<Vec<usize>> = (0..draws).map(|_| drawn(&nets, k, &mut dice)).collect();
            for (kind, name) in KINDS {
                self.print_kind((k, kind, name), &advised[..k], &chance);
            }
        }
    }

    fn print_kind(
        &self,
        (k, kind, name): (usize, bool, &str),
        advised: &[usize],
        chance: &[Vec<usize>],
    ) {
        let (error, held) = self.score(advised, kind);
        if error.is_nan() {
            return;
        }
        let mut chance: Vec<(f64, f64)> =
            chance.iter().map(|sent| self.score(sent, kind)).collect();
        chance.sort_by(|a, b| a.0.total_cmp(&b.0));
        let n = f64::from(u32::try_from(chance.len()).unwrap_or(u32::MAX));
        let mean = |of: fn(&(f64, f64)) -> f64| chance.iter().map(of).sum::<f64>() / n;
        println!(
            "{:<18}{k:>3}  {name:<5}{error:>14.1}{held:>8.0}{:>16.1}{:>9.1}{:>9.0}",
            self.own[0].platform,
            mean(|score| score.0),
            chance[chance.len() / 2].0,
            mean(|score| score.1)
        );
    }

    /// One timing of each net.
    fn nets(&self) -> Vec<usize> {
        let mut seen = BTreeSet::new();
        let first = |i: &usize| seen.insert(self.own[*i].sample.net);
        (0..self.own.len()).filter(first).collect()
    }

    fn candidate(&self, i: usize) -> Candidate {
        let Timing { group, sample, .. } = &self.own[i];
        Candidate {
            group: group.clone(),
            features: sample.features,
            weight: 1.0,
        }
    }

    /// Mean error in percent, and how often the interval held, of all nets of a kind but those `sent`.
    fn score(&self, sent: &[usize], kind: bool) -> (f64, f64) {
        let mut timings = self.others.clone();
        timings.add(sent.iter().map(|i| self.own[*i].clone()));
        let fits = Predictors::fit(self.platforms.to_vec(), &timings, &self.fits, 0);
        let nets: HashSet<_> = sent.iter().map(|i| self.own[*i].sample.net).collect();
        let Some(predictor) = fits.get(&self.own[0].platform, self.own[0].mode) else {
            return (f64::NAN, f64::NAN);
        };
        let (mut n, mut error, mut held) = (0.0, 0.0, 0.0);
        let own = self.own.iter().zip(&self.known);
        let asked = own.filter(|(t, known)| **known == kind && !nets.contains(&t.sample.net));
        for (Timing { group, sample, .. }, _) in asked {
            let Sample { features, ms, .. } = sample;
            let nameless = Features {
                architecture: None,
                ..*features
            };
            let asked = Asked {
                features: &nameless,
                group,
                estimator: Estimator::Layers,
                level: Level::DEFAULT,
                batch_size: None,
            };
            if let Some(prediction) = predictor.predict(&asked) {
                n += 1.0;
                error += (prediction.ms / ms - 1.0).abs();
                held += f64::from(u8::from(
                    (prediction.low_ms..=prediction.high_ms).contains(ms),
                ));
            }
        }
        (100.0 * error / n, 100.0 * held / n)
    }
}

/// `k` of `nets`, by a sequence that is always the same (Lehmer's, with the multiplier of Park and Miller).
fn drawn(nets: &[usize], k: usize, dice: &mut u64) -> Vec<usize> {
    let mut left = nets.to_vec();
    let mut drawn = Vec::with_capacity(k);
    while drawn.len() < k && !left.is_empty() {
        *dice = *dice * 48_271 % 2_147_483_647;
        let place = usize::try_from(*dice).unwrap_or_default() % left.len();
        drawn.push(left.swap_remove(place));
    }
    drawn
}

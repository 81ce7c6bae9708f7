//! A platform that is sent beside the built-in timings: what is believed of it, and how nets that were not sent are predicted.

use std::collections::{BTreeMap, HashSet};

use epochcast::timing::judge::quarantine::{Judge, Made};
use epochcast::timing::{Asked, Estimator, Level, Predictors, Timing, Timings};

use crate::Platforms;

/// What is in the fits, and the rows that are not.
pub(crate) struct Judged {
    pub(crate) timings: Timings,
    pub(crate) out: HashSet<i64>,
    pub(crate) weightless: HashSet<i64>,
}

impl Judged {
    /// Of `fresh`, all of one platform and mode, beside `timings`.
    pub(crate) fn new(platforms: &Platforms, mut timings: Timings, fresh: Vec<Timing>) -> Self {
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
pub(crate) struct Bench {
    platforms: Platforms,
    built_in: Timings,
    fits: Predictors,
    pub(crate) own: Vec<Timing>,
}

/// How one net was predicted.
#[derive(Clone, Copy)]
pub(crate) struct Outcome {
    /// |predicted - measured| / measured.
    pub(crate) error: f64,
    /// ln of measured over predicted.
    pub(crate) log: f64,
    /// Half the width of the 90 % interval, upwards.
    pub(crate) half: f64,
    /// Whether the intervals of 80, 90 and 95 % held.
    pub(crate) held: [bool; 3],
}

impl Bench {
    pub(crate) fn new(platforms: &Platforms, own: Vec<Timing>) -> anyhow::Result<Self> {
        let (known, rows) = epochcast::timing::data::seed::built_in()?;
        let mut all: BTreeMap<_, _> = known.into_iter().map(|p| (p.id.clone(), p)).collect();
        let mut built_in = Timings::default();
        built_in.add((1_000_000_000..).zip(&rows).filter_map(|(id, row)| {
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

    /// All of `sent` believed.
    pub(crate) fn believed(&self, sent: &[Timing]) -> Timings {
        let mut timings = self.built_in.clone();
        timings.add(sent.iter().cloned());
        timings
    }

    /// `sent` as the service judges it.
    pub(crate) fn judged(&self, sent: &[Timing]) -> Judged {
        Judged::new(&self.platforms, self.built_in.clone(), sent.to_vec())
    }

    /// How the nets that were not sent are predicted by `timings`.
    pub(crate) fn outcomes(&self, timings: &Timings, untouched: &[&Timing]) -> Vec<Outcome> {
        let list = self.platforms.values().cloned().collect();
        let fits = Predictors::fit(list, timings, &self.fits, 1).settled();
        let levels = [0.8, 0.9, 0.95].map(|share| Level::new(share).unwrap_or(Level::DEFAULT));
        let outcome = |timing: &&Timing| {
            let fit = fits.get(&timing.platform, timing.mode)?;
            let batch_size = timing.sample.images(fit.platform().device_count);
            let asked = |level| Asked {
                features: &timing.sample.features,
                group: &timing.group,
                estimator: Estimator::default(),
                level,
                batch_size,
            };
            let ms = timing.sample.ms;
            let time = fit.predict(&asked(Level::DEFAULT))?;
            let holds = |level| {
                let time = fit.predict(&asked(level));
                time.is_some_and(|time| (time.low_ms..=time.high_ms).contains(&ms))
            };
            Some(Outcome {
                error: (time.ms / ms - 1.0).abs(),
                log: (ms / time.ms).ln(),
                half: time.high_ms / time.ms - 1.0,
                held: levels.map(holds),
            })
        };
        untouched.iter().filter_map(outcome).collect()
    }
}

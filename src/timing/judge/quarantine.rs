//! Whether a timing is believed: in, or out of the fits, with the reason.
//!
//! This is the one place where a timing is judged. Its standing follows from all timings of its platform and mode, from what
//! the built-in timings and the data sheets say of the same nets, and from what arithmetic allows (`yardstick.rs`);
//! not from the order in which they came, so that it is found anew whenever some come or go. What stays in but is far off
//! weighs less in the fits, down to nothing; for that, those that are in are judged by themselves.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::doctor::{Doctor, UnitNote};
use super::yardstick::{Basis, Off, Yardstick};
use crate::net::Group;
use crate::timing::data::platform::{Mode, Platform, PlatformId};
use crate::timing::data::slip::Sizes;
use crate::timing::fit::training::{Sample, TrainingSet};
use crate::timing::predict::predictors::{Timing, Timings};

/// A timing is out where it is too short, or too long, by more than this factor and by more than so many standard deviations.
/// Short ones are out sooner: a row that is f times too short weighs f² in a relative fit, while one that is too long weighs
/// little; and what is rightly timed and far off is nearly always slow: kernels that a framework lacks are (`docs/accuracy.md`).
const SHORT: f64 = 3.3;
const LONG: f64 = 9.0;
const SHORT_SIGMAS: f64 = 6.0;
const LONG_SIGMAS: f64 = 8.0;

/// One platform in one mode.
type Key = (PlatformId, Mode);

/// What of the stored timings is out of the fits, and by what those in them are weighed.
#[derive(Clone, Debug, Default)]
pub struct Judge {
    all: BTreeMap<Key, Verdicts>,
}

/// Of one platform and mode: which timings are out, and what all were compared with.
#[derive(Clone, Debug, Default)]
struct Verdicts {
    /// Timings that are out.
    out: TrainingSet,
    reasons: BTreeMap<i64, String>,
    /// By what all were judged, where that is known to be so.
    judged: Option<Arc<Yardstick>>,
    /// By what those that are in were weighed.
    weighed: Option<Arc<Yardstick>>,
}

/// A change of what is stored.
#[derive(Debug, Default)]
pub struct Made {
    /// Measurements that go, whether they are in the fits or out.
    pub gone: HashSet<i64>,
    /// Timings that come.
    pub fresh: Vec<Timing>,
}

/// What a change makes of the standings.
#[derive(Debug, Default)]
pub struct Judgement {
    /// Measurements that are out from now on, or for another reason, with the reason.
    pub doubted: Vec<(i64, String)>,
    /// Measurements that were out and are in from now on.
    pub cleared: Vec<i64>,
    /// Those that leave the fits without going.
    pub left: HashSet<i64>,
    /// Units that were mistaken in what comes.
    pub units: Vec<UnitNote>,
    yardsticks: Vec<(Key, Option<Arc<Yardstick>>)>,
}

impl Judge {
    /// Notes that the timings of stored measurements are out, and why.
    pub fn put_out(&mut self, timings: impl IntoIterator<Item = (Timing, String)>) {
        let mut by_key: BTreeMap<Key, Vec<(Group, Sample)>> = BTreeMap::new();
        for (timing, reason) in timings {
            let key = (timing.platform, timing.mode);
            let own = self.all.entry(key.clone()).or_default();
            own.reasons.insert(timing.sample.row, reason);
            let samples = by_key.entry(key).or_default();
            samples.push((timing.group, timing.sample));
        }
        for (key, samples) in by_key {
            self.all.entry(key).or_default().out.add(samples);
        }
    }

    /// The timings of those of the measurements `rows` that are out.
    #[must_use]
    pub fn timings(&self, rows: &[i64]) -> Vec<Timing> {
        let rows: HashSet<i64> = rows.iter().copied().collect();
        if rows.is_empty() {
            return Vec::new();
        }
        let all = self.all.iter().flat_map(|(key, own)| of(key, &own.out));
        all.filter(|timing| rows.contains(&timing.sample.row))
            .collect()
    }

    /// The same that only weighs, and has noted no timing.
    #[must_use]
    pub fn weigher(&self) -> Self {
        let weigher = |own: &Verdicts| Verdicts {
            weighed: own.weighed.clone(),
            ..Verdicts::default()
        };
        let all = self.all.iter();
        Self {
            all: all.map(|(key, own)| (key.clone(), weigher(own))).collect(),
        }
    }

    /// Forgets what is out of the fits of one platform and mode.
    pub fn forget(&mut self, key: &(PlatformId, Mode)) {
        self.all.remove(key);
    }

    /// Puts what is out by `other` beside.
    pub fn put_all(&mut self, other: Self) {
        self.all.extend(other.all);
    }

    /// What `made` makes of the standings, beside `timings`, which are in the fits.
    #[must_use]
    pub fn judge(
        &self,
        platforms: &BTreeMap<PlatformId, Platform>,
        timings: &Timings,
        made: &Made,
    ) -> Judgement {
        let mut fresh: BTreeMap<Key, Vec<&Timing>> = BTreeMap::new();
        let gone = &made.gone;
        for timing in &made.fresh {
            let key = (timing.platform.clone(), timing.mode);
            fresh.entry(key).or_default().push(timing);
        }
        let mut keys: BTreeSet<&Key> = fresh.keys().collect();
        if !gone.is_empty() {
            let loses = |set: &TrainingSet| set.has_any(gone);
            keys.extend(timings.sets().filter(|(_, set)| loses(set)).map(|(k, _)| k));
            let out = self.all.iter().filter(|(_, own)| loses(&own.out));
            keys.extend(out.map(|(key, _)| key));
        }
        let mut judgement = Judgement::default();
        let (nothing, unjudged) = (TrainingSet::default(), Verdicts::default());
        for key in keys {
            let Some(platform) = platforms.get(&key.0) else {
                continue;
            };
            let case = Case {
                verdicts: self.all.get(key).unwrap_or(&unjudged),
                inside: timings.set(key).unwrap_or(&nothing),
                fresh: fresh.get(key).map_or(&[][..], Vec::as_slice),
                gone,
            };
            let yardstick = case.yardstick(platform, key.1);
            case.judge(yardstick.as_deref(), &mut judgement);
            let note = yardstick.as_deref().and_then(|by| case.note(by, platform));
            judgement.units.extend(note);
            judgement.yardsticks.push((key.clone(), yardstick));
        }
        judgement
    }

    /// Makes the change, once it is stored: moves timings between `timings` and what is out.
    pub fn make(&mut self, judgement: Judgement, timings: &mut Timings, made: Made) {
        let Made { gone, fresh } = made;
        for (key, yardstick) in judgement.yardsticks {
            self.all.entry(key).or_default().judged = yardstick;
        }
        let cleared = judgement.cleared;
        let doubted: BTreeMap<i64, String> = judgement.doubted.into_iter().collect();
        let come = self.timings(&cleared);
        let cleared: HashSet<i64> = cleared.into_iter().collect();
        for own in self.all.values_mut() {
            own.out.remove(&cleared);
            own.out.remove(&gone);
            own.reasons
                .retain(|row, _| !cleared.contains(row) && !gone.contains(row));
        }
        let left: Vec<Timing> = if judgement.left.is_empty() {
            Vec::new()
        } else {
            let all = timings.sets().flat_map(|(key, set)| of(key, set));
            all.filter(|timing| judgement.left.contains(&timing.sample.row))
                .collect()
        };
        timings.remove(&gone);
        timings.remove(&judgement.left);
        let (out, inside): (Vec<Timing>, Vec<Timing>) = fresh
            .into_iter()
            .partition(|timing| doubted.contains_key(&timing.sample.row));
        for own in self.all.values_mut() {
            for (row, reason) in &mut own.reasons {
                if let Some(new) = doubted.get(row) {
                    reason.clone_from(new);
                }
            }
        }
        let reason = |timing: Timing| {
            let reason = doubted.get(&timing.sample.row).cloned();
            (timing, reason.unwrap_or_default())
        };
        self.put_out(left.into_iter().chain(out).map(reason));
        timings.add(inside.into_iter().chain(come));
    }

    /// Weighs the timings that are in the fits, each platform's by themselves.
    pub fn weigh(&mut self, platforms: &BTreeMap<PlatformId, Platform>, timings: &mut Timings) {
        for (key, set) in timings.sets_mut() {
            let Some(platform) = platforms.get(&key.0) else {
                continue;
            };
            let weighed = &mut self.all.entry(key.clone()).or_default().weighed;
            let mut basis = Basis::of(set.len());
            let part = set.part(|sample| basis.takes(sample));
            let same = weighed.as_ref().is_some_and(|by| by.basis() == basis);
            if !same {
                *weighed = Yardstick::new(platform, key.1, &part, basis).map(Arc::new);
            }
            if let Some(by) = weighed {
                set.weigh(!same, |group, sample| by.weight(group, sample));
            }
        }
    }
}

/// Weighs the timings of one platform and mode.
pub fn weigh(platform: &Platform, mode: Mode, set: &mut TrainingSet) {
    let mut basis = Basis::of(set.len());
    let part = set.part(|sample| basis.takes(sample));
    if let Some(by) = Yardstick::new(platform, mode, &part, basis) {
        set.weigh(true, |group, sample| by.weight(group, sample));
    }
}

/// All that a judgement of one platform and mode looks at.
struct Case<'a> {
    verdicts: &'a Verdicts,
    inside: &'a TrainingSet,
    fresh: &'a [&'a Timing],
    gone: &'a HashSet<i64>,
}

impl Case<'_> {
    fn stays(&self, sample: &Sample) -> bool {
        !self.gone.contains(&sample.row)
    }

    /// What the timings that will be there, in or out, make.
    fn yardstick(&self, platform: &Platform, mode: Mode) -> Option<Arc<Yardstick>> {
        let old = [self.inside, &self.verdicts.out];
        let leaving = if self.gone.is_empty() {
            0
        } else {
            let samples = old.into_iter().flat_map(TrainingSet::samples);
            samples.filter(|(_, sample)| !self.stays(sample)).count()
        };
        let stored: usize = old.into_iter().map(TrainingSet::len).sum();
        let mut basis = Basis::of(stored - leaving + self.fresh.len());
        let mut part = TrainingSet::default();
        for set in old {
            part.join(&set.part(|sample| self.stays(sample) && basis.takes(sample)));
        }
        let fresh = self
            .fresh
            .iter()
            .filter(|timing| basis.takes(&timing.sample));
        part.add(fresh.map(|timing| (timing.group.clone(), timing.sample)));
        let known = self.verdicts.judged.as_ref();
        match known.filter(|known| known.basis() == basis) {
            Some(same) => Some(Arc::clone(same)),
            None => Yardstick::new(platform, mode, &part, basis).map(Arc::new),
        }
    }

    /// What units were mistaken in the timings that come.
    fn note(&self, by: &Yardstick, platform: &Platform) -> Option<UnitNote> {
        let mut doctor = Doctor::default();
        for timing in self.fresh {
            if let Some(off) = by.off(&timing.group, &timing.sample) {
                let batch = timing.sample.images(platform.device_count);
                doctor.look(off, Sizes::new(platform.device_count, batch));
            }
        }
        doctor.note(&platform.id)
    }

    fn judge(&self, by: Option<&Yardstick>, judgement: &mut Judgement) {
        let reason = |group: &Group, sample: &Sample| {
            by.filter(|_| !sample.is_vouched())
                .and_then(|by| doubt(by.off(group, sample)?))
        };
        for timing in self.fresh {
            if let Some(reason) = reason(&timing.group, &timing.sample) {
                judgement.doubted.push((timing.sample.row, reason));
            }
        }
        let same = self
            .verdicts
            .judged
            .as_deref()
            .is_some_and(|known| by.is_some_and(|by| std::ptr::eq(known, by)));
        if same {
            return;
        }
        for (group, sample) in self.inside.samples().filter(|(_, s)| self.stays(s)) {
            if let Some(reason) = reason(group, sample) {
                judgement.left.insert(sample.row);
                judgement.doubted.push((sample.row, reason));
            }
        }
        for (group, sample) in self.verdicts.out.samples().filter(|(_, s)| self.stays(s)) {
            match reason(group, sample) {
                None => judgement.cleared.push(sample.row),
                Some(reason) => {
                    if self.verdicts.reasons.get(&sample.row) != Some(&reason) {
                        judgement.doubted.push((sample.row, reason));
                    }
                }
            }
        }
    }
}

/// The timings of `set`.
fn of<'a>(key: &'a Key, set: &'a TrainingSet) -> impl Iterator<Item = Timing> + 'a {
    set.samples().map(|(group, sample)| Timing {
        platform: key.0.clone(),
        mode: key.1,
        group: group.clone(),
        sample: *sample,
    })
}

/// Why a timing that is so far off is out, where it is.
fn doubt(off: Off) -> Option<String> {
    let (factor, sigmas) = if off.log > 0.0 {
        (LONG, LONG_SIGMAS)
    } else {
        (SHORT, SHORT_SIGMAS)
    };
    let far = off.log.abs() > f64::ln(factor).max(sigmas * off.spread);
    (far || !off.possible).then(|| reason(off))
}

fn reason(off: Off) -> String {
    let factor = off.log.abs().exp();
    let digits = usize::from(factor < 10.0);
    let than = if off.log > 0.0 { "longer" } else { "shorter" };
    let impossible = if off.possible {
        ""
    } else {
        ", and than such a device can take"
    };
    format!(
        "{factor:.digits$}x {than} than this platform's other timings and those of the same nets elsewhere let \
         expect{impossible}{}",
        unit_slip(off.log)
    )
}

/// A slip of the unit that would explain `off`, a natural log.
fn unit_slip(off: f64) -> &'static str {
    let near = |factor: f64| (off - factor.ln()).abs() < 0.4;
    if near(1000.0) {
        ": milliseconds given as seconds?"
    } else if near(1.0 / 1000.0) {
        ": seconds given as milliseconds?"
    } else if near(60.0) {
        ": seconds given as minutes, or a step as an epoch?"
    } else if near(1.0 / 60.0) {
        ": minutes given as seconds?"
    } else {
        ""
    }
}

//! A training set: the timings of one platform in one mode, by group, checked and in an order of their own, so that the
//! order in which they were sent changes no bit of a fit.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::features::{Architecture, Features};
use crate::net::Group;
use crate::timing::data::identity::{digest, identity};
use crate::timing::data::measurement::Measurement;
use crate::timing::data::platform::Mode;
use crate::units::{to_f64, truncated};

/// τ: milliseconds that the host needs to launch a convolution, with its norm and activation function, or a
/// squeeze-excitation. How it was found and on which GPUs and nets it was tested: `docs/accuracy.md`.
#[must_use]
pub const fn launch_ms(mode: Mode) -> f64 {
    match mode {
        Mode::Train => 0.6,
        Mode::Infer => 0.18,
    }
}

/// Least share of the square of a time that is believed to be the device's own, however long launching took.
const LEAST_BUSY: f64 = 0.1;

/// One timing, as a regression sees it: 128 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// What is known of the net.
    pub features: Features,
    /// Milliseconds for one image on one device, positive and finite.
    pub ms: f64,
    /// Relative standard deviation of the step time, 0 where it was not given.
    pub noise: f64,
    /// Images in a step of one device, 0 where that was not given.
    pub batch: f64,
    /// Milliseconds for an image that the host needs to launch the layers, 0 where layers or batch are not known.
    pub launching_ms: f64,
    /// Which net it is, whatever its resolution: samples of the same net leave a training set together.
    pub net: Architecture,
    /// The measurement's id.
    pub row: i64,
    /// Orders samples of one net, and tells repeats apart.
    pub identity: u64,
    /// How much it is believed, from 0 to 1; negative: nobody has asked, and it is believed; more than 1: a person vouches for it.
    pub weight: f64,
}

/// The weight of a sample that was not weighed.
const UNWEIGHED: f64 = -1.0;
/// The weight of one that a person vouches for.
const VOUCHED: f64 = 2.0;

impl Sample {
    /// The sample that `measurement`, of id `row`, gives on `devices` devices.
    #[must_use]
    pub fn new(row: i64, measurement: &Measurement, devices: u32) -> Self {
        let features = Features::new(&measurement.subject).called(measurement.label.as_deref());
        let mut identity = identity(measurement) ^ digest(measurement.group.as_str().as_bytes());
        if let Some(noise) = measurement.raw.noise {
            identity ^= digest(&noise.to_bits().to_be_bytes());
        }
        let batch = measurement.batch_size.map_or(0.0, to_f64) / f64::from(devices);
        let launches = features
            .layers
            .map_or(0.0, |sums| f64::from(sums.launches.get()));
        Self {
            features,
            ms: 1e3 * f64::from(devices) * measurement.time.seconds_per_image(),
            noise: measurement.raw.noise.unwrap_or(0.0),
            batch,
            launching_ms: if batch > 0.0 {
                launch_ms(measurement.mode) * launches / batch
            } else {
                0.0
            },
            net: features
                .architecture
                .unwrap_or_else(|| Architecture::of_costs(&measurement.complexity())),
            row,
            identity: u64::try_from(identity >> 64).unwrap_or_default(),
            weight: UNWEIGHED,
        }
    }

    /// How much it is believed, from 0 to 1: all of it, unless it was weighed.
    #[must_use]
    pub fn weight(&self) -> f64 {
        if self.weight < 0.0 {
            1.0
        } else {
            self.weight.min(1.0)
        }
    }

    /// The same, for which a person vouches: it is believed, whatever the others let expect.
    #[must_use]
    pub fn vouched(self) -> Self {
        Self {
            weight: VOUCHED,
            ..self
        }
    }

    /// Whether a person vouches for it.
    #[must_use]
    pub fn is_vouched(&self) -> bool {
        self.weight > 1.0
    }

    /// What it adds to the fingerprint of its set: a fit in which it weighs all is another than one in which it is judged.
    fn mark(&self) -> u64 {
        if self.is_vouched() {
            self.identity.rotate_left(1) ^ 1
        } else {
            self.identity
        }
    }

    /// Images in a step of all `devices`, where that is known.
    #[must_use]
    pub fn images(&self, devices: u32) -> Option<u64> {
        let images = (self.batch * f64::from(devices)).round_ties_even();
        (images > 0.0).then(|| truncated(images))
    }

    /// Share of the square of the time that is the device's own work: with launching beside it, t² = busy² + launching².
    /// It is what the timing weighs in a fit of that work.
    #[must_use]
    pub fn busy_share(&self) -> f64 {
        (1.0 - (self.launching_ms / self.ms).powi(2)).max(LEAST_BUSY)
    }

    /// Milliseconds for an image that the device works: what it takes in a large batch.
    #[must_use]
    pub fn busy_ms(&self) -> f64 {
        self.ms * self.busy_share().sqrt()
    }

    /// Milliseconds for an image in the batch of this timing, where the device works `busy_ms`.
    #[must_use]
    pub fn in_its_batch(&self, busy_ms: f64) -> f64 {
        busy_ms.hypot(self.launching_ms)
    }

    fn order(&self) -> (Architecture, u64, i64) {
        (self.net, self.identity, self.row)
    }
}

/// Timings of one platform in one mode.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TrainingSet {
    groups: BTreeMap<Group, Arc<Vec<Sample>>>,
    len: usize,
    /// Sum of the identities: the same for the same samples, and cheap to keep.
    fingerprint: u64,
    /// Sum of the measurements' ids.
    rows: i64,
}

impl TrainingSet {
    /// Adds samples. Those of one net stand together, ordered by identity.
    pub fn add(&mut self, samples: impl IntoIterator<Item = (Group, Sample)>) {
        let mut touched: BTreeMap<Group, Vec<Sample>> = BTreeMap::new();
        for (group, sample) in samples {
            self.len += 1;
            self.fingerprint = self.fingerprint.wrapping_add(sample.mark());
            self.rows = self.rows.wrapping_add(sample.row);
            touched.entry(group).or_default().push(sample);
        }
        for (group, more) in touched {
            merge(Arc::make_mut(self.groups.entry(group).or_default()), more);
        }
    }

    /// Removes the samples of the measurements `rows`; says whether there was one.
    pub fn remove(&mut self, rows: &HashSet<i64>) -> bool {
        let before = self.len;
        for samples in self.groups.values_mut() {
            if !samples.iter().any(|sample| rows.contains(&sample.row)) {
                continue;
            }
            for sample in samples.iter().filter(|sample| rows.contains(&sample.row)) {
                self.len -= 1;
                self.fingerprint = self.fingerprint.wrapping_sub(sample.mark());
                self.rows = self.rows.wrapping_sub(sample.row);
            }
            Arc::make_mut(samples).retain(|sample| !rows.contains(&sample.row));
        }
        self.groups.retain(|_, samples| !samples.is_empty());
        self.len < before
    }

    /// Adds all samples of `other`.
    pub fn join(&mut self, other: &Self) {
        self.add(
            other
                .samples()
                .map(|(group, sample)| (group.clone(), *sample)),
        );
    }

    /// The samples for which `keep` holds.
    #[must_use]
    pub fn part(&self, mut keep: impl FnMut(&Sample) -> bool) -> Self {
        let mut part = Self::default();
        for (group, samples) in &self.groups {
            let kept: Vec<Sample> = samples
                .iter()
                .filter(|sample| keep(sample))
                .copied()
                .collect();
            part.add(kept.into_iter().map(|sample| (group.clone(), sample)));
        }
        part
    }

    /// The samples with their groups.
    pub fn samples(&self) -> impl Iterator<Item = (&Group, &Sample)> {
        let groups = self.groups.iter();
        groups.flat_map(|(group, samples)| samples.iter().map(move |sample| (group, sample)))
    }

    /// Whether a sample is of one of the measurements `rows`.
    #[must_use]
    pub fn has_any(&self, rows: &HashSet<i64>) -> bool {
        self.samples().any(|(_, sample)| rows.contains(&sample.row))
    }

    /// Lets samples weigh what `weight` says: all of them `anew`, or those that were not weighed yet.
    pub fn weigh(&mut self, anew: bool, weight: impl Fn(&Group, &Sample) -> f64) {
        for (group, samples) in &mut self.groups {
            let due = |sample: &Sample| !sample.is_vouched() && (anew || sample.weight < 0.0);
            let weights: Vec<(usize, f64)> = samples
                .iter()
                .enumerate()
                .filter(|(_, sample)| due(sample))
                .map(|(place, sample)| (place, weight(group, sample)))
                .filter(|(place, weight)| samples[*place].weight.to_bits() != weight.to_bits())
                .collect();
            if weights.is_empty() {
                continue;
            }
            let samples = Arc::make_mut(samples);
            for (place, weight) in weights {
                samples[place].weight = weight;
            }
        }
    }

    /// How many samples are hardly believed: they weigh less than half.
    #[must_use]
    pub fn doubted(&self) -> usize {
        let doubted = self.samples().filter(|(_, sample)| sample.weight() < 0.5);
        doubted.count()
    }

    /// The groups with their samples, by name.
    pub fn groups(&self) -> impl Iterator<Item = (&Group, &[Sample])> {
        let slices = self.groups.iter();
        slices.map(|(group, samples)| (group, samples.as_slice()))
    }

    /// About `most` of the samples, whole nets of every group; all where there are no more.
    #[must_use]
    pub fn thinned(&self, most: usize) -> Self {
        let every = self.len.div_ceil(most.max(1));
        if every <= 1 {
            return self.clone();
        }
        let mut thin = Self::default();
        for (group, samples) in &self.groups {
            let nets = samples.chunk_by(|a, b| a.net == b.net).step_by(every);
            thin.add(nets.flatten().map(|sample| (group.clone(), *sample)));
        }
        thin
    }

    /// Images in a step of one device, as most timings have it: the median of those that say it.
    #[must_use]
    pub fn usual_batch(&self) -> Option<f64> {
        let samples = self.groups.values().flat_map(|samples| samples.iter());
        let known = samples.map(|sample| sample.batch);
        let mut known: Vec<f64> = known.filter(|batch| *batch > 0.0).collect();
        known.sort_by(f64::total_cmp);
        known.get(known.len() / 2).copied()
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many samples of how many groups, and which.
    #[must_use]
    pub fn tally(&self) -> Tally {
        Tally {
            timings: self.len,
            groups: self.groups.len(),
            fingerprint: self.fingerprint,
            rows: self.rows,
        }
    }

    /// The same once the samples of the measurements `gone` are removed, and `more` are added.
    #[must_use]
    pub fn tally_after(&self, gone: &HashSet<i64>, more: &More) -> Tally {
        let mut tally = self.tally();
        let new = more.groups.iter();
        tally.groups += new.filter(|g| !self.groups.contains_key(g)).count();
        tally.timings += more.timings;
        tally.fingerprint = tally.fingerprint.wrapping_add(more.fingerprint);
        tally.rows = tally.rows.wrapping_add(more.rows);
        if gone.is_empty() {
            return tally;
        }
        for (group, samples) in &self.groups {
            let leaving = samples.iter().filter(|sample| gone.contains(&sample.row));
            let mut left = samples.len();
            for sample in leaving {
                left -= 1;
                tally.timings -= 1;
                tally.fingerprint = tally.fingerprint.wrapping_sub(sample.mark());
                tally.rows = tally.rows.wrapping_sub(sample.row);
            }
            tally.groups -= usize::from(left == 0 && !more.groups.contains(group));
        }
        tally
    }
}

/// Timings, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many.
    pub timings: usize,
    /// Of how many groups.
    pub groups: usize,
    /// The same for the same timings, in whatever order.
    pub fingerprint: u64,
    /// Sum of the ids of their measurements, which are evidence but no part of a name.
    pub rows: i64,
}

/// Samples on their way into a training set, summed up.
#[derive(Debug, Default)]
pub struct More<'a> {
    timings: usize,
    groups: BTreeSet<&'a Group>,
    fingerprint: u64,
    rows: i64,
}

impl<'a> More<'a> {
    /// Counts one of `group` too.
    pub fn add(&mut self, group: &'a Group, sample: &Sample) {
        self.timings += 1;
        self.groups.insert(group);
        self.fingerprint = self.fingerprint.wrapping_add(sample.mark());
        self.rows = self.rows.wrapping_add(sample.row);
    }
}

/// Puts `more` into their places among `samples`, from the last on, so that nothing is copied twice.
fn merge(samples: &mut Vec<Sample>, mut more: Vec<Sample>) {
    more.sort_unstable_by_key(Sample::order);
    let mut left = samples.len();
    // Exact, since a million samples that double are 100 MB too many.
    samples.reserve_exact(more.len());
    samples.extend_from_slice(&more);
    let mut place = samples.len();
    while let Some(next) = more.last() {
        place -= 1;
        if left > 0 && samples[left - 1].order() > next.order() {
            left -= 1;
            samples[place] = samples[left];
        } else {
            samples[place] = *next;
            more.pop();
        }
    }
}

/// Samples of a training set that a fit looks at, by group; no group is empty.
#[derive(Clone, Debug)]
pub struct Rows<'a>(Vec<(&'a Group, Vec<&'a Sample>)>);

impl<'a> Rows<'a> {
    /// Those of `set` that are believed at all; where none is, all.
    #[must_use]
    pub fn all(set: &'a TrainingSet) -> Self {
        let some = set.samples().any(|(_, sample)| sample.weight() > 0.0);
        let kept = |sample: &&Sample| !some || sample.weight() > 0.0;
        let groups = set.groups();
        let groups = groups.map(|(group, samples)| (group, samples.iter().filter(kept).collect()));
        Self(
            groups
                .filter(|(_, samples): &(_, Vec<_>)| !samples.is_empty())
                .collect(),
        )
    }

    /// Those for which `keep` holds.
    #[must_use]
    pub fn keep(&self, keep: impl Fn(&Group, &Sample) -> bool) -> Self {
        let kept = self.0.iter().map(|(group, samples)| {
            let samples = samples.iter().filter(|sample| keep(group, sample));
            (*group, samples.copied().collect::<Vec<_>>())
        });
        Self(kept.filter(|(_, samples)| !samples.is_empty()).collect())
    }

    /// The groups with their samples.
    #[must_use]
    pub fn groups(&self) -> &[(&'a Group, Vec<&'a Sample>)] {
        &self.0
    }

    /// The samples with their groups.
    pub fn samples(&self) -> impl Iterator<Item = (&'a Group, &'a Sample)> + Clone {
        let groups = self.0.iter();
        groups.flat_map(|(group, samples)| samples.iter().map(|sample| (*group, *sample)))
    }

    /// The nets whose timings say how much they vary, in order, each with the mean of that.
    pub(in crate::timing) fn noises(&self) -> Vec<(Architecture, f64)> {
        let noisy = self.samples().map(|(_, sample)| (sample.net, sample.noise));
        let mut noisy: Vec<_> = noisy.filter(|(_, noise)| *noise > 0.0).collect();
        noisy.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let nets = noisy.chunk_by(|a, b| a.0 == b.0).map(|same| {
            let (n, sum) = same
                .iter()
                .fold((0.0, 0.0), |(n, sum), (_, noise)| (n + 1.0, sum + noise));
            (same[0].0, sum / n)
        });
        nets.collect()
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|(_, samples)| samples.len()).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

//! A training set: the timings of one platform in one mode, checked and in an order of their own, so that the order in
//! which they were sent changes no bit of a fit.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::features::Features;
use super::measurement::Measurement;
use crate::net::{Complexity, Group, Side, Subject};

/// One timing, as a regression sees it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What is known of the net.
    pub features: Features,
    /// Milliseconds for one image on one device, positive and finite.
    pub ms: f64,
    /// Position of its group in [`TrainingSet::groups`].
    pub group: usize,
    /// Which net it is: samples of the same net leave a training set together.
    pub net: NetKey,
    /// What the measurer calls the net.
    pub label: Option<Arc<str>>,
    /// Orders the samples, and tells repeats apart.
    identity: u128,
}

/// Equal for equal nets, whatever they are called: a hash of the full description, or of the costs and resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetKey(u128);

impl NetKey {
    /// The key of `subject`.
    #[must_use]
    pub fn of(subject: &Subject) -> Self {
        match subject {
            Subject::Net { net, .. } => Self(digest(net.description_text().as_bytes())),
            Subject::Costs {
                side, complexity, ..
            } => Self::of_costs(complexity, *side),
        }
    }

    fn of_costs(costs: &Complexity, side: Option<Side>) -> Self {
        let Complexity {
            flops,
            params,
            acts,
        } = costs;
        let text = format!(
            "{}|{}|{}|{}",
            flops.get(),
            params.get(),
            acts.get(),
            side.map_or(0, Side::get)
        );
        Self(digest(text.as_bytes()))
    }
}

/// The first half of a SHA-256.
#[must_use]
pub fn digest(bytes: &[u8]) -> u128 {
    let hash = Sha256::digest(bytes);
    hash.iter()
        .take(16)
        .fold(0, |sum, byte| sum << 8 | u128::from(*byte))
}

/// Identity of a timing: two with the same are the same row sent twice.
///
/// Platform, mode, label, net (or costs), resolution, batch size and time.
#[must_use]
pub fn identity(row: &Measurement) -> u128 {
    let text = format!(
        "{}|{}|{}|{:x}|{}|{}|{:x}",
        row.platform,
        row.mode,
        row.label.as_deref().unwrap_or_default(),
        NetKey::of(&row.subject).0,
        row.subject.side().map_or(0, Side::get),
        row.batch_size.unwrap_or(0),
        row.time.seconds_per_image().to_bits(),
    );
    digest(text.as_bytes())
}

/// Timings of one platform in one mode, ready to be fitted.
#[derive(Clone, Debug, Default)]
pub struct TrainingSet {
    samples: Vec<Sample>,
    groups: Vec<Group>,
}

impl TrainingSet {
    /// The samples, in their own order.
    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// The groups, by name.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Position of `group`, where it has a sample.
    #[must_use]
    pub fn position(&self, group: &Group) -> Option<usize> {
        self.groups.binary_search(group).ok()
    }

    /// The set of `rows`, timed on `devices` devices.
    #[must_use]
    pub fn new<'a>(rows: impl IntoIterator<Item = &'a Measurement>, devices: u32) -> Self {
        let rows: Vec<&Measurement> = rows.into_iter().collect();
        let mut groups: Vec<Group> = rows.iter().map(|row| row.group.clone()).collect();
        groups.sort();
        groups.dedup();
        let sample = |row: &&Measurement| Sample {
            features: Features::new(&row.complexity()),
            ms: 1e3 * f64::from(devices) * row.time.seconds_per_image(),
            group: groups.binary_search(&row.group).unwrap_or_default(),
            net: NetKey::of(&row.subject),
            label: row.label.as_deref().map(Arc::from),
            identity: identity(row),
        };
        let mut samples: Vec<Sample> = rows.iter().map(sample).collect();
        samples.sort_by_key(|sample| sample.identity);
        Self { samples, groups }
    }

    /// The samples for which `keep` holds; the groups stay.
    #[must_use]
    pub fn filtered(&self, mut keep: impl FnMut(&Sample) -> bool) -> Self {
        let samples = self
            .samples
            .iter()
            .filter(|sample| keep(sample))
            .cloned()
            .collect();
        Self {
            samples,
            groups: self.groups.clone(),
        }
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// A word that is the same for the same samples, whatever their order was.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for sample in &self.samples {
            hash.update(sample.identity.to_be_bytes());
            hash.update(self.groups[sample.group].as_str());
        }
        let hash = hash.finalize();
        hash.iter()
            .take(5)
            .fold(String::new(), |word, byte| format!("{word}{byte:02x}"))
    }
}

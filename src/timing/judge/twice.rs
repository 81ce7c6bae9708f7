//! Flops that were counted twice: tools differ in whether a multiplication with its addition is one operation or two.
//!
//! A net that is given by its own costs and labelled as one that has a name is held against that. Its times say nothing of it.

use std::collections::{BTreeMap, HashMap};

use super::doctor::{MOST, UnitNote};
use crate::net::names::zoo::{Entry, Zoo};
use crate::net::{Complexity, Side};
use crate::timing::data::measurement::Measurement;
use crate::timing::data::platform::PlatformId;
use crate::timing::data::slip::Slip;

/// Ratio of such flops to ours: tools also differ in what else they count.
const TWICE: [f64; 2] = [1.85, 2.15];
/// How far the params may be from ours, as a ratio: another net has others.
const SAME: [f64; 2] = [0.97, 1.03];

/// Rows of an upload, as they are read.
#[derive(Debug, Default)]
pub struct Twice {
    /// Of nets that were looked up, by name and side.
    costs: HashMap<(&'static str, Option<Side>), Option<Complexity>>,
    counts: BTreeMap<PlatformId, Counts>,
}

/// Rows of one platform.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    /// Of a named net, by its own costs.
    named: usize,
    /// Of those, with flops counted twice.
    twice: usize,
}

impl Twice {
    /// Looks at a row.
    pub fn look(&mut self, row: &Measurement) {
        let (Some(sent), Some(label)) = (&row.raw.complexity, &row.label) else {
            return;
        };
        let Some(entry) = Zoo::built_in().find(label) else {
            return;
        };
        let side = row.subject.side();
        let ours = self.costs.entry((entry.name(), side));
        let Some(ours) = *ours.or_insert_with(|| costs(entry, side)) else {
            return;
        };
        if !within(sent.params / ours.params.as_f64(), SAME) {
            return;
        }
        let counts = self.counts.entry(row.platform.clone()).or_default();
        counts.named += 1;
        counts.twice += usize::from(within(sent.flops / ours.flops.as_f64(), TWICE));
    }

    /// What most of them look like.
    #[must_use]
    pub fn notes(self) -> Vec<UnitNote> {
        let count = |rows: usize| f64::from(u32::try_from(rows).unwrap_or(u32::MAX));
        let most = |counts: &Counts| count(counts.twice) >= MOST * count(counts.named);
        let counts = self.counts.into_iter();
        let counts = counts.filter(|(_, counts)| counts.twice > 0 && most(counts));
        let notes = counts.map(|(platform, counts)| UnitNote {
            platform,
            slip: Slip::FlopsTwice,
            rows: counts.twice,
        });
        notes.collect()
    }
}

fn within(ratio: f64, [least, most]: [f64; 2]) -> bool {
    (least..=most).contains(&ratio)
}

/// What a net costs at `side`, or at its own resolution; `None` where that is not known without counting a graph anew.
fn costs(entry: &Entry, side: Option<Side>) -> Option<Complexity> {
    match entry {
        Entry::Net { .. } => Some(entry.subject(side).ok()?.complexity()),
        Entry::Published(net) => {
            let known = net.costs();
            let mut own = known.iter();
            let found = match side {
                Some(side) => own.find(|(known, _)| *known == side),
                None => own.next(),
            };
            found.map(|(_, costs)| *costs)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// What is said of rows labelled so, with these costs.
    fn notes(rows: &[(&str, f64, f64)]) -> Vec<UnitNote> {
        let mut twice = Twice::default();
        for (label, flops, params) in rows {
            let raw = json!({"platform": "mine", "mode": "train", "label": label, "images_per_second": 100.0,
                "complexity": {"flops": flops, "params": params, "acts": 1.1e7}});
            let raw: crate::timing::data::measurement::RawMeasurement =
                serde_json::from_value(raw).unwrap();
            twice.look(&raw.try_into().unwrap());
        }
        twice.notes()
    }

    #[test]
    fn flops_that_are_twice_those_of_the_named_net_are_told() {
        let found = notes(&[("resnet50", 8.2e9, 25.6e6), ("a net of mine", 1e9, 1e6)]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].slip, found[0].rows), (Slip::FlopsTwice, 1));
        assert!(found[0].told().ends_with("?units=flops_twice"));
    }

    #[test]
    fn another_net_of_that_name_and_right_counts_are_no_slip() {
        assert_eq!(notes(&[("resnet50", 4.1e9, 25.6e6)]), []);
        assert_eq!(notes(&[("resnet50", 8.2e9, 44.5e6)]), []);
        let mixed = ["resnet50", "resnet50", "resnet50"].map(|name| (name, 4.1e9, 25.6e6));
        let mut mixed = mixed.to_vec();
        mixed.push(("resnet50", 8.2e9, 25.6e6));
        assert_eq!(notes(&mixed), []);
    }
}

//! Counts that are not those of the net that a row names.
//!
//! A net that is given by its own costs and labelled as one that has a name is held against that. Its times say nothing of it.
//! Flops may be counted twice: tools differ in whether a multiplication with its addition is one operation or two.

use std::collections::{BTreeMap, HashMap};

use super::doctor::{MOST, UnitNote};
use super::no_group::{GroupNote, NoGroup};
use crate::net::complexity::RawComplexity;
use crate::net::names::zoo::{Entry, Zoo};
use crate::net::{Complexity, Side};
use crate::timing::data::measurement::Measurement;
use crate::timing::data::platform::PlatformId;
use crate::timing::data::slip::Slip;
use crate::units::quantity::{count, digits};
use crate::units::{to_f64, to_u64};

/// Ratio of such flops to ours: tools also differ in what else they count.
const TWICE: [f64; 2] = [1.85, 2.15];
/// How far the params may be from ours, as a ratio: another net has others.
const SAME: [f64; 2] = [0.97, 1.03];

/// How far counts may be from ours, as a ratio, where they are to be those of the named net. `RepVGG` with fused branches is a
/// tenth off, and is still that net; docs/timings.md has what is told of published rows.
const OURS: [f64; 2] = [1.0 / 1.15, 1.15];
/// The same of acts: tools differ in which layers they count.
const ACTS: [f64; 2] = [0.4, 2.5];
/// Nets that are told of in one answer.
const TOLD: usize = 20;

/// Rows with counts of their own, labelled as a net that has others.
#[derive(Clone, Debug, PartialEq)]
pub struct CountsNote {
    /// Their platform.
    pub platform: PlatformId,
    /// The net that their label names.
    pub net: &'static str,
    /// How many they are.
    pub rows: usize,
    /// The first of them: its line in the upload, from 1.
    pub line: u64,
    /// The counts of that row, as they were sent.
    pub sent: RawComplexity,
    /// What the net has.
    pub own: Complexity,
    /// At this side.
    pub side: Option<Side>,
    /// Whether the rows say their resolution.
    pub says_side: bool,
}

impl CountsNote {
    /// What to tell of them, and what to do.
    #[must_use]
    pub fn told(&self) -> String {
        let (rows, have) = match self.rows {
            1 => (format!("line {}", self.line), "has"),
            many => (format!("{many} rows from line {} on", self.line), "have"),
        };
        let Self {
            platform, net, own, ..
        } = self;
        let ratio = |sent: f64, own: u64| digits(sent / to_f64(own), 3);
        let (flops, params) = (
            ratio(self.sent.flops, own.flops.get()),
            ratio(self.sent.params, own.params.get()),
        );
        let acts = ratio(self.sent.acts, own.acts.get());
        let pixels = self.side.map(|side| format!(" at {} pixels", side.get()));
        let pixels = pixels.unwrap_or_default();
        let resolution = if self.says_side {
            ""
        } else {
            " with its resolution"
        };
        format!(
            "{rows} ({platform}), labelled {net}, {have} {flops} times its flops, {params} times its params and {acts} times its \
             acts: {net} has {} flops, {} params and {} acts{pixels}. Send `model` in place of `complexity`{resolution}, or label \
             another net otherwise",
            count(own.flops.as_f64()),
            count(own.params.as_f64()),
            count(own.acts.as_f64()),
        )
    }
}

/// Rows of an upload, as they are read.
#[derive(Debug, Default)]
pub struct Counted {
    /// Of nets that were looked up, by name and side: their side and costs.
    costs: HashMap<(&'static str, Option<Side>), Option<Known>>,
    twice: BTreeMap<PlatformId, Twice>,
    /// Rows that are not of their net, those with flops counted twice apart.
    others: BTreeMap<(PlatformId, &'static str, Option<u64>, bool), CountsNote>,
    /// Rows that are of their net, and in no group.
    no_group: NoGroup,
}

/// What a net costs.
#[derive(Clone, Copy, Debug)]
struct Known {
    side: Option<Side>,
    costs: Complexity,
}

/// Rows of one platform.
#[derive(Clone, Copy, Debug, Default)]
struct Twice {
    /// Of a named net, by its own costs.
    named: usize,
    /// Of those, with flops counted twice.
    twice: usize,
}

impl Counted {
    /// Looks at the row of a `line`.
    pub fn look(&mut self, line: u64, row: &Measurement) {
        let (Some(sent), Some(label)) = (row.raw.complexity, &row.label) else {
            return;
        };
        let Some(entry) = Zoo::built_in().find(label) else {
            return;
        };
        let said = row.subject.side();
        let known = self.costs.entry((entry.name(), said));
        let Some(Known { side, costs: own }) = *known.or_insert_with(|| costs(entry, said)) else {
            return;
        };
        let flops = sent.flops / own.flops.as_f64();
        let params = sent.params / own.params.as_f64();
        let mut is_twice = false;
        if within(params, SAME) {
            is_twice = within(flops, TWICE);
            let twice = self.twice.entry(row.platform.clone()).or_default();
            twice.named += 1;
            twice.twice += usize::from(is_twice);
        }
        let acts = sent.acts / own.acts.as_f64();
        if within(flops, OURS) && within(params, OURS) && within(acts, ACTS) {
            self.no_group.look(line, row, entry);
            return;
        }
        let pixels = said.map(|side| u64::from(side.get()));
        let key = (row.platform.clone(), entry.name(), pixels, is_twice);
        let note = self.others.entry(key).or_insert_with(|| CountsNote {
            platform: row.platform.clone(),
            net: entry.name(),
            rows: 0,
            line,
            sent,
            own,
            side,
            says_side: said.is_some(),
        });
        note.rows += 1;
    }

    /// The platforms on which most of them have flops that are counted twice.
    #[must_use]
    pub fn units(&self) -> Vec<UnitNote> {
        let count = |rows: usize| to_f64(to_u64(rows));
        let most = |twice: &Twice| count(twice.twice) >= MOST * count(twice.named);
        let all = self.twice.iter();
        let all = all.filter(|(_, twice)| twice.twice > 0 && most(twice));
        let notes = all.map(|(platform, twice)| UnitNote {
            platform: platform.clone(),
            slip: Slip::FlopsTwice,
            rows: twice.twice,
        });
        notes.collect()
    }

    /// Rows whose counts are not those of their net, the first nets; without those that [`Counted::units`] tells of.
    #[must_use]
    pub fn others(&self) -> Vec<CountsNote> {
        let units = self.units();
        let is_told = |platform: &PlatformId| units.iter().any(|unit| unit.platform == *platform);
        let others = self.others.iter();
        let others = others.filter(|((platform, .., twice), _)| !(*twice && is_told(platform)));
        let mut notes: Vec<CountsNote> = others.map(|(_, note)| note.clone()).collect();
        notes.sort_by_key(|note| note.line);
        notes.truncate(TOLD);
        notes
    }

    /// Rows with the counts of the net that their label names, which are in no group, the first groups.
    #[must_use]
    pub fn no_group(self) -> Vec<GroupNote> {
        let mut notes = self.no_group.notes();
        notes.truncate(TOLD);
        notes
    }
}

fn within(ratio: f64, [least, most]: [f64; 2]) -> bool {
    (least..=most).contains(&ratio)
}

/// What a net costs at `side`, or at its own resolution; `None` where that is not known without counting a graph anew.
fn costs(entry: &Entry, side: Option<Side>) -> Option<Known> {
    match entry {
        Entry::Net { .. } => {
            let subject = entry.subject(side).ok()?;
            Some(Known {
                side: subject.side(),
                costs: subject.complexity(),
            })
        }
        Entry::Published(net) => {
            let known = net.costs();
            let mut own = known.iter();
            let found = match side {
                Some(side) => own.find(|(known, _)| *known == side),
                None => own.next(),
            };
            found.map(|(side, costs)| Known {
                side: Some(*side),
                costs: *costs,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Rows labelled so, with these costs, looked at.
    fn looked(rows: &[(&str, f64, f64)]) -> Counted {
        let mut counted = Counted::default();
        for (line, (label, flops, params)) in (1..).zip(rows) {
            let raw = json!({"platform": "mine", "mode": "train", "label": label, "images_per_second": 100.0,
                "complexity": {"flops": flops, "params": params, "acts": 1.1e7}});
            let raw: crate::timing::data::measurement::RawMeasurement =
                serde_json::from_value(raw).unwrap();
            counted.look(line, &raw.try_into().unwrap());
        }
        counted
    }

    fn notes(rows: &[(&str, f64, f64)]) -> Vec<UnitNote> {
        looked(rows).units()
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

    #[test]
    fn counts_of_another_net_are_told_with_those_of_the_named_one() {
        let right = ("resnet50", 4.1e9, 25.6e6);
        assert_eq!(looked(&[right, ("a net of mine", 1.0, 1.0)]).others(), []);
        let found = looked(&[
            right,
            ("resnet50", 1.8e9, 11.7e6),
            ("resnet50", 1.8e9, 11.7e6),
        ]);
        let told: Vec<String> = found.others().iter().map(CountsNote::told).collect();
        assert_eq!(
            told,
            [
                "2 rows from line 2 on (mine), labelled ResNet-50, have 0.44 times its flops, 0.458 times its params and 0.972 times \
              its acts: ResNet-50 has 4.089 G flops, 25.56 M params and 11.32 M acts at 224 pixels. Send `model` in place of \
              `complexity` with its resolution, or label another net otherwise"
            ]
        );
    }

    #[test]
    fn flops_that_are_counted_twice_are_told_once() {
        let twice = ("resnet50", 8.2e9, 25.6e6);
        assert_eq!(looked(&[twice]).others(), []);
        // Among right ones they are no unit of the upload, but of these rows.
        let right = ("resnet50", 4.1e9, 25.6e6);
        let mixed = looked(&[right, right, right, twice]);
        assert_eq!((mixed.units().len(), mixed.others()[0].line), (0, 4));
    }
}

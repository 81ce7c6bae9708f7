//! Rows that could be in the timing group of the net that they name, and are in none: they give counts, and no `family`.

use std::collections::BTreeMap;

use crate::net::Group;
use crate::net::names::zoo::Entry;
use crate::timing::data::measurement::Measurement;
use crate::timing::data::platform::PlatformId;

/// Rows of one platform whose nets are of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupNote {
    /// Their platform.
    pub platform: PlatformId,
    /// The group that their nets are of.
    pub family: Group,
    /// The net that the label of the first names.
    pub net: &'static str,
    /// How many they are.
    pub rows: usize,
    /// The first of them: its line in the upload, from 1.
    pub line: u64,
}

impl GroupNote {
    /// What to tell of them, and what to do.
    #[must_use]
    pub fn told(&self) -> String {
        let Self {
            platform,
            family,
            net,
            rows,
            line,
        } = self;
        let (told, they) = match rows {
            1 => (
                format!("line {line} ({platform}), labelled {net}, gives"),
                "it is",
            ),
            many => (
                format!(
                    "{many} rows from line {line} on ({platform}), labelled {net} or its kin, give"
                ),
                "they are",
            ),
        };
        format!(
            "{told} counts and no `family`, so {they} in the group `{other}`. Send `family` as `{family}` too, or `model` in \
             place of `complexity`, and {they} in the group of that net",
            other = Group::OTHER
        )
    }
}

/// Such rows of an upload, as they are read.
#[derive(Debug, Default)]
pub(super) struct NoGroup(BTreeMap<(PlatformId, Group), GroupNote>);

impl NoGroup {
    /// Looks at the row of a `line`, which has the counts of `entry`.
    pub(super) fn look(&mut self, line: u64, row: &Measurement, entry: &'static Entry) {
        if row.raw.family.is_some() || row.group != Group::OTHER {
            return;
        }
        let Some(family) = group(entry).filter(|family| *family != Group::OTHER) else {
            return;
        };
        let key = (row.platform.clone(), family.clone());
        let note = self.0.entry(key).or_insert_with(|| GroupNote {
            platform: row.platform.clone(),
            family,
            net: entry.name(),
            rows: 0,
            line,
        });
        note.rows += 1;
    }

    /// What there is to tell, by line.
    pub(super) fn notes(self) -> Vec<GroupNote> {
        let mut notes: Vec<GroupNote> = self.0.into_values().collect();
        notes.sort_by_key(|note| note.line);
        notes
    }
}

/// The group of a net that has a name.
fn group(entry: &Entry) -> Option<Group> {
    match entry {
        Entry::Net { .. } => Some(entry.subject(None).ok()?.group()),
        Entry::Published(net) => Some(net.group().clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timing::data::measurement::RawMeasurement;
    use crate::timing::judge::counts::Counted;
    use serde_json::{Value, json};

    fn told(rows: &[Value]) -> Vec<String> {
        let mut counted = Counted::default();
        for (line, row) in (1..).zip(rows) {
            let raw: RawMeasurement = serde_json::from_value(row.clone()).unwrap();
            counted.look(line, &raw.try_into().unwrap());
        }
        counted.no_group().iter().map(GroupNote::told).collect()
    }

    fn row(label: &str, flops: f64, params: f64) -> Value {
        json!({"platform": "mine", "mode": "train", "label": label, "images_per_second": 100.0,
            "complexity": {"flops": flops, "params": params, "acts": 1.1e7}})
    }

    #[test]
    fn counts_of_a_known_net_without_a_family_are_told_with_the_field_to_send() {
        assert_eq!(
            told(&[row("resnet50", 4.1e9, 25.6e6)]),
            [
                "line 1 (mine), labelled ResNet-50, gives counts and no `family`, so it is in the group `other`. Send `family` as \
              `resnet` too, or `model` in place of `complexity`, and it is in the group of that net"
            ]
        );
        let two = [
            row("a net of mine", 1e9, 1e6),
            row("resnet50", 4.1e9, 25.6e6),
            row("resnet50", 4.1e9, 25.6e6),
        ];
        let told = told(&two);
        assert!(
            told[0].starts_with("2 rows from line 2 on (mine)"),
            "{told:?}"
        );
    }

    #[test]
    fn a_family_says_the_group_and_counts_of_another_net_are_told_otherwise() {
        let mut with_family = row("resnet50", 4.1e9, 25.6e6);
        with_family["family"] = "mine".into();
        let other = row("resnet50", 1.8e9, 11.7e6);
        assert!(told(&[with_family, other]).is_empty());
    }
}

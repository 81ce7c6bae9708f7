//! Units that were mistaken: many rows of an upload that are off by one factor which has a name.

use std::collections::BTreeMap;

use super::yardstick::Off;
use crate::timing::data::platform::PlatformId;
use crate::timing::data::slip::{Sizes, Slip};
use crate::units::{to_f64, to_u64};

/// Distance (natural log) from which a row may be a slip.
const FAR: f64 = 0.6;
/// Distance from a slip's factor within which a row may be that slip.
const NEAR: f64 = 0.4;
/// Share of the rows that are far off which must be one slip.
pub(super) const MOST: f64 = 0.6;

/// Rows of an upload that look like one slip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitNote {
    /// Their platform.
    pub platform: PlatformId,
    /// What they look like.
    pub slip: Slip,
    /// How many they are.
    pub rows: usize,
}

impl UnitNote {
    /// What to tell of it, and how to correct it.
    #[must_use]
    pub fn told(&self) -> String {
        let (slip, looks, platform) = (self.slip.as_str(), self.slip.looks(), &self.platform);
        let (rows, them) = match self.rows {
            1 => ("1 row looks".to_owned(), "it"),
            many => (format!("{many} rows look"), "them"),
        };
        format!("{rows} like {looks} ({platform}): send {them} again with ?units={slip}")
    }
}

/// The rows of one platform and mode, on their way into a note.
#[derive(Debug, Default)]
pub(super) struct Doctor {
    far: usize,
    slips: BTreeMap<Slip, usize>,
}

impl Doctor {
    /// Looks at a row that is so far `off`.
    pub(super) fn look(&mut self, off: Off, sizes: Sizes) {
        if off.log.abs() < FAR || off.weight() > 0.5 {
            return;
        }
        self.far += 1;
        let distance = |slip: &Slip| {
            let log = slip.factor(sizes)?.ln();
            let distance = (off.log + log).abs();
            // Factors that are hardly one are found in honest rows too.
            (distance < NEAR.min(log.abs() / 2.0)).then_some((*slip, distance))
        };
        let near = Slip::ALL.iter().filter_map(distance);
        for (slip, _) in near {
            *self.slips.entry(slip).or_default() += 1;
        }
    }

    /// What most of them look like.
    pub(super) fn note(self, platform: &PlatformId) -> Option<UnitNote> {
        let far = to_f64(to_u64(self.far));
        let count = |slip: &Slip| self.slips.get(slip).copied().unwrap_or_default();
        // The first of those that are as many.
        let best = Slip::ALL.iter().rev().max_by_key(|slip| count(slip))?;
        let rows = count(best);
        let share = to_f64(to_u64(rows)) / far;
        (rows > 0 && share >= MOST).then(|| UnitNote {
            platform: platform.clone(),
            slip: *best,
            rows,
        })
    }
}

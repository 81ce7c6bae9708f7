//! What became of the rows of an upload that were right.

use crate::json::Invalid;
use crate::store::Counts;
use crate::timing::judge::counts::CountsNote;
use crate::timing::judge::doctor::UnitNote;
use crate::timing::judge::impact::Impact;
use crate::timing::judge::no_group::GroupNote;
use crate::timing::judge::quarantine::Judgement;

/// Rows that are told of in an answer.
pub(super) const TOLD: usize = 100;

/// What became of an upload.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Its id; `None` for a dry run.
    pub upload: Option<i64>,
    /// How many rows went where.
    pub counts: Counts,
    /// Of the rejected rows as many as are kept, the first: enough to see what is wrong, however many there are.
    pub kept: i64,
    /// The first rows that are wrong.
    pub errors: Vec<RowError>,
    /// The first rows that are kept out of the fits: line and reason.
    pub doubted: Vec<(u64, String)>,
    /// What it changes of what was there.
    pub rejudged: Rejudged,
    /// Units that seem to be mistaken, and how to send the rows again.
    pub units: Vec<UnitNote>,
    /// Rows whose counts are not those of the net that their label names.
    pub other_counts: Vec<CountsNote>,
    /// Rows that could be in the group of the net that their label names, and are in none.
    pub no_group: Vec<GroupNote>,
    /// What it does to the fits.
    pub impact: Impact,
}

/// A row that is wrong.
#[derive(Clone, Debug)]
pub struct RowError {
    /// Its line in the upload, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub invalid: Invalid,
}

/// What an answer tells of single rows.
#[derive(Default)]
pub(super) struct Told {
    pub(super) errors: Vec<RowError>,
    /// Rejected rows that are kept.
    pub(super) kept: i64,
    /// Rows whose flops seem to be counted twice.
    pub(super) twice: Vec<UnitNote>,
    /// Rows whose counts are not those of the net that their label names.
    pub(super) other_counts: Vec<CountsNote>,
    /// Rows that could be in the group of the net that their label names, and are in none.
    pub(super) no_group: Vec<GroupNote>,
}

/// How many rows of earlier uploads are thought of otherwise now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rejudged {
    /// They were in the fits, and are kept out of them now.
    pub doubted: usize,
    /// They were kept out, and are in now.
    pub cleared: usize,
}

impl Rejudged {
    pub(super) fn of(judgement: &Judgement) -> Self {
        Self {
            doubted: judgement.left.len(),
            cleared: judgement.cleared.len(),
        }
    }
}

/// What became of the rows that were right.
pub(super) struct Stored {
    /// As in a [`Receipt`]; `None` for a dry run.
    pub(super) id: Option<i64>,
    pub(super) counts: Counts,
    pub(super) doubted: Vec<(u64, String)>,
    pub(super) rejudged: Rejudged,
    pub(super) units: Vec<UnitNote>,
    pub(super) impact: Impact,
}

impl Stored {
    /// What its sender is told.
    pub(super) fn receipt(&self, told: &Told) -> Receipt {
        Receipt {
            upload: self.id,
            counts: self.counts,
            kept: told.kept,
            errors: told.errors.clone(),
            doubted: self.doubted.clone(),
            rejudged: self.rejudged,
            other_counts: told.other_counts.clone(),
            no_group: told.no_group.clone(),
            units: [told.twice.clone(), self.units.clone()].concat(),
            impact: self.impact.clone(),
        }
    }
}

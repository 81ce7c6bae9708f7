//! What became of the rows of an upload that were right.

use crate::store::Counts;
use crate::timing::judge::doctor::UnitNote;
use crate::timing::judge::standing::Judgement;

/// Rows that are told of in an answer.
pub(super) const TOLD: usize = 100;

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
}

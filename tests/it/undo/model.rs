//! What is in once timings were sent, taken out and put back: the promise, as plain as it can be written.

use std::collections::BTreeSet;

/// A timing, and which of the ways to word it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Words {
    pub(super) timing: usize,
    pub(super) wording: usize,
}

/// A row that was stored; its position is its age.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    pub(super) words: Words,
    pub(super) doubted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    In,
    OutWithUpload,
    OutByItself,
}

/// That an upload sent what is stored as `row`.
#[derive(Clone, Copy, Debug)]
struct Sending {
    upload: usize,
    row: usize,
    mark: Mark,
}

/// An upload; its position is its age.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) sender: &'static str,
    /// Accepted, duplicates, quarantined.
    pub(super) counts: [i64; 3],
    pub(super) removed: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) uploads: Vec<Sent>,
    pub(super) rows: Vec<Stored>,
    sendings: Vec<Sending>,
}

impl Model {
    /// The row that is in for `timing`: of those that somebody stands for a believed one, then the newest.
    pub(super) fn row_in(&self, timing: usize) -> Option<usize> {
        let sendings = self.sendings.iter().filter(|s| s.mark == Mark::In);
        let rows = sendings.map(|sending| sending.row);
        rows.filter(|row| self.rows[*row].words.timing == timing)
            .max_by_key(|row| (!self.rows[*row].doubted, *row))
    }

    pub(super) fn send(&mut self, sender: &'static str, rows: &[Stored]) -> [i64; 3] {
        let upload = self.uploads.len();
        let mut counts = [0; 3];
        for sent in rows {
            let same = |row: &usize| self.rows[*row].words == sent.words;
            let row = if let Some(row) = self.row_in(sent.words.timing) {
                counts[1] += 1;
                row
            } else {
                counts[if sent.doubted { 2 } else { 0 }] += 1;
                let row = (0..self.rows.len()).rev().find(same);
                let row = row.unwrap_or(self.rows.len());
                match self.rows.get_mut(row) {
                    Some(old) => old.doubted = sent.doubted,
                    None => self.rows.push(*sent),
                }
                row
            };
            let mut sendings = self.sendings.iter();
            if !sendings.any(|s| (s.upload, s.row) == (upload, row)) {
                let mark = Mark::In;
                self.sendings.push(Sending { upload, row, mark });
            }
        }
        self.uploads.push(Sent {
            sender,
            counts,
            removed: false,
        });
        counts
    }

    /// What `upload` sent is out, for all uploads of its sender.
    pub(super) fn remove_upload(&mut self, upload: usize) {
        let (timings, sender) = (self.timings(upload), self.uploads[upload].sender);
        for s in &mut self.sendings {
            let about = timings.contains(&self.rows[s.row].words.timing);
            if about && self.uploads[s.upload].sender == sender && s.mark == Mark::In {
                s.mark = Mark::OutWithUpload;
            }
        }
        self.uploads[upload].removed = true;
    }

    /// What `upload` sent is in, but for what was taken out by itself.
    pub(super) fn restore_upload(&mut self, upload: usize) {
        let own = self.sendings.iter_mut().filter(|s| s.upload == upload);
        for sending in own.filter(|s| s.mark == Mark::OutWithUpload) {
            sending.mark = Mark::In;
        }
        self.uploads[upload].removed = false;
    }

    /// The timing is out, or in, for all uploads of `sender`, or for all.
    pub(super) fn change_row(&mut self, timing: usize, out: bool, sender: Option<&str>) {
        for s in &mut self.sendings {
            let theirs = sender.is_none_or(|sender| self.uploads[s.upload].sender == sender);
            if theirs && self.rows[s.row].words.timing == timing {
                s.mark = if out { Mark::OutByItself } else { Mark::In };
            }
        }
    }

    /// The timings that `upload` sent.
    pub(super) fn timings(&self, upload: usize) -> BTreeSet<usize> {
        let own = self.sendings.iter().filter(|s| s.upload == upload);
        own.map(|s| self.rows[s.row].words.timing).collect()
    }

    /// The rows that are in and that `upload` sent.
    pub(super) fn rows_of(&self, upload: usize) -> BTreeSet<usize> {
        let own = self.sendings.iter().filter(|s| s.upload == upload);
        own.map(|s| s.row)
            .filter(|row| self.row_in(self.rows[*row].words.timing) == Some(*row))
            .collect()
    }

    /// Who sent `timing`.
    pub(super) fn senders(&self, timing: usize) -> BTreeSet<&'static str> {
        let about = |s: &&Sending| self.rows[s.row].words.timing == timing;
        let sendings = self.sendings.iter().filter(about);
        sendings.map(|s| self.uploads[s.upload].sender).collect()
    }
}

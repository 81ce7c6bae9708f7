//! What is stored, written so that it can be uploaded again and gives the same fits to the bit.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::Live;
use crate::store::{Filter, Page, Rejection, StoreError, StoredMeasurement};
use crate::timing::PlatformId;
use crate::timing::data::measurement::Verdict;
use crate::timing::data::rows::{REMARKS, cells, column_names};

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// An object on each line.
    Ndjson,
    /// A header, and a record for each row.
    Csv,
}

/// An export, part by part, in the memory of one.
pub struct Export {
    live: Arc<Live>,
    filter: Filter,
    format: ExportFormat,
    after: i64,
    started: bool,
    /// Platforms whose definition was written.
    defined: BTreeSet<PlatformId>,
}

/// Rows of a part.
const PART: u32 = 2000;

impl Export {
    /// The rows that `filter` lets through.
    #[must_use]
    pub fn new(live: Arc<Live>, filter: Filter, format: ExportFormat) -> Self {
        Self {
            live,
            filter,
            format,
            after: 0,
            started: false,
            defined: BTreeSet::new(),
        }
    }

    /// The next part, `None` after the last.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn next_part(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let page = Page {
            after: self.after,
            limit: PART,
        };
        let rows = self.live.store().measurements(&self.filter, page).await?;
        let first = !std::mem::replace(&mut self.started, true);
        let Some(last) = rows.last() else {
            return Ok(first.then(|| self.written(&[], true)));
        };
        self.after = last.id;
        let rows: Vec<Value> = rows.into_iter().map(|row| self.row(row)).collect();
        Ok(Some(self.written(&rows, first)))
    }

    /// The row as it was sent, with its verdict, and with the platform's definition where it is the first.
    fn row(&mut self, stored: StoredMeasurement) -> Value {
        let verdict = if stored.quarantined.is_some() {
            Verdict::Quarantined
        } else {
            Verdict::Accepted
        };
        let id = stored.measurement.platform.clone();
        let mut raw = stored.measurement.raw;
        raw.verdict = Some(verdict);
        if self.defined.insert(id.clone())
            && let Some(platform) = self.live.predictors().platforms.get(&id)
        {
            raw.platform = serde_json::to_value(platform).unwrap_or_default();
        }
        let mut row = serde_json::to_value(raw).unwrap_or_default();
        if let Value::Object(row) = &mut row {
            row.retain(|_, value| !value.is_null());
        }
        row
    }

    fn written(&self, rows: &[Value], first: bool) -> Vec<u8> {
        match self.format {
            ExportFormat::Ndjson => rows
                .iter()
                .flat_map(|row| format!("{row}\n").into_bytes())
                .collect(),
            ExportFormat::Csv => {
                let mut csv = csv::Writer::from_writer(Vec::new());
                // A vector takes every byte: writing to it cannot fail.
                if first {
                    let _ = csv.write_record(column_names());
                }
                for row in rows {
                    let _ = csv.write_record(cells(row));
                }
                csv.into_inner().unwrap_or_default()
            }
        }
    }
}

/// Rejected rows of an upload as a CSV to fix and send again, part by part, in the memory of one.
pub struct RejectedExport {
    live: Arc<Live>,
    upload: i64,
    after: i64,
    started: bool,
}

/// Rejected rows of a part.
const REJECTED_PART: u32 = 200;

impl RejectedExport {
    /// Those of `upload`.
    #[must_use]
    pub fn new(live: Arc<Live>, upload: i64) -> Self {
        Self {
            live,
            upload,
            after: 0,
            started: false,
        }
    }

    /// The next part, `None` after the last.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn next_part(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let store = self.live.store();
        let rows = store.rejections(self.upload, self.after, REJECTED_PART);
        let rows = rows.await?;
        let first = !std::mem::replace(&mut self.started, true);
        let Some(last) = rows.last() else {
            return Ok(first.then(|| rejected_csv(&[], true)));
        };
        self.after = last.line;
        Ok(Some(rejected_csv(&rows, first)))
    }
}

fn rejected_csv(rows: &[Rejection], first: bool) -> Vec<u8> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    // A vector takes every byte: writing to it cannot fail.
    if first {
        let _ = csv.write_record(REMARKS.into_iter().chain(column_names()));
    }
    for row in rows {
        let error = if row.hint.is_empty() {
            row.detail.clone()
        } else {
            format!("{} ({})", row.detail, row.hint)
        };
        let field = row.field.trim_start_matches('/').to_owned();
        let sent = serde_json::from_str(&row.sent).unwrap_or_default();
        let remarks = [row.line.to_string(), field, error];
        let _ = csv.write_record(remarks.into_iter().chain(cells(&sent)));
    }
    csv.into_inner().unwrap_or_default()
}

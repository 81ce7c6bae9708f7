//! Uploads: who sent them, when, and what became of their rows.

use serde::Serialize;
use utoipa::ToSchema;

use crate::store::UploadRow;
use crate::units::moment::rfc3339;

/// An upload that was stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct UploadSummary {
    /// Its id.
    pub upload: i64,
    /// When it came.
    #[schema(example = "2026-11-24T12:00:00Z")]
    pub created_at: String,
    /// Who sent it: `seed`, `import`, or the name of a token.
    pub sender: String,
    /// Rows stored, and in the fits.
    pub accepted: i64,
    /// Rows equal to one that was in.
    pub duplicates: i64,
    /// Rows stored, but kept out of the fits.
    pub quarantined: i64,
    /// Rows that were wrong.
    pub rejected: i64,
    /// When it was taken out; null: it was not, or is back.
    pub removed_at: Option<String>,
}

impl From<UploadRow> for UploadSummary {
    fn from(row: UploadRow) -> Self {
        let UploadRow {
            id,
            sender,
            accepted,
            duplicates,
            quarantined,
            rejected,
            ..
        } = row;
        let (created_at, removed_at) = (rfc3339(row.created_at), row.removed_at.map(rfc3339));
        Self {
            upload: id,
            created_at,
            sender: sender.name,
            accepted,
            duplicates,
            quarantined,
            rejected,
            removed_at,
        }
    }
}

/// One page of uploads.
#[derive(Debug, Serialize, ToSchema)]
pub struct Uploads {
    /// By id, in the order that was asked for.
    pub uploads: Vec<UploadSummary>,
    /// `after` of the next page; null on the last.
    pub next: Option<i64>,
}

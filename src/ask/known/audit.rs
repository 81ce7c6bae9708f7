//! The log of who did what.

use serde::Serialize;
use utoipa::ToSchema;

use crate::store::AuditRow;
use crate::units::moment::rfc3339;

/// One thing that was done.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    /// Its id: later ones are greater.
    pub id: i64,
    /// When.
    #[schema(example = "2026-11-24T12:00:00Z")]
    pub at: String,
    /// Who: `seed`, `import`, `command line`, or the name of a token.
    pub by: String,
    /// `upload`, `undo`, `restore`, `release`, `hold`, `token_created`, `token_revoked` or `backup_restored`.
    pub action: String,
    /// To what: `upload`, `measurement`, `token` or `database`.
    pub subject: String,
    /// Its id; of a database the version of the data that came.
    pub subject_id: i64,
    /// The name of that token; null where it is none.
    pub subject_name: Option<String>,
    /// Timings that came, went or were decided on.
    pub measurements: i64,
    /// The reason that was given; null where none is asked for.
    pub reason: Option<String>,
}

impl From<AuditRow> for AuditEntry {
    fn from(row: AuditRow) -> Self {
        Self {
            id: row.id,
            at: rfc3339(row.at),
            by: row.by.name,
            action: row.action,
            subject: row.subject,
            subject_id: row.subject_id,
            subject_name: row.named,
            measurements: row.timings,
            reason: row.reason,
        }
    }
}

/// One page of the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct Audit {
    /// The newest first.
    pub entries: Vec<AuditEntry>,
    /// `before` of the next page; null on the last.
    pub next: Option<i64>,
}

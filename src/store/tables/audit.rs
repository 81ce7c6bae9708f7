//! Who did what: a log to which rows are only ever added, each in the transaction of what it tells of.

use sqlx::FromRow;

use super::changes::{Change, Moved};
use super::senders::Sender;
use crate::json::shown;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::sql::{self, On};

/// Somebody who does something, and when.
#[derive(Clone, Debug)]
pub struct Deed {
    /// Who.
    pub by: Sender,
    /// When, Unix milliseconds.
    pub at: i64,
}

impl Deed {
    /// Something that is done on the command line at `at`: there are no names there.
    #[must_use]
    pub fn on_command_line(at: i64) -> Self {
        Self {
            by: Sender::from("command line"),
            at,
        }
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Timings were sent.
    Upload,
    /// Something was taken out.
    Undo,
    /// It was put back.
    Restore,
    /// It was put into the fits, whatever is thought of it.
    Release,
    /// It was held out of them.
    Hold,
    /// A token was made.
    TokenCreated,
    /// A token was ended.
    TokenRevoked,
    /// A backup took the place of all that was stored.
    BackupRestored,
}

impl Action {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Undo => "undo",
            Self::Restore => "restore",
            Self::Release => "release",
            Self::Hold => "hold",
            Self::TokenCreated => "token_created",
            Self::TokenRevoked => "token_revoked",
            Self::BackupRestored => "backup_restored",
        }
    }
}

/// What it was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    /// An upload, by its id.
    Upload(i64),
    /// A measurement, by its id.
    Measurement(i64),
    /// A token, by its id.
    Token(i64),
    /// All that is stored, by the version of the data.
    Database(i64),
}

impl Object {
    const fn parts(self) -> (&'static str, i64) {
        match self {
            Self::Upload(id) => ("upload", id),
            Self::Measurement(id) => ("measurement", id),
            Self::Token(id) => ("token", id),
            Self::Database(version) => ("database", version),
        }
    }
}

/// One row of the log, to be written.
#[derive(Debug)]
pub(in crate::store) struct Entry<'a> {
    pub(in crate::store) deed: &'a Deed,
    pub(in crate::store) action: Action,
    pub(in crate::store) object: Object,
    pub(in crate::store) timings: i64,
    pub(in crate::store) reason: Option<&'a str>,
}

/// One row of the log.
#[derive(Clone, Debug, FromRow)]
pub struct AuditRow {
    /// Its id: later ones are greater.
    pub id: i64,
    /// When, Unix milliseconds.
    pub at: i64,
    /// Who did it.
    #[sqlx(flatten)]
    pub by: Sender,
    /// What: a word of [`Action`].
    pub action: String,
    /// To what: `upload`, `measurement`, `token` or `database` …
    pub subject: String,
    /// … of this id.
    pub subject_id: i64,
    /// The name of that token.
    pub named: Option<String>,
    /// How many timings came, went or were decided on.
    pub timings: i64,
    /// Why.
    pub reason: Option<String>,
}

/// Adds `entry` to the log.
pub(in crate::store) async fn note<'c>(
    db: impl Into<On<'c>> + Send,
    entry: &Entry<'_>,
) -> Result<(), StoreError> {
    let Entry {
        deed,
        action,
        object,
        timings,
        reason,
    } = entry;
    let (subject, id) = object.parts();
    let sql = "insert into audit (id, at, sender, token, action, subject, subject_id, timings, reason)
               values ((select coalesce(max(id), 0) + 1 from audit), $1, $2, $3, $4, $5, $6, $7, $8)";
    let query = sql::query(sql).bind(deed.at).bind(&deed.by.name);
    let query = query.bind(deed.by.token).bind(action.as_str());
    let query = query.bind(subject).bind(id).bind(timings).bind(*reason);
    query.execute(db).await?;
    Ok(())
}

impl Change {
    /// Notes in the log who makes it: what was done to `object`, and how far it went.
    ///
    /// # Errors
    /// Where the database does not answer, or the disk is full.
    pub async fn note(
        &mut self,
        deed: &Deed,
        action: Action,
        object: Object,
        moved: Moved,
    ) -> Result<(), StoreError> {
        let entry = Entry {
            deed,
            action,
            object,
            timings: i64::try_from(moved.timings).unwrap_or(i64::MAX),
            reason: None,
        };
        note(self.connection(), &entry).await
    }
}

impl Store {
    /// At most `limit` rows of the log, the newest first: those before the id `before`.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn audit(
        &self,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let sql = "select audit.id, at, sender, token, action, subject, subject_id, tokens.name as named, timings, reason
                   from audit left join tokens on subject = 'token' and tokens.id = subject_id
                   where audit.id < $1 order by audit.id desc limit $2";
        let mut rows: Vec<AuditRow> = sql::query_as(sql)
            .bind(before.unwrap_or(i64::MAX))
            .bind(i64::from(limit))
            .fetch_all(&self.read)
            .await?;
        for row in &mut rows {
            row.named = row.named.take().map(|name| shown(&name).into_owned());
        }
        Ok(rows)
    }
}

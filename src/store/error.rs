//! Why the store did not do what it was asked.

use super::backup::damage::Damage;
use super::backup::unfit::Unfit;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL is not one of ours.
    #[error(
        "database URL `{0}`: expected sqlite://PATH, such as sqlite://epochcast.db, or postgres://USER@HOST/DATABASE"
    )]
    Url(String),
    /// What only a file has is asked of a server.
    #[error(
        "{server} is a PostgreSQL server: pg_dump backs it up, pg_restore takes that back, and epochcast copy makes a file of it"
    )]
    NoFile {
        /// Where it is, without a password.
        server: String,
    },
    /// A later release has written what is to be copied, or where to.
    #[error(
        "a later release has made its tables: copy it with that one, which knows all that is in them"
    )]
    Ahead,
    /// There is something where all is to be copied to.
    #[error("it holds something already: what is copied needs an empty database")]
    Taken,
    /// The server of the database does not answer, or ends the connection.
    #[error("the database server does not answer ({cause}): nothing was stored, try again")]
    Away {
        /// What was noticed.
        cause: String,
    },
    /// The connection broke while the server was making it durable.
    #[error(
        "the connection to the database server broke while it was stored ({cause}): send it again, what is stored already then counts as duplicates"
    )]
    Unsure {
        /// What was noticed.
        cause: String,
    },
    /// The file cannot be opened or created.
    #[error("database {path}: {cause}")]
    Open {
        /// Where it is.
        path: String,
        /// What the system said.
        cause: String,
    },
    /// A later release has written it.
    #[error(
        "database {path} was written by epochcast {needs}, and this is {}: use epochcast {needs} or later",
        env!("CARGO_PKG_VERSION")
    )]
    Newer {
        /// Where it is.
        path: String,
        /// The release that can read it.
        needs: String,
    },
    /// A row that no release has written.
    #[error("table {table}, column {column}, row {key}: {cause}")]
    Corrupt {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
        /// Key of the row.
        key: String,
        /// What is wrong.
        cause: String,
    },
    /// An earlier release has written it, and it may only be read.
    #[error(
        "database {path} was written by an earlier release: start once without --read-only, which migrates it"
    )]
    Older {
        /// Where it is.
        path: String,
    },
    /// There is none.
    #[error(
        "there is no database at {path}: name another with --database-url; the first start of epochcast makes it"
    )]
    Missing {
        /// Where it was looked for.
        path: String,
    },
    /// A file in which there is nothing any more: none of ours is ever empty.
    #[error(
        "{path} is empty (0 bytes), though it was a database: take a backup back with epochcast restore, or delete the file to start anew"
    )]
    Truncated {
        /// Where it is.
        path: String,
    },
    /// The database is gone, and its log is there.
    #[error(
        "{path} is not there, but {log} is, which is a part of it: put the file back, or take a backup back with epochcast restore, or delete what is left to start anew"
    )]
    OnlyLog {
        /// Where it was looked for.
        path: String,
        /// The log.
        log: String,
    },
    /// A database without a table: nothing was ever stored.
    #[error(
        "{path} holds no table: take a backup back with epochcast restore, or delete the file to start anew"
    )]
    Nothing {
        /// Where it is.
        path: String,
    },
    /// It was written while it was read.
    #[error("{path} was written while it was read: ask once more")]
    Written {
        /// Where it is.
        path: String,
    },
    /// Not all of it is as it was stored.
    #[error("{path} is damaged: {damage}")]
    Damaged {
        /// Where it is.
        path: String,
        /// What was found first.
        damage: Damage,
    },
    /// A file that is not to be restored.
    #[error("{path} cannot be restored: {unfit}")]
    Unfit {
        /// Where it is.
        path: String,
        /// Why.
        unfit: Unfit,
    },
    /// The file is there, and SQLite cannot read it.
    #[error("database {path}: {}", words(cause))]
    Unreadable {
        /// Where it is.
        path: String,
        /// What SQLite reports.
        cause: sqlx::Error,
    },
    /// Another program has written it.
    #[error("it holds tables of another program")]
    Foreign,
    /// The file is no longer the one that was opened.
    #[error("the database file was deleted or moved while the service ran: nothing was stored")]
    Gone,
    /// There is no space left for the database.
    #[error("the disk is full: nothing was stored")]
    Full,
    /// Somebody else writes, for longer than one waits.
    #[error("the database is locked by another writer: nothing was stored, try again")]
    Busy,
    /// What was sent cannot be kept until it is stored.
    #[error("the file that an upload waits in: {0}")]
    Spool(String),
    /// Anything else that SQLite reports.
    #[error("the database failed: {}", words(.0))]
    Sql(sqlx::Error),
}

/// What SQLite says, without the layers around it.
pub(super) fn words(error: &sqlx::Error) -> String {
    match error.as_database_error() {
        Some(error) => error.message().to_owned(),
        None => error.to_string(),
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if let Some(told) = of_server(&error) {
            return told;
        }
        match sqlite_code(&error) {
            Some(5) => Self::Busy,
            Some(13) => Self::Full,
            _ => Self::Sql(error),
        }
    }
}

/// What SQLite calls `error`: `SQLITE_BUSY` 5, `SQLITE_FULL` 13. It reports an extended code in decimal, of which that is the low
/// byte; those of a server look alike and mean other things.
fn sqlite_code(error: &sqlx::Error) -> Option<u32> {
    let error = error.as_database_error()?;
    error.try_downcast_ref::<sqlx::sqlite::SqliteError>()?;
    Some(error.code()?.parse::<u32>().ok()? & 0xff)
}

/// What `error` is, where a server or the way to it has failed: by the classes of its codes (`SQLSTATE`).
fn of_server(error: &sqlx::Error) -> Option<StoreError> {
    let away = |cause: String| Some(StoreError::Away { cause });
    match error {
        sqlx::Error::Io(error) => return away(error.to_string()),
        sqlx::Error::Tls(error) => return away(error.to_string()),
        _ => {}
    }
    let told = error.as_database_error()?;
    let told = told.try_downcast_ref::<sqlx::postgres::PgDatabaseError>()?;
    match told.code() {
        // A lock, or a statement, took too long.
        "55P03" | "57014" => Some(StoreError::Busy),
        "53100" => Some(StoreError::Full),
        // It ends, starts, has no connection left, or is a copy of another that may only be read.
        code if ["08", "53", "57"].contains(&&code[..2]) || code == "25006" => {
            away(told.message().to_owned())
        }
        _ => None,
    }
}

impl StoreError {
    /// Whether the file is damaged, or no database at all.
    pub(super) fn is_of_damage(&self) -> bool {
        matches!(self.code(), Some(11 | 26))
    }

    /// What SQLite calls it: `SQLITE_CORRUPT` 11, `SQLITE_NOTADB` 26; the low byte of its extended code.
    fn code(&self) -> Option<u32> {
        let (Self::Sql(error) | Self::Unreadable { cause: error, .. }) = self else {
            return None;
        };
        sqlite_code(error)
    }
}

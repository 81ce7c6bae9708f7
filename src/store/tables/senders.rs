//! Who has sent an upload: the service itself, or a token, which is known by its id and read by its name.

use sqlx::FromRow;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use crate::json::shown;

/// Who sends an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// `seed`, `import`, or the name of a token; what cannot be printed is written out.
    pub name: String,
    /// Id of the token; `None`: none has sent it, or it is not known which.
    pub token: Option<i64>,
}

impl From<&str> for Sender {
    /// Somebody without a token.
    fn from(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            token: None,
        }
    }
}

impl FromRow<'_, SqliteRow> for Sender {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            name: shown(row.try_get("sender")?).into_owned(),
            token: row.try_get("token")?,
        })
    }
}

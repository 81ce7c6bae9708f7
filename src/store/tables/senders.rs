//! Who has sent an upload: the service itself, or a token, which is known by its id and read by its name.

use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};

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

impl<'r, R: Row> FromRow<'r, R> for Sender
where
    &'static str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        let name: String = row.try_get("sender")?;
        Ok(Self {
            name: shown(&name).into_owned(),
            token: row.try_get("token")?,
        })
    }
}

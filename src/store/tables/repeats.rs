//! Uploads that are sent again with the key of the first time: that one's answer is kept for a day.

use sqlx::FromRow;

use super::uploads::Writing;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::sql;

/// How long an answer is kept, in milliseconds.
const KEPT: i64 = 86_400_000;

/// An upload that may be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// Id of the token that sends it.
    pub token: i64,
    /// The key that its sender has chosen.
    pub key: String,
    /// SHA-256 of what was asked and sent, in hex.
    pub sent: String,
}

/// The first of them.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct First {
    /// SHA-256 of what was asked and sent, in hex.
    pub sent: String,
    /// What it was answered.
    pub answer: String,
}

const FIND: &str = "select sent, answer from repeats where token = $1 and key = $2 and at > $3";

impl Store {
    /// What was sent with that key within a day of `now`.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn first(&self, once: &Once, now: i64) -> Result<Option<First>, StoreError> {
        let query = sql::query_as(FIND).bind(once.token).bind(&once.key);
        Ok(query.bind(now - KEPT).fetch_optional(&self.read).await?)
    }
}

impl Writing {
    /// Keeps what this upload is answered, unless another with that key was stored meanwhile: then that is returned, and this
    /// one is to be rolled back.
    ///
    /// # Errors
    /// Where the database does not answer, or the disk is full.
    pub async fn once(&mut self, once: &Once, answer: &str) -> Result<Option<First>, StoreError> {
        let (now, db) = (self.deed.at, &mut *self.transaction);
        let query = sql::query_as(FIND).bind(once.token).bind(&once.key);
        let first: Option<First> = query.bind(now - KEPT).fetch_optional(&mut *db).await?;
        if first.is_some() {
            return Ok(first);
        }
        sql::query("delete from repeats where at <= $1")
            .bind(now - KEPT)
            .execute(&mut *db)
            .await?;
        let sql = "insert into repeats (token, key, at, sent, answer) values ($1, $2, $3, $4, $5)";
        let query = sql::query(sql).bind(once.token).bind(&once.key).bind(now);
        query
            .bind(&once.sent)
            .bind(answer)
            .execute(&mut *db)
            .await?;
        Ok(None)
    }
}

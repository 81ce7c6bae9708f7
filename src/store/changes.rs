//! Taking measurements out of the fits and putting them back; a move of each is kept.

use std::collections::BTreeMap;

use sqlx::{Sqlite, SqliteConnection, Transaction};

use super::uploads::bump_version;
use super::{Store, StoreError, fits, seals};

/// A change of what is in the fits: all of it becomes visible at [`Change::commit`], or none.
#[derive(Debug)]
pub struct Change {
    transaction: Transaction<'static, Sqlite>,
    version: i64,
}

/// What was committed: the version of the data that has it, and when fits to that were first made, by their hashes.
#[derive(Clone, Debug)]
pub struct Committed {
    /// Version of the data.
    pub version: i64,
    /// First version that gave each fit.
    pub first: BTreeMap<u64, i64>,
}

/// Measurements of an upload, or one alone.
const OF_UPLOAD: &str = "upload = $1";
const ONE: &str = "id = $1";
/// Rows that are out, and that nothing equal has taken the place of.
const FREE: &str = "identity not in (select identity from measurements where removed_at is null)";

impl Store {
    /// Begins a change.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn begin_change(&self) -> Result<Change, StoreError> {
        self.is_there()?;
        let mut transaction = self.write.begin_with("begin immediate").await?;
        let version = bump_version(&mut transaction).await?;
        Ok(Change {
            transaction,
            version,
        })
    }
}

impl Change {
    /// Version of the data that will have it.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.version
    }

    /// Takes upload `id` out of the fits, at `now`; returns the ids of its rows.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn remove_upload(&mut self, id: i64, now: i64) -> Result<Vec<i64>, StoreError> {
        let rows = self.remove(OF_UPLOAD, id, now).await?;
        let sql = "update uploads set removed_at = $1 where id = $2";
        sqlx::query(sql)
            .bind(now)
            .bind(id)
            .execute(&mut *self.transaction)
            .await?;
        Ok(rows)
    }

    /// Puts upload `id` back into the fits; returns how many rows came back. Rows that were taken out one by one stay
    /// out, and so does one that was sent again meanwhile.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn restore_upload(&mut self, id: i64) -> Result<u64, StoreError> {
        let with_it = "upload = $1 and removed_at = (select removed_at from uploads where id = $1)";
        let back = self.restore(with_it, id).await?;
        let sql = "update uploads set removed_at = null where id = $1";
        sqlx::query(sql)
            .bind(id)
            .execute(&mut *self.transaction)
            .await?;
        Ok(back)
    }

    /// Takes the row `id` out of the fits, at `now`; whether it was in.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn remove_row(&mut self, id: i64, now: i64) -> Result<bool, StoreError> {
        Ok(!self.remove(ONE, id, now).await?.is_empty())
    }

    /// Puts the row `id` back into the fits; whether it was out, and was not sent again meanwhile.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn restore_row(&mut self, id: i64) -> Result<bool, StoreError> {
        Ok(self
            .restore("id = $1 and removed_at is not null", id)
            .await?
            > 0)
    }

    /// Makes it visible, and durable; the hashes `fits` are those that it gives.
    ///
    /// # Errors
    /// Where the database does not answer, or the disk is full: then nothing has changed.
    pub async fn commit(mut self, fits: &[(u64, i64)]) -> Result<Committed, StoreError> {
        let first = fits::keep(&mut self.transaction, fits).await?;
        seals::settle(&mut self.transaction).await?;
        self.transaction.commit().await?;
        let version = self.version;
        Ok(Committed { version, first })
    }

    async fn remove(&mut self, which: &str, id: i64, now: i64) -> Result<Vec<i64>, StoreError> {
        let there = format!("{which} and removed_at is null");
        moved(&mut self.transaction, (&there, id), self.version).await?;
        let sql = format!("update measurements set removed_at = $2 where {there} returning id");
        Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .bind(now)
            .fetch_all(&mut *self.transaction)
            .await?)
    }

    async fn restore(&mut self, which: &str, id: i64) -> Result<u64, StoreError> {
        let out = format!("{which} and {FREE}");
        moved(&mut self.transaction, (&out, id), self.version).await?;
        let sql = format!("update measurements set removed_at = null where {out}");
        Ok(sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .execute(&mut *self.transaction)
            .await?
            .rows_affected())
    }
}

/// Keeps that the measurements for which `which` holds move at `version`; those in quarantine are not in the fits either way.
async fn moved(
    db: &mut SqliteConnection,
    (which, id): (&str, i64),
    version: i64,
) -> Result<(), StoreError> {
    let sql = format!(
        "insert into moves (version, measurement)
         select $2, id from measurements where {which} and quarantined is null order by id"
    );
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).bind(version);
    query.execute(db).await?;
    Ok(())
}

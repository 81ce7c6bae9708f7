//! What a new database starts with: the built-in measurements, or nothing.

use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::sql;
use crate::timing::data::seed;

/// How to open a database.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whether a new database starts with the built-in measurements.
    pub seed: bool,
    /// The time, for what is written: Unix milliseconds.
    pub now: i64,
}

impl Store {
    /// Stores what it starts with, where it is new; nobody else may open it meanwhile.
    pub(in crate::store) async fn starts(&self, options: Options) -> Result<(), StoreError> {
        match (self.is_new().await?, options.seed) {
            (true, true) => {
                let (platforms, rows) = seed::built_in().map_err(|e| corrupt_seed(&e))?;
                self.save_seed(&platforms, &rows, options.now).await
            }
            (true, false) => self.stays_empty().await,
            (false, _) => Ok(()),
        }
    }

    /// Whether nothing was ever stored, and nobody has said that it shall start empty.
    async fn is_new(&self) -> Result<bool, StoreError> {
        let new = "select version = 0 and not exists (select 1 from meta where name = 'seed') from data_version";
        Ok(sql::query_scalar(new).fetch_one(&self.read).await?)
    }

    /// Keeps that the database starts empty: whoever opens it next may not say so again.
    async fn stays_empty(&self) -> Result<(), StoreError> {
        let mut transaction = self.write.begin().await?;
        let sql = "insert into meta (name, value) values ('seed', 'none') on conflict do nothing";
        sql::query(sql).execute(&mut *transaction).await?;
        transaction.commit().await
    }
}

fn corrupt_seed(cause: &crate::json::Invalid) -> StoreError {
    StoreError::Corrupt {
        table: "seed",
        column: "",
        key: String::new(),
        cause: cause.to_string(),
    }
}

//! The version of the data: it grows with every change.

use std::collections::BTreeMap;

use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::sql::{self, Connection};

/// What was committed: the version of the data that has it, and when fits to that were first made, by their hashes.
#[derive(Clone, Debug)]
pub struct Committed {
    /// Version of the data.
    pub version: i64,
    /// First version that gave each fit.
    pub first: BTreeMap<u64, i64>,
}

impl Store {
    /// Version of the measurements: it grows with every change.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn data_version(&self) -> Result<i64, StoreError> {
        Ok(sql::query_scalar("select version from data_version")
            .fetch_one(&self.read)
            .await?)
    }
}

/// The next version of the data.
pub(super) async fn bump_version(db: &mut Connection) -> Result<i64, StoreError> {
    Ok(
        sql::query_scalar("update data_version set version = version + 1 returning version")
            .fetch_one(db)
            .await?,
    )
}

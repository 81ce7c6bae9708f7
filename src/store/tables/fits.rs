//! Which fits were made of which version of the data, and which measurements were in the fits then.

use std::collections::{BTreeMap, HashSet};

use super::measurements::StoredMeasurement;
use super::measurements::{COLUMNS, Row};
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::sql::{self, Builder, Connection, On, Snapshot};

/// Hashes of one statement.
const HASHES: usize = 1000;

impl Store {
    /// The first version of the data that gave each of the fits `hashes`, of those that are known.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn fit_versions(&self, hashes: &[u64]) -> Result<BTreeMap<u64, i64>, StoreError> {
        versions(&self.read, hashes).await
    }

    /// Keeps the version that gave each of `fits` (hash, version); returns the first of each.
    ///
    /// # Errors
    /// Where the database does not answer, or the disk is full.
    pub async fn keep_fits(&self, fits: &[(u64, i64)]) -> Result<BTreeMap<u64, i64>, StoreError> {
        let mut transaction = self.write.begin().await?;
        let first = keep(&mut transaction, fits).await?;
        transaction.commit().await?;
        Ok(first)
    }

    /// What has changed since `version` of the data, as it is at one moment.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn since(&self, version: i64) -> Result<Since, StoreError> {
        let mut snapshot = self.read.snapshot().await?;
        let now = sql::query_scalar("select version from data_version")
            .fetch_one(&mut snapshot)
            .await?;
        Ok(Since {
            snapshot,
            version,
            now,
        })
    }
}

/// What has changed since a version of the data.
#[derive(Debug)]
pub struct Since {
    snapshot: Snapshot,
    version: i64,
    now: i64,
}

/// Measurements that have moved an odd number of times since $1.
const MOVED: &str =
    "select measurement from moves where version > $1 group by measurement having count(*) % 2 = 1";

/// Measurements that a person has decided on since $1.
const RULED: &str = "select measurement from rulings where version > $1";
/// What a person had decided then.
const THEN: &str = "case when id in (select measurement from rulings where version > $1) then (
    select was from rulings where measurement = measurements.id and version > $1 order by version limit 1)
    else ruling end as ruling";

impl Since {
    /// The version of the data now.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Ids of the measurements that are in the fits now and were not then, or that a person has decided on since.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn come(&mut self) -> Result<HashSet<i64>, StoreError> {
        let mut come = HashSet::new();
        let later = "select id from uploads where version > $1";
        for (column, those) in [("upload", later), ("id", MOVED), ("id", RULED)] {
            let sql = format!(
                "select id from measurements
                 where removed_at is null and quarantined is null and {column} in ({those})"
            );
            let ids: Vec<i64> = sql::query_scalar(sqlx::AssertSqlSafe(sql))
                .bind(self.version)
                .fetch_all(&mut self.snapshot)
                .await?;
            come.extend(ids);
        }
        Ok(come)
    }

    /// The next measurements that were in the fits then and are not now, or that a person has decided on since, as they were
    /// then, with ids above `after`; none after the last.
    ///
    /// # Errors
    /// Where the database does not answer or holds what no release has written.
    pub async fn gone(&mut self, after: i64) -> Result<Vec<StoredMeasurement>, StoreError> {
        let columns = COLUMNS.replace(", ruling", &format!(", {THEN}"));
        let sql = format!(
            "select {columns} from measurements
             where ((removed_at is not null or quarantined is not null) and id in ({MOVED})
                 or removed_at is null and quarantined is null and id in ({RULED}) and id not in ({MOVED}))
             and upload in (select id from uploads where version <= $1) and id > $2 order by id limit 5000"
        );
        let rows: Vec<Row> = sql::query_as(sqlx::AssertSqlSafe(sql))
            .bind(self.version)
            .bind(after)
            .fetch_all(&mut self.snapshot)
            .await?;
        rows.into_iter().map(StoredMeasurement::try_from).collect()
    }
}

/// Keeps the version that gave each of `fits`; returns the first of each.
pub(in crate::store) async fn keep(
    db: &mut Connection,
    fits: &[(u64, i64)],
) -> Result<BTreeMap<u64, i64>, StoreError> {
    for part in fits.chunks(HASHES) {
        let mut query = Builder::new("insert into fits (hash, version) ");
        query.push_values(part, |(hash, version)| {
            [hash.cast_signed().into(), version.into()]
        });
        query.push(" on conflict do nothing");
        query.build().execute(&mut *db).await?;
    }
    let hashes: Vec<u64> = fits.iter().map(|(hash, _)| *hash).collect();
    versions(db, &hashes).await
}

async fn versions<'c>(
    db: impl Into<On<'c>>,
    hashes: &[u64],
) -> Result<BTreeMap<u64, i64>, StoreError> {
    let (mut db, mut versions) = (db.into(), BTreeMap::new());
    for part in hashes.chunks(HASHES) {
        let mut query = Builder::new("select hash, version from fits where hash in (");
        query.push_list(part.iter().map(|hash| hash.cast_signed()));
        query.push(") order by hash");
        let found: Vec<(i64, i64)> = query.build_query_as().fetch_all(db.again()).await?;
        versions.extend(found.into_iter().map(|(hash, v)| (hash.cast_unsigned(), v)));
    }
    Ok(versions)
}

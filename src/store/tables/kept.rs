//! Fits that were made before: kept, and read back.

use std::collections::BTreeSet;

use sqlx::FromRow;

use super::judged::verdicts::fit;
use super::measurements::{COLUMNS, Row, StoredMeasurement};
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::sql::{self, Connection, On};
use crate::timing::data::identity::digest;
use crate::timing::{Mode, PlatformId};

/// One platform in one mode.
type Key = (PlatformId, Mode);

/// Of which data the kept fits are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptAt {
    /// Their version …
    pub version: i64,
    /// … and which data these are, since a restore may bring a version once more.
    pub lineage: i64,
}

/// The head of a kept fit.
#[derive(Debug)]
pub struct KeptHead {
    /// Its platform and mode.
    pub key: Key,
    /// The hash of its timings.
    pub hash: u64,
    /// As it was kept.
    pub head: Vec<u8>,
}

/// A fit to be kept.
#[derive(Debug)]
pub struct Keep<'a> {
    /// Its platform and mode.
    pub key: &'a Key,
    /// The hash of its timings.
    pub hash: u64,
    /// What lists show of it.
    pub head: &'a [u8],
    /// All the rest.
    pub body: &'a [u8],
}

#[derive(FromRow)]
struct HeadRow {
    platform: String,
    mode: String,
    hash: i64,
    head: Vec<u8>,
}

/// Timings of one platform and mode that are judged.
const OF_KEY: &str = "from measurements where platform = $1 and mode = $2 and removed_at is null
                      and (ruling is null or ruling <> 'out')";

impl Store {
    /// The kept fits, and of which data they are; `None` where nothing is kept that can be believed.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn kept(&self) -> Result<Option<(KeptAt, Vec<KeptHead>)>, StoreError> {
        let mut snapshot = self.read.snapshot().await?;
        let Some((at, fits)) = kept_at(&mut snapshot).await? else {
            return Ok(None);
        };
        if fits != listed(&mut snapshot).await? {
            return Ok(None);
        }
        let sql = "select platform, mode, hash, head from kept where until is null order by platform, mode";
        let rows: Vec<HeadRow> = sql::query_as(sql).fetch_all(&mut snapshot).await?;
        let head = |row: HeadRow| {
            Some(KeptHead {
                key: fit(&row.platform, &row.mode).ok()?,
                hash: row.hash.cast_unsigned(),
                head: row.head,
            })
        };
        let heads: Option<Vec<KeptHead>> = rows.into_iter().map(head).collect();
        Ok(heads.map(|heads| (at, heads)))
    }

    /// Which data the kept fits are of.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn kept_lineage(&self) -> Result<Option<i64>, StoreError> {
        let sql = "select lineage from kept_at";
        Ok(sql::query_scalar(sql).fetch_optional(&self.read).await?)
    }

    /// All that was kept of the fit `hash` of `key`, but for its head.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn kept_body(&self, key: &Key, hash: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "select body from kept where platform = $1 and mode = $2 and hash = $3";
        let query = sql::query_scalar(sql)
            .bind(key.0.as_str())
            .bind(key.1.as_str());
        let query = query.bind(hash.cast_signed());
        Ok(query.fetch_optional(&self.read).await?)
    }

    /// Begins to keep fits of data that are `lineage`; of those that are stored at `version`, where nothing is kept yet. `None`: the
    /// data are others.
    ///
    /// # Errors
    /// Where the database does not answer, or the disk is full.
    pub async fn begin_to_keep(
        &self,
        lineage: Option<i64>,
        version: i64,
    ) -> Result<Option<i64>, StoreError> {
        self.is_there()?;
        let mut held = self.write.hold().await?;
        self.has_room(&mut held).await?;
        held.give_back();
        if let Some(lineage) = lineage {
            return Ok((self.kept_lineage().await? == Some(lineage)).then_some(lineage));
        }
        let mut transaction = self.write.begin().await?;
        let stored: i64 = sql::query_scalar("select version from data_version")
            .fetch_one(&mut *transaction)
            .await?;
        if stored != version {
            transaction.rollback().await?;
            return Ok(None);
        }
        for sql in ["delete from kept", "delete from kept_at"] {
            sql::query(sql).execute(&mut *transaction).await?;
        }
        // Random, since it has to differ from any that was here before.
        let drawn = drawn()?;
        let sql = "insert into kept_at (version, lineage, fits) values (-1, $1, '')";
        let query = sql::query(sql).bind(drawn);
        query.execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(Some(drawn))
    }

    /// Keeps `fit`, of `version` of the data that are `lineage`; whether they still are.
    ///
    /// # Errors
    /// Where the database does not answer, or the disk is full.
    pub async fn keep_fit(
        &self,
        lineage: i64,
        version: i64,
        fit: &Keep<'_>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write.begin().await?;
        if !is_of(&mut transaction, lineage).await? {
            transaction.rollback().await?;
            return Ok(false);
        }
        let (platform, mode) = (fit.key.0.as_str(), fit.key.1.as_str());
        let hash = fit.hash.cast_signed();
        let later = "select exists (select 1 from kept where platform = $1 and mode = $2 and hash <> $3 and version > $4)";
        let later: bool = sql::query_scalar(later)
            .bind(platform)
            .bind(mode)
            .bind(hash)
            .bind(version)
            .fetch_one(&mut *transaction)
            .await?;
        if !later {
            replace(&mut transaction, fit, version).await?;
            note(&mut transaction, -1).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Notes that all fits of `version` of the data that are `lineage` are kept, which are those of `keys`; whether they still are.
    ///
    /// # Errors
    /// Where the database does not answer, or the disk is full.
    pub async fn all_kept(
        &self,
        lineage: i64,
        version: i64,
        keys: &BTreeSet<Key>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write.begin().await?;
        if !is_of(&mut transaction, lineage).await? {
            transaction.rollback().await?;
            return Ok(false);
        }
        let sql = "select platform, mode from kept where until is null and version <= $1 order by platform, mode";
        let there: Vec<(String, String)> = sql::query_as(sql)
            .bind(version)
            .fetch_all(&mut *transaction)
            .await?;
        for (platform, mode) in there {
            if fit(&platform, &mode).is_ok_and(|key| keys.contains(&key)) {
                continue;
            }
            let sql = "delete from kept where platform = $1 and mode = $2";
            let query = sql::query(sql).bind(platform).bind(mode);
            query.execute(&mut *transaction).await?;
        }
        note(&mut transaction, version).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The platforms and modes of which a timing may have come, gone or been decided on since `version` of the data.
    ///
    /// # Errors
    /// Where the database does not answer or holds what no release has written.
    pub async fn changed_since(&self, version: i64) -> Result<BTreeSet<Key>, StoreError> {
        let sql = "select distinct platform, mode from measurements
                   where upload in (select id from uploads where version > $1)
                   union select distinct platform, mode from measurements
                   where id in (select measurement from moves where version > $1
                                union select measurement from rulings where version > $1)";
        let rows: Vec<(String, String)> = sql::query_as(sql)
            .bind(version)
            .fetch_all(&self.read)
            .await?;
        rows.iter()
            .map(|(platform, mode)| key(platform, mode))
            .collect()
    }

    /// The next measurements of `key` of which nobody has decided that they are out, or of these alone those that are out of the
    /// fits, with ids above `after`, by id; none after the last.
    ///
    /// # Errors
    /// Where the database does not answer or holds what no release has written.
    pub async fn judged_of(
        &self,
        key: &Key,
        which: Which,
        after: i64,
    ) -> Result<Vec<StoredMeasurement>, StoreError> {
        // Those that are out are few and have an index, which SQLite must not leave for the order.
        let part = match which {
            Which::All => "id > $3 order by id",
            Which::Out => "quarantined is not null and +id > $3 order by +id",
        };
        let sql = format!("select {COLUMNS} {OF_KEY} and {part} limit 5000");
        let rows: Vec<Row> = sql::query_as(sqlx::AssertSqlSafe(sql))
            .bind(key.0.as_str())
            .bind(key.1.as_str())
            .bind(after)
            .fetch_all(&self.read)
            .await?;
        rows.into_iter().map(StoredMeasurement::try_from).collect()
    }
}

/// Which timings of a platform to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// Those that are out of the fits.
    Out,
}

/// The platform and the mode that are called so.
pub(super) fn key(platform: &str, mode: &str) -> Result<Key, StoreError> {
    fit(platform, mode).map_err(|column| StoreError::Corrupt {
        table: "measurements",
        column,
        key: String::new(),
        cause: format!("`{platform}`, `{mode}`"),
    })
}

async fn kept_at<'c>(db: impl Into<On<'c>> + Send) -> Result<Option<(KeptAt, String)>, StoreError> {
    let sql = "select version, lineage, fits from kept_at";
    let row: Option<(i64, i64, String)> = sql::query_as(sql).fetch_optional(db).await?;
    Ok(row.map(|(version, lineage, fits)| (KeptAt { version, lineage }, fits)))
}

/// A random number.
fn drawn() -> Result<i64, StoreError> {
    let mut bytes = [0; 8];
    let drawn = getrandom::fill(&mut bytes);
    drawn.map_err(|e| StoreError::Sql(sqlx::Error::Io(std::io::Error::other(e.to_string()))))?;
    Ok(i64::from_be_bytes(bytes))
}

async fn is_of(db: &mut Connection, lineage: i64) -> Result<bool, StoreError> {
    Ok(kept_at(db)
        .await?
        .is_some_and(|(at, _)| at.lineage == lineage))
}

/// Notes which fits stand, and that all of `version` of the data do.
async fn note(db: &mut Connection, version: i64) -> Result<(), StoreError> {
    let fits = listed(&mut *db).await?;
    let sql =
        "update kept_at set version = case when version < $1 then $1 else version end, fits = $2";
    let query = sql::query(sql).bind(version).bind(fits);
    query.execute(db).await?;
    Ok(())
}

/// A digest of which fits stand.
async fn listed<'c>(db: impl Into<On<'c>> + Send) -> Result<String, StoreError> {
    let sql = "select platform, mode, hash from kept where until is null order by platform, mode";
    let rows: Vec<(String, String, i64)> = sql::query_as(sql).fetch_all(db).await?;
    let line =
        |(platform, mode, hash): &(String, String, i64)| format!("{platform} {mode} {hash}\n");
    let text: String = rows.iter().map(line).collect();
    Ok(format!("{:032x}", digest(text.as_bytes())))
}

/// Puts `fit` in the place of the one that stands.
async fn replace(db: &mut Connection, fit: &Keep<'_>, version: i64) -> Result<(), StoreError> {
    let (platform, mode) = (fit.key.0.as_str(), fit.key.1.as_str());
    let hash = fit.hash.cast_signed();
    let sql =
        "delete from kept where platform = $1 and mode = $2 and hash <> $3 and until is not null";
    let query = sql::query(sql).bind(platform).bind(mode).bind(hash);
    query.execute(&mut *db).await?;
    let sql = "update kept set until = $4 where platform = $1 and mode = $2 and hash <> $3";
    let query = sql::query(sql).bind(platform).bind(mode).bind(hash);
    query.bind(version).execute(&mut *db).await?;
    let sql = "insert into kept (platform, mode, hash, version, until, head, body) values ($1, $2, $3, $4, null, $5, $6)
               on conflict (platform, mode, hash) do update
               set version = excluded.version, until = null, head = excluded.head, body = excluded.body";
    let query = sql::query(sql).bind(platform).bind(mode).bind(hash);
    let query = query.bind(version).bind(fit.head).bind(fit.body);
    query.execute(db).await?;
    Ok(())
}

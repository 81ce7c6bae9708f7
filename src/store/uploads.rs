//! Storing rows: an upload is one transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::{Digest, Sha256};
use sqlx::{FromRow, Sqlite, SqliteConnection, Transaction};

use super::measurements::ROWS_A_STATEMENT;
use super::{Committed, NewRow, Store, StoreError, fits, measurements, platforms, seals};
use crate::timing::{Measurement, Platform};

/// How many rows of an upload went where; they add up to the rows sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Stored, and in the fits.
    pub accepted: i64,
    /// Equal to a stored row.
    pub duplicates: i64,
    /// Stored, but kept out of the fits.
    pub quarantined: i64,
    /// Not stored, since they are wrong.
    pub rejected: i64,
}

/// An upload that was stored.
#[derive(Clone, Debug, FromRow)]
pub struct UploadRow {
    /// Its id.
    pub id: i64,
    /// When it came, Unix milliseconds.
    pub created_at: i64,
    /// Who sent it: `seed`, `import`, or the name of a token.
    pub sender: String,
    /// Rows stored, and in the fits.
    pub accepted: i64,
    /// Rows equal to a stored one.
    pub duplicates: i64,
    /// Rows stored, but kept out of the fits.
    pub quarantined: i64,
    /// Rows that were wrong.
    pub rejected: i64,
    /// When it was taken out; `None`: it was not.
    pub removed_at: Option<i64>,
}

/// A row that was not stored.
#[derive(Clone, Debug, FromRow)]
pub struct Rejection {
    /// Its line in the upload, from 1.
    pub line: i64,
    /// The field that is wrong, as a JSON pointer.
    pub field: String,
    /// What is wrong.
    pub detail: String,
    /// What would be right.
    pub hint: String,
    /// What was sent, in JSON.
    pub sent: String,
}

/// An upload that is being written: all of it becomes visible at [`Writing::commit`], or none.
#[derive(Debug)]
pub struct Writing {
    transaction: Transaction<'static, Sqlite>,
    upload: i64,
    next_row: i64,
    counts: Counts,
    hash: Sha256,
    defined: Vec<Platform>,
    _busy: Busy,
}

/// Counts an upload as being written until it is dropped.
#[derive(Debug)]
struct Busy(Arc<AtomicUsize>);

impl Busy {
    fn new(writing: &Arc<AtomicUsize>) -> Self {
        writing.fetch_add(1, Ordering::Relaxed);
        Self(writing.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Store {
    /// Begins an upload of `sender`.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn begin(&self, sender: &str, now: i64) -> Result<Writing, StoreError> {
        self.is_there()?;
        let mut transaction = self.write.begin_with("begin immediate").await?;
        let busy = Busy::new(&self.writing);
        let sql = "select coalesce((select max(id) from uploads), 0) + 1, \
                   coalesce((select max(id) from measurements), 0) + 1";
        let (upload, next_row): (i64, i64) =
            sqlx::query_as(sql).fetch_one(&mut *transaction).await?;
        let sql = "insert into uploads
                   (id, created_at, sender, accepted, duplicates, quarantined, rejected, content_hash)
                   values ($1, $2, $3, 0, 0, 0, 0, '')";
        sqlx::query(sql)
            .bind(upload)
            .bind(now)
            .bind(sender)
            .execute(&mut *transaction)
            .await?;
        Ok(Writing {
            transaction,
            upload,
            next_row,
            counts: Counts::default(),
            hash: Sha256::new(),
            defined: Vec::new(),
            _busy: busy,
        })
    }

    /// Stores the built-in measurements as the first upload.
    pub(super) async fn save_seed(
        &self,
        new_platforms: &[Platform],
        rows: &[Measurement],
        now: i64,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin("seed", now).await?;
        for platform in new_platforms {
            writing.define(platform).await?;
        }
        let mut rows: Vec<NewRow> = (1..)
            .zip(rows)
            .map(|(line, row)| NewRow::new(line, row, None))
            .collect();
        writing.store(&mut rows).await?;
        writing.commit(|_| Vec::new()).await?;
        Ok(())
    }

    /// The uploads with ids above `after`, by id.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn uploads(&self, after: i64, limit: u32) -> Result<Vec<UploadRow>, StoreError> {
        let sql =
            "select id, created_at, sender, accepted, duplicates, quarantined, rejected, removed_at
                   from uploads where id > $1 order by id limit $2";
        Ok(sqlx::query_as(sql)
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(&self.read)
            .await?)
    }

    /// The upload `id`.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn upload(&self, id: i64) -> Result<Option<UploadRow>, StoreError> {
        Ok(self
            .uploads(id.saturating_sub(1), 1)
            .await?
            .pop()
            .filter(|upload| upload.id == id))
    }

    /// The rows of upload `id` that were not stored, by line.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn rejections(&self, id: i64) -> Result<Vec<Rejection>, StoreError> {
        let sql = "select line, field, detail, hint, sent from rejections where upload = $1 order by line";
        Ok(sqlx::query_as(sql).bind(id).fetch_all(&self.read).await?)
    }

    /// Who sent the row `id`.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn sender_of_row(&self, id: i64) -> Result<Option<String>, StoreError> {
        let sql =
            "select sender from uploads where id = (select upload from measurements where id = $1)";
        Ok(sqlx::query_scalar(sql)
            .bind(id)
            .fetch_optional(&self.read)
            .await?)
    }
}

impl Writing {
    /// Stores a new platform.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn define(&mut self, platform: &Platform) -> Result<(), StoreError> {
        platforms::insert(&mut self.transaction, platform).await?;
        self.defined.push(platform.clone());
        Ok(())
    }

    /// The platforms that it has defined.
    #[must_use]
    pub fn defined(&self) -> &[Platform] {
        &self.defined
    }

    /// Stores rows, of platforms that are known; those that equal a stored row are counted as duplicates.
    ///
    /// Returns the ids under which rows were stored, with their position in `rows`.
    ///
    /// # Errors
    /// Where the database does not answer, or the disk is full.
    pub async fn store(&mut self, rows: &mut [NewRow]) -> Result<Vec<(i64, usize)>, StoreError> {
        let mut ids = Vec::with_capacity(rows.len());
        for (part, rows) in rows.chunks_mut(ROWS_A_STATEMENT).enumerate() {
            let (first, sent) = (self.next_row, count(rows.len()));
            let stored =
                measurements::insert(&mut self.transaction, (self.upload, first), rows).await?;
            self.counts.duplicates += sent - count(stored.len());
            self.next_row += sent;
            for row in stored {
                row.feed(&mut self.hash);
                match row.quarantined {
                    None => self.counts.accepted += 1,
                    Some(_) => self.counts.quarantined += 1,
                }
                let position = usize::try_from(row.id - first).unwrap_or_default();
                ids.push((row.id, part * ROWS_A_STATEMENT + position));
            }
            seals::settle(&mut self.transaction).await?;
        }
        Ok(ids)
    }

    /// Keeps rows that are wrong, to be fixed and sent again.
    ///
    /// # Errors
    /// Where the database does not answer, or the disk is full.
    pub async fn reject(&mut self, rejections: &[Rejection]) -> Result<(), StoreError> {
        for Rejection {
            line,
            field,
            detail,
            hint,
            sent,
        } in rejections
        {
            self.counts.rejected += 1;
            let sql = "insert into rejections (upload, line, field, detail, hint, sent) values ($1, $2, $3, $4, $5, $6)";
            let query = sqlx::query(sql)
                .bind(self.upload)
                .bind(line)
                .bind(field)
                .bind(detail)
                .bind(hint)
                .bind(sent);
            query.execute(&mut *self.transaction).await?;
        }
        Ok(())
    }

    /// How many rows went where, so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Makes all of it visible, and durable; returns the upload's id. `fits` says which fits (hash, version) the version
    /// of the data that has it gives.
    ///
    /// # Errors
    /// Where the database does not answer, or the disk is full: then nothing is stored.
    pub async fn commit(
        mut self,
        fits: impl FnOnce(i64) -> Vec<(u64, i64)>,
    ) -> Result<(i64, Committed), StoreError> {
        let hash = self
            .hash
            .finalize()
            .iter()
            .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        let Counts {
            accepted,
            duplicates,
            quarantined,
            rejected,
        } = self.counts;
        let version = bump_version(&mut self.transaction).await?;
        let first = fits::keep(&mut self.transaction, &fits(version)).await?;
        let sql = "update uploads set accepted = $1, duplicates = $2, quarantined = $3, rejected = $4, content_hash = $5,
                   version = $6 where id = $7";
        let query = sqlx::query(sql)
            .bind(accepted)
            .bind(duplicates)
            .bind(quarantined)
            .bind(rejected)
            .bind(hash)
            .bind(version);
        query
            .bind(self.upload)
            .execute(&mut *self.transaction)
            .await?;
        seals::settle(&mut self.transaction).await?;
        self.transaction.commit().await?;
        Ok((self.upload, Committed { version, first }))
    }

    /// Forgets all of it.
    ///
    /// # Errors
    /// Where the database does not answer; it is forgotten nevertheless.
    pub async fn roll_back(self) -> Result<(), StoreError> {
        Ok(self.transaction.rollback().await?)
    }
}

fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// The next version of the data.
pub(super) async fn bump_version(db: &mut SqliteConnection) -> Result<i64, StoreError> {
    Ok(
        sqlx::query_scalar("update data_version set version = version + 1 returning version")
            .fetch_one(db)
            .await?,
    )
}

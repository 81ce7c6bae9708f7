//! Storing rows: an upload is one transaction.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};
use sqlx::FromRow;

use super::again;
use super::audit::{Action, Deed, Entry, Object, note};
use super::fits;
use super::judged::verdicts;
use super::measurements;
use super::measurements::NewRow;
use super::measurements::{ROWS_A_STATEMENT, containing};
use super::platforms;
use super::senders::Sender;
use super::sorted::Direction;
use super::version::Committed;
use super::version::bump_version;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::seals;
use crate::store::sql;
use crate::store::writer::{BUSY, Transaction};
use crate::timing::judge::quarantine::Judgement;
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
    /// Who sent it.
    #[sqlx(flatten)]
    pub sender: Sender,
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

/// Which uploads to list, and in which order.
#[derive(Clone, Debug)]
pub struct UploadFilter {
    /// By id, which way.
    pub direction: Direction,
    /// Only those that come after this id.
    pub after: Option<i64>,
    /// With this text in the name of the sender, whatever the case of its letters.
    pub sender: Option<String>,
    /// Only those that were taken out (true), or only those that are in (false).
    pub removed: Option<bool>,
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
    pub(super) transaction: Transaction,
    /// Who sends it, and when.
    pub(super) deed: Deed,
    upload: i64,
    /// The id that its first new row has.
    pub(super) first_row: i64,
    next_row: i64,
    counts: Counts,
    hash: Sha256,
    /// Measurements that it puts back and does not hold out, with their lines in it.
    back: Vec<(i64, i64)>,
    /// Measurements that it moves into the fits or out of them, of those that were there before.
    moved: Vec<i64>,
    defined: Vec<Platform>,
}

impl Store {
    /// Begins an upload of `sender`.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn begin(&self, sender: impl Into<Sender>, now: i64) -> Result<Writing, StoreError> {
        let sender = sender.into();
        self.is_there()?;
        let mut writer = self.write.hold().await?;
        self.has_room(&mut writer).await?;
        let mut transaction = writer.begin(BUSY).await?;
        let sql = "select coalesce((select max(id) from uploads), 0) + 1, \
                   coalesce((select max(id) from measurements), 0) + 1";
        let (upload, next_row): (i64, i64) =
            sql::query_as(sql).fetch_one(&mut *transaction).await?;
        let sql = "insert into uploads
                   (id, created_at, sender, token, accepted, duplicates, quarantined, rejected, content_hash)
                   values ($1, $2, $3, $4, 0, 0, 0, 0, '')";
        sql::query(sql)
            .bind(upload)
            .bind(now)
            .bind(&sender.name)
            .bind(sender.token)
            .execute(&mut *transaction)
            .await?;
        Ok(Writing {
            transaction,
            deed: Deed {
                by: sender,
                at: now,
            },
            upload,
            first_row: next_row,
            next_row,
            counts: Counts::default(),
            hash: Sha256::new(),
            back: Vec::new(),
            moved: Vec::new(),
            defined: Vec::new(),
        })
    }

    /// Stores the built-in measurements as the first upload.
    pub(in crate::store) async fn save_seed(
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
            "select id, created_at, sender, token, accepted, duplicates, quarantined, rejected, removed_at
                   from uploads where id > $1 order by id limit $2";
        Ok(sql::query_as(sql)
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(&self.read)
            .await?)
    }

    /// At most `limit` of the uploads of `filter`, in its order.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn uploads_of(
        &self,
        filter: &UploadFilter,
        limit: u32,
    ) -> Result<Vec<UploadRow>, StoreError> {
        let (sql, start) = match filter.direction {
            Direction::Up => (
                "select id, created_at, sender, token, accepted, duplicates, quarantined, rejected, removed_at
                   from uploads where id > $1 and lower(sender) like $2 escape '\\'
                   and ($3 is null or (removed_at is not null) = $3) order by id limit $4",
                0,
            ),
            Direction::Down => (
                "select id, created_at, sender, token, accepted, duplicates, quarantined, rejected, removed_at
                   from uploads where id < $1 and lower(sender) like $2 escape '\\'
                   and ($3 is null or (removed_at is not null) = $3) order by id desc limit $4",
                i64::MAX,
            ),
        };
        Ok(sql::query_as(sql)
            .bind(filter.after.unwrap_or(start))
            .bind(containing(filter.sender.as_deref().unwrap_or_default()))
            .bind(filter.removed)
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

    /// Rows of upload `id` that were not stored, by line: `limit` of those after the line `after`.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn rejections(
        &self,
        id: i64,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Rejection>, StoreError> {
        let sql =
            "select line, field, detail, hint, sent from rejections where upload = $1 and line > $2
                   order by line limit $3";
        let query = sql::query_as(sql).bind(id).bind(after);
        Ok(query.bind(i64::from(limit)).fetch_all(&self.read).await?)
    }

    /// The uploads that sent the timing that measurement `id` is, by id; none where there is no such measurement.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn uploads_of_row(&self, id: i64) -> Result<Vec<UploadRow>, StoreError> {
        let sql = "with own as (select id, upload, identity, removed_at from measurements where id = $1),
                   equal as (
                       select id, upload from own
                       union select id, upload from measurements
                       where removed_at is null and identity in (select identity from own)
                       union select id, upload from measurements
                       where removed_at is not null and identity in (select identity from own))
                   select id, created_at, sender, token, accepted, duplicates, quarantined, rejected, removed_at from uploads
                   where id in (select upload from equal)
                   or id in (select upload from duplicates where measurement in (select id from equal))
                   order by id";
        Ok(sql::query_as(sql).bind(id).fetch_all(&self.read).await?)
    }
}

impl Writing {
    /// Stores a new platform, unless another upload has stored it meanwhile; whether what is stored now is the same.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn define(&mut self, platform: &Platform) -> Result<bool, StoreError> {
        if platforms::insert(&mut self.transaction, platform).await? {
            self.defined.push(platform.clone());
            return Ok(true);
        }
        let stored = platforms::stored(&mut self.transaction, &platform.id).await?;
        Ok(stored.as_ref() == Some(platform))
    }

    /// The platforms that it has defined.
    #[must_use]
    pub fn defined(&self) -> &[Platform] {
        &self.defined
    }

    /// Stores rows, of platforms that are known; those that equal a stored row are counted as duplicates, and those that
    /// equal one that was taken out bring it back.
    ///
    /// Returns the ids under which rows are in now that were not before, with their position in `rows`.
    ///
    /// # Errors
    /// Where the database does not answer, or the disk is full.
    pub async fn store(&mut self, rows: &mut [NewRow]) -> Result<Vec<(i64, usize)>, StoreError> {
        let mut ids = Vec::with_capacity(rows.len());
        for (part, rows) in rows.chunks_mut(ROWS_A_STATEMENT).enumerate() {
            let (first, sent) = (self.next_row, count(rows.len()));
            let mut come = again::bring_back(&mut self.transaction, rows).await?;
            for (id, position) in &come {
                if !rows[*position].is_held() {
                    self.back.push((*id, rows[*position].line()));
                }
            }
            let stored =
                measurements::insert(&mut self.transaction, self.upload, first, rows).await?;
            self.next_row += sent;
            let all_new = stored.len() == usize::try_from(sent).unwrap_or_default();
            for row in stored {
                row.feed(&mut self.hash);
                let position = usize::try_from(row.id - first).unwrap_or_default();
                come.push((row.id, position));
            }
            self.counts.duplicates += sent - count(come.len());
            for (id, position) in come {
                if rows[position].is_held() {
                    self.counts.quarantined += 1;
                } else {
                    self.counts.accepted += 1;
                }
                ids.push((id, part * ROWS_A_STATEMENT + position));
            }
            if !all_new {
                again::stand_for(&mut self.transaction, self.upload, rows).await?;
            }
            // Part by part, so that what is noted stays short.
            seals::settle(&mut self.transaction).await?;
        }
        Ok(ids)
    }

    /// Keeps rows that are wrong, to be fixed and sent again: the first of `count`.
    ///
    /// # Errors
    /// Where the database does not answer, or the disk is full.
    pub async fn reject(&mut self, kept: &[Rejection], count: i64) -> Result<(), StoreError> {
        self.counts.rejected += count;
        for Rejection {
            line,
            field,
            detail,
            hint,
            sent,
        } in kept
        {
            let sql = "insert into rejections (upload, line, field, detail, hint, sent) values ($1, $2, $3, $4, $5, $6)";
            let query = sql::query(sql)
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

    /// Of the measurements that it puts back, those that a person has put in.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn released(&mut self) -> Result<Vec<i64>, StoreError> {
        let ids: Vec<i64> = self.back.iter().map(|(id, _)| *id).collect();
        verdicts::released(&mut self.transaction, &ids).await
    }

    /// Stores what its rows and those of earlier uploads are thought of.
    ///
    /// # Errors
    /// Where the database does not answer, or the disk is full.
    pub async fn judge(&mut self, judgement: &Judgement) -> Result<(), StoreError> {
        verdicts::store(&mut self.transaction, judgement).await?;
        let doubted = judgement.doubted.iter().map(|(id, _)| *id);
        let doubted: HashSet<i64> = doubted.collect();
        let back = self.back.iter().map(|(id, _)| *id);
        self.moved = back.filter(|id| !doubted.contains(id)).collect();
        self.moved.extend(&judgement.left);
        self.moved.extend(&judgement.cleared);
        self.moved.sort_unstable();
        let new = self.own_doubted(judgement);
        self.counts.accepted -= count(new);
        self.counts.quarantined += count(new);
        Ok(())
    }

    /// How many of its rows are out by `judgement`.
    fn own_doubted(&self, judgement: &Judgement) -> usize {
        let back: HashSet<i64> = self.back.iter().map(|(id, _)| *id).collect();
        let own = |id: &i64| *id >= self.first_row || back.contains(id);
        judgement.doubted.iter().filter(|(id, _)| own(id)).count()
    }

    /// The first `most` rows of it that are out by `judgement`: line and reason, by line.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn doubted(
        &mut self,
        judgement: &Judgement,
        most: usize,
    ) -> Result<Vec<(u64, String)>, StoreError> {
        let sql = "select line from measurements where id = $1";
        let back: HashMap<i64, i64> = self.back.iter().copied().collect();
        let mut doubted: Vec<&(i64, String)> = judgement.doubted.iter().collect();
        doubted.sort();
        let (mut told, mut new) = (Vec::new(), 0);
        for (id, reason) in doubted {
            let line: i64 = match back.get(id) {
                Some(line) => *line,
                // New rows have the order of their lines.
                None if *id >= self.first_row && new < most => {
                    new += 1;
                    let query = sql::query_scalar(sql).bind(id);
                    query.fetch_one(&mut *self.transaction).await?
                }
                None => continue,
            };
            told.push((u64::try_from(line).unwrap_or_default(), reason.clone()));
        }
        told.sort();
        told.truncate(most);
        Ok(told)
    }

    /// The id that it will have.
    #[must_use]
    pub fn id(&self) -> i64 {
        self.upload
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
        again::moved(&mut self.transaction, &self.moved, version).await?;
        let first = fits::keep(&mut self.transaction, &fits(version)).await?;
        let sql = "update uploads set accepted = $1, duplicates = $2, quarantined = $3, rejected = $4, content_hash = $5,
                   version = $6 where id = $7";
        let query = sql::query(sql)
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
        let entry = Entry {
            deed: &self.deed,
            action: Action::Upload,
            object: Object::Upload(self.upload),
            timings: accepted + quarantined,
            reason: None,
        };
        note(&mut self.transaction, &entry).await?;
        self.transaction.commit().await?;
        Ok((self.upload, Committed { version, first }))
    }

    /// Forgets all of it.
    ///
    /// # Errors
    /// Where the database does not answer; it is forgotten nevertheless.
    pub async fn roll_back(self) -> Result<(), StoreError> {
        self.transaction.rollback().await
    }
}

fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

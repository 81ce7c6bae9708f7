//! Taking timings out and putting them back, in any order and any number of times, whoever sent them.
//!
//! An upload *stands for* the timings that it sent: those that it brought as measurements, and those that were stored
//! already and are its duplicates. A mark says that it does so no more: `upload`, since it was taken out, or `row`, since the
//! timing was. A timing is in while an upload stands for it. What is taken out is taken out for all uploads of its sender,
//! since it is the same timing to them; what is put back, for the upload that is named.
//!
//! Where the same timing was sent in two ways (another source, another noise) there are two measurements of it, of which
//! one at most is in: one that is judged before one that is held out, then the newest. Which one is in follows from
//! the marks alone, and is kept in `measurements.removed_at` for all who read.

use std::collections::{BTreeSet, HashSet};

use sqlx::AssertSqlSafe;

use super::again;
use super::fits;
use super::judged::verdicts;
use super::kept::key;
use super::measurements::{COLUMNS, Row, StoredMeasurement};
use super::senders::Sender;
use super::version::{Committed, bump_version};
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::sql::{self, Connection};
use crate::store::writer::Transaction;
use crate::timing::judge::quarantine::Judgement;
use crate::timing::{Mode, PlatformId};

/// One change of what is in: all of it becomes visible at [`Change::commit`], or none.
#[derive(Debug)]
pub struct Change {
    transaction: Transaction,
    version: i64,
}

/// How far a change went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Timings that it took out, or put back.
    pub timings: u64,
    /// Of those that it is about, how many are in now: what was taken out is in where another sender stands for it.
    pub remaining: u64,
}

/// Whose uploads a change of one timing is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Senders {
    /// All that sent it.
    Everybody,
    /// Those of this sender.
    One(Sender),
}

impl Senders {
    fn one(&self) -> Option<&Sender> {
        match self {
            Self::Everybody => None,
            Self::One(sender) => Some(sender),
        }
    }
}

/// Tables of what uploads stand for, with the column of the measurement.
const STANDING: [(&str, &str); 2] = [("measurements", "id"), ("duplicates", "measurement")];
/// The measurements that upload $1 stands for, or did; and one alone.
pub(super) const OF_UPLOAD: &str = "select id from measurements where upload = $1
                         union select measurement from duplicates where upload = $1";
pub(super) const ONE: &str = "select $1";
/// What the timings of a change are collected in, for as long as its transaction: all measurements of each, whether that is one
/// that the change names, whether it was in before, whether it is in afterwards, and whether a person has decided anew on one that
/// is in.
const TOUCHED: &str = "create temp table touched (measurement bigint not null primary key, identity text not null,
                       doubted bigint not null, held bigint not null, live bigint not null, named bigint not null, wins bigint not null default 0,
                       ruled bigint not null default 0)";

impl Store {
    /// Begins a change.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn begin_change(&self) -> Result<Change, StoreError> {
        self.is_there()?;
        let mut transaction = self.write.begin().await?;
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

    /// What it is written on.
    pub(super) fn connection(&mut self) -> &mut Connection {
        &mut self.transaction
    }

    /// Takes upload `id` out, at `now`: its sender stands for none of its timings any more. What was rejected of it goes for
    /// good: it is no timing, and who sent it has it.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn remove_upload(&mut self, id: i64, now: i64) -> Result<Moved, StoreError> {
        self.touch(OF_UPLOAD, id).await?;
        let sender: Option<(String, Option<i64>)> =
            sql::query_as("select sender, token from uploads where id = $1")
                .bind(id)
                .fetch_optional(&mut *self.transaction)
                .await?;
        if let Some((name, token)) = sender {
            let sender = Senders::One(Sender { name, token });
            self.mark(Some("upload"), "mark is null", &sender).await?;
        }
        let sql = "delete from rejections where upload = $1";
        let query = sql::query(sql).bind(id);
        query.execute(&mut *self.transaction).await?;
        let sql = "update uploads set removed_at = coalesce(removed_at, $2) where id = $1";
        let query = sql::query(sql).bind(id).bind(now);
        query.execute(&mut *self.transaction).await?;
        self.settle(now).await
    }

    /// Puts upload `id` back, at `now`: it stands for its timings again, but for those that were taken out one by one.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn restore_upload(&mut self, id: i64, now: i64) -> Result<Moved, StoreError> {
        self.touch(OF_UPLOAD, id).await?;
        for (table, _) in STANDING {
            let sql =
                format!("update {table} set mark = null where upload = $1 and mark = 'upload'");
            let query = sql::query(AssertSqlSafe(sql)).bind(id);
            query.execute(&mut *self.transaction).await?;
        }
        let sql = "update uploads set removed_at = null where id = $1";
        let query = sql::query(sql).bind(id);
        query.execute(&mut *self.transaction).await?;
        self.settle(now).await
    }

    /// Takes the timing that measurement `id` is out, at `now`: these `senders` stand for it no more.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn remove_row(
        &mut self,
        id: i64,
        senders: &Senders,
        now: i64,
    ) -> Result<Moved, StoreError> {
        self.mark_row(id, Some("row"), senders).await?;
        self.settle(now).await
    }

    /// Puts the timing that measurement `id` is back, at `now`: these `senders` stand for it again.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn restore_row(
        &mut self,
        id: i64,
        senders: &Senders,
        now: i64,
    ) -> Result<Moved, StoreError> {
        self.mark_row(id, None, senders).await?;
        self.settle(now).await
    }

    /// The measurements that it takes out, and those that come back another way.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn gone(&mut self) -> Result<HashSet<i64>, StoreError> {
        let sql = "select measurement from touched where (live = 1 and wins = 0) or ruled = 1";
        let ids: Vec<i64> = sql::query_scalar(sql)
            .fetch_all(&mut *self.transaction)
            .await?;
        Ok(ids.into_iter().collect())
    }

    /// The platforms and modes of the timings that it may move.
    ///
    /// # Errors
    /// Where the database does not answer or holds what no release has written.
    pub async fn keys(&mut self) -> Result<BTreeSet<(PlatformId, Mode)>, StoreError> {
        let sql = "select distinct platform, mode from measurements
                   where id in (select measurement from touched) order by platform, mode";
        let rows: Vec<(String, String)> =
            sql::query_as(sql).fetch_all(&mut *self.transaction).await?;
        rows.iter()
            .map(|(platform, mode)| key(platform, mode))
            .collect()
    }

    /// The next measurements that it puts back and that nobody holds out, with ids above `after`, by id; none after the last.
    ///
    /// # Errors
    /// Where the database does not answer or holds what no release has written.
    pub async fn come(&mut self, after: i64) -> Result<Vec<StoredMeasurement>, StoreError> {
        let sql = format!(
            "select {COLUMNS} from measurements where id in (
                 select measurement from touched
                 where ((live = 0 and wins = 1) or ruled = 1) and held = 0 and measurement > $1
                 order by measurement limit 5000
             ) order by id"
        );
        let rows: Vec<Row> = sql::query_as(AssertSqlSafe(sql))
            .bind(after)
            .fetch_all(&mut *self.transaction)
            .await?;
        rows.into_iter().map(StoredMeasurement::try_from).collect()
    }

    /// Stores what is thought of the measurements that it puts back, `come`, and of those that were there.
    ///
    /// # Errors
    /// Where the database does not answer, or the disk is full.
    pub async fn judge(&mut self, come: &[i64], judgement: &Judgement) -> Result<(), StoreError> {
        // What was thought of them when they left counts no more.
        let sql = "update measurements set quarantined = null
                   where quarantined is not null and id in (
                       select measurement from touched where live = 0 and wins = 1 and held = 0)";
        sql::query(sql).execute(&mut *self.transaction).await?;
        verdicts::store(&mut self.transaction, judgement).await?;
        let doubted: HashSet<i64> = judgement.doubted.iter().map(|(id, _)| *id).collect();
        let sql = "select measurement from touched where ruled = 1";
        let ruled: Vec<i64> = sql::query_scalar(sql)
            .fetch_all(&mut *self.transaction)
            .await?;
        // Their moves are kept already.
        let ruled: HashSet<i64> = ruled.into_iter().collect();
        let mut moved: Vec<i64> = come.to_vec();
        moved.retain(|id| !doubted.contains(id) && !ruled.contains(id));
        moved.extend(&judgement.left);
        moved.extend(&judgement.cleared);
        moved.sort_unstable();
        again::moved(&mut self.transaction, &moved, self.version).await
    }

    /// Makes it visible, and durable; the hashes `fits` are those that it gives.
    ///
    /// # Errors
    /// Where the database does not answer, or the disk is full: then nothing has changed.
    pub async fn commit(mut self, fits: &[(u64, i64)]) -> Result<Committed, StoreError> {
        let first = fits::keep(&mut self.transaction, fits).await?;
        self.touches_nothing().await?;
        self.transaction.commit().await?;
        let version = self.version;
        Ok(Committed { version, first })
    }

    /// Collects the timings that the measurements `which` of `id` are, with all measurements of each.
    pub(super) async fn touch(&mut self, which: &str, id: i64) -> Result<(), StoreError> {
        let collect = |named: u8, which: &str| {
            format!(
                "insert into touched (measurement, identity, doubted, held, live, named)
                 select id, identity, case when quarantined is null then 0 else 1 end,
                        case when ruling = 'out' then 1 else 0 end,
                        case when removed_at is null then 1 else 0 end, {named}
                 from measurements where {which}"
            )
        };
        let named = collect(1, &format!("id in ({which})"));
        // Of those that are in and of those that are out there is an index each. What is in has no other that is.
        let others = [
            "removed_at is null and identity in (select identity from touched where live = 0)",
            "id in (select id from measurements where removed_at is not null
                    and identity in (select identity from touched) and id not in (select measurement from touched))",
        ];
        self.touches_nothing().await?;
        let query = sql::query(TOUCHED);
        query.execute(&mut *self.transaction).await?;
        let query = sql::query(AssertSqlSafe(named)).bind(id);
        query.execute(&mut *self.transaction).await?;
        for which in others {
            let query = sql::query(AssertSqlSafe(collect(0, which)));
            query.execute(&mut *self.transaction).await?;
        }
        Ok(())
    }

    /// Forgets which timings were collected.
    async fn touches_nothing(&mut self) -> Result<(), StoreError> {
        // Each database has a name of its own for where such tables are.
        let sql = if self.transaction.is_postgres() {
            "drop table if exists pg_temp.touched"
        } else {
            "drop table if exists temp.touched"
        };
        sql::query(sql).execute(&mut *self.transaction).await?;
        Ok(())
    }

    /// Sets the mark of these `senders` at the timing that measurement `id` is.
    async fn mark_row(
        &mut self,
        id: i64,
        mark: Option<&str>,
        senders: &Senders,
    ) -> Result<(), StoreError> {
        self.touch(ONE, id).await?;
        self.mark(mark, "mark is distinct from $1", senders).await
    }

    /// Sets the mark of all uploads of `senders` at the collected timings, where it is one of `which`.
    async fn mark(
        &mut self,
        mark: Option<&str>,
        which: &str,
        senders: &Senders,
    ) -> Result<(), StoreError> {
        for (table, measurement) in STANDING {
            let sql = format!(
                "update {table} set mark = $1
                 where {measurement} in (select measurement from touched) and {which}
                 and ($2 is null or exists (
                     select 1 from uploads where id = {table}.upload
                     and case when $3 is null then token is null and sender = $2 else token = $3 end))"
            );
            // A name is only read where no token has sent it: that is the service itself.
            let query = sql::query(AssertSqlSafe(sql))
                .bind(mark)
                .bind(senders.one().map(|sender| sender.name.as_str()))
                .bind(senders.one().and_then(|sender| sender.token));
            query.execute(&mut *self.transaction).await?;
        }
        Ok(())
    }

    /// Lets the marks of the collected timings say which measurement of each is in; a move is kept of each that leaves the fits.
    /// Those in quarantine are not in these.
    pub(super) async fn settle(&mut self, now: i64) -> Result<Moved, StoreError> {
        let standing = "update touched set wins = 1
                        where measurement in (
                            select id from measurements where mark is null and id in (select measurement from touched))
                        or measurement in (
                            select measurement from duplicates
                            where mark is null and measurement in (select measurement from touched))";
        let best = "update touched set wins = 0
                    where wins = 1 and identity in (select identity from touched where named = 0)
                    and measurement not in (
                        select measurement from (
                            select measurement, row_number() over (
                                partition by identity order by held, measurement desc) as place
                            from touched
                            where wins = 1 and identity in (select identity from touched where named = 0)
                        ) as standing where place = 1)";
        for sql in [standing, best] {
            sql::query(sql).execute(&mut *self.transaction).await?;
        }
        let sql = "insert into moves (version, measurement)
                   select $1, measurement from touched where live = 1 and wins = 0 and doubted = 0 order by measurement";
        let query = sql::query(sql).bind(self.version);
        query.execute(&mut *self.transaction).await?;
        // Out before in, since one measurement of a timing is in at most.
        let gone = self.turn(Some(now)).await?;
        let come = self.turn(None).await?;
        let remaining: i64 = sql::query_scalar("select count(*) from touched where wins = 1")
            .fetch_one(&mut *self.transaction)
            .await?;
        Ok(Moved {
            // One that takes another's place moves no timing.
            timings: gone.abs_diff(come),
            remaining: u64::try_from(remaining).unwrap_or_default(),
        })
    }

    /// Takes the measurements that are to leave out at `removed_at`, or puts those that are to come in; returns how many.
    async fn turn(&mut self, removed_at: Option<i64>) -> Result<u64, StoreError> {
        let sql = "update measurements set removed_at = $1
                   where id in (select measurement from touched where live = $2 and wins <> $2)";
        let was_in = i64::from(removed_at.is_some());
        let query = sql::query(sql).bind(removed_at).bind(was_in);
        let turned = query.execute(&mut *self.transaction).await?;
        Ok(turned)
    }
}

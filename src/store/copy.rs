//! All that is stored, copied into an empty database of either kind: ids, versions and marks stay what they are, so that every
//! answer does too.
//!
//! The source is read as it is at one moment, and the target written in one transaction. What is kept of fits is left out: it
//! follows from the rest.

use sqlx::{Column, ColumnIndex, Decode, FromRow, Row, Type, TypeInfo};

use super::backup::holds::Holds;
use super::database::Store;
use super::error::StoreError;
use super::seals;
use super::server::migrate::newest;
use super::sql::{self, Arg, Builder, Snapshot};
use super::writer::Transaction;

/// A table, with the columns that order it and those beside.
struct Table {
    name: &'static str,
    key: &'static [&'static str],
    others: &'static [&'static str],
}

/// All tables, each behind those that it refers to.
const TABLES: [Table; 12] = [
    Table::new(
        "platforms",
        &["id"],
        &[
            "device",
            "device_count",
            "precision",
            "memory_format",
            "compiled",
            "framework",
        ],
    ),
    Table::new(
        "tokens",
        &["id"],
        &[
            "name",
            "scope",
            "hash",
            "created_at",
            "expires_at",
            "last_used_at",
            "revoked_at",
        ],
    ),
    Table::new(
        "uploads",
        &["id"],
        &[
            "created_at",
            "sender",
            "accepted",
            "duplicates",
            "quarantined",
            "rejected",
            "content_hash",
            "removed_at",
            "version",
            "token",
        ],
    ),
    Table::new(
        "rejections",
        &["upload", "line"],
        &["field", "detail", "hint", "sent"],
    ),
    Table::new(
        "measurements",
        &["id"],
        &[
            "upload",
            "line",
            "platform",
            "mode",
            "label",
            "family",
            "model",
            "scaling",
            "flops",
            "params",
            "acts",
            "resolution",
            "batch_size",
            "images_per_second",
            "step_seconds",
            "epoch_seconds",
            "dataset_images",
            "measured_at",
            "source",
            "noise",
            "identity",
            "quarantined",
            "removed_at",
            "mark",
            "ruling",
        ],
    ),
    Table::new("duplicates", &["upload", "measurement"], &["mark"]),
    Table::new("moves", &["version", "measurement"], &[]),
    Table::new("fits", &["hash"], &["version"]),
    Table::new(
        "audit",
        &["id"],
        &[
            "at",
            "sender",
            "token",
            "action",
            "subject",
            "subject_id",
            "timings",
            "reason",
        ],
    ),
    Table::new("rulings", &["version", "measurement"], &["was"]),
    Table::new("repeats", &["token", "key"], &["at", "sent", "answer"]),
    Table::new(
        "foretold",
        &["measurement"],
        &["log_ratio", "half_80", "half_90", "half_95"],
    ),
];

/// Rows of one statement: 26 columns each at most, of SQLite's 32,766 parameters.
const ROWS: usize = 500;

impl Table {
    const fn new(
        name: &'static str,
        key: &'static [&'static str],
        others: &'static [&'static str],
    ) -> Self {
        Self { name, key, others }
    }

    fn columns(&self) -> String {
        [self.key, self.others].concat().join(", ")
    }

    /// Copies its rows.
    async fn copy(&self, from: &mut Snapshot, to: &mut Transaction) -> Result<(), StoreError> {
        let (columns, key) = (self.columns(), self.key.join(", "));
        let mut last: Vec<Arg<'static>> = Vec::new();
        loop {
            let mut query = Builder::new(format!("select {columns} from {}", self.name));
            if !last.is_empty() {
                query.push(format!(" where ({key}) > ("));
                for (place, value) in last.into_iter().enumerate() {
                    query.push(if place > 0 { ", " } else { "" });
                    query.push_bind(value);
                }
                query.push(")");
            }
            query.push(format!(" order by {key} limit {ROWS}"));
            let rows: Vec<Cells> = query.build_query_as().fetch_all(&mut *from).await?;
            let Some(Cells(end)) = rows.last() else {
                return Ok(());
            };
            last = end.iter().take(self.key.len()).cloned().collect();
            let mut query = Builder::new(format!("insert into {} ({columns}) ", self.name));
            query.push_values(rows, |Cells(row)| row);
            query.build().execute(&mut **to).await?;
            // Part by part, so that what is noted stays short.
            seals::settle(to).await?;
        }
    }
}

/// A row of any table.
struct Cells(Vec<Arg<'static>>);

impl<'r, R: Row> FromRow<'r, R> for Cells
where
    usize: ColumnIndex<R>,
    Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
    Option<f64>: Decode<'r, R::Database> + Type<R::Database>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        let cell = |column: &<R::Database as sqlx::Database>::Column| {
            let place = column.ordinal();
            // As the two databases call the three types of our columns.
            Ok(match column.type_info().name() {
                "INTEGER" | "INT8" => Arg::from(row.try_get::<Option<i64>, _>(place)?),
                "REAL" | "FLOAT8" => Arg::from(row.try_get::<Option<f64>, _>(place)?),
                _ => Arg::from(row.try_get::<Option<String>, _>(place)?),
            })
        };
        row.columns()
            .iter()
            .map(cell)
            .collect::<sqlx::Result<_>>()
            .map(Self)
    }
}

impl Store {
    /// Copies all that it holds into `target`, which must hold nothing yet; returns what that is.
    ///
    /// # Errors
    /// Where one of them does not answer or is of a later release, or `target` is not empty: then nothing of it has changed.
    pub async fn copy_into(&self, target: &Self) -> Result<Holds, StoreError> {
        let mut from = self.read.snapshot().await?;
        let mut to = target.write.begin().await?;
        let there = "select version <> 0 or exists (select 1 from tokens) or exists (select 1 from uploads) from data_version";
        if sql::query_scalar(there).fetch_one(&mut *to).await? {
            to.rollback().await?;
            return Err(StoreError::Taken);
        }
        let step = "select max(version) from _sqlx_migrations";
        let steps: [i64; 2] = [
            sql::query_scalar(step).fetch_one(&mut from).await?,
            sql::query_scalar(step).fetch_one(&mut *to).await?,
        ];
        if steps.iter().any(|step| *step > newest()) {
            to.rollback().await?;
            return Err(StoreError::Ahead);
        }
        for table in &TABLES {
            table.copy(&mut from, &mut to).await?;
        }
        let sql = "select version from data_version";
        let version: i64 = sql::query_scalar(sql).fetch_one(&mut from).await?;
        let query = sql::query("update data_version set version = $1").bind(version);
        query.execute(&mut *to).await?;
        // A service that has it open must not take what it has kept of it for fits of this.
        for sql in [
            "delete from kept",
            "delete from kept_at",
            "delete from meta where name = 'seed'",
        ] {
            sql::query(sql).execute(&mut *to).await?;
        }
        let sql = "select value from meta where name = 'seed'";
        let seed: Option<String> = sql::query_scalar(sql).fetch_optional(&mut from).await?;
        if let Some(seed) = seed {
            let sql = "insert into meta (name, value) values ('seed', $1)";
            sql::query(sql).bind(seed).execute(&mut *to).await?;
        }
        // Of a file that was written meanwhile no state was read.
        self.is_as_it_was()?;
        to.commit().await?;
        target.holds().await
    }
}

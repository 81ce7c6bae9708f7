//! Seals: what each table holds, as count and sum of hashes, so that an edit by hand is found and named.
//!
//! Every connection that writes has triggers of its own, which note the rows that come and go; [`settle`] adds them to the
//! seals in the same transaction. Whoever edits the file with another program has no such triggers, so that its rows and
//! their seals part. What a measurement says is sealed by its upload's `content_hash`; here it is its marks alone, where it
//! has some, so that an upload of many rows costs nothing more.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

use super::error::StoreError;
use super::sql::Connection;

/// A table whose rows are sealed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sealed {
    pub(super) table: &'static str,
    /// Column that says whose rows they are; empty: all of the table are one part.
    pub(super) part: &'static str,
    /// Columns that are sealed.
    columns: &'static [&'static str],
    /// Which rows; `@` stands before each column.
    which: &'static str,
    /// What one part of it is called.
    noun: &'static str,
    /// What of that is sealed.
    what: &'static str,
}

/// All tables, in the order in which rows may be deleted from: a restore goes by it too.
pub(super) const SEALED: [Sealed; 14] = [
    Sealed::new("fits", "", &["hash", "version"], ["fits", "its rows"]),
    Sealed::new(
        "moves",
        "",
        &["version", "measurement"],
        ["moves", "its rows"],
    ),
    Sealed::new(
        "foretold",
        "",
        &["measurement", "log_ratio", "half_80", "half_90", "half_95"],
        ["foretold", "its rows"],
    ),
    Sealed::new(
        "repeats",
        "",
        &["token", "key", "at", "sent", "answer"],
        ["repeats", "its rows"],
    ),
    Sealed::new(
        "rulings",
        "",
        &["version", "measurement", "was"],
        ["rulings", "its rows"],
    ),
    Sealed::new(
        "audit",
        "",
        &[
            "id",
            "at",
            "sender",
            "token",
            "action",
            "subject",
            "subject_id",
            "timings",
            "reason",
        ],
        ["audit", "its rows"],
    ),
    Sealed::new(
        "duplicates",
        "upload",
        &["upload", "measurement", "mark"],
        ["upload", "its duplicates"],
    ),
    Sealed::new(
        "rejections",
        "upload",
        &["upload", "line", "field", "detail", "hint", "sent"],
        ["upload", "its rejected rows"],
    ),
    Sealed::new(
        "measurements",
        "upload",
        &["upload", "id", "quarantined", "ruling", "mark", "removed_at"],
        ["upload", "the marks of its rows"],
    )
    .only("@quarantined is not null or @ruling is not null or @mark is not null or @removed_at is not null"),
    Sealed::new(
        "uploads",
        "id",
        &[
            "id",
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
        ["upload", "what is said of it"],
    ),
    Sealed::new(
        "platforms",
        "id",
        &[
            "id",
            "device",
            "device_count",
            "precision",
            "memory_format",
            "compiled",
            "framework",
        ],
        ["platform", "its definition"],
    ),
    // When it was last used is noted at any time, and changes nothing.
    Sealed::new(
        "tokens",
        "id",
        &[
            "id",
            "name",
            "scope",
            "hash",
            "created_at",
            "expires_at",
            "revoked_at",
        ],
        ["token", "what is said of it"],
    ),
    Sealed::new(
        "data_version",
        "",
        &["version"],
        ["data_version", "its row"],
    ),
    Sealed::new("meta", "", &["name", "value"], ["meta", "its rows"]).only("@name = 'seed'"),
];

impl Sealed {
    const fn new(
        table: &'static str,
        part: &'static str,
        columns: &'static [&'static str],
        [noun, what]: [&'static str; 2],
    ) -> Self {
        Self {
            table,
            part,
            columns,
            which: "true",
            noun,
            what,
        }
    }

    const fn only(self, which: &'static str) -> Self {
        Self { which, ..self }
    }

    /// How `part` is called to a person.
    pub(super) fn place(&self, part: &str) -> String {
        match (self.noun, part) {
            (table, "") => format!("table {table}"),
            (noun @ "platform", id) => format!("{noun} {id:?}"),
            (noun, id) => format!("{noun} {id}"),
        }
    }

    /// What differs, where `found` is there and `kept` was.
    pub(super) fn cause(&self, found: Seal, kept: Seal) -> String {
        let what = self.what;
        match (found.rows, kept.rows) {
            (0, _) if what.starts_with("what") => "it is gone".to_owned(),
            (_, 0) if what.starts_with("what") => "nobody has stored it".to_owned(),
            (there, were) if there == were => format!("{what}: not as it was stored"),
            (there, were) => format!("{what}: {there} are there, and {were} were stored"),
        }
    }

    /// That a part cannot be read, and why.
    pub(super) fn unread(&self, cause: &str) -> String {
        format!("{}: cannot all be read: {cause}", self.what)
    }

    /// SQL for whose the row is, with `prefix` before its columns.
    fn part(&self, prefix: &str) -> String {
        match self.part {
            "" => "''".to_owned(),
            column => format!("cast({prefix}{column} as text)"),
        }
    }

    /// SQL for the one text that a row is, with `prefix` before its columns.
    fn row(&self, prefix: &str) -> String {
        let quoted: Vec<String> = self
            .columns
            .iter()
            .map(|c| format!("quote({prefix}{c})"))
            .collect();
        quoted.join(" || ',' || ")
    }

    fn which(&self, prefix: &str) -> String {
        self.which.replace('@', prefix)
    }

    /// SQL for its rows as they are, each with its part.
    pub(super) fn rows(&self) -> String {
        let Self { table, .. } = self;
        format!(
            "select {}, {} from {table} where ({})",
            self.part(""),
            self.row(""),
            self.which("")
        )
    }

    /// SQL for the triggers that note which rows come and go.
    fn triggers(&self) -> String {
        let Self { table, columns, .. } = self;
        let note = |prefix: &str, sign: i8| {
            format!(
                "insert into sealing (sealed, part, sign, content) select '{table}', {}, {sign}, {} where {};",
                self.part(prefix),
                self.row(prefix),
                self.which(prefix)
            )
        };
        let (come, gone, columns) = (note("new.", 1), note("old.", -1), columns.join(", "));
        let (is, was) = (self.which("new."), self.which("old."));
        format!(
            "create temp trigger sealed_{table}_insert after insert on main.{table} when {is} begin {come} end;
             create temp trigger sealed_{table}_delete after delete on main.{table} when {was} begin {gone} end;
             create temp trigger sealed_{table}_update after update of {columns} on main.{table} when {is} or {was}
             begin {gone} {come} end;"
        )
    }
}

/// What a part holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seal {
    pub(super) rows: i64,
    sum: u128,
}

impl Seal {
    /// That of `self` and one row more, or one fewer where `sign` is negative.
    fn with(self, table: &str, content: &str, sign: i64) -> Self {
        let mut hash = Sha256::new();
        hash.update(table);
        hash.update([0]);
        hash.update(content);
        let bytes = hash.finalize();
        let value = bytes.iter().take(16);
        let value = value.fold(0, |value: u128, byte| (value << 8) | u128::from(*byte));
        Self {
            rows: self.rows + sign,
            sum: if sign < 0 {
                self.sum.wrapping_sub(value)
            } else {
                self.sum.wrapping_add(value)
            },
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            sum: self.sum.wrapping_add(other.sum),
        }
    }
}

/// Makes `db` note which rows come and go: a connection that writes does so from its start.
pub(super) async fn arm(db: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut sql = "create temp table sealing (sealed text, part text, sign integer, content text);"
        .to_owned();
    sql.extend(SEALED.iter().map(Sealed::triggers));
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(db).await?;
    Ok(())
}

/// Adds to the seals what was noted since, in the transaction that is open on `db`.
///
/// # Errors
/// Where the database does not answer, or the connection was not armed.
pub(super) async fn settle(db: &mut Connection) -> Result<(), StoreError> {
    match db {
        Connection::Sqlite(db) => settle_file(db).await,
        // Nothing is sealed there.
        Connection::Postgres(_) => Ok(()),
    }
}

/// The same of a connection to a file.
///
/// # Errors
/// Where the database does not answer, or the connection was not armed.
pub(super) async fn settle_file(db: &mut SqliteConnection) -> Result<(), StoreError> {
    let mut changed: BTreeMap<(String, String), Seal> = BTreeMap::new();
    let sql = "select sealed, part, sign, content from temp.sealing";
    let mut notes = sqlx::query_as::<_, (String, String, i64, String)>(sql).fetch(&mut *db);
    while let Some((table, part, sign, content)) = notes.try_next().await? {
        let seal = changed.entry((table.clone(), part)).or_default();
        *seal = seal.with(&table, &content, sign);
    }
    drop(notes);
    for ((table, part), change) in changed {
        let sql = "select rows, sum from seals where sealed = $1 and part = $2";
        let known: Option<(i64, String)> = sqlx::query_as(sql)
            .bind(&table)
            .bind(&part)
            .fetch_optional(&mut *db)
            .await?;
        let known = known
            .map(|(rows, sum)| read(rows, &sum))
            .unwrap_or_default();
        keep(db, &table, &part, known.plus(change)).await?;
    }
    sqlx::query("delete from temp.sealing").execute(db).await?;
    Ok(())
}

/// Seals what is there, where that was not done in this release's way yet: after a migration.
pub(super) async fn seal(db: &mut SqliteConnection) -> Result<(), StoreError> {
    if is_sealed(db).await? {
        return Ok(());
    }
    let mut transaction = db.begin_with("begin immediate").await?;
    sqlx::query("delete from seals")
        .execute(&mut *transaction)
        .await?;
    for sealed in &SEALED {
        for (part, seal) in found(&mut transaction, sealed).await? {
            keep(&mut transaction, sealed.table, &part, seal).await?;
        }
    }
    let sql = "insert into seals (sealed, part, rows, sum) values ('', 'form', 0, $1)";
    sqlx::query(sql)
        .bind(form())
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

/// Whether what is there was sealed in this release's way.
pub(super) async fn is_sealed(db: &mut SqliteConnection) -> Result<bool, StoreError> {
    let sql = "select sum from seals where sealed = '' and part = 'form'";
    let known: Option<String> = sqlx::query_scalar(sql).fetch_optional(db).await?;
    Ok(known == Some(form()))
}

/// What is sealed, and how. A release that changes it comes with a migration, after which all is sealed anew.
fn form() -> String {
    let rows = SEALED
        .iter()
        .map(Sealed::rows)
        .collect::<Vec<_>>()
        .join(";");
    format!("{:032x}", Seal::default().with("seals", &rows, 1).sum)
}

/// What the parts of a table hold now.
pub(super) async fn found(
    db: &mut SqliteConnection,
    sealed: &Sealed,
) -> Result<BTreeMap<String, Seal>, StoreError> {
    let mut parts: BTreeMap<String, Seal> = BTreeMap::new();
    let mut rows = sqlx::query_as::<_, (String, String)>(AssertSqlSafe(sealed.rows())).fetch(db);
    while let Some((part, content)) = rows.try_next().await? {
        let seal = parts.entry(part).or_default();
        *seal = seal.with(sealed.table, &content, 1);
    }
    Ok(parts)
}

/// What one part of a table holds now.
pub(super) async fn found_of(
    db: &mut SqliteConnection,
    sealed: &Sealed,
    part: &str,
) -> Result<Seal, StoreError> {
    let sql = format!("{} and {} = $1", sealed.rows(), sealed.part);
    let mut seal = Seal::default();
    let mut rows = sqlx::query_as::<_, (String, String)>(AssertSqlSafe(sql))
        .bind(part)
        .fetch(db);
    while let Some((_, content)) = rows.try_next().await? {
        seal = seal.with(sealed.table, &content, 1);
    }
    Ok(seal)
}

/// What the parts of the table called `table` were sealed with.
pub(super) async fn kept(
    db: &mut SqliteConnection,
    table: &str,
) -> Result<BTreeMap<String, Seal>, StoreError> {
    let sql = "select part, rows, sum from seals where sealed = $1 order by part";
    let seals: Vec<(String, i64, String)> = sqlx::query_as(sql).bind(table).fetch_all(db).await?;
    let seals = seals
        .into_iter()
        .map(|(part, rows, sum)| (part, read(rows, &sum)));
    Ok(seals.collect())
}

/// A seal as it is stored; one that no release has written matches nothing.
fn read(rows: i64, sum: &str) -> Seal {
    let sum = u128::from_str_radix(sum, 16);
    Seal {
        rows: if sum.is_ok() { rows } else { -1 },
        sum: sum.unwrap_or_default(),
    }
}

async fn keep(
    db: &mut SqliteConnection,
    table: &str,
    part: &str,
    seal: Seal,
) -> Result<(), StoreError> {
    if seal == Seal::default() {
        let sql = "delete from seals where sealed = $1 and part = $2";
        sqlx::query(sql).bind(table).bind(part).execute(db).await?;
        return Ok(());
    }
    let sql = "insert into seals (sealed, part, rows, sum) values ($1, $2, $3, $4)
               on conflict (sealed, part) do update set rows = excluded.rows, sum = excluded.sum";
    let query = sqlx::query(sql).bind(table).bind(part).bind(seal.rows);
    query.bind(format!("{:032x}", seal.sum)).execute(db).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sql;
    use crate::store::{DatabaseUrl, Options, Store};

    #[tokio::test]
    async fn every_table_is_sealed() {
        let dir = tempfile::TempDir::new().unwrap();
        let url = DatabaseUrl::of(&dir.path().join("new.db"));
        let options = Options {
            seed: false,
            now: 0,
        };
        let store = Store::open(&url, options).await.unwrap();
        let sql = "select name from sqlite_master where type = 'table' order by name";
        let mut tables: Vec<String> = sql::query_scalar(sql).fetch_all(&store.read).await.unwrap();
        // The steps of the schema, which every start compares with its own, the seals themselves, and what is kept of fits, which
        // has digests of its own and is made again where it is gone.
        let others = ["_sqlx_migrations", "seals", "kept", "kept_at"];
        tables.retain(|table| !others.contains(&table.as_str()));
        let mut sealed: Vec<&str> = SEALED.iter().map(|sealed| sealed.table).collect();
        sealed.sort_unstable();
        assert_eq!(tables, sealed);
    }

    #[test]
    fn a_row_that_comes_and_goes_leaves_the_seal_as_it_was() {
        let one = Seal::default().with("tokens", "1,'me'", 1);
        let both = one.with("tokens", "2,'you'", 1);
        assert_eq!(both.with("tokens", "2,'you'", -1), one);
        assert_ne!(both.with("tokens", "1,'me'", -1), one);
        assert_ne!(one, Seal::default().with("token", "s1,'me'", 1));
    }
}

//! Finding damage: of the file, of what each upload brought, of the marks, and of every other table. Where a part cannot be
//! read, that is a finding too, and the look goes on with the next.

use std::collections::BTreeSet;

use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::damage::{Damage, findings};
use crate::store::database::Store;
use crate::store::error::{StoreError, words};
use crate::store::seals::{self, SEALED, Seal, Sealed};
use crate::store::sql::{self, Acquired, On};
use crate::store::tables::measurements::{COLUMNS, Row};

impl Store {
    /// All damage that can be found: of the file, of each upload against the hash of its rows, and of every table against
    /// its seals. A server looks after its own pages, and nothing is sealed there: of what it holds it is the uploads alone.
    ///
    /// # Errors
    /// Where there is no connection to be had.
    pub async fn damage(&self) -> Result<Vec<Damage>, StoreError> {
        let mut damage = Vec::new();
        match self.read.acquire().await? {
            Acquired::Sqlite(mut db) => {
                damage.extend(of_file(&mut db).await);
                for upload in uploads(&mut db).await {
                    damage.extend(of_upload(On::Sqlite(&mut db), upload).await);
                }
                damage.extend(of_tables(&mut db).await);
                damage.extend(of_references(&mut db).await);
            }
            Acquired::Postgres(mut db) => {
                let sql = "select id from uploads order by id";
                let ids: Vec<i64> = sql::query_scalar(sql).fetch_all(&mut *db).await?;
                for upload in ids {
                    damage.extend(of_upload(On::Postgres(&mut db), upload).await);
                }
            }
        }
        // The rows of an upload that cannot be read cannot be compared with their seals either.
        let mut told = BTreeSet::new();
        damage.retain(|found| told.insert((found.place.clone(), found.cause.clone())));
        Ok(damage)
    }
}

const UNSEALED: &str =
    "they are not complete: where a first start with this release was interrupted, start once more";

/// What SQLite finds in pages and indexes.
async fn of_file(db: &mut SqliteConnection) -> Vec<Damage> {
    let answers: Result<Vec<String>, _> = sqlx::query_scalar("pragma integrity_check")
        .fetch_all(db)
        .await;
    match answers {
        Ok(answers) => {
            let broken = answers.iter().filter(|answer| *answer != "ok");
            let lines = broken.flat_map(|answer| findings(answer));
            lines.map(|line| Damage::new("database", line)).collect()
        }
        Err(error) => vec![Damage::new("database", cause(error.into()))],
    }
}

/// Ids of all uploads that any part of the file knows of.
async fn uploads(db: &mut SqliteConnection) -> BTreeSet<i64> {
    let mut ids = BTreeSet::new();
    // From both ends, by the index and by the table, up to what cannot be read.
    for sql in [
        "select id from uploads order by id",
        "select id from uploads order by id desc",
        "select id from uploads not indexed order by rowid",
        "select id from uploads not indexed order by rowid desc",
        "select cast(part as integer) from seals where sealed = 'uploads'",
    ] {
        let mut found = sqlx::query_scalar::<_, i64>(sql).fetch(&mut *db);
        while let Ok(Some(id)) = found.try_next().await {
            ids.insert(id);
        }
    }
    ids
}

/// Whether the rows of upload `id` are those that were stored.
async fn of_upload(mut db: On<'_>, id: i64) -> Option<Damage> {
    let place = format!("upload {id}");
    match hash_of(db.again(), id).await {
        Ok((hash, rows)) => {
            let sql = "select content_hash from uploads where id = $1";
            let kept = sql::query_scalar::<String>(sql).bind(id);
            match kept.fetch_optional(db).await {
                // That it is gone, its seal tells.
                Ok(None) if rows == 0 => None,
                Ok(Some(kept)) if kept == hash => None,
                Ok(_) => {
                    let cause = format!("its {rows} rows are not those that were stored");
                    Some(Damage::new(place, cause))
                }
                Err(error) => Some(Damage::new(place, cause(error.into()))),
            }
        }
        Err(error) => {
            let cause = format!("its rows cannot all be read: {}", cause(error));
            Some(Damage::new(place, cause))
        }
    }
}

async fn hash_of(mut db: On<'_>, upload: i64) -> Result<(String, usize), StoreError> {
    let (mut hash, mut seen, mut after) = (Sha256::new(), 0, i64::MIN);
    let sql = format!(
        "select {COLUMNS} from measurements where upload = $1 and id > $2 order by id limit 5000"
    );
    loop {
        let query = sql::query_as::<Row>(AssertSqlSafe(sql.clone())).bind(upload);
        let rows = query.bind(after).fetch_all(db.again()).await?;
        let Some(last) = rows.last() else { break };
        after = last.id;
        seen += rows.len();
        for row in &rows {
            row.feed(&mut hash);
        }
    }
    let hex = hash
        .finalize()
        .iter()
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    Ok((hex, seen))
}

/// What of all tables differs from their seals.
async fn of_tables(db: &mut SqliteConnection) -> Vec<Damage> {
    match seals::is_sealed(db).await {
        Ok(true) => {}
        Ok(false) => return vec![Damage::new("table seals", UNSEALED)],
        Err(error) => return vec![Damage::new("table seals", cause(error))],
    }
    let mut damage = Vec::new();
    for sealed in &SEALED {
        damage.extend(of_table(db, sealed).await);
    }
    damage
}

/// What of a table differs from its seals.
async fn of_table(db: &mut SqliteConnection, sealed: &Sealed) -> Vec<Damage> {
    let table = format!("table {}", sealed.table);
    let kept = match seals::kept(db, sealed.table).await {
        Ok(kept) => kept,
        Err(error) => {
            let cause = format!("its seals cannot be read: {}", cause(error));
            return vec![Damage::new(table, cause)];
        }
    };
    let differs = |part: &str, found: Seal| {
        let kept = kept.get(part).copied().unwrap_or_default();
        (found != kept).then(|| Damage::new(sealed.place(part), sealed.cause(found, kept)))
    };
    match seals::found(db, sealed).await {
        Ok(found) => {
            let parts: BTreeSet<&String> = found.keys().chain(kept.keys()).collect();
            let found = |part: &String| found.get(part).copied().unwrap_or_default();
            let damage = parts
                .into_iter()
                .filter_map(|part| differs(part, found(part)));
            damage.collect()
        }
        Err(error) => {
            let cause_of_all = format!("cannot all be read: {}", cause(error));
            let mut damage = vec![Damage::new(table, cause_of_all)];
            // Part by part, to name those that it is of.
            for part in kept.keys().filter(|part| !part.is_empty()) {
                match seals::found_of(db, sealed, part).await {
                    Ok(found) => damage.extend(differs(part, found)),
                    Err(error) => damage.push(Damage::new(
                        sealed.place(part),
                        sealed.unread(&cause(error)),
                    )),
                }
            }
            damage
        }
    }
}

/// Rows that belong to what is not there.
async fn of_references(db: &mut SqliteConnection) -> Vec<Damage> {
    #[derive(sqlx::FromRow)]
    struct Orphans {
        table: String,
        parent: String,
        rows: i64,
    }
    let sql = "select \"table\", parent, count(*) as rows from pragma_foreign_key_check group by 1, 2 order by 1, 2";
    let orphans: Result<Vec<Orphans>, _> = sqlx::query_as(sql).fetch_all(db).await;
    match orphans {
        Ok(orphans) => {
            let damage = |Orphans {
                              table,
                              parent,
                              rows,
                          }| {
                let cause = format!("{rows} rows belong to {parent} that are not there");
                Damage::new(format!("table {table}"), cause)
            };
            orphans.into_iter().map(damage).collect()
        }
        Err(error) => vec![Damage::new("database", cause(error.into()))],
    }
}

/// What went wrong, in SQLite's own words.
fn cause(error: StoreError) -> String {
    match error {
        StoreError::Sql(error) => words(&error),
        other => other.to_string(),
    }
}

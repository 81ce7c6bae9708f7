//! From an earlier release's schema on a server to this one's.
//!
//! Each step is one transaction, as in a file. A copy of what was there is the administrator's to make: whoever may write to a
//! server need not have a place for one.

use std::collections::BTreeSet;

use sqlx::PgConnection;
use sqlx::migrate::{MigrateError, Migrator};

use crate::store::error::StoreError;
use crate::store::file::migrate::{SCHEMA_NEEDS, Schema};
use crate::store::sql;

/// The steps; the first makes what the steps for files have made until then, and has the number of the last of those.
static MIGRATIONS: Migrator = sqlx::migrate!("./migrations/postgres");

/// First release that can work with the schema that the steps make. It stays where a step only adds what earlier releases need not
/// know, so that these go on beside the new one and may be started again; a later step takes away what nobody uses any more.
const NEEDS: &str = SCHEMA_NEEDS;

/// Which release has written what is in `db`; one that a later release has written, and this one can work with, counts as this one's.
///
/// # Errors
/// Where it does not answer, or another program has made tables in it.
pub(super) async fn schema(db: &mut PgConnection) -> Result<Schema, StoreError> {
    // Those that this user may not read too.
    let sql =
        "select relname::text from pg_class join pg_namespace on pg_namespace.oid = relnamespace
               where nspname = current_schema() and relkind in ('r', 'p') order by relname";
    let tables: BTreeSet<String> = sql::query_scalar(sql)
        .fetch_all(&mut *db)
        .await?
        .into_iter()
        .collect();
    if !tables.contains("_sqlx_migrations") {
        return if tables.is_empty() {
            Ok(Schema::Empty)
        } else {
            Err(StoreError::Foreign)
        };
    }
    let sql = "select version from _sqlx_migrations order by version";
    let applied: Vec<i64> = sql::query_scalar(sql).fetch_all(&mut *db).await?;
    let missing = |step: &sqlx::migrate::Migration| !applied.contains(&step.version);
    let is_ahead = applied.last().is_some_and(|last| *last > newest());
    if is_ahead && needs(db).await?.is_none_or(|needs| is_later(&needs)) {
        return Ok(Schema::Newer);
    }
    Ok(match applied.last() {
        None => Schema::Empty,
        Some(_) if MIGRATIONS.iter().any(missing) => Schema::Older,
        Some(_) => Schema::Current,
    })
}

/// The last step of this release.
pub(in crate::store) fn newest() -> i64 {
    let steps = MIGRATIONS.iter().map(|step| step.version);
    steps.max().unwrap_or_default()
}

/// First release that can work with what is in `db`.
async fn needs(db: &mut PgConnection) -> Result<Option<String>, StoreError> {
    let sql = "select value from meta where name = 'needs'";
    Ok(sql::query_scalar(sql).fetch_optional(db).await?)
}

/// Whether `release` is later than this one, or none.
fn is_later(release: &str) -> bool {
    let numbers = |text: &str| {
        let numbers = text.split('.').map(str::parse);
        numbers.collect::<Result<Vec<u64>, _>>().ok()
    };
    numbers(release).is_none_or(|release| Some(release) > numbers(env!("CARGO_PKG_VERSION")))
}

/// Brings what is in `db` to this release's schema; `path` says where that is.
///
/// # Errors
/// Where a later release has written it, or the user may not make tables.
pub(super) async fn migrate(db: &mut PgConnection, path: &str) -> Result<(), StoreError> {
    match schema(db).await? {
        Schema::Newer => return Err(newer(db, path).await?),
        Schema::Current => return Ok(()),
        Schema::Empty | Schema::Older => {}
    }
    MIGRATIONS.run(&mut *db).await.map_err(|error| {
        let told = match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                StoreError::from(error).to_string()
            }
            error => error.to_string(),
        };
        StoreError::Open {
            path: path.to_owned(),
            cause: format!("its tables could not be made: {told}"),
        }
    })?;
    let sql = "insert into meta (name, value) values ('needs', $1)
               on conflict (name) do update set value = excluded.value";
    sql::query(sql).bind(NEEDS).execute(db).await?;
    Ok(())
}

/// That a later release has written what is in `db`, and which can read it.
pub(super) async fn newer(db: &mut PgConnection, path: &str) -> Result<StoreError, StoreError> {
    Ok(StoreError::Newer {
        path: path.to_owned(),
        needs: needs(db)
            .await?
            .unwrap_or_else(|| "of a later release".to_owned()),
    })
}

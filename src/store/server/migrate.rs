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

/// Which release has written what is in `db`.
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
    let applied: Vec<i64> = sql::query_scalar(sql).fetch_all(db).await?;
    let newest = MIGRATIONS.iter().map(|step| step.version).max();
    let missing = |step: &sqlx::migrate::Migration| !applied.contains(&step.version);
    Ok(match applied.last() {
        None => Schema::Empty,
        Some(last) if Some(*last) > newest => Schema::Newer,
        Some(_) if MIGRATIONS.iter().any(missing) => Schema::Older,
        Some(_) => Schema::Current,
    })
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
    sql::query(sql).bind(SCHEMA_NEEDS).execute(db).await?;
    Ok(())
}

/// That a later release has written what is in `db`, and which can read it.
pub(super) async fn newer(db: &mut PgConnection, path: &str) -> Result<StoreError, StoreError> {
    let sql = "select value from meta where name = 'needs'";
    let needs: Option<String> = sql::query_scalar(sql).fetch_optional(db).await?;
    Ok(StoreError::Newer {
        path: path.to_owned(),
        needs: needs.unwrap_or_else(|| "of a later release".to_owned()),
    })
}

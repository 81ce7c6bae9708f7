//! From an earlier release's schema to this one's: after a backup, each step whole or not at all.
//!
//! Every migration is one transaction, so a process that is killed half-way leaves the schema before or after it, and the
//! next start goes on from there. The backup is complete before the first of them begins.

use std::path::{Path, PathBuf};

use sqlx::SqliteConnection;
use sqlx::migrate::{MigrateError, Migrator};

use super::paths::refused;
use crate::store::error::StoreError;
use crate::store::seals;

/// Which release has written a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// None: there is nothing in it.
    Empty,
    /// An earlier one: it is migrated at the next start.
    Older,
    /// This one.
    Current,
    /// A later one.
    Newer,
}

/// The steps, from the first release's to this one's.
static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// First release that reads the schema that the migrations make: change it with every migration.
pub(in crate::store) const SCHEMA_NEEDS: &str = "0.14.0";

/// Which release has written `db`.
pub(in crate::store) async fn schema(db: &mut SqliteConnection) -> Result<Schema, StoreError> {
    let applied = applied(db).await?;
    let newest = MIGRATIONS.iter().map(|step| step.version).max();
    Ok(match applied.last() {
        None => Schema::Empty,
        Some(last) if Some(*last) > newest => Schema::Newer,
        Some(_) if missing(&MIGRATIONS, &applied) => Schema::Older,
        Some(_) => Schema::Current,
    })
}

/// Whether `db` began with the first step that this release knows, and none broke off.
pub(in crate::store) async fn is_known(db: &mut SqliteConnection) -> Result<bool, StoreError> {
    let first = MIGRATIONS.iter().map(|step| step.version).min();
    let sql = "select exists (select 1 from _sqlx_migrations where version = $1)
               and not exists (select 1 from _sqlx_migrations where not success)";
    Ok(sqlx::query_scalar(sql).bind(first).fetch_one(db).await?)
}

fn missing(steps: &Migrator, applied: &[i64]) -> bool {
    steps.iter().any(|step| !applied.contains(&step.version))
}

/// The steps that `db` has seen.
async fn applied(db: &mut SqliteConnection) -> Result<Vec<i64>, StoreError> {
    let sql = "select count(*) from sqlite_master where name = '_sqlx_migrations'";
    let tables: i64 = sqlx::query_scalar(sql).fetch_one(&mut *db).await?;
    if tables == 0 {
        return if is_foreign(db).await? {
            Err(StoreError::Foreign)
        } else {
            Ok(Vec::new())
        };
    }
    let sql = "select version from _sqlx_migrations order by version";
    Ok(sqlx::query_scalar(sql).fetch_all(db).await?)
}

/// Whether another program has made tables in `db`.
async fn is_foreign(db: &mut SqliteConnection) -> Result<bool, StoreError> {
    let sql = "select exists (select 1 from sqlite_master where type = 'table')";
    Ok(sqlx::query_scalar(sql).fetch_one(db).await?)
}

/// Brings the database `db`, which is at `path`, to this release's schema, and seals what is in it. The connection is one of
/// its own, since those that write later note what they change.
pub(in crate::store) async fn migrate(
    db: &mut SqliteConnection,
    path: &Path,
) -> Result<(), StoreError> {
    run(&MIGRATIONS, db, path).await?;
    let sql = "insert into meta (name, value) values ('needs', $1)
               on conflict (name) do update set value = excluded.value
               where value <> excluded.value";
    sqlx::query(sql)
        .bind(SCHEMA_NEEDS)
        .execute(&mut *db)
        .await?;
    // It is of a backup, and this is one no longer.
    sqlx::query("delete from meta where name = 'backup'")
        .execute(&mut *db)
        .await?;
    seals::seal(db).await?;
    Ok(())
}

/// Takes `steps` that are missing, after a backup beside the file where there is something to lose.
async fn run(steps: &Migrator, db: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let applied = applied(db).await.map_err(|e| refused(path, &e))?;
    let backup = match applied.last() {
        Some(last) if missing(steps, &applied) => Some(back_up(db, path, *last).await?),
        _ => None,
    };
    match (steps.run(&mut *db).await, backup) {
        (Ok(()), None) => Ok(()),
        (Ok(()), Some(backup)) => {
            tracing::info!(
                "the database is of an earlier release: it was migrated, and {} is a copy of what it was",
                backup.display()
            );
            Ok(())
        }
        (Err(MigrateError::VersionMissing(_)), _) => Err(newer(db, path).await?),
        (Err(error), None) => Err(refused(path, &error)),
        (Err(error), Some(backup)) => Err(StoreError::Open {
            path: path.display().to_string(),
            cause: format!(
                "it could not be migrated: {error}; {} is a copy of it",
                backup.display()
            ),
        }),
    }
}

pub(in crate::store) async fn newer(
    db: &mut SqliteConnection,
    path: &Path,
) -> Result<StoreError, StoreError> {
    let needs = sqlx::query_scalar("select value from meta where name = 'needs'")
        .fetch_optional(db)
        .await?
        .unwrap_or_else(|| "of a later release".to_owned());
    Ok(StoreError::Newer {
        path: path.display().to_string(),
        needs,
    })
}

/// A copy of the database beside it, named for its schema; it appears under its name once it is complete.
async fn back_up(
    db: &mut SqliteConnection,
    path: &Path,
    schema: i64,
) -> Result<PathBuf, StoreError> {
    let beside = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".schema-{schema}{suffix}"));
        PathBuf::from(name)
    };
    let (copy, unfinished) = (beside(".backup"), beside(".unfinished"));
    let failed = |cause: String| StoreError::Open {
        path: path.display().to_string(),
        cause: format!(
            "it is of an earlier release, and cannot be backed up before it is migrated: {cause}"
        ),
    };
    let _ = std::fs::remove_file(&unfinished);
    let copied = sqlx::query("vacuum into $1")
        .bind(unfinished.display().to_string())
        .execute(db)
        .await;
    let kept = copied.map_err(|e| e.to_string()).and_then(|_| {
        std::fs::File::open(&unfinished)
            .and_then(|file| file.sync_all())
            .and_then(|()| std::fs::rename(&unfinished, &copy))
            .map_err(|e| e.to_string())
    });
    if let Err(cause) = kept {
        let _ = std::fs::remove_file(&unfinished);
        return Err(failed(cause));
    }
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::ConnectOptions;
    use sqlx::migrate::{Migration, MigrationType};
    use sqlx::sqlite::SqliteConnectOptions;

    fn step(version: i64, sql: &'static str) -> Migration {
        Migration::new(
            version,
            "a step".into(),
            MigrationType::Simple,
            sqlx::SqlStr::from_static(sql),
            false,
        )
    }

    async fn database(path: &Path) -> SqliteConnection {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true);
        options.connect().await.unwrap()
    }

    async fn words(path: &Path) -> Vec<String> {
        let sql = "select word from words order by word";
        sqlx::query_scalar(sql)
            .fetch_all(&mut database(path).await)
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn a_migration_that_fails_leaves_all_as_it_was_with_a_backup_beside() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("old.db");
        let mut db = database(&path).await;
        let first = step(
            1,
            "create table words (word text); insert into words values ('old')",
        );
        run(
            &Migrator::with_migrations(vec![first.clone()]),
            &mut db,
            &path,
        )
        .await
        .unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        let broken = step(
            2,
            "insert into words values ('half'); insert into nothing values (1)",
        );
        let steps = Migrator::with_migrations(vec![first.clone(), broken]);
        let error = run(&steps, &mut db, &path).await.unwrap_err().to_string();
        assert!(
            error.contains("old.db.schema-1.backup is a copy"),
            "{error}"
        );
        assert_eq!(words(&path).await, ["old"]);
        assert_eq!(
            words(&dir.path().join("old.db.schema-1.backup")).await,
            ["old"]
        );
        let good = step(2, "insert into words values ('new')");
        run(
            &Migrator::with_migrations(vec![first, good]),
            &mut db,
            &path,
        )
        .await
        .unwrap();
        assert_eq!(words(&path).await, ["new", "old"]);
        assert_eq!(
            words(&dir.path().join("old.db.schema-1.backup")).await,
            ["old"]
        );
    }
}

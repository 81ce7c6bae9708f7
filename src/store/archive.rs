//! Keeping the database: copies while it is used, the way back, and finding damage.

use std::path::Path;

use sha2::{Digest, Sha256};
use sqlx::{Connection, SqliteConnection};

use super::measurements::{COLUMNS, Row};
use super::{DatabaseUrl, Options, Store, StoreError};

/// Something in the database that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where: `database`, `upload 3`.
    pub place: String,
    /// What is wrong.
    pub cause: String,
}

/// Tables in the order in which rows may be deleted from.
const TABLES: [&str; 8] = [
    "fits",
    "moves",
    "duplicates",
    "rejections",
    "measurements",
    "uploads",
    "platforms",
    "tokens",
];

impl Store {
    /// Copies the database to `path`, as it is at one moment, while others write.
    ///
    /// # Errors
    /// Where there is a file already, or it cannot be written.
    pub async fn back_up(&self, path: &Path) -> Result<(), StoreError> {
        let refused = |cause: String| StoreError::Open {
            path: path.display().to_string(),
            cause,
        };
        if path.exists() {
            return Err(refused("there is a file of this name already".to_owned()));
        }
        let copied = sqlx::query("vacuum into $1")
            .bind(path.display().to_string())
            .execute(&self.read)
            .await;
        if let Err(error) = copied {
            let _ = std::fs::remove_file(path);
            return Err(refused(error.to_string()));
        }
        std::fs::File::open(path)
            .and_then(|file| file.sync_all())
            .map_err(|e| refused(e.to_string()))
    }

    /// Replaces all that is stored by what the backup at `path` holds, in one transaction; a running service goes on.
    ///
    /// # Errors
    /// Where the backup is damaged or cannot be read: then everything stays as it is.
    pub async fn restore(&self, path: &Path, now: i64) -> Result<(), StoreError> {
        let refused = |cause: String| StoreError::Open {
            path: path.display().to_string(),
            cause,
        };
        // A copy, since opening it may migrate it.
        let copy = path.with_extension(format!("restoring-{}", std::process::id()));
        std::fs::copy(path, &copy).map_err(|e| refused(e.to_string()))?;
        let done = self.replace_by(&copy, now).await;
        for suffix in ["", "-wal", "-shm", ".lock"] {
            let mut name = copy.as_os_str().to_owned();
            name.push(suffix);
            let _ = std::fs::remove_file(name);
        }
        done
    }

    async fn replace_by(&self, copy: &Path, now: i64) -> Result<(), StoreError> {
        let url: DatabaseUrl = format!("sqlite://{}", copy.display()).parse()?;
        let backup = Self::open(&url, Options { seed: false, now }).await?;
        let damage = backup.damage().await?;
        backup.close().await;
        if let Some(Damage { place, cause }) = damage.into_iter().next() {
            return Err(StoreError::Open {
                path: copy.display().to_string(),
                cause: format!("{place}: {cause}"),
            });
        }
        let mut db = self.write.acquire().await?;
        sqlx::query("attach database $1 as backup")
            .bind(copy.display().to_string())
            .execute(&mut *db)
            .await?;
        let replaced = replace(&mut db).await;
        sqlx::query("detach database backup")
            .execute(&mut *db)
            .await?;
        replaced
    }

    /// All damage that can be found: of the file, and of each upload against the hash of its rows.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn damage(&self) -> Result<Vec<Damage>, StoreError> {
        let mut found = Vec::new();
        let answers: Vec<String> = sqlx::query_scalar("pragma integrity_check")
            .fetch_all(&self.read)
            .await?;
        let broken = answers.into_iter().filter(|answer| answer != "ok");
        found.extend(broken.map(|cause| Damage {
            place: "database".to_owned(),
            cause,
        }));
        let sql = "select id, content_hash from uploads order by id";
        let uploads: Vec<(i64, String)> = sqlx::query_as(sql).fetch_all(&self.read).await?;
        for (id, expected) in uploads {
            let (hash, rows) = self.hash_of(id).await?;
            if hash != expected {
                let cause = format!("its {rows} rows are not those that were stored");
                found.push(Damage {
                    place: format!("upload {id}"),
                    cause,
                });
            }
        }
        Ok(found)
    }

    async fn hash_of(&self, upload: i64) -> Result<(String, usize), StoreError> {
        let (mut hash, mut after, mut seen) = (Sha256::new(), 0, 0);
        loop {
            let mut query = sqlx::QueryBuilder::<sqlx::Sqlite>::new("select ");
            query
                .push(COLUMNS)
                .push(" from measurements where upload = ")
                .push_bind(upload);
            query
                .push(" and id > ")
                .push_bind(after)
                .push(" order by id limit 10000");
            let rows: Vec<Row> = query.build_query_as().fetch_all(&self.read).await?;
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
}

async fn replace(db: &mut SqliteConnection) -> Result<(), StoreError> {
    let mut transaction = db.begin_with("begin immediate").await?;
    for table in TABLES {
        sqlx::query(sqlx::AssertSqlSafe(format!("delete from main.{table}")))
            .execute(&mut *transaction)
            .await?;
    }
    for table in TABLES.into_iter().rev() {
        let sql = format!("insert into main.{table} select * from backup.{table}");
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .execute(&mut *transaction)
            .await?;
    }
    // Above both, so that every service sees that something has changed.
    let sql = "update main.data_version set version =
               1 + max(version, (select version from backup.data_version))";
    sqlx::query(sql).execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

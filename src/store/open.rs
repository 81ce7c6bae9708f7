//! Opening the database: created, migrated and seeded once, however many processes start at the same moment.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use tokio::runtime::Handle;

use super::{Store, StoreError, behind};
use crate::timing::seed;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Where the database is: `sqlite://PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseUrl(PathBuf);

impl FromStr for DatabaseUrl {
    type Err = StoreError;

    fn from_str(url: &str) -> Result<Self, StoreError> {
        let path = url
            .strip_prefix("sqlite://")
            .or_else(|| url.strip_prefix("sqlite:"));
        match path {
            Some(path) if !path.is_empty() => Ok(Self(path.into())),
            _ => Err(StoreError::Url(url.to_owned())),
        }
    }
}

impl DatabaseUrl {
    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

/// How to open it.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whether a new database starts with the built-in measurements.
    pub seed: bool,
    /// The time, for what is written: Unix milliseconds.
    pub now: i64,
}

impl Store {
    /// The database at `url`, created where there is none, migrated, and seeded when new.
    ///
    /// # Errors
    /// Where the file cannot be opened, or a later release has written it.
    pub async fn open(url: &DatabaseUrl, options: Options) -> Result<Self, StoreError> {
        let path = url.path();
        let _lock = lock(path)?;
        let connect = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY);
        let one = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(BUSY)
            .idle_timeout(None)
            .max_lifetime(None);
        let (runtime, writer) = (
            Handle::current(),
            connect.clone().pragma("cache_size", CACHE),
        );
        // The connection's own thread is started by the one that opens it.
        let write = behind(move || runtime.block_on(one.connect_with(writer))).await;
        let write = write
            .unwrap_or(Err(sqlx::Error::WorkerCrashed))
            .map_err(|e| refused(path, &e))?;
        let read = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_lazy_with(connect.read_only(true));
        let parent = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let folder = parent.unwrap_or_else(|| Path::new(".")).to_owned();
        let store = Self {
            write,
            read,
            folder,
        };
        store.migrate(path).await?;
        if options.seed && store.is_new().await? {
            let (platforms, rows) = seed::built_in().map_err(|e| corrupt_seed(&e))?;
            store.save_seed(&platforms, &rows, options.now).await?;
        }
        Ok(store)
    }

    async fn migrate(&self, path: &Path) -> Result<(), StoreError> {
        match MIGRATIONS.run(&self.write).await {
            Ok(()) => {}
            Err(MigrateError::VersionMissing(_)) => {
                let needs = sqlx::query_scalar("select value from meta where name = 'needs'")
                    .fetch_optional(&self.write)
                    .await?
                    .unwrap_or_else(|| "of a later release".to_owned());
                return Err(StoreError::Newer {
                    path: path.display().to_string(),
                    needs,
                });
            }
            Err(error) => return Err(refused(path, &error)),
        }
        let sql = "insert into meta (name, value) values ('needs', $1)
                   on conflict (name) do update set value = excluded.value";
        let known: Option<String> =
            sqlx::query_scalar("select value from meta where name = 'needs'")
                .fetch_optional(&self.write)
                .await?;
        if known.as_deref() != Some(SCHEMA_NEEDS) {
            sqlx::query(sql)
                .bind(SCHEMA_NEEDS)
                .execute(&self.write)
                .await?;
        }
        Ok(())
    }

    /// Whether nothing was ever stored.
    async fn is_new(&self) -> Result<bool, StoreError> {
        let version: i64 = sqlx::query_scalar("select version from data_version")
            .fetch_one(&self.write)
            .await?;
        Ok(version == 0)
    }
}

/// First release that reads the schema that the migrations make: change it with every migration.
const SCHEMA_NEEDS: &str = "0.2.0";

/// How long a writer waits for another transaction: a million rows take a quarter of that.
const BUSY: Duration = Duration::from_mins(1);
/// The writer's memory for pages, in KiB with a minus as SQLite has it: an index whose rows come in any order fits, and is not
/// written to the log over and over while an upload grows it.
const CACHE: &str = "-32768";
/// Connections that read; a prediction uses none.
const READERS: u32 = 4;

/// Holds others back while the file is created, migrated and seeded.
fn lock(path: &Path) -> Result<File, StoreError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let open = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(beside);
    open.and_then(|file| file.lock().map(|()| file))
        .map_err(|e| refused(path, &e))
}

fn refused(path: &Path, cause: &dyn std::error::Error) -> StoreError {
    StoreError::Open {
        path: path.display().to_string(),
        cause: cause.to_string(),
    }
}

fn corrupt_seed(cause: &crate::json::Invalid) -> StoreError {
    StoreError::Corrupt {
        table: "seed",
        column: "",
        key: String::new(),
        cause: cause.to_string(),
    }
}

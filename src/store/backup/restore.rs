//! The way back: a complete backup of ours in the place of all that is stored.
//!
//! It is looked at in a copy beside the database, which a release after its own may have to migrate. Where the database can
//! be read, its rows are replaced in one transaction, so that a running service goes on; where it cannot, or is not there,
//! the copy takes its name. What is replaced is kept under a name of its own. The log of who did what is the backup's from
//! then on, and its next entry says that it was restored, and where the other log is kept.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Sqlite, SqliteConnection, Transaction};

use super::Damaged;
use super::complete::{Whole, is_ours, is_whole};
use super::damage::Damage;
use super::holds::{Holds, Mark};
use super::unfit::Unfit;
use crate::json::shown;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::file::draft::Draft;
use crate::store::file::look;
use crate::store::file::open::{lock, writing};
use crate::store::file::paths::{beside, folder, is_shared, reading, refused};
use crate::store::seals::{self, SEALED};
use crate::store::sql::{self, On};
use crate::store::tables::audit::{Action, Deed, Entry, Object, note};
use crate::store::url::DatabaseUrl;

/// What the copy is called that a restore works on.
const FILE: &str = "restore.db";

/// A complete backup of ours, ready to be restored.
#[derive(Debug)]
pub struct Backup {
    draft: Draft,
    /// The copy that is worked on …
    file: PathBuf,
    /// … and of what.
    of: PathBuf,
    holds: Holds,
    mark: Option<Mark>,
}

/// What a restore would replace.
#[derive(Debug)]
pub enum Present {
    /// A database.
    Whole(Holds),
    /// What was one, and cannot be read any more.
    Broken(String),
    /// Nothing.
    Absent,
}

/// How to restore.
#[derive(Clone, Debug)]
pub struct Restoring {
    /// What becomes of tokens that were revoked.
    pub revoked: Revoked,
    /// Where the replaced database is kept.
    pub kept: PathBuf,
    /// The time, for what is written: Unix milliseconds.
    pub now: i64,
}

/// What becomes of tokens that are revoked now and were not in the backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// They stay revoked.
    Stay,
    /// They hold again, as they did then.
    Revive,
}

/// What a restore has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Tokens that stayed revoked, or hold again; `None`: those of the replaced database could not be read.
    pub tokens: Option<u64>,
    /// What of the replaced database is damaged, in its copy too.
    pub damage: Vec<Damage>,
}

impl Backup {
    /// The backup in the file `path`, to be restored into the database at `url`.
    ///
    /// # Errors
    /// Where it is no complete backup of ours, with the reason, or it cannot be copied.
    pub async fn of(path: &Path, url: &DatabaseUrl) -> Result<Self, StoreError> {
        let unfit = |unfit| StoreError::Unfit {
            path: path.display().to_string(),
            unfit,
        };
        let database = url.only_file()?;
        is_whole(path, database).map_err(|why| match why {
            Whole::Unfit(why) => unfit(why),
            Whole::Unread(error) => refused(path, &error),
        })?;
        let draft = Draft::within(folder(database)).map_err(|e| refused(database, &e))?;
        let file = draft.file(FILE);
        fs::copy(path, &file).map_err(|e| refused(path, &e))?;
        let mark = is_ours(&file).await.map_err(|error| match error {
            StoreError::Foreign => unfit(Unfit::Foreign),
            StoreError::Unfit { unfit: why, .. } => unfit(why),
            error => refused(path, &error),
        })?;
        look::prepare(&file, path).await?;
        let copy = Store::read(&file, reading(&file), None).await?;
        let (holds, damage) = (copy.holds().await, copy.damage().await?);
        copy.close().await;
        if let Some(damage) = damage.into_iter().next() {
            return Err(unfit(Unfit::Damaged(damage)));
        }
        let found = holds?;
        match mark {
            Some(Mark { holds: marked, .. }) if found != marked => {
                Err(unfit(Unfit::Differs { found, marked }))
            }
            mark => Ok(Self {
                draft,
                file,
                of: path.to_owned(),
                holds: found,
                mark,
            }),
        }
    }

    /// What it holds.
    #[must_use]
    pub fn holds(&self) -> Holds {
        self.holds
    }

    /// What it says of itself; `None`: a release before 0.6.0 has made it.
    #[must_use]
    pub fn mark(&self) -> Option<&Mark> {
        self.mark.as_ref()
    }

    /// Puts it where there is no database, or one that cannot be read any more; what is left of that is kept.
    ///
    /// # Errors
    /// Where a service has the old one open, or the disk does not do it.
    pub async fn install(self, url: &DatabaseUrl, how: &Restoring) -> Result<Restored, StoreError> {
        let path = url.only_file()?;
        let _lock = lock(path)?;
        if is_shared(path) {
            return Err(StoreError::Open {
                path: path.display().to_string(),
                cause: "it cannot be read, and a service has it open: end that first".to_owned(),
            });
        }
        let tokens = revoked(path).await;
        let is_kept = path.exists();
        let held = self.finish(tokens.as_deref(), how, is_kept).await?;
        put_aside(path, &how.kept)
            .and_then(|()| self.draft.put_in_place(FILE, path))
            .map_err(|e| refused(path, &e))?;
        Ok(Restored {
            tokens: tokens.map(|_| held),
            damage: Vec::new(),
        })
    }

    /// How many of `tokens` hold in it; these are revoked there, unless they shall hold again. Its log says that it is restored.
    async fn finish(
        &self,
        tokens: Option<&[RevokedToken]>,
        how: &Restoring,
        is_kept: bool,
    ) -> Result<u64, StoreError> {
        let mut db = writing(&self.file).connect().await?;
        seals::arm(&mut db).await?;
        let mut transaction = db.begin_with("begin immediate").await?;
        let held = revoke(&mut transaction, tokens.unwrap_or_default(), how.revoked).await?;
        self.tell(&mut transaction, how, is_kept).await?;
        seals::settle_file(&mut transaction).await?;
        transaction.commit().await?;
        db.close().await?;
        Ok(held)
    }

    /// Notes in the log that it is restored, and where what it replaces is kept.
    async fn tell(
        &self,
        db: &mut SqliteConnection,
        how: &Restoring,
        is_kept: bool,
    ) -> Result<(), StoreError> {
        let deed = Deed::on_command_line(how.now);
        let name = |path: &Path| {
            let name = path.file_name().unwrap_or(path.as_os_str());
            shown(&name.to_string_lossy()).into_owned()
        };
        let before = if is_kept {
            format!(
                "what was there, with its log, is kept in {}",
                name(&how.kept)
            )
        } else {
            "nothing was there".to_owned()
        };
        let reason = format!("{} was restored; {before}", name(&self.of));
        let entry = Entry {
            deed: &deed,
            action: Action::BackupRestored,
            object: Object::Database(self.holds.data_version),
            timings: self.holds.rows,
            reason: Some(&reason),
        };
        note(On::Sqlite(db), &entry).await
    }
}

impl Store {
    /// What a restore into the database at `url` would replace.
    ///
    /// # Errors
    /// Where it is not ours to replace, or cannot be looked at.
    pub async fn present(url: &DatabaseUrl) -> Result<Present, StoreError> {
        url.only_file()?;
        let looked = async {
            let store = Self::look(url).await?;
            let sql = "pragma integrity_check(1)";
            let answer: String = sql::query_scalar(sql).fetch_one(&store.read).await?;
            let holds = store.holds().await?;
            store.close().await;
            Ok(if answer == "ok" {
                Present::Whole(holds)
            } else {
                Present::Broken(answer)
            })
        };
        match looked.await {
            Err(StoreError::Missing { .. }) => Ok(Present::Absent),
            Err(
                error @ (StoreError::Truncated { .. }
                | StoreError::OnlyLog { .. }
                | StoreError::Nothing { .. }),
            ) => Ok(Present::Broken(error.to_string())),
            Err(error) if error.is_of_damage() => Ok(Present::Broken(error.to_string())),
            looked => looked,
        }
    }

    /// Replaces all that is stored by what `backup` holds, in one transaction, and keeps what was there as a backup of its
    /// own; a running service goes on.
    ///
    /// # Errors
    /// Where the database does not answer, or the disk is full: then everything stays as it is.
    pub async fn restore(&self, backup: &Backup, how: &Restoring) -> Result<Restored, StoreError> {
        self.is_there()?;
        // Not the writer: it would note each row that comes and goes, and here their seals come with them.
        let mut db = writing(&self.file()?.path).connect().await?;
        sqlx::query("attach database $1 as backup")
            .bind(backup.file.display().to_string())
            .execute(&mut db)
            .await?;
        let mut transaction = db.begin_with("begin immediate").await?;
        // Nobody else can store now what would then be in neither.
        let (_, damage) = self.copy_to(&how.kept, how.now, Damaged::Kept).await?;
        let replaced = replace(&mut transaction, backup, how).await;
        let done = match replaced {
            Ok(tokens) => transaction
                .commit()
                .await
                .map(|()| tokens)
                .map_err(StoreError::from),
            Err(error) => transaction
                .rollback()
                .await
                .map_err(StoreError::from)
                .and(Err(error)),
        };
        let tokens = done.inspect_err(|_| {
            let _ = fs::remove_file(&how.kept);
        })?;
        db.close().await?;
        Ok(Restored {
            tokens: Some(tokens),
            damage,
        })
    }
}

/// A token that was revoked, and when.
#[derive(sqlx::FromRow)]
struct RevokedToken {
    hash: String,
    revoked_at: i64,
}

const REVOKED: &str =
    "select hash, revoked_at from main.tokens where revoked_at is not null order by hash";

/// The tokens that are revoked in the database at `path`, where they can be read.
async fn revoked(path: &Path) -> Option<Vec<RevokedToken>> {
    let mut db = reading(path).immutable(true).connect().await.ok()?;
    sqlx::query_as(REVOKED).fetch_all(&mut db).await.ok()
}

/// How many of `tokens` hold; these are revoked, unless they shall hold again.
async fn revoke(
    db: &mut SqliteConnection,
    tokens: &[RevokedToken],
    revoked: Revoked,
) -> Result<u64, StoreError> {
    let mut held = 0;
    for RevokedToken { hash, revoked_at } in tokens {
        let sql =
            "select exists (select 1 from main.tokens where hash = $1 and revoked_at is null)";
        let holds: bool = sqlx::query_scalar(sql)
            .bind(hash)
            .fetch_one(&mut *db)
            .await?;
        held += u64::from(holds);
        if holds && revoked == Revoked::Stay {
            let sql = "update main.tokens set revoked_at = $1 where hash = $2";
            let query = sqlx::query(sql).bind(revoked_at).bind(hash);
            query.execute(&mut *db).await?;
        }
    }
    Ok(held)
}

/// Replaces all rows by those of the attached backup; returns how many tokens stay revoked, or hold again.
async fn replace(
    transaction: &mut Transaction<'_, Sqlite>,
    backup: &Backup,
    how: &Restoring,
) -> Result<u64, StoreError> {
    let before: Vec<RevokedToken> = sqlx::query_as(REVOKED)
        .fetch_all(&mut **transaction)
        .await?;
    // What says something of the file itself stays.
    let tables = || {
        SEALED
            .iter()
            .map(|sealed| sealed.table)
            .filter(|table| !["data_version", "meta"].contains(table))
    };
    // What is kept of fits follows from rows that go.
    for table in tables().chain(["kept", "kept_at"]) {
        run(transaction, format!("delete from main.{table}")).await?;
    }
    for table in tables().rev() {
        let sql = format!("insert into main.{table} select * from backup.{table}");
        run(transaction, sql).await?;
    }
    for table in tables() {
        let sql = format!("delete from main.seals where sealed = '{table}'");
        run(transaction, sql).await?;
        let sql =
            format!("insert into main.seals select * from backup.seals where sealed = '{table}'");
        run(transaction, sql).await?;
    }
    seals::arm(transaction).await?;
    // Above both, so that every service sees that something has changed.
    let sql = "update data_version set version =
               1 + max(version, (select version from backup.data_version))";
    run(transaction, sql.to_owned()).await?;
    let held = revoke(transaction, &before, how.revoked).await?;
    backup.tell(transaction, how, true).await?;
    seals::settle_file(transaction).await?;
    Ok(held)
}

async fn run(transaction: &mut Transaction<'_, Sqlite>, sql: String) -> Result<(), StoreError> {
    let query = sqlx::query(AssertSqlSafe(sql));
    query.execute(&mut **transaction).await?;
    Ok(())
}

/// Keeps what is at `path` under the name `kept`, with its logs; the file itself stays until another takes its name.
fn put_aside(path: &Path, kept: &Path) -> std::io::Result<()> {
    if path.exists() && fs::hard_link(path, kept).is_err() {
        // Not every file system knows two names of one file.
        let mut copy = File::create_new(kept)?;
        std::io::copy(&mut File::open(path)?, &mut copy)?;
        copy.sync_all()?;
    }
    for suffix in ["-wal", "-journal"] {
        let log = beside(path, suffix);
        if log.exists() {
            fs::rename(log, beside(kept, suffix))?;
        }
    }
    match fs::remove_file(beside(path, "-shm")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

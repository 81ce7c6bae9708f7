//! The one connection that writes: it comes back clean from each use, or is closed and replaced.
//!
//! SQLite ends a transaction by itself where the disk is full or fails, a request is dropped between any two of its steps
//! when its client leaves, and a panic passes through all of them: nobody can be sure then what the connection is in the
//! middle of. So nobody asks. Only a commit or a rollback that has succeeded gives it back; whatever else happens closes
//! it, which rolls back what was begun, and the next to write opens another. The closing is left to the runtime in which
//! the store was opened, so all of this may be dropped anywhere, in a thread without a runtime too.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};
use tokio::time::{Instant, timeout};

use super::behind::behind_while_wanted;
use super::error::StoreError;
use super::seals;
use super::sql::{self, Connect, Connection, On};

/// How long a writer waits for another transaction: a million rows take a quarter of that.
pub(super) const BUSY: Duration = Duration::from_mins(1);
/// How long SQLite waits at once: one who leaves meanwhile holds the next one up no longer.
const TRY: Duration = Duration::from_millis(250);

/// The lock of a server that a transaction holds which writes: one number of our own, the same in every release.
const WRITERS: i64 = 0x6570_6f63_6863_6173;

type Slot = Option<Connection>;

/// What goes on with the connection. Nobody has it, and it may be used as it is.
const FREE: u8 = 0;
/// Somebody has it, and has begun nothing yet.
const TAKEN: u8 = 1;
/// Somebody has begun a transaction.
const AT_WORK: u8 = 2;
/// It was dropped, and has to be closed.
const BROKEN: u8 = 3;

/// The connection that writes, taken by one after the other in the order in which they come.
#[derive(Clone, Debug)]
pub(super) struct Writer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    connect: Connect,
    slot: Arc<Mutex<Slot>>,
    stage: AtomicU8,
    /// How often the connection came back clean.
    done: AtomicU64,
    closed: AtomicBool,
    runtime: Handle,
}

impl Writer {
    /// One that connects so, once it is needed.
    pub(super) fn new(connect: Connect) -> Self {
        Self(Arc::new(Inner {
            connect: match connect {
                Connect::Sqlite(connect) => Connect::Sqlite(connect.busy_timeout(TRY)),
                connect @ Connect::Postgres(_) => connect,
            },
            slot: Arc::default(),
            stage: AtomicU8::new(FREE),
            done: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            runtime: Handle::current(),
        }))
    }

    /// Takes the connection, once those before are done with it.
    pub(super) async fn hold(&self) -> Result<Held, StoreError> {
        self.hold_within(BUSY).await
    }

    /// The same, but does not wait longer than `wait` for others.
    pub(super) async fn hold_within(&self, wait: Duration) -> Result<Held, StoreError> {
        let slot = timeout(wait, self.0.slot.clone().lock_owned()).await;
        self.take(slot.map_err(|_| StoreError::Busy)?).await
    }

    /// Takes the connection where nobody has it.
    pub(super) async fn try_hold(&self) -> Option<Result<Held, StoreError>> {
        let slot = self.0.slot.clone().try_lock_owned().ok()?;
        Some(self.take(slot).await)
    }

    /// Begins a transaction, once those before have ended.
    pub(super) async fn begin(&self) -> Result<Transaction, StoreError> {
        self.hold().await?.begin(BUSY).await
    }

    /// Whether a transaction of this process is under way, or was until now and is being cleared away.
    pub(super) fn is_at_work(&self) -> bool {
        [AT_WORK, BROKEN].contains(&self.0.stage.load(Ordering::SeqCst))
    }

    /// How many uses of the connection have ended well.
    pub(super) fn done(&self) -> u64 {
        self.0.done.load(Ordering::SeqCst)
    }

    /// Copies the log into the file and closes the connection for good, once those before are done with it.
    pub(super) async fn close(&self) {
        self.0.closed.store(true, Ordering::SeqCst);
        let Ok(mut slot) = timeout(BUSY, self.0.slot.clone().lock_owned()).await else {
            return;
        };
        self.clean(&mut slot).await;
        if let Some(mut connection) = slot.take() {
            // Where it fails, the log stays beside the file, whence the next start reads it.
            if let Connection::Sqlite(db) = &mut connection {
                let _ = checkpoint(db).await;
            }
            let _ = connection.close().await;
        }
    }

    async fn take(&self, mut slot: OwnedMutexGuard<Slot>) -> Result<Held, StoreError> {
        if self.0.closed.load(Ordering::SeqCst) {
            return Err(StoreError::Sql(sqlx::Error::PoolClosed));
        }
        self.clean(&mut slot).await;
        if let Some(connection) = slot.as_mut()
            && !connection.is_sound().await
        {
            *slot = None;
        }
        if slot.is_none() {
            *slot = Some(self.open().await?);
        }
        self.becomes(TAKEN);
        let connection = OwnedMutexGuard::try_map(slot, Option::as_mut);
        Ok(Held {
            connection: connection.map_err(|_| StoreError::Sql(sqlx::Error::WorkerCrashed))?,
            writer: self.clone(),
        })
    }

    /// Closes a connection that did not come back clean.
    async fn clean(&self, slot: &mut Slot) {
        if self.0.stage.load(Ordering::SeqCst) != FREE {
            if let Some(connection) = slot.take() {
                let _ = connection.close().await;
            }
            self.becomes(FREE);
        }
    }

    fn becomes(&self, stage: u8) {
        self.0.stage.store(stage, Ordering::SeqCst);
    }

    /// A new connection, which notes for the seals what it writes; its own thread is behind too since one that is starts it.
    async fn open(&self) -> Result<Connection, StoreError> {
        let connect = self.0.connect.clone();
        if let Connect::Postgres(_) = &connect {
            return Ok(connect.connect().await?);
        }
        let open = async move {
            let mut connection = connect.connect().await?;
            if let Connection::Sqlite(db) = &mut connection {
                seals::arm(db).await?;
            }
            Ok(connection)
        };
        let opened = behind_while_wanted(open).await;
        Ok(opened.unwrap_or(Err(sqlx::Error::WorkerCrashed))?)
    }
}

/// The connection in the hands of one; whoever drops it closes it.
#[derive(Debug)]
pub(super) struct Held {
    connection: OwnedMappedMutexGuard<Slot, Connection>,
    writer: Writer,
}

impl Held {
    /// Begins a transaction; waits no longer than `wait` for one of another process to end.
    pub(super) async fn begin(mut self, wait: Duration) -> Result<Transaction, StoreError> {
        if self.is_postgres() {
            return self.begin_in_turn(wait).await;
        }
        let late = Instant::now() + wait.saturating_sub(TRY);
        loop {
            // One that reads first and then writes would fail under other writers.
            let begun = sql::query("begin immediate").execute(&mut *self).await;
            match begun.map_err(StoreError::from) {
                Ok(_) => break,
                Err(StoreError::Busy) if Instant::now() < late => {}
                Err(error) => return Err(error),
            }
        }
        self.writer.becomes(AT_WORK);
        Ok(Transaction(self))
    }

    /// The same on a server, where a lock makes writers wait for each other: the version of the data grows by one at a time.
    async fn begin_in_turn(mut self, wait: Duration) -> Result<Transaction, StoreError> {
        self.writer.becomes(AT_WORK);
        sql::query("begin").execute(&mut *self).await?;
        match self.takes_its_turn(wait).await {
            Ok(()) => Ok(Transaction(self)),
            Err(StoreError::Busy) => {
                sql::query("rollback").execute(&mut *self).await?;
                self.writer.becomes(FREE);
                Err(StoreError::Busy)
            }
            Err(error) => Err(error),
        }
    }

    async fn takes_its_turn(&mut self, wait: Duration) -> Result<(), StoreError> {
        if wait.is_zero() {
            // A timeout of nothing would be none.
            let sql = "select pg_try_advisory_xact_lock($1)";
            let query = sql::query_scalar(sql).bind(WRITERS);
            let is_free: bool = query.fetch_one(&mut **self).await?;
            return if is_free {
                Ok(())
            } else {
                Err(StoreError::Busy)
            };
        }
        let sql = "select set_config('lock_timeout', $1, true)";
        let query = sql::query(sql).bind(format!("{}ms", wait.as_millis()));
        query.execute(&mut **self).await?;
        let sql = "select pg_advisory_xact_lock($1)";
        sql::query(sql).bind(WRITERS).execute(&mut **self).await?;
        Ok(())
    }

    /// Gives the connection back: it is in no transaction, and nothing that was asked of it has failed.
    pub(super) fn give_back(self) {
        self.writer.0.done.fetch_add(1, Ordering::SeqCst);
        self.writer.becomes(FREE);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.writer.0.stage.load(Ordering::SeqCst) != FREE {
            self.writer.becomes(BROKEN);
            // At once, not when the next one comes: what was begun holds other processes up.
            let writer = self.writer.clone();
            self.writer.0.runtime.spawn(async move {
                let mut slot = writer.0.slot.clone().lock_owned().await;
                writer.clean(&mut slot).await;
            });
        }
    }
}

impl Deref for Held {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Held {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

/// A transaction that writes; whoever drops it rolls it back.
#[derive(Debug)]
pub(super) struct Transaction(Held);

impl Transaction {
    /// Seals what was written, and makes all of it visible, and durable.
    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        // Here, so that no way of writing can forget it.
        seals::settle(&mut self).await?;
        match self.end("commit").await {
            // The server may have done it before the connection broke.
            Err(StoreError::Away { cause }) => Err(StoreError::Unsure { cause }),
            ended => ended.map(Held::give_back),
        }
    }

    /// Forgets all of it.
    pub(super) async fn rollback(self) -> Result<(), StoreError> {
        self.end("rollback").await.map(Held::give_back)
    }

    async fn end(mut self, how: &'static str) -> Result<Held, StoreError> {
        sql::query(how).execute(&mut *self).await?;
        Ok(self.0)
    }
}

impl Deref for Transaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

impl<'c> From<&'c mut Transaction> for On<'c> {
    fn from(transaction: &'c mut Transaction) -> Self {
        Self::from(&mut **transaction)
    }
}

/// Copies the log into the file, as far as nobody reads it, and gives its space back to the disk.
pub(super) async fn checkpoint(connection: &mut sqlx::SqliteConnection) -> Result<(), StoreError> {
    sqlx::query("pragma wal_checkpoint(truncate)")
        .execute(connection)
        .await?;
    Ok(())
}

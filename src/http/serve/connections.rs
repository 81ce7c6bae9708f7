//! All connections: how many there are, what each waits for, and until when.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::http::admission::address::counted;
use crate::http::extract::bounds::{HEADER_TIME, IDLE_TIME, WRITE_RATE, WRITE_TIME};

/// Nothing to wait for.
const NEVER: u64 = u64::MAX;

/// What goes on on a connection.
const IDLE: u8 = 0;
const HEADER: u8 = 1;
const SERVING: u8 = 2;
const ANSWERED: u8 = 3;

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    id: u64,
    pub(super) peer: IpAddr,
    state: AtomicU8,
    /// When it is late, in milliseconds of the clock.
    until: AtomicU64,
    clock: Arc<AtomicU64>,
    task: OnceLock<AbortHandle>,
}

impl Connection {
    fn state(&self) -> u8 {
        self.state.load(Ordering::Relaxed)
    }

    fn becomes(&self, state: u8, until: u64) {
        self.state.store(state, Ordering::Relaxed);
        self.until.store(until, Ordering::Relaxed);
    }

    fn after(&self, time: Duration) -> u64 {
        let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.now().saturating_add(time)
    }

    /// Milliseconds of the clock, as of the last look.
    pub(super) fn now(&self) -> u64 {
        self.clock.load(Ordering::Relaxed)
    }

    /// Bytes have come.
    pub(super) fn has_read(&self) {
        if self.state() == IDLE {
            self.becomes(HEADER, self.after(HEADER_TIME));
        }
    }

    /// A whole header has come.
    pub(super) fn serves(&self) {
        self.becomes(SERVING, NEVER);
    }

    /// The whole answer was given to the socket's writer.
    pub(super) fn has_answered(&self) {
        self.state.store(ANSWERED, Ordering::Relaxed);
    }

    /// All that was to be written is with the system.
    pub(super) fn is_flushed(&self) {
        match self.state() {
            ANSWERED => self.becomes(IDLE, self.after(IDLE_TIME)),
            SERVING => self.until.store(NEVER, Ordering::Relaxed),
            _ => {}
        }
    }

    /// The client has not read what was written since `began`, `bytes` of which it has taken.
    pub(super) fn waits_for_reader(&self, began: u64, bytes: u64) {
        let time = u64::try_from(WRITE_TIME.as_millis()).unwrap_or(u64::MAX);
        let until = began + time + 1000 * (bytes / WRITE_RATE);
        self.until.store(until, Ordering::Relaxed);
    }

    /// Names the task that runs it.
    pub(super) fn can_be_ended_by(&self, task: AbortHandle) {
        let _ = self.task.set(task);
    }

    fn end(&self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }

    fn is_busy(&self) -> bool {
        matches!(self.state(), SERVING | ANSWERED)
    }
}

/// Why a connection was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// There are too many.
    All,
    /// There are too many of its address.
    Address,
}

impl Refused {
    /// The answer that its client finds, whatever it asks.
    pub(super) fn answer(self) -> String {
        let (status, title, detail) = match self {
            Self::All => (503, "Service Unavailable", "too many connections"),
            Self::Address => (
                429,
                "Too Many Requests",
                "too many connections of this address",
            ),
        };
        let problem = format!(
            "{{\"type\":\"about:blank\",\"title\":\"{title}\",\"status\":{status},\"detail\":\"{detail}: close some, or \
             try again later\",\"request_id\":\"-\",\"errors\":[]}}"
        );
        format!(
            "HTTP/1.1 {status} {title}\r\ncontent-type: application/problem+json\r\nretry-after: 5\r\nconnection: \
             close\r\ncontent-length: {}\r\n\r\n{problem}",
            problem.len()
        )
    }
}

#[derive(Debug, Default)]
struct Table {
    open: HashMap<u64, Arc<Connection>>,
    /// By what the clients are counted by.
    of_address: HashMap<IpAddr, usize>,
    next: u64,
}

/// All connections.
#[derive(Debug)]
pub(in crate::http) struct Connections {
    begun: Instant,
    clock: Arc<AtomicU64>,
    table: Mutex<Table>,
    refusing: AtomicUsize,
    refused: AtomicU64,
    late: AtomicU64,
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            clock: Arc::default(),
            table: Mutex::default(),
            refusing: AtomicUsize::new(0),
            refused: AtomicU64::new(0),
            late: AtomicU64::new(0),
        }
    }
}

impl Connections {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many there are.
    pub(in crate::http) fn count(&self) -> usize {
        self.table().open.len()
    }

    /// How many were refused, since there were too many.
    pub(in crate::http) fn refusals(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// How many were ended, since their client was late.
    pub(in crate::http) fn late(&self) -> u64 {
        self.late.load(Ordering::Relaxed)
    }

    /// How many have a request that is being answered.
    pub(super) fn busy(&self) -> usize {
        let table = self.table();
        table.open.values().filter(|one| one.is_busy()).count()
    }

    /// Accepts a connection unless there are `all` already, or `of_address` of its address where that has a limit.
    pub(super) fn open(
        &self,
        peer: IpAddr,
        all: usize,
        of_address: Option<usize>,
    ) -> Result<Arc<Connection>, Refused> {
        let mut table = self.table();
        if table.open.len() >= all {
            return Err(Refused::All);
        }
        let same = table.of_address.entry(counted(peer)).or_default();
        if of_address.is_some_and(|most| *same >= most) {
            return Err(Refused::Address);
        }
        *same += 1;
        table.next += 1;
        let connection = Arc::new(Connection {
            id: table.next,
            peer,
            state: AtomicU8::new(IDLE),
            until: AtomicU64::new(0),
            clock: self.clock.clone(),
            task: OnceLock::new(),
        });
        connection.becomes(IDLE, connection.after(HEADER_TIME));
        table.open.insert(connection.id, connection.clone());
        Ok(connection)
    }

    /// Forgets one.
    pub(super) fn close(&self, connection: &Connection) {
        let mut table = self.table();
        table.open.remove(&connection.id);
        let address = counted(connection.peer);
        if let Some(same) = table.of_address.get_mut(&address) {
            *same -= 1;
            if *same == 0 {
                table.of_address.remove(&address);
            }
        }
    }

    /// Sets the clock, and ends connections that are late.
    pub(super) fn look(&self) {
        self.look_at(since(self.begun));
    }

    /// The same at `now`, in milliseconds of the clock.
    pub(super) fn look_at(&self, now: u64) {
        self.clock.store(now, Ordering::Relaxed);
        for one in self.table().open.values() {
            if one.until.load(Ordering::Relaxed) < now {
                self.late.fetch_add(1, Ordering::Relaxed);
                one.until.store(NEVER, Ordering::Relaxed);
                one.end();
            }
        }
    }

    /// Ends all.
    pub(super) fn end(&self) {
        self.table().open.values().for_each(|one| one.end());
    }

    /// Whether one more may be told that there are too many; [`Self::refused`] has to follow.
    pub(super) fn may_refuse(&self, most: usize) -> bool {
        self.refused.fetch_add(1, Ordering::Relaxed);
        if self.refusing.fetch_add(1, Ordering::Relaxed) < most {
            return true;
        }
        self.refusing.fetch_sub(1, Ordering::Relaxed);
        false
    }

    /// One was told.
    pub(super) fn refused(&self) {
        self.refusing.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Milliseconds since `begun`.
pub(super) fn since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn there_is_a_limit_for_all_and_one_for_each_address() {
        let connections = Connections::default();
        let open = |peer: &str| connections.open(peer.parse().unwrap(), 3, Some(2));
        let first = open("10.0.0.1").unwrap();
        open("10.0.0.1").unwrap();
        assert_eq!(open("10.0.0.1").unwrap_err(), Refused::Address);
        open("10.0.0.2").unwrap();
        assert_eq!(open("10.0.0.3").unwrap_err(), Refused::All);
        connections.close(&first);
        assert!(open("10.0.0.1").is_ok());
        let exempt = connections.open("10.0.0.1".parse().unwrap(), 9, None);
        assert!(exempt.is_ok());
    }

    #[test]
    fn the_addresses_of_a_network_of_ipv6_are_one_client() {
        let connections = Connections::default();
        let open = |peer: &str| connections.open(peer.parse().unwrap(), 9, Some(2));
        let first = open("2001:db8::1").unwrap();
        open("2001:db8::2").unwrap();
        assert_eq!(open("2001:db8::3").unwrap_err(), Refused::Address);
        open("2001:db8:0:1::1").unwrap();
        connections.close(&first);
        assert!(open("2001:db8::3").is_ok());
    }

    #[test]
    fn a_request_has_time_for_its_header_and_none_runs_while_it_is_answered() {
        let connections = Connections::default();
        let one = connections.open(PEER, 1, Some(1)).unwrap();
        one.has_read();
        let header = one.until.load(Ordering::Relaxed);
        assert_eq!(header, 10_000);
        one.has_read();
        assert_eq!(one.until.load(Ordering::Relaxed), header);
        one.serves();
        assert_eq!(
            (one.until.load(Ordering::Relaxed), connections.busy()),
            (NEVER, 1)
        );
        one.has_answered();
        one.is_flushed();
        assert_eq!(
            (one.until.load(Ordering::Relaxed), connections.busy()),
            (75_000, 0)
        );
    }

    #[test]
    fn a_reader_gains_time_by_reading() {
        let connections = Connections::default();
        let one = connections.open(PEER, 1, Some(1)).unwrap();
        one.serves();
        one.waits_for_reader(0, 0);
        assert_eq!(one.until.load(Ordering::Relaxed), 30_000);
        one.waits_for_reader(0, 10 * WRITE_RATE);
        assert_eq!(one.until.load(Ordering::Relaxed), 40_000);
    }
}

//! The log: one line for each request, in plain words or JSON, written by a thread of its own.
//!
//! A line goes into a buffer in memory; the thread writes what has gathered every few milliseconds. So an answer never
//! waits for the terminal or the disk. Where the reader of the log stops reading, lines are dropped and counted.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use crate::live::clock;
use crate::units::moment;

/// How lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// Words and `name=value` pairs.
    #[default]
    Plain,
    /// An object on each line.
    Json,
}

/// Where log lines go.
#[derive(Debug, Default)]
pub struct Log {
    format: LogFormat,
    waiting: Mutex<Vec<u8>>,
    some: Condvar,
    dropped: AtomicU64,
}

/// Lines gather for so long.
const GATHER: Duration = Duration::from_millis(20);
/// How long the last lines may take at the end of the process.
const LAST: Duration = Duration::from_secs(1);
/// So many bytes wait for a reader; what comes then is dropped.
const MOST_WAITING: usize = 4 << 20;

impl Log {
    /// A log on standard error.
    ///
    /// # Errors
    /// Where its thread cannot be started.
    pub fn stderr(format: LogFormat) -> io::Result<&'static Self> {
        let log: &'static Self = Box::leak(Box::new(Self {
            format,
            ..Self::default()
        }));
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || log.write_for_ever())?;
        Ok(log)
    }

    /// How lines look.
    #[must_use]
    pub fn format(&self) -> LogFormat {
        self.format
    }

    /// Lines that were dropped since nobody read them.
    pub(in crate::http) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a whole line.
    pub fn line(&self, line: &[u8]) {
        let mut waiting = self.lock();
        if waiting.len() + line.len() > MOST_WAITING {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        if waiting.is_empty() {
            self.some.notify_one();
        }
        waiting.extend_from_slice(line);
    }

    fn write_for_ever(&self) {
        let mut lines = Vec::new();
        loop {
            let mut waiting = self.lock();
            while waiting.is_empty() {
                waiting = self
                    .some
                    .wait(waiting)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            drop(waiting);
            std::thread::sleep(GATHER);
            std::mem::swap(&mut *self.lock(), &mut lines);
            // Standard error may be closed: there is nobody to tell.
            let _ = io::stderr().write_all(&lines);
            lines.clear();
        }
    }

    /// Writes what waits, at the end of the process, unless nobody reads it.
    pub fn flush(&'static self) {
        let (done, written) = mpsc::channel();
        std::thread::spawn(move || {
            let lines = std::mem::take(&mut *self.lock());
            let _ = io::stderr().write_all(&lines);
            let _ = done.send(());
        });
        let _ = written.recv_timeout(LAST);
    }

    /// The line of a request that was answered.
    pub(super) fn request(&self, answered: &Answered) {
        thread_local!(static LINE: RefCell<String> = const { RefCell::new(String::new()) });
        LINE.with_borrow_mut(|line| {
            line.clear();
            stamp(line);
            let _ = match self.format {
                LogFormat::Plain => answered.plain(line),
                LogFormat::Json => answered.json(line),
            };
            self.line(line.as_bytes());
        });
    }
}

/// So that other events can be written to the same place: each write is a line.
impl Write for &Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.line(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is told of a request.
pub(super) struct Answered<'a> {
    pub(super) id: &'a str,
    pub(super) method: &'a str,
    pub(super) route: &'a str,
    pub(super) status: u16,
    pub(super) micros: u64,
    /// Name of the token, where one was looked at.
    pub(super) token: Option<&'a str>,
}

impl Answered<'_> {
    fn plain(&self, line: &mut String) -> std::fmt::Result {
        let Self {
            id,
            method,
            route,
            status,
            micros,
            token,
        } = self;
        write!(
            line,
            "  INFO request id={id} method={method} route={route} status={status} micros={micros}"
        )?;
        if let Some(token) = token {
            write!(line, " token={token:?}")?;
        }
        line.push('\n');
        Ok(())
    }

    fn json(&self, line: &mut String) -> std::fmt::Result {
        let Self {
            id,
            method,
            route,
            status,
            micros,
            token,
        } = self;
        line.insert_str(0, "{\"timestamp\":\"");
        write!(
            line,
            "\",\"level\":\"INFO\",\"message\":\"request\",\"id\":\"{id}\",\"method\":\"{method}\",\
             \"route\":\"{route}\",\"status\":{status},\"micros\":{micros}"
        )?;
        if let Some(token) = token {
            write!(line, ",\"token\":{}", serde_json::Value::from(*token))?;
        }
        line.push_str("}\n");
        Ok(())
    }
}

/// The time, in RFC 3339 with milliseconds. The calendar is asked once a second.
fn stamp(line: &mut String) {
    thread_local!(static SECOND: RefCell<(i64, String)> = const { RefCell::new((i64::MIN, String::new())) });
    let now = clock::now();
    let (second, milliseconds) = (now.div_euclid(1000), now.rem_euclid(1000));
    SECOND.with_borrow_mut(|(known, text)| {
        if *known != second {
            *known = second;
            *text = moment::rfc3339(second * 1000);
            text.truncate(19);
        }
        let _ = write!(line, "{text}.{milliseconds:03}Z");
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(format: LogFormat) -> String {
        let log = Log {
            format,
            ..Log::default()
        };
        log.request(&Answered {
            id: "a1",
            method: "GET",
            route: "/v1/models/{name}",
            status: 200,
            micros: 12,
            token: Some("me \"x\""),
        });
        String::from_utf8(std::mem::take(&mut *log.lock())).unwrap()
    }

    #[test]
    fn a_plain_line_has_time_id_route_status_and_token() {
        let line = line(LogFormat::Plain);
        let (time, rest) = line.split_once("  ").unwrap();
        assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
        assert_eq!(
            rest,
            "INFO request id=a1 method=GET route=/v1/models/{name} status=200 micros=12 token=\"me \\\"x\\\"\"\n"
        );
    }

    #[test]
    fn a_json_line_is_an_object() {
        let line: serde_json::Value = serde_json::from_str(&line(LogFormat::Json)).unwrap();
        assert_eq!(
            (&line["status"], &line["token"]),
            (&200.into(), &"me \"x\"".into())
        );
        assert!(
            line["timestamp"]
                .as_str()
                .unwrap()
                .parse::<jiff::Timestamp>()
                .is_ok()
        );
    }

    #[test]
    fn lines_that_nobody_reads_are_dropped_and_counted() {
        let log = Log::default();
        let half = vec![b'x'; MOST_WAITING / 2];
        (0..5).for_each(|_| log.line(&half));
        assert_eq!((log.lock().len(), log.dropped()), (MOST_WAITING, 3));
    }
}

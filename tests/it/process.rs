//! The program as the system runs it: a process with a port, signals and an exit code.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Nothing here takes so long: whoever waits longer waits in vain, and the test fails in place of hanging.
const IN_VAIN: Duration = Duration::from_mins(2);

/// What the program says when it is called so in `dir`.
pub(crate) fn epochcast(dir: &Path, args: &[&str]) -> Output {
    command(dir, args).output().unwrap()
}

pub(crate) fn command(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_epochcast"));
    command.args(args).current_dir(dir);
    command
}

pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Every file of a folder, hidden ones and those in folders of it too, with what is in it.
pub(crate) fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.insert(path.clone(), Vec::new());
            found.extend(contents(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            found.insert(path, bytes);
        }
    }
    found
}

/// A server of its own in a folder.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    log: Lines<BufReader<ChildStderr>>,
    _out: BufReader<ChildStdout>,
}

impl Process {
    /// Starts it, and waits until it says where it listens.
    pub(crate) fn start(dir: &Path, args: &[&str]) -> Self {
        Self::start_as(command(dir, args))
    }

    /// The same of a command of one's own.
    pub(crate) fn start_as(mut command: Command) -> Self {
        let mut child = command
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut greeting = String::new();
        out.read_line(&mut greeting).unwrap();
        let address = greeting
            .split("http://")
            .nth(1)
            .and_then(|rest| rest.split(',').next())
            .unwrap_or_else(|| panic!("it did not start: {greeting}"));
        Self {
            address: address.parse().unwrap(),
            child,
            log,
            _out: out,
        }
    }

    /// A connection, over which nothing was sent yet.
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(IN_VAIN)).unwrap();
        stream
    }

    /// The answer to a GET of `path`.
    pub(crate) fn get(&self, path: &str) -> Told {
        let mut stream = self.connect();
        let head = "Host: localhost\r\nConnection: close\r\n\r\n";
        write!(stream, "GET {path} HTTP/1.1\r\n{head}").unwrap();
        Told::read(&mut stream)
    }

    /// The value of a metric.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let page = self.get("/metrics").body;
        let line = page.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().trim().parse().unwrap()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap();
    }

    /// Reads its log up to a line with `words`.
    pub(crate) fn logged(&mut self, words: &str) -> String {
        let found = self.log.by_ref().map(Result::unwrap);
        let mut found = found.filter(|line| line.contains(words));
        found.next().unwrap()
    }

    /// How it ends.
    pub(crate) fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Process {
    /// A test that failed leaves nothing behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer, read to the end of its connection.
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Told {
    pub(crate) fn read(stream: &mut TcpStream) -> Self {
        let mut all = String::new();
        stream.read_to_string(&mut all).unwrap();
        let (head, body) = all.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self {
            status,
            head: head.to_lowercase(),
            body: body.to_owned(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

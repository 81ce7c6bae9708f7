//! A disk that is full, or fails: at every single call of the system that an upload takes. `scripts/audit_faults.py` does
//! the same on every other way of writing.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

use rustix::io::Errno;
use rustix::process::Signal;
use tempfile::TempDir;

use crate::process::{Process, Told, command, epochcast, text};

/// What fails, told to the shim through a file that it reads while the server runs.
struct Faults(File);

impl Faults {
    /// A library in `tools` that makes calls fail, and the command that runs it under `command`.
    fn under(mut command: Command, tools: &Path, below: &Path) -> (Self, Command) {
        let shim = tools.join("shim.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/shim.c");
        let cc = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
        let mut compile = Command::new(cc);
        compile
            .args(["-shared", "-fPIC", "-o"])
            .arg(&shim)
            .arg(source);
        assert!(compile.arg("-ldl").status().unwrap().success());
        let control = tools.join("control");
        let mut options = File::options();
        let file = options.create_new(true).read(true).write(true);
        let file = file.open(&control).unwrap();
        file.set_len(5 * 8).unwrap();
        command.env("FAULTS", control).env("FAULTS_BELOW", below);
        command.env("LD_PRELOAD", shim);
        (Self(file), command)
    }

    /// From now on the call that is number `at` fails, and all later ones where it is `lasting`; 0: none does.
    fn set(&self, at: u64, fault: Fault) {
        let error = fault
            .error
            .map_or(0, |error| u64::try_from(error.raw_os_error()).unwrap());
        for (place, value) in [
            (1, 0),
            (0, 0),
            (2, error),
            (3, u64::from(fault.lasting)),
            (4, 0),
            (1, at),
        ] {
            self.0
                .write_all_at(&value.to_ne_bytes(), place * 8)
                .unwrap();
        }
    }

    /// How many calls have failed since.
    fn failed(&self) -> u64 {
        let mut number = [0; 8];
        self.0.read_exact_at(&mut number, 4 * 8).unwrap();
        u64::from_ne_bytes(number)
    }
}

#[derive(Clone, Copy, Debug)]
struct Fault {
    /// `None`: half of what was to be written is.
    error: Option<Errno>,
    lasting: bool,
}

const NOTHING: Fault = Fault {
    error: None,
    lasting: false,
};

fn post(server: &Process, token: &str, body: &str) -> Told {
    ask(server, token, "POST /v1/measurements", body)
}

fn ask(server: &Process, token: &str, what: &str, body: &str) -> Told {
    let mut stream = server.connect();
    write!(
        stream,
        "{what} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
         Content-Type: application/x-ndjson\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    Told::read(&mut stream)
}

/// Rows of labels of their own, enough for several pages of the database, one of them wrong.
fn rows(name: &str) -> String {
    let row = |i: u32| {
        format!(
            r#"{{"platform": {{"id": "mine", "device": "GPU"}}, "mode": "train", "label": "{name}-{i}", "complexity": {{"flops": {i}e9, "params": 2e7, "acts": 1e7}}, "images_per_second": 100}}"#
        ) + "\n"
    };
    (1..=12).map(row).chain(["{}\n".to_owned()]).collect()
}

const FAULTS: [Fault; 4] = [
    Fault {
        error: Some(Errno::NOSPC),
        lasting: true,
    },
    Fault {
        error: Some(Errno::IO),
        lasting: false,
    },
    Fault {
        error: Some(Errno::INTR),
        lasting: false,
    },
    Fault {
        error: None,
        lasting: false,
    },
];

/// A refusal is a problem, and readiness says the same while the fault lasts.
fn is_refused_well(told: &Told, server: &Process, fault: Fault, at: u64) {
    assert!(
        [503, 507].contains(&told.status),
        "{fault:?} {at}: {} {}",
        told.head,
        told.body
    );
    assert!(
        told.head.contains("application/problem+json"),
        "{}",
        told.head
    );
    assert!(fault.error.is_some(), "{at}: {}", told.body);
    // What fails once is well again when it is looked at after a while.
    let ready = server.get("/readyz");
    let expected = if fault.lasting { 503..=503 } else { 200..=503 };
    assert!(
        expected.contains(&ready.status),
        "{fault:?} {at}: {}",
        ready.body
    );
    let reason = told.json()["detail"].as_str().unwrap().to_owned();
    assert!(
        ready.status == 200 || ready.body.contains(&reason),
        "{reason} {}",
        ready.body
    );
}

/// A server whose calls can be made to fail, and a token for it.
struct Subject<'a> {
    server: Process,
    token: &'a str,
    faults: Faults,
}

impl Subject<'_> {
    /// Lets the `at`-th call of an upload fail, and the upload be sent again; whether there was such a call.
    fn fails_and_is_sent_again(&self, fault: Fault, at: u64) -> bool {
        let Self {
            server,
            token,
            faults,
        } = self;
        let word = fault.error.map_or(0, Errno::raw_os_error);
        let body = rows(&format!("fault-{word}-{at}"));
        faults.set(at, fault);
        let told = post(server, token, &body);
        let failed = faults.failed();
        if told.status != 200 {
            is_refused_well(&told, server, fault, at);
        }
        faults.set(0, NOTHING);
        let again = post(server, token, &body);
        assert_eq!(again.status, 200, "{fault:?} {at}: {}", again.body);
        let expected = if told.status == 200 { [0, 12] } else { [12, 0] };
        let counts = ["accepted", "duplicates"].map(|name| again.json()[name].as_u64());
        assert_eq!(counts, expected.map(Some), "{fault:?} {at}: {}", again.body);
        assert_eq!(server.get("/readyz").status, 200);
        failed > 0
    }
}

/// A server on an empty database in `dir`, and what makes its calls fail.
fn served(dir: &Path, tools: &Path) -> (Process, String, Faults) {
    let create = [
        "token",
        "create",
        "--name",
        "me",
        "--scope",
        "write",
        "--no-seed",
    ];
    let made = epochcast(dir, &create).stdout;
    let below = dir.canonicalize().unwrap();
    let (faults, command) = Faults::under(command(dir, &["--no-seed"]), tools, &below);
    let server = Process::start_as(command);
    (server, text(&made).trim().to_owned(), faults)
}

#[test]
fn readiness_says_at_once_what_somebody_was_told_who_took_an_upload_out() {
    let (dir, tools) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (server, token, faults) = served(dir.path(), tools.path());
    assert_eq!(post(&server, &token, &rows("mine")).status, 200);
    assert_eq!(server.get("/readyz").status, 200);
    faults.set(1, FAULTS[0]);
    let refused = ask(&server, &token, "DELETE /v1/uploads/1", "");
    assert_eq!(refused.status, 507, "{}", refused.body);
    assert_eq!(server.get("/readyz").status, 503);
    faults.set(0, NOTHING);
    let gone = ask(&server, &token, "DELETE /v1/uploads/1", "");
    assert_eq!(gone.status, 200, "{}", gone.body);
}

#[test]
fn whichever_call_of_an_upload_fails_the_next_upload_is_stored_and_readiness_says_what_it_is_told()
{
    let (dir, tools) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (server, token, faults) = served(dir.path(), tools.path());
    let subject = Subject {
        server,
        token: &token,
        faults,
    };
    let mut stored = 0;
    for fault in FAULTS {
        for at in 1.. {
            assert!(at < 500, "an upload takes no end of calls");
            stored += 12;
            if !subject.fails_and_is_sent_again(fault, at) {
                // Its calls: the log is written and synced, and a page or more is.
                assert!(at > 3, "{fault:?}: no more than {at} calls");
                break;
            }
        }
    }
    let server = subject.server;
    assert!(server.metric("epochcast_http_panics_total ").abs() < 0.5);
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    let verified = epochcast(dir.path(), &["verify"]);
    assert!(verified.status.success(), "{}", text(&verified.stderr));
    let export = epochcast(dir.path(), &["export"]).stdout;
    let ours = text(&export)
        .lines()
        .filter(|line| line.contains("\"label\":\"fault-"));
    assert_eq!(ours.count(), stored);
}

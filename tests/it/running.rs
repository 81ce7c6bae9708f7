//! Starting, ending and being watched: a real process, its signals, its exit code.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use rustix::process::Signal;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;

use crate::process::{Process, Told, epochcast, text};

const ROW: &str = r#"{"platform": {"id": "mine", "device": "GPU"}, "mode": "train", "label": "in flight", "complexity": {"flops": 4e9, "params": 2e7, "acts": 1e7}, "images_per_second": 100}"#;

/// A server, and an upload to it of which only the first half was sent.
fn with_half_an_upload(dir: &Path, args: &[&str]) -> (Process, TcpStream) {
    let create = ["token", "create", "--name", "me", "--scope", "write"];
    let token = epochcast(dir, &create).stdout;
    let server = Process::start(dir, args);
    let mut upload = server.connect();
    write!(
        upload,
        "POST /v1/measurements HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
        text(&token).trim(),
        ROW.len(),
        &ROW[..ROW.len() / 2]
    )
    .unwrap();
    while server.metric("epochcast_uploads_in_flight") < 1.0 {}
    (server, upload)
}

#[test]
fn told_to_end_it_says_so_first_finishes_what_is_in_flight_and_ends_with_code_0() {
    let dir = TempDir::new().unwrap();
    let (mut server, mut upload) = with_half_an_upload(dir.path(), &[]);
    assert_eq!(server.get("/readyz").status, 200);
    server.signal(Signal::TERM);
    let line = server.logged("ending: ");
    assert!(line.contains("1 requests in flight"), "{line}");
    let ready = server.get("/readyz");
    assert_eq!(ready.status, 503, "{}", ready.body);
    assert!(ready.head.contains("\r\nretry-after: "), "{}", ready.head);
    assert_eq!(server.get("/healthz").status, 200);
    assert_eq!(server.get("/v1/models").status, 503);
    upload.write_all(&ROW.as_bytes()[ROW.len() / 2..]).unwrap();
    let answer = Told::read(&mut upload);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["accepted"], 1);
    assert!(answer.head.contains("\r\nconnection: close"));
    assert_eq!(server.wait().code(), Some(0));
    let export = epochcast(dir.path(), &["export"]).stdout;
    assert!(text(&export).contains("in flight"));
}

#[test]
fn before_it_drains_it_may_go_on_answering_while_it_says_that_it_is_not_ready() {
    let dir = TempDir::new().unwrap();
    let mut server = Process::start(dir.path(), &["--unready-seconds", "3600"]);
    server.signal(Signal::TERM);
    server.logged("ending: ");
    assert_eq!(server.get("/readyz").status, 503);
    assert_eq!(server.get("/v1/version").status, 200);
    server.signal(Signal::INT);
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn a_second_signal_ends_what_the_first_waited_for() {
    let dir = TempDir::new().unwrap();
    let args = ["--drain-seconds", "3600"];
    let (mut server, mut upload) = with_half_an_upload(dir.path(), &args);
    server.signal(Signal::TERM);
    server.logged("ending: ");
    // It drains: a new request is refused, and the upload is waited for.
    assert_eq!(server.get("/v1/version").status, 503);
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    assert_eq!(upload.read(&mut [0; 1]).unwrap_or(0), 0);
    let export = epochcast(dir.path(), &["export"]).stdout;
    assert!(!text(&export).contains("in flight"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readiness_turns_while_another_process_holds_the_database_and_turns_back() {
    let dir = TempDir::new().unwrap();
    let server = Process::start(dir.path(), &[]);
    assert_eq!(server.get("/readyz").status, 200);
    let file = dir.path().join("epochcast.db");
    let other = SqliteConnectOptions::new().filename(file);
    let mut other = other.connect().await.unwrap();
    let begin = "begin immediate";
    sqlx::query(begin).execute(&mut other).await.unwrap();
    let refusal = std::iter::repeat_with(|| server.get("/readyz")).find(|told| told.status != 200);
    let refusal = refusal.unwrap();
    assert_eq!(refusal.status, 503);
    let detail = refusal.json()["detail"].to_string();
    assert!(detail.contains("nothing can be stored"), "{detail}");
    // What it knows already it still answers.
    assert_eq!(server.get("/v1/platforms").status, 200);
    other.close().await.unwrap();
    let back =
        std::iter::repeat_with(|| server.get("/readyz").status).find(|status| *status != 503);
    assert_eq!(back, Some(200));
}

#[test]
fn told_to_end_it_ends_though_nobody_reads_its_log() {
    let dir = TempDir::new().unwrap();
    let server = Process::start(dir.path(), &[]);
    // More lines than the pipe takes.
    for _ in 0..1500 {
        assert_eq!(server.get("/healthz").status, 200);
    }
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
}

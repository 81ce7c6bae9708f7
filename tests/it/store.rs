//! The database file: created and seeded once, kept, and not opened by an older release.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use epochcast::store::{Options, Store, StoreError};
use sqlx::Connection;
use tempfile::TempDir;

use crate::app::{NOW, url};

const SEEDED: Options = Options {
    seed: true,
    now: NOW,
};

#[tokio::test]
async fn opening_again_changes_nothing() {
    let dir = TempDir::new().unwrap();
    let first = Store::open(&url(&dir), SEEDED).await.unwrap();
    let version = first.data_version().await.unwrap();
    first.close().await;
    let second = Store::open(&url(&dir), SEEDED).await.unwrap();
    assert_eq!(second.data_version().await.unwrap(), version);
    assert_eq!(second.fitted_measurements(0).await.unwrap().len(), 954);
}

#[tokio::test]
async fn a_database_may_start_empty() {
    let dir = TempDir::new().unwrap();
    let store = Store::open(
        &url(&dir),
        Options {
            seed: false,
            now: NOW,
        },
    )
    .await
    .unwrap();
    assert!(
        store.fitted_measurements(0).await.unwrap().is_empty()
            && store.platforms().await.unwrap().is_empty()
    );
}

#[tokio::test]
async fn a_database_that_started_empty_stays_so_whoever_opens_it_next() {
    let dir = TempDir::new().unwrap();
    let empty = Options {
        seed: false,
        now: NOW,
    };
    let store = Store::open(&url(&dir), empty).await.unwrap();
    store.close().await;
    // As a token is made, or the service started again, without the flag.
    let store = Store::open(&url(&dir), SEEDED).await.unwrap();
    assert!(store.fitted_measurements(0).await.unwrap().is_empty());
}

#[tokio::test]
async fn commits_are_synced_and_readers_do_not_wait() {
    let dir = TempDir::new().unwrap();
    Store::open(&url(&dir), SEEDED).await.unwrap().close().await;
    let mut db = sqlx::SqliteConnection::connect(&format!(
        "sqlite://{}",
        url(&dir).file().unwrap().display()
    ))
    .await
    .unwrap();
    let mode: String = sqlx::query_scalar("pragma journal_mode")
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn a_newer_database_is_refused_with_the_release_that_it_needs() {
    let dir = TempDir::new().unwrap();
    Store::open(&url(&dir), SEEDED).await.unwrap().close().await;
    let mut db = sqlx::SqliteConnection::connect(&format!(
        "sqlite://{}",
        url(&dir).file().unwrap().display()
    ))
    .await
    .unwrap();
    for sql in [
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'later', true, x'00', 0)",
        "update meta set value = '9.9.9' where name = 'needs'",
    ] {
        sqlx::query(sql).execute(&mut db).await.unwrap();
    }
    db.close().await.unwrap();
    let error = Store::open(&url(&dir), SEEDED).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Newer { needs, .. } if needs == "9.9.9"),
        "{error}"
    );
    assert!(
        error.to_string().contains("use epochcast 9.9.9 or later"),
        "{error}"
    );
}

#[tokio::test]
async fn a_path_that_cannot_be_opened_is_named() {
    let error = Store::open(&"sqlite:///nowhere/at/all.db".parse().unwrap(), SEEDED)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("/nowhere/at/all.db"), "{error}");
}

#[test]
fn twenty_processes_on_one_empty_path_give_one_seeded_database() {
    let dir = TempDir::new().unwrap();
    let start = || {
        Command::new(env!("CARGO_BIN_EXE_epochcast"))
            .args(["--listen", "127.0.0.1:0"])
            .current_dir(dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut servers: Vec<_> = (0..20).map(|_| start()).collect();
    for server in &mut servers {
        let mut line = String::new();
        BufReader::new(server.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(line.contains("954 timings of 6 platforms"), "{line}");
    }
    for mut server in servers {
        server.kill().unwrap();
        server.wait().unwrap();
    }
}

#[tokio::test]
async fn a_file_of_another_program_is_left_as_it_is() {
    let dir = TempDir::new().unwrap();
    let address = format!("sqlite://{}?mode=rwc", url(&dir).file().unwrap().display());
    let mut db = sqlx::SqliteConnection::connect(&address).await.unwrap();
    sqlx::query("create table users (name text)")
        .execute(&mut db)
        .await
        .unwrap();
    let opened = Store::open(&url(&dir), SEEDED).await;
    let refusal = opened.unwrap_err().to_string();
    assert!(refusal.contains("tables of another program"), "{refusal}");
    let tables: Vec<String> = sqlx::query_scalar("select name from sqlite_master")
        .fetch_all(&mut db)
        .await
        .unwrap();
    assert_eq!(tables, ["users"]);
}

#[tokio::test]
async fn nothing_is_acknowledged_once_the_file_was_deleted_or_replaced() {
    let dir = TempDir::new().unwrap();
    let store = Store::open(&url(&dir), SEEDED).await.unwrap();
    store.probe(NOW).await.unwrap();
    let (file, elsewhere) = (
        url(&dir).file().unwrap().to_owned(),
        dir.path().join("elsewhere.db"),
    );
    std::fs::rename(&file, &elsewhere).unwrap();
    let refused = async || {
        assert!(matches!(store.probe(NOW).await, Err(StoreError::Gone)));
        let begun = store.begin("me", NOW).await;
        assert!(matches!(begun, Err(StoreError::Gone)));
        assert!(store.begin_change().await.is_err());
    };
    refused().await;
    assert!(!file.exists());
    std::fs::write(&file, b"").unwrap();
    refused().await;
    std::fs::rename(&elsewhere, &file).unwrap();
    store.probe(NOW).await.unwrap();
    assert!(store.begin("me", NOW).await.is_ok());
}

//! The database on a PostgreSQL server: it answers what a file answers, whichever of several services is asked, and says what
//! is wrong where it cannot.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use epochcast::http::{Settings, router};
use epochcast::store::{DatabaseUrl, Options, Scope, Store};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::app::{Answer, App, NOW, in_files};
use crate::pg::{Server, run};
use crate::process::{Process, epochcast, text};
use crate::standing::rows;

const SEEDED: Options = Options {
    seed: true,
    now: NOW,
};

/// `rows` as NDJSON.
fn ndjson(rows: &[Value]) -> String {
    let rows = rows.iter();
    rows.fold(String::new(), |lines, row| format!("{lines}{row}\n"))
}

/// An upload of `body`, NDJSON.
async fn upload(app: &App, body: &[Value]) -> Answer {
    let token = app.token("me", Scope::Write).await;
    let lines = ndjson(body);
    let request = Request::post("/v1/measurements")
        .header(header::CONTENT_TYPE, "application/x-ndjson")
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    app.call(request.body(lines.into()).unwrap()).await
}

/// What is asked of each service, and what it says.
async fn answers(app: &App) -> Vec<(String, StatusCode, Value)> {
    let admin = app.token("root", Scope::Admin).await;
    let mut said = Vec::new();
    for path in [
        "/v1/measurements?limit=1000",
        "/v1/measurements.csv",
        "/v1/measurements?sort=label&limit=50",
        "/v1/measurements?search=RegNet&limit=20",
        "/v1/platforms",
        "/v1/platforms/v100x8-paper",
        "/v1/uploads",
        "/v1/calibration",
        "/v1/audit",
    ] {
        let answer = app.with_token(Method::GET, path, &admin).await;
        said.push((path.to_owned(), answer.status, answer.body));
    }
    let net =
        json!({"model": {"name": "RegNetY-4GF"}, "scaling": {"strategy": "dWr", "factor": 4}});
    for path in ["/v1/predict", "/v1/explain"] {
        let mut asked = net.clone();
        if path == "/v1/explain" {
            asked["platform"] = json!("v100x8-paper");
        }
        let answer = app.post(path, &asked).await;
        said.push((path.to_owned(), answer.status, answer.body));
    }
    said
}

fn compare(one: &[(String, StatusCode, Value)], other: &[(String, StatusCode, Value)]) {
    for (one, other) in one.iter().zip(other) {
        assert_eq!(one.1, StatusCode::OK, "{}: {}", one.0, one.2);
        assert_eq!(one.2.to_string(), other.2.to_string(), "{}", one.0);
    }
}

/// `value` without the moments at which it was sent.
fn timeless(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(timeless),
        Value::Array(values) => values.iter_mut().for_each(timeless),
        Value::String(text) if text.starts_with("20") && text.ends_with('Z') => text.clear(),
        _ => {}
    }
}

/// Uploads, takes out, puts back, decides.
async fn changes(app: &App) {
    let token = app.token("me", Scope::Write).await;
    let admin = app.token("root", Scope::Admin).await;
    let new = rows(30);
    assert_eq!(upload(app, &new).await.status, StatusCode::OK);
    assert_eq!(upload(app, &new[..7]).await.body["duplicates"], 7);
    for (method, path, token) in [
        (Method::DELETE, "/v1/uploads/2", &token),
        (Method::POST, "/v1/uploads/2/restore", &token),
        (Method::DELETE, "/v1/measurements/960", &token),
        (Method::POST, "/v1/measurements/970/hold", &admin),
        (Method::POST, "/v1/measurements/971/release", &admin),
    ] {
        let request = Request::builder().method(method).uri(path);
        let request = request
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        let why = json!({"reason": "it was seen"}).to_string();
        let answer = app.call(request.body(why.into()).unwrap()).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
    }
    app.live.settle().await.unwrap();
}

#[tokio::test]
async fn a_server_answers_what_a_file_answers_and_both_ways_of_copying_keep_it() {
    in_files();
    let server = Server::start();
    let on_server = App::at(server.make("one").await.parse().unwrap()).await;
    let in_file = App::seeded().await;
    changes(&on_server).await;
    changes(&in_file).await;
    let before = answers(&in_file).await;
    let (mut here, mut there) = (before.clone(), answers(&on_server).await);
    for (_, _, said) in here.iter_mut().chain(&mut there) {
        timeless(said);
    }
    compare(&here, &there);
    // Once around: from the file to a server, and from there into another file.
    let dir = TempDir::new().unwrap();
    let there = server.make("two").await;
    let back = format!("sqlite://{}", dir.path().join("back.db").display());
    let first = format!("sqlite://{}", in_file.path().display());
    in_file.live.store().close().await;
    for (from, to) in [(&first, &there), (&there, &back)] {
        let copied = epochcast(dir.path(), &["copy", "--from", from, "--to", to]);
        assert!(copied.status.success(), "{}", text(&copied.stderr));
        let again = epochcast(dir.path(), &["copy", "--from", from, "--to", to]);
        assert!(
            text(&again.stderr).contains("holds something already"),
            "{}",
            text(&again.stderr)
        );
    }
    compare(
        &before,
        &answers(&App::at(there.parse().unwrap()).await).await,
    );
    compare(
        &before,
        &answers(&App::at(back.parse().unwrap()).await).await,
    );
}

/// Waits until `is` says so; how long that was.
fn until(what: &str, mut is: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
    start.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn services_that_start_at_once_seed_once_and_answer_as_one() {
    let server = Server::start();
    let (dir, url) = (TempDir::new().unwrap(), server.make("shared").await);
    let args = ["--database-url", &url];
    let starts: Vec<_> = (0..3)
        .map(|_| {
            let (dir, url) = (dir.path().to_owned(), url.clone());
            std::thread::spawn(move || Process::start(&dir, &["--database-url", &url]))
        })
        .collect();
    let services: Vec<Process> = starts
        .into_iter()
        .map(|start| start.join().unwrap())
        .collect();
    let mut db = PgConnection::connect(&url).await.unwrap();
    let uploads: i64 = sqlx::query_scalar("select count(*) from uploads")
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert_eq!(uploads, 1);
    let lines = ndjson(&rows(20));
    std::fs::write(dir.path().join("mine.ndjson"), lines).unwrap();
    let sent = epochcast(
        dir.path(),
        &[&["import", "mine.ndjson"][..], &args].concat(),
    );
    assert!(sent.status.success(), "{}", text(&sent.stderr));
    let version = "epochcast_data_version";
    for service in &services {
        until("the upload is not in its answers", || {
            service.metric(version) >= 2.0
        });
    }
    let platforms = services
        .iter()
        .map(|service| service.get("/v1/platforms").body);
    let platforms: Vec<String> = platforms.collect();
    assert_eq!(platforms[0], platforms[1]);
    assert_eq!(platforms[0], platforms[2]);
}

#[tokio::test]
async fn an_upload_to_one_service_is_followed_by_another_within_a_second() {
    let server = Server::start();
    let url = server.make("shared").await;
    let one = App::at(url.parse().unwrap()).await;
    let other = App::at(url.parse().unwrap()).await;
    let follower = tokio::spawn({
        let live = other.live.clone();
        async move { live.follow().await }
    });
    assert_eq!(upload(&one, &rows(20)).await.status, StatusCode::OK);
    let (start, version) = (Instant::now(), one.live.predictors().data_version);
    while other.live.predictors().data_version < version {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "it was never seen"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    follower.abort();
    one.live.settle().await.unwrap();
    other.live.settle().await.unwrap();
    let asked = json!({"model": {"name": "ResNet-50"}});
    let (here, there) = (
        one.post("/v1/predict", &asked),
        other.post("/v1/predict", &asked),
    );
    assert_eq!(here.await.body, there.await.body);
    // What the one keeps of its fits the other reads.
    one.live.keep().await.unwrap();
    let third = App::at(url.parse().unwrap()).await;
    assert_eq!(
        third.post("/v1/predict", &asked).await.body,
        one.post("/v1/predict", &asked).await.body
    );
}

#[tokio::test]
async fn each_way_to_miss_a_database_is_told_with_what_to_do() {
    let server = Server::start();
    let good = server.make("good").await;
    let mut db = PgConnection::connect(&good).await.unwrap();
    run(&mut db, "create role locked login password 'right-one'").await;
    let foreign = server.make("of_others").await;
    let mut other = PgConnection::connect(&foreign).await.unwrap();
    run(&mut other, "create table users (name text)").await;
    let nowhere = "postgres:///x?host=/nowhere&user=me&password=secret-one".to_owned();
    for (url, words) in [
        (nowhere, "/nowhere:5432/x: no server answers there"),
        (
            "postgres://me:secret-one@127.0.0.1:1/x".to_owned(),
            "me@127.0.0.1:1/x: no server answers",
        ),
        (server.url_as("locked:secret-one", "good"), "PGPASSFILE"),
        (
            server.url_as("postgres:secret-one", "none"),
            "make it with createdb",
        ),
        (
            "postgres://me:secret-one@host:port/x".to_owned(),
            "postgres://…",
        ),
        (foreign, "tables of another program"),
    ] {
        let url: DatabaseUrl = url.parse().unwrap();
        let error = Store::open(&url, SEEDED).await.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        assert!(
            !format!("{error} {url} {url:?}").contains("secret"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_connection_is_encrypted_and_its_server_proven_as_the_url_says() {
    let server = Server::start_encrypted();
    server.make("good").await;
    let root = server.root();
    let proven = format!("sslmode=verify-full&sslrootcert={}", root.display());
    let opened = async |host: &str, tls: &str| {
        let url: DatabaseUrl = server.url_over_tls(host, "good", tls).parse().unwrap();
        let store = Store::open(&url, SEEDED).await.map_err(|e| e.to_string())?;
        store.close().await;
        Ok::<_, String>(())
    };
    for (host, tls) in [
        ("localhost", "sslmode=require"),
        ("localhost", "sslmode=prefer"),
        ("localhost", &proven),
    ] {
        assert_eq!(opened(host, tls).await, Ok(()), "{host} {tls}");
    }
    for (host, tls, words) in [
        ("localhost", "sslmode=disable", "no encryption"),
        (
            "localhost",
            "sslmode=verify-full",
            "does not prove that it is this server (invalid peer certificate: UnknownIssuer)",
        ),
        (
            "127.0.0.1",
            &proven,
            "does not prove that it is this server (invalid peer certificate: certificate not valid for",
        ),
        (
            "localhost",
            "sslmode=verify-full&sslrootcert=none.crt",
            "certificate or key that the URL names",
        ),
    ] {
        let refused = opened(host, tls).await.unwrap_err();
        assert!(refused.contains(words), "{host} {tls}: {refused}");
    }
}

#[tokio::test]
async fn tables_that_are_not_those_of_this_release_are_told_with_what_to_do() {
    let server = Server::start();
    let good = server.make("good").await;
    let mut db = PgConnection::connect(&good).await.unwrap();
    run(&mut db, "create role locked login password 'right-one'").await;
    let url: DatabaseUrl = good.parse().unwrap();
    let missing = Store::look(&url).await.unwrap_err().to_string();
    assert!(missing.contains("there is no database at"), "{missing}");
    Store::open(&url, SEEDED).await.unwrap().close().await;
    let allowed = server.url_as("locked:right-one", "good");
    let refused = Store::look(&allowed.parse().unwrap())
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("permission denied"), "{refused}");
    run(&mut db, "delete from _sqlx_migrations").await;
    assert!(Store::look(&url).await.is_err());
    run(
        &mut db,
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'later', true, '', 0)",
    )
    .await;
    run(
        &mut db,
        "update meta set value = '9.9.9' where name = 'needs'",
    )
    .await;
    for error in [
        Store::open(&url, SEEDED).await.unwrap_err(),
        Store::look(&url).await.unwrap_err(),
    ] {
        assert!(
            error.to_string().contains("use epochcast 9.9.9 or later"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_release_goes_on_beside_a_later_one_whose_step_only_adds() {
    let server = Server::start();
    let shared = server.make("shared").await;
    let one = App::at(shared.parse().unwrap()).await;
    let mut db = PgConnection::connect(&shared).await.unwrap();
    for sql in [
        "alter table measurements add column later text",
        "create table later (id bigint primary key)",
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'later', true, '', 0)",
    ] {
        run(&mut db, sql).await;
    }
    assert_eq!(upload(&one, &rows(20)).await.status, StatusCode::OK);
    one.live.settle().await.unwrap();
    let again = App::at(shared.parse().unwrap()).await;
    compare(&answers(&one).await, &answers(&again).await);
    // But not all that is there is known to it.
    let dir = TempDir::new().unwrap();
    let file = format!("sqlite://{}", dir.path().join("copy.db").display());
    let refused = epochcast(dir.path(), &["copy", "--from", &shared, "--to", &file]);
    assert!(
        text(&refused.stderr).contains("a later release has made its tables"),
        "{}",
        text(&refused.stderr)
    );
}

#[tokio::test]
async fn while_a_server_is_gone_predictions_go_on_and_uploads_are_told_to_wait() {
    let server = Server::start();
    let app = App::at(server.make("gone").await.parse().unwrap()).await;
    let asked = json!({"model": {"name": "ResNet-50"}});
    assert_eq!(upload(&app, &rows(10)).await.status, StatusCode::OK);
    let before = app.post("/v1/predict", &asked).await.body;
    let token = app.token("me", Scope::Write).await;
    let send = async || {
        let request = Request::post("/v1/measurements")
            .header(header::CONTENT_TYPE, "application/x-ndjson")
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        let rows = ndjson(&rows(12));
        let request = request.body(Body::from(rows)).unwrap();
        tower::ServiceExt::oneshot(app.router.clone(), request)
            .await
            .unwrap()
    };
    let closed = router(
        app.live.clone(),
        Settings {
            require_token: true,
            ..Settings::default()
        },
    );
    let read = async |token: &str| {
        let request =
            Request::get("/v1/models/resnet50").header("authorization", format!("Bearer {token}"));
        let request = request.body(Body::empty()).unwrap();
        tower::ServiceExt::oneshot(closed.clone(), request)
            .await
            .unwrap()
            .status()
    };
    assert_eq!(read(&token).await, StatusCode::OK);
    server.ends();
    // A token that is in use holds on, and no other.
    assert_eq!(read(&token).await, StatusCode::OK);
    assert_eq!(
        read("epochcast_wrong").await,
        StatusCode::SERVICE_UNAVAILABLE
    );
    let refused = send().await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers().contains_key(header::RETRY_AFTER));
    assert_eq!(app.post("/v1/predict", &asked).await.body, before);
    assert_eq!(
        app.get("/readyz").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert!(app.live.refresh().await.is_err());
    server.goes();
    let back = Instant::now();
    while app.get("/readyz").await.status != StatusCode::OK {
        assert!(
            back.elapsed() < Duration::from_secs(20),
            "it never was ready again"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(send().await.status(), StatusCode::OK);
    app.live.refresh().await.unwrap();
}

#[tokio::test]
async fn a_writer_waits_for_those_of_other_services() {
    let server = Server::start();
    let url = server.make("shared").await;
    let one = App::at(url.parse().unwrap()).await;
    let other = App::at(url.parse().unwrap()).await;
    let writing = one.live.store().begin("me", NOW).await.unwrap();
    // No telling yet is no reason to send requests elsewhere.
    assert!(!other.live.store().probe(NOW).await.unwrap());
    let token = other.token("me", Scope::Read);
    let waits = tokio::time::timeout(Duration::from_millis(100), token).await;
    assert!(waits.is_err(), "it did not wait");
    writing.roll_back().await.unwrap();
    other.token("me", Scope::Read).await;
    assert!(one.live.store().probe(NOW).await.unwrap());
}

#[tokio::test]
async fn what_only_a_file_has_is_refused_and_edits_by_hand_are_found() {
    let server = Server::start();
    let (dir, url) = (TempDir::new().unwrap(), server.make("edited").await);
    let args = ["--database-url", &url];
    let said = |command: &[&str]| epochcast(dir.path(), &[command, &args].concat());
    assert!(text(&said(&["doctor"]).stdout).contains("is empty: the first start makes its tables"));
    let token = said(&["token", "create", "--name", "me", "--scope", "write"]);
    assert!(
        text(&token.stdout).starts_with("epochcast_"),
        "{}",
        text(&token.stderr)
    );
    assert!(text(&said(&["doctor"]).stdout).contains("is of this release"));
    for command in [&["backup", "copy.db"][..], &["restore", "copy.db", "--yes"]] {
        let refused = said(command);
        assert_eq!(refused.status.code(), Some(1));
        assert!(
            text(&refused.stderr).contains("pg_dump"),
            "{}",
            text(&refused.stderr)
        );
    }
    assert!(text(&said(&["verify"]).stdout).contains("no damage found"));
    let mut db = PgConnection::connect(&url).await.unwrap();
    run(
        &mut db,
        "update measurements set images_per_second = 1 where id = 300",
    )
    .await;
    let found = said(&["verify"]);
    assert!(
        text(&found.stderr).contains("upload 1: its 954 rows are not those that were stored"),
        "{}",
        text(&found.stderr)
    );
    let predicted = said(&["predict", "ResNet-50", "--json"]);
    assert!(predicted.status.success(), "{}", text(&predicted.stderr));
}

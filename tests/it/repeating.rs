//! An upload that is sent again under its key is answered, and not stored again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Mutex;

use axum::body::Body;
use axum::http::{Request, header};
use epochcast::live::clock::later;
use epochcast::store::{Once, Scope};
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::{Answer, App};
use crate::process::{Process, Told, epochcast, text};
use crate::standing::rows;

impl App {
    async fn keyed(&self, token: &str, key: &str, query: &str, rows: &[Value]) -> Answer {
        let request = Request::post(format!("/v1/measurements{query}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", key)
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.call(request.body(Body::from(json!(rows).to_string())).unwrap())
            .await
    }

    async fn uploads(&self) -> usize {
        let listed = self.get("/v1/uploads").await.body;
        listed["uploads"].as_array().unwrap().len()
    }
}

const KEYS: usize = 6;
const TIMES: usize = 5;

/// The request that sends `rows` under `key`, as bytes.
fn request(token: &str, key: &str, rows: &[Value]) -> Vec<u8> {
    let body = json!(rows).to_string();
    format!(
        "POST /v1/measurements HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         idempotency-key: {key}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Sends `request` until it is answered with something else than that it is still at work.
fn insist(process: &Process, request: &[u8]) -> Told {
    loop {
        let mut stream = process.connect();
        stream.write_all(request).unwrap();
        let told = Told::read(&mut stream);
        if told.status != 409 {
            return told;
        }
    }
}

/// Sends each of `requests` [`TIMES`] times at once, some over connections that are cut; what each is answered.
fn storm(process: &Process, requests: &[Vec<u8>]) -> BTreeMap<usize, BTreeSet<String>> {
    let answers: Mutex<BTreeMap<usize, BTreeSet<String>>> = Mutex::default();
    std::thread::scope(|scope| {
        for (key, request) in requests.iter().enumerate() {
            for time in 0..TIMES {
                let answers = &answers;
                scope.spawn(move || {
                    // In the header, in the body, after all of it, and twice to the end.
                    let cut = [60, request.len() - 20, request.len()].get(time).copied();
                    if let Some(cut) = cut {
                        process.connect().write_all(&request[..cut]).unwrap();
                    } else {
                        let told = insist(process, request);
                        assert_eq!(told.status, 200, "{}", told.body);
                        answers
                            .lock()
                            .unwrap()
                            .entry(key)
                            .or_default()
                            .insert(told.body);
                    }
                });
            }
        }
    });
    answers.into_inner().unwrap()
}

/// The uploads that are stored.
fn ids(process: &Process) -> Vec<Value> {
    let listed = process.get("/v1/uploads").json();
    let uploads = listed["uploads"].as_array().unwrap().iter();
    uploads.map(|upload| upload["upload"].clone()).collect()
}

#[test]
fn a_storm_of_repeats_over_cut_connections_stores_each_upload_once_also_after_a_restart() {
    let dir = TempDir::new().unwrap();
    let settings = ["--no-seed", "--writes-per-minute", "0"];
    let process = Process::start(dir.path(), &settings);
    let made = epochcast(
        dir.path(),
        &["token", "create", "--name", "me", "--scope", "write"],
    );
    let token = text(&made.stdout).trim().to_owned();
    let all = rows(KEYS * 4);
    let requests: Vec<Vec<u8>> = (0..KEYS)
        .map(|key| request(&token, &format!("key-{key}"), &all[4 * key..4 * key + 4]))
        .collect();
    let answers = storm(&process, &requests);
    assert!(
        answers.values().all(|answers| answers.len() == 1),
        "{answers:?}"
    );
    assert_eq!(ids(&process).len(), KEYS);
    process.signal(Signal::KILL);
    process.wait();
    let process = Process::start(dir.path(), &settings);
    for (key, request) in requests.iter().enumerate() {
        let told = insist(&process, request);
        assert_eq!(Some(&told.body), answers[&key].first(), "{key}");
        let answer: Value = serde_json::from_str(&told.body).unwrap();
        assert_eq!(
            (
                &answer["accepted"],
                ids(&process).contains(&answer["upload"])
            ),
            (&json!(4), true)
        );
    }
    assert_eq!(ids(&process).len(), KEYS);
}

#[tokio::test]
async fn the_same_key_with_something_else_is_refused_and_another_sender_has_keys_of_its_own() {
    let app = App::empty().await;
    let [me, other] = [
        app.token("me", Scope::Write).await,
        app.token("other", Scope::Write).await,
    ];
    let all = rows(8);
    let first = app.keyed(&me, "k", "", &all[..4]).await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(app.keyed(&me, "k", "", &all[..4]).await.body, first.body);
    for (query, rows) in [("", &all[..5]), ("?on_error=skip", &all[..4])] {
        let answer = app.keyed(&me, "k", query, rows).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert_eq!(
            answer.body["errors"][0]["pointer"], "/Idempotency-Key",
            "{}",
            answer.body
        );
    }
    assert_eq!(app.uploads().await, 1);
    let own = app.keyed(&other, "k", "", &all[4..]).await;
    assert_eq!((own.status.as_u16(), app.uploads().await), (200, 2));
    for wrong in ["", "two words", &"x".repeat(256)] {
        let answer = app.keyed(&me, wrong, "", &all[..4]).await;
        assert_eq!(answer.status, 422, "{wrong}");
    }
}

#[tokio::test]
async fn what_was_not_stored_is_tried_again_and_a_day_later_a_key_is_new() {
    let app = App::empty().await;
    let me = app.token("me", Scope::Write).await;
    let mut all = rows(4);
    all[1]["images_per_second"] = json!(-1.0);
    let wrong = app.keyed(&me, "k", "", &all).await;
    assert_eq!(wrong.status, 422, "{}", wrong.body);
    let tried = app.keyed(&me, "k", "?dry_run=true", &rows(4)).await;
    assert_eq!(tried.status, 200, "{}", tried.body);
    let right = app.keyed(&me, "k", "", &rows(4)).await;
    assert_eq!(right.body["accepted"], 4, "{}", right.body);
    let store = app.live.store();
    let once = |now| {
        let once = Once {
            token: 1,
            key: "k".to_owned(),
            sent: String::new(),
        };
        async move { store.first(&once, now).await.unwrap().is_some() }
    };
    let now = epochcast::live::clock::now();
    assert_eq!(
        (once(now).await, once(now + 86_500_000).await),
        (true, false)
    );
}

const MINUTE: i64 = 60_000;
const DAY: i64 = 1440 * MINUTE;

#[tokio::test]
async fn a_key_stands_for_what_was_sent_for_a_day_and_then_for_what_is_sent_next() {
    let app = App::empty().await;
    let me = app.token("me", Scope::Write).await;
    let all = rows(8);
    let (one, other) = (&all[..4], &all[4..]);
    let first = app.keyed(&me, "k", "", one).await;
    let still = DAY - MINUTE;
    let again = later(still, app.keyed(&me, "k", "", one)).await;
    assert_eq!((again.status.as_u16(), &again.body), (200, &first.body));
    let refused = later(still, app.keyed(&me, "k", "", other)).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_eq!(app.uploads().await, 1);
    let next = later(DAY + MINUTE, app.keyed(&me, "k", "", other)).await;
    assert_eq!(next.body["accepted"], 4, "{}", next.body);
    assert_ne!(next.body["upload"], first.body["upload"]);
    let again = later(DAY + still, app.keyed(&me, "k", "", other)).await;
    assert_eq!((&again.body, app.uploads().await), (&next.body, 2));
    // What the key stood for a day before is another upload by then.
    let refused = later(DAY + still, app.keyed(&me, "k", "", one)).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
}

#[tokio::test]
async fn an_upload_of_wrong_rows_alone_is_kept_once_to_be_fixed_and_takes_its_key() {
    let app = App::empty().await;
    let me = app.token("me", Scope::Write).await;
    let right = rows(2);
    let mut wrong = right.clone();
    for row in &mut wrong {
        row["images_per_second"] = json!(-1.0);
    }
    let query = "?on_error=skip";
    let first = app.keyed(&me, "k", query, &wrong).await;
    assert_eq!(
        (first.status.as_u16(), &first.body["rejected"]),
        (200, &json!(2)),
        "{}",
        first.body
    );
    // Sent again over a cut connection, it is the same upload, and its rows are there once.
    let again = app.keyed(&me, "k", query, &wrong).await;
    assert_eq!((&again.body, app.uploads().await), (&first.body, 1));
    let kept = format!("/v1/uploads/{}/rejected.csv", first.body["upload"]);
    assert_eq!(first.body["rejected_csv"], kept);
    let fixed = app.keyed(&me, "k", query, &right).await;
    assert_eq!(
        (fixed.status.as_u16(), &fixed.body["errors"][0]["pointer"]),
        (422, &json!("/Idempotency-Key")),
        "{}",
        fixed.body
    );
    let fixed = app.keyed(&me, "k2", query, &right).await;
    assert_eq!(fixed.body["accepted"], 2, "{}", fixed.body);
}

#[tokio::test]
async fn what_is_sent_again_while_the_first_is_at_work_is_told_so() {
    let app = App::empty().await;
    let me = app.token("me", Scope::Write).await;
    let sent = rows(4);
    // Whoever stores waits for this one; so of two with one key the second is answered before the first.
    let change = app.live.store().begin_change().await.unwrap();
    let one = Box::pin(app.keyed(&me, "k", "", &sent));
    let two = Box::pin(app.keyed(&me, "k", "", &sent));
    let (early, late) = futures_util::future::select(one, two).await.factor_first();
    assert_eq!(early.status, 409, "{}", early.body);
    drop(change);
    let late = late.await;
    assert_eq!(late.status, 200, "{}", late.body);
    assert_eq!(app.keyed(&me, "k", "", &sent).await.body, late.body);
    assert_eq!(app.uploads().await, 1);
}

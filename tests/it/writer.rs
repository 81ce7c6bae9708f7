//! Whatever happens inside a write, the next one finds the writer as if nothing had.

use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::Poll;

use axum::http::{Request, header};
use epochcast::live::{Live, OnError, Upload};
use epochcast::store::{
    Backup, NewRow, NewToken, Options, Restoring, Revoked, Scope, Senders, Store, StoreError,
};
use epochcast::timing::data::defaults::Defaults;
use epochcast::timing::data::upload::Format;
use epochcast::timing::{Measurement, Platform};
use futures_util::FutureExt;
use futures_util::future::{LocalBoxFuture, join_all};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::{App, NOW, deed, url};
use crate::keeping::edit;
use crate::uploads::fits;

const EMPTY: Options = Options {
    seed: false,
    now: NOW,
};

/// What `work` gives, or `None` where it was not done after `polls` polls: then it is dropped.
async fn interrupted<T>(polls: usize, work: impl Future<Output = T>) -> Option<T> {
    let (mut work, mut seen) = (pin!(work), 0);
    poll_fn(|cx| {
        seen += 1;
        match work.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if seen >= polls => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Rows of labels of their own: three that are right, one of them twice, and one that is wrong.
fn rows(name: &str) -> String {
    let row = |i: u32| {
        json!({"platform": {"id": "mine", "device": "GPU"}, "mode": "train", "label": format!("{name}-{i}"),
            "complexity": {"flops": 1e9 * f64::from(i), "params": 1e7, "acts": 1e7}, "images_per_second": 100})
    };
    let lines = [row(1), row(2), row(3), row(1), json!({"platform": "mine"})];
    lines.map(|line| format!("{line}\n")).concat()
}

fn upload(name: &str) -> Upload {
    Upload {
        format: Format::Ndjson,
        body: Box::new(std::io::Cursor::new(rows(name))),
        on_error: OnError::Skip,
        dry_run: false,
        defaults: Defaults::default(),
        trusted: false,
        sender: "me".into(),
        now: NOW,
    }
}

/// A store in a folder of its own with an upload, which is its first, and a token.
async fn live() -> (TempDir, Live) {
    let dir = TempDir::new().unwrap();
    let live = Live::open(Store::open(&url(&dir), EMPTY).await.unwrap())
        .await
        .unwrap();
    live.receive(upload("first")).await.unwrap();
    let made = live.store().create_token([1; 32], &token("known")).await;
    assert!(made.unwrap().is_some());
    (dir, live)
}

fn token(name: &str) -> NewToken {
    NewToken {
        name: name.parse().unwrap(),
        scope: Scope::Write,
        created_at: NOW,
        expires_at: None,
    }
}

/// Makes sure that one can write at once.
async fn can_write(live: &Live) {
    static NEXT: AtomicI64 = AtomicI64::new(0);
    // False where what was dropped is not cleared away yet.
    live.store().probe(NOW).await.unwrap();
    let name = format!("well-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let receipt = live.receive(upload(&name)).await.unwrap();
    assert_eq!(receipt.counts.accepted, 3);
}

/// Makes sure that one can write at once, and that the fits in memory are those of what is stored.
async fn is_well(live: &Live) {
    can_write(live).await;
    live.settle().await.unwrap();
    let fresh = Live::open(live.store().clone()).await.unwrap();
    fresh.settle().await.unwrap();
    assert_eq!(fits(live), fits(&fresh));
    assert_eq!(live.store().damage().await.unwrap(), []);
}

/// A write that can be made any number of times, each a little different.
type Write<'a> = Box<dyn Fn(usize) -> LocalBoxFuture<'a, ()> + 'a>;

#[expect(
    clippy::too_many_lines,
    reason = "a list: an entry for each way of writing"
)]
fn writes<'a>(live: &'a Live, dir: &'a TempDir) -> Vec<(&'static str, Write<'a>)> {
    let store = live.store();
    let backup = dir.path().join("backup.db");
    vec![
        (
            "upload",
            Box::new(move |k| {
                async move {
                    live.receive(upload(&format!("k{k}"))).await.unwrap();
                }
                .boxed_local()
            }),
        ),
        (
            "dry run",
            Box::new(move |k| {
                let upload = Upload {
                    dry_run: true,
                    ..upload(&format!("k{k}"))
                };
                async move {
                    live.receive(upload).await.unwrap();
                }
                .boxed_local()
            }),
        ),
        (
            "steps of an upload",
            Box::new(move |k| {
                async move {
                    let mut writing = store.begin("me", NOW).await.unwrap();
                    let platform = platform(&format!("p{k}"), "GPU");
                    assert!(writing.define(&platform).await.unwrap());
                    let mut rows = [NewRow::new(1, &measurement(&format!("p{k}")), None)];
                    writing.store(&mut rows).await.unwrap();
                    writing.commit(|v| vec![(7, v)]).await.unwrap();
                }
                .boxed_local()
            }),
        ),
        (
            "take an upload out and put it back",
            Box::new(move |_| {
                async move {
                    live.remove_upload(1, &deed()).await.unwrap();
                    live.restore_upload(1, &deed()).await.unwrap();
                }
                .boxed_local()
            }),
        ),
        (
            "take a row out and put it back",
            Box::new(move |_| {
                async move {
                    live.remove_row(1, &Senders::Everybody, &deed())
                        .await
                        .unwrap();
                    live.restore_row(1, &Senders::Everybody, &deed())
                        .await
                        .unwrap();
                }
                .boxed_local()
            }),
        ),
        (
            "make a token, use it and end it",
            Box::new(move |k| {
                async move {
                    let name = format!("t{k}");
                    let (random, token) = ([u8::try_from(k + 1).unwrap(); 32], token(&name));
                    let made = store.create_token(random, &token).await;
                    let secret = made.unwrap().unwrap();
                    assert!(store.token(&secret, NOW).await.unwrap().is_some());
                    assert!(store.revoke_token(&name, NOW).await.unwrap());
                }
                .boxed_local()
            }),
        ),
        (
            "keep the names of fits",
            Box::new(move |k| {
                let hash = u64::try_from(k).unwrap();
                async move {
                    store.keep_fits(&[(hash, 1)]).await.unwrap();
                }
                .boxed_local()
            }),
        ),
        (
            "probe",
            Box::new(move |_| {
                async move { assert!(store.probe(NOW).await.unwrap()) }.boxed_local()
            }),
        ),
        (
            "back up and restore",
            Box::new(move |k| {
                let backup = backup.with_extension(k.to_string());
                let kept = backup.with_extension(format!("{k}.before"));
                let database = url(dir);
                async move {
                    store.back_up(&backup, NOW).await.unwrap();
                    let opened = Backup::of(&backup, &database).await.unwrap();
                    let how = Restoring {
                        revoked: Revoked::Stay,
                        kept,
                        now: NOW,
                    };
                    store.restore(&opened, &how).await.unwrap();
                }
                .boxed_local()
            }),
        ),
    ]
}

fn platform(id: &str, device: &str) -> Platform {
    let raw = json!({"id": id, "device": device});
    epochcast::json::typed::<epochcast::timing::data::platform::RawPlatform>(&raw)
        .and_then(Platform::try_from)
        .unwrap()
}

fn measurement(platform: &str) -> Measurement {
    let raw = json!({"platform": platform, "mode": "train", "images_per_second": 100,
        "complexity": {"flops": 1e9, "params": 1e7, "acts": 1e7}});
    epochcast::json::typed::<epochcast::timing::data::measurement::RawMeasurement>(&raw)
        .and_then(Measurement::try_from)
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_is_dropped_at_any_of_its_steps_leaves_the_next_nothing_to_notice() {
    let (dir, live) = live().await;
    for (name, write) in writes(&live, &dir) {
        let mut polls = 1;
        while interrupted(polls, write(polls)).await.is_none() {
            can_write(&live).await;
            // A long one is dropped at each of its first steps and ever more rarely after: what was written before makes a backup
            // longer each time.
            polls += if polls < 50 { 1 } else { polls / 4 };
            assert!(polls < 50_000, "{name} never ends");
        }
        is_well(&live).await;
        assert!(polls > 1, "{name} was never dropped");
        println!("{name}: dropped at steps up to {}", polls - 1);
    }
}

#[tokio::test]
async fn a_panic_or_an_error_inside_a_write_leaves_the_next_nothing_to_notice() {
    let (_dir, live) = live().await;
    let writing = live.store().begin("me", NOW).await.unwrap();
    let commit = writing.commit(|_| panic!("while the fits are named"));
    assert!(AssertUnwindSafe(commit).catch_unwind().await.is_err());
    is_well(&live).await;
    let mut writing = live.store().begin("me", NOW).await.unwrap();
    let mut of_nowhere = [NewRow::new(1, &measurement("unheard-of"), None)];
    assert!(writing.store(&mut of_nowhere).await.is_err());
    // As by one who has not noticed.
    assert!(matches!(
        writing.commit(|_| Vec::new()).await,
        Ok(_) | Err(StoreError::Sql(_))
    ));
    is_well(&live).await;
}

#[tokio::test]
async fn a_write_may_be_dropped_in_a_thread_that_has_no_runtime() {
    let (_dir, live) = live().await;
    let writing = live.store().begin("me", NOW).await.unwrap();
    let change = std::thread::spawn(move || drop(writing)).join();
    assert!(change.is_ok());
    is_well(&live).await;
}

#[tokio::test]
async fn what_was_dropped_holds_no_other_process_up() {
    let (dir, live) = live().await;
    drop(live.store().begin("me", NOW).await.unwrap());
    // Another process, as far as the database can tell.
    let other = Store::open(&url(&dir), EMPTY).await.unwrap();
    other.begin("other", NOW).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readiness_does_not_mistake_writers_of_its_own_for_a_lock() {
    let (_dir, live) = live().await;
    let writing = live.store().begin("me", NOW).await.unwrap();
    assert!(!live.store().probe(NOW).await.unwrap());
    writing.roll_back().await.unwrap();
    assert!(live.store().probe(NOW).await.unwrap());
    let busy = (0..8).map(|i| {
        let live = &live;
        async move {
            for j in 0..8 {
                live.receive(upload(&format!("b{i}-{j}"))).await.unwrap();
                live.store().probe(NOW).await.unwrap();
            }
        }
    });
    join_all(busy).await;
}

/// Uploads of as many senders at once, each with one row of the new platform `id`, as `definition` says for each.
async fn together(app: &App, (id, kind): (&str, &str), devices: &[&str]) -> Vec<(u16, Value)> {
    let secret = app.token("me", Scope::Write).await;
    let send = |(i, device): (usize, &&str)| {
        let row = json!({"platform": {"id": id, "device": device}, "mode": "train", "label": format!("r{i}"),
            "complexity": {"flops": 1e9, "params": 1e7, "acts": 1e7}, "images_per_second": 100});
        let request = Request::post("/v1/measurements")
            .header(header::CONTENT_TYPE, kind)
            .header(header::AUTHORIZATION, format!("Bearer {secret}"));
        app.call(request.body(row.to_string().into()).unwrap())
    };
    let answers = join_all(devices.iter().enumerate().map(send)).await;
    let told = answers.into_iter();
    told.map(|answer| (answer.status.as_u16(), answer.body))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn senders_who_define_one_new_platform_alike_at_once_are_all_stored() {
    let app = App::empty().await;
    for round in 0..12 {
        let id = format!("new-{round}");
        let all = together(&app, (&id, "application/json"), &["GPU"; 8]).await;
        for (status, body) in all {
            assert_eq!((status, &body["accepted"]), (200, &json!(1)), "{body}");
        }
        let platform = app.get(&format!("/v1/platforms/{id}")).await.body;
        assert_eq!(platform["measurements"]["train"], 8);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_whose_definition_differs_from_one_stored_meanwhile_is_told_so_as_if_it_had_been_known()
 {
    let app = App::empty().await;
    for round in 0..12 {
        let devices = ["GPU A", "GPU B", "GPU A", "GPU B", "GPU A", "GPU B"];
        let id = format!("new-{round}");
        let json = together(&app, (&id, "application/json"), &devices).await;
        let known = app.get(&format!("/v1/platforms/{id}")).await.body;
        for ((status, body), device) in json.iter().zip(devices) {
            let same = known["device"] == device;
            assert_eq!(*status, if same { 200 } else { 422 }, "{body}");
            if !same {
                assert_eq!(body["errors"][0]["pointer"], "/platform/device");
            }
        }
        let id = format!("lines-{round}");
        let lines = together(&app, (&id, "application/x-ndjson"), &devices).await;
        let known = app.get(&format!("/v1/platforms/{id}")).await.body;
        for ((status, body), device) in lines.iter().zip(devices) {
            let rejected = i32::from(known["device"] != device);
            assert_eq!(
                (*status, &body["rejected"]),
                (200, &json!(rejected)),
                "{body}"
            );
        }
        assert_eq!(known["measurements"]["train"], 3, "{known}");
    }
}

#[tokio::test]
async fn what_is_stored_is_told_so_though_it_cannot_be_fitted_yet() {
    let (dir, live) = live().await;
    let path = dir.path().join("test.db");
    edit(&path, "update platforms set device = ''").await;
    // No platform can be read, so there is nothing to fit: sent again, its rows would be duplicates.
    let receipt = live.receive(upload("second")).await.unwrap();
    assert_eq!(receipt.counts.accepted, 3);
    assert!(live.refresh().await.is_err());
    // What is thought of the other rows without these cannot be known, so nothing is taken out.
    let upload = receipt.upload.unwrap();
    assert!(live.remove_upload(upload, &deed()).await.is_err());
    edit(&path, "update platforms set device = 'GPU'").await;
    live.refresh().await.unwrap();
    is_well(&live).await;
    let moved = live.remove_upload(upload, &deed()).await;
    assert_eq!(moved.unwrap().timings, 3);
    is_well(&live).await;
}

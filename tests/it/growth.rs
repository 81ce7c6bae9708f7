//! A start reads the fits that were made before: every answer is the same as where they are made anew, whatever has happened
//! to the data and to what is kept of them meanwhile.

use std::fs;
use std::path::Path;

use axum::http::Method;
use epochcast::store::{DatabaseUrl, Options, Scope, Store};
use epochcast::timing::Mode;
use proptest::prelude::*;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::app::{App, NOW, in_files};
use crate::standing::{at_speed, rows};

/// Changes `path` by hand.
async fn by_hand(path: &Path, sql: &str) {
    let connect = SqliteConnectOptions::new().filename(path);
    let mut db = connect.connect().await.unwrap();
    let query = sqlx::query(AssertSqlSafe(sql.to_owned()));
    query.execute(&mut db).await.unwrap();
    db.close().await.unwrap();
}

impl App {
    /// Keeps the fits as they are once they are settled.
    async fn keep(&self) {
        self.live.refresh().await.unwrap();
        self.live.settle().await.unwrap();
        self.live.keep().await.unwrap();
    }

    /// All that is answered of fits, to the byte.
    async fn answers(&self) -> Vec<String> {
        self.live.refresh().await.unwrap();
        self.live.settle().await.unwrap();
        let mut told = Vec::new();
        let mut paths = vec!["/v1/platforms".to_owned(), "/v1/calibration".to_owned()];
        for id in self.live.predictors().platforms.keys() {
            paths.push(format!("/v1/platforms/{id}"));
            paths.push(format!("/v1/platforms/{id}/next"));
            let sorted = "sort=time&mode=train&limit=9";
            paths.push(format!("/v1/measurements?platform={id}&{sorted}"));
        }
        for path in paths {
            told.push(self.get(&path).await.body.to_string());
        }
        for mode in Mode::ALL.map(Mode::as_str) {
            for model in ["RegNetY-4GF", "EfficientNet-B1", "ResNet-50"] {
                for more in [json!({}), json!({"platform": "gpu:h100:amp"})] {
                    let asked = json!({"model": {"name": model}, "mode": mode,
                        "scaling": {"strategy": "dWr", "factor": 3}});
                    let asked = crate::app::with(asked, &more);
                    told.push(self.post("/v1/predict", &asked).await.body.to_string());
                }
            }
        }
        let asked =
            json!({"complexity": {"flops": 3e9, "params": 2e7, "acts": 1e7}, "estimator": "costs"});
        told.push(self.post("/v1/predict", &asked).await.body.to_string());
        let fits = told.iter().filter(|told| told.contains("\"fit\""));
        assert!(fits.count() >= 7, "{told:?}");
        told.iter().map(|told| without_request(told)).collect()
    }

    /// A service over a copy of the database as it is now, of which nothing is kept; or all that is.
    async fn copied(&self, kept: bool) -> Self {
        let dir = TempDir::new().unwrap();
        let copy = dir.path().join("test.db");
        by_hand(&self.path(), &format!("vacuum into '{}'", copy.display())).await;
        if !kept {
            for table in ["kept", "kept_at"] {
                by_hand(&copy, &format!("delete from {table}")).await;
            }
        }
        let url: DatabaseUrl = format!("sqlite://{}", copy.display()).parse().unwrap();
        let options = Options {
            seed: false,
            now: NOW,
        };
        let store = Store::open(&url, options).await.unwrap();
        Self::over(store, dir).await
    }

    /// The answers of this service are those of one that makes all fits anew, and of one that reads what is kept.
    async fn agrees(&self) {
        let told = self.answers().await;
        assert_eq!(told, self.copied(false).await.answers().await, "made anew");
        assert_eq!(told, self.copied(true).await.answers().await, "read back");
    }

    async fn stored(&self, rows: &[Value]) {
        self.judged("", rows).await;
    }

    async fn done(&self, method: Method, path: &str, body: Option<Value>) {
        let token = self.token("root", Scope::Admin).await;
        let request = axum::http::Request::builder().method(method).uri(path);
        let request = request.header("authorization", format!("Bearer {token}"));
        let request = request.header("content-type", "application/json");
        let body = body.map_or_else(String::new, |body| body.to_string());
        // Of what is not there nothing is done, which is as well.
        self.call(request.body(body.into()).unwrap()).await;
    }
}

/// An answer without the number of its request.
fn without_request(answer: &str) -> String {
    let mut value: Value = serde_json::from_str(answer).unwrap();
    if let Some(fields) = value.as_object_mut() {
        fields.remove("request_id");
    }
    value.to_string()
}

/// `n` rows of the platform called `id`.
fn rows_of(id: &str, n: usize, factor: f64) -> Vec<Value> {
    let named = |mut row: Value| {
        row["platform"]["id"] = id.into();
        at_speed(row, factor)
    };
    rows(n).into_iter().map(named).collect()
}

#[tokio::test]
async fn a_start_reads_what_is_kept_and_makes_nothing_anew() {
    let mut app = App::seeded().await;
    app.stored(&rows_of("mine", 20, 1.0)).await;
    let told = app.answers().await;
    app.keep().await;
    app.reopen().await;
    assert_eq!(app.live.predictors().in_memory(), 0);
    app.get("/metrics").await;
    app.get("/v1/platforms").await;
    assert_eq!(app.live.predictors().in_memory(), 0);
    assert_eq!(app.answers().await, told);
    assert!(app.live.predictors().in_memory() > 0);
}

#[tokio::test]
async fn soon_after_a_start_nobody_waits_for_what_was_kept() {
    in_files();
    let mut app = App::seeded().await;
    app.keep().await;
    app.reopen().await;
    let all = app.live.predictors().all().count();
    assert_eq!(app.live.predictors().in_memory(), 0);
    app.live.warm().await.unwrap();
    assert_eq!(app.live.predictors().in_memory(), all);
    app.agrees().await;
}

#[tokio::test]
async fn a_platform_of_many_timings_is_changed_as_well_after_a_start() {
    in_files();
    let mut app = App::seeded().await;
    let row = |i: u32| {
        let acts = 1e6 + 1e3 * f64::from(i);
        json!({"platform": {"id": "mine", "device": "made-up GPU"}, "mode": "train", "label": format!("r{i}"),
            "complexity": {"flops": 100.0 * acts, "params": acts, "acts": acts}, "images_per_second": 4e9 / acts})
    };
    let rows: Vec<Value> = (0..20_100).map(row).collect();
    app.stored(&rows[..20_050]).await;
    app.keep().await;
    app.reopen().await;
    app.live.warm().await.unwrap();
    app.stored(&rows[20_050..]).await;
    app.agrees().await;
}

#[tokio::test]
async fn what_changed_after_it_was_kept_is_made_anew() {
    in_files();
    let mut app = App::seeded().await;
    app.stored(&rows_of("mine", 20, 1.0)).await;
    app.keep().await;
    app.stored(&rows_of("mine", 22, 1.05)).await;
    app.stored(&rows_of("yours", 8, 1.3)).await;
    // As if it was killed here: nothing of these is kept.
    app.reopen().await;
    assert_eq!(app.live.predictors().in_memory(), 2);
    app.agrees().await;
}

#[tokio::test]
async fn a_damaged_fit_is_never_believed_and_is_mended() {
    in_files();
    let app = App::seeded().await;
    app.stored(&rows_of("mine", 20, 1.0)).await;
    app.keep().await;
    let told = app.answers().await;
    for damage in [
        "update kept set body = x'00'",
        "update kept set body = substr(body, 1, 500) || x'55' || substr(body, 502)",
        "update kept set head = substr(head, 1, 20) || x'55' || substr(head, 22)",
        "update kept set body = (select body from kept where platform = 'mine')",
        "update kept set head = (select head from kept where platform = 'mine')",
        "update kept set hash = hash + 1 where platform = 'mine'",
        "delete from kept where platform = 'v100x8-paper'",
        "delete from kept",
        "delete from kept_at",
        "update kept_at set fits = ''",
        "update kept_at set version = -1",
    ] {
        let mut hurt = app.copied(true).await;
        by_hand(&hurt.path(), damage).await;
        hurt.reopen().await;
        assert_eq!(hurt.answers().await, told, "{damage}");
        hurt.keep().await;
        hurt.reopen().await;
        assert_eq!(hurt.live.predictors().in_memory(), 0, "{damage}");
        assert_eq!(hurt.answers().await, told, "{damage}, mended");
        assert!(hurt.live.store().damage().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_restored_database_is_not_taken_for_the_one_that_was_kept() {
    in_files();
    let mut app = App::seeded().await;
    let file = app.folder().join("early.db");
    app.live.store().back_up(&file, NOW).await.unwrap();
    app.stored(&rows_of("mine", 20, 1.0)).await;
    app.keep().await;
    app.restore(&file).await;
    app.agrees().await;
    app.stored(&rows_of("mine", 20, 2.0)).await;
    app.agrees().await;
    app.keep().await;
    app.reopen().await;
    assert_eq!(app.live.predictors().in_memory(), 0);
    app.agrees().await;
}

#[tokio::test]
async fn another_process_that_stores_and_keeps_is_followed() {
    in_files();
    let app = App::seeded().await;
    app.stored(&rows_of("mine", 20, 1.0)).await;
    app.keep().await;
    let options = Options {
        seed: false,
        now: NOW,
    };
    let url: DatabaseUrl = format!("sqlite://{}", app.path().display())
        .parse()
        .unwrap();
    let store = Store::open(&url, options).await.unwrap();
    let other = App::over(store, TempDir::new().unwrap()).await;
    other.stored(&rows_of("yours", 9, 1.5)).await;
    other.keep().await;
    app.agrees().await;
    app.stored(&rows_of("yours", 14, 1.5)).await;
    app.keep().await;
    assert_eq!(app.answers().await, other.answers().await);
    other.keep().await;
    app.agrees().await;
}

#[tokio::test]
async fn what_nobody_asks_for_is_put_away_and_read_back() {
    let app = App::seeded().await;
    app.keep().await;
    let told = app.answers().await;
    assert!(app.live.predictors().in_memory() > 3);
    // Asked for since they were last looked at, then not.
    app.live.rest(0);
    assert!(app.live.predictors().in_memory() > 3);
    app.live.rest(1_000_000);
    assert!(app.live.predictors().in_memory() > 3);
    app.live.rest(0);
    assert_eq!(app.live.predictors().in_memory(), 0);
    assert_eq!(app.answers().await, told);
}

#[tokio::test]
async fn a_database_that_nobody_may_write_is_read_with_what_is_kept() {
    in_files();
    let app = App::seeded().await;
    app.stored(&rows_of("mine", 20, 1.0)).await;
    let told = app.answers().await;
    app.keep().await;
    app.live.store().close().await;
    let before = fs::read(app.path()).unwrap();
    let url: DatabaseUrl = format!("sqlite://{}", app.path().display())
        .parse()
        .unwrap();
    let store = Store::look(&url).await.unwrap();
    let looking = App::over(store, TempDir::new().unwrap()).await;
    assert_eq!(looking.live.predictors().in_memory(), 0);
    assert_eq!(looking.answers().await, told);
    looking.keep().await;
    looking.live.store().close().await;
    assert_eq!(fs::read(app.path()).unwrap(), before);
}

#[derive(Clone, Debug)]
enum Step {
    Send {
        platform: usize,
        rows: usize,
        factor: f64,
    },
    Upload {
        out: bool,
        which: u8,
    },
    Row {
        out: bool,
        which: u16,
    },
    Rule {
        verb: &'static str,
        which: u16,
    },
    Keep,
    Reopen,
    Damage(&'static str),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let factor = prop::sample::select(vec![1.0, 1.1, 30.0]);
    let damage = prop::sample::select(vec![
        "delete from kept where rowid % 2 = 0",
        "update kept set body = zeroblob(9) where rowid % 2 = 1",
        "update kept set head = zeroblob(30) where rowid % 2 = 1",
    ]);
    let step = prop_oneof![
        5 => (0..3usize, 1..30usize, factor)
            .prop_map(|(platform, rows, factor)| Step::Send { platform, rows, factor }),
        3 => (any::<bool>(), 2..9u8).prop_map(|(out, which)| Step::Upload { out, which }),
        2 => (any::<bool>(), 800..900u16).prop_map(|(out, which)| Step::Row { out, which }),
        2 => (prop::sample::select(vec!["hold", "release"]), 800..900u16)
            .prop_map(|(verb, which)| Step::Rule { verb, which }),
        4 => Just(Step::Keep),
        2 => Just(Step::Reopen),
        1 => damage.prop_map(Step::Damage),
    ];
    prop::collection::vec(step, 1..12)
}

async fn take(app: &mut App, step: &Step) {
    match step {
        Step::Send {
            platform,
            rows,
            factor,
        } => {
            let id = ["mine", "yours", "theirs"][*platform];
            app.stored(&rows_of(id, *rows, *factor)).await;
        }
        Step::Upload { out: true, which } => {
            let path = format!("/v1/uploads/{which}");
            app.done(Method::DELETE, &path, None).await;
        }
        Step::Upload { which, .. } => {
            let path = format!("/v1/uploads/{which}/restore");
            app.done(Method::POST, &path, None).await;
        }
        Step::Row { out: true, which } => {
            let path = format!("/v1/measurements/{which}");
            app.done(Method::DELETE, &path, None).await;
        }
        Step::Row { which, .. } => {
            let path = format!("/v1/measurements/{which}/restore");
            app.done(Method::POST, &path, None).await;
        }
        Step::Rule { verb, which } => {
            let path = format!("/v1/measurements/{which}/{verb}");
            let reason = json!({"reason": "I was there"});
            app.done(Method::POST, &path, Some(reason)).await;
        }
        Step::Keep => app.keep().await,
        Step::Reopen => app.reopen().await,
        Step::Damage(sql) => {
            by_hand(&app.path(), sql).await;
            app.reopen().await;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_answers_do_not_depend_on_what_is_kept(steps in steps()) {
        in_files();
        Runtime::new().unwrap().block_on(async {
            let mut app = App::seeded().await;
            for step in &steps {
                take(&mut app, step).await;
            }
            app.agrees().await;
            app.keep().await;
            app.agrees().await;
        });
    }
}

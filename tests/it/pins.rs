//! A fit that is asked for by name stays what it was.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek, SeekFrom};
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use axum::http::{Method, Request, header};
use epochcast::live::{OnError, Upload};
use epochcast::store::{Options, Scope, Senders, Store};
use epochcast::timing::data::defaults::Defaults;
use epochcast::timing::data::upload::Format;
use epochcast::timing::predict::fit_id::METHOD;
use serde_json::{Value, json};
use sqlx::Connection;
use tempfile::TempDir;

use crate::app::{Answer, App, NOW, deed, in_files, url};

/// Nets by their layers, by their costs, of a group that only other platforms have timed, scaled, and of a rare mode.
fn questions() -> [Value; 5] {
    [
        json!({"model": {"name": "RegNetY-4GF"}, "scaling": {"strategy": "dWr", "factor": 4}}),
        json!({"model": {"name": "densenet121"}, "interval": 0.8}),
        json!({"complexity": {"flops": 4.1e9, "params": 2.5e7, "acts": 1.1e7}, "family": "ghostnet"}),
        json!({"model": {"name": "ResNet-50"}, "estimator": "paper"}),
        json!({"model": {"name": "ResNet-50"}, "mode": "infer", "estimator": "costs"}),
    ]
}

/// The answers of all platforms to all questions, as text, by question and fit.
async fn answers(app: &App) -> BTreeMap<(usize, String), String> {
    let mut answers = BTreeMap::new();
    for (i, question) in questions().iter().enumerate() {
        let answer = app.post("/v1/predict", question).await.body;
        for prediction in answer["predictions"].as_array().unwrap() {
            let id = prediction["fit"]["id"].as_str().unwrap().to_owned();
            answers.insert((i, id), prediction.to_string());
        }
        let mut question = question.clone();
        question["platform"] = json!(["gpu:h100", "gpu:v100-16gb:fp32"]);
        let answer = app.post("/v1/predict", &question).await;
        // Where nothing is left of the mode there is nothing that could stand for a GPU.
        let rows = answer.body["predictions"].as_array();
        for prediction in rows.into_iter().flatten() {
            let id = prediction["fit"]["id"].as_str().unwrap().to_owned();
            answers.insert((i, id), prediction.to_string());
        }
    }
    answers
}

async fn pinned(app: &App, question: &Value, id: &str) -> String {
    let answer = app.post(&format!("/v1/predict?fit={id}"), question).await;
    assert_eq!(answer.status, 200, "{id}: {}", answer.body);
    answer.body["predictions"][0].to_string()
}

fn timing(platform: &str, label: &str, ms: f64) -> Value {
    json!({"platform": {"id": platform, "device": "A GPU"}, "mode": "train", "label": label, "model": {"name": label},
        "images_per_second": 1e3 / ms})
}

async fn upload(app: &App, rows: &[Value]) -> i64 {
    let token = app.token("owner", Scope::Admin).await;
    let request = Request::post("/v1/measurements")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    let body = Value::from(rows).to_string();
    let answer = app.call(request.body(body.into()).unwrap()).await;
    assert_eq!(answer.body["accepted"], rows.len(), "{}", answer.body);
    answer.body["upload"].as_i64().unwrap()
}

async fn change(app: &App, method: Method, path: &str) -> Answer {
    let token = app.token("owner", Scope::Admin).await;
    app.with_token(method, path, &token).await
}

/// One of several changes of what is in the fits.
async fn make_change(app: &App, step: usize) {
    let done = async |method, path: &str| {
        assert_eq!(change(app, method, path).await.status, 200, "{path}");
    };
    match step {
        0 => drop(upload(app, &[timing("mine", "ResNet-50", 2.0)]).await),
        1 => {
            let nets = ["resnet18", "RegNetX-400MF", "densenet121", "vgg11"];
            let rows = nets.iter().zip([0.9, 0.7, 2.4, 3.9]);
            let rows: Vec<_> = rows.map(|(net, ms)| timing("mine", net, ms)).collect();
            upload(app, &rows).await;
        }
        2 => done(Method::DELETE, "/v1/uploads/2").await,
        // Of the paper's, of a lender's, and of another lender's timings.
        3 => {
            for id in [100, 300, 700] {
                done(Method::DELETE, &format!("/v1/measurements/{id}")).await;
            }
        }
        4 => done(Method::POST, "/v1/uploads/2/restore").await,
        5 => done(Method::DELETE, "/v1/uploads/1").await,
        6 => {
            done(Method::POST, "/v1/uploads/1/restore").await;
            done(Method::POST, "/v1/measurements/300/restore").await;
        }
        _ => {}
    }
}

#[tokio::test]
async fn whatever_is_uploaded_removed_and_restored_a_named_fit_answers_the_same_to_the_bit() {
    let mut app = App::seeded().await;
    let mut all = answers(&app).await;
    for step in 0..8 {
        make_change(&app, step).await;
        if step % 3 == 2 {
            app.reopen().await;
        }
        app.live.settle().await.unwrap();
        for (key, now) in answers(&app).await {
            let before = all.entry(key).or_insert_with(|| now.clone());
            assert_eq!(*before, now, "step {step}: one name, two answers");
        }
    }
    // Names of fits that were there only for a while are among them.
    assert!(all.len() > 60, "{}", all.len());
    for _ in 0..2 {
        for ((i, id), before) in &all {
            assert_eq!(pinned(&app, &questions()[*i], id).await, *before, "{id}");
        }
        app.reopen().await;
    }
}

#[tokio::test]
async fn the_order_of_uploads_and_restarts_changes_no_name() {
    let names = |app: &App| app.live.predictors().names();
    let first = App::seeded().await;
    upload(&first, &[timing("a", "ResNet-50", 2.0)]).await;
    upload(&first, &[timing("b", "ResNet-50", 3.0)]).await;
    first.live.settle().await.unwrap();
    let mut second = App::seeded().await;
    upload(&second, &[timing("b", "ResNet-50", 3.0)]).await;
    second.reopen().await;
    upload(&second, &[timing("a", "ResNet-50", 2.0)]).await;
    second.live.settle().await.unwrap();
    assert_eq!(names(&first), names(&second));
}

fn error(answer: &Answer) -> (u16, &str, &str) {
    let error = &answer.body["errors"][0];
    let text = |field: &str| error[field].as_str().unwrap_or_default();
    (answer.status.as_u16(), text("pointer"), text("detail"))
}

#[tokio::test]
async fn a_fit_that_never_was_is_refused_with_a_hint() {
    let app = App::seeded().await;
    let now = app.live.predictors().names()[0].clone();
    let mut other = now.clone();
    other.replace_range(now.len() - 4.., "0000");
    for (fit, detail) in [
        (other.as_str(), "no such fit was made here"),
        (
            "v100x8-paper:train:layers:e4b6456ecc",
            "release 0.1.0 made this fit, and could not repeat one",
        ),
        ("nonsense", "not the id of a fit"),
    ] {
        let mut asked = json!({"model": {"name": "ResNet-50"}, "fit": fit});
        let answer = app.post("/v1/predict", &asked).await;
        assert_eq!(error(&answer), (422, "/fit", detail));
        asked["fit"] = now.as_str().into();
        let other = app.post(&format!("/v1/predict?fit={fit}"), &asked).await;
        assert_eq!(error(&other).0, 422, "a query and a body that disagree");
    }
    let asked = json!({"model": {"name": "ResNet-50"}, "fit": other});
    let answer = app.post("/v1/predict", &asked).await;
    let hint = answer.body["errors"][0]["hint"].to_string();
    assert!(hint.contains(&now), "{hint}");
}

#[tokio::test]
async fn platform_mode_and_estimator_follow_from_the_fit_and_may_not_contradict_it() {
    let app = App::seeded().await;
    let asked = json!({"model": {"name": "ResNet-50"}, "platform": "rtx4090-nchw", "mode": "infer", "estimator": "costs"});
    let whole = app.post("/v1/predict", &asked).await.body;
    let id = &whole["predictions"][0]["fit"]["id"];
    let pin = app
        .post(
            "/v1/predict",
            &json!({"model": {"name": "ResNet-50"}, "fit": id}),
        )
        .await
        .body;
    assert_eq!(pin, whole);
    for (field, value) in [
        ("platform", json!("rtx3090-nchw")),
        ("mode", json!("train")),
        ("estimator", json!("paper")),
    ] {
        let mut wrong = asked.clone();
        wrong["fit"] = id.clone();
        assert_eq!(app.post("/v1/predict", &wrong).await.body, whole);
        wrong[field] = value;
        let answer = app.post("/v1/predict", &wrong).await;
        assert_eq!(
            (error(&answer).0, error(&answer).1),
            (422, format!("/{field}").as_str())
        );
    }
}

#[tokio::test]
async fn each_item_of_a_batch_may_name_a_fit() {
    let app = App::seeded().await;
    let asked = json!({"model": {"name": "ResNet-50"}, "platform": "v100x8-paper"});
    let before = app.post("/v1/predict", &asked).await.body;
    let id = before["predictions"][0]["fit"]["id"].as_str().unwrap();
    change(&app, Method::DELETE, "/v1/measurements/100").await;
    let mut by_fit = asked.clone();
    by_fit["fit"] = id.into();
    let mut wrong = asked.clone();
    wrong["fit"] = "nonsense".into();
    let items = json!({"items": [by_fit, asked, wrong]});
    let answer = app.post("/v1/predict/batch", &items).await.body;
    assert_eq!(answer["items"][0], before);
    assert_ne!(answer["items"][1], before);
    assert_eq!(answer["items"][2]["errors"][0]["pointer"], "/fit");
    let (path, items) = (
        format!("/v1/predict/batch?fit={id}"),
        json!({"items": [asked]}),
    );
    assert_eq!(app.post(&path, &items).await.body["items"][0], before);
}

#[tokio::test]
async fn a_backup_knows_the_fits_that_were_made_before_it() {
    in_files();
    let app = App::seeded().await;
    upload(&app, &[timing("mine", "ResNet-50", 2.0)]).await;
    let before = answers(&app).await;
    change(&app, Method::DELETE, "/v1/uploads/2").await;
    let copy = app.folder().join("copy.db");
    app.live.store().back_up(&copy, NOW).await.unwrap();
    let other = App::seeded().await;
    upload(&other, &[timing("other", "ResNet-50", 9.0)]).await;
    other.restore(&copy).await;
    other.live.refresh().await.unwrap();
    for ((i, id), before) in &before {
        assert_eq!(pinned(&other, &questions()[*i], id).await, *before, "{id}");
    }
}

#[tokio::test]
async fn a_database_of_the_first_release_is_migrated_with_what_it_holds() {
    let dir = TempDir::new().unwrap();
    let path = url(&dir).file().unwrap().to_owned();
    let mut old = sqlx::SqliteConnection::connect(&format!("sqlite://{}?mode=rwc", path.display()))
        .await
        .unwrap();
    sqlx::raw_sql(include_str!("../files/store-0001.sql"))
        .execute(&mut old)
        .await
        .unwrap();
    old.close().await.unwrap();
    let store = Store::open(
        &url(&dir),
        Options {
            seed: true,
            now: NOW,
        },
    )
    .await
    .unwrap();
    assert!(store.damage().await.unwrap().is_empty());
    let app = App::over(store, dir).await;
    // Of 31 rows that were stored one is in quarantine, one was taken out, and so was an upload of five.
    let fitted = |answer: Answer| answer.body["measurements"]["train"].clone();
    assert_eq!(fitted(app.get("/v1/platforms/v100x8-pycls").await), 23);
    let before = answers(&app).await;
    change(&app, Method::POST, "/v1/uploads/2/restore").await;
    change(&app, Method::POST, "/v1/measurements/5/restore").await;
    assert_eq!(fitted(app.get("/v1/platforms/v100x8-pycls").await), 29);
    for ((i, id), before) in &before {
        assert_eq!(pinned(&app, &questions()[*i], id).await, *before, "{id}");
    }
}

/// Gives what comes through a channel, and so waits for it.
struct Slow(Receiver<Vec<u8>>, Vec<u8>);

impl Read for Slow {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        if self.1.is_empty() {
            self.1 = self.0.recv().unwrap_or_default();
        }
        let n = self.1.len().min(to.len());
        to[..n].copy_from_slice(&self.1[..n]);
        self.1.drain(..n);
        Ok(n)
    }
}

impl Seek for Slow {
    fn seek(&mut self, _: SeekFrom) -> std::io::Result<u64> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_can_be_taken_out_while_an_upload_is_being_stored() {
    let app = App::seeded().await;
    let (send, rows) = channel();
    let upload = Upload {
        format: Format::Ndjson,
        body: Box::new(Slow(rows, Vec::new())),
        on_error: OnError::Skip,
        dry_run: false,
        defaults: Defaults::default(),
        trusted: true,
        sender: "me".into(),
        now: NOW,
    };
    let row = |i: u32| {
        let mut line = timing("mine", "ResNet-50", 2.0 + f64::from(i) / 1e3);
        line["verdict"] = "accepted".into();
        format!("{line}\n").into_bytes()
    };
    // More than a batch, so that the transaction has begun.
    send.send((0..3000).flat_map(row).collect()).unwrap();
    let live = Arc::clone(&app.live);
    let storing = tokio::spawn(async move { live.receive(upload).await });
    let live = Arc::clone(&app.live);
    let removing =
        tokio::spawn(async move { live.remove_row(1, &Senders::Everybody, &deed()).await });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    send.send(row(3000)).unwrap();
    drop(send);
    assert_eq!(storing.await.unwrap().unwrap().counts.accepted, 3001);
    assert_eq!(removing.await.unwrap().unwrap().timings, 1);
}

#[tokio::test]
async fn the_command_line_repeats_a_fit_too() {
    in_files();
    let app = App::seeded().await;
    let asked = json!({"model": {"name": "ResNet-50"}, "platform": "rtx3090-nchw"});
    let before = app.post("/v1/predict", &asked).await.body;
    let id = before["predictions"][0]["fit"]["id"].as_str().unwrap();
    change(&app, Method::DELETE, "/v1/measurements/300").await;
    let run = |fit: &str| {
        let database = format!("sqlite://{}", app.path().display());
        let args = [
            "predict",
            "ResNet-50",
            "--json",
            "--fit",
            fit,
            "--database-url",
            &database,
        ];
        Command::new(env!("CARGO_BIN_EXE_epochcast"))
            .args(args)
            .output()
            .unwrap()
    };
    let printed: Value = serde_json::from_slice(&run(id).stdout).unwrap();
    assert_eq!(printed, before);
    let wrong = format!("rtx3090-nchw:train:layers:{METHOD}:0000000000000000");
    let wrong = run(&wrong);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("--fit: no such fit"));
}

#[tokio::test]
async fn the_fit_of_a_gpu_without_timings_is_named_by_the_gpu_its_precision_and_the_fit_behind() {
    let app = App::seeded().await;
    let answer = async |platform: &str| {
        let asked = json!({"model": {"name": "ResNet-50"}, "platform": platform, "batch_size": 8});
        app.post("/v1/predict", &asked).await.body["predictions"][0].clone()
    };
    let id = |row: &Value| row["fit"]["id"].as_str().unwrap().to_owned();
    let rows = [
        answer("gpu:h100").await,
        answer("gpu:h200").await,
        answer("gpu:h100:fp32").await,
        answer("gpu:h100:tf32").await,
    ];
    let ids = rows.each_ref().map(id);
    let behind = id(&answer("h100-nchw").await);
    assert!(
        ids[0].starts_with("gpu:h100:") && ids[0].ends_with(&format!(":{behind}")),
        "{ids:?}"
    );
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 4, "{ids:?}");
    for (row, id) in rows.iter().zip(&ids) {
        // Neither platform nor precision need be said again, and both may.
        for more in [
            json!({}),
            json!({"platform": row["platform"]}),
            json!({"platform": [row["platform"]]}),
        ] {
            let mut asked = json!({"model": {"name": "ResNet-50"}, "fit": id, "batch_size": 8});
            asked
                .as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            let again = app.post("/v1/predict", &asked).await.body;
            assert_eq!(again["predictions"][0], *row, "{asked}");
        }
    }
    let said_in_full =
        json!({"model": {"name": "ResNet-50"}, "fit": ids[0], "platform": "gpu:h100:amp"});
    assert_eq!(app.post("/v1/predict", &said_in_full).await.status, 200);
    for other in ["gpu:h100:fp32", "gpu:h200", "rtx3090-nchw"] {
        let asked = json!({"model": {"name": "ResNet-50"}, "fit": ids[0], "platform": other});
        let answer = app.post("/v1/predict", &asked).await;
        assert_eq!(
            (error(&answer).0, error(&answer).1),
            (422, "/platform"),
            "{other}"
        );
    }
}

#[tokio::test]
async fn a_gpu_is_pinned_to_the_platform_that_stood_for_it_though_another_would_now() {
    let app = App::seeded().await;
    let asked = json!({"model": {"name": "RegNetY-4GF"}, "scaling": {"strategy": "dWr", "factor": 2}, "platform": "gpu:a100-40gb"});
    let before = app.post("/v1/predict", &asked).await.body;
    let id = before["predictions"][0]["fit"]["id"].as_str().unwrap();
    // The same GPU, timed often enough.
    let rows: Vec<Value> = [
        "ResNet-50",
        "resnet18",
        "RegNetX-400MF",
        "densenet121",
        "vgg11",
    ]
    .iter()
    .flat_map(|net| (1..6).map(move |i| (net, i)))
    .map(|(net, i)| {
        let mut row = timing("my-a100", net, 1.0 + f64::from(i) / 1e3);
        row["platform"]["device"] = "NVIDIA A100-SXM4-40GB".into();
        row["platform"]["precision"] = "amp".into();
        row
    })
    .collect();
    upload(&app, &rows).await;
    app.live.settle().await.unwrap();
    let now = app.post("/v1/predict", &asked).await.body;
    assert_eq!(
        now["predictions"][0]["fit"]["data_sheet"]["platform"],
        "my-a100"
    );
    let pin = app
        .post(&format!("/v1/predict?fit={id}"), &asked)
        .await
        .body;
    assert_eq!(pin, before);
    let items = json!({"items": [asked]});
    let batch = app
        .post(&format!("/v1/predict/batch?fit={id}"), &items)
        .await
        .body;
    assert_eq!(batch["items"][0], before);
}

#[tokio::test]
async fn a_gpu_by_other_figures_or_a_fit_that_never_was_is_refused() {
    let app = App::seeded().await;
    let asked = json!({"model": {"name": "ResNet-50"}, "platform": "gpu:h100:tf32"});
    let answer = app.post("/v1/predict", &asked).await.body;
    let id = answer["predictions"][0]["fit"]["id"].as_str().unwrap();
    let parts: Vec<&str> = id.split(':').collect();
    let with = |place: usize, word: &str| {
        let mut parts = parts.clone();
        parts[place] = word;
        parts.join(":")
    };
    for (fit, detail) in [
        (
            with(3, "0000000000000000"),
            "the data sheets here say something else",
        ),
        (with(8, "0000000000000000"), "no such fit was made here"),
        (
            with(1, "h101"),
            "no data sheet of a GPU called `h101` is known",
        ),
    ] {
        let asked = json!({"model": {"name": "ResNet-50"}, "fit": fit});
        let answer = app.post("/v1/predict", &asked).await;
        assert_eq!(error(&answer), (422, "/fit", detail), "{fit}");
    }
}

#[tokio::test]
async fn a_question_asked_again_is_answered_by_the_fits_of_now_and_otherwise_to_the_byte_alike() {
    let app = App::seeded().await;
    let question = &questions()[0];
    let mut answers = Vec::new();
    for step in 0..5 {
        let first = app.post("/v1/predict", question).await;
        let (second, again) = (
            app.post("/v1/predict", question).await,
            app.post("/v1/predict", question).await,
        );
        assert_eq!(second.body.to_string(), first.body.to_string());
        // The same question in another form is worked out anew.
        let anew = serde_json::to_string_pretty(question).unwrap();
        let anew = app.send("/v1/predict", "application/json", anew).await;
        assert_eq!(first.status, 200, "{}", first.body);
        assert_eq!(
            (again.body.to_string(), again.kind),
            (first.body.to_string(), first.kind)
        );
        assert_eq!(anew.body.to_string(), again.body.to_string());
        answers.push(again.body.to_string());
        make_change(&app, step).await;
    }
    answers.dedup();
    assert_eq!(answers.len(), 5);
    // Nor does a fit that the query names get what others were answered.
    let then: Value = serde_json::from_str(&answers[0]).unwrap();
    let mut then = then["predictions"].as_array().unwrap().iter();
    let changed = then.find(|prediction| !answers[4].contains(&prediction.to_string()));
    let changed = changed.unwrap();
    let id = changed["fit"]["id"].as_str().unwrap();
    assert_eq!(pinned(&app, question, id).await, changed.to_string());
    let now = app.post("/v1/predict", question).await.body.to_string();
    assert!(!now.contains(&changed.to_string()));
}

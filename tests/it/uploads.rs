//! Timings in: stored whole or not at all, in the next prediction, and out again.

use std::io::Write;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, header};
use epochcast::live::{Export, ExportFormat, Live, OnError, Receipt, Upload};
use epochcast::store::{Filter, Options, Scope, Store};
use epochcast::timing::data::defaults::Defaults;
use epochcast::timing::data::upload::Format;
use epochcast::timing::{Estimator, Form, Mode};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;

use crate::app::{Answer, App, NOW, in_files, url};

impl App {
    async fn upload(&self, kind: &str, query: &str, body: impl Into<Body>) -> Answer {
        let made = self
            .live
            .store()
            .tokens()
            .await
            .unwrap()
            .iter()
            .any(|token| token.name == "me");
        let token = if made {
            format!("epochcast_6d65{}", "07".repeat(30))
        } else {
            self.token("me", Scope::Write).await
        };
        let request = Request::post(format!("/v1/measurements{query}"))
            .header(header::CONTENT_TYPE, kind)
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.call(request.body(body.into()).unwrap()).await
    }

    /// Timings in the fit of `platform`.
    async fn fitted(&self, platform: &str) -> u64 {
        let answer = self.get(&format!("/v1/platforms/{platform}")).await;
        answer.body["measurements"]["train"]
            .as_u64()
            .unwrap_or_default()
    }
}

fn numbers(answer: &Answer) -> [i64; 4] {
    ["accepted", "duplicates", "quarantined", "rejected"]
        .map(|name| answer.body[name].as_i64().unwrap())
}

fn row(label: &str, images_per_second: f64) -> Value {
    json!({"platform": "mine", "mode": "train", "label": label, "model": {"name": label}, "batch_size": 256,
        "images_per_second": images_per_second})
}

fn first(label: &str, images_per_second: f64) -> Value {
    let mut row = row(label, images_per_second);
    row["platform"] = json!({"id": "mine", "device": "GPU"});
    row
}

#[tokio::test]
async fn a_timing_is_in_the_next_prediction() {
    let app = App::seeded().await;
    let answer = app
        .upload(
            "application/json",
            "",
            first("ResNet-50", 100.0).to_string(),
        )
        .await;
    assert_eq!(
        (answer.status.as_u16(), numbers(&answer)),
        (200, [1, 0, 0, 0]),
        "{}",
        answer.body
    );
    let asked = json!({"model": {"name": "ResNet-50"}, "platform": "mine", "dataset_images": 1000});
    let seconds = app.post("/v1/predict", &asked).await.body["predictions"][0]["epoch_seconds"]
        .as_f64()
        .unwrap();
    assert!((seconds - 10.0).abs() < 2.0, "{seconds}");
}

#[tokio::test]
async fn the_same_row_again_is_a_duplicate_and_another_time_a_repeat() {
    let app = App::seeded().await;
    let rows = json!([
        first("ResNet-50", 100.0),
        row("ResNet-50", 100.0),
        row("resnet50", 100.0),
        row("ResNet-50", 101.0)
    ]);
    assert_eq!(
        numbers(&app.upload("application/json", "", rows.to_string()).await),
        [3, 1, 0, 0]
    );
    assert_eq!(
        numbers(&app.upload("application/json", "", rows.to_string()).await),
        [0, 4, 0, 0]
    );
}

#[tokio::test]
async fn the_seed_sent_again_is_all_duplicates() {
    let app = App::seeded().await;
    for (name, text) in epochcast::timing::data::seed::FILES {
        let answer = app.upload("text/csv", "", text).await;
        let rows = i64::try_from(text.lines().count() - 1).unwrap();
        assert_eq!(numbers(&answer), [0, rows, 0, 0], "{name}: {}", answer.body);
    }
}

#[tokio::test]
async fn json_is_stored_whole_or_not_at_all() {
    let app = App::seeded().await;
    let rows = json!([
        first("ResNet-50", 100.0),
        row("ResNet-99", 50.0),
        row("ResNet-101", -1.0)
    ]);
    let answer = app.upload("application/json", "", rows.to_string()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.kind.as_str()),
        (422, "application/problem+json")
    );
    let pointers: Vec<_> = (0..2)
        .map(|i| answer.body["errors"][i]["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(pointers, ["/1/model/name", "/2/images_per_second"]);
    assert_eq!(app.get("/v1/platforms/mine").await.status, 404);
    let skipped = app
        .upload("application/json", "?on_error=skip", rows.to_string())
        .await;
    assert_eq!(numbers(&skipped), [1, 0, 0, 2]);
}

#[tokio::test]
async fn bad_rows_are_named_by_line_and_can_be_fixed_and_sent_again() {
    let app = App::seeded().await;
    let csv = "platform,device,mode,name,label,images_per_second\n\
               mine,GPU,train,ResNet-50,=cell(),100\n\
               mine,,train,ResNet-5O,b,100\n\
               mine,,train,ResNet-101,c,fast\n";
    let answer = app.upload("text/csv", "", csv).await;
    assert_eq!(numbers(&answer), [1, 0, 0, 2], "{}", answer.body);
    let told: Vec<_> = (0..2)
        .map(|i| {
            (
                &answer.body["errors"][i]["line"],
                &answer.body["errors"][i]["field"],
            )
        })
        .collect();
    assert_eq!(
        json!(told),
        json!([[3, "model/name"], [4, "images_per_second"]])
    );
    let rejected = app.get(answer.body["rejected_csv"].as_str().unwrap()).await;
    let rejected = rejected.body.as_str().unwrap().to_owned();
    assert!(rejected.contains("did you mean"), "{rejected}");
    let fixed = rejected
        .replace("ResNet-5O", "ResNet-50")
        .replace(",fast", ",60");
    assert_eq!(
        numbers(&app.upload("text/csv", "", fixed).await),
        [2, 0, 0, 0]
    );
    let rows = app.get("/v1/measurements?platform=mine").await.body;
    assert_eq!(rows["measurements"][0]["label"], "=cell()");
    let exported = app.get("/v1/measurements.csv?platform=mine").await;
    assert!(
        exported.body.as_str().unwrap().contains(",'=cell(),"),
        "{}",
        exported.body
    );
}

#[tokio::test]
async fn a_dry_run_answers_the_same_and_stores_nothing() {
    let app = App::seeded().await;
    let rows = json!([first("ResNet-50", 100.0), row("ResNet-101", 60.0)]).to_string();
    let answer = app.upload("application/json", "?dry_run=true", rows).await;
    assert_eq!(
        (numbers(&answer), &answer.body["upload"]),
        ([2, 0, 0, 0], &Value::Null)
    );
    assert_eq!(app.get("/v1/platforms/mine").await.status, 404);
}

#[tokio::test]
async fn bodies_may_be_compressed_and_other_types_are_refused() {
    let app = App::seeded().await;
    let token = app.token("me", Scope::Write).await;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(first("ResNet-50", 100.0).to_string().as_bytes())
        .unwrap();
    let send = |encoding: &'static str, kind: &'static str, body: Vec<u8>| {
        let request = Request::post("/v1/measurements")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_ENCODING, encoding)
            .header(header::CONTENT_TYPE, kind);
        app.call(request.body(body.into()).unwrap())
    };
    let gzip = gzip.finish().unwrap();
    assert_eq!(
        send("gzip", "application/json", gzip.clone()).await.status,
        200
    );
    assert_eq!(
        send("gzip", "application/json", b"not gzip".to_vec())
            .await
            .status,
        400
    );
    assert_eq!(
        send("br", "application/json", gzip.clone()).await.status,
        415
    );
    assert_eq!(send("gzip", "text/plain", gzip).await.status, 415);
}

#[tokio::test]
async fn a_platform_that_differs_from_the_stored_one_is_refused() {
    let app = App::seeded().await;
    app.upload(
        "application/json",
        "",
        first("ResNet-50", 100.0).to_string(),
    )
    .await;
    let mut other = first("ResNet-101", 60.0);
    other["platform"]["device"] = "another GPU".into();
    let answer = app.upload("application/json", "", other.to_string()).await;
    assert_eq!(
        answer.body["errors"][0]["pointer"], "/platform/device",
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn times_that_nobody_could_have_measured_are_kept_out_of_the_fits() {
    let app = App::seeded().await;
    let seconds_as_milliseconds = json!({"platform": "rtx3090-nchw", "mode": "train", "label": "slip",
        "model": {"name": "ResNet-50"}, "batch_size": 512, "step_seconds": 620.0});
    let answer = app
        .upload("application/json", "", seconds_as_milliseconds.to_string())
        .await;
    assert_eq!(numbers(&answer), [0, 0, 1, 0], "{}", answer.body);
    assert!(
        answer.body["doubted"][0]["reason"]
            .as_str()
            .unwrap()
            .contains("milliseconds"),
        "{}",
        answer.body
    );
    assert_eq!(app.fitted("rtx3090-nchw").await, 215);
    let listed = app.get("/v1/measurements?quarantined=true").await.body;
    assert_eq!(listed["measurements"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_new_platform_is_judged_by_its_own_rows() {
    let app = App::seeded().await;
    // The 3090's rows as another platform, every twentieth a thousand times too long.
    let text = epochcast::timing::data::seed::FILES[2]
        .1
        .replace("rtx3090-nchw", "mine");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rate = reader
        .headers()
        .unwrap()
        .iter()
        .position(|name| name == "images_per_second")
        .unwrap();
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(reader.headers().unwrap()).unwrap();
    for (i, record) in reader.records().enumerate() {
        let mut cells: Vec<String> = record.unwrap().iter().map(str::to_owned).collect();
        if i % 20 == 7 {
            cells[rate] = (cells[rate].parse::<f64>().unwrap() / 1000.0).to_string();
        }
        csv.write_record(cells).unwrap();
    }
    let answer = app.upload("text/csv", "", csv.into_inner().unwrap()).await;
    assert_eq!(numbers(&answer), [204, 0, 11, 0], "{}", answer.body);
}

#[tokio::test]
async fn an_upload_can_be_taken_out_and_put_back() {
    let app = App::seeded().await;
    let token = app.token("me", Scope::Write).await;
    let rows = json!([first("ResNet-50", 100.0), row("ResNet-101", 60.0)]);
    let id = app
        .upload("application/json", "", rows.to_string())
        .await
        .body["upload"]
        .as_i64()
        .unwrap();
    let path = format!("/v1/uploads/{id}");
    assert_eq!(
        app.with_token(Method::DELETE, &path, &token).await.body["measurements"],
        2
    );
    assert_eq!(app.fitted("mine").await, 0);
    assert!(app.get(&path).await.body["removed_at"].is_string());
    assert_eq!(
        app.with_token(Method::POST, &format!("{path}/restore"), &token)
            .await
            .body["measurements"],
        2
    );
    assert_eq!(app.fitted("mine").await, 2);
    let measurement =
        app.get("/v1/measurements?platform=mine").await.body["measurements"][0]["id"].clone();
    let path = format!("/v1/measurements/{measurement}");
    assert_eq!(
        app.with_token(Method::DELETE, &path, &token).await.status,
        200
    );
    assert_eq!(
        (
            app.fitted("mine").await,
            app.with_token(Method::DELETE, &path, &token)
                .await
                .status
                .as_u16()
        ),
        (1, 200)
    );
    assert_eq!(
        app.with_token(Method::POST, &format!("{path}/restore"), &token)
            .await
            .status,
        200
    );
    assert_eq!(app.fitted("mine").await, 2);
}

#[tokio::test]
async fn an_id_that_never_was_is_not_found() {
    let app = App::seeded().await;
    for id in [99, i64::MAX] {
        assert_eq!(
            app.get(&format!("/v1/uploads/{id}")).await.status,
            404,
            "{id}"
        );
    }
}

#[tokio::test]
async fn a_control_character_in_a_text_is_refused_at_its_field() {
    let app = App::seeded().await;
    for (field, pointer) in [
        ("label", "/label"),
        ("source", "/source"),
        ("device", "/platform/device"),
        ("framework", "/platform/framework"),
    ] {
        let mut row = json!({"platform": {"id": "mine", "device": "gpu"}, "mode": "train", "model": {"name": "ResNet-50"}, "images_per_second": 9.0});
        let odd = "a\0b";
        match field {
            "label" | "source" => row[field] = odd.into(),
            _ => row["platform"][field] = odd.into(),
        }
        let answer = app
            .upload("application/json", "", json!([row]).to_string())
            .await;
        assert_eq!(answer.status, 422, "{field}");
        let error = &answer.body["errors"][0];
        assert_eq!(error["pointer"], format!("/0{pointer}"), "{}", answer.body);
        assert_eq!(
            error["detail"],
            r"line 1: a control character stands in it: \u{0}"
        );
    }
    let asked = json!({"model": {"name": "ResNet-50"}, "label": "a\nb"});
    let answer = app.post("/v1/predict", &asked).await;
    assert_eq!(
        answer.body["errors"][0]["pointer"], "/label",
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn a_control_character_that_an_earlier_release_stored_is_exported_in_a_form_that_is_imported()
{
    in_files();
    let mut app = App::seeded().await;
    let db = SqliteConnectOptions::new().filename(app.path());
    let mut db = db.connect().await.unwrap();
    sqlx::raw_sql(
        "update measurements set label = 'a' || char(0) || 'b', source = 'c' || char(10) || 'd' where id = 1;
         update platforms set device = 'e' || char(0)",
    )
    .execute(&mut db)
    .await
    .unwrap();
    db.close().await.unwrap();
    app.reopen().await;
    for (format, written) in [
        (Format::Ndjson, ExportFormat::Ndjson),
        (Format::Csv, ExportFormat::Csv),
    ] {
        let text = exported(&app.live, written).await;
        assert!(!text.contains(&0));
        let (receipt, _) = imported(format, text).await;
        assert_eq!((receipt.counts.accepted, receipt.counts.rejected), (954, 0));
    }
    let first = app.get("/v1/measurements/1").await.body;
    assert_eq!(first["label"], r"a\u{0}b");
}

#[tokio::test]
async fn refused_rows_with_a_control_character_come_back_in_a_table_that_can_be_read() {
    let app = App::seeded().await;
    let row = json!({"platform": "v100x8-paper", "mode": "train", "label": "a\0b", "model": {"name": "ResNet-50"}, "images_per_second": 9.0});
    let sent = app
        .upload("application/x-ndjson", "", row.to_string())
        .await;
    assert_eq!(numbers(&sent), [0, 0, 0, 1]);
    let id = &sent.body["upload"];
    let table = app
        .get(&format!("/v1/uploads/{id}/rejected.csv"))
        .await
        .body;
    let table = table.as_str().unwrap().to_owned();
    assert!(table.contains(r"a\u{0}b"), "{table}");
    // As it is it would do: what was a control character is plain text now.
    let again = app.upload("text/csv", "", table).await;
    assert_eq!(numbers(&again)[3], 0, "{}", again.body);
}

/// All that is stored, as it is exported.
async fn exported(live: &Arc<Live>, written: ExportFormat) -> Vec<u8> {
    let mut export = Export::new(live.clone(), Filter::default(), written);
    let mut text = Vec::new();
    while let Some(part) = export.next_part().await.unwrap() {
        text.extend(part);
    }
    text
}

/// What becomes of `text` in an empty store, as `epochcast import` sends it.
async fn imported(format: Format, text: Vec<u8>) -> (Receipt, Live) {
    let dir = TempDir::new().unwrap();
    let options = Options {
        seed: false,
        now: NOW,
    };
    let empty = Store::open(&url(&dir), options).await.unwrap();
    let copy = Live::open(empty).await.unwrap();
    let upload = Upload {
        format,
        body: Box::new(std::io::Cursor::new(text)),
        on_error: OnError::Abort,
        dry_run: false,
        defaults: Defaults::default(),
        trusted: true,
        sender: "import".into(),
        now: NOW,
    };
    (copy.receive(upload).await.unwrap(), copy)
}

/// Name and coefficients of every fit.
pub(crate) fn fits(live: &Live) -> Vec<String> {
    let predictors = live.predictors();
    let all = Mode::ALL
        .into_iter()
        .flat_map(|mode| predictors.of_mode(mode).cloned().collect::<Vec<_>>());
    all.flat_map(|p| {
        Form::ALL.map(|form| format!("{} {:?}", p.id(Estimator::default()), p.fitted(form)))
    })
    .collect()
}

#[tokio::test]
async fn an_export_imported_into_an_empty_store_gives_the_same_fits_to_the_bit() {
    let app = App::seeded().await;
    let slip = json!({"platform": "rtx3090-nchw", "mode": "train", "label": "slip", "model": {"name": "ResNet-50"},
        "images_per_second": 0.8});
    assert_eq!(
        numbers(&app.upload("application/json", "", slip.to_string()).await),
        [0, 0, 1, 0]
    );
    for (format, written) in [
        (Format::Ndjson, ExportFormat::Ndjson),
        (Format::Csv, ExportFormat::Csv),
    ] {
        let text = exported(&app.live, written).await;
        let (receipt, copy) = imported(format, text).await;
        assert_eq!(
            (receipt.counts.accepted, receipt.counts.quarantined),
            (954, 1)
        );
        assert_eq!(fits(&copy), fits(&app.live));
    }
}

#[tokio::test]
async fn a_backup_restores_what_was_and_damage_is_named() {
    in_files();
    let app = App::seeded().await;
    let backup = app.folder().join("backup.db");
    app.live.store().back_up(&backup, NOW).await.unwrap();
    let before = fits(&app.live);
    app.upload(
        "application/json",
        "",
        first("ResNet-50", 100.0).to_string(),
    )
    .await;
    assert_eq!(app.fitted("mine").await, 1);
    app.restore(&backup).await;
    app.live.refresh().await.unwrap();
    assert_eq!(fits(&app.live), before);
    assert_eq!(app.live.store().damage().await.unwrap(), []);
    let left: Vec<_> = std::fs::read_dir(app.folder())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert!(
        left.iter()
            .all(|name| !name.to_str().unwrap().contains("unfinished")),
        "{left:?}"
    );
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(app.path());
    let db = sqlx::SqlitePool::connect_with(options).await.unwrap();
    sqlx::query("update measurements set images_per_second = 1 where id = 300")
        .execute(&db)
        .await
        .unwrap();
    let damage = app.live.store().damage().await.unwrap();
    assert_eq!(damage.len(), 1);
    assert_eq!(damage[0].place, "upload 1");
}

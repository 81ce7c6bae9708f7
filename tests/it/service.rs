//! How the service is run: what it tells of itself, whom it lets in, and what it was started with.

use std::io::Read;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use axum::response::Response;
use epochcast::http::{Origins, Service, Settings, router};
use epochcast::live::Live;
use epochcast::store::{DatabaseUrl, Options, Scope, Senders, Store};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::app::{App, NOW, deed, in_files};

async fn ask(service: &Service, request: axum::http::request::Builder) -> Response {
    let request = request.body(Body::empty()).unwrap();
    service.clone().oneshot(request).await.unwrap()
}

async fn text(response: Response) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn run_with(app: &App, settings: Settings) -> Service {
    router(app.live.clone(), settings)
}

#[tokio::test]
async fn the_metrics_count_requests_rows_and_fits() {
    let app = App::seeded().await;
    let token = app.token("me", Scope::Write).await;
    app.get("/v1/models/resnet50").await;
    app.get("/v1/nothing").await;
    let rows = json!([
        {"platform": "v100x8-paper", "mode": "train", "label": "a", "complexity": {"flops": 1e9, "params": 1e7, "acts": 1e7},
         "images_per_second": 2500.0},
        {"platform": "v100x8-paper", "mode": "train", "label": "b", "complexity": {"flops": 1e9, "params": 1e7, "acts": 1e7},
         "images_per_second": 0.01},
    ]);
    let request = Request::post("/v1/measurements")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json");
    let stored = app
        .call(request.body(rows.to_string().into()).unwrap())
        .await;
    assert_eq!(stored.status, 200, "{}", stored.body);
    let page = app.get("/metrics").await;
    let page = page.body.as_str().unwrap();
    for line in [
        "epochcast_http_requests_total{route=\"/v1/models/{name}\",method=\"GET\",status=\"200\"} 1",
        "epochcast_http_requests_total{route=\"-\",method=\"GET\",status=\"404\"} 1",
        "epochcast_http_request_duration_seconds_bucket{route=\"/v1/models/{name}\",le=\"+Inf\"} 1",
        "epochcast_http_request_duration_seconds_count{route=\"/v1/models/{name}\"} 1",
        "epochcast_http_requests_in_flight 1",
        "epochcast_uploads_total 1",
        "epochcast_rows_total{verdict=\"accepted\"} 1",
        "epochcast_rows_total{verdict=\"quarantined\"} 1",
        "epochcast_fit_measurements{platform=\"v100x8-paper\",mode=\"train\"} 188",
        "epochcast_data_version 2",
        "epochcast_http_panics_total 0",
        "epochcast_http_requests_shed_total 0",
    ] {
        assert!(
            page.lines().any(|found| found == line),
            "{line} is not in\n{page}"
        );
    }
}

#[tokio::test]
async fn every_metric_has_a_help_a_type_and_a_line_in_the_documentation() {
    let page = App::seeded().await.get("/metrics").await;
    let page = page.body.as_str().unwrap();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/service.md");
    let documentation = std::fs::read_to_string(path).unwrap();
    let mut named = 0;
    for line in page.lines().filter(|line| line.starts_with("# TYPE ")) {
        let name = line.split(' ').nth(2).unwrap();
        assert!(page.contains(&format!("# HELP {name} ")), "{name}");
        assert!(documentation.contains(&format!("`{name}`")), "{name}");
        named += 1;
    }
    assert!(named > 15, "{page}");
}

#[tokio::test]
async fn the_limits_are_those_that_hold() {
    let app = App::seeded().await;
    let limits = app.get("/v1/limits").await.body;
    let size = |name: &str| usize::try_from(limits["sizes"][name].as_u64().unwrap()).unwrap();
    let long = " ".repeat(size("net_body_bytes") + 1);
    let answer = app.send("/v1/predict", "application/json", long).await;
    assert_eq!(answer.status, 413);
    let items = vec![json!({}); size("batch_items") + 1];
    let answer = app
        .post("/v1/predict/batch", &json!({"items": items}))
        .await;
    assert_eq!(answer.status, 422);
    let path = format!("/v1/measurements?limit={}", size("page_rows"));
    assert_eq!(app.get(&path).await.status, 200);
    assert_eq!(app.get(&format!("{path}1")).await.status, 422);
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    for (depth, status) in [(size("json_depth"), 422), (size("json_depth") + 1, 400)] {
        let answer = app
            .send("/v1/predict", "application/json", nested(depth))
            .await;
        assert_eq!(answer.status, status, "{depth}");
    }
}

#[tokio::test]
async fn odd_numbers_are_refused_and_whole_ones_in_any_form_are_taken() {
    let app = App::seeded().await;
    for (number, status) in [
        ("NaN", 400),
        ("1e999", 400),
        ("\u{ff11}\u{ff12}", 400),
        ("-0.0", 422),
        ("18446744073709551616", 422),
        ("1.5", 422),
        ("1e3", 200),
        ("224.0", 200),
    ] {
        let body =
            format!("{{\"model\": {{\"name\": \"ResNet-50\"}}, \"dataset_images\": {number}}}");
        let answer = app.send("/v1/predict", "application/json", body).await;
        assert_eq!(answer.status.as_u16(), status, "{number}: {}", answer.body);
    }
    let keys: serde_json::Map<String, Value> =
        (0..100_000).map(|i| (format!("k{i}"), i.into())).collect();
    let answer = app.post("/v1/predict", &Value::Object(keys)).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.to_string().len() < 100_000);
}

#[tokio::test]
async fn a_forged_host_and_a_foreign_page_are_refused_as_problems() {
    let app = App::seeded().await;
    let service = run_with(
        &app,
        Settings {
            origins: Origins {
                strict: true,
                ..Origins::default()
            },
            ..Settings::default()
        },
    );
    let forged = Request::get("/v1/models").header(header::HOST, "evil.example");
    let forged = ask(&service, forged).await;
    assert_eq!(forged.status(), StatusCode::MISDIRECTED_REQUEST);
    assert!(text(forged).await.contains("--allowed-host evil.example"));
    let read = Request::get("/v1/models")
        .header(header::HOST, "localhost")
        .header(header::ORIGIN, "https://evil.example");
    let read = ask(&service, read).await;
    assert_eq!(read.status(), StatusCode::FORBIDDEN);
    assert!(
        read.headers()
            .get(header::ACCESS_CONTROL_ALLOW_ORIGIN)
            .is_none()
    );
}

#[tokio::test]
async fn an_origin_that_is_let_in_may_ask_beforehand_call_and_read() {
    let app = App::seeded().await;
    let service = run_with(
        &app,
        Settings {
            origins: Origins {
                cors: vec!["https://friend.example".to_owned()],
                ..Origins::default()
            },
            ..Settings::default()
        },
    );
    let named = |response: &Response| {
        let headers = response.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        headers.map(|value| value.to_str().unwrap().to_owned())
    };
    let asked = Request::options("/v1/predict")
        .header(header::ORIGIN, "https://friend.example")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST");
    let asked = ask(&service, asked).await;
    assert_eq!(asked.status(), StatusCode::NO_CONTENT);
    assert_eq!(named(&asked).as_deref(), Some("https://friend.example"));
    let read = Request::get("/v1/models").header(header::ORIGIN, "https://friend.example");
    let read = ask(&service, read).await;
    assert_eq!(read.status(), StatusCode::OK);
    assert_eq!(named(&read).as_deref(), Some("https://friend.example"));
    let varies: Vec<_> = read.headers().get_all(header::VARY).iter().collect();
    assert!(varies.iter().any(|by| *by == "origin"), "{varies:?}");
    let other = Request::get("/v1/models").header(header::ORIGIN, "https://other.example");
    let other = ask(&service, other).await;
    assert_eq!(
        (other.status(), named(&other)),
        (StatusCode::FORBIDDEN, None)
    );
}

#[tokio::test]
async fn a_service_that_only_reads_refuses_every_write_even_with_a_token() {
    let app = App::seeded().await;
    let token = app.token("boss", Scope::Admin).await;
    let service = run_with(
        &app,
        Settings {
            read_only: true,
            ..Settings::default()
        },
    );
    let bearer = format!("Bearer {token}");
    for (method, path) in [
        (Method::POST, "/v1/measurements"),
        (Method::DELETE, "/v1/uploads/1"),
        (Method::POST, "/v1/uploads/1/restore"),
    ] {
        let request = Request::builder()
            .method(&method)
            .uri(path)
            .header(header::AUTHORIZATION, &bearer);
        let answer = ask(&service, request).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{method} {path}");
    }
    assert_eq!(
        ask(&service, Request::get("/v1/models")).await.status(),
        200
    );
}

#[tokio::test]
async fn where_reading_takes_a_token_only_pages_and_health_are_open() {
    let app = App::seeded().await;
    let token = app.token("reader", Scope::Read).await;
    let service = run_with(
        &app,
        Settings {
            require_token: true,
            ..Settings::default()
        },
    );
    let document = text(ask(&service, Request::get("/openapi.json")).await).await;
    let document: Value = serde_json::from_str(&document).unwrap();
    let mut closed = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let path = path.replace("{id}", "1").replace("{name}", "resnet50");
            let request = || Request::builder().method(&method).uri(&path);
            let without = ask(&service, request()).await.status();
            let open = ["/healthz", "/readyz"].contains(&path.as_str());
            assert_eq!(without == 401, !open, "{method} {path}: {without}");
            closed += usize::from(!open);
            let wrong = request().header(header::AUTHORIZATION, "Bearer epochcast_wrong");
            assert_eq!(
                ask(&service, wrong).await.status() == 401,
                !open,
                "{method} {path}"
            );
            let right = request().header(header::AUTHORIZATION, format!("Bearer {token}"));
            assert_ne!(ask(&service, right).await.status(), 401, "{method} {path}");
        }
    }
    assert!(closed > 15);
    assert_eq!(ask(&service, Request::get("/")).await.status(), 200);
}

#[tokio::test]
async fn readiness_turns_while_another_process_holds_the_database_and_turns_back() {
    in_files();
    let app = App::seeded().await;
    let probe = || app.live.store().probe(NOW);
    probe().await.unwrap();
    let other = SqliteConnectOptions::new().filename(app.path());
    let mut other = other.connect().await.unwrap();
    sqlx::query("begin immediate")
        .execute(&mut other)
        .await
        .unwrap();
    assert!(probe().await.is_err());
    other.close().await.unwrap();
    probe().await.unwrap();
    let writing = app.live.store().begin("me", NOW).await.unwrap();
    probe().await.unwrap();
    writing.roll_back().await.unwrap();
}

/// A database of the first release, made by it: 49 rows of five uploads, one of them taken out, and two tokens.
const FIRST: &[u8] = include_bytes!("../files/epochcast-0.1.0.db.gz");
/// Those of later releases, made by each: 46 rows of three uploads, one of them taken out, and three tokens.
pub(crate) const LATER: [&[u8]; 3] = [
    include_bytes!("../files/epochcast-0.2.0.db.gz"),
    include_bytes!("../files/epochcast-0.3.0.db.gz"),
    include_bytes!("../files/epochcast-0.4.0.db.gz"),
];
/// One of 0.5.0, made by it: what was taken out and put back there stands in the test.
const TAKEN_OUT: &[u8] = include_bytes!("../files/epochcast-0.5.0.db.gz");

pub(crate) fn of_release(packed: &[u8], dir: &TempDir) -> DatabaseUrl {
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(packed)
        .read_to_end(&mut unpacked)
        .unwrap();
    let path = dir.path().join("old.db");
    std::fs::write(&path, unpacked).unwrap();
    format!("sqlite://{}", path.display()).parse().unwrap()
}

#[tokio::test]
async fn a_database_of_the_first_release_is_opened_with_all_that_it_holds() {
    let dir = TempDir::new().unwrap();
    let url = of_release(FIRST, &dir);
    let options = Options {
        seed: true,
        now: NOW,
    };
    let store = Store::open(&url, options).await.unwrap();
    assert_eq!(store.damage().await.unwrap(), []);
    let uploads = store.uploads(0, 100).await.unwrap();
    let accepted: Vec<i64> = uploads.iter().map(|upload| upload.accepted).collect();
    assert_eq!(accepted, [40, 0, 2, 2, 4]);
    assert_eq!(store.rejections(2, 0, 100).await.unwrap().len(), 5);
    assert_eq!(store.tokens().await.unwrap().len(), 2);
    let live = Live::open(store).await.unwrap();
    let fitted: Vec<usize> = epochcast::timing::Mode::ALL
        .into_iter()
        .flat_map(|mode| {
            live.predictors()
                .of_mode(mode)
                .map(|fit| fit.measurements())
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(fitted.iter().sum::<usize>(), 44);
    live.store().close().await;
}

#[tokio::test]
async fn a_database_of_every_later_release_is_opened_with_all_that_it_holds() {
    for release in LATER {
        let dir = TempDir::new().unwrap();
        let options = Options {
            seed: true,
            now: NOW,
        };
        let url = of_release(release, &dir);
        let store = Store::open(&url, options).await.unwrap();
        assert_eq!(store.damage().await.unwrap(), []);
        let uploads = store.uploads(0, 100).await.unwrap();
        let accepted: Vec<i64> = uploads.iter().map(|upload| upload.accepted).collect();
        assert_eq!(accepted, [40, 2, 4]);
        let mut rejected = 0;
        for upload in &uploads {
            rejected += store.rejections(upload.id, 0, 1000).await.unwrap().len();
        }
        assert_eq!(rejected, 5);
        assert_eq!(store.tokens().await.unwrap().len(), 3);
        let live = Live::open(store).await.unwrap();
        let predictors = live.predictors();
        let fits: Vec<usize> = predictors
            .of_mode(epochcast::timing::Mode::Train)
            .map(|fit| fit.measurements())
            .collect();
        assert_eq!(fits, [42]);
        live.store().close().await;
    }
}

/// What was out in release 0.5.0 stays out, and one restore of its upload, or of the row, brings it back.
#[tokio::test]
async fn what_could_not_be_put_back_in_an_earlier_release_can_be_after_the_migration() {
    let dir = TempDir::new().unwrap();
    let options = Options {
        seed: true,
        now: NOW,
    };
    let store = Store::open(&of_release(TAKEN_OUT, &dir), options)
        .await
        .unwrap();
    assert_eq!(store.damage().await.unwrap(), []);
    let live = Live::open(store).await.unwrap();
    let fitted = || -> usize { live.predictors().all().map(|fit| fit.measurements()).sum() };
    // Of 60 that are not doubted, four went with upload 3, three with 4, one of 5, two of 6 (sent again as 7), three of 8, one of 9.
    assert_eq!(fitted(), 46);
    for (upload, back, why) in [
        (3, 4, "it was taken out"),
        (4, 3, "it was taken out twice and put back, in vain"),
        (5, 0, "a row of it was taken out by itself"),
        (6, 0, "the same stands in 7"),
        (8, 2, "a row of it was taken out by itself before"),
        (9, 1, "it was taken out twice and put back, in vain"),
    ] {
        let moved = live.restore_upload(upload, &deed()).await.unwrap();
        assert_eq!(moved.timings, back, "upload {upload}: {why}");
    }
    assert_eq!(live.remove_upload(7, &deed()).await.unwrap().remaining, 2);
    for row in [51, 57] {
        let moved = live.restore_row(row, &Senders::Everybody, &deed()).await;
        assert_eq!(moved.unwrap().timings, 1);
    }
    assert_eq!(fitted(), 58);
    assert_eq!(live.store().damage().await.unwrap(), []);
    live.store().close().await;
}

#[tokio::test]
async fn a_database_that_is_only_read_is_not_touched() {
    let dir = TempDir::new().unwrap();
    let url = of_release(FIRST, &dir);
    let options = Options {
        seed: true,
        now: NOW,
    };
    Store::open(&url, options).await.unwrap().close().await;
    std::fs::remove_file(dir.path().join("old.db.lock")).unwrap();
    let before = std::fs::read(url.file().unwrap()).unwrap();
    let store = Store::open_read_only(&url).await.unwrap();
    assert_eq!(store.uploads(0, 100).await.unwrap().len(), 5);
    store.probe(NOW).await.unwrap();
    assert!(store.begin("me", NOW).await.is_err());
    store.close().await;
    assert_eq!(std::fs::read(url.file().unwrap()).unwrap(), before);
    assert!(!dir.path().join("old.db.lock").exists());
}

//! How often intervals held, of timings that were predicted before they were learnt.

use axum::http::Method;
use epochcast::store::Scope;
use serde_json::{Value, json};

use crate::app::{App, NOW, in_files};
use crate::standing::{at_speed, rows};

impl App {
    async fn calibration(&self) -> Value {
        let answer = self.get("/v1/calibration?platform=mine").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    /// Timings of `mine` that were predicted before they were learnt.
    async fn foretold(&self) -> Value {
        self.calibration().await["all"]["ever"]["rows"].clone()
    }
}

/// Twenty rows of `mine`, of which nobody knew anything, and then ten more.
async fn with_foretold_rows() -> App {
    let app = App::seeded().await;
    app.judged("", &rows(30)[..20]).await;
    app.judged("", &rows(30)[20..]).await;
    app
}

/// How the service predicts each of `rows`: low, high and time in seconds.
async fn predicted(app: &App, rows: &[Value], level: f64) -> Vec<[f64; 3]> {
    let item = |row: &Value| {
        json!({"model": row["model"], "batch_size": row["batch_size"], "label": row["label"], "platform": "mine",
            "interval": level})
    };
    let items: Vec<Value> = rows.iter().map(item).collect();
    let answer = app
        .post("/v1/predict/batch", &json!({"items": items}))
        .await;
    let items = answer.body["items"].as_array().unwrap().clone();
    let of = |item: &Value| {
        let row = &item["predictions"][0];
        let [low, high] = ["low_seconds", "high_seconds"].map(|end| &row["interval"][end]);
        [low, high, &row["epoch_seconds"]].map(|seconds| seconds.as_f64().unwrap())
    };
    items.iter().map(of).collect()
}

#[tokio::test]
async fn rows_are_held_against_what_the_service_said_before_they_came() {
    let app = App::seeded().await;
    let rows = rows(54);
    app.judged("", &rows[..20]).await;
    // A few that are off, as none of the intervals holds all of these.
    let fresh: Vec<Value> = (0..34)
        .map(|i| at_speed(rows[20 + i].clone(), if i % 4 == 0 { 1.2 } else { 1.0 }))
        .collect();
    let mut held = Vec::new();
    let mut ratios = Vec::new();
    for level in [0.8, 0.9, 0.95] {
        let told = predicted(&app, &fresh, level).await;
        let seconds = |row: &Value| 1_281_167.0 / row["images_per_second"].as_f64().unwrap();
        let inside = fresh.iter().zip(&told).filter(|(row, [low, high, _])| {
            let seconds = seconds(row);
            *low <= seconds && seconds <= *high
        });
        let share = f64::from(u32::try_from(inside.count()).unwrap()) / 34.0;
        held.push(share);
        ratios = fresh
            .iter()
            .zip(&told)
            .map(|(row, [.., predicted])| seconds(row) / predicted)
            .collect();
    }
    assert!(held.iter().any(|share| *share < 1.0), "{held:?}");
    let answer = app.judged("", &fresh).await;
    assert_eq!(answer.body["accepted"], 34, "{}", answer.body);
    let told = app.calibration().await;
    assert_eq!(told["all"]["measurements"], 54);
    let ever = &told["all"]["ever"];
    assert_eq!(ever["rows"], 34);
    assert_eq!(
        json!(held),
        json!(["covered_80", "covered_90", "covered_95"].map(|name| &ever[name]))
    );
    ratios.sort_by(f64::total_cmp);
    let median = (ratios[16] * ratios[17]).sqrt() - 1.0;
    // Tolerance: the answer is written from logs.
    assert!((ever["signed_error"].as_f64().unwrap() - median).abs() < 1e-9);
    assert_eq!(told["all"]["lately"], *ever);
    assert_eq!(told["all"]["months"][0]["rows"], 34);
    let [row] = told["platforms"].as_array().unwrap().as_slice() else {
        panic!("{told}");
    };
    assert_eq!(
        (&row["platform"], &row["mode"]),
        (&json!("mine"), &json!("train"))
    );
    assert_eq!(row["ever"], *ever);
}

#[tokio::test]
async fn of_timings_that_came_with_the_service_nothing_is_invented() {
    let app = App::seeded().await;
    let told = app.get("/v1/calibration").await.body;
    let nothing = json!({"rows": 0, "covered_80": null, "covered_90": null, "covered_95": null, "signed_error": null});
    assert_eq!(told["all"]["ever"], nothing);
    assert_eq!(told["all"]["months"], json!([]));
    assert_eq!(told["platforms"].as_array().unwrap().len(), 6);
    for row in told["platforms"].as_array().unwrap() {
        assert_eq!(row["lately"], nothing);
        assert!(row["measurements"].as_u64().unwrap() > 20);
    }
    // Nor of the first of a platform, of which no fit says anything.
    app.judged("", &rows(20)).await;
    assert_eq!(app.foretold().await, 0);
}

#[tokio::test]
async fn what_is_taken_out_leaves_the_calibration_and_comes_back_with_it() {
    let app = with_foretold_rows().await;
    let before = app.calibration().await;
    assert_eq!(before["all"]["ever"]["rows"], 10);
    let token = app.token("root", Scope::Admin).await;
    app.with_token(Method::DELETE, "/v1/uploads/3", &token)
        .await;
    assert_eq!(app.foretold().await, 0);
    app.with_token(Method::POST, "/v1/uploads/3/restore", &token)
        .await;
    assert_eq!(app.calibration().await["all"], before["all"]);
    // What it was told when it first came, also where it is sent again after a restart.
    app.with_token(Method::DELETE, "/v1/uploads/3", &token)
        .await;
    let mut app = app;
    app.reopen().await;
    app.judged("", &rows(30)[20..]).await;
    assert_eq!(app.calibration().await["all"], before["all"]);
}

#[tokio::test]
async fn a_row_that_is_out_counts_when_it_is_cleared_and_a_dry_run_never() {
    let app = App::seeded().await;
    let all = rows(30);
    app.judged("", &all[..20]).await;
    let mut sent = all[20..].to_vec();
    sent[3] = at_speed(sent[3].clone(), 1e3);
    app.judged("?dry_run=true", &sent).await;
    assert_eq!(app.foretold().await, 0);
    let answer = app.judged("", &sent).await;
    assert_eq!(answer.body["quarantined"], 1, "{}", answer.body);
    assert_eq!(app.foretold().await, 9);
    app.live
        .rule(
            epochcast::store::Object::Upload(3),
            &epochcast::store::Decision {
                ruling: epochcast::store::Ruling::In,
                reason: "timed again".to_owned(),
                deed: crate::app::deed(),
            },
        )
        .await
        .unwrap();
    assert_eq!(app.foretold().await, 10);
}

#[tokio::test]
async fn a_backup_has_the_calibration_and_an_export_does_not() {
    in_files();
    let app = with_foretold_rows().await;
    let before = app.calibration().await;
    let copy = app.folder().join("copy.db");
    app.live.store().back_up(&copy, NOW).await.unwrap();
    let other = App::empty().await;
    other.restore(&copy).await;
    other.live.refresh().await.unwrap();
    assert_eq!(other.calibration().await["all"], before["all"]);
    let export = app.get("/v1/measurements.ndjson?platform=mine").await.body;
    let third = App::seeded().await;
    let token = third.token("root", Scope::Admin).await;
    let request = axum::http::Request::post("/v1/measurements")
        .header("content-type", "application/x-ndjson")
        .header("authorization", format!("Bearer {token}"));
    let body = export.as_str().unwrap().to_owned();
    let answer = third.call(request.body(body.into()).unwrap()).await;
    assert_eq!(answer.body["accepted"], 30, "{}", answer.body);
    assert_eq!(third.foretold().await, 0);
}

#[tokio::test]
async fn the_badge_and_the_metrics_say_how_often_intervals_held() {
    let app = with_foretold_rows().await;
    let told = app.calibration().await;
    let covered = told["all"]["lately"]["covered_90"].as_f64().unwrap();
    let badge = app.get("/v1/calibration/badge.svg?platform=mine").await;
    assert_eq!(badge.kind, "image/svg+xml; charset=utf-8");
    let said = format!("90 % held: {:.0} % of 10", 100.0 * covered);
    assert!(
        badge.body.as_str().unwrap().contains(&said),
        "{}",
        badge.body
    );
    let badge = app
        .get("/v1/calibration/badge.svg?platform=v100x8-paper")
        .await;
    assert!(badge.body.as_str().unwrap().contains("no timings yet"));
    let page = app.get("/metrics").await.body;
    for line in [
        "epochcast_calibration_rows 10".to_owned(),
        format!("epochcast_calibration_covered_ratio{{level=\"0.9\"}} {covered}"),
    ] {
        let page = page.as_str().unwrap();
        assert!(page.lines().any(|found| found == line), "{line}: {page}");
    }
    for path in ["/v1/calibration", "/v1/calibration/badge.svg"] {
        let answer = app.get(&format!("{path}?platform=mein")).await;
        assert_eq!(answer.status, 422, "{path}");
        assert_eq!(answer.body["errors"][0]["pointer"], "/platform");
        assert!(
            answer.body["detail"].as_str().unwrap().contains("mine"),
            "{}",
            answer.body
        );
    }
}

//! The list of measurements: filters, pages, and what is derived.

use std::collections::BTreeSet;

use axum::http::Method;
use epochcast::store::Scope;
use serde_json::Value;

use crate::app::App;

#[tokio::test]
async fn pages_lead_through_all_rows_once() {
    let app = App::seeded().await;
    let (mut path, mut ids) = ("/v1/measurements?limit=100".to_owned(), Vec::new());
    loop {
        let page = app.get(&path).await;
        ids.extend(
            page.body["measurements"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["id"].as_i64().unwrap()),
        );
        let Some(next) = page
            .link
            .strip_prefix('<')
            .and_then(|link| link.strip_suffix(">; rel=\"next\""))
        else {
            assert!(page.body["next"].is_null());
            break;
        };
        path = next.to_owned();
    }
    assert_eq!(
        (ids.len(), ids.iter().collect::<BTreeSet<_>>().len()),
        (954, 954)
    );
}

/// Walks `path` page by page; returns all rows.
async fn walked(app: &App, path: &str) -> Vec<Value> {
    let (mut next, mut rows) = (Some(String::new()), Vec::new());
    while let Some(cursor) = next {
        let page = app.get(&format!("{path}&limit=37{cursor}")).await.body;
        rows.extend(page["measurements"].as_array().unwrap().clone());
        next = page["next"].as_str().map(|next| format!("&cursor={next}"));
    }
    rows
}

/// What a list is in the order of.
type Key = fn(&Value) -> Value;

#[tokio::test]
async fn every_order_leads_through_all_rows_once() {
    let app = App::seeded().await;
    let of = "/v1/measurements?platform=v100x8-paper&mode=train";
    let orders: [(&str, Key); 6] = [
        ("id", |row| row["id"].clone()),
        ("label", |row| row["label"].clone()),
        ("time", |row| row["seconds_per_image"].clone()),
        ("acts", |row| row["costs"]["acts"].clone()),
        ("flops", |row| row["costs"]["flops"].clone()),
        ("params", |row| row["costs"]["params"].clone()),
    ];
    for (sort, key) in orders {
        for order in ["asc", "desc"] {
            let rows = walked(&app, &format!("{of}&sort={sort}&order={order}")).await;
            let ids: BTreeSet<_> = rows.iter().map(|row| row["id"].as_i64()).collect();
            assert_eq!((rows.len(), ids.len()), (187, 187), "{sort} {order}");
            for pair in rows.windows(2) {
                let (a, b) = (key(&pair[0]), key(&pair[1]));
                let (a, b) = if order == "asc" { (a, b) } else { (b, a) };
                let sorted = match (a.as_f64(), b.as_f64()) {
                    (Some(a), Some(b)) => a <= b,
                    _ => a.as_str() <= b.as_str(),
                };
                assert!(sorted, "{sort} {order}: {a} before {b}");
            }
        }
    }
}

#[tokio::test]
async fn a_search_finds_part_of_a_label_or_of_a_name() {
    let app = App::seeded().await;
    let of = "/v1/measurements?platform=v100x8-paper&mode=train";
    let by_id = walked(&app, &format!("{of}&search=regnety-500mf")).await;
    let by_acts = walked(&app, &format!("{of}&search=regnety-500mf&sort=acts")).await;
    assert_eq!((by_id.len(), by_acts.len()), (64, 64));
    assert_eq!(walked(&app, &format!("{of}&search=%25")).await.len(), 0);
}

#[tokio::test]
async fn what_cannot_be_sorted_is_said() {
    let app = App::seeded().await;
    for (query, pointer) in [
        ("sort=acts", "/sort"),
        (
            "sort=acts&platform=v100x8-paper&mode=train&quarantined=true",
            "/sort",
        ),
        (
            "sort=acts&platform=v100x8-paper&mode=train&cursor=m2",
            "/cursor",
        ),
        ("sort=label&cursor=l1.zz", "/cursor"),
        ("cursor=q1.2", "/cursor"),
    ] {
        let answer = app.get(&format!("/v1/measurements?{query}")).await;
        assert_eq!(answer.status, 422, "{query}: {}", answer.body);
        assert_eq!(answer.body["errors"][0]["pointer"], pointer, "{query}");
    }
}

#[tokio::test]
async fn one_measurement_is_there_until_it_is_taken_out() {
    let app = App::seeded().await;
    let token = app.token("boss", Scope::Admin).await;
    assert_eq!(app.get("/v1/measurements/120").await.body["id"], 120);
    app.with_token(Method::DELETE, "/v1/measurements/120", &token)
        .await;
    assert_eq!(app.get("/v1/measurements/120").await.status, 404);
}

#[tokio::test]
async fn a_platform_says_when_its_last_timing_came() {
    let app = App::seeded().await;
    let list = app.get("/v1/platforms").await.body;
    for platform in list["platforms"].as_array().unwrap() {
        assert_eq!(platform["last_upload"], "2026-11-24T12:00:00Z");
        let errors = &platform["cross_validated_error"];
        assert!(errors["train"].is_number() || errors["infer"].is_number());
    }
}

#[tokio::test]
async fn filters_narrow_the_list() {
    let app = App::seeded().await;
    let rows = app
        .get("/v1/measurements?platform=rtx3090-nchw&mode=train&label=resnet50")
        .await;
    let row = &rows.body["measurements"][0];
    assert_eq!(rows.body["measurements"].as_array().unwrap().len(), 1);
    assert_eq!(
        (row["costs"]["flops"].as_u64(), row["group"].as_str()),
        (Some(4_089_185_256), Some("resnet"))
    );
    assert_eq!(row["model"], serde_json::json!({"name": "ResNet-50"}));
    assert_eq!(
        app.get("/v1/measurements?platform=none").await.body["measurements"],
        serde_json::json!([])
    );
}

#[tokio::test]
async fn a_platform_shows_what_its_timings_say() {
    let app = App::seeded().await;
    let paper = app.get("/v1/platforms/v100x8-paper").await.body;
    let fits = &paper["fits"][0];
    assert_eq!(fits["all"]["n"], 187);
    let r = fits["all"]["r"]["acts"].as_f64().unwrap();
    assert!((r - 0.944).abs() < 0.0005, "{r}");
    assert_eq!(fits["groups"].as_array().unwrap().len(), 3);
}

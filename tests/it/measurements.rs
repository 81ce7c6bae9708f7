//! The list of measurements: filters, pages, and what is derived.

use std::collections::BTreeSet;

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
        (809, 809)
    );
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

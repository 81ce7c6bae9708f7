//! `Epochcast-Data-Version`: of which data an answer is, and from which data on it is asked for.

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use epochcast::store::Scope;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::app::App;
use crate::standing::rows;

const NAME: &str = "epochcast-data-version";

/// Status, headers and body of the answer to `request`.
async fn answered(app: &App, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
    let (parts, body) = app
        .router
        .clone()
        .oneshot(request)
        .await
        .unwrap()
        .into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (
        parts.status,
        parts.headers,
        String::from_utf8(body.to_vec()).unwrap(),
    )
}

/// An upload of `rows`; the version that its answer names.
async fn uploaded(app: &App, rows: &[Value]) -> String {
    let token = app.token("me", Scope::Write).await;
    let request = Request::post("/v1/measurements")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    let request = request.body(json!(rows).to_string().into()).unwrap();
    let (status, headers, text) = answered(app, request).await;
    assert_eq!(status, StatusCode::OK, "{text}");
    headers[NAME].to_str().unwrap().to_owned()
}

/// What is asked of a net, from data of `version` on.
fn question(version: Option<&str>) -> Request<Body> {
    let mut request = Request::post("/v1/predict").header(header::CONTENT_TYPE, "application/json");
    if let Some(version) = version {
        request = request.header(NAME, version);
    }
    let asked = json!({"model": {"name": "ResNet-50"}, "platform": "mine"});
    request.body(asked.to_string().into()).unwrap()
}

#[tokio::test]
async fn every_answer_names_the_version_of_its_data_and_an_upload_the_one_it_makes() {
    let app = App::seeded().await;
    let now = async || {
        let request = Request::get("/v1/version").body(Body::empty()).unwrap();
        let (_, headers, text) = answered(&app, request).await;
        let told: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(headers[NAME], told["data_version"].to_string());
        told["data_version"].to_string()
    };
    let before = now().await;
    let made = uploaded(&app, &rows(20)).await;
    assert_ne!(before, made);
    assert_eq!(made, now().await);
    let (_, headers, _) = answered(&app, question(None)).await;
    assert_eq!(headers[NAME], made);
}

#[tokio::test]
async fn who_names_the_version_of_an_upload_is_answered_from_it_by_another_service() {
    let one = App::seeded().await;
    let other = App::at(one.url().clone()).await;
    let made = uploaded(&one, &rows(20)).await;
    one.live.settle().await.unwrap();
    let (status, _, text) = answered(&other, question(None)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{text}");
    let here = answered(&one, question(Some(&made))).await;
    let there = answered(&other, question(Some(&made))).await;
    assert_eq!(there.1[NAME], made);
    assert_eq!(here.2, there.2);
}

#[tokio::test]
async fn a_version_that_does_not_come_is_told_so_and_so_is_one_that_is_none() {
    let app = App::seeded().await;
    let (status, headers, text) = answered(&app, question(Some("1000000"))).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(headers[header::RETRY_AFTER], "1");
    assert!(
        text.contains("asks for 1000000: ask again, or leave that header out"),
        "{text}"
    );
    for none in ["", "x", "1.5", "-1", "99999999999999999999"] {
        let (status, _, text) = answered(&app, question(Some(none))).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{none}");
        assert!(
            text.contains("the header Epochcast-Data-Version is no whole number"),
            "{text}"
        );
    }
}

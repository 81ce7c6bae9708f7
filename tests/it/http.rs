//! Errors, whatever their origin, are problems; nets and strategies can be looked up.

use axum::http::{Method, Request, StatusCode};
use serde_json::json;

use crate::app::{Answer, App};

fn is_problem(answer: &Answer, status: u16) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    assert_eq!(answer.kind, "application/problem+json");
    for field in ["type", "title", "detail", "request_id"] {
        assert!(
            answer.body[field]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{field}: {}",
            answer.body
        );
    }
    assert_eq!(answer.body["status"], status);
    assert!(answer.body["errors"].is_array());
}

#[tokio::test]
async fn every_error_is_a_problem() {
    let app = App::seeded().await;
    is_problem(&app.get("/v1/nothing").await, 404);
    is_problem(&app.get("/v1/models/nothing").await, 404);
    is_problem(&app.get("/v1/platforms/nothing").await, 404);
    is_problem(&app.get("/v1/predict").await, 405);
    is_problem(&app.send("/v1/predict", "text/plain", "{}").await, 415);
    is_problem(&app.send("/v1/predict", "application/json", "{").await, 400);
    is_problem(
        &app.send("/v1/predict", "application/json", "[1e999]").await,
        400,
    );
    is_problem(
        &app.send("/v1/predict", "application/json", "[".repeat(200))
            .await,
        400,
    );
    is_problem(
        &app.send("/v1/predict", "application/json", " ".repeat(5 << 20))
            .await,
        413,
    );
    is_problem(
        &app.send(
            "/v1/predict",
            "application/json",
            r#"{"mode": "a", "mode": "b"}"#,
        )
        .await,
        422,
    );
    is_problem(&app.post("/v1/predict", &json!({})).await, 422);
    is_problem(&app.post("/v1/predict", &json!([])).await, 422);
    is_problem(&app.get("/v1/measurements?limit=x").await, 422);
    is_problem(&app.get("/v1/measurements?cursor=x").await, 422);
    is_problem(&app.get("/v1/measurements?colour=x").await, 422);
}

#[tokio::test]
async fn an_encoded_question_two_hosts_and_a_long_header_are_refused_with_the_reason() {
    let app = App::seeded().await;
    let ask = || Request::post("/v1/predict").header("content-type", "application/json");
    for (request, status, reason) in [
        (ask().header("content-encoding", "gzip"), 415, "gzip"),
        (
            ask().header("host", "localhost").header("host", "b"),
            421,
            "several hosts",
        ),
        (
            ask().header("x-long", "x".repeat(70_000)),
            431,
            "65536 bytes",
        ),
    ] {
        let answer = app.call(request.body("{}".into()).unwrap()).await;
        is_problem(&answer, status);
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains(reason), "{detail}");
    }
    let plain = ask()
        .header("content-encoding", "identity")
        .body("{}".into());
    is_problem(&app.call(plain.unwrap()).await, 422);
    let lost = app.get(&format!("/{}", "x".repeat(5000))).await;
    assert!(lost.body["detail"].as_str().unwrap().len() < 300);
}

#[tokio::test]
async fn a_method_that_is_not_answered_is_told_which_are() {
    let app = App::seeded().await;
    let request = Request::builder()
        .method(Method::DELETE)
        .uri("/v1/models")
        .body(axum::body::Body::empty());
    let answer = app.call(request.unwrap()).await;
    is_problem(&answer, 405);
    assert!(answer.allow.contains("GET"), "{}", answer.allow);
}

#[tokio::test]
async fn what_the_reference_refuses_is_a_422_at_its_field() {
    let app = App::seeded().await;
    for line in include_str!("../golden/refused.jsonl").lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let answer = app.post("/v1/complexity", &case["request"]).await;
        is_problem(&answer, 422);
        assert_eq!(
            answer.body["errors"][0]["pointer"], case["pointer"],
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn a_misspelt_field_is_named_with_the_nearest() {
    let app = App::seeded().await;
    for (request, pointer, hint) in [
        (
            json!({"model": {"name": "ResNet-50"}, "scalling": {}}),
            "/scalling",
            "did you mean `scaling`?",
        ),
        (
            json!({"model": {"name": "ResNet-50", "resolutoin": 1}}),
            "/model/resolutoin",
            "did you mean `resolution`?",
        ),
        (
            json!({"model": {"family": "regnet", "dpeth": 1, "w0": 8, "wa": 1, "wm": 2, "group_w": 8}}),
            "/model/dpeth",
            "did you mean `depth`?",
        ),
        (
            json!({"model": {"name": "ResNet-50"}, "scaling": {"strategy": "dw", "facter": 4}}),
            "/scaling/facter",
            "did you mean `factor`?",
        ),
    ] {
        let answer = app.post("/v1/complexity", &request).await;
        let error = &answer.body["errors"][0];
        assert_eq!(
            (error["pointer"].as_str(), error["hint"].as_str()),
            (Some(pointer), Some(hint)),
            "{request}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_an_id_is_told_with_what_would_be_one() {
    let app = App::seeded().await;
    for list in ["/v1/uploads", "/v1/measurements"] {
        for wrong in [
            "abc",
            "1e5",
            "-1",
            "0",
            "1.0",
            "+1",
            "99999999999999999999",
            "%31x",
        ] {
            let answer = app.get(&format!("{list}/{wrong}")).await;
            is_problem(&answer, 422);
            let error = &answer.body["errors"][0];
            assert_eq!(error["pointer"], "/id", "{}", answer.body);
            assert_eq!(error["value"], wrong.replace("%31", "1"), "{}", answer.body);
            assert!(
                error["hint"]
                    .as_str()
                    .unwrap()
                    .contains("a whole number from 1")
            );
        }
        is_problem(&app.get(&format!("{list}/999999")).await, 404);
    }
    is_problem(&app.get("/v1/uploads/abc/rejected.csv").await, 422);
}

#[tokio::test]
async fn a_path_that_is_no_text_is_told_as_such() {
    let app = App::seeded().await;
    for list in ["models", "platforms", "gpus", "uploads", "measurements"] {
        let answer = app.get(&format!("/v1/{list}/%ff")).await;
        is_problem(&answer, 422);
        let error = &answer.body["errors"][0];
        assert_eq!(
            error["detail"], "the path is not text in UTF-8",
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_parameter_is_told_at_its_name() {
    let app = App::seeded().await;
    for (query, pointer, value, hint) in [
        (
            "uploads?after=abc",
            "/after",
            "abc",
            "write digits alone, such as 20",
        ),
        (
            "uploads?after=99999999999999999999",
            "/after",
            "99999999999999999999",
            "write a smaller whole number",
        ),
        ("uploads?aftr=1", "/aftr", "1", "did you mean `after`?"),
        (
            "uploads?after=1&after=2",
            "/after",
            "1",
            "write each once; a list is separated by commas",
        ),
        (
            "measurements.csv?quarantined=maybe",
            "/quarantined",
            "maybe",
            "write true or false",
        ),
        (
            "measurements.csv?mode=trian",
            "/mode",
            "trian",
            "did you mean `train`?",
        ),
    ] {
        let answer = app.get(&format!("/v1/{query}")).await;
        is_problem(&answer, 422);
        let error = &answer.body["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["value"], &error["hint"]),
            (&pointer.into(), &value.into(), &hint.into()),
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn the_id_of_a_request_is_kept_or_made() {
    let app = App::seeded().await;
    let request = Request::get("/v1/nothing")
        .header("x-request-id", "mine-1")
        .body(axum::body::Body::empty());
    assert_eq!(
        app.call(request.unwrap()).await.body["request_id"],
        "mine-1"
    );
    let (a, b) = (app.get("/v1/nothing").await, app.get("/v1/nothing").await);
    assert_ne!(a.body["request_id"], b.body["request_id"]);
}

#[tokio::test]
async fn nets_are_listed_with_what_can_be_done_with_them() {
    let app = App::seeded().await;
    let models = app.get("/v1/models").await.body["models"].clone();
    let find = |name: &str| {
        models
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["name"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(find("RegNetY-4GF")["can_be_scaled"], true);
    let tiny = find("convnext_tiny");
    assert_eq!(
        (&tiny["can_be_scaled"], &tiny["family"]),
        (&json!(false), &json!("convnext"))
    );
    assert_eq!(tiny["source"], "timm results, costs recomputed");
    assert_eq!(find("RegNetX-12GF")["source"], "pycls model zoo");
    let resnet = app.get("/v1/models/RESNET50").await;
    assert_eq!(resnet.body["source"], "pycls model zoo");
    assert_eq!(
        resnet.body["resolutions"][0]["complexity"]["params"],
        25_557_032
    );
    assert!(resnet.body["layers"].as_array().unwrap().len() > 10);
    let strategies = app.get("/v1/strategies").await.body["strategies"].clone();
    assert_eq!(strategies.as_array().unwrap().len(), 9);
}

#[tokio::test]
async fn every_layer_list_adds_up() {
    let app = App::seeded().await;
    let request = json!({"model": {"name": "EfficientNet-B0"}, "scaling": {"alpha": 0.5, "factor": 3}, "layers": true});
    let answer = app.post("/v1/complexity", &request).await.body;
    for net in [&answer["base"], &answer["scaled"]] {
        for cost in ["flops", "params", "acts"] {
            let sum: u64 = net["layers"]
                .as_array()
                .unwrap()
                .iter()
                .map(|layer| layer[cost].as_u64().unwrap())
                .sum();
            assert_eq!(net["complexity"][cost], sum, "{cost}");
        }
    }
}

#[tokio::test]
async fn the_service_says_that_it_lives() {
    let app = App::seeded().await;
    for path in [
        "/healthz",
        "/readyz",
        "/v1/version",
        "/",
        "/explore",
        "/upload",
        "/docs",
        "/openapi.json",
    ] {
        assert_eq!(app.get(path).await.status, StatusCode::OK, "{path}");
    }
    app.live.store().close().await;
    is_problem(&app.get("/readyz").await, 503);
}

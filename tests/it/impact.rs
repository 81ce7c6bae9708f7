//! What an upload does to the fits, told with its answer and before it is stored; and what stands doubted or out.

use axum::body::Body;
use axum::http::{Request, header};
use epochcast::store::Scope;
use serde_json::{Value, json};

use crate::app::App;
use crate::standing::{at_speed, rows};

/// Seconds for an epoch of the net `name` on `mine`, and what they stand on.
async fn predicted(app: &App, name: &str) -> (f64, Value) {
    let asked = json!({"model": {"name": name}, "platform": "mine"});
    let answer = app.post("/v1/predict", &asked).await.body;
    let row = &answer["predictions"][0];
    (row["epoch_seconds"].as_f64().unwrap(), row["fit"].clone())
}

fn impact(answer: &Value) -> &Value {
    let [fit] = answer["impact"]["fits"].as_array().unwrap().as_slice() else {
        panic!("{answer}");
    };
    fit
}

#[tokio::test]
async fn an_upload_says_how_far_off_its_fit_is_before_and_after_and_what_moves() {
    let app = App::seeded().await;
    let all = rows(50);
    let first = app.judged("", &all[..20]).await.body;
    let told = impact(&first);
    assert_eq!(
        (&told["platform"], &told["mode"]),
        (&json!("mine"), &json!("train"))
    );
    assert_eq!(told["before"], Value::Null);
    assert_eq!(told["after"]["measurements"], 20);
    assert_eq!(told["foretold"]["rows"], 0);
    assert_eq!(told["moved"], json!([]));
    assert_eq!(first["impact"]["left_out"], Value::Null);
    let slower: Vec<Value> = all[20..]
        .iter()
        .map(|row| at_speed(row.clone(), 0.8))
        .collect();
    let dry = app.judged("?dry_run=true", &slower).await.body;
    let moved = dry["impact"]["fits"][0]["moved"].clone();
    let names = moved.as_array().unwrap().iter();
    let names: Vec<&str> = names.map(|net| net["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 10);
    let mut before = Vec::new();
    for name in &names {
        before.push(predicted(&app, name).await.0);
    }
    let stored = app.judged("", &slower).await.body;
    assert_eq!(stored["impact"], dry["impact"]);
    let mut factors = Vec::new();
    for (net, before) in moved.as_array().unwrap().iter().zip(before) {
        let (after, _) = predicted(&app, net["name"].as_str().unwrap()).await;
        let [told_before, told_after] =
            ["before_epoch_seconds", "after_epoch_seconds"].map(|name| net[name].as_f64().unwrap());
        // Tolerance: the last bits of what is divided in another order.
        assert!((told_before / before - 1.0).abs() < 1e-12, "{net}");
        assert!((told_after / after - 1.0).abs() < 1e-12, "{net}");
        factors.push((after / before).ln().abs());
    }
    assert!(factors.is_sorted_by(|a, b| a >= b), "{factors:?}");
    assert!(factors[9] > 0.05, "{factors:?}");
    let told = impact(&stored);
    let (_, fit) = predicted(&app, "ResNet-50").await;
    assert_eq!(told["before"], first["impact"]["fits"][0]["after"]);
    assert_eq!(told["after"]["measurements"], 50);
    let shown = &app.get("/v1/platforms/mine").await.body["cross_validated_error"]["train"];
    assert_eq!(&told["after"]["cross_validated_error"], shown);
    assert_eq!(&fit["cross_validated_error"], shown);
    let covered = told["after"]["covered_90"].as_f64().unwrap();
    assert!((0.7..=1.0).contains(&covered), "{covered}");
    let calibration = app.get("/v1/calibration?platform=mine").await.body;
    assert_eq!(told["foretold"], calibration["all"]["ever"]);
    assert_eq!(told["foretold"]["rows"], 30);
}

/// The answer to `rows` from the token called `name`.
async fn sent_by(app: &App, name: &str, rows: &[Value]) -> Value {
    let token = app.token(name, Scope::Write).await;
    let request = Request::post("/v1/measurements")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    let body = Body::from(json!(rows).to_string());
    app.call(request.body(body).unwrap()).await.body
}

#[tokio::test]
async fn who_decides_a_fit_beside_others_is_named() {
    let app = App::seeded().await;
    let all = rows(40);
    let codes = |answer: &Value| {
        let warnings = impact(answer)["warnings"].as_array().unwrap().clone();
        warnings
            .iter()
            .map(|warning| warning["code"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    // Alone on a platform nobody is outvoted.
    let first = sent_by(&app, "anna", &all[..10]).await;
    assert_eq!(
        impact(&first)["largest_sender"],
        json!({"name": "anna", "share": 1.0})
    );
    assert!(!codes(&first).contains(&"one_sender".to_owned()), "{first}");
    let second = sent_by(&app, "bert", &all[10..]).await;
    assert!(
        codes(&second).contains(&"one_sender".to_owned()),
        "{second}"
    );
    let largest = &impact(&second)["largest_sender"];
    assert_eq!(largest["name"], "bert");
    assert!(
        (largest["share"].as_f64().unwrap() - 0.75).abs() < 0.05,
        "{largest}"
    );
    // Of one group alone, where there is another.
    let vgg = |i: u64| {
        json!({"platform": "v100x8-pycls", "mode": "train", "label": format!("vgg {i}"), "family": "vgg",
            "complexity": {"flops": 1.5e10, "params": 1.4e8, "acts": 1.4e7}, "images_per_second": 900 + i})
    };
    let many = sent_by(&app, "anna", &(0..60).map(vgg).collect::<Vec<_>>()).await;
    assert!(codes(&many).contains(&"one_group".to_owned()), "{many}");
    assert_eq!(impact(&many)["largest_group"]["name"], "vgg");
    assert!(codes(&many).contains(&"one_sender".to_owned()), "{many}");
}

#[tokio::test]
async fn what_would_take_long_is_not_told_and_the_answer_says_so() {
    let app = App::seeded().await;
    let row = |i: u64| {
        json!({"platform": "v100x8-pycls", "mode": "train", "label": format!("{i}"),
            "complexity": {"flops": 4e9, "params": 2e7, "acts": 1e7}, "images_per_second": 2000 + i})
    };
    let many = app
        .judged("", &(0..1001).map(row).collect::<Vec<_>>())
        .await
        .body;
    assert_eq!(many["impact"]["fits"], json!([]));
    assert!(
        many["impact"]["left_out"]
            .as_str()
            .unwrap()
            .contains("1000 timings"),
        "{many}"
    );
    // Nothing that is in already does anything.
    let again = app.judged("", &[row(3)]).await.body;
    assert_eq!(again["impact"], json!({"fits": [], "left_out": null}));
    let more = app.judged("", &[row(2000)]).await.body;
    assert_eq!(more["impact"]["fits"], json!([]));
    assert!(more["impact"]["left_out"].is_string());
}

#[tokio::test]
async fn predictions_and_platforms_say_how_many_rows_are_doubted_or_out() {
    let app = App::seeded().await;
    let mut sent = rows(40);
    sent[3] = at_speed(sent[3].clone(), 1e3);
    sent[8] = at_speed(sent[8].clone(), 1e3);
    sent[12] = at_speed(sent[12].clone(), 2.4);
    app.judged("", &sent).await;
    let mut asked = json!({"model": {"name": "ResNet-50"}, "platform": ["mine", "gpu:a100-80gb"]});
    let answer = app.post("/v1/predict", &asked).await.body;
    let told = answer["standing"].as_array().unwrap().iter();
    let told: Vec<&Value> = told.filter(|row| row["platform"] == "mine").collect();
    let mine = json!({"platform": "mine", "mode": "train", "doubted": 1, "out": 2});
    assert_eq!(told, [&mine]);
    // A fit that is asked for by its id is as it was, whatever is thought of its timings since.
    asked["fit"] = answer["predictions"][0]["fit"]["id"].clone();
    asked["platform"] = "mine".into();
    let pinned = app.post("/v1/predict", &asked).await.body;
    assert_eq!(pinned["predictions"][0], answer["predictions"][0]);
    assert_eq!(pinned.get("standing"), None);
    let platform = app.get("/v1/platforms/mine").await.body;
    assert_eq!(platform["measurements"], json!({"train": 38, "infer": 0}));
    assert_eq!(platform["doubted"], json!({"train": 1, "infer": 0}));
    assert_eq!(platform["out"], json!({"train": 2, "infer": 0}));
    let token = app.token("root", Scope::Admin).await;
    app.with_token(axum::http::Method::DELETE, "/v1/uploads/2", &token)
        .await;
    let platform = app.get("/v1/platforms/mine").await.body;
    assert_eq!(platform["out"], json!({"train": 0, "infer": 0}));
}

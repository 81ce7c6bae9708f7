//! Which nets to time next.

use std::collections::BTreeSet;

use axum::http::{Method, Request, header};
use epochcast::net::{Group, Zoo};
use epochcast::store::Scope;
use epochcast::timing::Features;
use epochcast::timing::judge::advice::{Candidate, advise};
use serde_json::{Value, json};

use crate::app::App;

const NEXT: &str = "/v1/platforms/v100x8-pycls/next";

fn names(answer: &Value) -> Vec<&str> {
    let nets = answer["nets"].as_array().unwrap().iter();
    nets.map(|net| net["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_nets_are_named_with_reasons_and_narrow_the_intervals() {
    let app = App::seeded().await;
    let answer = app.get(&format!("{NEXT}?count=7")).await.body;
    let nets = answer["nets"].as_array().unwrap();
    assert_eq!(nets.len(), 7);
    let different: BTreeSet<&str> = names(&answer).into_iter().collect();
    assert_eq!(different.len(), 7);
    for net in nets {
        let why = net["why"].as_str().unwrap();
        assert!(
            why.contains('%') && net["narrows"].as_f64().unwrap() > 0.0,
            "{net}"
        );
    }
    let width = |when: &str| answer["intervals"][when].as_f64().unwrap();
    assert!(
        width("half_width_before") > width("half_width_after"),
        "{answer}"
    );
    let labels: Vec<&str> = nets
        .iter()
        .map(|net| net["label"].as_str().unwrap())
        .collect();
    assert_eq!(answer["models"], labels.join(","));
    assert_eq!(answer["measurements"], 29);
}

#[tokio::test]
async fn a_net_that_was_timed_is_not_named_again_and_each_timing_narrows_the_rest() {
    let app = App::seeded().await;
    let token = app.token("owner", Scope::Write).await;
    let row = json!({"platform": {"id": "new", "device": "GPU"}, "mode": "infer", "label": "made up",
        "complexity": {"flops": 1e9, "params": 1e7, "acts": 1e7}, "images_per_second": 100.0});
    let upload = async |row: &Value| {
        let request = Request::post("/v1/measurements")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        let answer = app
            .call(request.body(row.to_string().into()).unwrap())
            .await;
        answer.body["upload"].as_i64().unwrap()
    };
    let first = upload(&row).await;
    let mut width = f64::INFINITY;
    let mut timed: BTreeSet<String> = BTreeSet::new();
    for off in [1.1, 0.9, 1.2, 0.95] {
        let answer = app.get("/v1/platforms/new/next?count=1").await.body;
        assert_eq!(answer["mode"], "infer", "what was timed there");
        let net = &answer["nets"][0];
        let before = answer["intervals"]["half_width_before"].as_f64().unwrap();
        assert!(before < width, "{before} {width}");
        width = before;
        assert!(timed.insert(net["name"].to_string()), "{net}");
        let mut again = row.clone();
        again["label"] = net["name"].clone();
        again["model"] = json!({"name": net["name"], "resolution": net["resolution"]});
        let asked = json!({"platform": "new", "mode": "infer", "model": again["model"]});
        let predicted = app.post("/v1/predict", &asked).await.body;
        let seconds = predicted["predictions"][0]["epoch_seconds"]
            .as_f64()
            .unwrap();
        // ImageNet's, in an epoch.
        again["images_per_second"] = (1_281_167.0 / seconds * off).into();
        again.as_object_mut().unwrap().remove("complexity");
        upload(&again).await;
    }
    // With nothing timed at all, advice needs no fit.
    for id in first..first + 5 {
        app.with_token(Method::DELETE, &format!("/v1/uploads/{id}"), &token)
            .await;
    }
    let answer = app.get("/v1/platforms/new/next").await.body;
    assert_eq!(
        (answer["measurements"].as_i64(), names(&answer).len()),
        (Some(0), 5)
    );
    assert!(
        answer["nets"][0]["why"]
            .as_str()
            .unwrap()
            .starts_with("it tells how fast")
    );
}

#[tokio::test]
async fn odd_questions_are_refused() {
    let app = App::seeded().await;
    for (path, status) in [
        ("/v1/platforms/unknown/next", 404),
        ("/v1/platforms/v100x8-pycls/next?count=0", 422),
        ("/v1/platforms/v100x8-pycls/next?count=41", 422),
        ("/v1/platforms/v100x8-pycls/next?mode=both", 422),
        ("/v1/platforms/v100x8-pycls/next?counts=3", 422),
    ] {
        assert_eq!(app.get(path).await.status, status, "{path}");
    }
}

/// Where all nets are alike but for their group, and one group has most of them, a net of that is the most informative,
/// and then one of the next largest.
#[test]
fn large_groups_come_first() {
    let net = Zoo::built_in()
        .named("ResNet-50")
        .unwrap()
        .subject(None)
        .unwrap();
    let candidate = |word: &str| Candidate {
        group: Group::new(word).unwrap(),
        features: Features {
            architecture: None,
            ..Features::new(&net)
        },
        weight: 1.0,
    };
    let all: Vec<Candidate> = ["a", "b", "b", "b", "c", "c"].map(candidate).into();
    let picks = advise(&[], &all, 2).picks;
    let groups = picks.iter().map(|pick| all[pick.candidate].group.as_str());
    assert_eq!(groups.collect::<Vec<_>>(), ["b", "c"]);
}

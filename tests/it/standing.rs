//! What is thought of a timing follows from all of them, not from the order in which they came; and units are named.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Method, Request, header};
use epochcast::store::Scope;
use epochcast::timing::{Estimator, Form};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::app::{Answer, App};

/// Rows of the seed's RTX 3090 as those of another platform.
pub(crate) fn rows(n: usize) -> Vec<Value> {
    let text = epochcast::timing::data::seed::FILES[2].1;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let cell = |record: &csv::StringRecord, name: &str| {
        let place = header.iter().position(|own| own == name).unwrap();
        record[place].to_owned()
    };
    let records = reader.records().map(Result::unwrap);
    let row = |record: csv::StringRecord| {
        json!({"platform": {"id": "mine", "device": "NVIDIA GeForce RTX 3090", "precision": "amp"}, "mode": "train",
            "label": cell(&record, "label"), "model": {"name": cell(&record, "name")},
            "batch_size": cell(&record, "batch_size").parse::<u64>().unwrap(),
            "images_per_second": cell(&record, "images_per_second").parse::<f64>().unwrap()})
    };
    let rows = records.map(row);
    rows.filter(|row| row["model"]["name"] != "")
        .step_by(4)
        .take(n)
        .collect()
}

/// The same at `factor` times the speed.
pub(crate) fn at_speed(mut row: Value, factor: f64) -> Value {
    let speed = row["images_per_second"].as_f64().unwrap();
    row["images_per_second"] = (speed * factor).into();
    row
}

impl App {
    pub(crate) async fn judged(&self, query: &str, rows: &[Value]) -> Answer {
        let token = self.token("root", Scope::Admin).await;
        let request = Request::post(format!("/v1/measurements{query}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        let answer = self
            .call(request.body(Body::from(json!(rows).to_string())).unwrap())
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer
    }

    /// What is thought of each row of `mine`, by label, and what is fitted to them.
    async fn standings(&self) -> (BTreeMap<String, Value>, Vec<String>) {
        let listed = self
            .get("/v1/measurements?platform=mine&limit=1000")
            .await
            .body;
        let row = |row: &Value| {
            let speed = &row["images_per_second"];
            (
                format!("{} {speed}", row["label"]),
                row["quarantined"].clone(),
            )
        };
        let standings = listed["measurements"].as_array().unwrap().iter().map(row);
        self.live.settle().await.unwrap();
        let predictors = self.live.predictors();
        let own = predictors
            .all()
            .filter(|fit| fit.platform().id.as_str() == "mine");
        let fits = own.map(|fit| {
            let fitted = Form::ALL.map(|form| format!("{:?}", fit.fitted(form)));
            format!("{} {fitted:?}", fit.id(Estimator::default()))
        });
        (standings.collect(), fits.collect())
    }
}

fn wrong_and_right() -> Vec<Value> {
    let wrong = |(i, row): (usize, Value)| match i % 12 {
        3 => at_speed(row, 1e-3),
        5 => at_speed(row, 8.0),
        7 if i < 20 => at_speed(row, 2.2),
        _ => row,
    };
    rows(36).into_iter().enumerate().map(wrong).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn whatever_order_rows_come_in_the_same_are_believed_and_the_fits_are_the_same_to_the_bit(
        order in Just((0..36).collect::<Vec<usize>>()).prop_shuffle(),
        cuts in prop::collection::vec(1..36usize, 0..5),
        undone in any::<bool>(),
    ) {
        let all = wrong_and_right();
        Runtime::new().unwrap().block_on(async {
            let whole = App::seeded().await;
            whole.judged("", &all).await;
            let parts = App::seeded().await;
            let mut cuts = cuts;
            cuts.extend([0, 36]);
            cuts.sort_unstable();
            cuts.dedup();
            if undone {
                // What comes and goes leaves no trace.
                let wrong: Vec<Value> = rows(12).into_iter().map(|row| at_speed(row, 1e-3)).collect();
                parts.judged("", &wrong).await;
            }
            for ends in cuts.windows(2) {
                let part: Vec<Value> = order[ends[0]..ends[1]].iter().map(|i| all[*i].clone()).collect();
                parts.judged("", &part).await;
            }
            if undone {
                let token = parts.token("root", Scope::Admin).await;
                parts.with_token(Method::DELETE, "/v1/uploads/2", &token).await;
                // A wrong row that both have sent is still what this sender has sent, unless it is taken out with the first.
                for row in all.iter().enumerate().filter(|(i, _)| i % 12 == 3).map(|(_, row)| row) {
                    parts.judged("", std::slice::from_ref(row)).await;
                }
            }
            let (standings, fits) = parts.standings().await;
            let expected = whole.standings().await;
            assert_eq!(standings.len(), 36);
            assert_eq!(standings, expected.0);
            assert_eq!(fits, expected.1);
            assert!(standings.values().filter(|reason| reason.is_string()).count() >= 6, "{standings:?}");
        });
    }
}

#[tokio::test]
async fn a_wrong_first_upload_is_out_at_once_and_keeps_no_right_one_out() {
    let app = App::seeded().await;
    let all = rows(40);
    let wrong: Vec<Value> = all[..25]
        .iter()
        .map(|row| at_speed(row.clone(), 1e-3))
        .collect();
    let answer = app.judged("", &wrong).await;
    assert_eq!(answer.body["quarantined"], 25, "{}", answer.body);
    assert_eq!(
        answer.body["units"][0]["units"], "milliseconds",
        "{}",
        answer.body
    );
    let answer = app.judged("", &all[..15]).await;
    assert_eq!(answer.body["accepted"], 15, "{}", answer.body);
    let again = app.judged("?units=milliseconds", &wrong).await;
    assert_eq!(
        (&again.body["quarantined"], &again.body["rejected"]),
        (&json!(0), &json!(0)),
        "{}",
        again.body
    );
}

#[tokio::test]
async fn one_row_on_a_known_gpu_is_judged_by_its_data_sheet() {
    let app = App::seeded().await;
    let row = rows(1).remove(0);
    let wrong = app.judged("", &[at_speed(row.clone(), 1e-3)]).await;
    assert_eq!(wrong.body["quarantined"], 1, "{}", wrong.body);
    assert_eq!(app.judged("", &[row]).await.body["accepted"], 1);
}

#[tokio::test]
async fn rows_that_come_later_clear_those_that_were_doubted() {
    let app = App::seeded().await;
    // On a device that nobody knows, the first of which is 40 times as fast as all others.
    let unknown = |mut row: Value, factor: f64| {
        row["platform"] = json!({"id": "mine", "device": "some board"});
        at_speed(row, factor)
    };
    let all = rows(30);
    let slow: Vec<Value> = all.iter().map(|row| unknown(row.clone(), 0.02)).collect();
    let first: Vec<Value> = all[..2]
        .iter()
        .map(|row| unknown(row.clone(), 0.8))
        .collect();
    assert_eq!(app.judged("", &first).await.body["accepted"], 2);
    let answer = app.judged("", &slow).await;
    assert_eq!(answer.body["accepted"], 30, "{}", answer.body);
    assert_eq!(answer.body["rejudged"]["doubted"], 2, "{}", answer.body);
    let token = app.token("root", Scope::Admin).await;
    let answer = app
        .with_token(Method::DELETE, "/v1/uploads/3", &token)
        .await;
    assert_eq!(answer.status, 200);
    let (standings, _) = app.standings().await;
    assert!(standings.values().all(Value::is_null), "{standings:?}");
}

#[tokio::test]
async fn flops_counted_twice_are_named_and_sent_right() {
    let app = App::seeded().await;
    let row = |label: &str, flops: f64, params: f64| {
        json!({"platform": "v100x8-pycls", "mode": "train", "label": label, "images_per_second": 1000.0,
            "complexity": {"flops": flops, "params": params, "acts": 1.1e7}})
    };
    let wrong = [
        row("ResNet-50", 8.2e9, 25.6e6),
        row("RegNetY-4GF", 8.2e9, 22.4e6),
    ];
    let told = app.judged("?dry_run=true", &wrong).await.body;
    assert_eq!(told["units"][0]["units"], "flops_twice", "{told}");
    assert_eq!(told["units"][0]["rows"], 2);
    let right = app.judged("?units=flops_twice", &wrong).await.body;
    assert_eq!(right["units"], Value::Null, "{right}");
    let kept = app
        .get("/v1/measurements?platform=v100x8-pycls&label=ResNet-50&upload=2")
        .await
        .body;
    assert_eq!(kept["measurements"][0]["complexity"]["flops"], 4.1e9);
}

#[tokio::test]
async fn counts_that_are_not_those_of_the_named_net_are_told_with_what_it_has() {
    let app = App::seeded().await;
    let row = |label: &str, flops: f64, params: f64| {
        json!({"platform": "v100x8-pycls", "mode": "train", "label": label, "images_per_second": 1000.0, "resolution": 224,
            "complexity": {"flops": flops, "params": params, "acts": 1.1e7}})
    };
    let rows = [
        row("resnet50", 4.1e9, 25.6e6),
        row("resnet50", 1.8e9, 11.7e6),
    ];
    for query in ["?dry_run=true", ""] {
        let told = app.judged(query, &rows).await.body;
        assert_eq!(told["accepted"], 2, "{told}");
        let others = told["other_counts"].as_array().unwrap();
        let other = &others[0];
        assert_eq!(
            (others.len(), &other["line"], &other["rows"]),
            (1, &json!(2), &json!(1))
        );
        assert_eq!(
            (&other["net"], &other["resolution"]),
            (&json!("ResNet-50"), &json!(224))
        );
        assert_eq!(other["counts"]["flops"], 4_089_185_256_u64);
        assert_eq!(other["sent"]["flops"], 1.8e9);
        assert!(
            other["detail"]
                .as_str()
                .unwrap()
                .contains("0.44 times its flops"),
            "{other}"
        );
    }
    // Nothing is changed by itself.
    let kept = app
        .get("/v1/measurements?platform=v100x8-pycls&label=resnet50&upload=2")
        .await
        .body;
    assert_eq!(kept["measurements"].as_array().unwrap().len(), 2);
    let right = app.judged("?dry_run=true", &rows[..1]).await.body;
    assert!(right.get("other_counts").is_none(), "{right}");

    let mut both = row("mine", 1.8e9, 11.7e6);
    both["model"] = json!({"name": "resnet50"});
    let skipped = app
        .judged("?dry_run=true&on_error=skip", &[both])
        .await
        .body;
    let error = &skipped["errors"][0];
    let hint = "leave one of them out; ResNet-50 has 4.089 G flops, 25.56 M params and 11.32 M acts at 224 pixels";
    assert_eq!(
        (&error["field"], &error["hint"]),
        (&json!("complexity"), &json!(hint))
    );
}

#[tokio::test]
async fn rows_with_the_counts_of_a_known_net_are_told_what_brings_them_into_its_group() {
    let app = App::seeded().await;
    let mut row = json!({"platform": "v100x8-pycls", "mode": "train", "label": "resnet50", "images_per_second": 1000.0,
        "resolution": 224, "complexity": {"flops": 4.1e9, "params": 25.6e6, "acts": 1.1e7}});
    let told = app.judged("", std::slice::from_ref(&row)).await.body;
    let note = &told["no_group"][0];
    assert_eq!(
        (&note["line"], &note["rows"], &note["net"], &note["family"]),
        (&json!(1), &json!(1), &json!("ResNet-50"), &json!("resnet")),
        "{told}"
    );
    assert!(told.get("other_counts").is_none(), "{told}");
    let group = async |upload: &Value| {
        let path = format!("/v1/measurements?platform=v100x8-pycls&label=resnet50&upload={upload}");
        app.get(&path).await.body["measurements"][0]["group"].clone()
    };
    assert_eq!(group(&told["upload"]).await, "other");
    // What it says to send brings the row there, and there is nothing more to say.
    row["family"] = note["family"].clone();
    row["images_per_second"] = json!(1001.0);
    let answer = app.judged("", &[row]).await.body;
    assert!(answer.get("no_group").is_none(), "{answer}");
    assert_eq!(group(&answer["upload"]).await, "resnet");
}

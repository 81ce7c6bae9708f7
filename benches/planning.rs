//! A comparison of 12 ways by 30 factors on 3 platforms, from the request to the answer's JSON; plans; an explanation.
//!
//! `cargo bench --bench planning`. The bar for the comparison: 20 ms.

#![expect(clippy::unwrap_used, reason = "a bench may stop at once")]

use divan::{Bencher, black_box};
use epochcast::ask::compare::{CompareRequest, compared};
use epochcast::ask::explain::{ExplainRequest, explanation};
use epochcast::ask::plan::{PlanRequest, planned};
use epochcast::ask::wanted::Wanted;
use epochcast::plan::budget::Limits;
use epochcast::timing::Predictors;
use epochcast::timing::data::seed;
use serde_json::json;

fn main() {
    divan::main();
}

fn predictors() -> Predictors {
    let (platforms, rows) = seed::built_in().unwrap();
    Predictors::of_rows(platforms, &rows, 0)
}

#[divan::bench(args = ["RegNetY-500MF", "EfficientNet-B0", "RegNetY-4GF"])]
fn compare_12_ways_30_factors_3_platforms(bencher: Bencher, name: &str) {
    let predictors = predictors();
    let request = || CompareRequest {
        model: Some(json!({"name": name})),
        factors: Some(json!({"from": 1, "to": 32, "steps": 30})),
        ..CompareRequest::default()
    };
    bencher.bench(|| {
        let answer = compared(black_box(&predictors), request(), &Wanted::default()).unwrap();
        assert_eq!(answer.rows.len(), 360);
        serde_json::to_vec(&answer).unwrap()
    });
}

#[divan::bench]
fn plan_9_strategies_by_time(bencher: Bencher) {
    let predictors = predictors();
    let request = || PlanRequest {
        model: Some(json!({"name": "RegNetY-4GF"})),
        platform: Some(json!("v100x8-paper")),
        limits: Some(Limits {
            epoch_seconds: Some(900.0),
            ..Limits::default()
        }),
        ..PlanRequest::default()
    };
    bencher.bench(|| planned(black_box(&predictors), request(), &Wanted::default()).unwrap());
}

#[divan::bench]
fn free_mix_and_fronts(bencher: Bencher) {
    let predictors = predictors();
    let request = || PlanRequest {
        model: Some(json!({"name": "RegNetY-500MF"})),
        platform: Some(json!("v100x8-paper")),
        strategies: Some(vec!["dWr".to_owned()]),
        limits: Some(Limits {
            epoch_seconds: Some(600.0),
            ..Limits::default()
        }),
        free_mix: Some(true),
        ..PlanRequest::default()
    };
    bencher.bench(|| planned(black_box(&predictors), request(), &Wanted::default()).unwrap());
}

#[divan::bench]
fn explain(bencher: Bencher) {
    let predictors = predictors();
    let request = || ExplainRequest {
        model: Some(json!({"name": "RegNetY-4GF"})),
        ..ExplainRequest::default()
    };
    bencher.bench(|| explanation(black_box(&predictors), request(), &Wanted::default()).unwrap());
}

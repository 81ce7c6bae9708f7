//! A comparison of 12 ways by 30 factors on 3 platforms, from the request to the answer's JSON.
//!
//! `cargo bench --bench planning`. The bar: 20 ms.

#![expect(clippy::unwrap_used, reason = "a bench may stop at once")]

use divan::{Bencher, black_box};
use epochcast::http::compare::{CompareRequest, compared};
use epochcast::timing::{Predictors, seed};
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
        let answer = compared(black_box(&predictors), request()).unwrap();
        assert_eq!(answer.rows.len(), 360);
        serde_json::to_vec(&answer).unwrap()
    });
}

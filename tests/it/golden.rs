//! Exact counts and scaled specs of the reference code, and the inputs that it refuses.

use std::collections::BTreeMap;

use epochcast::json::{Invalid, typed};
use epochcast::net::{Net, Scaling, Subject, scaling::RawScaling};
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
struct Golden {
    model: Map<String, Value>,
    #[serde(default)]
    stages: Option<BTreeMap<String, Value>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    resolution: u32,
    scale_type: Option<String>,
    factor: Option<f64>,
    counts: [u64; 3],
    scaled: Option<Value>,
}

fn golden() -> Vec<Golden> {
    let lines = include_str!("../golden/nets.jsonl").lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Numbers compare by value: the reference writes `1` where we write `1.0`.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

fn read(model: &Map<String, Value>, resolution: u32) -> Net {
    let mut model = model.clone();
    model.insert("resolution".into(), resolution.into());
    Net::read(model.clone()).unwrap_or_else(|e| panic!("{model:?}: {e}"))
}

fn scaling(scale_type: &str, factor: f64) -> Scaling {
    let raw = RawScaling {
        scale_type: Some(scale_type.into()),
        factor,
        ..RawScaling::default()
    };
    raw.try_into().unwrap()
}

/// Nets that pycls counted, at a resolution and scaled or not.
pub(crate) const CASES: usize = 2895;

#[test]
fn counts_and_scaled_specs_equal_the_references() {
    let mut cases = 0;
    for golden in golden() {
        for case in &golden.cases {
            let base = read(&golden.model, case.resolution);
            let net = match (&case.scale_type, case.factor) {
                (Some(scale_type), Some(factor)) => {
                    scaling(scale_type, factor).apply(&base).unwrap()
                }
                _ => base,
            };
            let costs = net.complexity();
            let counts = [costs.flops.get(), costs.params.get(), costs.acts.get()];
            assert_eq!(
                counts, case.counts,
                "{:?} {:?}",
                golden.model, case.scale_type
            );
            let described = serde_json::to_value(net.description()).unwrap();
            if let Some(scaled) = &case.scaled {
                assert!(equal(&described, scaled), "{described}\n{scaled}");
            }
            cases += 1;
        }
    }
    assert_eq!(cases, CASES);
}

#[test]
fn a_regnet_generates_the_references_stages() {
    let identity = scaling("", 1.0);
    for golden in golden() {
        let Some(stages) = golden.stages else {
            continue;
        };
        // Scaling by nothing writes the stages out; its quantisers leave depths alone.
        let net = identity.apply(&read(&golden.model, 224)).unwrap();
        let described = serde_json::to_value(net.description()).unwrap();
        assert!(
            equal(&described["depths"], &stages["depths"]),
            "{described} {stages:?}"
        );
    }
}

#[test]
fn every_input_that_the_reference_refuses_is_refused_at_its_field() {
    let mut refused = 0;
    for line in include_str!("../golden/refused.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let request = &case["request"];
        let answer = Subject::read(Some(request["model"].clone()), None).and_then(|subject| {
            let Some(raw) = request.get("scaling") else {
                return Ok(None);
            };
            let raw: RawScaling = typed(raw)?;
            let scaling: Scaling = raw.try_into().map_err(|e: Invalid| e.under("/scaling"))?;
            subject.scaled(&scaling).map(Some)
        });
        let error = answer.expect_err(line);
        assert_eq!(json!(error.0[0].pointer), case["pointer"], "{error}");
        assert!(!error.0[0].hint.is_empty() && !error.0[0].detail.is_empty());
        refused += 1;
    }
    assert_eq!(refused, 33);
}

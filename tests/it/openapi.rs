//! The OpenAPI document says what the service does: its references resolve, its examples work.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Request;
use epochcast::store::Scope;
use serde_json::Value;

use crate::app::App;

fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get("$ref") {
                found.insert(reference);
            }
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn it_is_openapi_3_1_and_every_reference_resolves() {
    let document = App::seeded().await.get("/openapi.json").await.body;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 20);
    for reference in found {
        assert!(
            document
                .pointer(reference.trim_start_matches('#'))
                .is_some(),
            "{reference}"
        );
    }
}

#[tokio::test]
async fn every_endpoint_answers_its_own_example_as_documented() {
    let app = App::seeded().await;
    let token = app.token("boss", Scope::Admin).await;
    let document = app.get("/openapi.json").await.body;
    let mut called = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let example = operation.pointer("/requestBody/content/application~1json/example");
            let mut path = path.clone();
            for parameter in operation["parameters"].as_array().unwrap_or(&Vec::new()) {
                if parameter["in"] == "path" {
                    let name = format!("{{{}}}", parameter["name"].as_str().unwrap());
                    path = path.replace(
                        &name,
                        parameter["example"].as_str().expect("an example of a path"),
                    );
                } else if parameter["required"] == true {
                    let (name, example) = (&parameter["name"], &parameter["example"]);
                    let [name, example] = [name, example].map(|v| v.as_str().expect("an example"));
                    let joint = if path.contains('?') { '&' } else { '?' };
                    path = format!("{path}{joint}{name}={example}");
                }
            }
            let request = Request::builder()
                .method(method.to_uppercase().as_str())
                .uri(&path)
                .header("content-type", "application/json")
                .header("authorization", format!("Bearer {token}"));
            let body = example.map_or_else(Body::empty, |example| example.to_string().into());
            assert!(
                operation["requestBody"].is_null() || example.is_some(),
                "{path} has no example"
            );
            let answer = app.call(request.body(body).unwrap()).await;
            assert_eq!(answer.status, 200, "{method} {path}: {}", answer.body);
            let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
            has_documented_fields(&document, schema, &answer.body, &path);
            called += 1;
        }
    }
    assert!(called >= 10);
}

/// Properties and required names of a schema, those of its parts included.
fn shape<'a>(
    document: &'a Value,
    schema: &'a Value,
) -> (Vec<(&'a String, &'a Value)>, Vec<&'a str>) {
    if let Some(reference) = schema["$ref"].as_str() {
        return shape(
            document,
            document.pointer(reference.trim_start_matches('#')).unwrap(),
        );
    }
    let (mut properties, mut required) = (Vec::new(), Vec::new());
    properties.extend(schema["properties"].as_object().into_iter().flatten());
    required.extend(
        schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str),
    );
    for part in schema["allOf"].as_array().into_iter().flatten() {
        let (more, needed) = shape(document, part);
        properties.extend(more);
        required.extend(needed);
    }
    (properties, required)
}

/// Every field of an answer is in its schema, and every required one in the answer. Choices are left open.
fn has_documented_fields(document: &Value, schema: &Value, answer: &Value, place: &str) {
    let (properties, required) = shape(document, schema);
    if properties.is_empty() || !schema["oneOf"].is_null() {
        return;
    }
    for (name, value) in answer
        .as_object()
        .unwrap_or_else(|| panic!("{place} is no object: {answer}"))
    {
        let place = format!("{place}/{name}");
        let Some((_, property)) = properties.iter().find(|(known, _)| *known == name) else {
            // The builder's own fields are one of five choices.
            assert!(place.contains("/model/"), "{place} is not documented");
            continue;
        };
        match value {
            Value::Object(_) => has_documented_fields(document, property, value, &place),
            Value::Array(rows) => {
                for row in rows.iter().take(3).filter(|row| row.is_object()) {
                    has_documented_fields(document, &property["items"], row, &place);
                }
            }
            _ => {}
        }
    }
    for name in required {
        assert!(answer.get(name).is_some(), "{place}/{name} is missing");
    }
}

#[tokio::test]
async fn parts_that_answers_extend_allow_further_fields() {
    let document = App::seeded().await.get("/openapi.json").await.body;
    let mut parts = BTreeSet::new();
    all_of(&document["components"]["schemas"], &mut parts);
    assert!(parts.len() >= 6, "{parts:?}");
    for reference in parts {
        let schema = document.pointer(reference.trim_start_matches('#')).unwrap();
        assert!(schema["additionalProperties"].is_null(), "{reference}");
    }
}

/// The references that stand in an `allOf`.
fn all_of<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(object) => {
            let parts = object.get("allOf").and_then(Value::as_array);
            found.extend(
                parts
                    .into_iter()
                    .flatten()
                    .filter_map(|part| part["$ref"].as_str()),
            );
            object.values().for_each(|value| all_of(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| all_of(value, found)),
        _ => {}
    }
}

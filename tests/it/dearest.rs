//! No request is dear: what the OpenAPI document lets a stranger send is bounded, and refusals are short. `scripts/bench_dearest.py` measures how dear the dearest is.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{Method, Request, header};
use epochcast::store::Scope;
use hyper::body::{Frame, SizeHint};
use serde_json::{Value, json};

use crate::app::{App, in_files};

/// What a field may hold, grown from the schema of a request and an example of it.
struct Grown<'a>(&'a Value);

/// A value of a request, with the field that was grown.
struct Sent {
    field: String,
    value: Value,
    /// The greatest length of its text, where that is what it exceeds.
    beyond: Option<u64>,
}

impl Grown<'_> {
    /// What a value may be by `schema`: itself, or what it refers to and chooses from.
    fn alternatives<'a>(&'a self, schema: &'a Value) -> Vec<&'a Value> {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.alternatives(self.0.pointer(&reference[1..]).unwrap());
        }
        let kinds = ["oneOf", "anyOf", "allOf"].into_iter();
        let parts = kinds.flat_map(|kind| schema[kind].as_array().into_iter().flatten());
        let parts = parts.flat_map(|part| self.alternatives(part));
        std::iter::once(schema).chain(parts).collect()
    }

    /// The fields of an object by `schema`.
    fn fields<'a>(&'a self, schema: &'a Value) -> Vec<(&'a String, &'a Value)> {
        let alternatives = self.alternatives(schema).into_iter();
        let properties = alternatives.filter_map(|part| part["properties"].as_object());
        properties.flatten().collect()
    }

    /// `example` with one of its fields grown, for each field of `schema` and each way.
    fn objects(&self, schema: &Value, example: &Value) -> Vec<Sent> {
        let mut grown = Vec::new();
        for (name, part) in self.fields(schema) {
            for sent in self.of(name, part) {
                let mut whole = example.clone();
                whole[name] = sent.value;
                grown.push(Sent {
                    value: whole,
                    ..sent
                });
            }
        }
        let mut many = example.clone();
        for i in 0..5000 {
            many[format!("k{i}")] = i.into();
        }
        grown.push(sent("unknown fields", many));
        grown
    }

    /// Values of the field `name`.
    fn of(&self, name: &str, schema: &Value) -> Vec<Sent> {
        let mut grown = vec![
            sent(name, "x".repeat(300).into()),
            sent(name, json!(vec![1; 3000])),
            sent(name, json!(vec!["y".repeat(60); 2000])),
            sent(name, json!({"k": "z".repeat(200)})),
        ];
        grown.extend(self.too_long(name, schema));
        for (field, part) in self.fields(schema) {
            grown.extend(self.too_long(field, part).into_iter().map(|sent| Sent {
                value: json!({field.as_str(): sent.value}),
                ..sent
            }));
        }
        grown
    }

    /// Texts of the field `name`, and lists of them, that are longer than they may be.
    fn too_long(&self, name: &str, schema: &Value) -> Vec<Sent> {
        let mut grown = Vec::new();
        for part in self.alternatives(schema) {
            let long = |schema: &Value| {
                let most = schema["maxLength"].as_u64()?;
                let text = "x".repeat(usize::try_from(most).unwrap() + 1);
                Some((most, Value::from(text)))
            };
            let items = part["items"]
                .is_object()
                .then(|| self.alternatives(&part["items"]));
            let in_list = items.into_iter().flatten().filter_map(long);
            let in_list = in_list.map(|(most, text)| (most, json!([text])));
            grown.extend(
                long(part)
                    .into_iter()
                    .chain(in_list)
                    .map(|(most, value)| Sent {
                        field: name.to_owned(),
                        value,
                        beyond: Some(most),
                    }),
            );
        }
        grown
    }
}

fn sent(field: &str, value: Value) -> Sent {
    Sent {
        field: field.to_owned(),
        value,
        beyond: None,
    }
}

/// Paths and operations that take JSON and no token.
fn questions(document: &Value) -> Vec<(&str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let posts = paths.filter_map(|(path, item)| Some((path.as_str(), item.get("post")?)));
    posts
        .filter(|(_, post)| post["security"].is_null())
        .collect()
}

#[tokio::test]
async fn every_text_of_a_question_has_a_greatest_length_and_what_is_longer_is_refused_by_its_name()
{
    let app = App::seeded().await;
    let document = app.get("/openapi.json").await.body;
    let mut fields = BTreeSet::new();
    for (path, post) in questions(&document) {
        let content = &post["requestBody"]["content"]["application/json"];
        for sent in Grown(&document).objects(&content["schema"], &content["example"]) {
            let Some(most) = sent.beyond else { continue };
            let answer = app.post(path, &sent.value).await;
            assert_eq!(answer.status, 422, "{path} {}", sent.field);
            let error = &answer.body["errors"][0];
            assert_eq!(
                error["hint"],
                format!("at most {most} characters"),
                "{path} {error}"
            );
            let pointer = error["pointer"].as_str().unwrap();
            assert!(pointer.contains(&sent.field), "{path} {error}");
            fields.insert(sent.field);
        }
    }
    for field in [
        "name",
        "pycls",
        "label",
        "family",
        "strategy",
        "fit",
        "strategies",
        "platform",
    ] {
        assert!(fields.contains(field), "{field}: {fields:?}");
    }
}

#[tokio::test]
async fn every_text_of_a_query_has_a_greatest_length_and_what_is_longer_is_refused_by_its_name() {
    let app = App::seeded().await;
    let document = app.get("/openapi.json").await.body;
    let mut refused = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for parameter in item["get"]["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            let schema = &parameter["schema"];
            let is_text = schema["type"] == "string" || schema["type"][0] == "string";
            if parameter["in"] != "query" || !is_text || !schema["enum"].is_null() {
                continue;
            }
            let most = schema["maxLength"].as_u64().unwrap();
            // Longer than a header may be: refused before it is read.
            if most > 1 << 15 {
                continue;
            }
            let long = "x".repeat(usize::try_from(most).unwrap() + 1);
            let path = path
                .replace("{id}", "v100x8-paper")
                .replace("{name}", "ResNet-50");
            let answer = app.get(&format!("{path}?{name}={long}")).await;
            assert_eq!(answer.status, 422, "{path} {name}");
            let error = &answer.body["errors"][0];
            assert_eq!(error["pointer"], format!("/{name}"), "{path}");
            assert_eq!(
                error["hint"],
                format!("at most {most} characters"),
                "{path}"
            );
            refused += 1;
        }
    }
    assert!(refused > 20, "{refused}");
}

#[tokio::test]
async fn whatever_is_sent_the_refusal_is_short_and_no_defect() {
    let app = App::seeded().await;
    let document = app.get("/openapi.json").await.body;
    let mut refused = 0;
    for (path, post) in questions(&document) {
        let content = &post["requestBody"]["content"]["application/json"];
        for sent in Grown(&document).objects(&content["schema"], &content["example"]) {
            let answer = app.post(path, &sent.value).await;
            assert!(
                answer.status.as_u16() < 500,
                "{path} {}: {}",
                sent.field,
                answer.body
            );
            if answer.status.is_client_error() {
                refused += 1;
                let length = answer.body.to_string().len();
                // A hundred unknown fields with a hint each.
                assert!(length < 64 << 10, "{path} {}: {length}", sent.field);
            }
        }
    }
    assert!(refused > 200, "{refused}");
    for path in ["/v1/models/", "/v1/platforms/", "/v1/gpus/"] {
        let answer = app.get(&format!("{path}{}", "x".repeat(30_000))).await;
        assert_eq!(answer.status, 404);
        assert!(answer.body.to_string().len() < 8 << 10, "{}", answer.body);
    }
}

/// A body that is said to be a terabyte, of which nothing ever comes.
struct Terabyte;

impl HttpBody for Terabyte {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Pending
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(1 << 40)
    }
}

#[tokio::test]
async fn a_body_that_is_said_to_be_too_long_is_refused_before_any_of_it_comes() {
    let app = App::seeded().await;
    let token = app.token("me", Scope::Write).await;
    for (path, kind) in [
        ("/v1/measurements", "text/csv"),
        ("/v1/predict", "application/json"),
        ("/v1/predict/batch", "application/json"),
        ("/v1/uploads/1/restore", "application/json"),
    ] {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, kind)
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        let request = request.body(Body::new(Terabyte)).unwrap();
        let answer = tokio::time::timeout(std::time::Duration::from_secs(10), app.call(request));
        assert_eq!(answer.await.unwrap().status, 413, "{path}");
    }
}

#[tokio::test]
async fn of_many_wrong_rows_the_first_thousand_are_kept_and_go_with_their_upload() {
    let app = App::empty().await;
    let token = app.token("me", Scope::Write).await;
    let request = Request::post("/v1/measurements")
        .header(header::CONTENT_TYPE, "application/x-ndjson")
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    let answer = app
        .call(request.body("{}\n".repeat(2500).into()).unwrap())
        .await;
    assert_eq!(
        (&answer.body["rejected"], &answer.body["rejected_kept"]),
        (&json!(2500), &json!(1000))
    );
    let csv = answer.body["rejected_csv"].as_str().unwrap();
    let lines = async || app.get(csv).await.body.as_str().unwrap().lines().count();
    assert_eq!(lines().await, 1001);
    let upload = format!("/v1/uploads/{}", answer.body["upload"]);
    let gone = app.with_token(Method::DELETE, &upload, &token).await;
    assert_eq!(gone.status, 200);
    assert_eq!(lines().await, 1);
    assert_eq!(app.get(&upload).await.body["rejected"], 2500);
}

#[tokio::test]
async fn long_rows_that_are_wrong_are_kept_by_their_beginning_and_a_megabyte_together() {
    in_files();
    let app = App::empty().await;
    let token = app.token("me", Scope::Write).await;
    let rows = |bytes: usize| {
        let row = format!("{{\"label\": \"{}\"}}\n", "x".repeat(bytes)).repeat(300);
        let request = Request::post("/v1/measurements")
            .header(header::CONTENT_TYPE, "application/x-ndjson")
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        app.call(request.body(row.into()).unwrap())
    };
    let short = rows(100_000).await;
    assert_eq!(short.body["rejected_kept"], 300);
    let long = rows(10_000).await;
    let kept = long.body["rejected_kept"].as_i64().unwrap();
    assert!((90..110).contains(&kept), "{kept}");
    let database = std::fs::metadata(app.path()).unwrap().len();
    assert!(database < 4 << 20, "{database}");
}

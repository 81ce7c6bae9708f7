//! ONNX files wherever a net may stand.
//!
//! `tests/golden/onnx` has files as `torch.onnx.export` writes them (torch 2.11, timm 1.0.31, torchvision 0.26), without the
//! values of their weights: alexnet (opset 9), `squeezenet1_1` (11, open sides), resnet18 (18, by torch.export) and two small nets of
//! timm whose norms and GELUs are written as several operators (13, 14).

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use epochcast::net::onnx::Reader;
use epochcast::net::{Net, Side};
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::{Answer, App};
use crate::process::{epochcast, text};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/onnx");
const KIND: &str = "application/onnx";

/// Files with flops, params and acts. Params are those of `PyTorch` (of resnet18 without its batch norms, which the exporter
/// puts into the convolutions: 4,800 channels with two each), flops those of its counter with a multiply-add for each bias.
const COUNTS: [(&str, [u64; 3]); 5] = [
    ("alexnet", [714_188_480 + 494_184, 61_100_840, 582_504]),
    (
        "squeezenet",
        [349_151_936 + 2_589_352, 1_235_496, 2_919_528],
    ),
    (
        "resnet18",
        [1_814_073_344 + 1000, 11_689_512 - 2 * 4800, 2_685_416],
    ),
    ("tiny-vit", [233_720_074, 1_077_706, 1_026_976]),
    (
        "tiny-convnext",
        [208_217_920 + 1_646_410, 1_398_610, 1_646_410],
    ),
];

fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{FOLDER}/{name}.onnx")).unwrap()
}

/// The net of `bytes`, which come in parts of so many.
fn net(bytes: &[u8], part: usize, side: Option<Side>) -> Result<Value, String> {
    let mut reader = Reader::default();
    let read = bytes.chunks(part).try_for_each(|part| reader.feed(part));
    let file = read.and_then(|()| reader.finish());
    let described = file.and_then(|file| file.described(side));
    described
        .map(|net| serde_json::to_value(net).unwrap())
        .map_err(|invalid| invalid.to_string())
}

fn counts(net: &Value) -> [u64; 3] {
    let net = Net::read(net.as_object().unwrap().clone()).unwrap();
    let costs = net.complexity();
    [costs.flops.get(), costs.params.get(), costs.acts.get()]
}

#[test]
fn a_file_counts_what_its_net_counts_in_whatever_parts_it_comes() {
    for (name, known) in COUNTS {
        let bytes = file(name);
        let whole = net(&bytes, bytes.len(), None).unwrap();
        assert_eq!(counts(&whole), known, "{name}");
        for part in [1, 7, 4096] {
            assert_eq!(net(&bytes, part, None).unwrap(), whole, "{name}");
        }
    }
}

#[test]
fn norms_and_functions_that_are_written_as_several_operators_are_one_each() {
    let ops = |name: &str| {
        let net = net(&file(name), 4096, None).unwrap();
        let nodes = net["nodes"].as_array().unwrap().clone();
        move |op: &str| nodes.iter().filter(|node| node["op"] == op).count()
    };
    let (convnext, vit) = (ops("tiny-convnext"), ops("tiny-vit"));
    assert_eq!(
        [convnext("norm"), convnext("gelu"), convnext("erf")],
        [9, 4, 0]
    );
    assert_eq!(
        [vit("norm"), vit("gelu"), vit("linear"), vit("param")],
        [5, 2, 9, 2]
    );
}

#[test]
fn a_file_with_open_sides_takes_any_resolution_and_one_without_is_counted_at_its_own_first() {
    let side = Side::new(160);
    let squeezenet = net(&file("squeezenet"), 4096, side).unwrap();
    assert_eq!(squeezenet["resolution"], 160);
    let resnet = net(&file("resnet18"), 4096, side).unwrap();
    let [flops, ..] = counts(&resnet);
    // As the published 925.8 M at that resolution.
    assert_eq!(flops, 925_799_400);
}

/// A field of a message that is told by its length.
fn field(number: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut length = value.len();
    while length > 0x7f {
        bytes.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap());
    bytes.extend(value);
    bytes
}

#[test]
fn weights_pass_by_and_are_not_kept() {
    let weight = field(5, &field(9, &vec![1; 8 << 20]));
    let file = field(7, &[weight.clone(), weight].concat());
    let mut reader = Reader::default();
    for part in file.chunks(1 << 16) {
        reader.feed(part).unwrap();
        assert!(reader.kept() < 1024, "{}", reader.kept());
    }
    assert!(reader.finish().is_ok());
}

#[test]
fn names_and_operators_beyond_any_net_are_refused_before_they_fill_the_memory() {
    let node = field(1, &field(4, b"Relu"));
    let graph = field(7, &node.repeat(600_000));
    let refused = net(&graph, 1 << 16, None).unwrap_err();
    assert!(refused.contains("64 MB"), "{refused}");
}

/// `bytes` with every `from` written as `to`, which is as long.
fn written(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    for at in 0..bytes.len() - from.len() {
        if bytes[at..].starts_with(from.as_bytes()) {
            bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        }
    }
    bytes
}

#[tokio::test]
async fn an_operator_that_cannot_be_counted_is_refused_by_name_node_and_reason() {
    let bytes = written(&file("alexnet"), "Relu", "TopK");
    let answer = App::empty().await.send("/v1/complexity", KIND, bytes).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let error = &answer.body["errors"][0];
    assert_eq!(
        (&error["pointer"], &error["value"]),
        (&json!("/graph/node/1"), &json!("TopK"))
    );
    let detail = error["detail"].as_str().unwrap();
    assert_eq!(
        detail,
        "`TopK` at /features/features.1/Relu: how many values it gives depends on the image"
            .replace("Relu", "TopK")
    );
}

async fn asked(app: &App, path: &str, name: &str) -> Answer {
    app.send(path, KIND, file(name)).await
}

#[tokio::test]
async fn every_question_about_a_net_takes_a_file_and_answers_as_about_its_graph() {
    let app = App::seeded().await;
    let graph = net(&file("squeezenet"), 4096, None).unwrap();
    let scaling = json!({"strategy": "w", "factor": 2});
    for (query, question) in [
        (
            "complexity?strategy=w&factor=2",
            json!({"scaling": scaling}),
        ),
        (
            "predict?strategy=w&factor=2&platform=v100x8-paper&mode=train&batch_size=512",
            json!({"scaling": scaling, "platform": "v100x8-paper", "mode": "train", "batch_size": 512}),
        ),
        (
            "compare?strategy=w,dWr&factor=1,2&platform=v100x8-paper",
            json!({"strategies": ["w", "dWr"], "factors": [1, 2], "platform": "v100x8-paper"}),
        ),
        (
            "plan?strategy=w&platform=v100x8-paper&flops=5e8",
            json!({"strategies": ["w"], "platform": "v100x8-paper", "limits": {"flops": 5e8}}),
        ),
        (
            "explain?platform=v100x8-paper",
            json!({"platform": "v100x8-paper"}),
        ),
    ] {
        let of_file = asked(&app, &format!("/v1/{query}"), "squeezenet").await;
        assert_eq!(of_file.status, StatusCode::OK, "{query}: {}", of_file.body);
        let path = format!("/v1/{}", query.split('?').next().unwrap());
        let body = crate::app::with(question, &json!({"model": graph}));
        assert_eq!(of_file.body, app.post(&path, &body).await.body, "{query}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_query_is_told_of_the_query() {
    let app = App::empty().await;
    for (query, pointer) in [
        ("strategy=dwx&factor=2", "/strategy"),
        ("strategy=w&factor=-1", "/factor"),
        ("resolution=0", "/resolution"),
        ("reolution=160", "/reolution"),
        ("factor=2&factor=4", "/factor"),
    ] {
        let answer = asked(&app, &format!("/v1/complexity?{query}"), "alexnet").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert_eq!(
            answer.body["errors"][0]["pointer"], pointer,
            "{query}: {}",
            answer.body
        );
    }
}

#[tokio::test]
async fn what_is_no_onnx_file_or_breaks_off_is_refused_and_what_is_too_long_not_read() {
    let app = App::empty().await;
    let whole = file("alexnet");
    for bytes in [&b"{}"[..], b"", &whole[..whole.len() / 2]] {
        let answer = app.send("/v1/predict", KIND, bytes.to_vec()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains("this is no ONNX file"), "{detail}");
    }
    let request = Request::post("/v1/predict").header(header::CONTENT_TYPE, KIND);
    let long = app
        .call(request.body(Body::new(Promised(512 << 20 | 1))).unwrap())
        .await;
    assert_eq!(long.status, StatusCode::PAYLOAD_TOO_LARGE);
    // Where no file is taken, the type is refused.
    let elsewhere = asked(&app, "/v1/predict/batch", "alexnet").await;
    assert_eq!(elsewhere.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

/// A body of so many bytes, none of which comes.
struct Promised(u64);

impl axum::body::HttpBody for Promised {
    type Data = axum::body::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
        std::task::Poll::Pending
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        hyper::body::SizeHint::with_exact(self.0)
    }
}

#[tokio::test]
async fn the_command_line_reads_a_file_as_the_service_does() {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("net.onnx"), file("squeezenet")).unwrap();
    let line = [
        "predict",
        "net.onnx",
        "--resolution",
        "160",
        "--scale",
        "w:2",
        "--json",
    ];
    let done = epochcast(dir.path(), &line);
    let printed: Value = serde_json::from_slice(&done.stdout).unwrap();
    let path = "/v1/predict?strategy=w&factor=2&resolution=160";
    let answer = asked(&App::seeded().await, path, "squeezenet").await.body;
    assert_eq!(printed["scaled"], answer["scaled"]);
    assert_eq!(printed["base"], answer["base"]);
    std::fs::write(
        dir.path().join("bad.onnx"),
        written(&file("alexnet"), "Relu", "TopK"),
    )
    .unwrap();
    let refused = epochcast(dir.path(), &["explain", "bad.onnx"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused.stderr).contains("bad.onnx"),
        "{}",
        text(&refused.stderr)
    );
}

/// Reads `bytes`, and the net where there is one.
fn survives(bytes: &[u8], part: usize) {
    if let Ok(net) = net(bytes, part, None) {
        // What was read may still be too large to count.
        drop(Net::read(net.as_object().unwrap().clone()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_make_the_reading_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000), part in 1..64usize) {
        survives(&bytes, part);
        // As if it were a graph, so that more of it is looked at.
        survives(&field(7, &bytes), part);
    }

    #[test]
    fn no_change_to_a_real_file_makes_the_reading_panic(
        name in prop::sample::select(COUNTS.map(|(name, _)| name).to_vec()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..24),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = file(name);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let end = cut.map_or(bytes.len(), |cut| cut.index(bytes.len()));
        survives(&bytes[..end], 4096);
    }
}

//! Nets that no list knows: as graphs of operators they go wherever a model goes.

use serde_json::{Value, json};

use crate::app::App;

/// A net of nobody's: a stem, blocks whose halves are joined, a shuffle, an excitation.
fn own() -> Value {
    let block = json!([
        {"op": "part", "index": 0, "of": 2},
        {"op": "part", "index": 1, "of": 2, "from": [-2]},
        {"op": "conv", "out": 36, "kernel": 3, "pad": 1},
        {"op": "norm"},
        {"op": "silu"},
        {"op": "cat", "from": [-1, -5]},
        {"op": "rearrange", "as": "b (g c) h w -> b (c g) h w", "sizes": {"g": 2}},
        {"op": "conv", "out": 72},
        {"op": "norm"},
        {"op": "add", "from": [-1, -10]}
    ]);
    json!({"family": "graph", "resolution": 96, "nodes": [
        {"op": "conv", "out": 72, "kernel": 3, "stride": 2, "pad": 1, "at": "stem"},
        {"op": "norm"},
        {"op": "relu"},
        {"repeat": 3, "nodes": block},
        {"op": "conv", "out": 130, "kernel": 3, "stride": 2, "pad": 1, "at": "down"},
        {"op": "global_avg_pool"},
        {"op": "rearrange", "as": "b c 1 1 -> b c"},
        {"op": "linear", "out": 10, "bias": true, "at": "fc"}
    ]})
}

/// flops, params and acts of [`own`], added up by hand: 48² positions after the stem, 24² after `down`.
fn by_hand() -> [u64; 3] {
    let (large, small) = (48 * 48, 24 * 24);
    let flops = 27 * 72 * large
        + 3 * (9 * 36 * 36 + 72 * 72) * large
        + 9 * 72 * 130 * small
        + 130 * 10
        + 10;
    let params =
        27 * 72 + 144 + 3 * (9 * 36 * 36 + 72 + 72 * 72 + 144) + 9 * 72 * 130 + 130 * 10 + 10;
    let acts = 72 * large + 3 * (36 + 72) * large + 130 * small + 10;
    [flops, params, acts]
}

#[tokio::test]
async fn a_graph_is_counted_to_the_integer() {
    let app = App::seeded().await;
    let answer = app.post("/v1/complexity", &json!({"model": own()})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let costs = &answer.body["base"]["complexity"];
    let got = ["flops", "params", "acts"].map(|count| costs[count].as_u64().unwrap());
    assert_eq!(got, by_hand());
}

#[tokio::test]
async fn a_graph_goes_wherever_a_model_goes() {
    let app = App::seeded().await;
    for (path, more) in [
        (
            "/v1/predict",
            json!({"scaling": {"strategy": "dWr", "factor": 4}}),
        ),
        (
            "/v1/complexity",
            json!({"scaling": {"strategy": "d", "factor": 2}}),
        ),
        ("/v1/compare", json!({"factors": [2, 4]})),
        (
            "/v1/plan",
            json!({"platform": "rtx3090-nchw", "limits": {"epoch_seconds": 900}}),
        ),
        ("/v1/explain", json!({"platform": "rtx3090-nchw"})),
    ] {
        let request = crate::app::with(json!({"model": own()}), &more);
        let answer = app.post(path, &request).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_scaled_graph_is_a_graph_that_can_be_sent_again() {
    let app = App::seeded().await;
    let request = json!({"model": own(), "scaling": {"strategy": "dWr", "factor": 4}});
    let first = app.post("/v1/complexity", &request).await.body;
    let scaled = &first["scaled"];
    assert_eq!(scaled["model"]["family"], "graph");
    let again = app
        .post("/v1/complexity", &json!({"model": scaled["model"]}))
        .await;
    assert_eq!(again.status, 200, "{}", again.body);
    assert_eq!(again.body["base"]["complexity"], scaled["complexity"]);
}

#[tokio::test]
async fn what_a_net_misses_of_its_factor_is_made_up_in_width() {
    let app = App::seeded().await;
    // Nothing in this net repeats.
    let mut net = own();
    net["nodes"][3] = json!({"op": "identity"});
    let reached = async |matched: bool| {
        let scaling = json!({"strategy": "d", "factor": 4, "match": matched});
        let request = json!({"model": net, "scaling": scaling});
        let answer = app.post("/v1/complexity", &request).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["scaled"]["ratios"]["flops"].as_f64().unwrap()
    };
    assert!((reached(false).await - 1.0).abs() < 1e-9);
    // Tolerance: widths are multiples of 8.
    assert!((reached(true).await / 4.0 - 1.0).abs() < 0.1);
}

#[tokio::test]
async fn a_group_that_is_told_narrows_the_interval_of_one_that_was_guessed() {
    let app = App::seeded().await;
    let asked = |model: Value| json!({"model": model, "platform": "rtx3090-nchw"});
    let named = app.get("/v1/models/convnext_femto").await;
    let mut guessed = named.body["model"].clone();
    let group = guessed.as_object_mut().unwrap().remove("group").unwrap();
    let mut told = guessed.clone();
    told["group"] = group;
    let mut answers = Vec::new();
    for model in [guessed, told] {
        let answer = app.post("/v1/predict", &asked(model)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let row = &answer.body["predictions"][0];
        let middle = row["epoch_seconds"].as_f64().unwrap();
        let [low, high] =
            ["low_seconds", "high_seconds"].map(|end| row["interval"][end].as_f64().unwrap());
        answers.push(((high / middle).ln(), (middle / low).ln(), middle));
    }
    let [guessed, told] = answers[..] else {
        panic!()
    };
    // The same time, since the group that was guessed is the right one; tolerance: the last digits of an answer.
    assert!((guessed.2 / told.2 - 1.0).abs() < 1e-6);
    for wider in [guessed.0 / told.0, guessed.1 / told.1] {
        assert!((1.25..1.31).contains(&wider), "{guessed:?} {told:?}");
    }
}

#[tokio::test]
async fn a_node_that_is_wrong_is_pointed_at() {
    let app = App::seeded().await;
    let refused = async |nodes: Value| {
        let net = json!({"family": "graph", "resolution": 32, "nodes": nodes});
        let answer = app.post("/v1/complexity", &json!({"model": net})).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        let error = &answer.body["errors"][0];
        let text = |field: &str| error[field].as_str().unwrap().to_owned();
        (text("pointer"), text("detail"), text("hint"))
    };
    let (pointer, detail, _) = refused(json!([{"op": "conv", "out": 8}, {"op": "lstm"}])).await;
    assert_eq!(pointer, "/model/nodes/1/op");
    assert!(detail.contains("`lstm`"), "{detail}");
    let (pointer, _, hint) = refused(json!([{"op": "conv", "outt": 8}])).await;
    assert_eq!(pointer, "/model/nodes/0/outt");
    assert!(hint.contains("out"), "{hint}");
    let (pointer, detail, _) = refused(json!([{"op": "relu", "from": [-2]}])).await;
    assert_eq!(
        (pointer.as_str(), detail.as_str()),
        ("/model/nodes/0/from/0", "-2 is no value before this node")
    );
    let (pointer, ..) = refused(json!([{"op": "relu", "out": 8}])).await;
    assert_eq!(pointer, "/model/nodes/0/out");
    let (pointer, ..) =
        refused(json!([{"repeat": 2, "nodes": [{"op": "relu"}, {"op": "conv"}]}])).await;
    assert_eq!(pointer, "/model/nodes/0/nodes/1/out");
    let (pointer, ..) =
        refused(json!([{"repeat": 20000, "nodes": [{"op": "relu"}, {"op": "relu"}]}])).await;
    assert!(pointer.starts_with("/model/nodes/0"), "{pointer}");
}

#[tokio::test]
async fn a_resnet_of_other_code_is_predicted_as_the_one_by_name() {
    let app = App::seeded().await;
    let bottleneck = |inner: u32, stride: u32, first: bool| {
        let mut nodes = json!([
            {"op": "conv", "out": inner}, {"op": "norm"}, {"op": "relu"},
            {"op": "conv", "out": inner, "kernel": 3, "stride": stride, "pad": 1}, {"op": "norm"}, {"op": "relu"},
            {"op": "conv", "out": 4 * inner}, {"op": "norm"}
        ]);
        let nodes = nodes.as_array_mut().unwrap();
        if first {
            nodes.push(json!({"op": "conv", "out": 4 * inner, "stride": stride, "from": [-9]}));
            nodes.push(json!({"op": "norm"}));
            nodes.push(json!({"op": "add", "from": [-1, -3]}));
        } else {
            nodes.push(json!({"op": "add", "from": [-1, -9]}));
        }
        nodes.push(json!({"op": "relu"}));
        nodes.clone()
    };
    let mut nodes = vec![
        json!({"op": "conv", "out": 64, "kernel": 7, "stride": 2, "pad": 3}),
        json!({"op": "norm"}),
        json!({"op": "relu"}),
        json!({"op": "max_pool", "kernel": 3, "stride": 2, "pad": 1}),
    ];
    for (inner, stride, depth) in [(64, 1, 3), (128, 2, 4), (256, 2, 6), (512, 2, 3)] {
        nodes.extend(bottleneck(inner, stride, true));
        nodes.push(json!({"repeat": depth - 1, "nodes": bottleneck(inner, 1, false)}));
    }
    nodes.extend([
        json!({"op": "global_avg_pool"}),
        json!({"op": "rearrange", "as": "b c 1 1 -> b c"}),
        json!({"op": "linear", "out": 1000, "bias": true}),
    ]);
    let graph = json!({"family": "graph", "resolution": 224, "nodes": nodes});
    let ask = async |model: Value| {
        let scaling = json!({"strategy": "dWr", "factor": 2});
        let request = json!({"model": model, "scaling": scaling, "platform": "rtx3090-nchw"});
        let answer = app.post("/v1/predict", &request).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    };
    let (by_name, by_graph) = (ask(json!({"name": "ResNet-50"})).await, ask(graph).await);
    assert_eq!(
        by_graph["scaled"]["complexity"],
        by_name["scaled"]["complexity"]
    );
    assert_eq!(
        by_graph["predictions"][0]["epoch_seconds"],
        by_name["predictions"][0]["epoch_seconds"]
    );
    assert_eq!(
        by_graph["predictions"][0]["interval"],
        by_name["predictions"][0]["interval"]
    );
}

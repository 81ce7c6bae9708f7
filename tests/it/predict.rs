//! The main job: a net and a scaling in, exact costs and an epoch time out.

use serde_json::{Value, json};

use crate::app::App;

async fn predict(request: Value) -> Value {
    App::seeded().await.post("/v1/predict", &request).await.body
}

#[tokio::test]
async fn regnety_4gf_scaled_4x_costs_what_the_paper_prints() {
    let answer = predict(json!({
        "model": {"name": "RegNetY-4GF"}, "scaling": {"strategy": "dWr", "factor": 4}, "platform": "v100x8-paper",
    }))
    .await;
    let costs = json!({"flops": 15_459_535_460_u64, "params": 72_282_900, "acts": 30_702_212});
    assert_eq!(answer["scaled"]["complexity"], costs);
    let row = &answer["predictions"][0];
    let (time, interval) = (row["epoch_seconds"].as_f64().unwrap(), &row["interval"]);
    assert!(
        interval["low_seconds"].as_f64().unwrap() < time
            && time < interval["high_seconds"].as_f64().unwrap()
    );
    assert!(row["base_epoch_seconds"].as_f64().unwrap() < time);
    let rate = row["images_per_second"].as_f64().unwrap();
    // Tolerance: the last bits of two divisions.
    assert!((rate * time / 1_281_167.0 - 1.0).abs() < 1e-12);
}

#[tokio::test]
async fn without_a_platform_there_is_one_row_for_each_that_has_the_mode() {
    let platforms = |answer: &Value| -> Vec<Value> {
        answer["predictions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["platform"].clone())
            .collect()
    };
    let train = predict(json!({"model": {"name": "ResNet-50"}})).await;
    assert_eq!(
        platforms(&train),
        [
            "h100-nchw",
            "h100-nhwc",
            "rtx3090-nchw",
            "v100x8-paper",
            "v100x8-pycls"
        ]
    );
    let infer = predict(json!({"model": {"name": "ResNet-50"}, "mode": "infer"})).await;
    assert_eq!(platforms(&infer), ["rtx4090-nchw"]);
    let named =
        json!({"model": {"name": "ResNet-50"}, "platform": ["v100x8-pycls", "rtx3090-nchw"]});
    assert_eq!(
        platforms(&predict(named).await),
        ["v100x8-pycls", "rtx3090-nchw"]
    );
}

#[tokio::test]
async fn fields_that_are_wrong_are_pointed_at() {
    let app = App::seeded().await;
    let net = json!({"name": "ResNet-50"});
    for (extra, pointer) in [
        (json!({"platform": "rtx4090-nchw"}), "/platform"),
        (json!({"platform": "rtx309-nchw"}), "/platform"),
        (json!({"platform": ["v100x8-paper", "x"]}), "/platform/1"),
        (json!({"platform": 3}), "/platform"),
        (json!({"mode": "test"}), "/mode"),
        (json!({"interval": 0.3}), "/interval"),
        (json!({"interval": "wide"}), "/interval"),
        (json!({"estimator": "magic"}), "/estimator"),
        (json!({"dataset_images": 0}), "/dataset_images"),
        (json!({"batch_size": 1.5}), "/batch_size"),
        (json!({"family": "Big Nets"}), "/family"),
        (
            json!({"complexity": {"flops": 1, "params": 1, "acts": 1}}),
            "/complexity",
        ),
        (
            json!({"scaling": {"strategy": "dWr", "factor": 1e30}}),
            "/scaling/factor",
        ),
        (
            json!({"scaling": {"strategy": "r", "factor": 1e-9}}),
            "/scaling/factor",
        ),
        (json!({"scaling": {"factor": 4}}), "/scaling"),
        (
            json!({"scaling": {"strategy": "dw", "alpha": 0.5, "factor": 4}}),
            "/scaling",
        ),
    ] {
        let mut request = json!({"model": net});
        request
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        let answer = app.post("/v1/predict", &request).await;
        assert_eq!(answer.status, 422, "{request}");
        assert_eq!(
            answer.body["errors"][0]["pointer"], pointer,
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn costs_alone_are_predicted_but_not_scaled() {
    let costs = json!({"flops": 4.1e9, "params": 2.5e7, "acts": 1.1e7});
    let answer =
        predict(json!({"complexity": costs, "family": "resnet", "platform": "rtx3090-nchw"})).await;
    assert_eq!(answer["base"]["model"], Value::Null);
    assert!(answer["predictions"][0]["epoch_seconds"].as_f64().unwrap() > 0.0);
    let scaled =
        predict(json!({"complexity": costs, "scaling": {"strategy": "d", "factor": 2}})).await;
    assert_eq!(scaled["errors"][0]["pointer"], "/scaling");
    let named =
        predict(json!({"model": {"name": "convnext_tiny"}, "platform": "rtx3090-nchw"})).await;
    assert_eq!(named["predictions"][0]["fit"]["group"], "convnext");
}

#[tokio::test]
async fn scaling_never_changes_the_timing_group() {
    let down = json!({"model": {"name": "ResNeXt-50"}, "scaling": {"strategy": "w", "factor": 0.02}, "platform": "rtx3090-nchw"});
    assert_eq!(
        predict(down).await["predictions"][0]["fit"]["group"],
        "resnext"
    );
}

#[tokio::test]
async fn an_unseen_group_and_a_net_beyond_the_measured_are_warned_of() {
    let codes = |answer: &Value| -> Vec<Value> {
        answer["predictions"][0]["warnings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|w| w["code"].clone())
            .collect()
    };
    let unseen = predict(json!({"model": {"name": "ResNet-50"}, "platform": "v100x8-paper"})).await;
    assert_eq!(codes(&unseen), ["unseen_group"]);
    let huge = json!({"model": {"name": "RegNetY-32GF"}, "scaling": {"strategy": "dwr", "factor": 8}, "platform": "v100x8-paper"});
    assert!(codes(&predict(huge).await).contains(&json!("extrapolation")));
}

#[tokio::test]
async fn a_batch_answers_each_item_for_itself() {
    let app = App::seeded().await;
    let good = json!({"model": {"name": "ResNet-50"}, "platform": "rtx3090-nchw"});
    let items = json!({"items": [good, {"model": {"name": "?"}}, good]});
    let answer = app.post("/v1/predict/batch", &items).await;
    assert_eq!(answer.status, 200);
    let statuses: Vec<_> = (0..3)
        .map(|i| answer.body["items"][i]["status"].as_u64())
        .collect();
    assert_eq!(statuses, [None, Some(422), None]);
    let alone = app.post("/v1/predict", &good).await;
    assert_eq!(answer.body["items"][2], alone.body);
    for wrong in [
        json!({"items": []}),
        json!({"items": vec![json!({}); 1001]}),
    ] {
        assert_eq!(app.post("/v1/predict/batch", &wrong).await.status, 422);
    }
}

#[tokio::test]
async fn a_prediction_shows_where_the_time_goes_and_what_was_timed_nearby() {
    let answer = predict(json!({
        "model": {"name": "RegNetY-4GF"}, "scaling": {"strategy": "dWr", "factor": 4}, "platform": "v100x8-paper",
    }))
    .await;
    let fit = &answer["predictions"][0]["fit"];
    assert_eq!(fit["based_on"], "layers");
    let shares = fit["shares"].as_array().unwrap();
    let total: f64 = shares.iter().map(|s| s["share"].as_f64().unwrap()).sum();
    // Tolerance: the last bits of a sum.
    assert!((total - 1.0).abs() < 1e-12, "{shares:?}");
    assert_eq!(fit["coefficients"].as_array().unwrap().len(), 5);
    let nearest = fit["nearest"].as_array().unwrap();
    assert_eq!(nearest.len(), 3);
    assert!(nearest[0]["epoch_seconds"].as_f64().unwrap() > 0.0);
    let costs = json!({"flops": 4.1e9, "params": 2.5e7, "acts": 1.1e7});
    let answer = predict(json!({"complexity": costs, "platform": "v100x8-paper"})).await;
    assert_eq!(answer["predictions"][0]["fit"]["based_on"], "costs");
    let paper = json!({"complexity": costs, "platform": "v100x8-paper", "estimator": "paper"});
    let answer = predict(paper).await;
    assert_eq!(answer["predictions"][0]["fit"]["based_on"], "acts");
}

#[tokio::test]
async fn a_misspelt_name_of_a_net_is_known_for_it() {
    let app = App::seeded().await;
    for (model, pointer, hint) in [
        (
            json!({"nam": "ResNet-50"}),
            "/model/nam",
            "did you mean `name`?",
        ),
        (
            json!({"famly": "regnet"}),
            "/model/famly",
            "did you mean `family`?",
        ),
        (
            json!({"widths": [8]}),
            "/model/family",
            "one of regnet, anynet, effnet, resnet, vit, graph; or name a net, such as {\"name\": \"ResNet-50\"}",
        ),
    ] {
        let answer = app.post("/v1/predict", &json!({"model": model})).await;
        let error = &answer.body["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["hint"]),
            (&json!(pointer), &json!(hint))
        );
    }
}

#[tokio::test]
async fn a_small_batch_and_many_flops_for_the_acts_are_warned_of() {
    let codes = |answer: &Value| -> Vec<String> {
        let warnings = answer["predictions"][0]["warnings"].as_array().unwrap();
        let code = |w: &Value| w["code"].as_str().unwrap().to_owned();
        warnings.iter().map(code).collect()
    };
    // Of costs alone the launches are not known.
    let costs = json!({"flops": 4.1e9, "params": 2.5e7, "acts": 1.1e7});
    let small = |batch| json!({"complexity": costs, "family": "resnet", "platform": "v100x8-pycls", "batch_size": batch});
    assert_eq!(codes(&predict(small(96)).await), ["overhead_bound"]);
    assert!(codes(&predict(small(97)).await).is_empty());
    let costs = json!({"flops": 60e9, "params": 25e6, "acts": 11e6});
    let dense = json!({"complexity": costs, "family": "resnet", "platform": "rtx4090-nchw", "mode": "infer"});
    assert!(codes(&predict(dense).await).contains(&"flop_bound".to_owned()));
}

#[tokio::test]
async fn a_published_net_is_told_by_its_costs_and_which_of_those_with_the_same_by_its_label() {
    // GhostNet and ResNet-50, as timm counts them.
    let ghost = json!({"flops": 141_150_000.0, "params": 5_182_500.0, "acts": 3_545_400.0});
    let costs = json!({"flops": 4_089_184_256.0, "params": 25_557_032.0, "acts": 11_115_000.0});
    let of = async |costs: &Value, label: Value| {
        let request = json!({"complexity": costs, "label": label, "platform": "rtx4090-nchw", "mode": "infer"});
        let answer = predict(request).await;
        let fit = &answer["predictions"][0]["fit"];
        (fit["based_on"].clone(), fit["published"].clone())
    };
    let layers = json!("layers");
    assert_eq!(
        of(&ghost, Value::Null).await,
        (layers.clone(), json!("ghostnet_100"))
    );
    let norms = of(&costs, json!("resnet50_gn.a1h_in1k")).await;
    assert_eq!(norms, (layers, json!("resnet50_gn")));
    let unknown = json!({"flops": 4.1e9, "params": 2.5e7, "acts": 1.1e7});
    assert_eq!(
        of(&unknown, json!("resnet50")).await,
        (json!("costs"), Value::Null)
    );
}

#[tokio::test]
async fn a_net_known_by_its_costs_is_known_again_by_the_same_costs_or_by_its_label() {
    let app = App::seeded().await;
    let ask = async |request: Value| {
        let answer = app.post("/v1/predict", &request).await;
        answer.body["predictions"][0]["epoch_seconds"].clone()
    };
    let costs = |more: f64| {
        let of = |cost: f64| (cost * more).round_ties_even();
        json!({"flops": of(3_060_040_000.0), "params": of(15_742_100.0), "acts": of(5_018_600.0)})
    };
    let by_costs = |more: f64, label: Value| json!({"complexity": costs(more), "family": "dla", "label": label, "platform": "rtx4090-nchw", "mode": "infer"});
    let named =
        ask(json!({"model": {"name": "dla34"}, "platform": "rtx4090-nchw", "mode": "infer"})).await;
    assert_eq!(ask(by_costs(1.0, Value::Null)).await, named);
    // Of other costs, as at another resolution, it is known by its label alone.
    let nameless = ask(by_costs(1.001, Value::Null)).await;
    let called = ask(by_costs(1.001, json!("dla34"))).await;
    assert_ne!(called, nameless);
    // Tolerance: a thousandth more of each cost.
    let ratio = called.as_f64().unwrap() / named.as_f64().unwrap();
    assert!((ratio - 1.0).abs() < 2e-3, "{called} {named} {nameless}");
    assert_eq!(ask(by_costs(1.001, json!("never timed"))).await, nameless);
}

#[tokio::test]
async fn a_published_net_can_be_asked_for_by_its_name_though_nobody_has_timed_it() {
    let app = App::seeded().await;
    let listed = app.get("/v1/models/efficientnet_cc_b0_4e").await.body;
    assert_eq!(listed["can_be_scaled"], false);
    let costs = &listed["resolutions"][0]["complexity"];
    let by_name = json!({"model": {"name": "EfficientNet_CC_B0_4e"}, "platform": "rtx3090-nchw"});
    let by_name = app.post("/v1/predict", &by_name).await.body;
    assert_eq!(&by_name["base"]["complexity"], costs);
    let time = &by_name["predictions"][0];
    assert_eq!(time["fit"]["published"], "efficientnet_cc_b0_4e");
    let by_costs = json!({"complexity": costs, "platform": "rtx3090-nchw"});
    let by_costs = app.post("/v1/predict", &by_costs).await.body;
    assert_eq!(time, &by_costs["predictions"][0]);
}

#[tokio::test]
async fn an_answer_says_at_which_resolution_and_where_its_counts_come_from() {
    let costs = json!({"flops": 4.1e9, "params": 2.5e7, "acts": 1.1e7});
    for (request, resolution, counts) in [
        (json!({"model": {"name": "ResNet-50"}}), json!(224), "exact"),
        (
            json!({"model": {"name": "efficientnet_cc_b0_4e"}}),
            json!(224),
            "published",
        ),
        (
            json!({"model": {"name": "convnext_base.fb_in22k_ft_in1k_384"}}),
            json!(384),
            "exact",
        ),
        (json!({"complexity": costs}), Value::Null, "sent"),
        (
            json!({"complexity": costs, "resolution": 192}),
            json!(192),
            "sent",
        ),
    ] {
        let base = predict(request).await["base"].clone();
        assert_eq!(
            (&base["resolution"], &base["counts"]),
            (&resolution, &json!(counts)),
            "{base}"
        );
    }
}

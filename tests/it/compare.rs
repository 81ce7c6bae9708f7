//! Which way to scale: many forms of one net side by side.

use serde_json::{Value, json};

use crate::app::{App, vit, with};
use crate::charts::{sentence, text};

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[tokio::test]
async fn without_further_words_twelve_ways_by_five_factors_are_compared() {
    let app = App::seeded().await;
    let request = json!({"model": {"name": "RegNetY-500MF"}});
    let answer = app.post("/v1/compare", &request).await.body;
    let rows = answer["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 12 * 5);
    let named = rows
        .iter()
        .filter(|row| row["strategy"].is_string())
        .count();
    assert_eq!((named, rows[59]["alpha"].as_f64()), (9 * 5, Some(0.8)));
    for row in rows {
        assert_eq!(row["predictions"].as_array().unwrap().len(), 5);
    }
}

#[tokio::test]
async fn a_row_is_what_predict_says_of_the_same_net() {
    let app = App::seeded().await;
    let model = json!({"name": "RegNetY-4GF"});
    let request =
        json!({"model": model, "strategies": ["dWr"], "factors": [4], "platform": "v100x8-paper"});
    let row = app.post("/v1/compare", &request).await.body["rows"][0].clone();
    let single = json!({
        "model": model, "scaling": {"strategy": "dWr", "factor": 4}, "platform": "v100x8-paper",
    });
    let single = app.post("/v1/predict", &single).await.body;
    assert_eq!(row["scaled"], single["scaled"]);
    let (compared, predicted) = (&row["predictions"][0], &single["predictions"][0]);
    for field in [
        "platform",
        "mode",
        "epoch_seconds",
        "images_per_second",
        "interval",
        "base_epoch_seconds",
        "warnings",
    ] {
        assert_eq!(compared[field], predicted[field], "{field}");
    }
    assert_eq!(compared["fit"]["id"], predicted["fit"]["id"]);
    let to_base = number(&predicted["epoch_seconds"]) / number(&predicted["base_epoch_seconds"]);
    // Tolerance: the last bits of two divisions.
    assert!((number(&compared["to_base"]) / to_base - 1.0).abs() < 1e-12);
}

#[tokio::test]
async fn the_fastest_form_of_each_factor_is_its_own_best() {
    let app = App::seeded().await;
    let request =
        json!({"model": {"name": "EfficientNet-B0"}, "factors": {"from": 1, "to": 16, "steps": 3}});
    let answer = app.post("/v1/compare", &request).await.body;
    let rows = answer["rows"].as_array().unwrap();
    for factor in [1.0, 4.0, 16.0] {
        for place in 0..3 {
            let same = rows
                .iter()
                .filter(|row| number(&row["factor"]).to_bits() == f64::to_bits(factor));
            let times: Vec<_> = same.map(|row| row["predictions"][place].clone()).collect();
            assert_eq!(times.len(), 12);
            let best = times
                .iter()
                .map(|t| number(&t["epoch_seconds"]))
                .fold(f64::INFINITY, f64::min);
            for time in times {
                // Tolerance: the last bits of a division.
                let to_best = number(&time["epoch_seconds"]) / best;
                assert!((number(&time["to_best"]) / to_best - 1.0).abs() < 1e-12);
            }
        }
    }
}

/// The paper's finding, from our own answers.
#[tokio::test]
async fn fast_scaling_is_about_as_accurate_as_uniform_up_to_4_gf_and_twice_as_fast_at_16() {
    let app = App::seeded().await;
    // The factors at which both were trained, the last near 4 GF.
    for (name, trained) in [
        ("EfficientNet-B0", [1.9, 5.0, 11.0]),
        ("RegNetY-500MF", [2.0, 4.1, 8.2]),
        ("RegNetZ-500MF", [2.0, 4.0, 8.0]),
    ] {
        let ask = async |factors: Value| {
            let request = json!({
                "model": {"name": name}, "strategies": ["dwr", "dWr"], "factors": factors,
                "platform": "v100x8-paper",
            });
            let answer = app.post("/v1/compare", &request).await.body;
            let rows = answer["rows"].as_array().unwrap().clone();
            let (uniform, fast) = rows.split_at(rows.len() / 2);
            (uniform.to_vec(), fast.to_vec())
        };
        let (uniform, fast) = ask(json!(trained)).await;
        for (uniform, fast) in uniform.iter().zip(&fast) {
            let error = |row: &Value| number(&row["accuracy"]["top1_error_percent"]);
            // Two readings of one net differ by up to 0.15, and training it twice by more.
            let apart = (error(uniform) - error(fast)).abs();
            assert!(apart < 0.3, "{name} {}: {apart}", uniform["factor"]);
        }
        let (uniform, fast) = ask(json!({"from": 25, "to": 60, "steps": 80})).await;
        let at_16_gf = |rows: &[Value]| {
            let flops = |row: &Value| number(&row["scaled"]["complexity"]["flops"]);
            let apart = |row: &&Value| (flops(row) / 16e9).ln().abs();
            rows.iter()
                .min_by(|a, b| apart(a).total_cmp(&apart(b)))
                .unwrap()
                .clone()
        };
        let (uniform, fast) = (at_16_gf(&uniform), at_16_gf(&fast));
        assert!(uniform["accuracy"].is_null(), "dwr points end near 4 GF");
        let seconds = |row: &Value| number(&row["predictions"][0]["epoch_seconds"]);
        let slower = seconds(&uniform) / seconds(&fast);
        assert!((1.7..2.3).contains(&slower), "{name}: {slower}");
    }
}

#[tokio::test]
async fn memory_says_how_many_images_fit() {
    let app = App::seeded().await;
    let request = json!({
        "model": {"name": "ResNet-50"}, "strategies": ["w"], "factors": [1], "platform": "v100x8-pycls",
        "batch_size": 256, "device_memory_bytes": 16 * (1_u64 << 30),
    });
    let row = app.post("/v1/compare", &request).await.body["rows"][0].clone();
    let memory = &row["memory"];
    // 32 of 256 images on each of eight devices, in the platform's own fp32.
    assert_eq!(
        (&memory["images"], &memory["precision"]),
        (&json!(32), &json!("fp32"))
    );
    let (fixed, image) = (
        number(&memory["fixed_bytes"]),
        number(&memory["bytes_per_image"]),
    );
    // Tolerance: three figures are each cut to a whole byte.
    assert!((number(&memory["bytes"]) - fixed - 32.0 * image).abs() < 34.0);
    assert!(number(&memory["largest_batch"]) > 32.0);
    let infer = json!({"model": {"name": "ResNet-50"}, "factors": [1], "mode": "infer"});
    assert!(app.post("/v1/compare", &infer).await.body["rows"][0]["memory"].is_null());
}

#[tokio::test]
async fn the_table_has_a_line_for_each_form_and_platform() {
    let app = App::seeded().await;
    let path = "/v1/compare.csv?model=RegNetY-500MF&strategies=dwr,dWr&alphas=0.5&factors=1..8/4&platform=v100x8-paper,rtx3090-nchw";
    let answer = app.get(path).await;
    let text = answer.body.as_str().unwrap().to_owned();
    assert_eq!(
        (answer.status.as_u16(), answer.kind.as_str()),
        (200, "text/csv; charset=utf-8")
    );
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 1 + 3 * 4 * 2);
    let columns = lines[0].split(',').count();
    assert!(lines.iter().all(|line| line.split(',').count() == columns));
    assert!(lines[1].starts_with("dwr,,1,224,50219"), "{}", lines[1]);
}

#[tokio::test]
async fn fields_that_are_wrong_are_pointed_at() {
    let app = App::seeded().await;
    let net = json!({"name": "ResNet-50"});
    for (extra, pointer) in [
        (json!({"strategies": ["dwr", "dwR"]}), "/strategies/1"),
        (json!({"alphas": [0.5, 1.5]}), "/alphas/1"),
        (json!({"factors": [1, -2]}), "/factors/1"),
        (json!({"factors": []}), "/factors"),
        (json!({"factors": {"from": 1, "to": 4}}), "/factors"),
        (
            json!({"factors": {"from": 0, "to": 4, "steps": 3}}),
            "/factors/from",
        ),
        (
            json!({"factors": {"from": 1, "to": 4, "steps": 1}}),
            "/factors/steps",
        ),
        (
            json!({"factors": [1, 1e9], "strategies": ["d"]}),
            "/factors/1",
        ),
        (json!({"factor": [1]}), "/factor"),
        (json!({"platform": "nowhere"}), "/platform"),
        (
            json!({"model": {"name": "efficientnet_cc_b0_4e"}}),
            "/model",
        ),
        (json!({"device_memory_bytes": 0}), "/device_memory_bytes"),
        (json!({"model": vit()}), "/model"),
    ] {
        let request = with(json!({"model": net}), &extra);
        let answer = app.post("/v1/compare", &request).await;
        let pointed = &answer.body["errors"][0]["pointer"];
        assert_eq!(
            (answer.status.as_u16(), pointed),
            (422, &json!(pointer)),
            "{}",
            answer.body
        );
    }
    let wrong = app
        .get("/v1/compare.csv?model=ResNet-50&factors=1..x")
        .await;
    assert_eq!(wrong.body["errors"][0]["pointer"], "/factors");
}

/// A net whose windows fit no other resolution near its own.
const BOUND: &str = "swin_tiny_patch4_window7_224";

/// The way and the factor of each row, and of what is left out.
fn told(answer: &Value) -> (Vec<String>, Vec<String>) {
    let told =
        |one: &Value, factor: &Value| format!("{}{}:{factor}", one["strategy"], one["alpha"]);
    let rows = answer["rows"].as_array().unwrap().iter();
    let rows = rows.map(|row| told(row, &row["factor"])).collect();
    let left_out = answer["left_out"].as_array().unwrap().iter();
    let left_out = left_out.flat_map(|out| {
        let factors = out["factors"].as_array().unwrap().iter();
        factors.map(|factor| told(out, factor)).collect::<Vec<_>>()
    });
    (rows, left_out.collect())
}

#[tokio::test]
async fn what_a_net_cannot_take_is_left_out_and_the_answer_says_why() {
    let app = App::seeded().await;
    for name in [BOUND, "coatnet_0_rw_224", "resnest50d_1s4x24d"] {
        let request = json!({"model": {"name": name}, "platform": "rtx3090-nchw"});
        let answer = app.post("/v1/compare", &request).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.body);
        let (mut rows, left_out) = told(&answer.body);
        assert!(!rows.is_empty() && !left_out.is_empty(), "{name}");
        for out in answer.body["left_out"].as_array().unwrap() {
            let reason = out["reason"].as_str().unwrap();
            let (bound, wider) = (
                "this net takes images of 224 pixels, and of no side near the scaled one: ",
                "the scaled net cannot be counted: ",
            );
            let keeps_side = ["d", "w", "dw"].contains(&out["strategy"].as_str().unwrap_or(""));
            let is_bound = reason.starts_with(bound) && !keeps_side;
            assert!(is_bound || reason.starts_with(wider), "{reason}");
            assert_eq!(is_bound, !name.starts_with("resnest"), "{name}: {reason}");
        }
        // Each way and factor is either answered or left out.
        rows.extend(left_out);
        rows.sort();
        rows.dedup();
        assert_eq!(rows.len(), 12 * 5, "{name}");
    }
    let request = json!({"model": {"name": "ResNet-50"}, "platform": "rtx3090-nchw"});
    let answer = app.post("/v1/compare", &request).await.body;
    assert_eq!(answer["left_out"], json!([]));
}

#[tokio::test]
async fn of_several_named_ways_those_that_the_net_can_take_are_answered() {
    let app = App::seeded().await;
    let ask = async |more: Value| {
        let request = json!({"model": {"name": BOUND}, "platform": "rtx3090-nchw"});
        app.post("/v1/compare", &with(request, &more)).await
    };
    let some = ask(json!({"strategies": ["r", "w", "dWr"], "factors": [1, 2, 8]})).await;
    let (rows, left_out) = told(&some.body);
    let way = |way: &str| {
        format!(
            "\"{}\"null:{}.0",
            &way[..way.len() - 1],
            &way[way.len() - 1..]
        )
    };
    let ways = |ways: [&str; 4]| ways.map(way).to_vec();
    // r gives the net as it is by 1 and nothing else, which is no way to scale it.
    assert_eq!(left_out, ways(["r1", "r2", "r8", "dWr8"]));
    assert_eq!(rows[..3], ways(["w1", "w2", "w8", "w8"])[..3]);
    assert_eq!(rows.len(), 5);

    let one = ask(json!({"strategies": ["r"], "factors": [1, 2, 8]})).await;
    assert_eq!(one.status, 422);
    let error = &one.body["errors"][0];
    assert_eq!(
        (&error["pointer"], &error["value"]),
        (&json!("/factors/1"), &json!(2.0))
    );
    assert!(
        error["detail"]
            .as_str()
            .unwrap()
            .contains("an axis of 79 does not come in 7")
    );

    let none = ask(json!({"strategies": ["r", "dr"], "factors": [4]})).await;
    let errors = none.body["errors"].as_array().unwrap();
    let details: Vec<&str> = errors
        .iter()
        .map(|e| e["detail"].as_str().unwrap())
        .collect();
    assert_eq!((none.status.as_u16(), details.len()), (422, 2));
    assert!(details[0].starts_with("by r: ") && details[1].starts_with("by dr: "));

    let one = ask(json!({"strategies": ["r"], "factors": [4]})).await.body;
    let detail = one["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.starts_with("by r: "), "{detail}");

    let as_it_is = ask(json!({"strategies": ["r"], "factors": [1]})).await;
    assert_eq!(told(&as_it_is.body).0, [way("r1")]);
}

#[tokio::test]
async fn what_is_left_out_of_a_graph_stands_in_the_table_and_in_the_charts_sentence_too() {
    let app = App::seeded().await;
    let model = app.get(&format!("/v1/models/{BOUND}")).await.body["model"].clone();
    assert_eq!(model["family"], "graph");
    let request = json!({"model": model, "strategies": ["r", "w"], "factors": [2, 4]});
    let answer = app.post("/v1/compare", &request).await.body;
    let reason = answer["left_out"][0]["reason"].as_str().unwrap().to_owned();

    let query = format!("model={BOUND}&strategies=r,w&factors=2,4&platform=rtx3090-nchw");
    let table = app.get(&format!("/v1/compare.csv?{query}")).await;
    let table = table.body.as_str().unwrap().to_owned();
    let mut lines = csv::Reader::from_reader(table.as_bytes());
    let lines: Vec<csv::StringRecord> = lines.records().map(Result::unwrap).collect();
    let cells = |i: usize| [0, 2, 4, 30].map(|column| lines[i][column].to_owned());
    assert_eq!(lines.len(), 4);
    assert_eq!((&lines[0][0], &lines[0][30]), ("w", ""));
    assert_eq!(cells(2), ["r", "2", "", &reason]);
    assert_eq!(cells(3), ["r", "4", "", &reason]);

    let svg = text(&app, &format!("/v1/charts/compare.svg?{query}")).await;
    let said = sentence(&svg);
    assert!(
        said.ends_with(&format!(" Left out: r. By r: {reason}.")),
        "{said}"
    );
}

#[tokio::test]
async fn what_would_take_minutes_is_refused() {
    let app = App::seeded().await;
    let stages = 2000;
    let model = json!({
        "family": "anynet", "depths": vec![1; stages], "widths": vec![8; stages], "strides": vec![1; stages],
        "block_type": "vanilla_block",
    });
    let request = json!({"model": model, "factors": {"from": 1, "to": 2, "steps": 200}});
    let answer = app.post("/v1/compare", &request).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["errors"][0]["pointer"]),
        (422, &json!("/factors"))
    );
}

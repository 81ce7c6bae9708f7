//! Which way to scale: many forms of one net side by side.

use serde_json::{Value, json};

use crate::app::{App, vit, with};

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
        (json!({"factors": [1, 1e9]}), "/factors/1"),
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

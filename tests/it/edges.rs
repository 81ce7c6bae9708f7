//! Questions far from all that was timed: refused with what would be right, or answered with a warning and a wide interval.

use serde_json::{Value, json};

use crate::app::{App, with};

fn warnings(row: &Value) -> Vec<&Value> {
    row["warnings"].as_array().unwrap().iter().collect()
}

fn has(row: &Value, code: &str) -> bool {
    warnings(row).iter().any(|warning| warning["code"] == code)
}

/// The upper end of the interval over the predicted time.
fn width(row: &Value) -> f64 {
    row["interval"]["high_seconds"].as_f64().unwrap() / row["epoch_seconds"].as_f64().unwrap()
}

#[tokio::test]
async fn a_batch_beyond_all_that_were_timed_widens_the_interval_and_is_warned_of() {
    let app = App::seeded().await;
    let of = async |batch: u64, extra: &Value| {
        let asked = json!({"model": {"name": "ResNet-50"}, "platform": "rtx3090-nchw", "batch_size": batch});
        app.post("/v1/predict", &with(asked, extra)).await.body["predictions"][0].clone()
    };
    let timed = of(512, &json!({})).await;
    assert_eq!(warnings(&timed), Vec::<&Value>::new());
    let mut last = width(&timed);
    for batch in [1024, 4096, 100_000] {
        let row = of(batch, &json!({})).await;
        let told = warnings(&row);
        let beyond = told.iter().find(|w| w["code"] == "extrapolation").unwrap();
        assert_eq!(beyond["quantity"], "batch_size");
        assert!(width(&row) > last, "{row}");
        last = width(&row);
    }
    // 57 MB an image, of 24 GB.
    let large = of(4096, &json!({})).await;
    let told = warnings(&large);
    let memory = told.iter().find(|w| w["code"] == "beyond_memory").unwrap();
    let detail = memory["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("a step of 4096 images on each device takes about 232 GB"),
        "{detail}"
    );
    assert!(
        detail.contains("NVIDIA GeForce RTX 3090 has 24: about 388 fit"),
        "{detail}"
    );
    // The paper's estimator and nets of which only the costs are known are no surer.
    let line = async |batch| of(batch, &json!({"estimator": "paper"})).await;
    assert!(width(&line(4096).await) > width(&line(512).await));
}

#[tokio::test]
async fn a_batch_that_no_device_could_hold_is_refused_with_what_fits() {
    let app = App::seeded().await;
    let asked = json!({"model": {"name": "ResNet-50"}, "platform": "rtx3090-nchw"});
    for path in ["/v1/predict", "/v1/compare", "/v1/plan"] {
        for (extra, detail, hint) in [
            (
                json!({"batch_size": 1_000_000_000}),
                "1000000000 images in a step are more than the 1281167 of the dataset",
                "at most 1281167, or a larger dataset_images",
            ),
            (
                json!({"batch_size": 100, "dataset_images": 99}),
                "100 images in a step are more than the 99 of the dataset",
                "at most 99, or a larger dataset_images",
            ),
            (
                json!({"batch_size": 1_000_000}),
                "a step of 1000000 images takes more than 100 times the memory of any device",
                "about 388 fit",
            ),
        ] {
            let answer = app.post(path, &with(asked.clone(), &extra)).await;
            assert_eq!(answer.status, 422, "{path} {extra}");
            let error = &answer.body["errors"][0];
            assert_eq!(error["pointer"], "/batch_size", "{error}");
            assert_eq!(error["value"], extra["batch_size"], "{error}");
            assert_eq!(
                (error["detail"].as_str(), error["hint"].as_str()),
                (Some(detail), Some(hint)),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn a_factor_far_off_is_refused_at_its_field_or_warned_of() {
    let app = App::seeded().await;
    let (mut refused, mut warned) = (0, 0);
    for strategy in ["d", "w", "r", "dwr", "dWr", "orig"] {
        for factor in [1e6, 1e12, 1e308, 1e-6, 1e-12, 1e-308, 5e-324] {
            let scaling = json!({"strategy": strategy, "factor": factor});
            let asked = json!({"model": {"name": "ResNet-50"}, "scaling": scaling});
            let answer = app.post("/v1/predict", &asked).await;
            if answer.status == 422 {
                assert_eq!(
                    answer.body["errors"][0]["pointer"], "/scaling/factor",
                    "{asked}"
                );
                refused += 1;
                continue;
            }
            for row in answer.body["predictions"].as_array().unwrap() {
                assert!(
                    has(row, "factor_missed") || has(row, "extrapolation"),
                    "{asked}: {row}"
                );
            }
            warned += 1;
        }
    }
    assert!(refused > 10 && warned > 5, "{refused} {warned}");
}

#[tokio::test]
async fn a_net_that_is_not_what_its_factor_asks_for_is_told_as_such() {
    let app = App::seeded().await;
    let asked = |factor: f64| json!({"model": {"name": "ResNet-50"}, "platform": "rtx3090-nchw", "scaling": {"strategy": "d", "factor": factor}});
    for path in ["/v1/predict", "/v1/explain"] {
        let rows = |answer: &Value| {
            answer
                .get("predictions")
                .or(answer.get("explanations"))
                .unwrap()[0]
                .clone()
        };
        assert!(
            has(
                &rows(&app.post(path, &asked(1e-6)).await.body),
                "factor_missed"
            ),
            "{path}"
        );
        assert!(
            !has(
                &rows(&app.post(path, &asked(4.0)).await.body),
                "factor_missed"
            ),
            "{path}"
        );
    }
    let ways = json!({"model": {"name": "ResNet-50"}, "platform": "rtx3090-nchw", "strategies": ["d"], "factors": [1e-6, 4]});
    let rows = app.post("/v1/compare", &ways).await.body["rows"].clone();
    assert!(has(&rows[0]["predictions"][0], "factor_missed"));
    assert!(!has(&rows[1]["predictions"][0], "factor_missed"));
}

#[tokio::test]
async fn numbers_that_would_leave_the_range_of_a_double_are_refused() {
    let app = App::seeded().await;
    let most = json!({"model": {"name": "ResNet-50"}, "platform": "rtx3090-nchw", "epochs": 1_000_000, "dataset_images": 1_u64 << 53});
    for (extra, pointer) in [
        (
            json!({"loader_images_per_second": 1e-300}),
            "/loader_images_per_second",
        ),
        (
            json!({"loader_images_per_second": 1e300}),
            "/loader_images_per_second",
        ),
        (json!({"price_per_hour": 1e300}), "/price_per_hour"),
        (json!({"price_per_hour": 5e-324}), "/price_per_hour"),
        (json!({"dataset_images": 1e18}), "/dataset_images"),
    ] {
        let answer = app.post("/v1/predict", &with(most.clone(), &extra)).await;
        assert_eq!(answer.status, 422, "{extra}");
        assert_eq!(
            answer.body["errors"][0]["pointer"], pointer,
            "{}",
            answer.body
        );
    }
    let edge = json!({"loader_images_per_second": 1e-6, "price_per_hour": 1e12});
    let answer = app.post("/v1/predict", &with(most, &edge)).await;
    let total = &answer.body["predictions"][0]["total"];
    for name in [
        "seconds",
        "low_seconds",
        "high_seconds",
        "cost",
        "low_cost",
        "high_cost",
    ] {
        assert!(
            total[name].as_f64().is_some_and(f64::is_finite),
            "{name}: {total}"
        );
    }
}

#[tokio::test]
async fn a_net_that_is_slow_for_its_smaller_steps_alone_is_told_as_such() {
    let app = App::seeded().await;
    let asked = |factor: u32| json!({"model": {"name": "ResNet-50"}, "platform": "h100-nchw", "scaling": {"strategy": "d", "factor": factor}});
    let row =
        async |asked: Value| app.post("/v1/predict", &asked).await.body["predictions"][0].clone();
    let usual = row(asked(4)).await;
    let told = usual["warnings"].as_array().unwrap().iter();
    let told = told.clone().find(|one| one["code"] == "unlike_steps");
    let told = told.unwrap()["detail"].as_str().unwrap();
    let images = usual["usual_batch_size"].as_u64().unwrap();
    assert!(
        told.starts_with(&format!("its steps are of {images} images")),
        "{told}"
    );
    assert!(told.contains("x slower; name a batch size"), "{told}");

    // In equal steps, in the scale of the net as it is, and where launches take no time, nothing is said.
    let equal = with(asked(4), &json!({"batch_size": 128}));
    assert!(!has(&row(equal).await, "unlike_steps"));
    assert!(!has(&row(asked(1)).await, "unlike_steps"));
    let old = with(asked(4), &json!({"platform": "v100x8-paper"}));
    assert!(!has(&row(old).await, "unlike_steps"));
    let ways = json!({"model": {"name": "ResNet-50"}, "platform": "h100-nchw", "strategies": ["d"], "factors": [1, 4]});
    let rows = app.post("/v1/compare", &ways).await.body["rows"].clone();
    assert!(!has(&rows[0]["predictions"][0], "unlike_steps"));
    assert!(has(&rows[1]["predictions"][0], "unlike_steps"));
}

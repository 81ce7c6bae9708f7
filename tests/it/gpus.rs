//! GPUs on which nothing was timed, and batches of any size.

use axum::http::Request;
use epochcast::store::Scope;
use serde_json::{Value, json};

use crate::app::App;

async fn predict(app: &App, request: Value) -> Value {
    let answer = app.post("/v1/predict", &request).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// The first prediction for ResNet-50, with what `extra` adds to the request.
async fn resnet50(app: &App, extra: Value) -> Value {
    let mut request = json!({"model": {"name": "ResNet-50"}});
    request
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    predict(app, request).await["predictions"][0].clone()
}

fn number(row: &Value, pointer: &str) -> f64 {
    row.pointer(pointer).and_then(Value::as_f64).unwrap()
}

fn codes(row: &Value) -> Vec<&str> {
    let warnings = row["warnings"].as_array().unwrap().iter();
    warnings.map(|w| w["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_gpu_without_timings_is_predicted_from_the_platform_most_like_it() {
    let app = App::seeded().await;
    for (asked, from) in [
        (json!({"platform": "gpu:h200"}), "h100-nchw"),
        (json!({"platform": "gpu:v100-32gb"}), "rtx3090-nchw"),
        (json!({"platform": "gpu:l4:tuned"}), "rtx3090-nchw"),
        (json!({"platform": "gpu:h100:fp32"}), "v100x8-pycls"),
        (
            json!({"platform": "gpu:h200", "mode": "infer"}),
            "rtx4090-nchw",
        ),
    ] {
        let row = resnet50(&app, asked.clone()).await;
        assert_eq!(row["platform"], asked["platform"]);
        assert_eq!(row["fit"]["data_sheet"]["platform"], from, "{asked}");
        assert!(codes(&row).contains(&"datasheet_gpu"), "{row}");
        let factors = [
            "bandwidth_factor",
            "rate_factor",
            "precision_factor",
            "memory_format_factor",
            "software_factor",
        ];
        let sheet = &row["fit"]["data_sheet"];
        let product: f64 = factors
            .map(|f| number(sheet, &format!("/{f}")))
            .iter()
            .product();
        // Tolerance: the last bits of a product.
        assert!((product / number(sheet, "/factor") - 1.0).abs() < 1e-12);
    }
}

#[tokio::test]
async fn a_gpu_that_was_timed_takes_as_long_by_its_data_sheet_but_in_a_wider_interval() {
    let app = App::seeded().await;
    let timed = resnet50(&app, json!({"platform": "rtx3090-nchw"})).await;
    let sheet = resnet50(&app, json!({"platform": "gpu:rtx3090"})).await;
    assert_eq!(timed["epoch_seconds"], sheet["epoch_seconds"]);
    let high = |row: &Value| number(row, "/interval/high_seconds");
    assert!(high(&timed) < high(&sheet));
    let told = sheet["warnings"][0]["detail"].as_str().unwrap();
    assert!(told.contains("ask for rtx3090-nchw"), "{told}");
    let other = resnet50(&app, json!({"platform": "gpu:a100-40gb"})).await;
    let told = other["warnings"][0]["detail"].as_str().unwrap();
    assert!(
        told.contains("fewer than 20 timings are known of NVIDIA A100"),
        "{told}"
    );
}

/// Published images/s of ResNet-50 in training with mixed precision on one GPU: `pytorch/pytorch-train-throughput-fp16.csv`
/// of lambdal/deeplearning-benchmark, none of which is in the store.
const PUBLISHED: [(&str, f64); 8] = [
    ("v100-16gb", 833.0),
    ("a10", 638.0),
    ("a100-80gb-pcie", 1527.0),
    ("a100-80gb", 1582.0),
    ("h100-pcie", 1866.0),
    ("h100", 2616.0),
    ("rtx3090", 905.0),
    ("rtx4090", 1301.0),
];

#[tokio::test]
async fn published_timings_of_gpus_that_the_store_has_not_lie_within_the_interval() {
    let app = App::seeded().await;
    for (gpu, rate) in PUBLISHED {
        let asked = json!({"platform": format!("gpu:{gpu}"), "dataset_images": 1_000_000});
        let row = resnet50(&app, asked).await;
        let (low, high) = (
            number(&row, "/interval/low_seconds"),
            number(&row, "/interval/high_seconds"),
        );
        assert!((low..high).contains(&(1e6 / rate)), "{gpu}: {row}");
    }
}

#[tokio::test]
async fn more_of_everything_is_faster() {
    let app = App::seeded().await;
    let mut rates = Vec::new();
    for gpu in [
        "t4",
        "a10",
        "a100-40gb",
        "a100-80gb",
        "h100",
        "h200",
        "b200",
    ] {
        let row = resnet50(&app, json!({"platform": format!("gpu:{gpu}")})).await;
        rates.push(number(&row, "/images_per_second"));
    }
    assert!(rates.is_sorted(), "{rates:?}");
}

#[tokio::test]
async fn gpus_and_platforms_stand_in_one_list_in_the_order_asked_for() {
    let app = App::seeded().await;
    let asked = json!(["gpu:l4", "rtx3090-nchw", "gpu:a100-40gb:tf32"]);
    let answer = predict(
        &app,
        json!({"model": {"name": "RegNetY-4GF"}, "scaling": {"strategy": "dWr", "factor": 2}, "platform": asked}),
    )
    .await;
    let rows = answer["predictions"].as_array().unwrap().iter();
    let platforms: Vec<&Value> = rows.map(|row| &row["platform"]).collect();
    assert_eq!(json!(platforms), asked);
    let all = predict(&app, json!({"model": {"name": "ResNet-50"}})).await;
    assert_eq!(all["predictions"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn a_gpu_that_cannot_be_answered_is_refused_with_what_would_do() {
    let app = App::seeded().await;
    let hint = async |app: &App, platform: &str| {
        let request = json!({"model": {"name": "ResNet-50"}, "platform": platform});
        let answer = app.post("/v1/predict", &request).await;
        assert_eq!(answer.status, 422, "{platform}");
        assert_eq!(answer.body["errors"][0]["pointer"], "/platform");
        answer.body["errors"][0]["hint"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(hint(&app, "gpu:h10").await, "did you mean `h100`?");
    assert_eq!(
        hint(&app, "gpu:a100:fp32").await,
        "name one: `a100-40gb`, `a100-40gb-pcie`, `a100-80gb`, `a100-80gb-pcie`"
    );
    assert_eq!(
        hint(&app, "RTX A6000").await,
        "`gpu:rtx-a6000` predicts by its data sheet"
    );
    assert_eq!(
        hint(&app, "p100").await,
        "`gpu:p100-pcie`, `gpu:p100-sxm2` predict by their data sheets"
    );
    assert!(
        hint(&app, "gpu:mi300x")
            .await
            .starts_with("send a few timings")
    );
    assert!(
        hint(&app, "gpu:gtx1080ti:bf16")
            .await
            .contains("gpu:gtx1080ti")
    );
    assert_eq!(
        hint(&app, "h100").await,
        "`gpu:h100` predicts by its data sheet"
    );
    assert!(hint(&app, "gpu:t4:tf32").await.contains("gpu:t4"));
    assert!(
        hint(&App::empty().await, "gpu:h100")
            .await
            .contains("upload")
    );
}

#[tokio::test]
async fn a_gpu_may_be_called_as_people_write_it_and_is_answered_by_its_name_here() {
    let app = App::seeded().await;
    for (written, name) in [
        ("gpu:RTX A6000", "gpu:rtx-a6000"),
        ("gpu:2080ti:fp32", "gpu:rtx2080ti:fp32"),
        ("gpu:4070 Ti Super:compiled", "gpu:rtx4070ti-super:compiled"),
    ] {
        let row = resnet50(&app, json!({"platform": written})).await;
        assert_eq!(row["platform"], name);
        assert_eq!(row, resnet50(&app, json!({"platform": name})).await);
    }
    let sheet = app.get("/v1/gpus/quadro%20rtx%208000").await.body;
    assert_eq!(sheet["id"], "quadro-rtx8000");
    assert_eq!(app.get("/v1/gpus/rtx%206000").await.status, 404);
}

/// Images/s of an RTX 5090 with `PyTorch` 2.7 at batch 12: `results/5090` of MatrixSP/pytorch-gpu-benchmark, by which nothing was chosen.
const ON_A_FAST_HOST: [(&str, &str, &str, f64); 8] = [
    ("train", "fp16", "ResNet-50", 1457.79),
    ("train", "fp16", "densenet121", 777.08),
    ("train", "tf32", "ResNet-50", 1075.18),
    ("train", "tf32", "densenet121", 793.56),
    ("infer", "fp16", "ResNet-50", 4610.6),
    ("infer", "fp16", "densenet121", 2622.46),
    ("infer", "tf32", "ResNet-50", 3203.59),
    ("infer", "tf32", "densenet121", 2351.56),
];

#[tokio::test]
async fn a_host_that_launches_sooner_is_within_the_interval_and_is_spoken_of() {
    let app = App::seeded().await;
    for (mode, precision, net, rate) in ON_A_FAST_HOST {
        let platform = format!("gpu:rtx5090:{precision}");
        let asked =
            json!({"model": {"name": net}, "platform": platform, "mode": mode, "batch_size": 12});
        let row = predict(&app, asked).await["predictions"][0].clone();
        let (low, high) = (
            number(&row, "/interval/low_seconds"),
            number(&row, "/interval/high_seconds"),
        );
        let seconds = 1_281_167.0 / rate;
        assert!(
            (low..high).contains(&seconds),
            "{platform} {net} {low} {seconds}"
        );
        let warnings = row["warnings"].as_array().unwrap().iter();
        let told = |w: &&Value| {
            w["detail"]
                .as_str()
                .unwrap()
                .contains("some launch five times sooner")
        };
        assert_eq!(warnings.filter(told).count(), 1, "{row}");
        // What takes longer than expected is no matter of the host.
        let middle = number(&row, "/epoch_seconds");
        assert!(middle / low > high / middle, "{row}");
    }
    // Of a platform the host was timed along.
    let timed = json!({"platform": "rtx4090-nchw", "mode": "infer", "batch_size": 12});
    let timed = resnet50(&app, timed).await;
    assert!(!timed["warnings"].to_string().contains("sooner"), "{timed}");
}

#[tokio::test]
async fn the_page_about_gpus_names_every_one() {
    let app = App::seeded().await;
    let page = std::fs::read_to_string("docs/gpus.md").unwrap();
    let list = app.get("/v1/gpus").await.body;
    for gpu in list["gpus"].as_array().unwrap() {
        let id = gpu["id"].as_str().unwrap();
        assert!(page.contains(&format!("`{id}`")), "{id}");
    }
}

#[tokio::test]
async fn the_list_tells_figures_sources_and_what_was_timed() {
    let app = App::seeded().await;
    let list = app.get("/v1/gpus").await.body;
    let find = |id: &str| {
        let rows = list["gpus"].as_array().unwrap().iter();
        rows.clone().find(|row| row["id"] == id).unwrap().clone()
    };
    assert_eq!(find("rtx4090")["timed"], json!(["rtx4090-nchw"]));
    assert_eq!(find("t4")["tf32_teraflops"], Value::Null);
    assert_eq!(find("a100-40gb")["memory_bytes"], 40_000_000_000_u64);
    for name in find("h100")["ask_for"].as_array().unwrap() {
        resnet50(&app, json!({"platform": name})).await;
    }
    assert_eq!(app.get("/v1/gpus/h100").await.body, find("h100"));
    assert_eq!(app.get("/v1/gpus/h101").await.status, 404);
}

#[tokio::test]
async fn a_larger_batch_never_costs_more_time_an_image() {
    let app = App::seeded().await;
    for (platform, mode) in [
        ("rtx3090-nchw", "train"),
        ("v100x8-paper", "train"),
        ("v100x8-pycls", "train"),
        ("rtx4090-nchw", "infer"),
        ("gpu:h100", "infer"),
    ] {
        let mut times = Vec::new();
        for batch in [8, 16, 32, 64, 128, 512, 4096, 1 << 14] {
            let asked = json!({"platform": platform, "mode": mode, "batch_size": batch});
            times.push(number(&resnet50(&app, asked).await, "/epoch_seconds"));
        }
        assert!(times.is_sorted_by(|a, b| a >= b), "{platform}: {times:?}");
    }
}

#[tokio::test]
async fn an_answer_without_a_batch_says_which_it_is_for_and_asked_for_that_is_the_same() {
    let app = App::seeded().await;
    let unsaid = resnet50(&app, json!({"platform": "h100-nchw"})).await;
    let batch = unsaid["usual_batch_size"].as_u64().unwrap();
    let said = json!({"platform": "h100-nchw", "batch_size": batch});
    let said = resnet50(&app, said).await;
    assert!(said["usual_batch_size"].is_null(), "{said}");
    let ratio = number(&said, "/epoch_seconds") / number(&unsaid, "/epoch_seconds");
    // Tolerance: the batch is told as a whole number, of about 60.
    assert!((ratio - 1.0).abs() < 0.01, "{ratio}");
    // Where no timing says its batch, no batch is assumed.
    let paper = resnet50(&app, json!({"platform": "v100x8-paper"})).await;
    assert!(paper["usual_batch_size"].is_null(), "{paper}");
}

#[tokio::test]
async fn a_small_batch_is_launch_time_and_says_so() {
    let app = App::seeded().await;
    let asked = |batch: Value| json!({"platform": "gpu:v100-16gb:fp32", "mode": "infer", "batch_size": batch});
    let one = resnet50(&app, asked(json!(1))).await;
    assert!(codes(&one).contains(&"overhead_bound"), "{one}");
    // 96 images/s were measured on a V100 (NVIDIA DeepLearningExamples, ResNet50 v1.5, PyTorch, FP32).
    let (low, high) = (
        number(&one, "/interval/low_seconds"),
        number(&one, "/interval/high_seconds"),
    );
    assert!((low..high).contains(&(1_281_167.0 / 96.0)), "{one}");
    let many = resnet50(&app, asked(json!(4096))).await;
    let none = resnet50(&app, asked(Value::Null)).await;
    assert!(!codes(&many).contains(&"overhead_bound"));
    // Tolerance: 9.5 ms of launches beside 4,096 images of 1 ms.
    assert!((number(&many, "/epoch_seconds") / number(&none, "/epoch_seconds") - 1.0).abs() < 1e-4);
}

#[tokio::test]
async fn a_step_of_fewer_images_than_devices_is_taken_and_predicted_from() {
    let app = App::seeded().await;
    let token = app.token("me", Scope::Write).await;
    let row = |name: &str, seconds: f64| {
        json!({
            "platform": {"id": "eight", "device": "NVIDIA V100 SXM2 32GB", "device_count": 8, "precision": "amp"},
            "mode": "train", "model": {"name": name}, "batch_size": 4, "step_seconds": seconds,
        })
    };
    let rows = json!([row("ResNet-50", 0.09), row("RegNetY-4GF", 0.12)]);
    let request = Request::post("/v1/measurements")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    let answer = app
        .call(request.body(rows.to_string().into()).unwrap())
        .await;
    assert_eq!(answer.body["accepted"], 2, "{}", answer.body);
    for extra in [
        json!({"platform": "eight"}),
        json!({"platform": "eight", "batch_size": 4}),
    ] {
        let row = resnet50(&app, extra).await;
        assert!(number(&row, "/epoch_seconds") > 0.0, "{row}");
    }
}

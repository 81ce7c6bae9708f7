//! Recipes of GPUs by their data sheets, against published timings.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;

/// A published throughput of one device (`tests/golden/recipes.csv`, sources in NOTICE).
#[derive(Deserialize)]
struct Published {
    source: String,
    rows: String,
    recipe: String,
    platform: String,
    mode: String,
    net: String,
    resolution: u32,
    batch_size: u64,
    images_per_second: f64,
}

impl Published {
    fn all() -> Vec<Self> {
        let text = include_str!("../golden/recipes.csv");
        let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize();
        rows.map(|row| row.unwrap()).collect()
    }

    fn question(&self) -> Value {
        json!({
            "model": {"name": self.net}, "resolution": self.resolution, "platform": self.platform,
            "mode": self.mode, "batch_size": self.batch_size,
        })
    }
}

fn number(row: &Value, pointer: &str) -> f64 {
    row.pointer(pointer).and_then(Value::as_f64).unwrap()
}

async fn resnet50(app: &App, platform: &str, mode: &str) -> Value {
    let asked = json!({"model": {"name": "ResNet-50"}, "platform": platform, "mode": mode});
    let answer = app.post("/v1/predict", &asked).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["predictions"][0].clone()
}

/// Off by, as a log, and whether the 90 % interval held.
type Score = (f64, bool);

fn middle(scores: &[Score]) -> f64 {
    let mut sizes: Vec<f64> = scores.iter().map(|(off, _)| off.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    sizes[sizes.len() / 2]
}

#[tokio::test]
async fn published_timings_lie_where_the_recipe_says() {
    let app = App::seeded().await;
    let mut classes: BTreeMap<String, Vec<Score>> = BTreeMap::new();
    for row in Published::all() {
        let answer = app.post("/v1/predict", &row.question()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let predicted = &answer.body["predictions"][0];
        let rate = row.images_per_second;
        let seconds = 1_281_167.0 / rate;
        let held = (number(predicted, "/interval/low_seconds")
            ..=number(predicted, "/interval/high_seconds"))
            .contains(&seconds);
        let off = (rate / number(predicted, "/images_per_second")).ln();
        let class = format!("{} {}, {} ({})", row.recipe, row.mode, row.source, row.rows);
        classes.entry(class).or_default().push((off, held));
    }
    // Half of a class lie within this factor, and at least so many of it within the 90 % interval. Tolerance: a factor
    // of 1.03 more than when this was written, when all but one (tuned) were held.
    let told = [
        ("compiled train, dle (chosen on)", 11, 10, 1.20),
        ("plain infer, matrix (left out)", 16, 15, 1.27),
        ("plain infer, ryu (left out)", 14, 13, 1.17),
        ("plain train, matrix (left out)", 16, 15, 1.16),
        ("plain train, ryu (left out)", 14, 13, 1.12),
        ("tuned train, dle (chosen on)", 21, 19, 1.21),
    ];
    assert!(classes.keys().eq(told.iter().map(|(class, ..)| *class)));
    for (class, rows, least, most) in told {
        let scores = &classes[class];
        let held = scores.iter().filter(|(_, held)| *held).count();
        let middle = middle(scores).exp();
        assert_eq!(scores.len(), rows, "{class}");
        assert!(
            held >= least && middle <= most,
            "{class}: {held} held, x{middle:.2}"
        );
    }
}

#[tokio::test]
async fn the_answer_says_the_recipe_where_it_came_from_and_each_factor() {
    let app = App::seeded().await;
    let row = resnet50(&app, "gpu:rtx3090:compiled:channels_last", "train").await;
    let sheet = &row["fit"]["data_sheet"];
    let recipe =
        json!({"precision": "amp", "memory_format": "channels_last", "software": "compiled"});
    assert_eq!(sheet["recipe"], recipe);
    assert_eq!(sheet["platform"], "rtx3090-nchw");
    let timed = json!({"precision": "amp", "memory_format": "channels_first", "software": "eager"});
    assert_eq!(sheet["platform_recipe"], timed);
    // As docs/gpus.md has them. Tolerance: the last bits of an exponential.
    let near = |pointer, log: f64| (number(sheet, pointer) / log.exp() - 1.0).abs() < 1e-12;
    assert!(near("/memory_format_factor", -0.25) && near("/software_factor", -0.2));
    assert!(near("/factor", -0.45));
    let told = row["warnings"][0]["detail"].as_str().unwrap();
    assert_eq!(
        told,
        "fewer than 20 timings are known of NVIDIA GeForce RTX 3090 alone as amp, channels_last, compiled: these are times of rtx3090-nchw \
         (amp, channels_first, eager) x 0.638, of which 1.000 is by the data sheets of both and 0.638 for layout and software"
    );
}

#[tokio::test]
async fn a_layout_that_was_timed_is_taken_on_its_own_chip_alone() {
    let app = App::seeded().await;
    for (gpu, from) in [
        ("gpu:h100:channels_last", "h100-nhwc"),
        ("gpu:h200:channels_last", "h100-nhwc"),
        ("gpu:h100", "h100-nchw"),
        ("gpu:a100-80gb:channels_last", "rtx3090-nchw"),
    ] {
        let row = resnet50(&app, gpu, "train").await;
        assert_eq!(row["fit"]["data_sheet"]["platform"], from, "{gpu}");
    }
}

#[tokio::test]
async fn what_is_unsaid_is_the_same_as_said() {
    let app = App::seeded().await;
    let plain = resnet50(&app, "gpu:a100-80gb", "train").await;
    let said = resnet50(&app, "gpu:a100-80gb:eager:channels_first:amp", "train").await;
    assert_eq!(plain["epoch_seconds"], said["epoch_seconds"]);
    assert_eq!(plain["interval"], said["interval"]);
    assert_eq!(
        plain["fit"]["data_sheet"]["recipe"],
        said["fit"]["data_sheet"]["recipe"]
    );
}

#[tokio::test]
async fn each_part_of_a_recipe_widens_the_interval() {
    let app = App::seeded().await;
    for mode in ["train", "infer"] {
        let mut widths = Vec::new();
        for words in [
            "",
            ":channels_last",
            ":channels_last:tuned",
            ":channels_last:compiled",
        ] {
            let row = resnet50(&app, &format!("gpu:a100-80gb{words}"), mode).await;
            let ends = (
                number(&row, "/interval/low_seconds"),
                number(&row, "/interval/high_seconds"),
            );
            widths.push(ends.1 / ends.0);
        }
        assert!(widths.is_sorted_by(|a, b| a < b), "{mode}: {widths:?}");
    }
}

#[tokio::test]
async fn a_fit_in_a_recipe_is_asked_for_again_by_its_name() {
    let app = App::seeded().await;
    let platform = "gpu:h200:channels_last:bf16:tuned";
    let row = resnet50(&app, platform, "train").await;
    let again = json!({"model": {"name": "ResNet-50"}, "fit": row["fit"]["id"]});
    let answer = app.post("/v1/predict", &again).await.body;
    assert_eq!(answer["predictions"][0], row);
    let other = json!({"model": {"name": "ResNet-50"}, "fit": row["fit"]["id"], "platform": "gpu:h200:bf16"});
    assert_eq!(app.post("/v1/predict", &other).await.status, 422);
}

#[tokio::test]
async fn a_word_that_is_none_of_a_recipes_is_refused_with_the_nearest() {
    let app = App::seeded().await;
    let refusal = async |platform: &str| {
        let asked = json!({"model": {"name": "ResNet-50"}, "platform": platform});
        let answer = app.post("/v1/predict", &asked).await;
        assert_eq!(answer.status, 422);
        let error = &answer.body["errors"][0];
        assert_eq!(error["pointer"], "/platform");
        [&error["detail"], &error["hint"]].map(|text| text.as_str().unwrap().to_owned())
    };
    assert_eq!(
        refusal("gpu:h100:channelslast").await,
        [
            "`channelslast` is no precision, memory format or software",
            "did you mean `channels_last`?"
        ]
    );
    assert_eq!(
        refusal("gpu:h100:compiled:tuned").await,
        [
            "`compiled` and `tuned` cannot both be meant",
            "name one of them"
        ]
    );
}

#[tokio::test]
async fn a_recipe_in_fields_is_the_same_as_in_words_in_every_question() {
    let app = App::seeded().await;
    let fields = json!({"gpu": "H100", "precision": "bf16", "memory_format": "channels_last", "software": "compiled"});
    let words = json!("gpu:h100:bf16:channels_last:compiled");
    let net = json!({"name": "RegNetY-4GF"});
    for (path, question) in [
        ("/v1/predict", json!({"model": net})),
        ("/v1/compare", json!({"model": net, "factors": [2]})),
        ("/v1/explain", json!({"model": net})),
        (
            "/v1/plan",
            json!({"model": net, "limits": {"epoch_seconds": 3000}}),
        ),
    ] {
        let with = |platform: &Value| {
            let mut question = question.clone();
            question["platform"] = platform.clone();
            question
        };
        let answer = app.post(path, &with(&fields)).await;
        assert_eq!(answer.status, 200, "{path} {}", answer.body);
        assert_eq!(
            answer.body,
            app.post(path, &with(&words)).await.body,
            "{path}"
        );
    }
    let several = json!([{"gpu": "l4"}, "rtx3090-nchw"]);
    let items = json!({"items": [{"model": net, "platform": several}]});
    let answer = app.post("/v1/predict/batch", &items).await.body;
    let rows = answer["items"][0]["predictions"].as_array().unwrap();
    let platforms: Vec<&Value> = rows.iter().map(|row| &row["platform"]).collect();
    assert_eq!(
        json!(platforms),
        json!(["gpu:l4:amp:channels_first:eager", "rtx3090-nchw"])
    );
    let pinned = json!({"model": net, "platform": fields, "fit": resnet50(&app, "gpu:h100:bf16:channels_last:compiled", "train").await["fit"]["id"]});
    assert_eq!(app.post("/v1/predict", &pinned).await.status, 200);
}

#[tokio::test]
async fn what_is_wrong_in_the_fields_of_a_recipe_is_pointed_at() {
    let app = App::seeded().await;
    for (platform, pointer, hint) in [
        (
            json!({"gpu": "a100"}),
            "/platform/gpu",
            "name one: `a100-40gb`",
        ),
        (json!({"precision": "amp"}), "/platform", "add `gpu`"),
        (
            json!({"gpu": "t4", "precision": "bf16"}),
            "/platform/precision",
            "one of fp32, amp, fp16",
        ),
        (
            json!({"gpu": "t4", "precision": "int8"}),
            "/platform/precision",
            "one of",
        ),
        (
            json!({"gpu": "t4", "layout": "channels_last"}),
            "/platform/layout",
            "",
        ),
        (
            json!(["gpu:t4", {"gpu": "t4", "software": "xla"}]),
            "/platform/1/software",
            "one of",
        ),
        (
            json!({"id": "my-4090", "device": "RTX 4090"}),
            "/platform/device",
            "",
        ),
    ] {
        let asked = json!({"model": {"name": "ResNet-50"}, "platform": platform});
        let answer = app.post("/v1/predict", &asked).await;
        assert_eq!(answer.status, 422, "{platform}");
        let errors = answer.body["errors"].as_array().unwrap();
        let at = errors.iter().find(|error| error["pointer"] == pointer);
        let at = at.unwrap_or_else(|| panic!("{platform}: {errors:?}"));
        assert!(at["hint"].as_str().unwrap().starts_with(hint), "{at}");
    }
}

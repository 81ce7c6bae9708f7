//! A config of pycls wherever a net may stand.

use std::fs;

use serde_json::{Value, json};

use crate::app::{App, with};

const RESNEXT: &str = "MODEL:
  TYPE: anynet
  NUM_CLASSES: 1000
ANYNET:
  STEM_TYPE: res_stem_in
  STEM_W: 64
  BLOCK_TYPE: res_bottleneck_block
  STRIDES: [1, 2, 2, 2]
  DEPTHS: [3, 4, 6, 3]
  WIDTHS: [256, 512, 1024, 2048]
  BOT_MULS: [0.5, 0.5, 0.5, 0.5]
  GROUP_WS: [4, 8, 16, 32]
OPTIM:
  BASE_LR: 0.2
  WEIGHT_DECAY: 5e-5
TRAIN:
  DATASET: imagenet
  IM_SIZE: 224
NUM_GPUS: 8
OUT_DIR: .
";

const EFFICIENTNET: &str = "MODEL: # as PyYAML writes it
    TYPE: effnet
    NUM_CLASSES: 1000
    ACTIVATION_FUN: silu
EN:
    STEM_W: 32
    STRIDES:
    - 1
    - 2
    - 2
    - 2
    - 1
    - 2
    - 1
    DEPTHS: [1, 2, 2, 3,
             3, 4, 1]
    WIDTHS: [16, 24, 40, 80, 112, 192, 320]
    EXP_RATIOS: [1, 6, 6, 6, 6, 6, 6]
    KERNELS: [3, 3, 5, 3, 5, 5, 3]
    HEAD_W: 1280
";

const REGNET: &str = "MODEL:
  TYPE: regnet
  NUM_CLASSES: 1000
REGNET:
  SE_ON: True
  DEPTH: 22
  W0: 96
  WA: 31.41
  WM: 2.24
  GROUP_W: 64
";

const CONFIGS: [(&str, &str); 3] = [
    ("ResNeXt-50", RESNEXT),
    ("EfficientNet-B0", EFFICIENTNET),
    ("RegNetY-4.0GF", REGNET),
];

#[tokio::test]
async fn a_config_counts_as_the_net_of_its_name() {
    let app = App::seeded().await;
    for (name, text) in CONFIGS {
        let ask = async |model: Value| {
            let scaling = json!({"strategy": "dWr", "factor": 2});
            let request = json!({"model": model, "scaling": scaling});
            app.post("/v1/complexity", &request).await.body
        };
        let (configured, named) = (
            ask(json!({"pycls": text})).await,
            ask(json!({"name": name})).await,
        );
        let counts = &configured["base"]["complexity"];
        assert_eq!(*counts, named["base"]["complexity"], "{name}");
        assert_eq!(
            configured["scaled"]["complexity"],
            named["scaled"]["complexity"]
        );
        let again = ask(configured["base"]["model"].clone()).await;
        assert_eq!(*counts, again["base"]["complexity"], "{name} described");
    }
}

#[tokio::test]
async fn every_question_takes_one() {
    let app = App::seeded().await;
    let model = json!({"pycls": REGNET, "resolution": 256});
    for (path, more) in [
        ("/v1/predict", json!({})),
        ("/v1/compare", json!({"factors": [2]})),
        ("/v1/plan", json!({"limits": {"flops": 1e10}})),
        ("/v1/explain", json!({})),
    ] {
        let request = with(json!({"model": model, "platform": "v100x8-paper"}), &more);
        let answer = app.post(path, &request).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert_eq!(answer.body["base"]["model"]["resolution"], 256, "{path}");
    }
}

#[tokio::test]
async fn its_dataset_is_used_and_what_is_not_is_said() {
    let app = App::seeded().await;
    let text = EFFICIENTNET.replace(
        "EN:",
        "TRAIN:\n  DATASET: cifar10\n  BATCH_SIZE: 128\nNUM_GPUS: 4\nEN:",
    );
    let ask = json!({"model": {"pycls": text}, "platform": "rtx3090-nchw"});
    let images = |row: &Value| {
        let number = |field: &str| row[field].as_f64().unwrap();
        number("epoch_seconds") * number("images_per_second")
    };
    let codes = |row: &Value| -> Vec<String> {
        let warnings = row["warnings"].as_array().unwrap().iter();
        let codes = warnings.map(|w| w["code"].as_str().unwrap().to_owned());
        codes.filter(|code| code.starts_with("config")).collect()
    };
    let predicted = app.post("/v1/predict", &ask).await.body;
    let compared = app.post("/v1/compare", &ask).await.body;
    for row in [
        &predicted["predictions"][0],
        &compared["rows"][0]["predictions"][0],
    ] {
        assert!((images(row) - 50_000.0).abs() < 1e-6, "{row}");
        assert_eq!(
            codes(row),
            ["config_dataset", "config_batch", "config_devices"]
        );
    }
    // What the question says itself is followed, and nothing is left to say of it.
    let said = with(ask, &json!({"dataset_images": 1000, "batch_size": 64}));
    let predicted = app.post("/v1/predict", &said).await.body;
    let row = &predicted["predictions"][0];
    assert!((images(row) - 1000.0).abs() < 1e-6, "{row}");
    assert_eq!(codes(row), ["config_devices"]);
}

#[tokio::test]
async fn what_is_wrong_is_pointed_at_and_named_by_line() {
    let app = App::seeded().await;
    for (model, pointer, detail) in [
        (
            json!({"pycls": REGNET.replace("W0: 96", "W0: 50")}),
            "/model/pycls",
            "line 7, REGNET.W0",
        ),
        (
            json!({"pycls": REGNET.replace("GROUP_W", "GROUPS_W")}),
            "/model/pycls",
            "line 10",
        ),
        (json!({"pycls": "not yaml"}), "/model/pycls", "line 1"),
        (json!({"pycls": ""}), "/model/pycls", "MODEL.TYPE"),
        (json!({"pycls": 7}), "/model/pycls", "string"),
        (
            json!({"pycls": REGNET, "resolution": 0}),
            "/model/resolution",
            "out of range",
        ),
        (
            json!({"pycls": REGNET, "depth": 3}),
            "/model/depth",
            "unknown",
        ),
        (
            json!({"pycls": REGNET, "name": "ResNet-50"}),
            "/model/pycls",
            "unknown",
        ),
    ] {
        let answer = app.post("/v1/predict", &json!({"model": model})).await;
        let error = &answer.body["errors"][0];
        assert_eq!(
            (answer.status.as_u16(), &error["pointer"]),
            (422, &json!(pointer)),
            "{}",
            answer.body
        );
        let told = error["detail"].as_str().unwrap();
        assert!(told.contains(detail), "{told}");
    }
}

#[test]
fn the_command_line_reads_a_config_file() {
    let dir = tempfile::TempDir::new().unwrap();
    let call = |name: &str| {
        fs::write(dir.path().join(name), REGNET).unwrap();
        let done = std::process::Command::new(env!("CARGO_BIN_EXE_epochcast"))
            .args(["predict", name])
            .current_dir(dir.path())
            .output()
            .unwrap();
        String::from_utf8(done.stdout).unwrap()
    };
    for name in ["net.yaml", "net.yml"] {
        let printed = call(name);
        assert!(printed.contains("3,973,301,344"), "{printed}");
    }
}

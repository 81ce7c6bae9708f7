//! Files of other tools, from what they are to the measurements in them.
//!
//! `tests/files` is written for these tests, in the tools' own forms. Figures are of timm's `results/benchmark-*.csv` at
//! commit aa4b5850 (huggingface/pytorch-image-models, Apache-2.0) and of `dev/model_timing.json` of pycls at commit
//! 35429e83 (facebookresearch/pycls, MIT). The net that failed, the net that pycls has not, the times of loaders and
//! epochs and the batch sizes of tests are made up.

use epochcast::json::Invalid;
use epochcast::net::Side;
use epochcast::timing::data::defaults::Defaults;
use epochcast::timing::data::foreign::{Foreign, Format, Own, Refused, Row, detect, rows};
use epochcast::timing::data::measurement::{RawMeasurement, platform};
use epochcast::timing::{Measurement, Mode, Platform};
use serde_json::json;

const TRAIN: (&str, &str) = (
    "benchmark-train-amp-nchw-pt112-cu113-rtx3090.csv",
    include_str!("../files/benchmark-train-amp-nchw-pt112-cu113-rtx3090.csv"),
);
const INFER: (&str, &str) = (
    "benchmark-infer-amp-nchw-pt291-cu128-4090.csv",
    include_str!("../files/benchmark-infer-amp-nchw-pt291-cu128-4090.csv"),
);
const STDOUT: &str = include_str!("../files/timm-benchmark-stdout.txt");
const LOG: &str = include_str!("../files/pycls-regnetx-400mf.log");
const TIMES: &str = include_str!("../files/model_timing.json");
const PAGE: &str = include_str!("../files/github-page.html");

fn on(platform: &str) -> Defaults {
    Defaults {
        platform: Some(platform.into()),
        ..Defaults::default()
    }
}

fn called(file_name: &str) -> Defaults {
    Defaults {
        file_name: Some(file_name.to_owned()),
        ..Defaults::default()
    }
}

fn read(text: &str, defaults: &Defaults) -> Vec<Row> {
    let Format::Foreign(format) = detect(text.as_bytes(), defaults.file_name.as_deref()) else {
        panic!("not a foreign file");
    };
    rows(format, text, defaults)
}

fn accepted(rows: &[Row]) -> Vec<(usize, Measurement)> {
    let row = |(line, row): &Row| Some((*line, row.clone().ok()?.try_into().unwrap()));
    rows.iter().filter_map(row).collect()
}

/// Lines, pointers and words of the refusals.
fn refused(rows: &[Row]) -> Vec<(usize, String, String)> {
    let row = |(line, row): &Row| {
        let error = row.as_ref().err()?.0[0].clone();
        Some((*line, error.pointer, error.detail))
    };
    rows.iter().filter_map(row).collect()
}

fn definition(raw: &RawMeasurement) -> Platform {
    platform(&raw.platform).unwrap().1.unwrap()
}

#[test]
fn a_timm_train_table_takes_its_costs_from_our_names() {
    let rows = read(TRAIN.1, &called(TRAIN.0));
    let measured = accepted(&rows);
    let lines: Vec<usize> = measured.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6, 7]);
    let resnet50 = &measured[3].1;
    assert_eq!(
        (resnet50.label.as_deref(), resnet50.subject.name()),
        (Some("resnet50"), Some("ResNet-50"))
    );
    assert_eq!(
        (resnet50.mode, resnet50.batch_size),
        (Mode::Train, Some(512))
    );
    assert_eq!(resnet50.raw.images_per_second, Some(826.06));
    let groups: Vec<&str> = measured.iter().map(|(_, row)| row.group.as_str()).collect();
    assert_eq!(
        groups,
        [
            "resnet",
            "efficientnet",
            "other",
            "resnet",
            "convnext",
            "regnety"
        ]
    );
}

#[test]
fn a_timm_net_without_known_costs_is_refused_with_the_reason() {
    let text = TRAIN
        .1
        .replace("vit_small_patch16_224", "vit_of_nobody_224");
    let rows = read(&text, &called(TRAIN.0));
    let [(line, pointer, detail)] = &refused(&rows)[..] else {
        panic!("{rows:?}");
    };
    assert_eq!((*line, pointer.as_str()), (4, "/model"));
    assert_eq!(
        detail,
        "costs of vit_of_nobody_224 at 224 are not known: no net is called `vit_of_nobody_224`, and the file \
         has no train_gmacs, train_macts"
    );
}

#[test]
fn a_resolution_at_which_costs_are_not_known_is_named() {
    let text = "model,train_samples_per_sec,train_img_size\nefficientnet_cc_b0_4e,2764.22,123\n";
    let detail = refused(&read(text, &on("p"))).remove(0).2;
    assert!(detail.contains("(224)"), "{detail}");
}

#[test]
fn a_timm_file_name_tells_the_platform() {
    let rows = read(TRAIN.1, &called(TRAIN.0));
    let platform = definition(rows[0].1.as_ref().unwrap());
    assert_eq!(
        serde_json::to_value(&platform).unwrap(),
        json!({
            "id": "rtx3090-amp-nchw-pt112", "device": "RTX 3090", "device_count": 1, "precision": "amp",
            "memory_format": "channels_first", "compiled": false, "framework": "pytorch 1.12 cu113"
        })
    );
}

#[test]
fn a_platform_that_is_given_goes_before_the_file_name() {
    let defaults = Defaults {
        platform: Some("mine".into()),
        ..called(TRAIN.0)
    };
    let (_, row) = &accepted(&read(TRAIN.1, &defaults))[0];
    assert_eq!(row.platform.as_str(), "mine");
}

#[test]
fn without_a_platform_each_row_says_so() {
    let rows = read(TRAIN.1, &called("results.csv"));
    assert_eq!(refused(&rows).len(), 6);
    assert!(refused(&rows).iter().all(|row| row.1 == "/platform"));
}

#[test]
fn a_timm_infer_table_may_have_a_bom_and_its_columns_in_any_order() {
    let measured = accepted(&read(INFER.1, &called(INFER.0)));
    assert_eq!(measured.len(), 4);
    let (line, repvgg) = &measured[0];
    assert_eq!(
        (*line, repvgg.mode, repvgg.batch_size),
        (2, Mode::Infer, Some(1024))
    );
    let costs = repvgg.complexity();
    assert_eq!(
        (costs.flops.get(), costs.params.get(), costs.acts.get()),
        (1_360_000_000, 8_310_000, 1_790_000)
    );
    assert_eq!(repvgg.raw.resolution.map(|side| side.0), Some(224));
    assert_eq!(repvgg.group.as_str(), "other");
}

#[test]
fn our_own_counts_go_before_those_of_the_file() {
    let measured = accepted(&read(INFER.1, &called(INFER.0)));
    assert_eq!(measured[2].1.complexity().flops.get(), 4_089_185_256);
    assert_eq!(measured[3].1.complexity().flops.get(), 4_455_530_000);
}

#[test]
fn another_net_under_a_known_name_keeps_the_costs_of_the_file() {
    let header = "model,infer_samples_per_sec,infer_img_size,infer_gmacs,infer_macts,param_count";
    let text = format!("{header}\nresnet50,4302.84,224,4.1,11.1,23.53\n");
    let (_, row) = &accepted(&read(&text, &on("p")))[0];
    assert_eq!(
        (row.subject.name(), row.complexity().params.get()),
        (None, 23_530_000)
    );
    assert_eq!(row.group.as_str(), "resnet");
}

#[test]
fn weights_in_a_name_do_not_hide_the_net() {
    let text = "model,infer_samples_per_sec,infer_img_size\nresnet50.a1_in1k,4302.84,288\n";
    let (_, row) = &accepted(&read(text, &on("p")))[0];
    assert_eq!(row.subject.name(), Some("ResNet-50"));
    assert_eq!(row.subject.side().map(Side::get), Some(288));
}

#[test]
fn a_step_time_of_timm_is_in_milliseconds() {
    let text = "model,train_step_time,train_batch_size,train_img_size\nresnet50,618.983,512,224\n";
    let (_, row) = &accepted(&read(text, &on("p")))[0];
    let rate = 1.0 / row.time.seconds_per_image();
    // timm's two figures are means of two clocks: 0.14 % apart.
    assert!((rate / 826.06 - 1.0).abs() < 0.002, "{rate}");
}

#[test]
fn a_table_of_both_modes_gives_two_rows_a_net() {
    let header = "model,infer_samples_per_sec,infer_img_size,infer_gmacs,infer_macts,train_samples_per_sec,\
                  train_img_size,param_count";
    let text = format!(
        "{header}\nrepvgg_a0,20391.24,224,1.36,1.79,5000,224,8.31\nrepvgg_a1,14679.98,224,2.36,2.37,4000,192,12.79\n"
    );
    let rows = read(&text, &on("p"));
    let modes: Vec<(usize, Mode)> = accepted(&rows)
        .iter()
        .map(|(line, row)| (*line, row.mode))
        .collect();
    assert_eq!(
        modes,
        [(2, Mode::Train), (2, Mode::Infer), (3, Mode::Infer)]
    );
    // The counts of another image size are no counts of the training.
    assert_eq!(refused(&rows)[0].0, 3);
    let wanted = Defaults {
        mode: Some(Mode::Infer),
        ..on("p")
    };
    assert_eq!(accepted(&read(&text, &wanted)).len(), 2);
}

#[test]
fn odd_cells_of_a_table_are_refused_at_their_column() {
    for (cells, pointer) in [
        ("resnet50,NaN,224", "/train_samples_per_sec"),
        ("resnet50,826,06,224", ""),
        ("resnet50,826.06,224.5", "/train_img_size"),
        (",826.06,224", "/model"),
        ("resnet50,,224", "/samples_per_sec"),
    ] {
        let text = format!("model,train_samples_per_sec,train_img_size\n{cells}\n");
        assert_eq!(refused(&read(&text, &on("p")))[0].1, pointer, "{cells}");
    }
}

#[test]
fn timm_json_names_the_nets_that_failed() {
    let rows = read(STDOUT, &on("p"));
    assert_eq!(accepted(&rows)[0].1.raw.images_per_second, Some(826.06));
    let [(position, pointer, detail)] = &refused(&rows)[..] else {
        panic!("{rows:?}");
    };
    assert_eq!((*position, pointer.as_str()), (2, "/error"));
    assert!(
        detail.starts_with("timm could not time beit_large_patch16_512: CUDA out of memory."),
        "{detail}"
    );
}

#[test]
fn timm_json_may_stand_without_its_log_and_be_one_object() {
    let text = r#"{"model": "resnet50", "train_samples_per_sec": 826.06, "train_img_size": 224}"#;
    assert_eq!(accepted(&read(text, &on("p"))).len(), 1);
    let twice = format!("--result\n{text}\nsome log\n--result\n{text}\n");
    let lines: Vec<usize> = accepted(&read(&twice, &on("p")))
        .iter()
        .map(|row| row.0)
        .collect();
    assert_eq!(lines, [1, 2]);
}

#[test]
fn a_mode_that_failed_does_not_take_the_other_with_it() {
    let text = r#"{"model": "repvgg_a0", "infer_samples_per_sec": 20391.24, "infer_img_size": 224, "infer_gmacs": 1.36,
                   "infer_macts": 1.79, "infer_param_count": 8.31, "error": "CUDA out of memory"}"#;
    let rows = read(text, &on("p"));
    assert_eq!(accepted(&rows)[0].1.complexity().params.get(), 8_310_000);
    assert_eq!(refused(&rows)[0].1, "/error");
}

#[test]
fn timm_json_that_breaks_off_keeps_what_stands_before() {
    let text = "{\"model\": \"resnet50\", \"train_samples_per_sec\": 826.06, \"train_img_size\": 224}\n{\"mod";
    let rows = read(text, &on("p"));
    assert_eq!((accepted(&rows).len(), refused(&rows)[0].0), (1, 2));
}

#[test]
fn a_pycls_log_gives_a_train_and_an_infer_row_of_the_net_that_it_prints() {
    let rows = read(LOG, &on("v100x8-mine"));
    let measured = accepted(&rows);
    let [(line, train), (_, infer)] = &measured[..] else {
        panic!("{rows:?}");
    };
    assert_eq!(
        (*line, train.mode, train.raw.step_seconds),
        (52, Mode::Train, Some(0.1206))
    );
    assert_eq!(
        (train.batch_size, train.complexity().acts.get()),
        (Some(1024), 3_143_272)
    );
    assert_eq!(train.group.as_str(), "regnetx");
    assert_eq!(
        (infer.mode, infer.raw.step_seconds, infer.batch_size),
        (Mode::Infer, Some(0.0241), Some(800))
    );
}

#[test]
fn a_pycls_log_tells_the_number_of_gpus() {
    let v100 = |count: Option<u64>| Defaults {
        platform: Some(json!({"id": "v100", "device": "V100", "device_count": count})),
        ..Defaults::default()
    };
    let rows = read(LOG, &v100(None));
    assert_eq!(definition(rows[0].1.as_ref().unwrap()).device_count, 8);
    assert_eq!(
        refused(&read(LOG, &v100(Some(1))))[0].1,
        "/platform/device_count"
    );
}

#[test]
fn what_contradicts_a_pycls_log_is_refused() {
    let batch = Defaults {
        batch_size: Some(128),
        ..on("p")
    };
    assert_eq!(refused(&read(LOG, &batch))[0].1, "/batch_size");
    let net = Defaults {
        model: Some("ResNet-50".into()),
        ..on("p")
    };
    assert_eq!(refused(&read(LOG, &net))[0].1, "/model");
    let size = Defaults {
        model: Some(json!({"name": "RegNetX-400MF", "resolution": 160})),
        ..on("p")
    };
    let row = read(LOG, &size).remove(0).1.unwrap();
    assert_eq!(
        Measurement::try_from(row).unwrap_err().0[0].pointer,
        "/resolution"
    );
}

#[test]
fn a_pycls_log_without_its_configuration_needs_net_and_batch_size() {
    let line = LOG
        .lines()
        .find(|line| line.contains("iter_times"))
        .unwrap();
    let pointers: Vec<String> = refused(&read(line, &on("p")))
        .into_iter()
        .map(|row| row.1)
        .collect();
    assert_eq!(pointers, ["/batch_size", "/batch_size"]);
    let batch = Defaults {
        batch_size: Some(1024),
        mode: Some(Mode::Train),
        ..on("p")
    };
    assert_eq!(refused(&read(line, &batch))[0].1, "/model");
    let named = Defaults {
        model: Some("RegNetX-400MF".into()),
        ..batch
    };
    let (_, row) = &accepted(&read(line, &named))[0];
    assert_eq!(
        (row.label.as_deref(), row.batch_size),
        (Some("RegNetX-400MF"), Some(1024))
    );
}

#[test]
fn a_pycls_log_of_another_builder_carries_the_costs_that_it_prints() {
    let text = LOG.replace("TYPE: regnet", "TYPE: mynet");
    let (_, row) = &accepted(&read(&text, &on("p")))[0];
    assert_eq!(
        (row.subject.net(), row.complexity().flops.get()),
        (None, 397_678_568)
    );
}

#[test]
fn a_pycls_log_without_times_says_so() {
    let text = LOG.replace("iter_times", "train_iter");
    assert_eq!(
        refused(&read(&text, &on("p")))[0].2,
        "no json_stats line of iter_times"
    );
}

#[test]
fn a_pycls_timing_file_has_the_batch_sizes_of_its_configurations() {
    let rows = read(TIMES, &on("v100x8-mine"));
    let measured = accepted(&rows);
    let told: Vec<_> = measured
        .iter()
        .map(|(line, row)| (*line, row.mode, row.batch_size, row.raw.step_seconds))
        .collect();
    assert_eq!(
        told,
        [
            (2, Mode::Train, Some(256), Some(0.0633)),
            (8, Mode::Train, Some(1024), Some(0.1206))
        ]
    );
    assert_eq!(refused(&rows)[0].0, 14);
    assert_eq!(refused(&rows)[0].1, "/model/name");
}

#[test]
fn infer_times_of_a_pycls_timing_file_need_a_batch_size() {
    let infer = Defaults {
        mode: Some(Mode::Infer),
        ..on("p")
    };
    assert_eq!(refused(&read(TIMES, &infer))[0].1, "/batch_size");
    let given = Defaults {
        batch_size: Some(800),
        ..infer
    };
    assert_eq!(
        accepted(&read(TIMES, &given))[1].1.raw.step_seconds,
        Some(0.0241)
    );
}

#[test]
fn our_own_forms_are_told_apart() {
    let row = r#"{"platform": "p", "mode": "train", "model": {"name": "ResNet-50"}, "images_per_second": 1}"#;
    for (text, name, form) in [
        (row.to_owned(), None, Own::Json),
        (format!("[{row}]"), None, Own::Json),
        (format!("{row}\n{row}\n"), None, Own::Ndjson),
        (row.to_owned(), Some("one.ndjson"), Own::Ndjson),
        (
            "platform,mode,name,images_per_second\n".to_owned(),
            None,
            Own::Csv,
        ),
        ("{\"platfrom\": 1}".to_owned(), None, Own::Json),
    ] {
        assert_eq!(detect(text.as_bytes(), name), Format::Own(form), "{text}");
    }
}

#[test]
fn other_tools_are_told_from_the_first_bytes() {
    for (text, form) in [
        (TRAIN.1, Foreign::TimmCsv),
        (INFER.1, Foreign::TimmCsv),
        (STDOUT, Foreign::TimmJson),
        (r#"[{"model": "x", "error": "no"}]"#, Foreign::TimmJson),
        (LOG, Foreign::PyclsLog),
        (&LOG[..100], Foreign::PyclsLog),
        (TIMES, Foreign::PyclsTimes),
    ] {
        assert_eq!(
            detect(text.as_bytes(), None),
            Format::Foreign(form),
            "{text:.40}"
        );
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_the_reason() {
    let semicolons = TRAIN.1.replace(',', ";");
    for (bytes, why, words) in [
        (&b""[..], Refused::Empty, "the file is empty"),
        (b"\xef\xbb\xbf \n", Refused::Empty, "the file is empty"),
        (
            PAGE.as_bytes(),
            Refused::Html,
            "this is a web page, not a file of timings",
        ),
        (
            semicolons.as_bytes(),
            Refused::Separator(';'),
            "the cells are separated by ';', not by commas",
        ),
        (
            b"model\ttrain_step_time\n",
            Refused::Separator('\t'),
            r"the cells are separated by '\t', not by commas",
        ),
        (
            b"model,train_step_time\nRenn\xe9,1\n",
            Refused::NotUtf8,
            "this is not text in UTF-8",
        ),
        (
            b"PK\x03\x04\x00\x00",
            Refused::NotUtf8,
            "this is not text in UTF-8",
        ),
        (
            b"model,top1,top5\n",
            Refused::Unknown,
            "no known form of timings",
        ),
    ] {
        assert_eq!(detect(bytes, None), Format::Refused(why));
        let Invalid(errors) = why.reason();
        assert_eq!(errors[0].detail, words);
    }
}

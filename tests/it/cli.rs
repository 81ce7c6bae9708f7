//! The command line, as its user calls it.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::App;
use crate::process::{epochcast, text};

#[test]
fn predict_without_a_store_answers_from_the_seed_and_creates_nothing() {
    let dir = TempDir::new().unwrap();
    let done = epochcast(
        dir.path(),
        &[
            "predict",
            "RegNetY-4GF",
            "--scale",
            "dWr:4",
            "--platform",
            "v100x8-paper",
        ],
    );
    assert!(done.status.success(), "{}", text(&done.stderr));
    let out = text(&done.stdout);
    for part in [
        "15,459,535,460",
        "72,282,900",
        "30,702,212",
        "v100x8-paper",
        "90 % interval",
    ] {
        assert!(out.contains(part), "{part} is not in\n{out}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn predict_in_json_is_the_http_answer() {
    let dir = TempDir::new().unwrap();
    let done = epochcast(
        dir.path(),
        &["predict", "regnety_040", "--scale", "a0.7:2", "--json"],
    );
    let printed: Value = serde_json::from_slice(&done.stdout).unwrap();
    let request =
        json!({"model": {"name": "RegNetY-4.0GF"}, "scaling": {"alpha": 0.7, "factor": 2}});
    let answer = App::seeded().await.post("/v1/predict", &request).await.body;
    assert_eq!(
        (&printed["base"], &printed["scaled"]),
        (&answer["base"], &answer["scaled"])
    );
    assert_eq!(
        printed["predictions"][0]["epoch_seconds"],
        answer["predictions"][0]["epoch_seconds"]
    );
}

#[test]
fn a_net_may_come_from_a_file_or_from_standard_input() {
    let dir = TempDir::new().unwrap();
    let net = json!({"family": "regnet", "depth": 22, "w0": 96, "wa": 31.41, "wm": 2.24, "group_w": 64, "se_on": true});
    std::fs::write(dir.path().join("net.json"), net.to_string()).unwrap();
    let from_file = epochcast(dir.path(), &["predict", "net.json"]);
    assert!(
        text(&from_file.stdout).contains("3,973,301,344"),
        "{}",
        text(&from_file.stderr)
    );
    let mut child = Command::new(env!("CARGO_BIN_EXE_epochcast"))
        .args(["predict", "-", "--json"])
        .current_dir(dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(net.to_string().as_bytes())
        .unwrap();
    let printed: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(printed["base"]["complexity"]["flops"], 3_973_301_344_u64);
}

#[test]
fn exit_codes_tell_failure_from_wrong_usage() {
    let dir = TempDir::new().unwrap();
    let code = |args: &[&str]| epochcast(dir.path(), args).status.code();
    assert_eq!(code(&["predict", "ResNet-50"]), Some(0));
    assert_eq!(code(&["predict", "no-such-net"]), Some(1));
    assert_eq!(code(&["predict", "missing.json"]), Some(1));
    assert_eq!(code(&["predict", "ResNet-50", "--scale", "dWr"]), Some(2));
    assert_eq!(code(&["predict", "ResNet-50", "--scale", "xyz:4"]), Some(2));
    assert_eq!(code(&["fly"]), Some(2));
    assert_eq!(code(&["healthcheck", "--listen", "127.0.0.1:1"]), Some(1));
    assert_eq!(code(&["--database-url", "mysql://x"]), Some(2));
}

#[test]
fn a_failure_is_one_clear_line() {
    let dir = TempDir::new().unwrap();
    let done = epochcast(dir.path(), &["predict", "resnet5O"]);
    assert_eq!(text(&done.stderr).lines().count(), 1);
    assert!(
        text(&done.stderr).contains("did you mean `resnet50`?"),
        "{}",
        text(&done.stderr)
    );
}

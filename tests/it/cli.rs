//! The command line, as its user calls it.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::App;
use crate::process::{Process, command, epochcast, text};

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

const COSTS: &str = r#"{"flops": 4.1e9, "params": 2.5e7, "acts": 1.1e7}"#;
/// A net of which a width is wrong.
const WRONG: &str =
    r#"{"family": "regnet", "depth": 22, "w0": 50, "wa": 31.41, "wm": 2.24, "group_w": 64}"#;
/// Two timings, of which the second is of no net.
const ROWS: &str = r#"{"platform": {"id": "mine", "device": "GPU"}, "mode": "train", "model": {"name": "ResNet-50"}, "images_per_second": 100}
{"platform": "mine", "mode": "train", "model": {"name": "resnet5O"}, "images_per_second": 100}
"#;

/// A call, its exit code, and what it says on standard error.
const CALLS: [(&str, i32, &str); 45] = [
    ("predict ResNet-50 --platform rtx3090-nchw", 0, ""),
    ("predict ResNet-50@160 --platform gpu:h100", 0, ""),
    ("predict ResNet-50 --gpu h100 --scaling dWr:4", 0, ""),
    ("models resnet", 0, ""),
    ("models no-such-net", 0, "nothing is called `no-such-net`"),
    ("strategies", 0, ""),
    ("completions bash", 0, ""),
    ("man", 0, ""),
    // A word, a name, a value of the command line: 2.
    ("fly", 2, "unrecognized subcommand 'fly'"),
    ("predict", 2, "<NAME[@RESOLUTION]|FILE|->"),
    ("predict no-such-net", 2, "no net is called `no-such-net`"),
    ("predict resnet5O", 2, "did you mean `resnet50`?"),
    ("predict ResNet-50@big", 2, "such as ResNet-50@160"),
    (
        "predict ResNet-50@160 --resolution 200",
        2,
        "--resolution 200: the name says @160",
    ),
    (
        "predict ResNet-50 --resolution 0",
        2,
        "--resolution: 0 is out of range",
    ),
    ("predict ResNet-50 --family Res!", 2, "--family: "),
    ("predict ResNet-50 --scale dWr", 2, "no factor"),
    (
        "predict ResNet-50 --scale xyz:4",
        2,
        "there is no strategy `xyz`",
    ),
    (
        "predict ResNet-50 --scale dwR:8",
        2,
        "did you mean `dwr`? case matters",
    ),
    ("predict ResNet-50 --scale dWr:0", 2, "--scale: "),
    (
        "predict ResNet-50 --platform nowhere",
        2,
        "--platform: no platform is called `nowhere`",
    ),
    (
        "predict ResNet-50 --platform rtx4090-nchw",
        2,
        "--platform: rtx4090-nchw has no timings of mode train",
    ),
    ("predict ResNet-50 --platform gpu:h1000", 2, "--platform: "),
    (
        "predict ResNet-50 --platform v100x8-paper --gpu h100,h1000",
        2,
        "--gpu: no data sheet of a GPU called `h1000`",
    ),
    (
        "predict ResNet-50 --mode training",
        2,
        "[possible values: train, infer]",
    ),
    (
        "predict ResNet-50 --estimator best",
        2,
        "[possible values: layers, costs, paper]",
    ),
    (
        "predict ResNet-50 --batch-size 0",
        2,
        "--batch-size: 0 is out of range",
    ),
    ("predict ResNet-50 --interval 2", 2, "--interval: "),
    (
        "predict costs.json --scale dWr:4",
        2,
        "--scale: costs alone cannot be scaled",
    ),
    ("compare efficientnet_cc_b0_4e", 2, "epochcast models"),
    ("compare ResNet-50 --factors 1..x", 2, "--factors: "),
    (
        "compare ResNet-50 --strategies dwR",
        2,
        "--strategies: there is no strategy `dwR` (did you mean `dwr`? case matters)",
    ),
    ("plan ResNet-50", 2, "--epoch 20min"),
    (
        "plan ResNet-50 --epoch 20",
        2,
        "20 of what? Write 20 s or 20 min or 20 h",
    ),
    (
        "plan ResNet-50 --memory 16",
        2,
        "16 of what? Write 16 GB or 16 GiB",
    ),
    (
        "plan ResNet-50 --cost $400",
        2,
        "--price-per-hour: a limit on cost needs a price",
    ),
    (
        "plan ResNet-50 --cost $400 --price-per-hour €3",
        2,
        "write both in one currency",
    ),
    (
        "plan ResNet-50 --memory 16GB --platform v100x8-paper",
        2,
        "--batch-size: ",
    ),
    ("--database-url mysql://x", 2, "expected sqlite://PATH"),
    // What fails at work: 1.
    ("predict missing.json", 1, "missing.json: No such file"),
    (
        "predict wrong.json",
        1,
        "wrong.json: w0: 50 is not a multiple of 8",
    ),
    ("compare costs.json", 1, "costs.json: these are costs alone"),
    ("import missing.csv", 1, "missing.csv: No such file"),
    (
        "healthcheck --listen 127.0.0.1:1",
        1,
        "nothing answers on 127.0.0.1:1",
    ),
    (
        "uploads --database-url sqlite://none.db",
        1,
        "there is no database at none.db",
    ),
];

/// A folder with the files that tests call for.
fn folder() -> TempDir {
    let dir = TempDir::new().unwrap();
    for (name, content) in [
        ("costs.json", COSTS),
        ("wrong.json", WRONG),
        ("rows.ndjson", ROWS),
    ] {
        std::fs::write(dir.path().join(name), content).unwrap();
    }
    dir
}

fn call(dir: &TempDir, line: &str) -> Output {
    let args: Vec<&str> = line.split(' ').collect();
    epochcast(dir.path(), &args)
}

#[test]
fn exit_codes_tell_failure_from_wrong_usage_and_the_reason_is_in_words_of_the_command_line() {
    let dir = folder();
    for (line, code, words) in CALLS {
        let done = call(&dir, line);
        let said = text(&done.stderr);
        assert_eq!(done.status.code(), Some(code), "{line}: {said}");
        assert!(said.contains(words), "{line}: {said}");
        for foreign in ["/v1", ": /", "\"limits\"", "_bytes", "_seconds"] {
            assert!(!said.contains(foreign), "{line}: {said}");
        }
    }
}

#[test]
fn an_import_with_rejected_rows_fails_and_names_them() {
    let dir = folder();
    let done = call(&dir, "import rows.ndjson");
    assert_eq!(done.status.code(), Some(1));
    assert!(text(&done.stdout).contains("1 accepted, 0 duplicates, 0 quarantined, 1 rejected"));
    let said = text(&done.stderr);
    assert!(
        said.contains("line 2: model.name: no net is called `resnet5O`"),
        "{said}"
    );
    assert!(said.contains("1 row was rejected"), "{said}");
}

#[test]
fn an_import_tells_of_counts_that_are_not_those_of_the_named_net_and_of_rows_in_no_group() {
    let dir = TempDir::new().unwrap();
    let row = |flops: f64, params: f64| {
        json!({"platform": {"id": "mine", "device": "NVIDIA GeForce RTX 3090", "precision": "amp"}, "mode": "train", "label": "resnet50",
            "resolution": 224, "images_per_second": 800.0, "batch_size": 128,
            "complexity": {"flops": flops, "params": params, "acts": 1.1e7}})
    };
    let rows = format!("{}\n{}\n", row(4.1e9, 25.6e6), row(1.8e9, 11.7e6));
    std::fs::write(dir.path().join("mine.ndjson"), rows).unwrap();
    for line in ["import mine.ndjson --dry-run", "import mine.ndjson"] {
        let done = call(&dir, line);
        let said = text(&done.stderr);
        assert_eq!(done.status.code(), Some(0), "{said}");
        let other =
            "line 2 (mine), labelled ResNet-50, has 0.44 times its flops, 0.458 times its params";
        let no_group = "line 1 (mine), labelled ResNet-50, gives counts and no `family`, so it is in the group `other`. Send `family` \
                        as `resnet` too";
        assert!(
            said.contains(other) && said.contains(no_group),
            "{line}: {said}"
        );
    }
}

#[tokio::test]
async fn lists_in_json_are_the_http_answers_and_create_nothing() {
    let dir = TempDir::new().unwrap();
    let app = App::seeded().await;
    for list in ["models", "gpus", "strategies", "platforms"] {
        let done = call(&dir, &format!("{list} --json"));
        let printed: Value = serde_json::from_slice(&done.stdout).unwrap();
        let mut answer = app.get(&format!("/v1/{list}")).await.body;
        if list == "platforms" {
            // Without a store nothing was ever sent.
            for row in answer["platforms"].as_array_mut().unwrap() {
                row["last_upload"] = Value::Null;
            }
        }
        assert_eq!(printed, answer, "{list}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn lists_are_searched_without_regard_to_case_and_hyphens() {
    let dir = TempDir::new().unwrap();
    let names = |line: &str| {
        let printed = call(&dir, line).stdout;
        let rows = text(&printed).lines().skip(1);
        let first = rows.map(|row| row.split("  ").next().unwrap().to_owned());
        first.collect::<Vec<_>>()
    };
    assert_eq!(
        names("models resnet 50 wide"),
        names("models Wide_ResNet-50")
    );
    assert!(!names("models resnet 50 wide").is_empty());
    assert_eq!(names("models RegNetY-4.0"), ["RegNetY-4.0GF"]);
    assert_eq!(names("gpus h100 pcie"), ["gpu:h100-pcie"]);
    assert_eq!(names("platforms 3090"), ["rtx3090-nchw"]);
    assert_eq!(names("strategies uniform"), ["dwr:s"]);
    let ghost = call(&dir, "models efficientnet_cc_b0_4e").stdout;
    assert!(
        text(&ghost).contains("efficientnet_cc_b0_4e  no "),
        "{}",
        text(&ghost)
    );
}

/// The answer in JSON.
fn asked(dir: &TempDir, line: &str) -> Value {
    let done = call(dir, &format!("{line} --json"));
    serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("{}", text(&done.stderr)))
}

#[test]
fn one_thing_can_be_said_in_two_ways() {
    let dir = folder();
    std::fs::write(
        dir.path().join("whole.json"),
        format!(r#"{{"complexity": {COSTS}}}"#),
    )
    .unwrap();
    for (one, other) in [
        ("predict ResNet-50@160", "predict resnet50 --resolution 160"),
        (
            "predict ResNet-50 --platform v100x8-paper,gpu:h100",
            "predict ResNet-50 --platform v100x8-paper --platform gpu:h100",
        ),
        (
            "predict ResNet-50 --platform v100x8-paper,gpu:h100:bf16",
            "predict ResNet-50 --platform v100x8-paper --gpu h100:bf16",
        ),
        (
            "predict costs.json --family resnet",
            "predict whole.json --family resnet",
        ),
        (
            "plan RegNetY-4GF --platform v100x8-paper --strategies dWr --epoch 20min",
            "plan RegNetY-4GF --platform v100x8-paper --strategies dWr --epoch-seconds 1200",
        ),
        (
            "plan RegNetY-4GF --platform v100x8-paper --strategies dWr --flops 8G --params 50M",
            "plan RegNetY-4GF --platform v100x8-paper --strategies dWr --flops 8e9 --params 50,000,000",
        ),
        (
            "compare RegNetY-4GF --platform rtx3090-nchw --factors 1,2 --strategies d --device-memory 24GiB",
            "compare RegNetY-4GF --platform rtx3090-nchw --factors 1,2 --strategies d --device-memory-bytes 25769803776",
        ),
    ] {
        assert_eq!(asked(&dir, one), asked(&dir, other), "{one}");
    }
    let paper = asked(
        &dir,
        "predict ResNet-50 --platform v100x8-paper --estimator paper",
    );
    assert_eq!(paper["predictions"][0]["fit"]["estimator"], "paper");
    let grouped = asked(
        &dir,
        "predict costs.json --family resnet --platform rtx3090-nchw",
    );
    assert_eq!(grouped["predictions"][0]["fit"]["group"], "resnet");
}

#[test]
fn ways_that_a_net_cannot_take_are_left_out_and_named() {
    let dir = TempDir::new().unwrap();
    let net = "swin_tiny_patch4_window7_224 --platform rtx3090-nchw";
    let done = call(
        &dir,
        &format!("compare {net} --strategies r,w,dWr --factors 2,8"),
    );
    let said = text(&done.stdout);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert!(
        said.contains("Left out: r; dWr by 8. By r: this net takes"),
        "{said}"
    );
    let alone = call(&dir, &format!("compare {net} --strategies r --factors 2,8"));
    assert_eq!(alone.status.code(), Some(2));
    assert!(text(&alone.stderr).contains("--factors: by r: this net takes images of 224 pixels"));
    let planned = call(&dir, &format!("plan {net} --strategies r,w --flops 20G"));
    let said = text(&planned.stdout);
    assert!(
        said.contains("what can be made") && said.contains("By r: this net takes"),
        "{said}"
    );
}

#[test]
fn a_memory_limit_without_a_batch_takes_the_usual_one_and_says_so() {
    let dir = TempDir::new().unwrap();
    let plan = "plan RegNetY-4GF --platform rtx3090-nchw --strategies dWr --memory 16GB";
    let done = call(&dir, plan);
    let said = text(&done.stderr);
    assert!(
        said.contains("steps of 256 images, as most timings of rtx3090-nchw have"),
        "{said}"
    );
    let named = call(&dir, &format!("{plan} --batch-size 256"));
    assert_eq!(text(&named.stdout), text(&done.stdout));
    assert_eq!(text(&named.stderr), "");
}

#[test]
fn an_upload_is_listed_shown_undone_and_redone() {
    let dir = folder();
    call(&dir, "import rows.ndjson --no-seed");
    let said = |line: &str| {
        let done = call(&dir, line);
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
        text(&done.stdout).to_owned()
    };
    let list = said("uploads");
    assert!(list.contains("import") && list.contains("in use"), "{list}");
    let shown = said("upload show 1");
    assert!(
        shown.contains("line 2: model.name: no net is called"),
        "{shown}"
    );
    let summary: Value = serde_json::from_str(&said("upload show 1 --json")).unwrap();
    assert_eq!(
        (&summary["accepted"], &summary["rejected"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        serde_json::from_str::<Value>(&said("uploads --json")).unwrap()["uploads"][0],
        summary
    );
    let timings = || {
        let printed: Value = serde_json::from_str(&said("platforms --json")).unwrap();
        printed["platforms"][0]["measurements"]["train"].clone()
    };
    assert!(said("undo 1").contains("upload 1 is undone, 1 timing taken out:"));
    assert_eq!(timings(), 0);
    assert!(said("uploads").contains("undone"));
    assert!(said("undo 1").contains("0 timings taken out"));
    assert!(said("redo 1").contains("upload 1 is in use, 1 timing put back"));
    assert_eq!(timings(), 1);
    assert!(said("redo 1").contains("0 timings put back, 1 in all"));
    let unknown = call(&dir, "undo 7");
    assert_eq!(unknown.status.code(), Some(1));
    assert!(text(&unknown.stderr).contains("there is no upload 7: epochcast uploads lists them"));
}

#[test]
fn a_running_server_follows_what_is_undone_on_the_command_line() {
    let dir = folder();
    call(&dir, "import rows.ndjson --no-seed");
    let server = Process::start(dir.path(), &["--no-seed"]);
    let timings =
        || server.get("/v1/platforms").json()["platforms"][0]["measurements"]["train"].clone();
    assert_eq!(timings(), 1);
    call(&dir, "undo 1");
    let followed = std::iter::repeat_with(timings).find(|timings| *timings == 0);
    assert!(followed.is_some());
}

#[test]
fn colours_are_for_terminals_or_for_whoever_asks() {
    let dir = TempDir::new().unwrap();
    let coloured = |args: &[&str], variable: &str| {
        let mut command = command(dir.path(), args);
        if let Some((name, value)) = variable.split_once('=') {
            command.env(name, value);
        }
        let done = command.output().unwrap();
        [done.stdout, done.stderr].concat().contains(&0x1b)
    };
    let (list, wrong) = (["strategies"], ["predict", "no-such-net"]);
    for args in [&list[..], &wrong] {
        assert!(!coloured(args, ""));
        assert!(coloured(args, "CLICOLOR_FORCE=1"));
        assert!(coloured(
            &[args, &["--color", "always"]].concat(),
            "NO_COLOR=1"
        ));
        assert!(!coloured(
            &[args, &["--color", "never"]].concat(),
            "CLICOLOR_FORCE=1"
        ));
    }
}

#[test]
fn every_shell_completes_and_every_command_has_a_manual_page() {
    let dir = TempDir::new().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = call(&dir, &format!("completions {shell}")).stdout;
        for word in ["predict", "device-memory", "gpus"] {
            assert!(text(&script).contains(word), "{shell}: {word}");
        }
    }
    let page = call(&dir, "man").stdout;
    assert!(text(&page).contains("EPOCHCAST_DATABASE_URL"));
    assert!(call(&dir, "man --out pages").status.success());
    let pages = dir.path().join("pages");
    for name in [
        "epochcast.1",
        "epochcast-predict.1",
        "epochcast-token-create.1",
    ] {
        let page = std::fs::read_to_string(pages.join(name)).unwrap();
        assert!(page.contains(".SH NAME"), "{name}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let dir = TempDir::new().unwrap();
    let mut child = command(dir.path(), &["models"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!((done.status.code(), text(&done.stderr)), (Some(0), ""));
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

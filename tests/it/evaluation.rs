//! The honest error of the predictions, on the command line and over HTTP.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use epochcast::store::Senders;
use serde_json::Value;
use tempfile::TempDir;

use crate::app::{App, deed, in_files};
use crate::docs::{page, rows};
use crate::process::contents;

fn evaluate(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_epochcast"))
        .arg("evaluate")
        .args(args)
        .current_dir(dir)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn evaluate_scores_what_is_stored_as_over_http() {
    in_files();
    let app = App::seeded().await;
    let answer = app.get("/v1/evaluation").await.body;
    let version = &app.get("/v1/version").await.body["data_version"];
    assert_eq!(&answer["data_version"], version);
    app.live.store().close().await;
    let database = format!("sqlite://{}", app.path().display());
    let before = contents(app.folder());
    let done = evaluate(app.folder(), &["--database-url", &database]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let out = text(&done.stdout);
    for part in ["MAPE", "each net", "scaled x24 up", "v100x8-paper", "paper"] {
        assert!(out.contains(part), "{part} is not in\n{out}");
    }
    assert!(done.stderr.is_empty(), "{}", text(&done.stderr));
    let done = evaluate(app.folder(), &["--database-url", &database, "--json"]);
    let printed: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(printed["scores"], answer["scores"]);
    assert_eq!(contents(app.folder()), before);
    the_documentation_says_so(answer["scores"].as_array().unwrap());
}

/// Both tables of `docs/accuracy.md` have these scores: the short one without the widths of the intervals.
fn the_documentation_says_so(scores: &[Value]) {
    let text = page("docs/accuracy.md");
    let whole = |score: &Value, name: &str| format!("{:.0}", 100.0 * score[name].as_f64().unwrap());
    let error = |score: &Value| format!("{:.1}", 100.0 * score["mape"].as_f64().unwrap());
    let short = |score: &Value| format!("{} ({})", error(score), whole(score, "covered_90"));
    let long = |score: &Value| {
        let [covered, wide] = ["covered_90", "half_width_90"].map(|name| whole(score, name));
        format!("{}, {covered}, {wide}", error(score))
    };
    let mut checked = 0;
    for title in ["## The short table", "## All figures"] {
        let mut left = "";
        for row in rows(&text, title).into_iter().skip(2) {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            if !cells[0].is_empty() {
                left = cells[0];
            }
            let platform = cells[1].trim_matches('`');
            let shown = &cells[cells.len() - 3..];
            for (estimator, shown) in ["layers", "costs", "paper"].into_iter().zip(shown) {
                let score = scores.iter().find(|score| {
                    (&score["platform"], &score["estimator"], &score["left_out"])
                        == (&platform.into(), &estimator.into(), &code(left).into())
                });
                let score = score.unwrap();
                let figures = if title == "## All figures" {
                    long(score)
                } else {
                    short(score)
                };
                assert_eq!(
                    shown.replace('*', ""),
                    figures,
                    "{left} {platform} {estimator}"
                );
                checked += 1;
            }
        }
    }
    assert!(checked >= 75, "{checked} figures");
}

/// What the documentation calls what was left out, as the API names it.
fn code(left: &str) -> &'static str {
    match left {
        "each net" => "net",
        "each group" | "each timing group" => "group",
        "each strategy" => "strategy",
        "s ≥ 24" | "scaled 24x and more" => "far_scaled",
        "most acts (a quarter)" | "the quarter with most acts" => "large",
        _ => panic!("{left} is not known"),
    }
}

#[tokio::test]
async fn an_evaluation_is_kept_while_the_data_stay_the_same() {
    let app = App::seeded().await;
    let live = app.live.clone();
    let first = live.clone().evaluation().await.unwrap();
    let second = live.clone().evaluation().await.unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    live.remove_row(1, &Senders::Everybody, &deed())
        .await
        .unwrap();
    let third = live.evaluation().await.unwrap();
    assert!(third.data_version > first.data_version);
    assert_ne!(third.scores, first.scores);
}

#[test]
fn the_rows_of_a_file_are_scored_and_the_wrong_ones_named() {
    let dir = TempDir::new().unwrap();
    let header = "platform,device,mode,label,flops,params,acts,images_per_second\n";
    let row = |i: u32| {
        let (flops, acts) = (f64::from(i) * 1e9, f64::from(i * i + 3) * 1e6);
        format!(
            "mine,A GPU,train,net-{i},{flops},1e7,{acts},{}\n",
            1e9 / (acts + flops / 1e3)
        )
    };
    let rows: String = (1..=20).map(row).collect();
    let wrong = "mine,A GPU,train,wrong,-1,1e7,1e6,100\n";
    let file = dir.path().join("mine.csv");
    std::fs::write(&file, format!("{header}{rows}{wrong}")).unwrap();
    let done = evaluate(dir.path(), &["--rows", "mine.csv", "--json"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert!(
        text(&done.stderr).contains("line 22: complexity.flops"),
        "{}",
        text(&done.stderr)
    );
    let printed: Value = serde_json::from_slice(&done.stdout).unwrap();
    let scores = printed["scores"].as_array().unwrap();
    assert!(scores.iter().all(|score| score["platform"] == "mine"));
    assert_eq!(scores[0]["n"], 20);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    assert_eq!(
        evaluate(dir.path(), &["--rows", "none.csv"]).status.code(),
        Some(1)
    );
}

//! What the README says is so.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::app::App;

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

#[tokio::test]
async fn every_curl_line_works() {
    let app = App::seeded().await;
    let mut called = 0;
    for block in readme()
        .replace("\\\n", " ")
        .lines()
        .filter(|line| line.trim_start().starts_with("curl "))
    {
        let path = block
            .split("http://127.0.0.1:8080")
            .nth(1)
            .unwrap()
            .split_whitespace()
            .next()
            .unwrap();
        let path = path.trim_matches(|c| c == '\'' || c == '"');
        let answer = match block.split("-d '").nth(1) {
            Some(rest) => {
                let body: Value = serde_json::from_str(rest.split('\'').next().unwrap()).unwrap();
                app.post(path, &body).await
            }
            None => app.get(path).await,
        };
        assert_eq!(answer.status, 200, "{block}: {}", answer.body);
        called += 1;
    }
    assert!(called >= 2);
}

#[test]
fn every_command_that_it_names_exists() {
    let help = Command::new(env!("CARGO_BIN_EXE_epochcast"))
        .arg("--help")
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for line in readme().lines() {
        if let Some(rest) = line.trim_start().strip_prefix("epochcast ")
            && let Some(word) = rest
                .split_whitespace()
                .next()
                .filter(|word| !word.starts_with('-'))
        {
            assert!(
                help.contains(&format!("  {word}")),
                "{word} is not in --help"
            );
        }
    }
}

#[test]
fn every_setting_of_the_command_line_is_in_its_table() {
    let help = Command::new(env!("CARGO_BIN_EXE_epochcast"))
        .arg("--help")
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let variables = help
        .split("[env: ")
        .skip(1)
        .map(|rest| rest.split(['=', ']']).next().unwrap());
    for variable in variables {
        assert!(
            readme().contains(variable),
            "{variable} is not in the README"
        );
    }
}

//! What the README says is so.

use std::fs;
use std::path::Path;
use std::process::Command;

use axum::http::Request;
use epochcast::store::Scope;

use crate::app::App;

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// The body of a curl line: what follows -d, or the file that it names.
fn body(line: &str) -> Option<Vec<u8>> {
    if let Some((_, name)) = line.split_once("--data-binary @") {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/files")
            .join(name.trim());
        return Some(fs::read(path).unwrap());
    }
    let (_, rest) = line.split_once("-d '")?;
    Some(rest.split('\'').next().unwrap().as_bytes().to_vec())
}

#[tokio::test]
async fn every_curl_line_works() {
    let app = App::seeded().await;
    let token = app.token("me", Scope::Write).await;
    let mut called = 0;
    for line in readme()
        .replace("\\\n", " ")
        .lines()
        .filter(|line| line.trim_start().starts_with("curl "))
    {
        let rest = line.split("http://127.0.0.1:8080").nth(1).unwrap();
        let path = rest
            .split_whitespace()
            .next()
            .unwrap()
            .trim_matches(['\'', '"']);
        let body = body(line);
        let mut request = Request::builder()
            .method(if body.is_some() { "POST" } else { "GET" })
            .uri(path);
        for header in rest.split("-H ").skip(1) {
            let quote = header.chars().next().unwrap();
            let (name, value) = header[1..]
                .split(quote)
                .next()
                .unwrap()
                .split_once(": ")
                .unwrap();
            request = request.header(name, value.replace("$TOKEN", &token));
        }
        let answer = app
            .call(request.body(body.unwrap_or_default().into()).unwrap())
            .await;
        assert_eq!(answer.status, 200, "{line}: {}", answer.body);
        assert_ne!(
            answer.body["accepted"].as_u64(),
            Some(0),
            "{line}: {}",
            answer.body
        );
        called += 1;
    }
    assert!(called >= 6);
}

/// Each ```` ```console ```` block is commands after `$ `, each with what it prints where there is no store.
#[test]
fn every_console_block_is_what_the_command_prints() {
    let dir = tempfile::TempDir::new().unwrap();
    let text = readme();
    let blocks = text.split("```console\n").skip(1);
    let blocks = blocks.map(|rest| rest.split("```").next().unwrap());
    let mut ran = 0;
    for call in blocks.flat_map(|block| block.split("$ epochcast ").skip(1)) {
        let (line, shown) = call.split_once('\n').unwrap();
        let done = Command::new(env!("CARGO_BIN_EXE_epochcast"))
            .args(line.split_whitespace())
            .current_dir(dir.path())
            .output()
            .unwrap();
        let trimmed = |text: &str| {
            let lines = text.trim().lines().map(str::trim_end);
            lines.collect::<Vec<_>>().join("\n")
        };
        let printed = String::from_utf8(done.stdout).unwrap();
        assert_eq!(trimmed(&printed), trimmed(shown), "epochcast {line}");
        ran += 1;
    }
    assert!(ran >= 4, "{ran} calls");
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

//! What the README and the pages of `docs/` say is so, and can be read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use axum::http::Request;
use epochcast::store::Scope;
use serde_json::{Value, json};

use crate::app::App;
use crate::golden::CASES;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a page, by its path from the root.
pub(crate) fn page(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The README and all of `docs/`, each with its path from the root.
fn pages() -> BTreeMap<String, String> {
    let names = fs::read_dir(root().join("docs")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let docs = names
        .filter(|name| Path::new(name).extension().is_some_and(|kind| kind == "md"))
        .map(|name| format!("docs/{name}"));
    let all = docs.chain(["README.md".to_owned()]);
    all.map(|path| (path.clone(), page(&path))).collect()
}

/// All fenced blocks of `kind`.
fn blocks<'a>(text: &'a str, kind: &str) -> Vec<&'a str> {
    let fence = format!("```{kind}\n");
    let rests = text.split(fence.as_str()).skip(1);
    rests
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}

/// Rows of the tables below the heading `title`, up to the next heading.
pub(crate) fn rows<'a>(text: &'a str, title: &str) -> Vec<&'a str> {
    let lines = text.lines().skip_while(|line| *line != title).skip(1);
    let section = lines.take_while(|line| !line.starts_with('#'));
    section.filter(|line| line.starts_with('|')).collect()
}

fn printed_by(args: &[&str]) -> String {
    let dir = tempfile::TempDir::new().unwrap();
    let done = Command::new(env!("CARGO_BIN_EXE_epochcast"))
        .args(args)
        .current_dir(dir.path())
        .output()
        .unwrap();
    String::from_utf8(done.stdout).unwrap()
}

/// The body of a curl line: what follows -d, or the file that it names.
fn body(line: &str) -> Option<Vec<u8>> {
    if let Some((_, name)) = line.split_once("--data-binary @") {
        return Some(fs::read(root().join("tests/files").join(name.trim())).unwrap());
    }
    let (_, rest) = line.split_once("-d '")?;
    Some(rest.split('\'').next().unwrap().as_bytes().to_vec())
}

/// A curl line as the request that it makes.
fn request(line: &str, token: &str) -> Request<axum::body::Body> {
    let rest = line.split("http://127.0.0.1:8080").nth(1).unwrap();
    let path = rest.split_whitespace().next().unwrap();
    let body = body(line);
    let mut request = Request::builder()
        .method(if body.is_some() { "POST" } else { "GET" })
        .uri(path.trim_matches(['\'', '"']));
    for header in rest.split("-H ").skip(1) {
        let quote = header.chars().next().unwrap();
        let said = header[1..].split(quote).next().unwrap();
        let (name, value) = said.split_once(": ").unwrap();
        request = request.header(name, value.replace("$TOKEN", token));
    }
    request.body(body.unwrap_or_default().into()).unwrap()
}

#[tokio::test]
async fn every_curl_line_works() {
    let app = App::seeded().await;
    let token = app.token("me", Scope::Admin).await;
    let mut called = 0;
    for text in pages().into_values() {
        let text = text.replace("\\\n", " ");
        let lines = text.lines().map(str::trim_start);
        for line in lines.filter(|line| line.starts_with("curl ")) {
            let answer = app.call(request(line, &token)).await;
            assert_eq!(answer.status, 200, "{line}: {}", answer.body);
            assert_ne!(answer.body["accepted"], 0, "{line}: {}", answer.body);
            called += 1;
        }
    }
    assert!(called >= 8, "{called} calls");
}

#[tokio::test]
async fn every_csv_is_taken_whole() {
    let app = App::seeded().await;
    let token = app.token("me", Scope::Write).await;
    let mut sent = 0;
    for text in pages().into_values() {
        for csv in blocks(&text, "csv") {
            let request = Request::post("/v1/measurements")
                .header("authorization", format!("Bearer {token}"))
                .header("content-type", "text/csv");
            let answer = app.call(request.body(csv.to_owned().into()).unwrap()).await;
            assert_eq!(answer.status, 200, "{csv}: {}", answer.body);
            assert_eq!(answer.body["accepted"], csv.lines().count() - 1, "{csv}");
            sent += 1;
        }
    }
    assert!(sent >= 1);
}

#[test]
fn files_and_folders_of_this_repository_that_pages_name_exist() {
    let rooms = [
        "src/",
        "data/",
        "tests/",
        "static/",
        "migrations",
        "benches",
        "scripts/",
    ];
    let mut found = 0;
    for (page, text) in pages() {
        for word in text.split('`').skip(1).step_by(2) {
            let plain = !word.contains([' ', '*', '<', '{']);
            if plain && rooms.iter().any(|room| word.starts_with(room)) {
                assert!(root().join(word).exists(), "{page} names {word}");
                found += 1;
            }
        }
    }
    assert!(found > 20, "{found}");
}

/// Each ```` ```console ```` block is commands after `$ `, each with what it prints where there is no store.
#[test]
fn every_console_block_is_what_the_command_prints() {
    let trimmed = |text: &str| {
        let lines = text.trim().lines().map(str::trim_end);
        lines.collect::<Vec<_>>().join("\n")
    };
    let mut ran = 0;
    for (name, text) in pages() {
        let calls = blocks(&text, "console").into_iter();
        for call in calls.flat_map(|block| block.split("$ epochcast ").skip(1)) {
            let (line, shown) = call.split_once('\n').unwrap();
            let printed = printed_by(&line.split_whitespace().collect::<Vec<_>>());
            assert_eq!(
                trimmed(&printed),
                trimmed(shown),
                "{name}: epochcast {line}"
            );
            ran += 1;
        }
    }
    assert!(ran >= 12, "{ran} calls");
}

#[test]
fn every_command_that_they_name_exists() {
    let help = printed_by(&["--help"]);
    for (name, text) in pages() {
        let lines = text.lines().map(str::trim_start);
        for rest in lines.filter_map(|line| line.strip_prefix("epochcast ")) {
            let word = rest.split_whitespace().next().unwrap();
            let known = word.starts_with('-') || help.contains(&format!("  {word}"));
            assert!(known, "{name}: {word} is not in --help");
        }
    }
}

#[test]
fn every_setting_of_the_command_line_is_in_its_table() {
    let text = page("docs/service.md");
    let table = rows(&text, "## Settings");
    let help = printed_by(&["--help"]);
    let (mut flag, mut row, mut found) = ("", "", 0);
    for line in help.lines().map(str::trim) {
        if line.starts_with("--") {
            flag = line.split(' ').next().unwrap();
        } else if let Some(rest) = line.strip_prefix("[env: ") {
            let variable = format!("`{}`", rest.split(['=', ']']).next().unwrap());
            let rows = table.iter().find(|row| row.contains(&variable));
            row = rows.unwrap_or_else(|| panic!("{variable} is not in the table"));
            assert!(row.contains(flag), "{flag} is not in {row}");
            found += 1;
        } else if let Some(rest) = line.strip_prefix("[default: ")
            && row.contains(flag)
        {
            let default = format!("`{}`", rest.trim_end_matches(']'));
            assert!(row.contains(&default), "{default} is not in {row}");
        }
    }
    assert!(found >= 15, "{found} settings");
}

/// Whether `answer` holds all that `shown` says: numbers as far as they are written, lists as long as they are.
fn holds(answer: &Value, shown: &Value) -> bool {
    match (answer, shown) {
        (Value::Object(answer), Value::Object(shown)) => shown
            .iter()
            .all(|(name, shown)| answer.get(name).is_some_and(|found| holds(found, shown))),
        (Value::Array(answer), Value::Array(shown)) => {
            shown.len() <= answer.len()
                && answer
                    .iter()
                    .zip(shown)
                    .all(|(found, shown)| holds(found, shown))
        }
        (Value::Number(answer), Value::Number(shown)) => {
            let written = shown.to_string();
            let digits = written.split_once('.').map_or(0, |(_, after)| after.len());
            let [answer, shown] = [answer, shown].map(|number| number.as_f64().unwrap());
            format!("{answer:.digits$}") == format!("{shown:.digits$}")
        }
        _ => answer == shown,
    }
}

#[tokio::test]
async fn the_answer_that_is_explained_is_the_answer() {
    let app = App::seeded().await;
    let asked = json!({"model": {"name": "RegNetY-4GF"}, "scaling": {"strategy": "dWr", "factor": 4}, "platform": "v100x8-paper"});
    let answer = app.post("/v1/predict", &asked).await.body;
    let text = page("docs/interval.md");
    let shown: Value = serde_json::from_str(blocks(&text, "json")[0]).unwrap();
    let answer = &answer["predictions"][0];
    assert!(holds(answer, &shown), "{answer:#}");
    for (name, row) in answer["fit"].as_object().unwrap() {
        let quiet = [
            "data_version",
            "provisional",
            "estimator",
            "measurements",
            "group",
        ];
        let known = text.contains(&format!("`fit.{name}`")) || shown["fit"].get(name).is_some();
        assert!(known || quiet.contains(&name.as_str()), "fit.{name}: {row}");
    }
}

#[tokio::test]
async fn every_warning_field_status_and_endpoint_is_in_its_table() {
    let document = App::seeded().await.get("/openapi.json").await.body;
    let codes =
        document["components"]["schemas"]["Warning"]["properties"]["code"]["description"].clone();
    let interval = page("docs/interval.md");
    let warnings = rows(&interval, "## When to trust it");
    let codes: Vec<_> = codes
        .as_str()
        .unwrap()
        .split('`')
        .skip(1)
        .step_by(2)
        .collect();
    assert!(codes.len() >= 16, "{codes:?}");
    for code in codes {
        let row = format!("| `{code}` |");
        assert!(warnings.iter().any(|line| line.starts_with(&row)), "{code}");
    }
    let api = page("docs/api.md");
    let endpoints = rows(&api, "## Every endpoint").join("\n");
    let statuses = rows(&api, "## When something is wrong").join("\n");
    for (path, methods) in document["paths"].as_object().unwrap() {
        // A row names a path in full, or its second form by the end: `.csv`, `…/restore`.
        let last = path.rsplit('/').next().unwrap();
        let (stem, kind) = path.rsplit_once('.').unwrap_or((path, ""));
        let named = endpoints.lines().any(|row| {
            let second = row.contains(&format!("{stem}.")) && row.contains(&format!("`.{kind}`"));
            row.contains(&format!("{path}`")) || row.contains(&format!("…/{last}")) || second
        });
        assert!(named, "{path} is not in docs/api.md");
        for operation in methods.as_object().unwrap().values() {
            for status in operation["responses"].as_object().unwrap().keys() {
                let known = status == "200" || statuses.contains(status.as_str());
                assert!(known, "{status} of {path} is not in docs/api.md");
            }
        }
    }
}

#[tokio::test]
async fn every_field_of_a_question_is_in_its_table() {
    let answer = App::seeded().await;
    let answer = answer.post("/v1/predict", &json!({"x": 1})).await.body;
    let hint = answer["errors"][0]["hint"].as_str().unwrap();
    let api = page("docs/api.md");
    let table = rows(&api, "## What a request holds").join("\n");
    let fields = hint.strip_prefix("one of ").unwrap().split(", ");
    for field in fields {
        assert!(table.contains(&format!("`{field}`")), "{field}");
    }
}

#[tokio::test]
async fn counts_of_nets_platforms_and_data_are_those_of_the_code() {
    let app = App::seeded().await;
    let models = app.get("/v1/models").await.body["models"].clone();
    let models = models.as_array().unwrap();
    let scale = models.iter().filter(|model| model["can_be_scaled"] == true);
    let scale = scale.count();
    let gpus = app.get("/v1/gpus").await.body["gpus"]
        .as_array()
        .unwrap()
        .len();
    let operators = include_str!("../../data/operators.csv");
    let errors = include_str!("../../data/accuracy.csv");
    let counted = || operators.lines().skip(1);
    let different: BTreeSet<_> = counted()
        .map(|line| line.split_once(',').unwrap().1)
        .collect();
    let bases: BTreeSet<_> = errors
        .lines()
        .skip(1)
        .map(|line| line.split_once(',').unwrap().0)
        .collect();
    let (readme, nets) = (page("README.md"), page("docs/nets.md"));
    let (computed, plan) = (page("docs/computed.md"), page("docs/plan.md"));
    let published = models.len() - scale;
    let apart = models.iter().filter(|model| {
        let source = model["source"].as_str().unwrap();
        source.ends_with("taken apart")
    });
    let built = scale - apart.count();
    for (text, said) in [
        (&readme, format!("You can name {} nets", models.len())),
        (&readme, format!("{scale} of them scale")),
        (&readme, format!("Of the other {published} only")),
        (
            &readme,
            format!("{gpus} GPUs are known by their data sheets"),
        ),
        (&nets, format!("one of {scale} nets by name")),
        (&nets, format!("one of {published} published nets by name")),
        (&nets, format!("{built} of them are built here")),
        (
            &nets,
            format!("{} published nets were counted", counted().count()),
        ),
        (
            &nets,
            format!("hold {},{:03} nets", CASES / 1000, CASES % 1000),
        ),
        (&computed, format!("{} convolutional", counted().count())),
        (&computed, format!("{} of them different", different.len())),
        (
            &plan,
            format!("has {} top-1 errors", errors.lines().count() - 1),
        ),
        (&plan, format!("belong to {} base nets", bases.len())),
    ] {
        // A line of the page may end anywhere.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(&said), "{said}");
    }
}

#[tokio::test]
async fn every_platform_has_its_count_of_timings_in_the_readme() {
    let app = App::seeded().await;
    let readme = page("README.md");
    let platforms = app.get("/v1/platforms").await.body["platforms"].clone();
    let table = rows(&readme, "## What is inside");
    for platform in platforms.as_array().unwrap() {
        let id = platform["id"].as_str().unwrap();
        let row = table
            .iter()
            .find(|row| row.starts_with(&format!("| `{id}`")));
        let row = row.unwrap_or_else(|| panic!("{id} is not in the README"));
        for (mode, count) in platform["measurements"].as_object().unwrap() {
            let said = row.contains(&format!("| {count}, {mode} |"));
            assert!(*count == 0 || said, "{count} {mode} is not in {row}");
        }
    }
    assert_eq!(table.len(), platforms.as_array().unwrap().len() + 2);
}

/// The anchor that a heading has.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = kept
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut followed = 0;
    for (name, text) in pages() {
        let folder = root().join(&name).parent().unwrap().to_owned();
        let links = text.split("](").skip(1);
        let links = links.map(|rest| rest.split(')').next().unwrap());
        for link in links.filter(|link| !link.starts_with("http")) {
            let (path, place) = link.split_once('#').unwrap_or((link, ""));
            let target: PathBuf = if path.is_empty() {
                root().join(&name)
            } else {
                folder.join(path)
            };
            assert!(target.exists(), "{name}: {link}");
            if !place.is_empty() {
                let text = fs::read_to_string(&target).unwrap();
                let mut headings = text.lines().filter(|line| line.starts_with('#'));
                assert!(headings.any(|line| anchor(line) == place), "{name}: {link}");
            }
            followed += 1;
        }
    }
    assert!(followed > 40, "{followed} links");
}

/// Words of each sentence outside of code, tables, headings and pictures. What is in backticks counts as one.
fn sentences(text: &str) -> Vec<(usize, String)> {
    let prose = text
        .split("```")
        .step_by(2)
        .collect::<Vec<_>>()
        .join("\n\n");
    let (mut paragraphs, mut open) = (vec![String::new()], false);
    for line in prose.lines().map(str::trim) {
        let apart = line.is_empty() || line.starts_with(['|', '#']) || line.starts_with("![");
        let item = line.strip_prefix("- ");
        if apart || item.is_some() || !open {
            paragraphs.push(String::new());
        }
        open = !apart;
        if open {
            let paragraph = paragraphs.last_mut().unwrap();
            paragraph.push_str(item.unwrap_or(line));
            paragraph.push(' ');
        }
    }
    let mut found = Vec::new();
    for paragraph in paragraphs {
        let quoted = paragraph.split('`').enumerate();
        let plain: String = quoted
            .map(|(place, part)| if place % 2 == 1 { "code" } else { part })
            .collect();
        let words: Vec<&str> = plain.split_whitespace().collect();
        let ends = |word: &&str| {
            let bare = word.trim_end_matches(['"', '*', ')']);
            bare.ends_with(['.', '!', '?'])
        };
        for sentence in words.split_inclusive(ends) {
            let spoken = sentence
                .iter()
                .filter(|word| word.contains(char::is_alphanumeric));
            found.push((spoken.count(), sentence.join(" ")));
        }
    }
    found.retain(|(count, _)| *count > 0);
    found
}

#[test]
fn sentences_are_as_short_as_spoken_ones() {
    for (name, text) in pages() {
        let sentences = sentences(&text);
        let words: usize = sentences.iter().map(|(count, _)| count).sum();
        assert!(words <= 20 * sentences.len(), "{name}: {words} words");
        for (count, sentence) in sentences {
            assert!(count <= 40, "{name}: {count} words: {sentence}");
        }
    }
}

#[test]
fn a_sentence_ends_where_a_reader_stops() {
    let text = "One two `three four` five. Six\nseven (eight nine).\n\n- Ten\n- eleven 1.5 twelve\n\n| not | this |\n```sh\nnor this\n```\n";
    let counts: Vec<usize> = sentences(text).iter().map(|(count, _)| *count).collect();
    assert_eq!(counts, [4, 4, 1, 3]);
}

#[test]
fn the_readme_is_short_and_has_a_picture() {
    let readme = page("README.md");
    assert!(readme.lines().count() <= 200, "{}", readme.lines().count());
    assert!(readme.contains("](docs/start.png)"));
    let picture = fs::read(root().join("docs/start.png")).unwrap();
    assert!(picture.len() <= 200 * 1024, "{} bytes", picture.len());
    // The first chunk of a PNG holds its width, from the seventeenth byte.
    assert_eq!(picture[16..20], 1280_u32.to_be_bytes());
}

#[test]
fn the_readme_leads_to_every_page() {
    let readme = page("README.md");
    for name in pages().into_keys().filter(|name| name != "README.md") {
        assert!(readme.contains(&format!("]({name})")), "{name}");
    }
}

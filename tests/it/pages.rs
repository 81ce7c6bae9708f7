//! The pages: every file of `static/` is served, as what it is, under a policy that runs nothing inline.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::Response;
use epochcast::http::{Settings, router};
use epochcast::store::Scope;
use flate2::read::GzDecoder;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::app::App;

const PAGES: [&str; 12] = [
    "/",
    "/explore",
    "/platforms",
    "/platforms/v100x8-paper",
    "/platforms/gpu:h100",
    "/gpus",
    "/nets",
    "/paper",
    "/upload",
    "/uploads",
    "/docs",
    "/about",
];

/// All files below `dir`.
pub(crate) fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

async fn file(app: &App, path: &str, tag: &str) -> Response {
    let request = Request::get(path).header(header::IF_NONE_MATCH, tag);
    app.router
        .clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap()
}

async fn body(response: Response) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn said(response: &Response, name: header::HeaderName) -> String {
    response.headers()[name].to_str().unwrap().to_owned()
}

/// What is at `path`, for a client that takes `encoding`.
async fn taken(app: &App, path: &str, encoding: &str) -> (HeaderMap, Vec<u8>) {
    let request = Request::get(path).header(header::ACCEPT_ENCODING, encoding);
    let request = request.body(Body::empty()).unwrap();
    let response = app.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    let (parts, body) = response.into_parts();
    (
        parts.headers,
        body.collect().await.unwrap().to_bytes().to_vec(),
    )
}

async fn text(app: &App, path: &str) -> String {
    String::from_utf8(taken(app, path, "identity").await.1).unwrap()
}

/// Addresses that attributes of a page name, of those that begin so.
fn named(page: &str, beginning: &str) -> Vec<String> {
    let values = page.split("=\"").skip(1);
    let values = values.map(|rest| rest.split('"').next().unwrap());
    let found = values.filter(|value| value.starts_with(beginning));
    found.map(str::to_owned).collect()
}

/// The folder of all that pages load.
async fn folder(app: &App) -> String {
    let sheet = named(&text(app, "/").await, "/static/");
    let sheet = sheet
        .iter()
        .find_map(|path| path.strip_suffix("/css/all.css"));
    sheet.unwrap().to_owned()
}

#[tokio::test]
async fn what_a_page_loads_is_three_files_that_are_kept_for_ever_and_small_where_asked() {
    let app = App::seeded().await;
    for page in PAGES {
        // The script is announced at the beginning, and run at the end.
        let loads: BTreeSet<_> = named(&text(&app, page).await, "/static/")
            .into_iter()
            .collect();
        assert_eq!(loads.len(), 3, "{page}: {loads:?}");
        for path in loads {
            let kind = match path.rsplit_once('.').unwrap().1 {
                "js" => "text/javascript; charset=utf-8",
                "css" => "text/css; charset=utf-8",
                _ => "image/svg+xml",
            };
            let (headers, plain) = taken(&app, &path, "br").await;
            assert_eq!(headers[header::CONTENT_TYPE], kind, "{path}");
            assert_eq!(
                headers[header::CACHE_CONTROL],
                "public, max-age=31536000, immutable"
            );
            assert!(!headers.contains_key(header::CONTENT_ENCODING), "{path}");
            if plain.len() <= 1024 {
                continue;
            }
            assert_eq!(headers[header::VARY], "accept-encoding", "{path}");
            let (headers, small) = taken(&app, &path, "gzip").await;
            assert_eq!(headers[header::CONTENT_ENCODING], "gzip", "{path}");
            assert_eq!(headers[header::VARY], "accept-encoding", "{path}");
            assert!(small.len() < plain.len() / 2, "{path}: {}", small.len());
            let mut again = Vec::new();
            GzDecoder::new(&small[..]).read_to_end(&mut again).unwrap();
            assert_eq!(again, plain, "{path}");
        }
    }
}

#[tokio::test]
async fn every_file_of_static_is_served_alone_or_as_part_of_another() {
    let app = App::seeded().await;
    let folder = folder(&app).await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("static");
    let sheet = text(&app, &format!("{folder}/css/all.css")).await;
    let mut modules = BTreeSet::new();
    for path in files(&root) {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
        match name.rsplit_once('.').unwrap().1 {
            "css" => assert!(
                sheet.contains(&fs::read_to_string(&path).unwrap()),
                "{name}"
            ),
            "js" => _ = modules.insert(name.to_owned()),
            "html" => {}
            _ => assert_eq!(
                taken(&app, &format!("{folder}/{name}"), "identity").await.1,
                fs::read(&path).unwrap(),
                "{name}"
            ),
        }
    }
    for script in modules
        .clone()
        .iter()
        .filter(|name| name.starts_with("js/pages/"))
    {
        let whole = text(&app, &format!("{folder}/{script}")).await;
        let joined: Vec<_> = whole
            .lines()
            .filter_map(|line| line.strip_prefix("// js/"))
            .collect();
        let needed = imported(&root, script);
        assert_eq!(joined.len(), needed.len(), "{script}");
        for name in joined {
            assert!(
                needed.contains(&format!("js/{name}")),
                "{script} has {name}"
            );
        }
        modules.retain(|name| !needed.contains(name));
    }
    assert!(modules.is_empty(), "no page loads {modules:?}");
}

/// `script` and all modules that it imports, itself or by way of others.
fn imported(root: &Path, script: &str) -> BTreeSet<String> {
    let (mut found, mut waiting) = (BTreeSet::new(), vec![root.join(script)]);
    while let Some(path) = waiting.pop() {
        let name = path
            .strip_prefix(root)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        if found.insert(name) {
            let code = fs::read_to_string(&path).unwrap();
            let imports = code.lines().filter(|line| line.starts_with("import "));
            let imports = imports.map(|line| line.rsplit('"').nth(1).unwrap().to_owned());
            waiting.extend(
                imports.map(|from| path.parent().unwrap().join(from).canonicalize().unwrap()),
            );
        }
    }
    found
}

#[tokio::test]
async fn another_release_s_files_are_answered_by_these_but_not_kept() {
    let app = App::seeded().await;
    let (headers, _) = taken(&app, "/static/0123456789abcdef/js/pages/home.js", "gzip").await;
    assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
    for path in [
        "/static/js/core/api.js",
        "/static/js/pages/home.js",
        "/static/x/js/core/api.js",
        "/static/x/",
        "/static",
    ] {
        let response = file(&app, path, "").await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(
            said(&response, header::CONTENT_TYPE),
            "application/problem+json"
        );
    }
}

/// The element that holds the answers to a page's first questions: its type keeps browsers from running it.
const DATA: &str = r#"script type="application/json" id="first""#;

/// What stands in that element, and all else.
fn parted(page: &str) -> (&str, String) {
    let (before, rest) = page.split_once(DATA).unwrap();
    let (text, after) = rest.split_once("</script>").unwrap();
    (text.strip_prefix('>').unwrap(), before.to_owned() + after)
}

/// The answers that a page holds, by their questions.
fn held(page: &str) -> BTreeMap<String, Value> {
    let mut all: BTreeMap<String, Value> = serde_json::from_str(parted(page).0).unwrap();
    all.remove("as_of");
    all
}

/// The state of the data that the page at `path` is of, as it was told.
async fn as_of(app: &App, path: &str) -> String {
    let page = text(app, path).await;
    let told: Value = serde_json::from_str(parted(&page).0).unwrap();
    told["as_of"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_chart_of_the_state_that_a_page_was_told_is_kept_and_of_any_other_asked_for_again() {
    let mut app = App::seeded().await;
    let kept = async |app: &App, state: &str| {
        let path = format!("/v1/charts/fit.svg?platform=v100x8-paper&as_of={state}");
        let (headers, _) = taken(app, &path, "identity").await;
        headers[header::CACHE_CONTROL].to_str().unwrap().to_owned()
    };
    let state = as_of(&app, "/platforms/v100x8-paper").await;
    assert_eq!(as_of(&app, "/").await, state);
    let forever = "private, max-age=604800, immutable";
    assert_eq!(kept(&app, &state).await, forever);
    assert_eq!(kept(&app, "").await, "no-cache");

    // A row of another platform: the state is of all data.
    let key = app.token("lab", Scope::Write).await;
    let rows = "platform,device,model,mode,epoch_seconds\nmine,A100,ResNet-50,train,100\n";
    let send = Request::post("/v1/measurements")
        .header(header::CONTENT_TYPE, "text/csv")
        .header(header::AUTHORIZATION, format!("Bearer {key}"));
    let answer = app.call(send.body(Body::from(rows)).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(kept(&app, &state).await, "no-cache");
    let after = as_of(&app, "/").await;
    assert_eq!(kept(&app, &after).await, forever);

    // Another process may have other data of the same version.
    app.reopen().await;
    assert_eq!(kept(&app, &after).await, "no-cache");
    let reopened = as_of(&app, "/").await;
    assert_eq!(kept(&app, &reopened).await, forever);
}

fn without_answers(page: &str) -> String {
    parted(page).1
}

#[tokio::test]
async fn a_page_holds_what_its_first_questions_are_answered_and_nothing_where_that_takes_a_token() {
    let app = App::seeded().await;
    let private = Settings {
        require_token: true,
        ..Settings::default()
    };
    let private = router(app.live.clone(), private);
    let mut found = 0;
    for page in PAGES.into_iter().chain(["/?model=ResNet-50"]) {
        for (question, held) in held(&text(&app, page).await) {
            let answer = match question.split_once(' ') {
                Some((path, body)) => app.send(path, "application/json", body.to_owned()).await,
                None => app.get(&question).await,
            };
            assert_eq!((answer.status, answer.body), (StatusCode::OK, held));
            found += 1;
        }
        let request = Request::get(page).body(Body::empty()).unwrap();
        let told = body(private.clone().oneshot(request).await.unwrap()).await;
        assert_eq!(held(&told), BTreeMap::new(), "{page}");
    }
    assert_eq!(found, 22);
}

#[tokio::test]
async fn a_page_holds_a_prediction_where_its_address_can_be_read() {
    let app = App::seeded().await;
    for (page, holds) in [
        ("/?model=ResNet-50", [true, true]),
        ("/?model=ResNet-50&factor=8", [true, true]),
        (
            "/explore?alpha=.7&factor=2x&mode=infer&images=50k",
            [true, true],
        ),
        (
            "/explore?platform=gpu:h100,v100x8-paper&level=.5",
            [true, true],
        ),
        ("/explore?strategy=none&batch=1,024", [true, true]),
        ("/explore?factor=much", [true, false]),
        ("/explore?view=plan", [true, false]),
        ("/explore?view=plan&epoch=10", [true, false]),
        ("/?spec=%7B%22family%22:%22regnet%22%7D", [false, false]),
        ("/?model=ResNet-99", [false, false]),
        ("/?model=../platforms", [false, false]),
        ("/?model=%22%7D%3C/script%3E", [false, false]),
    ] {
        let held = held(&text(&app, page).await);
        let begins = |with: &str| held.keys().any(|question| question.starts_with(with));
        assert_eq!(["/v1/models/", "/v1/predict "].map(begins), holds, "{page}");
        assert!(held.contains_key("/v1/platforms"), "{page}");
    }
}

#[tokio::test]
async fn a_page_is_sent_before_the_answer_that_takes_longer_which_ends_it() {
    let app = App::seeded().await;
    for page in [
        "/explore?view=compare&alphas=.5",
        "/explore?view=time&factor=8",
        "/explore?view=plan&epoch=10+min&platform=v100x8-paper",
        "/explore?view=plan&memory=16+GB&batch=256&epochs=90&use=high",
    ] {
        let mut parts = file(&app, page, "").await.into_body();
        let begin = parts.frame().await.unwrap().unwrap().into_data().unwrap();
        let begin = String::from_utf8(begin.to_vec()).unwrap();
        let end = body(Response::new(parts)).await;
        let held = held(&begin);
        let mut later = held.iter().filter(|(_, answer)| answer.is_null());
        let (path, question) = later.next().unwrap().0.split_once(' ').unwrap();
        let answer = app
            .send(path, "application/json", question.to_owned())
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{page}: {}", answer.body);
        let (told, _) = end.split_once("</script>").unwrap();
        let (_, told) = told.split_once(r#"id="later">"#).unwrap();
        let told: Value = serde_json::from_str(told).unwrap();
        assert_eq!(told, answer.body, "{page}");
        assert!(end.ends_with("</html>\n") && later.next().is_none());
    }
}

#[tokio::test]
async fn a_page_and_its_tag_change_with_each_upload_whose_names_end_nothing_in_it() {
    let app = App::seeded().await;
    let before = file(&app, "/platforms", "").await;
    let tag = said(&before, header::ETAG);
    assert_eq!(
        file(&app, "/platforms", &tag).await.status(),
        StatusCode::NOT_MODIFIED
    );
    let row = json!({"platform": {"id": "mine", "device": "</script><b>"}, "mode": "train", "label": "net",
        "complexity": {"flops": 4_000_000_000_u64, "params": 20_000_000, "acts": 10_000_000}, "images_per_second": 100.0});
    let token = app.token("owner", Scope::Write).await;
    let request = Request::post("/v1/measurements")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    let stored = app
        .call(request.body(row.to_string().into()).unwrap())
        .await;
    assert_eq!(stored.body["accepted"], 1, "{}", stored.body);
    let after = file(&app, "/platforms", &tag).await;
    assert_eq!(after.status(), StatusCode::OK);
    assert_ne!(said(&after, header::ETAG), tag);
    let (before, after) = (body(before).await, body(after).await);
    let ends = |page: &str| page.matches("</script").count();
    assert_eq!(ends(&before), ends(&after));
    let platforms = &held(&after)["/v1/platforms"]["platforms"];
    let devices: Vec<_> = platforms
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["device"])
        .collect();
    assert!(devices.contains(&&json!("</script><b>")), "{devices:?}");
}

#[tokio::test]
async fn long_answers_are_small_where_asked_and_the_same() {
    let app = App::seeded().await;
    for path in [
        "/v1/models?limit=100",
        "/v1/measurements.csv",
        "/v1/measurements.ndjson",
        "/v1/charts/fit.svg?platform=v100x8-paper",
        "/openapi.json",
        "/docs",
    ] {
        let (headers, plain) = taken(&app, path, "gzip;q=0, *").await;
        assert!(!headers.contains_key(header::CONTENT_ENCODING), "{path}");
        assert_eq!(headers[header::VARY], "accept-encoding", "{path}");
        let (headers, small) = taken(&app, path, "gzip").await;
        assert_eq!(headers[header::CONTENT_ENCODING], "gzip", "{path}");
        let mut again = Vec::new();
        GzDecoder::new(&small[..]).read_to_end(&mut again).unwrap();
        assert!(again == plain && small.len() < plain.len(), "{path}");
    }
    let (headers, _) = taken(&app, "/healthz", "gzip").await;
    assert!(!headers.contains_key(header::CONTENT_ENCODING));
}

#[tokio::test]
async fn every_page_is_served_and_says_when_it_has_not_changed() {
    let app = App::seeded().await;
    for path in PAGES {
        let response = file(&app, path, "").await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let policy = said(&response, header::CONTENT_SECURITY_POLICY);
        assert!(
            policy.contains("default-src 'none'; script-src 'self';"),
            "{path}"
        );
        let tag = said(&response, header::ETAG);
        let again = file(&app, path, &tag).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
    }
}

#[tokio::test]
async fn each_page_stands_in_the_frame_and_marks_the_link_to_itself() {
    let app = App::seeded().await;
    for (path, link) in [
        ("/", r#"href="/" aria-current="page""#),
        ("/explore", r#"href="/explore" aria-current="page""#),
        ("/platforms/x", r#"href="/platforms" aria-current="page""#),
        ("/upload", r#"href="/upload" aria-current="page""#),
        ("/uploads", r#"href="/uploads" aria-current="page""#),
        ("/docs", r#"href="/docs" aria-current="page""#),
        ("/gpus", r#"href="/gpus" aria-current="page""#),
        ("/nets", r#"href="/nets" aria-current="page""#),
        ("/paper", r#"href="/paper" aria-current="page""#),
        ("/about", r#"href="/about" aria-current="page""#),
    ] {
        let text = body(file(&app, path, "").await).await;
        assert_eq!(text.matches("aria-current").count(), 1, "{path}");
        assert!(text.contains(link), "{path}");
        let text = without_answers(&text);
        assert!(!text.contains('{'), "{path} has a place that is not filled");
    }
}

#[tokio::test]
async fn the_table_of_pages_in_the_readme_has_every_page_that_is_linked_to() {
    let app = App::seeded().await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let (_, table) = readme.split_once("| page | what it is for |").unwrap();
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let listed: Vec<&str> = rows.map(|row| row.split('`').nth(1).unwrap()).collect();
    for path in &listed {
        let path = path.replace("{id}", "v100x8-paper").replace("NAME", "h100");
        let response = file(&app, &path, "").await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert!(said(&response, header::CONTENT_TYPE).starts_with("text/html"));
    }
    let frame = fs::read_to_string(root.join("static/pages/frame.html")).unwrap();
    let (_, body) = frame.split_once("<body>").unwrap();
    let links = body.split("href=\"/").skip(1);
    let links = links.map(|rest| rest.split(['"', '#']).next().unwrap());
    let mut linked = 0;
    for link in links {
        let known = |path: &&str| path.trim_end_matches("/{id}") == format!("/{link}");
        assert!(listed.iter().any(known), "/{link}");
        linked += 1;
    }
    assert!(linked > 6, "{linked}");
}

#[tokio::test]
async fn every_page_has_a_footer_with_version_and_licence() {
    let app = App::seeded().await;
    for path in ["/", "/explore", "/docs", "/about"] {
        let text = body(file(&app, path, "").await).await;
        let (_, footer) = text.split_once("<footer").unwrap();
        for word in [
            env!("CARGO_PKG_VERSION"),
            env!("CARGO_PKG_LICENSE"),
            "\"/about\"",
            "\"/docs\"",
        ] {
            assert!(footer.contains(word), "{path}: {word}");
        }
    }
}

#[tokio::test]
async fn an_unknown_address_is_a_page_to_browsers_and_a_problem_to_all_others() {
    let app = App::seeded().await;
    let asked = |method: &str, path: &str, accept: &str| {
        let request = Request::builder().method(method).uri(path);
        let request = request.header(header::ACCEPT, accept);
        let request = request.body(Body::empty()).unwrap();
        app.router.clone().oneshot(request)
    };
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    for path in ["/nowhere", "/v1/nowhere", "/static/nowhere.js"] {
        let page = asked("GET", path, browser).await.unwrap();
        assert_eq!(page.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(said(&page, header::VARY), "accept");
        assert!(said(&page, header::CONTENT_TYPE).starts_with("text/html"));
        assert!(said(&page, header::CONTENT_SECURITY_POLICY).contains("default-src 'none'"));
        assert!(page.headers().contains_key("x-request-id"));
        let page = body(page).await;
        assert!(page.contains("Nothing is here") && !page.contains("aria-current"));
        let page = without_answers(&page);
        assert!(!page.contains('{'), "a place that is not filled");
        let problem = asked("GET", path, "*/*").await.unwrap();
        assert_eq!(problem.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(said(&problem, header::VARY), "accept");
        assert_eq!(
            said(&problem, header::CONTENT_TYPE),
            "application/problem+json"
        );
    }
    // What is known by its path but not there, and what is sent, are the business of programs.
    for (method, path) in [("GET", "/v1/models/nothing"), ("POST", "/nowhere")] {
        let problem = asked(method, path, browser).await.unwrap();
        assert_eq!(problem.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(
            said(&problem, header::CONTENT_TYPE),
            "application/problem+json"
        );
    }
}

#[test]
fn pages_load_nothing_from_elsewhere_and_run_nothing_inline() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("static");
    for path in files(&root) {
        if path.extension().unwrap() != "html" {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for tag in text.split('<').skip(1) {
            let tag = tag.split('>').next().unwrap();
            assert!(!tag.contains("://"), "{}: {tag}", path.display());
            let inline = |word: &str| {
                word.starts_with("style=") || (word.starts_with("on") && word.contains('='))
            };
            assert!(
                !tag.split_whitespace().any(inline),
                "{}: {tag}",
                path.display()
            );
            assert!(
                !tag.starts_with("script") || tag.contains("src=") || tag == DATA,
                "{}: {tag}",
                path.display()
            );
        }
    }
}

#[test]
fn no_folder_of_scripts_grows_past_what_one_sees_at_once() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("static/js");
    let mut folders = std::collections::BTreeMap::<_, usize>::new();
    for path in files(&root) {
        *folders
            .entry(path.parent().unwrap().to_owned())
            .or_default() += 1;
    }
    assert!(folders.len() > 4, "{folders:?}");
    for (folder, count) in folders {
        assert!(count <= 16, "{} has {count}", folder.display());
    }
}

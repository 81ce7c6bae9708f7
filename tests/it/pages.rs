//! The pages: every file of `static/` is served, as what it is, under a policy that runs nothing inline.

use std::fs;
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::app::App;

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

fn said(response: &Response, name: header::HeaderName) -> String {
    response.headers()[name].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_file_that_pages_load_is_served_as_what_it_is() {
    let app = App::seeded().await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("static");
    for path in files(&root) {
        let name = path
            .strip_prefix(&root)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let kind = match path.extension().unwrap().to_str().unwrap() {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "svg" => "image/svg+xml",
            _ => continue,
        };
        let response = file(&app, &format!("/static/{name}"), "").await;
        assert_eq!(response.status(), StatusCode::OK, "{name}");
        assert_eq!(said(&response, header::CONTENT_TYPE), kind, "{name}");
    }
}

#[tokio::test]
async fn every_page_is_served_and_says_when_it_has_not_changed() {
    let app = App::seeded().await;
    for path in [
        "/",
        "/explore",
        "/platforms",
        "/platforms/v100x8-paper",
        "/upload",
        "/uploads",
        "/docs",
    ] {
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
    ] {
        let body = file(&app, path, "").await.into_body();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert_eq!(text.matches("aria-current").count(), 1, "{path}");
        assert!(text.contains(link), "{path}");
        assert!(!text.contains('{'), "{path} has a place that is not filled");
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
                !tag.starts_with("script") || tag.contains("src="),
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

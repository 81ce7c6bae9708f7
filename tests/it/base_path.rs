//! Under a path of a proxy: what pages link to and load, what answers lead to, whether the proxy takes the path off or not.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use epochcast::http::{Service, Settings, router};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::app::App;
use crate::pages::files;

const BASE: &str = "/gpu/epochcast";

fn under_base(app: &App) -> Service {
    let settings = Settings {
        base_path: Some(BASE.into()),
        ..Settings::default()
    };
    router(app.live.clone(), settings)
}

async fn get(service: &Service, path: &str) -> Response {
    let request = Request::get(path).body(Body::empty()).unwrap();
    service.clone().oneshot(request).await.unwrap()
}

async fn text(response: Response) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Addresses from the root that a page names in attributes.
fn addresses(page: &str) -> BTreeSet<String> {
    let attributes = page.split("=\"").skip(1);
    let values = attributes.map(|rest| rest.split('"').next().unwrap());
    values
        .filter(|value| value.starts_with('/'))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn all_that_pages_link_to_and_load_is_under_the_base_path_and_found() {
    let app = App::seeded().await;
    let service = under_base(&app);
    let mut found = 0;
    for page in [
        "/",
        "/explore",
        "/platforms",
        "/platforms/v100x8-paper",
        "/gpus",
        "/nets",
        "/paper",
        "/upload",
        "/docs",
        "/about",
    ] {
        // With the path, as from a proxy that passes it on, and without, as from one that takes it off.
        let whole = text(get(&service, &format!("{BASE}{page}")).await).await;
        assert_eq!(whole, text(get(&service, page).await).await, "{page}");
        for address in addresses(&whole) {
            let rest = address.strip_prefix(BASE);
            let rest = rest.unwrap_or_else(|| panic!("{page} names {address}"));
            for path in [rest, &address] {
                assert_eq!(get(&service, path).await.status(), StatusCode::OK, "{path}");
            }
            found += 1;
        }
    }
    assert!(found > 50, "{found}");
    let plain = text(get(&app.router, "/docs").await).await;
    assert!(addresses(&plain).contains("/openapi.json"));
}

#[tokio::test]
async fn scripts_name_addresses_only_where_the_base_path_is_put_before_them() {
    let scripts = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("static/js");
    for script in files(&scripts) {
        let code = std::fs::read_to_string(&script).unwrap();
        let name = script.display();
        for word in [
            "fetch(",
            "location.origin",
            ".href =",
            "location.pathname.split",
        ] {
            let lines = code.lines().filter(|line| line.contains(word));
            for line in lines {
                // The state's addresses are those of the page itself, base path included.
                let based = line.contains("at(") || line.contains("state.url(");
                assert!(based, "{name}: {line}");
            }
        }
    }
}

#[tokio::test]
async fn answers_lead_on_under_the_base_path() {
    let app = App::seeded().await;
    let service = under_base(&app);
    for path in [
        &format!("{BASE}/v1/models?x=1"),
        "/v1/models",
        &format!("{BASE}/healthz"),
    ] {
        assert_eq!(get(&service, path).await.status(), StatusCode::OK, "{path}");
    }
    let other = get(&service, &format!("{BASE}v1/models")).await;
    assert_eq!(other.status(), StatusCode::NOT_FOUND);
    for path in [
        &format!("{BASE}/v1/measurements?limit=1"),
        "/v1/measurements?limit=1",
    ] {
        let page = get(&service, path).await;
        let link = page.headers()[header::LINK].to_str().unwrap();
        assert!(
            link.starts_with(&format!("<{BASE}/v1/measurements?")),
            "{link}"
        );
    }
    let document = text(get(&service, "/openapi.json").await).await;
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["servers"][0]["url"], BASE);
}

#[tokio::test]
async fn the_base_path_without_its_slash_leads_to_the_pages() {
    let app = App::seeded().await;
    let service = under_base(&app);
    for (path, location) in [
        (BASE.to_owned(), format!("{BASE}/")),
        (
            format!("{BASE}?model=resnet50"),
            format!("{BASE}/?model=resnet50"),
        ),
    ] {
        let answer = get(&service, &path).await;
        assert_eq!(answer.status(), StatusCode::PERMANENT_REDIRECT);
        let leads = answer.headers()[header::LOCATION].to_str().unwrap();
        assert_eq!(leads, location);
        assert_eq!(get(&service, leads).await.status(), StatusCode::OK);
    }
}

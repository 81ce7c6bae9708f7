//! The charts say what the fits say, and run nothing whatever they are sent.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use epochcast::store::Scope;
use http_body_util::BodyExt;
use serde_json::json;
use tower::ServiceExt;

use crate::app::App;

/// The charts of evidence.
const CHARTS: [&str; 2] = ["fit", "residuals"];

pub(crate) async fn text(app: &App, path: &str) -> String {
    let answer = app.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.body.as_str().unwrap().to_owned()
}

/// The sentence of a chart.
pub(crate) fn sentence(svg: &str) -> String {
    let document = roxmltree::Document::parse(svg).unwrap();
    let found = document
        .descendants()
        .find(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "desc")));
    found.unwrap().text().unwrap().to_owned()
}

/// `name` of all points, in order.
pub(crate) fn read(svg: &str, name: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).unwrap();
    let points = document.descendants().filter(|node| {
        let class = node.attribute("class").unwrap_or_default();
        class.split(' ').any(|one| one == "point" || one == "bar")
    });
    points
        .map(|point| point.attribute(name).unwrap_or_default().to_owned())
        .collect()
}

/// The column `name` of a table.
pub(crate) fn column(csv: &str, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let place = reader.headers().unwrap().iter().position(|n| n == name);
    let cell = |row: csv::StringRecord| row[place.unwrap()].to_owned();
    reader.records().map(|row| cell(row.unwrap())).collect()
}

pub(crate) fn sorted(mut words: Vec<String>) -> Vec<String> {
    words.sort();
    words
}

/// All that a chart says: its title, its sentence, and the reading of each point.
fn said(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).unwrap();
    let words = document.descendants().filter(|node| {
        let name = node.tag_name().name();
        name == "title" || name == "desc"
    });
    sorted(words.map(|node| node.text().unwrap().to_owned()).collect())
}

/// `cargo run --example figures` draws those of the documentation anew.
#[test]
fn the_figures_of_the_paper_in_the_documentation_say_what_they_say_now() {
    let (platforms, rows) = epochcast::timing::data::seed::built_in().unwrap();
    let predictors = epochcast::timing::Predictors::of_rows(platforms, &rows, 0);
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/figures");
    let figures = epochcast::chart::figures::paper::all(&predictors);
    assert_eq!(figures.len(), 22);
    for (name, figure) in figures {
        let kept = std::fs::read_to_string(folder.join(format!("{name}.svg"))).unwrap();
        let now = figure.svg(&epochcast::chart::Look::default());
        assert_eq!(said(&kept), said(&now), "{name}");
    }
    let kept = std::fs::read_dir(folder).unwrap().count();
    assert_eq!(kept, 22, "a figure that nobody draws");
}

#[tokio::test]
async fn a_figure_of_the_paper_has_its_points_and_our_lines() {
    let app = App::seeded().await;
    let svg = text(&app, "/v1/charts/paper.svg?figure=4").await;
    // d, r and w have 4 points each of Fig. 4 or 1, dwr and w 5 of Fig. 1, and all that of the net as it is.
    assert!(
        read(&svg, "class").len() >= 16,
        "{}",
        read(&svg, "class").len()
    );
    assert!(sentence(&svg).contains("dwr 17.5 %"), "{}", sentence(&svg));
    let csv = text(&app, "/v1/charts/paper.csv?figure=8&panel=time").await;
    assert!(
        column(&csv, "top1_error_percent")
            .iter()
            .all(String::is_empty)
    );
    let svg = text(&app, "/v1/charts/paper.svg?figure=1&panel=time").await;
    assert!(
        sentence(&svg).contains("on v100x8-paper"),
        "{}",
        sentence(&svg)
    );
    let csv = text(&app, "/v1/charts/paper.csv?figure=6").await;
    let kinds = column(&csv, "kind");
    assert!(kinds.contains(&"published".to_owned()) && kinds.contains(&"expected".to_owned()));
    let wrong = app.get("/v1/charts/paper.svg?figure=3").await;
    assert_eq!(wrong.body["errors"][0]["pointer"], "/figure");
}

#[tokio::test]
async fn times_stand_on_the_papers_platform_beside_its_own_times_and_on_others_alone() {
    let app = App::seeded().await;
    let path = "/v1/charts/paper.csv?figure=1&panel=time";
    let csv = text(&app, path).await;
    let published = |csv: &str| {
        let kinds = column(csv, "kind");
        kinds.iter().filter(|kind| *kind == "published").count()
    };
    // Four ways by the factors 1, 2, 4, 8, 16, 24, 32 and 40, and one by 48, up to 16.5 billion flops.
    assert_eq!(published(&csv), 33);
    let sources = column(&csv, "source");
    assert!(sources.iter().any(|source| source.contains("Fig. 2")));
    // Predicted and timed are of the same nets: at the base they are an eighth of each other apart at most.
    let (lines, flops, seconds) = (
        column(&csv, "line"),
        column(&csv, "flops"),
        column(&csv, "epoch_seconds"),
    );
    let base = (0..lines.len()).filter(|i| lines[*i] == "dwr" && flops[*i] == "385825092");
    let base: Vec<f64> = base.map(|i| seconds[i].parse().unwrap()).collect();
    assert_eq!(base.len(), 2, "{base:?}");
    assert!((base[0] / base[1]).ln().abs() < 0.125, "{base:?}");
    let svg = text(&app, "/v1/charts/paper.svg?figure=1&panel=time").await;
    assert!(sentence(&svg).contains("predicted on v100x8-paper"));
    assert!(sentence(&svg).contains("the points are the paper's own times"));
    let other = text(&app, &format!("{path}&platform=rtx3090-nchw")).await;
    assert_eq!(published(&other), 0);
}

#[tokio::test]
async fn every_figure_of_the_paper_with_measurements_is_drawn_and_its_nets_are_told_apart() {
    let app = App::seeded().await;
    for figure in [5, 7] {
        let path = format!("/v1/charts/paper.csv?figure={figure}");
        let first = text(&app, &path).await;
        assert_eq!(
            first,
            text(&app, &format!("{path}&net=regnety-500mf")).await
        );
        let other = text(&app, &format!("{path}&net=RegNetZ-500MF")).await;
        assert_ne!(first, other);
        for csv in [first, other] {
            let sources = column(&csv, "source");
            let own = format!("Dollar et al. 2021, Fig. {figure}, off the plot");
            assert!(sources.contains(&own), "{figure}");
        }
    }
    // Fig. 2 is the chart of the platform's timings, to the letter.
    for cost in ["acts", "flops", "params"] {
        let paper = text(&app, &format!("/v1/charts/paper.csv?figure=2&x={cost}")).await;
        let fit = format!("/v1/charts/fit.csv?platform=v100x8-paper&x={cost}");
        assert_eq!(paper, text(&app, &fit).await);
    }
    for (query, pointer) in [
        ("figure=2&panel=error", "/panel"),
        ("figure=2&net=RegNetY-500MF", "/net"),
        ("figure=4&x=acts", "/x"),
        ("figure=7&net=ResNet-50", "/net"),
        ("figure=8&net=RegNetY-500MF", "/net"),
        ("figure=3", "/figure"),
    ] {
        let wrong = app.get(&format!("/v1/charts/paper.svg?{query}")).await;
        assert_eq!(wrong.status, 422, "{query}");
        assert_eq!(wrong.body["errors"][0]["pointer"], pointer, "{query}");
    }
}

#[tokio::test]
async fn the_correlations_are_those_of_the_platform() {
    let app = App::seeded().await;
    let fit = &app.get("/v1/platforms/v100x8-paper").await.body["fits"][0];
    for cost in ["acts", "flops", "params"] {
        let svg = text(
            &app,
            &format!("/v1/charts/fit.svg?platform=v100x8-paper&x={cost}"),
        )
        .await;
        let r = format!(
            "r {:.3} with {cost}",
            fit["all"]["r"][cost].as_f64().unwrap()
        );
        assert!(sentence(&svg).contains(&r), "{}", sentence(&svg));
        for group in fit["groups"].as_array().unwrap() {
            let (name, r) = (group["family"].as_str().unwrap(), &group["r"][cost]);
            let legend = format!("{name} (r {:.3})", r.as_f64().unwrap());
            assert!(svg.contains(&legend), "{legend}");
        }
    }
}

#[tokio::test]
async fn the_error_of_left_out_timings_is_that_of_the_platform() {
    let app = App::seeded().await;
    let fit = &app.get("/v1/platforms/v100x8-paper").await.body["fits"][0];
    let error = &fit["estimators"][0]["forms"][0]["cross_validated_error"];
    let svg = text(&app, "/v1/charts/residuals.svg?platform=v100x8-paper").await;
    let expected = format!("off by {:.1} %", 100.0 * error.as_f64().unwrap());
    assert!(sentence(&svg).contains(&expected), "{}", sentence(&svg));
    let fitted = text(
        &app,
        "/v1/charts/residuals.svg?platform=v100x8-paper&by=fitted",
    )
    .await;
    assert_ne!(sentence(&fitted), sentence(&svg));
}

#[tokio::test]
async fn the_table_holds_what_is_drawn() {
    let app = App::seeded().await;
    for chart in CHARTS {
        let path = |kind| format!("/v1/charts/{chart}.{kind}?platform=rtx3090-nchw&points=60");
        let (svg, csv) = (
            text(&app, &path("svg")).await,
            text(&app, &path("csv")).await,
        );
        let y = if chart == "fit" {
            "epoch_seconds"
        } else {
            "measured_over_predicted"
        };
        for (attribute, name) in [
            ("data-measurement", "measurement"),
            ("data-x", "acts"),
            ("data-y", y),
        ] {
            let (drawn, listed) = (read(&svg, attribute), column(&csv, name));
            assert!(drawn.len() > 20);
            assert_eq!(sorted(drawn), sorted(listed), "{chart} {name}");
        }
        let said = format!("{} of them are drawn", read(&svg, "data-x").len());
        assert!(sentence(&svg).contains(&said), "{}", sentence(&svg));
    }
}

#[tokio::test]
async fn names_are_text_in_images_and_in_tables() {
    let app = App::seeded().await;
    let token = app.token("me", Scope::Write).await;
    let names = [
        "<script>alert(1)</script>",
        "\"/><image href=x onerror=alert(1)>",
        "=HYPERLINK(\"x\")",
        "]]>&lt;",
    ];
    let row = |(i, name): (usize, &&str)| {
        let platform = json!({"id": "evil", "device": "x"});
        let rate = 100.0 + f64::from(u8::try_from(i).unwrap());
        json!({"platform": platform, "mode": "train", "label": name, "source": name, "images_per_second": rate,
            "complexity": {"flops": 1e9, "params": 1e6, "acts": 1e6 * rate}})
    };
    let rows: Vec<_> = names.iter().enumerate().map(row).collect();
    let request = Request::post("/v1/measurements")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    let answer = app
        .call(request.body(json!(rows).to_string().into()).unwrap())
        .await;
    assert_eq!(answer.body["accepted"], 4, "{}", answer.body);
    for look in ["", "&inline=true"] {
        let svg = text(&app, &format!("/v1/charts/fit.svg?platform=evil{look}")).await;
        let labels = read(&svg, "data-label");
        assert!(
            names[..3]
                .iter()
                .all(|name| labels.contains(&(*name).to_owned())),
            "{labels:?}"
        );
        assert!(!svg.contains("<script") && !svg.contains("<image"));
    }
    let csv = text(&app, "/v1/charts/fit.csv?platform=evil").await;
    let labels = column(&csv, "label");
    assert!(
        labels.contains(&"'=HYPERLINK(\"x\")".to_owned()),
        "{labels:?}"
    );
}

#[tokio::test]
async fn an_image_runs_nothing_and_is_sent_once() {
    let app = App::seeded().await;
    let path = "/v1/charts/fit.svg?theme=dark&width=360&height=200";
    let get = Request::get(path).body(Body::empty()).unwrap();
    let response = app.router.clone().oneshot(get).await.unwrap();
    let headers = response.headers().clone();
    assert_eq!(
        headers[header::CONTENT_TYPE],
        "image/svg+xml; charset=utf-8"
    );
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"));
    assert!(
        !response
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes()
            .is_empty()
    );
    let tag = headers[header::ETAG].to_str().unwrap();
    for known in [tag, "*", &format!("\"other\", W/{tag}")] {
        let again = Request::get(path).header(header::IF_NONE_MATCH, known);
        let again = again.body(Body::empty()).unwrap();
        let response = app.router.clone().oneshot(again).await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{known}");
    }
}

#[tokio::test]
async fn a_page_gets_a_chart_without_a_style_of_its_own() {
    let app = App::seeded().await;
    let svg = text(&app, "/v1/charts/fit.svg?inline=true").await;
    assert!(!svg.contains("<style") && !svg.contains(" style="));
    let sheet = text(&app, "/v1/charts/style.css").await;
    assert!(sheet.contains(".chart-svg .point"));
}

#[tokio::test]
async fn what_is_wrong_with_a_query_is_told_by_name() {
    let app = App::seeded().await;
    let cases = [
        ("platfrom=x", "/platfrom"),
        ("width=wide", "/width"),
        ("width=9999", "/width"),
        ("height=1", "/height"),
        ("points=0", "/points"),
        ("platform=none", "/platform"),
        ("group=none", "/group"),
        ("mode=infer&platform=v100x8-paper", "/platform"),
        ("width=400&width=500", "/width"),
    ];
    for chart in CHARTS {
        for (query, pointer) in cases {
            let answer = app.get(&format!("/v1/charts/{chart}.svg?{query}")).await;
            assert_eq!(answer.status, 422, "{query}");
            assert_eq!(answer.kind, "application/problem+json");
            assert_eq!(answer.body["errors"][0]["pointer"], pointer, "{query}");
        }
    }
}

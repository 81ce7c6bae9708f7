//! The charts of one net say what the answers about it say, and stay readable whatever is asked.

use serde_json::{Value, json};

use crate::app::App;
use crate::charts::{column, read, sentence, sorted, text};

/// A query of a chart that needs no more than a net.
const CHARTS: [&str; 3] = ["compare", "front", "stages"];

fn numbers(words: &[String]) -> Vec<f64> {
    words.iter().map(|word| word.parse().unwrap()).collect()
}

/// (x, y, text) of the elements of a class.
fn texts(svg: &str, class: &str) -> Vec<(f64, f64, String)> {
    let document = roxmltree::Document::parse(svg).unwrap();
    let found = document.descendants().filter(|node| {
        let classes = node.attribute("class").unwrap_or_default();
        node.tag_name().name() == "text" && classes.split(' ').any(|one| one == class)
    });
    let place = |node: roxmltree::Node, name| node.attribute(name).unwrap().parse().unwrap();
    found
        .map(|node| {
            let text = node.text().unwrap_or_default().to_owned();
            (place(node, "x"), place(node, "y"), text)
        })
        .collect()
}

#[tokio::test]
async fn the_comparison_drawn_is_the_comparison_answered() {
    let app = App::seeded().await;
    for more in [
        "",
        "&strategies=dWr,dwr&factors=1..64/7&batch_size=512",
        "&alphas=0,1&factors=2,0.5&mode=infer&platform=rtx4090-nchw",
    ] {
        let query = format!("model=RegNetY-500MF&platform=v100x8-paper{more}");
        let query = if more.contains("platform=") {
            query.replacen("&platform=v100x8-paper", "", 1)
        } else {
            query
        };
        let chart = text(&app, &format!("/v1/charts/compare.csv?{query}")).await;
        let answer = text(&app, &format!("/v1/compare.csv?{query}")).await;
        for name in [
            "strategy",
            "alpha",
            "factor",
            "flops",
            "params",
            "acts",
            "platform",
            "mode",
            "epoch_seconds",
            "low_seconds",
            "high_seconds",
        ] {
            assert_eq!(
                column(&chart, name),
                column(&answer, name),
                "{name} {query}"
            );
        }
    }
}

#[tokio::test]
async fn every_row_is_a_point_and_ways_that_give_the_same_nets_share_one() {
    let app = App::seeded().await;
    for (y, name) in [
        ("seconds", "epoch_seconds"),
        ("acts", "acts"),
        ("params", "params"),
        ("memory", "memory_bytes"),
    ] {
        let query = format!("model=RegNetY-500MF&y={y}&batch_size=1024");
        let svg = text(&app, &format!("/v1/charts/compare.svg?{query}")).await;
        let csv = text(&app, &format!("/v1/charts/compare.csv?{query}")).await;
        for (attribute, name) in [("data-x", "flops"), ("data-y", name)] {
            let (mut drawn, mut listed) =
                (sorted(read(&svg, attribute)), sorted(column(&csv, name)));
            // dwr is the share 1/3 and dWr the share 0.8: twelve ways, ten lines.
            assert_eq!((drawn.len(), listed.len()), (10 * 5, 12 * 5));
            drawn.dedup();
            listed.dedup();
            assert_eq!(drawn, listed, "{name}");
        }
        assert!(svg.contains("dWr = α 0.8") && svg.contains("dwr = α 0.333"));
    }
}

#[tokio::test]
async fn the_sentence_of_a_comparison_names_every_way_with_its_time() {
    let app = App::seeded().await;
    let query = "model=RegNetY-500MF&platform=v100x8-paper&strategies=dwr,dWr&factors=1,16";
    let svg = text(&app, &format!("/v1/charts/compare.svg?{query}")).await;
    let request = json!({"model": {"name": "RegNetY-500MF"}, "strategies": ["dWr"], "factors": [16],
        "platform": "v100x8-paper"});
    let answer = app.post("/v1/compare", &request).await.body;
    let seconds = answer["rows"][0]["predictions"][0]["epoch_seconds"]
        .as_f64()
        .unwrap();
    // Less than ten minutes are written in seconds.
    assert!(seconds < 600.0);
    let time = format!("dWr {seconds:.0} s");
    let said = sentence(&svg);
    assert!(said.contains(&time), "{said}, not {time}");
    assert!(said.contains("dwr ") && said.contains("90 %"), "{said}");
}

#[tokio::test]
async fn names_of_lines_do_not_overlap_and_stay_within_the_image() {
    let app = App::seeded().await;
    for (width, height) in [(280, 160), (360, 420), (1280, 560)] {
        for (more, lines) in [
            ("", 8),
            ("&y=params", 8),
            // So small a step changes few nets: most ways share a line.
            ("&y=acts&factors=1,1.01", 2),
            ("&alphas=0,0.1,0.2,0.3,0.4,0.5,0.6,0.7", 8),
        ] {
            let path = format!(
                "/v1/charts/compare.svg?model=EfficientNet-B0&width={width}&height={height}{more}"
            );
            let svg = text(&app, &path).await;
            let document = roxmltree::Document::parse(&svg).unwrap();
            let tall: f64 = document
                .root_element()
                .attribute("height")
                .unwrap()
                .parse()
                .unwrap();
            let names = texts(&svg, "name");
            assert!(names.len() >= lines, "{path}");
            let mut places: Vec<f64> = names.iter().map(|(_, y, _)| *y).collect();
            places.sort_by(f64::total_cmp);
            // Letters are 12 pixels high; places are written to a tenth.
            assert!(
                places.windows(2).all(|two| two[1] - two[0] >= 12.0),
                "{path}: {places:?}"
            );
            assert!(places.iter().all(|y| (12.0..tall).contains(y)), "{path}");
        }
    }
}

#[tokio::test]
async fn the_front_drawn_is_the_front_of_a_plan() {
    let app = App::seeded().await;
    let request = json!({"model": {"name": "RegNetY-500MF"}, "platform": "v100x8-paper", "strategies": ["dWr"],
        "limits": {"flops": 1e9}, "free_mix": true});
    let fronts = app.post("/v1/plan", &request).await.body["front"].clone();
    for against in ["flops", "error"] {
        let query = format!("model=RegNetY-500MF&platform=v100x8-paper&against={against}");
        let csv = text(&app, &format!("/v1/charts/front.csv?{query}")).await;
        let on = column(&csv, "on");
        let front = fronts[against].as_array().unwrap();
        assert!(front.len() > 5);
        assert_eq!(on.iter().filter(|on| *on == "front").count(), front.len());
        for name in ["flops", "epoch_seconds", "factor"] {
            let drawn = numbers(&column(&csv, name)[..front.len()]);
            let answered: Vec<f64> = front.iter().map(|p| p[name].as_f64().unwrap()).collect();
            assert_eq!(drawn, answered, "{against} {name}");
        }
        let svg = text(&app, &format!("/v1/charts/front.svg?{query}")).await;
        assert!(sentence(&svg).contains(&format!("{} nets are beaten by no other", front.len())));
        let best = read(&svg, "data-series");
        let best = best.iter().filter(|name| name.starts_with("best"));
        assert_eq!(best.count(), front.len());
    }
}

#[tokio::test]
async fn the_front_ends_where_it_is_known_and_not_in_a_spike() {
    let app = App::seeded().await;
    for net in ["RegNetY-4GF", "ResNet-50", "EfficientNet-B0"] {
        let path = format!("/v1/charts/front.csv?model={net}&platform=v100x8-paper");
        let csv = text(&app, &path).await;
        let front = column(&csv, "on")
            .iter()
            .filter(|on| *on == "front")
            .count();
        let of = |name| numbers(&column(&csv, name)[..front]);
        let (flops, seconds, factors) = (of("flops"), of("epoch_seconds"), of("factor"));
        // Of the last factor too, but only the fast ones: those that rounding alone gave a little more took 20 times as long.
        assert!(factors.contains(&1024.0), "{net}");
        for i in 1..front {
            let (more, longer) = (flops[i] / flops[i - 1], seconds[i] / seconds[i - 1]);
            assert!(
                more > 1.05 || longer < 1.5,
                "{net}: {longer} times as long for {more}"
            );
        }
    }
}

#[tokio::test]
async fn a_front_names_the_ways_that_its_net_cannot_take() {
    let app = App::seeded().await;
    let of = async |net: &str| {
        let path = format!("/v1/charts/front.svg?model={net}&platform=rtx3090-nchw");
        sentence(&text(&app, &path).await)
    };
    let bound = of("swin_tiny_patch4_window7_224").await;
    let told = "The net cannot be scaled by r, dr, wr, dwr, orig.";
    assert!(
        bound.ends_with(told) && !bound.contains(", r 1×"),
        "{bound}"
    );
    assert!(!of("ResNet-50").await.contains("cannot be scaled"));
}

#[tokio::test]
async fn two_nets_are_drawn_side_by_side_each_as_it_is_alone() {
    let app = App::seeded().await;
    let ways = "platform=v100x8-paper&strategies=dWr,w&factors=1,4";
    let path = |kind: &str, nets: &str| format!("/v1/charts/compare.{kind}?{nets}&{ways}");
    let both = "model=RegNetY-4GF&beside=ResNet-50";
    let csv = text(&app, &path("csv", both)).await;
    for net in ["RegNetY-4GF", "ResNet-50"] {
        let alone = text(&app, &path("csv", &format!("model={net}"))).await;
        let own = column(&csv, "net")
            .into_iter()
            .zip(column(&csv, "epoch_seconds"));
        let own = own.filter(|(name, _)| name == net).map(|(_, time)| time);
        assert_eq!(own.collect::<Vec<_>>(), column(&alone, "epoch_seconds"));
    }
    let svg = text(&app, &path("svg", both)).await;
    let names = read(&svg, "data-series");
    for name in ["dWr, RegNetY-4GF", "w, ResNet-50"] {
        assert_eq!(
            names.iter().filter(|one| *one == name).count(),
            2,
            "{names:?}"
        );
    }
    let said = sentence(&svg);
    assert!(
        said.contains("RegNetY-4GF, 4.096 G flops") && said.contains("ResNet-50, 4.089 G flops")
    );
}

#[tokio::test]
async fn a_second_net_may_be_described_as_the_first_may() {
    let app = App::seeded().await;
    let ways = "platform=v100x8-paper&strategies=dWr,w&factors=1,4";
    let path = |nets: String| format!("/v1/charts/compare.csv?{nets}&{ways}");
    let own = |depth: u32| {
        let spec = json!({"family": "regnet", "depth": depth, "w0": 80, "wa": 34.01, "wm": 2.25, "group_w": 24});
        form_urlencoded::byte_serialize(spec.to_string().as_bytes()).collect::<String>()
    };
    let times = |csv: &str, net: &str| {
        let rows = column(csv, "net")
            .into_iter()
            .zip(column(csv, "epoch_seconds"));
        rows.filter(|(name, _)| name == net)
            .map(|(_, time)| time)
            .collect::<Vec<_>>()
    };
    let (first, second) = (own(18), own(22));
    let both = text(&app, &path(format!("spec={first}&beside={second}"))).await;
    for (name, spec) in [("the first net", &first), ("the second net", &second)] {
        let alone = text(&app, &path(format!("spec={spec}"))).await;
        let own = column(&alone, "epoch_seconds");
        assert_eq!(times(&both, name), own, "{name}");
        assert_eq!(own.len(), 4);
    }
    let named = text(&app, &path(format!("model=RegNetY-4GF&beside={second}"))).await;
    assert_eq!(
        times(&named, "the described net"),
        times(&both, "the second net")
    );
    let same = "%7B%22name%22:%22RegNetY-4GF%22,%22resolution%22:160%7D";
    let sizes = text(&app, &path(format!("model=RegNetY-4GF&beside={same}"))).await;
    assert!(times(&sizes, "RegNetY-4GF (first)") != times(&sizes, "RegNetY-4GF (second)"));
}

#[tokio::test]
async fn a_page_can_tell_the_parts_of_each_series() {
    let app = App::seeded().await;
    let path = "/v1/charts/compare.svg?model=RegNetY-4GF&strategies=dWr,w&inline=true";
    let svg = text(&app, path).await;
    let document = roxmltree::Document::parse(&svg).unwrap();
    for series in ["dWr", "w"] {
        let parts = document
            .descendants()
            .filter(|node| node.attribute("data-series") == Some(series));
        let classes = parts.filter_map(|node| node.attribute("class"));
        let first = |class: &str| class.split(' ').next().unwrap_or_default().to_owned();
        let classes: Vec<String> = classes.map(first).collect();
        for part in ["key", "area", "series", "point", "lead", "name"] {
            assert!(classes.contains(&part.to_owned()), "{series}: {classes:?}");
        }
    }
    // Where no page makes a legend, nothing of one for pages is there.
    let alone = text(&app, &path.replace("&inline=true", "")).await;
    assert!(!alone.contains("class=\"key"));
}

#[tokio::test]
async fn a_page_can_tell_the_parts_of_stacked_bars_and_draws_their_legend_itself() {
    let app = App::seeded().await;
    let path = "/v1/charts/stages.svg?model=RegNetY-4GF&platform=v100x8-paper&inline=true";
    let counted = |svg: &str| {
        let document = roxmltree::Document::parse(svg).unwrap();
        let of = |class: &str| {
            let nodes = document.descendants();
            let classes = nodes.filter_map(|node| node.attribute("class"));
            classes.filter(|c| c.split(' ').any(|c| c == class)).count()
        };
        [of("key"), of("chip")]
    };
    assert_eq!(counted(&text(&app, path).await), [3, 0]);
    let alone = text(&app, &path.replace("&inline=true", "")).await;
    assert_eq!(counted(&alone), [0, 3]);
}

#[tokio::test]
async fn a_net_without_published_errors_has_no_front_against_them() {
    let app = App::seeded().await;
    let svg = text(
        &app,
        "/v1/charts/front.svg?model=RegNetX-3.2GF&against=error",
    )
    .await;
    assert!(sentence(&svg).contains("No errors of this net, scaled, are published"));
    assert!(read(&svg, "data-x").is_empty());
}

#[tokio::test]
async fn the_stages_drawn_are_those_explained() {
    let app = App::seeded().await;
    for (scaling, written) in [
        (Value::Null, String::new()),
        (
            json!({"strategy": "dWr", "factor": 4}),
            "&scaling=dWr:4".to_owned(),
        ),
        (
            json!({"alpha": 0.5, "factor": 2}),
            "&scaling=a0.5:2".to_owned(),
        ),
        (
            json!({"exponents": {"d": 1}, "factor": 2}),
            "&scaling=%7B%22exponents%22:%7B%22d%22:1%7D,%22factor%22:2%7D".to_owned(),
        ),
    ] {
        let request = json!({"model": {"name": "RegNetY-4GF"}, "platform": "v100x8-paper", "scaling": scaling});
        let answer = app.post("/v1/explain", &request).await.body;
        let told = &answer["explanations"][0];
        let path = |kind| {
            format!("/v1/charts/stages.{kind}?model=RegNetY-4GF&platform=v100x8-paper{written}")
        };
        let csv = text(&app, &path("csv")).await;
        let stages = told["stages"].as_array().unwrap();
        // The last rows are those of the scaled form, and the very last is what no layer takes.
        let last = column(&csv, "stage").len() - 1;
        let own = last - stages.len()..last;
        for name in ["share", "flops", "acts", "params"] {
            let drawn = numbers(&column(&csv, name)[own.clone()]);
            let answered: Vec<f64> = stages.iter().map(|s| s[name].as_f64().unwrap()).collect();
            assert_eq!(drawn, answered, "{name} {written}");
        }
        let shares = numbers(&column(&csv, "share"));
        let nets = if scaling.is_null() { 1.0 } else { 2.0 };
        // Tolerance: the last bits of a sum.
        assert!((shares.iter().sum::<f64>() - nets).abs() < 1e-9);
        let svg = text(&app, &path("svg")).await;
        let said = told["sentence"].as_str().unwrap().trim_end_matches('.');
        assert!(sentence(&svg).contains(said), "{}", sentence(&svg));
        // Hundredths of each net's time.
        let drawn = numbers(&read(&svg, "data-x"));
        assert!(
            (drawn.iter().sum::<f64>() - 100.0 * nets).abs() < 1e-6,
            "{drawn:?}"
        );
    }
}

#[tokio::test]
async fn every_chart_of_nets_of_all_kinds_answers_or_says_why_not() {
    let app = App::seeded().await;
    let models = app.get("/v1/models").await.body;
    let mut drawn = 0;
    for (i, model) in models["models"].as_array().unwrap().iter().enumerate() {
        // Graphs are many, and each takes its time.
        let source = model["source"].as_str().unwrap();
        if source.ends_with("taken apart") && i % 100 != 0 {
            continue;
        }
        let name = model["name"].as_str().unwrap();
        for chart in CHARTS {
            let answer = app
                .get(&format!("/v1/charts/{chart}.svg?model={name}"))
                .await;
            if answer.status == 200 {
                let svg = answer.body.as_str().unwrap();
                assert!(roxmltree::Document::parse(svg).is_ok(), "{chart} {name}");
                assert!(
                    !svg.contains("NaN") && !svg.contains("inf\""),
                    "{chart} {name}"
                );
                drawn += 1;
            } else {
                // Of some, no description is known; ViTs are not scaled, or bound to a resolution.
                assert_eq!(answer.status, 422, "{chart} {name}");
                let pointer = answer.body["errors"][0]["pointer"].as_str().unwrap();
                let bound = pointer.starts_with("/factor") && source.ends_with("taken apart");
                assert!(pointer == "/model" || bound, "{chart} {name}: {pointer}");
            }
        }
    }
    assert!(drawn > 50, "{drawn}");
}

/// Charts asked for wrongly, with the parameter that is wrong.
fn mistakes() -> Vec<(&'static str, String, &'static str)> {
    let spec = |value: Value| {
        let text = value.to_string();
        format!(
            "spec={}",
            form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>()
        )
    };
    let net = "model=RegNetY-500MF";
    vec![
        ("compare", String::new(), "/model"),
        (
            "compare",
            "model=<script>alert(1)</script>".to_owned(),
            "/model",
        ),
        ("compare", "model=vit_b".to_owned(), "/model"),
        ("compare", format!("{net}&beside=ResNet-51"), "/beside"),
        ("compare", format!("{net}&beside=vit_b"), "/beside"),
        ("compare", format!("{net}&beside={{"), "/beside"),
        (
            "compare",
            format!("{net}&beside={{%22family%22:%22regnet%22,%22depth%22:-1%7D"),
            "/beside/depth",
        ),
        (
            "compare",
            spec(json!({"family": "regnet", "depth": -1})),
            "/spec/depth",
        ),
        ("compare", "spec={".to_owned(), "/spec"),
        ("compare", format!("{net}&{}", spec(json!({}))), "/spec"),
        (
            "compare",
            format!("{net}&strategies=dwr,dwR"),
            "/strategies/1",
        ),
        ("compare", format!("{net}&alphas=0.5,x"), "/alphas/1"),
        ("compare", format!("{net}&factors=1..x"), "/factors"),
        ("compare", format!("{net}&factors=1,-1"), "/factors/1"),
        ("compare", format!("{net}&y=money"), "/y"),
        ("compare", format!("{net}&y=memory&mode=infer"), "/y"),
        ("compare", format!("{net}&platform=nowhere"), "/platform"),
        ("compare", format!("{net}&batch_size=many"), "/batch_size"),
        ("compare", format!("{net}&interval=2"), "/interval"),
        ("compare", format!("{net}&width=1"), "/width"),
        ("compare", format!("{net}&colour=red"), "/colour"),
        ("front", "model=vit_b".to_owned(), "/model"),
        ("front", format!("{net}&against=money"), "/against"),
        ("front", format!("{net}&strategies=dwR"), "/strategies/0"),
        ("stages", format!("{net}&scaling=dWr"), "/scaling"),
        ("stages", format!("{net}&scaling=dWr:0"), "/scaling/factor"),
        (
            "stages",
            format!("{net}&scaling=%7B%22factor%22:4%7D"),
            "/scaling",
        ),
        ("stages", format!("{net}&batch_size=4"), "/batch_size"),
        ("stages", "spec=[]".to_owned(), "/spec"),
    ]
}

#[tokio::test]
async fn what_is_wrong_with_a_question_about_a_net_is_told_by_its_parameter() {
    let app = App::seeded().await;
    for (chart, query, pointer) in mistakes() {
        let path = format!(
            "/v1/charts/{chart}.svg?{}",
            query.replace(['<', '>', '{'], "%7B")
        );
        let answer = app.get(&path).await;
        assert_eq!(answer.status, 422, "{path}");
        assert_eq!(answer.kind, "application/problem+json", "{path}");
        assert_eq!(
            answer.body["errors"][0]["pointer"], pointer,
            "{path}: {}",
            answer.body
        );
    }
}

#[tokio::test]
async fn without_timings_a_chart_of_times_says_what_to_do_and_one_of_costs_is_drawn() {
    let app = App::empty().await;
    let svg = text(&app, "/v1/charts/compare.svg?model=RegNetY-500MF").await;
    assert!(sentence(&svg).contains("POST /v1/measurements"));
    let svg = text(&app, "/v1/charts/compare.svg?model=RegNetY-500MF&y=acts").await;
    assert!(read(&svg, "data-y").len() == 10 * 5);
}

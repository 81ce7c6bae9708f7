//! The files of `static/`, compiled in, with the path under which each is served.

/// Path and content of the pages.
pub(super) const PAGES: [(&str, &str); 6] = [
    ("/", include_str!("../../static/index.html")),
    ("/explore", include_str!("../../static/explore.html")),
    ("/platforms", include_str!("../../static/platforms.html")),
    (
        "/platforms/{id}",
        include_str!("../../static/platforms.html"),
    ),
    ("/upload", include_str!("../../static/upload.html")),
    ("/docs", include_str!("../../static/docs.html")),
];

/// Path and content of what the pages load.
pub(super) const ASSETS: [(&str, &str); 37] = [
    (
        "/static/css/base.css",
        include_str!("../../static/css/base.css"),
    ),
    (
        "/static/css/charts.css",
        include_str!("../../static/css/charts.css"),
    ),
    (
        "/static/css/forms.css",
        include_str!("../../static/css/forms.css"),
    ),
    (
        "/static/css/tables.css",
        include_str!("../../static/css/tables.css"),
    ),
    ("/static/icon.svg", include_str!("../../static/icon.svg")),
    ("/static/js/api.js", include_str!("../../static/js/api.js")),
    (
        "/static/js/base.js",
        include_str!("../../static/js/base.js"),
    ),
    (
        "/static/js/chart.js",
        include_str!("../../static/js/chart.js"),
    ),
    (
        "/static/js/combobox.js",
        include_str!("../../static/js/combobox.js"),
    ),
    (
        "/static/js/compare.js",
        include_str!("../../static/js/compare.js"),
    ),
    (
        "/static/js/counts.js",
        include_str!("../../static/js/counts.js"),
    ),
    ("/static/js/csv.js", include_str!("../../static/js/csv.js")),
    (
        "/static/js/detect.js",
        include_str!("../../static/js/detect.js"),
    ),
    ("/static/js/dom.js", include_str!("../../static/js/dom.js")),
    (
        "/static/js/evidence.js",
        include_str!("../../static/js/evidence.js"),
    ),
    (
        "/static/js/explore.js",
        include_str!("../../static/js/explore.js"),
    ),
    (
        "/static/js/format.js",
        include_str!("../../static/js/format.js"),
    ),
    (
        "/static/js/home.js",
        include_str!("../../static/js/home.js"),
    ),
    (
        "/static/js/honesty.js",
        include_str!("../../static/js/honesty.js"),
    ),
    (
        "/static/js/intervals.js",
        include_str!("../../static/js/intervals.js"),
    ),
    (
        "/static/js/measurement.js",
        include_str!("../../static/js/measurement.js"),
    ),
    (
        "/static/js/measurements.js",
        include_str!("../../static/js/measurements.js"),
    ),
    (
        "/static/js/net-form.js",
        include_str!("../../static/js/net-form.js"),
    ),
    (
        "/static/js/platform-table.js",
        include_str!("../../static/js/platform-table.js"),
    ),
    (
        "/static/js/points.js",
        include_str!("../../static/js/points.js"),
    ),
    (
        "/static/js/predictions.js",
        include_str!("../../static/js/predictions.js"),
    ),
    (
        "/static/js/problem.js",
        include_str!("../../static/js/problem.js"),
    ),
    (
        "/static/js/request.js",
        include_str!("../../static/js/request.js"),
    ),
    (
        "/static/js/rows.js",
        include_str!("../../static/js/rows.js"),
    ),
    (
        "/static/js/scaling-fields.js",
        include_str!("../../static/js/scaling-fields.js"),
    ),
    (
        "/static/js/snippet.js",
        include_str!("../../static/js/snippet.js"),
    ),
    (
        "/static/js/state.js",
        include_str!("../../static/js/state.js"),
    ),
    (
        "/static/js/table.js",
        include_str!("../../static/js/table.js"),
    ),
    (
        "/static/js/token.js",
        include_str!("../../static/js/token.js"),
    ),
    (
        "/static/js/upload.js",
        include_str!("../../static/js/upload.js"),
    ),
    (
        "/static/js/verdicts.js",
        include_str!("../../static/js/verdicts.js"),
    ),
    (
        "/static/vendor/rapidoc-9.3.8.min.js",
        include_str!("../../static/vendor/rapidoc-9.3.8.min.js"),
    ),
];

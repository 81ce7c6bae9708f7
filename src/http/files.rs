//! The files of `static/`, compiled in, with the path under which each is served.

/// The frame that all pages stand in.
pub(super) const FRAME: &str = include_str!("../../static/pages/frame.html");

/// What stands in the frame.
pub(super) struct Page {
    /// Where it is served.
    pub(super) paths: &'static [&'static str],
    pub(super) title: &'static str,
    /// What it is about, for search engines.
    pub(super) about: &'static str,
    /// Name of the script that fills it.
    pub(super) script: &'static str,
    /// What it says before that.
    pub(super) main: &'static str,
}

/// All of them.
pub(super) static PAGES: [Page; 5] = [
    Page {
        paths: &["/"],
        title: "epochcast: how long will an epoch take?",
        about: "How long one training epoch of a scaled conv net takes on a GPU, with an honest interval.",
        script: "home",
        main: include_str!("../../static/pages/home.html"),
    },
    Page {
        paths: &["/explore"],
        title: "Explore a net · epochcast",
        about: "Counts, ratios and predicted epoch times of a net and its scalings.",
        script: "explore",
        main: include_str!("../../static/pages/explore.html"),
    },
    Page {
        paths: &["/platforms", "/platforms/{id}"],
        title: "Evidence · epochcast",
        about: "The timings behind the predictions, platform by platform.",
        script: "evidence",
        main: include_str!("../../static/pages/platforms.html"),
    },
    Page {
        paths: &["/upload"],
        title: "Upload · epochcast",
        about: "Send timings: check them first, then save, then undo if need be.",
        script: "upload",
        main: include_str!("../../static/pages/upload.html"),
    },
    Page {
        paths: &["/docs"],
        title: "The API · epochcast",
        about: "Every call of the service, with its fields, its answers and a form to try it.",
        script: "docs",
        main: include_str!("../../static/pages/docs.html"),
    },
];

/// Path and content of what the pages load.
pub(super) const ASSETS: [(&str, &str); 48] = [
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
        "/static/js/description.js",
        include_str!("../../static/js/description.js"),
    ),
    (
        "/static/js/detect.js",
        include_str!("../../static/js/detect.js"),
    ),
    (
        "/static/js/docs.js",
        include_str!("../../static/js/docs.js"),
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
        "/static/js/panel.js",
        include_str!("../../static/js/panel.js"),
    ),
    (
        "/static/js/plan-form.js",
        include_str!("../../static/js/plan-form.js"),
    ),
    (
        "/static/js/plan-request.js",
        include_str!("../../static/js/plan-request.js"),
    ),
    (
        "/static/js/plan-table.js",
        include_str!("../../static/js/plan-table.js"),
    ),
    (
        "/static/js/plan.js",
        include_str!("../../static/js/plan.js"),
    ),
    (
        "/static/js/platform-table.js",
        include_str!("../../static/js/platform-table.js"),
    ),
    (
        "/static/js/platforms.js",
        include_str!("../../static/js/platforms.js"),
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
        "/static/js/quantity.js",
        include_str!("../../static/js/quantity.js"),
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
        "/static/js/scale.js",
        include_str!("../../static/js/scale.js"),
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
        "/static/js/stages.js",
        include_str!("../../static/js/stages.js"),
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
        "/static/js/views.js",
        include_str!("../../static/js/views.js"),
    ),
];

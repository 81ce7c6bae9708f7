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
pub(super) static PAGES: [Page; 9] = [
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
        paths: &["/gpus"],
        title: "GPUs · epochcast",
        about: "Every GPU that can be asked about: what is timed on it, how honest its predictions are, or that they go by its data sheet.",
        script: "gpus",
        main: include_str!("../../static/pages/gpus.html"),
    },
    Page {
        paths: &["/nets"],
        title: "Nets · epochcast",
        about: "Every net that goes by a name: what it costs at its resolution, whether it can be scaled, where its costs come from.",
        script: "nets",
        main: include_str!("../../static/pages/nets.html"),
    },
    Page {
        paths: &["/paper"],
        title: "The paper · epochcast",
        about: "The figures of “Fast and Accurate Model Scaling”, redrawn: its points, and what is expected and predicted here.",
        script: "paper",
        main: include_str!("../../static/pages/paper.html"),
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
    Page {
        paths: &["/about"],
        title: "About · epochcast",
        about: "Version, licence, how to cite, where the data come from, how times are computed, and what the words mean.",
        script: "about",
        main: include_str!("../../static/pages/about.html"),
    },
];

/// What a browser sees where nothing is.
pub(super) static NOT_FOUND: Page = Page {
    paths: &[],
    title: "Nothing is here · epochcast",
    about: "There is no page of this address.",
    script: "not-found",
    main: include_str!("../../static/pages/not-found.html"),
};

/// Path and content of what the pages load.
pub(super) const ASSETS: [(&str, &str); 66] = [
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
    (
        "/static/js/core/api.js",
        include_str!("../../static/js/core/api.js"),
    ),
    (
        "/static/js/core/carried.js",
        include_str!("../../static/js/core/carried.js"),
    ),
    (
        "/static/js/core/csv.js",
        include_str!("../../static/js/core/csv.js"),
    ),
    (
        "/static/js/core/dom.js",
        include_str!("../../static/js/core/dom.js"),
    ),
    (
        "/static/js/core/format.js",
        include_str!("../../static/js/core/format.js"),
    ),
    (
        "/static/js/core/place.js",
        include_str!("../../static/js/core/place.js"),
    ),
    (
        "/static/js/core/platforms.js",
        include_str!("../../static/js/core/platforms.js"),
    ),
    (
        "/static/js/core/prices.js",
        include_str!("../../static/js/core/prices.js"),
    ),
    (
        "/static/js/core/quantity.js",
        include_str!("../../static/js/core/quantity.js"),
    ),
    (
        "/static/js/core/request.js",
        include_str!("../../static/js/core/request.js"),
    ),
    (
        "/static/js/core/state.js",
        include_str!("../../static/js/core/state.js"),
    ),
    (
        "/static/js/core/token.js",
        include_str!("../../static/js/core/token.js"),
    ),
    (
        "/static/js/evidence/gpu-table.js",
        include_str!("../../static/js/evidence/gpu-table.js"),
    ),
    (
        "/static/js/evidence/gpu.js",
        include_str!("../../static/js/evidence/gpu.js"),
    ),
    (
        "/static/js/evidence/honesty.js",
        include_str!("../../static/js/evidence/honesty.js"),
    ),
    (
        "/static/js/evidence/measurement.js",
        include_str!("../../static/js/evidence/measurement.js"),
    ),
    (
        "/static/js/evidence/measurements.js",
        include_str!("../../static/js/evidence/measurements.js"),
    ),
    (
        "/static/js/evidence/platform-table.js",
        include_str!("../../static/js/evidence/platform-table.js"),
    ),
    (
        "/static/js/net/answer.js",
        include_str!("../../static/js/net/answer.js"),
    ),
    (
        "/static/js/net/cannot.js",
        include_str!("../../static/js/net/cannot.js"),
    ),
    (
        "/static/js/net/compare.js",
        include_str!("../../static/js/net/compare.js"),
    ),
    (
        "/static/js/net/counts.js",
        include_str!("../../static/js/net/counts.js"),
    ),
    (
        "/static/js/net/description.js",
        include_str!("../../static/js/net/description.js"),
    ),
    (
        "/static/js/net/net-field.js",
        include_str!("../../static/js/net/net-field.js"),
    ),
    (
        "/static/js/net/net-form.js",
        include_str!("../../static/js/net/net-form.js"),
    ),
    (
        "/static/js/net/plan-form.js",
        include_str!("../../static/js/net/plan-form.js"),
    ),
    (
        "/static/js/net/plan-request.js",
        include_str!("../../static/js/net/plan-request.js"),
    ),
    (
        "/static/js/net/plan-table.js",
        include_str!("../../static/js/net/plan-table.js"),
    ),
    (
        "/static/js/net/plan.js",
        include_str!("../../static/js/net/plan.js"),
    ),
    (
        "/static/js/net/scale.js",
        include_str!("../../static/js/net/scale.js"),
    ),
    (
        "/static/js/net/scaling-fields.js",
        include_str!("../../static/js/net/scaling-fields.js"),
    ),
    (
        "/static/js/net/stages.js",
        include_str!("../../static/js/net/stages.js"),
    ),
    (
        "/static/js/net/views.js",
        include_str!("../../static/js/net/views.js"),
    ),
    (
        "/static/js/pages/about.js",
        include_str!("../../static/js/pages/about.js"),
    ),
    (
        "/static/js/pages/docs.js",
        include_str!("../../static/js/pages/docs.js"),
    ),
    (
        "/static/js/pages/evidence.js",
        include_str!("../../static/js/pages/evidence.js"),
    ),
    (
        "/static/js/pages/explore.js",
        include_str!("../../static/js/pages/explore.js"),
    ),
    (
        "/static/js/pages/gpus.js",
        include_str!("../../static/js/pages/gpus.js"),
    ),
    (
        "/static/js/pages/home.js",
        include_str!("../../static/js/pages/home.js"),
    ),
    (
        "/static/js/pages/nets.js",
        include_str!("../../static/js/pages/nets.js"),
    ),
    (
        "/static/js/pages/not-found.js",
        include_str!("../../static/js/pages/not-found.js"),
    ),
    (
        "/static/js/pages/paper.js",
        include_str!("../../static/js/pages/paper.js"),
    ),
    (
        "/static/js/pages/upload.js",
        include_str!("../../static/js/pages/upload.js"),
    ),
    (
        "/static/js/parts/chart.js",
        include_str!("../../static/js/parts/chart.js"),
    ),
    (
        "/static/js/parts/combobox.js",
        include_str!("../../static/js/parts/combobox.js"),
    ),
    (
        "/static/js/parts/download.js",
        include_str!("../../static/js/parts/download.js"),
    ),
    (
        "/static/js/parts/gpus.js",
        include_str!("../../static/js/parts/gpus.js"),
    ),
    (
        "/static/js/parts/intervals.js",
        include_str!("../../static/js/parts/intervals.js"),
    ),
    (
        "/static/js/parts/listing.js",
        include_str!("../../static/js/parts/listing.js"),
    ),
    (
        "/static/js/parts/panel.js",
        include_str!("../../static/js/parts/panel.js"),
    ),
    (
        "/static/js/parts/points.js",
        include_str!("../../static/js/parts/points.js"),
    ),
    (
        "/static/js/parts/predictions.js",
        include_str!("../../static/js/parts/predictions.js"),
    ),
    (
        "/static/js/parts/problem.js",
        include_str!("../../static/js/parts/problem.js"),
    ),
    (
        "/static/js/parts/quantity-field.js",
        include_str!("../../static/js/parts/quantity-field.js"),
    ),
    (
        "/static/js/parts/snippet.js",
        include_str!("../../static/js/parts/snippet.js"),
    ),
    (
        "/static/js/parts/table.js",
        include_str!("../../static/js/parts/table.js"),
    ),
    (
        "/static/js/parts/token-bar.js",
        include_str!("../../static/js/parts/token-bar.js"),
    ),
    (
        "/static/js/parts/token-field.js",
        include_str!("../../static/js/parts/token-field.js"),
    ),
    (
        "/static/js/upload/detect.js",
        include_str!("../../static/js/upload/detect.js"),
    ),
    (
        "/static/js/upload/rows.js",
        include_str!("../../static/js/upload/rows.js"),
    ),
    (
        "/static/js/upload/verdicts.js",
        include_str!("../../static/js/upload/verdicts.js"),
    ),
];

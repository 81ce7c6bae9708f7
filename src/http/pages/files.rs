//! The files of `static/`, compiled in: the pages with their titles, and what they load.

/// The frame that all pages stand in.
pub(in crate::http) const FRAME: &str = include_str!("../../../static/pages/frame.html");

/// What stands in the frame.
pub(in crate::http) struct Page {
    /// Where it is served.
    pub(in crate::http) paths: &'static [&'static str],
    pub(in crate::http) title: &'static str,
    /// What it is about, for search engines.
    pub(in crate::http) about: &'static str,
    /// Name of the script that fills it.
    pub(super) script: &'static str,
    /// What it says before that.
    pub(in crate::http) main: &'static str,
}

/// All of them.
pub(super) static PAGES: [Page; 10] = [
    Page {
        paths: &["/"],
        title: "epochcast: how long will an epoch take?",
        about: "How long one training epoch of a scaled conv net takes on a GPU, with an honest interval.",
        script: "home",
        main: include_str!("../../../static/pages/home.html"),
    },
    Page {
        paths: &["/explore"],
        title: "Explore a net · epochcast",
        about: "Counts, ratios and predicted epoch times of a net and its scalings.",
        script: "explore",
        main: include_str!("../../../static/pages/explore.html"),
    },
    Page {
        paths: &["/platforms", "/platforms/{id}"],
        title: "Evidence · epochcast",
        about: "The timings behind the predictions, platform by platform.",
        script: "evidence",
        main: include_str!("../../../static/pages/platforms.html"),
    },
    Page {
        paths: &["/gpus"],
        title: "GPUs · epochcast",
        about: "Every GPU that can be asked about: what is timed on it, how honest its predictions are, or that they go by its data sheet.",
        script: "gpus",
        main: include_str!("../../../static/pages/gpus.html"),
    },
    Page {
        paths: &["/nets"],
        title: "Nets · epochcast",
        about: "Every net that goes by a name: what it costs at its resolution, whether it can be scaled, where its costs come from.",
        script: "nets",
        main: include_str!("../../../static/pages/nets.html"),
    },
    Page {
        paths: &["/paper"],
        title: "The paper · epochcast",
        about: "The figures of “Fast and Accurate Model Scaling”, redrawn: its points, and what is expected and predicted here.",
        script: "paper",
        main: include_str!("../../../static/pages/paper.html"),
    },
    Page {
        paths: &["/upload"],
        title: "Upload · epochcast",
        about: "Send timings: check them first, then save, then undo if need be.",
        script: "upload",
        main: include_str!("../../../static/pages/upload.html"),
    },
    Page {
        paths: &["/uploads"],
        title: "Uploads · epochcast",
        about: "Who sent which timings, when, and what became of them.",
        script: "uploads",
        main: include_str!("../../../static/pages/uploads.html"),
    },
    Page {
        paths: &["/docs"],
        title: "The API · epochcast",
        about: "Every call of the service, with its fields, its answers and a form to try it.",
        script: "docs",
        main: include_str!("../../../static/pages/docs.html"),
    },
    Page {
        paths: &["/about"],
        title: "About · epochcast",
        about: "Version, licence, how to cite, where the data come from, how times are computed, and what the words mean.",
        script: "about",
        main: include_str!("../../../static/pages/about.html"),
    },
];

/// What a browser sees where nothing is.
pub(in crate::http) static NOT_FOUND: Page = Page {
    paths: &[],
    title: "Nothing is here · epochcast",
    about: "There is no page of this address.",
    script: "not-found",
    main: include_str!("../../../static/pages/not-found.html"),
};

/// Path below `static/` and content of what the pages load: whatever is there, as `build.rs` has found and joined it.
pub(super) const ASSETS: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/assets.rs"));

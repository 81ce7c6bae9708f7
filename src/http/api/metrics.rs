//! `GET /metrics`: the service in numbers, in the text format of Prometheus. docs/service.md says what each name means.

use std::fmt::{Display, Write};
use std::sync::atomic::Ordering;

use axum::Extension;
use axum::http::{HeaderName, header};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::admission::counts::{BUCKETS, RouteCounts};
use crate::http::admission::{Front, Told, panics};
use crate::http::shared::Shared;
use crate::store::Disk;
use crate::timing::Mode;

pub(in crate::http) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(metrics))
}

/// The service in numbers.
#[utoipa::path(
    get,
    path = "/metrics",
    extensions(("x-weight" = json!("watch"))),
    tag = "service",
    responses((status = 200, description = "In the text format of Prometheus", body = String, content_type = "text/plain; version=0.0.4"))
)]
async fn metrics(
    Extension(Told(front)): Extension<Told>,
) -> ([(HeaderName, &'static str); 1], String) {
    let mut page = Page(String::with_capacity(16 << 10));
    of_requests(&mut page, &front);
    of_load(&mut page, &front);
    of_data(&mut page, &front);
    of_calibration(&mut page, &front).await;
    of_process(&mut page);
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        page.0,
    )
}

/// The text, as it grows.
struct Page(String);

impl Page {
    fn about(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn row(&mut self, name: &str, labels: &str, value: impl Display) {
        let _ = if labels.is_empty() {
            writeln!(self.0, "{name} {value}")
        } else {
            writeln!(self.0, "{name}{{{labels}}} {value}")
        };
    }

    fn counter(&mut self, name: &str, help: &str, value: impl Display) {
        self.about(name, "counter", help);
        self.row(name, "", value);
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.about(name, "gauge", help);
        self.row(name, "", value);
    }
}

fn of_requests(page: &mut Page, front: &Front) {
    let name = "epochcast_http_requests_total";
    page.about(name, "counter", "Requests that were answered.");
    for route in front.routes.all() {
        let Some(counts) = front.counts.route(route.index) else {
            continue;
        };
        for (method, status, count) in counts.answers() {
            let labels = format!(
                "route=\"{}\",method=\"{method}\",status=\"{status}\"",
                route.path
            );
            page.row(name, &labels, count);
        }
    }
    let name = "epochcast_http_request_duration_seconds";
    page.about(name, "histogram", "Time to the first byte of an answer.");
    for route in front.routes.all() {
        let times = front.counts.route(route.index).map(RouteCounts::times);
        let Some((buckets, micros)) = times.filter(|(buckets, _)| buckets.iter().any(|n| *n > 0))
        else {
            continue;
        };
        let mut sum = 0;
        let ends = BUCKETS.map(|end| seconds(end).to_string());
        let ends = ends.iter().map(String::as_str).chain(["+Inf"]);
        for (end, count) in ends.zip(buckets) {
            sum += count;
            let labels = format!("route=\"{}\",le=\"{end}\"", route.path);
            page.row(&format!("{name}_bucket"), &labels, sum);
        }
        let labels = format!("route=\"{}\"", route.path);
        page.row(&format!("{name}_sum"), &labels, seconds(micros));
        page.row(&format!("{name}_count"), &labels, sum);
    }
}

fn of_load(page: &mut Page, front: &Front) {
    let (counts, gate, connections) = (&front.counts, &front.gate, &front.connections);
    page.gauge(
        "epochcast_http_requests_in_flight",
        "Requests that are being answered.",
        counts.in_flight.load(Ordering::Relaxed),
    );
    page.gauge(
        "epochcast_queue_running",
        "Heavy requests that have a processor.",
        gate.running(),
    );
    page.gauge(
        "epochcast_queue_waiting",
        "Heavy requests that wait for one.",
        gate.waiting(),
    );
    page.counter(
        "epochcast_heavy_total",
        "Turns at heavy work that were taken.",
        gate.turns(),
    );
    page.gauge(
        "epochcast_uploads_in_flight",
        "Uploads that are received or stored.",
        gate.uploads(),
    );
    page.counter(
        "epochcast_http_requests_shed_total",
        "Requests refused since too much was asked.",
        gate.shed(),
    );
    page.counter(
        "epochcast_http_panics_total",
        "Panics, each a defect of the service.",
        panics(),
    );
    page.gauge(
        "epochcast_connections",
        "Open connections.",
        connections.count(),
    );
    page.counter(
        "epochcast_connections_refused_total",
        "Connections refused since there were too many.",
        connections.refusals(),
    );
    page.counter(
        "epochcast_connections_late_total",
        "Connections ended since their client was too slow.",
        connections.late(),
    );
    let dropped = front.settings.log.map_or(0, crate::http::Log::dropped);
    page.counter(
        "epochcast_log_lines_dropped_total",
        "Log lines dropped since nobody read them.",
        dropped,
    );
}

fn of_data(page: &mut Page, front: &Front) {
    let tally = front.live.tally();
    page.counter(
        "epochcast_uploads_total",
        "Uploads that were stored.",
        tally.uploads.load(Ordering::Relaxed),
    );
    let name = "epochcast_rows_total";
    page.about(name, "counter", "Rows of uploads, by what became of them.");
    for (verdict, rows) in [
        ("accepted", &tally.accepted),
        ("duplicate", &tally.duplicates),
        ("quarantined", &tally.quarantined),
        ("rejected", &tally.rejected),
    ] {
        let labels = format!("verdict=\"{verdict}\"");
        page.row(name, &labels, rows.load(Ordering::Relaxed));
    }
    page.counter(
        "epochcast_refits_total",
        "How often changed measurements were fitted.",
        tally.refits.load(Ordering::Relaxed),
    );
    let predictors = front.live.predictors();
    let name = "epochcast_fit_measurements";
    page.about(name, "gauge", "Measurements that a fit stands on.");
    for mode in Mode::ALL {
        for fit in predictors.of_mode(mode) {
            let labels = format!("platform=\"{}\",mode=\"{mode}\"", fit.platform().id);
            page.row(name, &labels, fit.measurements());
        }
    }
    page.gauge(
        "epochcast_data_version",
        "Version of the measurements that the fits have seen.",
        predictors.data_version,
    );
    // A server has metrics of its own.
    if let Some(disk) = front.live.store().disk() {
        of_disk(page, disk);
    }
    let name = "epochcast_build_info";
    page.about(name, "gauge", "Always 1; the label is the release.");
    let labels = format!("version=\"{}\"", env!("CARGO_PKG_VERSION"));
    page.row(name, &labels, 1);
}

fn of_disk(page: &mut Page, disk: Disk) {
    page.gauge(
        "epochcast_database_bytes",
        "Size of the database with its log.",
        disk.database_bytes,
    );
    if let Some(free) = disk.free_bytes {
        page.gauge(
            "epochcast_disk_free_bytes",
            "Space that is left beside the database.",
            free,
        );
    }
}

/// How often intervals held lately, in all: platforms are without number, and are in `/v1/calibration`.
async fn of_calibration(page: &mut Page, front: &Front) {
    // Where the store does not answer, all else is told.
    let Ok(late) = front.live.late_calibration().await else {
        return;
    };
    let lately = &late.calibration.all.lately;
    page.gauge(
        "epochcast_calibration_rows",
        "Timings that were predicted before they were learnt, the last 1,000 at most.",
        lately.rows,
    );
    let name = "epochcast_calibration_covered_ratio";
    let levels = [
        ("0.8", lately.covered_80),
        ("0.9", lately.covered_90),
        ("0.95", lately.covered_95),
    ];
    page.about(name, "gauge", "Share of them within the intervals.");
    for (level, covered) in levels {
        if let Some(covered) = covered {
            page.row(name, &format!("level=\"{level}\""), covered);
        }
    }
    if let Some(error) = lately.signed_error {
        page.gauge(
            "epochcast_calibration_signed_error_ratio",
            "Median of measured / predicted of them, less 1.",
            error,
        );
    }
}

/// What Linux says of the process, under the names that are usual.
fn of_process(page: &mut Page) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|kib| kib.parse::<u64>().ok());
    if let Some(kib) = resident {
        let help = "Memory of the process.";
        page.gauge("process_resident_memory_bytes", help, kib * 1024);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        let help = "Descriptors of the process.";
        page.gauge("process_open_fds", help, open.count());
    }
}

fn seconds(micros: u64) -> f64 {
    crate::units::to_f64(micros) / 1e6
}

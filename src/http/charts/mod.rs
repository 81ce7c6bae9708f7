//! `GET /v1/charts/….svg` and `….csv`: what the service knows and says, drawn, and the same as a table.
//!
//! A handler reads the query, makes a [`crate::chart::Figure`] of the fits in memory, and replies. A chart is an image
//! that runs nothing and loads nothing: its policy says so, and every text in it is escaped. Each handler answers both
//! paths: [`reply`] looks at how the path ends.

mod badge;
mod compare;
mod evidence;
mod front;
mod look;
mod net;
mod paper;
mod reply;
mod stages;

use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use utoipa::openapi::path::{Operation, Paths};
use utoipa::openapi::{ContentBuilder, RefOr};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

use super::shared::Shared;

pub(super) fn router() -> OpenApiRouter<Shared> {
    let charts = [
        routes!(evidence::fit),
        routes!(evidence::residuals),
        routes!(compare::compare),
        routes!(front::front_chart),
        routes!(stages::stages),
        routes!(paper::paper),
    ];
    charts
        .into_iter()
        .fold(OpenApiRouter::new(), with_table)
        .routes(routes!(badge::badge))
        .route("/v1/charts/style.css", get(style))
}

/// `router` with `chart` and, at the same path ending in `.csv`, its table.
fn with_table(
    router: OpenApiRouter<Shared>,
    chart: UtoipaMethodRouter<Shared>,
) -> OpenApiRouter<Shared> {
    let (schemas, paths, handler) = chart.clone();
    let table = (schemas, table_paths(paths), handler);
    router.routes(chart).routes(table)
}

fn table_paths(paths: Paths) -> Paths {
    let mut tables = Paths::new();
    for (path, mut item) in paths.paths {
        item.get = item.get.map(|chart| table_operation(chart, &path));
        tables.paths.insert(path.replace(".svg", ".csv"), item);
    }
    tables
}

/// How the table of the chart at `path` is described.
fn table_operation(mut chart: Operation, path: &str) -> Operation {
    chart.summary = Some(format!("What `{path}` shows, as a table."));
    chart.description = None;
    chart.operation_id = chart.operation_id.map(|id| format!("{id}_csv"));
    if let Some(RefOr::T(done)) = chart.responses.responses.get_mut("200") {
        "The table".clone_into(&mut done.description);
        let schema = done.content.values().find_map(|content| match content {
            RefOr::T(content) => content.schema.clone(),
            RefOr::Ref(_) => None,
        });
        let content = ContentBuilder::new().schema(schema).build();
        done.content = [("text/csv".to_owned(), content.into())]
            .into_iter()
            .collect();
    }
    chart
}

/// The style sheet for charts that a page takes in with `inline=true`.
async fn style() -> impl IntoResponse {
    let kind = (header::CONTENT_TYPE, "text/css; charset=utf-8");
    ([kind], crate::chart::sheet())
}

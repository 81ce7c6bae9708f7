//! What is asked about nets: each file reads a request, asks [`crate::ask`], and replies.

pub(super) mod answers;
mod compare;
mod compare_csv;
mod complexity;
mod explain;
mod plan;
mod predict;

use utoipa_axum::router::OpenApiRouter;

use super::shared::Shared;

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(complexity::router())
        .merge(predict::router())
        .merge(compare::router())
        .merge(compare_csv::router())
        .merge(plan::router())
        .merge(explain::router())
}

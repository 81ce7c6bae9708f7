//! What every operation of the OpenAPI document may answer, whichever it is: refusals of what stands before the handlers.

use utoipa::openapi::path::Operation;
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder, Server};

use super::settings::Settings;

/// Statuses that any operation may answer with.
const ALWAYS: [(&str, &str); 4] = [
    (
        "403",
        "A page of another origin has sent it, or the token does not allow it.",
    ),
    ("421", "It was meant for another host."),
    (
        "429",
        "Too many requests; `Retry-After` says when to come back.",
    ),
    (
        "503",
        "The service is busy, about to end, or the store does not answer; `Retry-After` says when to come back.",
    ),
];
const NO_TOKEN: (&str, &str) = ("401", "No token, or one that does not hold.");
const SLOW: (&str, &str) = ("408", "The body came too slowly.");

/// Adds them to `document`, and the path that it is served under.
pub(super) fn complete(document: &mut OpenApi, settings: &Settings) {
    if let Some(base) = &settings.base_path {
        document.servers = Some(vec![Server::new(base.to_string())]);
    }
    for item in document.paths.paths.values_mut() {
        let operations = [
            &mut item.get,
            &mut item.post,
            &mut item.put,
            &mut item.patch,
            &mut item.delete,
        ];
        for operation in operations.into_iter().flatten() {
            let slow = operation.request_body.is_some().then_some(SLOW);
            let token = settings.require_token.then_some(NO_TOKEN);
            add(operation, ALWAYS.into_iter().chain(slow).chain(token));
        }
    }
}

fn add(operation: &mut Operation, more: impl Iterator<Item = (&'static str, &'static str)>) {
    let responses = &mut operation.responses.responses;
    for (status, description) in more {
        responses
            .entry(status.to_owned())
            .or_insert_with(|| RefOr::T(problem(description)));
    }
}

fn problem(description: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", content.build())
        .build()
}

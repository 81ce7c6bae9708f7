//! What every operation of the OpenAPI document may answer, whichever it is: refusals of what stands before the handlers.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{
    ContentBuilder, OpenApi, Ref, RefOr, Required, Response, ResponseBuilder, Server,
};

use super::settings::Settings;
use crate::json::length;

/// Statuses that any operation may answer with.
const ALWAYS: [(&str, &str); 6] = [
    ("400", "A header that cannot be read."),
    (
        "403",
        "A page of another origin has sent it, or the token does not allow it.",
    ),
    (
        "409",
        "The data that `Epochcast-Data-Version` names have not come; `Retry-After` says when to ask again.",
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
/// Answered before a request is one: no body says more.
const TOO_LONG: [(&str, &str); 2] = [
    ("414", "The address is too long."),
    ("431", "The header, with the address, is too long."),
];
const HEADER: &str = "Epochcast-Data-Version";
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
            if operation
                .parameters
                .as_ref()
                .is_some_and(|all| !all.is_empty())
            {
                let responses = &mut operation.responses.responses;
                for (status, description) in TOO_LONG {
                    let bare = ResponseBuilder::new().description(description).build();
                    responses.entry(status.to_owned()).or_insert(RefOr::T(bare));
                }
            }
            date(operation);
        }
    }
}

/// Adds the header that names a version of the data: of the question, and of its answer.
fn date(operation: &mut Operation) {
    let number = || {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0.0))
    };
    let at_least = "The data that the answer is of shall have this version, or a later one: that of an earlier answer";
    let parameter = ParameterBuilder::new()
        .name(HEADER)
        .parameter_in(ParameterIn::Header);
    let parameter = parameter
        .required(Required::False)
        .schema(Some(number().build()));
    let parameter = RefOr::T(parameter.description(Some(at_least)).build());
    operation.parameters.get_or_insert_default().push(parameter);
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && status.starts_with('2')
        {
            let header = HeaderBuilder::new().schema(Some(number().build()));
            let header = header.description(Some("Version of the data that the answer is of"));
            let header = RefOr::T(header.build());
            response.headers.insert(HEADER.to_owned(), header);
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

/// The text of `document`, with the greatest length of every text that a request may have.
pub(super) fn text(document: &OpenApi) -> String {
    let mut value = serde_json::to_value(document).unwrap_or_default();
    let operations = value["paths"].as_object().into_iter().flatten();
    let operations = operations.flat_map(|(_, item)| item.as_object().into_iter().flatten());
    let bodies = operations.map(|(_, operation)| &operation["requestBody"]);
    let mut sent = BTreeSet::new();
    bodies.for_each(|body| reached(body, &value, &mut sent));
    let mut choices = BTreeSet::new();
    if let Some(schemas) = value.pointer_mut("/components/schemas") {
        for name in &sent {
            if let Some(schema) = schemas.get_mut(name) {
                bound_fields(schema, &mut choices);
            }
        }
        let mut seen = BTreeSet::new();
        // A choice may be among choices.
        while let Some(choice) = choices.pop_first() {
            let (name, field) = &choice;
            if let Some(schema) = schemas.get_mut(name).filter(|_| !seen.contains(&choice)) {
                bound(field, schema, &mut choices);
            }
            seen.insert(choice);
        }
    }
    for (_, item) in value["paths"].as_object_mut().into_iter().flatten() {
        for (_, operation) in item.as_object_mut().into_iter().flatten() {
            let parameters = operation.get_mut("parameters");
            let parameters = parameters.and_then(Value::as_array_mut);
            for parameter in parameters.into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap_or_default().to_owned();
                bound(&name, &mut parameter["schema"], &mut BTreeSet::new());
            }
        }
    }
    serde_json::to_string_pretty(&value).unwrap_or_default()
}

/// Adds the names of all schemas that `part` of `document` refers to, and those refer to.
fn reached(part: &Value, document: &Value, names: &mut BTreeSet<String>) {
    match part {
        Value::Object(fields) => {
            let reference = fields.get("$ref").and_then(Value::as_str);
            let name = reference.and_then(|text| text.strip_prefix("#/components/schemas/"));
            if let Some(name) = name
                && names.insert(name.to_owned())
            {
                reached(&document["components"]["schemas"][name], document, names);
            }
            fields
                .values()
                .for_each(|field| reached(field, document, names));
        }
        Value::Array(items) => items.iter().for_each(|item| reached(item, document, names)),
        _ => {}
    }
}

/// Schemas that are no objects, each with the field that is of it.
type Choices = BTreeSet<(String, String)>;

/// Says how long the texts among the fields of `schema` may be, however deep they stand in it; `choices` are those that
/// are described elsewhere.
fn bound_fields(schema: &mut Value, choices: &mut Choices) {
    match schema {
        Value::Object(parts) => {
            let properties = parts.get_mut("properties").and_then(Value::as_object_mut);
            for (name, field) in properties.into_iter().flatten() {
                bound(name, field, choices);
            }
            parts
                .values_mut()
                .for_each(|part| bound_fields(part, choices));
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| bound_fields(item, choices)),
        _ => {}
    }
}

/// Says how long the text of the field `name` may be, where `schema` is of a text, a list of them or a choice with one.
fn bound(name: &str, schema: &mut Value, choices: &mut Choices) {
    let Some(schema) = schema.as_object_mut() else {
        return;
    };
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str)
        && let Some((_, referred)) = reference.rsplit_once('/')
    {
        choices.insert((referred.to_owned(), name.to_owned()));
    }
    for (part, inner) in schema.iter_mut() {
        match inner {
            Value::Array(parts) if ["oneOf", "anyOf"].contains(&part.as_str()) => {
                for part in parts.iter_mut() {
                    bound(name, part, choices);
                }
            }
            items if part == "items" => bound(name, items, choices),
            _ => {}
        }
    }
    let is_text = match schema.get("type") {
        Some(Value::String(kind)) => kind == "string",
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "string"),
        _ => false,
    };
    if is_text && !is_choice(schema) {
        schema.insert("maxLength".to_owned(), length(name).into());
    }
}

/// Whether the words of a schema are listed.
fn is_choice(schema: &Map<String, Value>) -> bool {
    schema.contains_key("enum") || schema.contains_key("const")
}

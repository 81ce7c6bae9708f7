//! axum and nothing else: the router on one screen, one file for each resource, one shape of error.
//!
//! A handler reads a request, asks [`crate::ask`], and replies. Bodies are read by our own extractors (`extract::body`), so
//! that every refusal is a problem (`extract::problem`) that points at the field.

mod admission;
mod api;
mod charts;
mod document;
mod extract;
mod pages;
mod questions;
pub mod serve;
mod settings;
mod shared;
mod states;

use std::sync::Arc;

use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::live::Live;

pub use admission::address::{ForwardedHeader, Proxies};
pub use admission::limiter::Limits;
pub use admission::{Log, LogFormat, Origins, Service, count_panics};
pub use settings::Settings;
pub use shared::Shared;

/// Everything that is served.
pub fn router(live: Arc<Live>, settings: impl Into<Settings>) -> Service {
    let (shared, settings) = (Shared::from(live), settings.into());
    let (api, mut document) = api().split_for_parts();
    open_parts(&mut document);
    document::complete(&mut document, &settings);
    let text = document::text(&document);
    let api = api.route("/openapi.json", pages::file("openapi.json", text));
    let pages = pages::router(&settings, &api.clone().with_state(shared.clone()));
    let router = api.merge(pages).with_state(shared.clone());
    Service::new(router, &document, shared, settings)
}

/// Schemas that answers extend by fields of their own. A part that forbids all others fits nothing that has more, so
/// the document leaves that out of them; requests with unknown fields are refused all the same.
const EXTENDED: [&str; 7] = [
    "RawAnyNet",
    "RawGraph",
    "RawEffNet",
    "RawMeasurement",
    "RawRegNet",
    "RawResNet",
    "RawVit",
];

fn open_parts(document: &mut utoipa::openapi::OpenApi) {
    use utoipa::openapi::{RefOr, Schema};
    let Some(components) = &mut document.components else {
        return;
    };
    for name in EXTENDED {
        if let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(name) {
            object.additional_properties = None;
        }
    }
}

/// The endpoints, with the document that describes them.
#[must_use]
pub fn api() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(questions::router())
        .merge(api::evaluation::router())
        .merge(charts::router())
        .merge(api::models::router())
        .merge(api::platforms::router())
        .merge(api::gpus::router())
        .merge(api::next::router())
        .merge(api::listing::router())
        .merge(api::measurements::router())
        .merge(api::export::router())
        .merge(api::receive::router())
        .merge(api::uploads::router())
        .merge(api::audit::router())
        .merge(api::health::router())
        .merge(api::limits::router())
        .merge(api::metrics::router())
}

#[derive(OpenApi)]
#[openapi(
    modifiers(&Tokens),
    info(
        title = "epochcast",
        description = "How long will one training epoch take if I scale this conv net? Exact flops, params and \
            activations of the scaled net, and a predicted epoch time with an interval that holds as often as it says.",
    ),
    tags(
        (name = "nets", description = "What a net is and what it costs"),
        (name = "predictions", description = "How long an epoch takes"),
        (name = "plans", description = "Which way to scale, and how far a budget goes"),
        (name = "charts", description = "The same as images and tables"),
        (name = "evidence", description = "The timings that predictions stand on"),
        (name = "service", description = "The service itself"),
    )
)]
struct Document;

/// The scheme of the tokens.
struct Tokens;

impl utoipa::Modify for Tokens {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
        let scheme =
            SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("token", scheme);
    }
}

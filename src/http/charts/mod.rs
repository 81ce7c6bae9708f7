//! `GET /v1/charts/….svg` and `….csv`: what the service knows and says, drawn, and the same as a table.
//!
//! A handler reads the query, makes a [`crate::chart::Figure`] of the fits in memory, and replies. A chart is an image
//! that runs nothing and loads nothing: its policy says so, and every text in it is escaped.

mod evidence;
mod paper;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use super::Shared;
use super::problem::ApiError;
use super::query::{Written, parameters, split, within};
use crate::chart::{Figure, Look, Place, Theme};
use crate::json::Invalid;

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(evidence::router())
        .merge(paper::router())
        .route("/v1/charts/style.css", get(style))
}

/// The style sheet for charts that a page takes in with `inline=true`.
async fn style() -> impl IntoResponse {
    let kind = (header::CONTENT_TYPE, "text/css; charset=utf-8");
    ([kind], crate::chart::sheet())
}

/// How a chart is to look; a table (`.csv`) has no looks, but takes the same parameters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LookParams {
    /// Its colours; default: what the reader's system prefers.
    #[param(inline)]
    theme: Option<ThemeName>,
    /// Width in pixels, 280 to 2,000, default 720.
    #[param(value_type = Option<f64>, minimum = 280, maximum = 2000)]
    width: Option<Written<f64>>,
    /// Height in pixels, 160 to 2,000, default 440; a chart that needs more for its title and legend is higher.
    #[param(value_type = Option<f64>, minimum = 160, maximum = 2000)]
    height: Option<Written<f64>>,
    /// For a page that takes the SVG into its document: without a style of its own (`/v1/charts/style.css` has it), and
    /// each point an image of its own to those who do not see it. Default false.
    #[param(value_type = Option<bool>)]
    inline: Option<Written<bool>>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ThemeName {
    /// Dark on white.
    Light,
    /// Light on black.
    Dark,
}

impl TryFrom<LookParams> for Look {
    type Error = Invalid;

    fn try_from(params: LookParams) -> Result<Self, Invalid> {
        let length = |name, given: Option<Written<f64>>, default, least| {
            let Written(length) = given.unwrap_or(Written(default));
            within(name, length, (least, 2000.0))
        };
        let standard = Self::default();
        Ok(Self {
            width: length("width", params.width, standard.width, 280.0)?,
            height: length("height", params.height, standard.height, 160.0)?,
            theme: match params.theme {
                None => Theme::System,
                Some(ThemeName::Light) => Theme::Light,
                Some(ThemeName::Dark) => Theme::Dark,
            },
            place: match params.inline {
                Some(Written(true)) => Place::Page,
                _ => Place::Alone,
            },
        })
    }
}

/// What a chart is asked for: its own parameters, its look, and what the client has of it already.
struct Chart<T> {
    params: T,
    look: Look,
    known: HeaderMap,
}

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Chart<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let object = parameters(parts.uri.query().unwrap_or_default())?;
        let (look, params) =
            split::<LookParams, T>(object, &["theme", "width", "height", "inline"])?;
        Ok(Self {
            params,
            look: look.try_into()?,
            known: parts.headers.clone(),
        })
    }
}

/// An image that runs nothing and loads nothing; its own style sheet is all that it needs.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; \
     form-action 'none'; sandbox";

/// How a figure is sent.
#[derive(Clone, Copy)]
enum Format {
    Svg(Look),
    Csv,
}

/// The answer with what `draw` makes, drawn apart from the threads that answer requests; 304 where the client has it.
///
/// Its tag carries the version of the data and a hash of what is sent, so that it also changes with the release.
async fn reply(
    version: i64,
    known: &HeaderMap,
    format: Format,
    draw: impl FnOnce() -> Figure + Send + 'static,
) -> Result<Response, ApiError> {
    let work = move || {
        let figure = draw();
        let body = match format {
            Format::Svg(look) => figure.svg(&look).into_bytes(),
            Format::Csv => figure.csv(),
        };
        let hash = Sha256::digest(&body);
        let tag = hash
            .iter()
            .take(8)
            .fold(String::new(), |tag, byte| format!("{tag}{byte:02x}"));
        (format!("\"{version}-{tag}\""), body)
    };
    let done = tokio::task::spawn_blocking(work).await;
    let (tag, body) = done.map_err(|_| ApiError::Internal)?;
    let fresh = known.get_all(header::IF_NONE_MATCH).iter().any(|sent| {
        let sent = sent.to_str().unwrap_or_default();
        sent.split(',')
            .any(|one| one.trim().trim_start_matches("W/") == tag)
    });
    let headers = headers(&tag, format);
    if fresh {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    Ok((headers, body).into_response())
}

fn headers(tag: &str, format: Format) -> HeaderMap {
    let kind = match format {
        Format::Svg(_) => "image/svg+xml; charset=utf-8",
        Format::Csv => "text/csv; charset=utf-8",
    };
    let fixed: [(HeaderName, &'static str); 4] = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Kept, but asked for each time whether the data have changed.
        (header::CACHE_CONTROL, "no-cache"),
    ];
    let fixed = fixed.map(|(name, value)| (name, HeaderValue::from_static(value)));
    let tag = HeaderValue::from_str(tag)
        .ok()
        .map(|tag| (header::ETAG, tag));
    fixed.into_iter().chain(tag).collect()
}

//! Where a request was meant to go, and which page sent it.
//!
//! A page of another site can make a browser send requests here, and by binding its own name to our address even read the
//! answers. So a name that is not ours is refused (`Host`), and so is what a foreign page sends (`Origin`,
//! `Sec-Fetch-Site`), unless its origin is allowed. Programs send none of these headers and notice nothing.

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;

use axum::extract::Request;

use crate::http::extract::problem::ApiError;

/// Which names and origins are ours.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    /// Names under which the service may be asked for, beside addresses and `localhost`; empty: any.
    pub hosts: Vec<String>,
    /// Whether a name that is not among them is refused.
    pub strict: bool,
    /// Origins whose pages may call and read, such as `https://example.org`; `*`: all.
    pub cors: Vec<String>,
}

/// What a page of another origin may send, as the browser asks beforehand.
const ALLOWED_HEADERS: &str = "authorization, content-type, content-encoding, x-request-id, idempotency-key, epochcast-data-version";
const ALLOWED_METHODS: &str = "GET, HEAD, POST, DELETE";
/// What it may read beside the body.
const EXPOSED_HEADERS: &str =
    "x-request-id, link, retry-after, etag, content-disposition, epochcast-data-version";

impl Origins {
    /// Refuses a request that was meant for another host, or that a foreign page has sent.
    pub(super) fn check(&self, request: &Request) -> Result<(), ApiError> {
        let headers = request.headers();
        let host = headers.get(header::HOST);
        if host.is_none() && request.uri().authority().is_none() && !from_a_page(headers) {
            return Ok(());
        }
        if headers.get_all(header::HOST).iter().count() > 1 {
            let detail = "the request names several hosts: send one header Host";
            return Err(ApiError::Misdirected(detail.to_owned()));
        }
        let host = match host {
            Some(host) => host.to_str().unwrap_or("?"),
            None => "",
        };
        self.is_ours(host)?;
        if let Some(authority) = request.uri().authority() {
            self.is_ours(authority.as_str())?;
        }
        if from_a_page(headers) {
            self.check_page(request.method(), headers, host)?;
        }
        Ok(())
    }

    fn is_ours(&self, authority: &str) -> Result<(), ApiError> {
        let name = name_of(authority);
        let known = !self.strict
            || name.is_empty()
            || name.parse::<IpAddr>().is_ok()
            || name.eq_ignore_ascii_case("localhost")
            || self
                .hosts
                .iter()
                .any(|host| host.eq_ignore_ascii_case(name));
        if known {
            return Ok(());
        }
        let name: String = name.chars().take(100).collect();
        Err(ApiError::Misdirected(format!(
            "this service is not known as `{name}`: start it with --allowed-host {name} if it is"
        )))
    }

    fn check_page(&self, method: &Method, headers: &HeaderMap, host: &str) -> Result<(), ApiError> {
        let sent = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let reads = matches!(*method, Method::GET | Method::HEAD);
        let foreign = match headers.get(header::ORIGIN) {
            Some(origin) => !self.is_own(origin, host) && self.allowed(headers).is_none(),
            None => match sent("sec-fetch-site") {
                // A link or a picture: what it shows cannot be read by the page that has it.
                Some("cross-site" | "same-site") => !reads,
                _ => false,
            },
        };
        if !foreign {
            return Ok(());
        }
        let from: String = sent("origin")
            .unwrap_or("another site")
            .chars()
            .take(100)
            .collect();
        Err(ApiError::Forbidden(format!(
            "a page of {from} has sent this: start the service with --cors-origin to let its origin in"
        )))
    }

    /// Whether `origin` is the host that was asked, or one of our names.
    fn is_own(&self, origin: &HeaderValue, host: &str) -> bool {
        let origin = origin.to_str().unwrap_or("null");
        let Some((_, authority)) = origin.split_once("://") else {
            return false;
        };
        let name = name_of(authority);
        authority.eq_ignore_ascii_case(host)
            || self
                .hosts
                .iter()
                .any(|known| known.eq_ignore_ascii_case(name))
    }

    /// The origin that is let in with `headers`, as the answer has to name it.
    fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        if self.cors.iter().any(|allowed| allowed == "*") {
            return Some(HeaderValue::from_static("*"));
        }
        let found = self.cors.iter().any(|allowed| {
            origin
                .to_str()
                .is_ok_and(|origin| origin.eq_ignore_ascii_case(allowed))
        });
        found.then(|| origin.clone())
    }

    /// The origin to name in the answer to a request with `headers`; `None` for almost all.
    pub(super) fn to_name(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        if self.cors.is_empty() {
            return None;
        }
        self.allowed(headers)
    }

    /// The answer to a browser that asks what a page may send; `None` where nothing of that kind was asked.
    pub(super) fn preflight(&self, request: &Request) -> Option<Response> {
        let asks = request.method() == Method::OPTIONS
            && request
                .headers()
                .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if !asks || self.to_name(request.headers()).is_none() {
            return None;
        }
        let headers = [
            (header::ACCESS_CONTROL_ALLOW_METHODS, ALLOWED_METHODS),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS),
            (header::ACCESS_CONTROL_MAX_AGE, "600"),
        ];
        Some((StatusCode::NO_CONTENT, headers).into_response())
    }

    /// Lets the page of `origin` read an answer with `headers`.
    pub(super) fn name(origin: HeaderValue, headers: &mut HeaderMap) {
        if origin != "*" {
            headers.append(header::VARY, HeaderValue::from_static("origin"));
        }
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(EXPOSED_HEADERS),
        );
    }
}

/// Whether a browser sent it for a page.
fn from_a_page(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site")
}

/// The name in `name:port`, without brackets.
fn name_of(authority: &str) -> &str {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split(']').next().unwrap_or_default();
    }
    authority
        .rsplit_once(':')
        .map_or(authority, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn ours() -> Origins {
        Origins {
            hosts: vec!["gpu.example".to_owned()],
            strict: true,
            cors: vec!["https://friend.example".to_owned()],
        }
    }

    fn status(method: &str, headers: &[(&str, &str)]) -> u16 {
        let mut request = Request::builder().method(method).uri("/v1/models");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let checked = ours().check(&request.body(Body::empty()).unwrap());
        checked.err().map_or(200, |error| error.status().as_u16())
    }

    #[test]
    fn a_name_that_is_not_ours_is_refused() {
        for ours in [
            "127.0.0.1:8080",
            "localhost",
            "LOCALHOST:1",
            "[::1]:80",
            "gpu.example",
            "10.1.2.3",
        ] {
            assert_eq!(status("GET", &[("host", ours)]), 200, "{ours}");
        }
        for forged in [
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "[evil]",
        ] {
            assert_eq!(status("GET", &[("host", forged)]), 421, "{forged}");
        }
    }

    #[test]
    fn what_a_foreign_page_sends_is_refused_and_links_are_not() {
        let host = ("host", "localhost:8080");
        let cross = ("sec-fetch-site", "cross-site");
        assert_eq!(status("POST", &[host, cross]), 403);
        assert_eq!(
            status("POST", &[host, ("origin", "https://evil.example")]),
            403
        );
        assert_eq!(
            status("GET", &[host, ("origin", "https://evil.example")]),
            403
        );
        assert_eq!(status("POST", &[host, ("origin", "null")]), 403);
        assert_eq!(
            status("POST", &[host, ("origin", "http://localhost:9999")]),
            403
        );
        assert_eq!(status("GET", &[host, cross]), 200);
        assert_eq!(
            status("POST", &[host, ("sec-fetch-site", "same-origin")]),
            200
        );
        assert_eq!(
            status("POST", &[host, ("origin", "http://localhost:8080")]),
            200
        );
        assert_eq!(
            status("POST", &[host, cross, ("origin", "https://friend.example")]),
            200
        );
        assert_eq!(
            status("POST", &[host, ("origin", "https://gpu.example")]),
            200
        );
    }
}

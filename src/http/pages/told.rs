//! A page that is told the answers to what its script asks first, so that they do not take another trip to the server.

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;
use tower::Service;

use super::first::{Question, Questions, questions};
use super::served::{ASKED_AGAIN, File, HTML, dress};
use crate::ask::wanted::Wanted;
use crate::http::admission::gate::Gate;
use crate::http::shared::Shared;

/// Where a page holds the answers to its first questions.
pub(super) const FIRST: &str = "{first}";

/// The answer that takes longest goes in before this, when the page up to here is already sent.
const END: &str = "</body>";

/// A page that is told the answers to what its script asks first, so that they do not take another trip to the server.
pub(super) struct Told {
    path: &'static str,
    text: String,
    /// What answers questions, as it answers the script; `None` where that takes a token, which no browser sends for a page.
    api: Option<Router>,
    /// The page as it was given last, packed: most often it is the same again.
    last: ArcSwapOption<File>,
}

impl Told {
    pub(super) fn new(path: &'static str, text: String, api: Option<Router>) -> Self {
        let last = ArcSwapOption::empty();
        Self {
            path,
            text,
            api,
            last,
        }
    }

    /// The page of the address `uri`, with the answers of this moment; the script asks what is not among them.
    pub(super) async fn page(
        self: Arc<Self>,
        State(live): State<Shared>,
        uri: Uri,
        headers: HeaderMap,
    ) -> Response {
        let Some(api) = &self.api else {
            return self.whole("{}", &uri).answer(&headers, ASKED_AGAIN);
        };
        let predictors = live.predictors();
        let Questions { at_once, later } = questions(self.path, &uri, &predictors);
        let as_of = live.states.name(predictors.data_version);
        let mut answers = vec![format!("\"as_of\":\"{as_of}\"")];
        for question in at_once {
            // What is refused is left to the script, which says so.
            if let Some(answer) = answer(api, question.request()).await {
                answers.push(format!("{}:{answer}", question.name()));
            }
        }
        answers.extend(later.iter().map(|later| format!("{}:null", later.name())));
        let first = harmless(&format!("{{{}}}", answers.join(",")));
        match later {
            Some(later) => in_parts(
                &self.text.replacen(FIRST, &first, 1),
                api.clone(),
                later,
                live.gate.clone(),
            ),
            None => self.whole(&first, &uri).answer(&headers, ASKED_AGAIN),
        }
    }

    /// The page with the answers `first`.
    fn whole(&self, first: &str, uri: &Uri) -> Arc<File> {
        let text = self.text.replacen(FIRST, first, 1);
        let last = self.last.load_full();
        if let Some(last) = last.filter(|last| last.text == text) {
            return last;
        }
        let new = File::new("page.html", text.into());
        if uri.query().is_some() {
            // Of such addresses there are many.
            return Arc::new(new.sent_once());
        }
        let new = Arc::new(new);
        self.last.store(Some(new.clone()));
        new
    }
}

/// `text` at once, and before its end the answer to `later`: it is worked on while the browser asks for what the page loads.
/// Where the connection ends before that, it is not wanted any more.
fn in_parts(text: &str, api: Router, later: Question, gate: Arc<Gate>) -> Response {
    let (page, end) = text.split_at(text.rfind(END).unwrap_or(text.len()));
    let (page, end) = (page.to_owned(), end.to_owned());
    let rest = async move {
        let (wanted, _wanting) = Wanted::new();
        let mut request = later.request();
        request.extensions_mut().insert(wanted);
        let found = match gate.turn().await {
            Ok(turn) => turn.take(async move { answer(&api, request).await }).await,
            Err(busy) => Err(busy),
        };
        let found = found.ok().flatten();
        let found = harmless(found.as_deref().unwrap_or("null"));
        format!("<script type=\"application/json\" id=\"later\">{found}</script>\n{end}")
    };
    let parts = stream::once(ready(page)).chain(stream::once(rest));
    let mut response = Body::from_stream(parts.map(Ok::<_, Infallible>)).into_response();
    dress(response.headers_mut(), HTML, ASKED_AGAIN);
    response
}

/// What `api` answers, where it is an answer.
async fn answer(api: &Router, request: Request<Body>) -> Option<String> {
    let Ok(response) = api.clone().call(request).await;
    let found = response.status() == StatusCode::OK;
    let body = found.then(|| response.into_body().collect())?.await.ok()?;
    String::from_utf8(body.to_bytes().into()).ok()
}

/// JSON in which nothing ends the element that it stands in.
fn harmless(json: &str) -> String {
    json.replace('<', "\\u003c")
}

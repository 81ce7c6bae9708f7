//! What stands before all handlers: one pass over each request, in place of a stack of layers.
//!
//! Where it was meant to go, how often its sender asks, whether it may, whether there is time for it; then the handler; then
//! the id, the shape of an error, the log line and the counts. A request that is answered at once allocates here for its
//! id and its log line alone.

pub(super) mod address;
pub(super) mod counts;
pub(super) mod data_version;
pub(super) mod gate;
pub(super) mod guard;
pub(super) mod limiter;
mod log;
mod origin;
mod panics;
pub(super) mod readiness;
pub(super) mod routes;

use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tokio::time::Instant;

use super::extract::body::whole;
use super::extract::bounds::{BATCH_BODY_BYTES, HEADER_BYTES, LIGHT_BYTES, ONNX_BYTES};
use super::extract::onnx::{asked_of, file, is_onnx, told_of_query};
use super::extract::packed::{packed, takes_gzip};
use super::extract::problem::ApiError;
use super::extract::request::{RequestId, with_problem};
use super::settings::Settings;
use super::shared::Shared;
use crate::ask::wanted::Wanted;
use crate::live::Live;
use counts::Counts;
use gate::Gate;
use guard::Guard;
use limiter::Limiter;
use log::Answered;
use readiness::Readiness;
use routes::{Routes, Work};

pub(in crate::http) use routes::Route;

pub use log::{Log, LogFormat};
pub use origin::Origins;
pub use panics::count_panics;
pub(in crate::http) use panics::panics;

/// The service: what answers requests, over a connection or in memory.
#[derive(Clone)]
pub struct Service(Arc<Front>);

/// What all requests share.
pub(in crate::http) struct Front {
    router: Router,
    pub(in crate::http) routes: Routes,
    guard: Guard,
    limiter: Limiter,
    pub(in crate::http) settings: Settings,
    pub(in crate::http) counts: Counts,
    pub(in crate::http) gate: Arc<Gate>,
    pub(in crate::http) live: Arc<Live>,
    /// Connections, as the accept loop counts them.
    pub(in crate::http) connections: super::serve::Connections,
    pub(in crate::http) readiness: Readiness,
    state: AtomicU8,
}

/// Where the service is on its way to the end.
const SERVING: u8 = 0;
const UNREADY: u8 = 1;
const STOPPING: u8 = 2;

/// For handlers that tell of the service itself.
#[derive(Clone)]
pub(in crate::http) struct Told(pub(in crate::http) Arc<Front>);

/// The path under which the service is reached, for answers that name another of its paths.
#[derive(Clone, Debug)]
pub(in crate::http) struct BasePath(pub(in crate::http) Arc<str>);

impl Service {
    pub(in crate::http) fn new(
        router: Router,
        document: &utoipa::openapi::OpenApi,
        Shared { live, gate, .. }: Shared,
        settings: Settings,
    ) -> Self {
        let known = Routes::of(document);
        Self(Arc::new(Front {
            router,
            guard: Guard::new(live.clone(), &settings),
            limiter: Limiter::new(settings.limits.clone()),
            counts: Counts::of(&known),
            gate,
            connections: super::serve::Connections::default(),
            readiness: Readiness::default(),
            state: AtomicU8::new(SERVING),
            routes: known,
            settings,
            live,
        }))
    }

    pub(in crate::http) fn front(&self) -> &Arc<Front> {
        &self.0
    }

    /// Answers `request`, which came from `peer`.
    pub(in crate::http) async fn answer(
        &self,
        mut request: Request,
        peer: Option<IpAddr>,
    ) -> Response {
        let (front, started) = (&*self.0, Instant::now());
        let _in_flight = front.counts.enter();
        let id = RequestId::of(request.headers());
        if let Some(base) = &front.settings.base_path {
            strip(&mut request, base);
        }
        let route = front.routes.at(request.uri().path());
        let unknown = (!route.is_documented()).then(|| request.uri().path().to_owned());
        let origin = front.settings.origins.to_name(request.headers());
        let takes_gzip = takes_gzip(request.headers());
        let mut asked = Asked {
            front,
            route,
            method: request.method().clone(),
            id,
            token: None,
            started,
            answered: false,
        };
        let answer = self.admitted(request, peer, route, &mut asked.token);
        let answer = AssertUnwindSafe(answer).catch_unwind().await;
        let answer = answer.unwrap_or(Err(ApiError::Internal));
        let response = answer.unwrap_or_else(IntoResponse::into_response);
        if route.is_guarded(&asked.method)
            && let Some(refused) = response.extensions().get::<Arc<ApiError>>()
        {
            front.readiness.hears(refused);
        }
        let path = unknown.as_deref().unwrap_or(&route.path);
        let response = with_problem(response, asked.id.as_str(), path);
        let mut response = packed(response, takes_gzip).await;
        let headers = response.headers_mut();
        asked.id.name(headers);
        if let Some(base) = &front.settings.base_path {
            rebase(headers, base);
        }
        if let Some(origin) = origin {
            Origins::name(origin, headers);
        }
        if front.is_ending() {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        asked.is_answered(response.status());
        response
    }

    /// Lets a request through where it was meant for us, does not come too often, may be made, and there is time for it.
    async fn admitted(
        &self,
        mut request: Request,
        peer: Option<IpAddr>,
        route: &Route,
        token: &mut Option<String>,
    ) -> Result<Response, ApiError> {
        let front = &*self.0;
        let header = request.headers().iter();
        let header: usize = header
            .map(|(name, value)| name.as_str().len() + value.len() + 4)
            .sum();
        if header > HEADER_BYTES {
            return Err(ApiError::HeaderTooLarge(HEADER_BYTES));
        }
        front.settings.origins.check(&request)?;
        if let Some(answer) = front.settings.origins.preflight(&request) {
            return Ok(answer);
        }
        if route.of_service {
            request.extensions_mut().insert(Told(self.0.clone()));
        }
        if route.work != Work::Watch {
            if front.state.load(Ordering::Relaxed) == STOPPING {
                return Err(ApiError::Stopping);
            }
            front.limiter.request(peer, request.headers())?;
        }
        let sender = front
            .guard
            .caller(route, request.method(), request.headers());
        let caller = sender.await?;
        if let Some(caller) = caller {
            *token = Some(caller.0.name.clone());
            if route.is_guarded(request.method()) {
                front.limiter.write(&caller.0.name)?;
            }
            request.extensions_mut().insert(caller);
        }
        if let Some(to) = front
            .settings
            .base_path
            .as_deref()
            .and_then(|base| to_pages(&request, base))
        {
            return Ok(to);
        }
        // What the header says is believed: nobody need send a terabyte to learn that it is too much.
        let most = if route.takes_onnx && is_onnx(request.headers()) {
            ONNX_BYTES
        } else {
            route.body_bytes
        };
        if request.body().size_hint().lower() > most {
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            return Err(ApiError::TooLarge(most));
        }
        if route.is_documented() {
            self.dated(request, route).await
        } else {
            self.handled(request, route).await
        }
    }

    /// Answers from data of the version that the request names, or later ones, and says of which.
    async fn dated(&self, request: Request, route: &Route) -> Result<Response, ApiError> {
        let live = &self.0.live;
        data_version::seen(live, request.headers()).await?;
        let changes = route.is_guarded(request.method());
        let before = live.data_version();
        let mut response = self.handled(request, route).await?;
        let after = live.data_version();
        // Where they changed meanwhile, there is no telling which were read.
        if changes || before == after {
            let headers = response.headers_mut();
            headers.insert(data_version::DATA_VERSION, HeaderValue::from(after));
        }
        Ok(response)
    }

    async fn handled(&self, mut request: Request, route: &Route) -> Result<Response, ApiError> {
        let front = &*self.0;
        if route.takes_onnx && is_onnx(request.headers()) {
            return self.handled_file(request).await;
        }
        match route.work {
            Work::Upload if request.method() == Method::POST => {
                if let Some(base) = &front.settings.base_path {
                    request.extensions_mut().insert(BasePath(base.clone()));
                }
                let _place = front.gate.upload().await?;
                Ok(front.route(request).await)
            }
            Work::Watch => Ok(front.route(request).await),
            work => {
                let heavy = work == Work::Heavy || reads_much(&request);
                if !heavy && is_short(&request) {
                    return Ok(front.route(request).await);
                }
                // The body first: a client that sends it slowly holds no processor.
                let (parts, body) = request.into_parts();
                let most = usize::try_from(route.body_bytes).unwrap_or(usize::MAX);
                let body = whole(body, most.min(BATCH_BODY_BYTES)).await?;
                let short = body.len() <= LIGHT_BYTES;
                let mut request = Request::from_parts(parts, Body::from(body));
                if short && !heavy {
                    return Ok(front.route(request).await);
                }
                let turn = front.gate.turn().await?;
                let (wanted, _wanting) = Wanted::new();
                request.extensions_mut().insert(wanted);
                let front = self.0.clone();
                turn.take(async move { front.route(request).await }).await
            }
        }
    }

    /// A question about the net of an ONNX file, which becomes the same question in JSON.
    async fn handled_file(&self, request: Request) -> Result<Response, ApiError> {
        let (parts, body) = request.into_parts();
        let file = file(&parts.headers, body).await?;
        let turn = self.0.gate.turn().await?;
        let (wanted, _wanting) = Wanted::new();
        let front = self.0.clone();
        let answer = async move {
            let mut request = asked_of(parts, &file)?;
            request.extensions_mut().insert(wanted);
            Ok(told_of_query(front.route(request).await))
        };
        turn.take(answer).await?
    }
}

/// Whether the body of a request is known to be as short as most are.
fn is_short(request: &Request) -> bool {
    let most = request.body().size_hint().upper();
    most.and_then(|most| usize::try_from(most).ok())
        .is_some_and(|most| most <= LIGHT_BYTES)
}

/// Most rows of a list that is answered at once.
const FEW_ROWS: u32 = 100;

/// Whether a request is for a list that is searched or sorted, for which all there is has to be looked at, or for many rows
/// of it.
fn reads_much(request: &Request) -> bool {
    let query = request.uri().query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).any(|(name, value)| match &*name {
        "search" | "sort" => true,
        "limit" => value.parse().is_ok_and(|limit: u32| limit > FEW_ROWS),
        _ => false,
    })
}

/// A request on its way to its answer, which is counted and logged once, also where its client is gone before.
struct Asked<'a> {
    front: &'a Front,
    route: &'a Route,
    method: Method,
    id: RequestId,
    token: Option<String>,
    started: Instant,
    answered: bool,
}

/// As nginx writes down that the client has closed the connection before the answer.
const CLIENT_GONE: u16 = 499;

impl Asked<'_> {
    fn is_answered(&mut self, status: StatusCode) {
        self.answered = true;
        self.tell(status.as_u16());
    }

    fn tell(&self, status: u16) {
        let route = match &self.route.path {
            _ if !self.route.is_documented() && (200..300).contains(&status) => "page",
            path => path.as_str(),
        };
        let micros = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let answered = Answered {
            id: self.id.as_str(),
            method: self.method.as_str(),
            route,
            status,
            micros,
            token: self.token.as_deref(),
        };
        self.front.tell(self.route.index, &answered);
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.tell(CLIENT_GONE);
        }
    }
}

impl Front {
    /// Counts and logs what came of a request to the route of this index.
    fn tell(&self, route: usize, answered: &Answered) {
        let Answered {
            method,
            status,
            micros,
            ..
        } = *answered;
        self.counts.answered(route, method, status, micros);
        if let Some(log) = self.settings.log {
            log.request(answered);
        }
    }

    /// Counts and logs a request that could not be read as one, and was answered `status`.
    pub(in crate::http) fn unreadable(&self, status: StatusCode) {
        let answered = Answered {
            id: "-",
            method: "-",
            route: "-",
            status: status.as_u16(),
            micros: 0,
            token: None,
        };
        self.tell(0, &answered);
    }

    async fn route(&self, request: Request) -> Response {
        match tower::Service::call(&mut self.router.clone(), request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    /// From now on the service says that it is not ready, but answers.
    pub(in crate::http) fn unready(&self) {
        self.state.store(UNREADY, Ordering::Relaxed);
    }

    /// From now on new requests are refused.
    pub(in crate::http) fn stop(&self) {
        self.state.store(STOPPING, Ordering::Relaxed);
    }

    /// Whether the service was told to end.
    pub(in crate::http) fn is_ending(&self) -> bool {
        self.state.load(Ordering::Relaxed) != SERVING
    }
}

/// Takes the base path off the request's path, where it has it: a proxy in front may have done so already.
fn strip(request: &mut Request, base: &str) {
    let uri = request.uri();
    let Some(rest) = uri
        .path()
        .strip_prefix(base)
        .filter(|rest| rest.starts_with('/'))
    else {
        return;
    };
    let stripped = match uri.query() {
        Some(query) => format!("{rest}?{query}"),
        None => rest.to_owned(),
    };
    if let Ok(stripped) = stripped.parse() {
        *request.uri_mut() = stripped;
    }
}

/// Leads on from the base path to the pages below it, where its slash was left out.
fn to_pages(request: &Request, base: &str) -> Option<Response> {
    let uri = request.uri();
    let query = uri
        .query()
        .map_or_else(String::new, |query| format!("?{query}"));
    // The base path is put before it, as before all that leads on.
    let location = [(header::LOCATION, format!("/{query}"))];
    (uri.path() == base).then(|| (StatusCode::PERMANENT_REDIRECT, location).into_response())
}

/// Puts the base path before the path that an answer leads to.
fn rebase(headers: &mut HeaderMap, base: &str) {
    for name in [header::LINK, header::LOCATION] {
        let Some(target) = headers.get(&name).and_then(|value| value.to_str().ok()) else {
            continue;
        };
        let based = match target.strip_prefix('<') {
            Some(rest) if rest.starts_with('/') => format!("<{base}{rest}"),
            None if target.starts_with('/') => format!("{base}{target}"),
            _ => continue,
        };
        if let Ok(based) = HeaderValue::from_str(&based) {
            headers.insert(name, based);
        }
    }
}

impl tower::Service<Request> for Service {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let service = self.clone();
        Box::pin(async move { Ok(service.answer(request, None).await) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::api::health;
    use crate::store::{Options, Store};
    use axum::routing::get;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    fn defect() {
        panic!("a defect")
    }

    /// An empty store, and its folder.
    async fn opened() -> (tempfile::TempDir, Arc<Live>) {
        let dir = tempfile::TempDir::new().unwrap();
        let url = format!("sqlite://{}", dir.path().join("test.db").display());
        let options = Options {
            seed: false,
            now: 0,
        };
        let store = Store::open(&url.parse().unwrap(), options).await.unwrap();
        (dir, Arc::new(Live::open(store).await.unwrap()))
    }

    /// A service whose `/readyz` and `/v1/version` panic and whose `/metrics` only answers so, and its folder.
    async fn with_defects() -> (tempfile::TempDir, Service) {
        let (dir, live) = opened().await;
        let (_, document) = health::router().split_for_parts();
        let here = || async { defect() };
        let elsewhere = || async {
            let work = tokio::task::spawn_blocking(defect);
            work.await.map_err(|_| ApiError::Internal)
        };
        let router = Router::new()
            .route("/readyz", get(here))
            .route("/v1/version", get(elsewhere))
            .route("/metrics", get(async || ApiError::Internal))
            .route("/healthz", get(|| async { "ok" }));
        (
            dir,
            Service::new(router, &document, live.into(), Settings::default()),
        )
    }

    #[tokio::test]
    async fn a_panic_is_answered_with_the_requests_id_and_counted_once_and_the_next_request_is_served()
     {
        let (_dir, service) = with_defects().await;
        // The only test of this binary that panics.
        count_panics(std::panic::take_hook());
        let ask = async |path| {
            let request = Request::get(path).header("x-request-id", "mine");
            let request = request.body(Body::empty()).unwrap();
            service.clone().oneshot(request).await.unwrap()
        };
        for (path, so_far) in [("/readyz", 1), ("/v1/version", 2), ("/metrics", 2)] {
            let answer = ask(path).await;
            assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
            assert_eq!(answer.headers()["x-request-id"], "mine");
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(
                (&problem["status"], &problem["request_id"]),
                (&500.into(), &"mine".into())
            );
            assert_eq!(panics(), so_far);
            let counts = &service.front().counts;
            assert_eq!(counts.in_flight.load(Ordering::Relaxed), 0);
            assert_eq!(ask("/healthz").await.status(), StatusCode::OK);
        }
    }

    #[tokio::test]
    async fn a_request_whose_client_goes_before_the_answer_is_counted_too() {
        let (_dir, live) = opened().await;
        let (_, document) = health::router().split_for_parts();
        let never = || async { std::future::pending::<()>().await };
        let router = Router::new().route("/healthz", get(never));
        let service = Service::new(router, &document, live.into(), Settings::default());
        let request = Request::get("/healthz").body(Body::empty()).unwrap();
        let mut asking = Box::pin(service.clone().oneshot(request));
        assert!(asking.as_mut().now_or_never().is_none());
        drop(asking);
        let front = service.front();
        let counts = front
            .counts
            .route(front.routes.at("/healthz").index)
            .unwrap();
        let answers: Vec<_> = counts.answers().collect();
        assert_eq!(answers, [("GET", CLIENT_GONE, 1)]);
        assert_eq!(front.counts.in_flight.load(Ordering::Relaxed), 0);
    }

    /// A service whose paths are all answered with the thread that answers, and its folder.
    async fn telling_its_thread() -> (tempfile::TempDir, Service) {
        let (dir, live) = opened().await;
        let (_, document) = crate::http::api().split_for_parts();
        let thread = || async { format!("{:?}", std::thread::current().id()) };
        let router = Router::new().fallback(thread);
        let service = Service::new(router, &document, live.into(), Settings::default());
        (dir, service)
    }

    async fn answered(
        service: &Service,
        request: axum::http::request::Builder,
        body: Body,
    ) -> String {
        let request = request.body(body).unwrap();
        let answer = service.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let text = answer.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(text.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn heavy_questions_and_long_ones_leave_the_thread_that_answers_others() {
        let (_dir, service) = telling_its_thread().await;
        let own = format!("{:?}", std::thread::current().id());
        let is_at_once = async |request, body| answered(&service, request, body).await == own;
        for path in [
            "/healthz",
            "/v1/models",
            "/v1/measurements",
            "/v1/measurements?limit=100",
            "/v1/uploads/1/rejected.csv",
        ] {
            assert!(
                is_at_once(Request::get(path), Body::empty()).await,
                "{path}"
            );
        }
        for path in ["/v1/predict", "/v1/complexity"] {
            let short = || Body::from("x".repeat(LIGHT_BYTES));
            let unannounced = Body::from_stream(short().into_data_stream());
            let long = Body::from("x".repeat(LIGHT_BYTES + 1));
            assert!(is_at_once(Request::post(path), short()).await, "{path}");
            assert!(is_at_once(Request::post(path), unannounced).await, "{path}");
            assert!(!is_at_once(Request::post(path), long).await, "{path}");
        }
        let questions = ["compare", "explain", "plan", "predict/batch"];
        let asked = questions.map(|name| Request::post(format!("/v1/{name}")));
        let looked_at = [
            "/v1/charts/fit.svg",
            "/v1/evaluation",
            "/v1/measurements?search=x",
            "/v1/measurements?limit=101",
            "/v1/platforms/a/next",
        ];
        for request in asked.into_iter().chain(looked_at.map(Request::get)) {
            let path = request.uri_ref().cloned();
            assert!(!is_at_once(request, Body::empty()).await, "{path:?}");
        }
        let gate = &service.front().gate;
        assert_eq!((gate.turns(), gate.running()), (11, 0));
    }

    #[tokio::test]
    async fn work_whose_client_goes_is_told_so_and_holds_its_turn_until_it_stops() {
        let (_dir, live) = opened().await;
        let (_, document) = crate::http::api().split_for_parts();
        let (begin, mut reports) = tokio::sync::mpsc::unbounded_channel();
        let work = move |wanted: Wanted| {
            let begin = begin.clone();
            async move {
                begin.send(()).unwrap();
                while !wanted.is_over() {
                    std::thread::yield_now();
                }
                begin.send(()).unwrap();
            }
        };
        let router = Router::new().route("/v1/plan", axum::routing::post(work));
        let service = Service::new(router, &document, live.into(), Settings::default());
        let request = Request::post("/v1/plan").body(Body::empty()).unwrap();
        let mut asking = Box::pin(service.clone().oneshot(request));
        tokio::select! {
            _ = &mut asking => panic!("it was answered"),
            _ = reports.recv() => {}
        }
        assert_eq!(service.front().gate.running(), 1);
        drop(asking);
        reports.recv().await.unwrap();
    }
}

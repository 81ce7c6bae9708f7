//! The service, called in memory over a real database: a file, or one on the server that `EPOCHCAST_TEST_POSTGRES` names.

use std::cell::Cell;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use axum::response::Response;
use epochcast::http::{Service, Settings, router};
use epochcast::live::Live;
use epochcast::store::{
    Backup, DatabaseUrl, Deed, NewToken, Options, Restored, Restoring, Revoked, Scope, Store,
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::pg::{Base, named};

/// Noon of a day, for what is written in tests.
pub(crate) const NOW: i64 = 1_795_521_600_000;

/// What somebody does on the command line then.
pub(crate) fn deed() -> Deed {
    Deed::on_command_line(NOW)
}

/// `request` with the fields of `extra` too.
pub(crate) fn with(mut request: Value, extra: &Value) -> Value {
    let fields = extra.as_object().unwrap().clone();
    request.as_object_mut().unwrap().extend(fields);
    request
}

/// `ViT-B/16`, which is counted but never scaled.
pub(crate) fn vit() -> Value {
    json!({
        "family": "vit", "patch_size": 16, "stem_type": "patchify", "n_layers": 12, "n_heads": 12, "hidden_d": 768,
        "mlp_d": 3072, "cls_type": "token",
    })
}

thread_local! {
    static IN_FILES: Cell<bool> = const { Cell::new(false) };
}

/// Says that the test is about what only files have: backups of them, their bytes, edits by hand.
pub(crate) fn in_files() {
    IN_FILES.set(true);
}

/// A service with a database of its own.
pub(crate) struct App {
    pub(crate) router: Service,
    pub(crate) live: Arc<Live>,
    url: DatabaseUrl,
    dir: TempDir,
    _base: Option<Base>,
}

/// An answer: status, headers and JSON.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) kind: String,
    pub(crate) link: String,
    pub(crate) allow: String,
    pub(crate) body: Value,
}

impl App {
    /// With the built-in measurements.
    pub(crate) async fn seeded() -> Self {
        Self::start(true).await
    }

    /// Without any measurement.
    pub(crate) async fn empty() -> Self {
        Self::start(false).await
    }

    async fn start(seed: bool) -> Self {
        let Some(server) = named().filter(|_| !IN_FILES.get()) else {
            return Self::in_file(seed).await;
        };
        let base = Base::new(&server, seed).await;
        let app = Self::at(base.url()).await;
        Self {
            _base: Some(base),
            ..app
        }
    }

    async fn in_file(seed: bool) -> Self {
        let dir = TempDir::new().unwrap();
        let store = Store::open(&url(&dir), Options { seed, now: NOW })
            .await
            .unwrap();
        Self::over(store, dir).await
    }

    /// On the database at `url`, which starts with the built-in measurements where it is new.
    pub(crate) async fn at(url: DatabaseUrl) -> Self {
        let options = Options {
            seed: true,
            now: NOW,
        };
        let store = Store::open(&url, options).await.unwrap();
        let app = Self::over(store, TempDir::new().unwrap()).await;
        Self { url, ..app }
    }

    /// Over a database in `dir` that is open already.
    pub(crate) async fn over(store: Store, dir: TempDir) -> Self {
        let live = Arc::new(Live::open(store).await.unwrap());
        Self {
            router: router(live.clone(), Settings::default()),
            live,
            url: url(&dir),
            dir,
            _base: None,
        }
    }

    /// As after a restart.
    pub(crate) async fn reopen(&mut self) {
        self.live.store().close().await;
        let options = Options {
            seed: true,
            now: NOW,
        };
        let store = Store::open(&self.url, options).await.unwrap();
        self.live = Arc::new(Live::open(store).await.unwrap());
        self.router = router(self.live.clone(), Settings::default());
    }

    /// Replaces all that is stored by the backup `file`; what was there is kept as `before.db`.
    pub(crate) async fn restore(&self, file: &std::path::Path) -> Restored {
        let backup = Backup::of(file, &self.url).await.unwrap();
        let how = Restoring {
            revoked: Revoked::Stay,
            kept: self.dir.path().join("before.db"),
            now: NOW,
        };
        self.live.store().restore(&backup, &how).await.unwrap()
    }

    /// The folder of the database.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// Where the database is.
    pub(crate) fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// The file of the database.
    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.url.file().unwrap().to_owned()
    }

    /// A new token, the same for the same name.
    pub(crate) async fn token(&self, name: &str, scope: Scope) -> String {
        let known = self.live.store().tokens().await.unwrap();
        if known.iter().any(|token| token.name == name) {
            let hex = |byte: u8| format!("{byte:02x}");
            let mut random = [7; 32];
            random
                .iter_mut()
                .zip(name.bytes())
                .for_each(|(random, byte)| *random = byte);
            return format!("epochcast_{}", random.map(hex).concat());
        }
        let token = NewToken {
            name: name.parse().unwrap(),
            scope,
            created_at: NOW,
            expires_at: None,
        };
        let mut random = [7; 32];
        random
            .iter_mut()
            .zip(name.bytes())
            .for_each(|(random, byte)| *random = byte);
        self.live
            .store()
            .create_token(random, &token)
            .await
            .unwrap()
            .unwrap()
    }

    pub(crate) async fn with_token(&self, method: Method, path: &str, token: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.call(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn call(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        answer(response).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(path, "application/json", body.to_string()).await
    }

    pub(crate) async fn send(&self, path: &str, kind: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post(path).header(header::CONTENT_TYPE, kind);
        self.call(request.body(body.into()).unwrap()).await
    }
}

pub(crate) fn url(dir: &TempDir) -> DatabaseUrl {
    format!("sqlite://{}", dir.path().join("test.db").display())
        .parse()
        .unwrap()
}

async fn answer(response: Response) -> Answer {
    let status = response.status();
    let text = |name| {
        response
            .headers()
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
            .to_owned()
    };
    let (kind, link, allow) = (
        text(header::CONTENT_TYPE),
        text(header::LINK),
        text(header::ALLOW),
    );
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    let body =
        serde_json::from_slice(&bytes).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into());
    Answer {
        status,
        kind,
        link,
        allow,
        body,
    }
}

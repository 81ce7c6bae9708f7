//! Whatever is sent, taken out and put back, by whom and in whatever order, on two processes that are killed now and then:
//! what is in is what a plain model of it says.
//!
//! `PROPTEST_CASES=10000 PROPTEST_RNG_SEED=1 cargo test --test it undo` tries more sequences than `./check` does.

mod model;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use axum::body::Body;
use axum::http::{Request, header};
use epochcast::http::{Service, Settings, router};
use epochcast::live::{Export, ExportFormat, Live, OnError, Receipt, Upload};
use epochcast::store::{
    DatabaseUrl, Filter, NewRow, NewToken, Options, Page, Scope, Sender, Store,
};
use epochcast::timing::data::defaults::Defaults;
use epochcast::timing::data::measurement::RawMeasurement;
use epochcast::timing::data::platform::RawPlatform;
use epochcast::timing::data::upload::Format;
use epochcast::timing::{Measurement, Platform, PlatformId, Timing, Timings};
use http_body_util::BodyExt;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

use crate::app::NOW;
use model::{Model, Stored, Words};

/// Different timings; few, so that they meet often.
const TIMINGS: usize = 6;
/// Those who send: the last is of scope admin, and may change what all have sent.
const SENDERS: [&str; 3] = ["ann", "bob", "root"];

#[derive(Clone, Debug)]
enum Action {
    Send {
        rows: Vec<Stored>,
        dry_run: bool,
    },
    ChangeUpload {
        out: bool,
        which: Index,
    },
    ChangeRow {
        out: bool,
        which: Index,
    },
    /// Of what never was.
    ChangeNothing {
        path: &'static str,
    },
    Kill(Unfinished),
}

/// What a process was at when it was killed.
#[derive(Clone, Debug)]
enum Unfinished {
    Nothing,
    Upload(Vec<Stored>),
    Removal(Index),
}

#[derive(Clone, Debug)]
struct Step {
    who: usize,
    /// Which of the two processes does it.
    process: usize,
    /// Whether the other looks at once, or goes on with what it knows.
    seen: bool,
    action: Action,
}

fn rows() -> impl Strategy<Value = Vec<Stored>> {
    let words = (0..TIMINGS, 0..2usize);
    let row = (words, prop::bool::weighted(0.2)).prop_map(|((timing, wording), doubted)| Stored {
        words: Words { timing, wording },
        doubted,
    });
    prop::collection::vec(row, 1..5)
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let path = prop::sample::select(vec!["/v1/uploads/999", "/v1/measurements/999"]);
    let unfinished = prop_oneof![
        Just(Unfinished::Nothing),
        rows().prop_map(Unfinished::Upload),
        any::<Index>().prop_map(Unfinished::Removal),
    ];
    let action = prop_oneof![
        6 => (rows(), prop::bool::weighted(0.1)).prop_map(|(rows, dry_run)| Action::Send { rows, dry_run }),
        8 => (any::<bool>(), any::<Index>()).prop_map(|(out, which)| Action::ChangeUpload { out, which }),
        4 => (any::<bool>(), any::<Index>()).prop_map(|(out, which)| Action::ChangeRow { out, which }),
        1 => path.prop_map(|path| Action::ChangeNothing { path }),
        1 => unfinished.prop_map(Action::Kill),
    ];
    let step = (0..SENDERS.len(), 0..2usize, any::<bool>(), action);
    let step = step.prop_map(|(who, process, seen, action)| Step {
        who,
        process,
        seen,
        action,
    });
    prop::collection::vec(step, 1..24)
}

fn line(row: &Stored) -> Value {
    let Words { timing, wording } = row.words;
    let size = f64::from(u32::try_from(timing).unwrap() + 1);
    let platform = ["one", "two"][timing % 2];
    let mut line = json!({
        "platform": platform, "mode": "train", "label": format!("timing {timing}"),
        "complexity": {"flops": 1e9 * size, "params": 5e6 * size, "acts": 8e6 * size}, "images_per_second": 2500.0 / size,
        "verdict": if row.doubted { "quarantined" } else { "accepted" },
    });
    if wording > 0 {
        line["noise"] = json!(0.01);
    }
    line
}

fn measurement(row: &Stored) -> Measurement {
    let raw: RawMeasurement = serde_json::from_value(line(row)).unwrap();
    raw.try_into().unwrap()
}

/// A folder in memory, where there is such a thing: what is tested here is no disk.
fn folder() -> TempDir {
    TempDir::new_in("/dev/shm").unwrap_or_else(|_| TempDir::new().unwrap())
}

fn url(dir: &TempDir) -> DatabaseUrl {
    let path = dir.path().join("undo.db");
    format!("sqlite://{}", path.display()).parse().unwrap()
}

const EMPTY: Options = Options {
    seed: false,
    now: NOW,
};

/// A database with two platforms, an upload of nothing and a token of each sender.
struct Start {
    dir: TempDir,
    tokens: BTreeMap<&'static str, String>,
    platforms: BTreeMap<PlatformId, Platform>,
}

/// The sender called `name`: tokens were made in the order of their names.
fn token_of(name: &str) -> Sender {
    let place = SENDERS.iter().position(|own| *own == name).unwrap();
    Sender {
        name: name.to_owned(),
        token: i64::try_from(place + 1).ok(),
    }
}

static START: LazyLock<Start> = LazyLock::new(|| {
    let dir = folder();
    let made = Runtime::new().unwrap().block_on(async {
        let store = Store::open(&url(&dir), EMPTY).await.unwrap();
        let mut tokens = BTreeMap::new();
        for (i, name) in (0..).zip(SENDERS) {
            let token = NewToken {
                name: name.parse().unwrap(),
                scope: if name == "root" {
                    Scope::Admin
                } else {
                    Scope::Write
                },
                created_at: NOW,
                expires_at: None,
            };
            let made = store.create_token([i; 32], &token).await.unwrap();
            tokens.insert(name, made.unwrap());
        }
        let mut writing = store.begin(token_of("ann"), NOW).await.unwrap();
        for id in ["one", "two"] {
            let raw = json!({"id": id, "device": "A GPU"});
            let raw: RawPlatform = serde_json::from_value(raw).unwrap();
            writing.define(&raw.try_into().unwrap()).await.unwrap();
        }
        writing.commit(|_| Vec::new()).await.unwrap();
        let platforms = store.platforms().await.unwrap();
        store.close().await;
        (tokens, platforms)
    });
    Start {
        dir,
        tokens: made.0,
        platforms: made.1.into_iter().map(|p| (p.id.clone(), p)).collect(),
    }
});

/// The files that a kill leaves of the database in `dir`.
fn left_of(dir: &Path) -> TempDir {
    let copy = folder();
    for name in ["undo.db", "undo.db-wal"] {
        if dir.join(name).exists() {
            std::fs::copy(dir.join(name), copy.path().join(name)).unwrap();
        }
    }
    copy
}

struct Process {
    live: Arc<Live>,
    router: Service,
}

impl Process {
    async fn start(dir: &TempDir) -> Self {
        let store = Store::open(&url(dir), EMPTY).await.unwrap();
        let live = Arc::new(Live::open(store).await.unwrap());
        let router = router(live.clone(), Settings::default());
        Self { live, router }
    }

    async fn call(&self, request: Request<Body>) -> (u16, Value) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    async fn change(&self, out: bool, path: &str, sender: &str) -> (u16, Value) {
        let request = if out {
            Request::delete(path)
        } else {
            Request::post(format!("{path}/restore"))
        };
        let token = format!("Bearer {}", START.tokens[sender]);
        let request = request.header(header::AUTHORIZATION, token);
        self.call(request.body(Body::empty()).unwrap()).await
    }

    async fn send(&self, sender: &str, rows: &[Stored], dry_run: bool) -> Receipt {
        let lines = rows.iter().map(|row| format!("{}\n", line(row)));
        let upload = Upload {
            format: Format::Ndjson,
            body: Box::new(std::io::Cursor::new(lines.collect::<String>())),
            on_error: OnError::Abort,
            dry_run,
            defaults: Defaults::default(),
            trusted: true,
            sender: token_of(sender),
            now: NOW,
        };
        self.live.receive(upload).await.unwrap()
    }

    /// The predictions of all platforms, by the names of their fits; of the fit `pinned` alone where there is one.
    async fn predictions(&self, pinned: Option<&str>) -> BTreeMap<String, String> {
        let mut asked = json!({"complexity": {"flops": 3e9, "params": 1e7, "acts": 2e7}});
        if let Some(fit) = pinned {
            asked["fit"] = fit.into();
        }
        let request = Request::post("/v1/predict").header(header::CONTENT_TYPE, "application/json");
        let (status, body) = self
            .call(request.body(asked.to_string().into()).unwrap())
            .await;
        assert_eq!(status, 200, "{body}");
        let predictions = body["predictions"].as_array().unwrap().iter();
        let by_id =
            predictions.map(|p| (p["fit"]["id"].as_str().unwrap().to_owned(), p.to_string()));
        by_id.collect()
    }
}

/// Two processes on one database, and what they ought to say.
struct World {
    dir: TempDir,
    processes: [Process; 2],
    model: Model,
    /// Ids of the model's rows.
    ids: Vec<i64>,
    /// Predictions that were made, by their fits.
    pins: BTreeMap<String, String>,
}

impl World {
    async fn start() -> Self {
        let dir = left_of(START.dir.path());
        let mut model = Model::default();
        model.send("ann", &[]);
        Self {
            processes: [Process::start(&dir).await, Process::start(&dir).await],
            dir,
            model,
            ids: Vec::new(),
            pins: BTreeMap::new(),
        }
    }

    /// What `receipt` says is what `who` ought to be told of these rows; without an id it was a dry run.
    fn sent(&mut self, who: &'static str, rows: &[Stored], receipt: &Receipt) {
        let mut after = self.model.clone();
        let counts = after.send(who, rows);
        let told = receipt.counts;
        assert_eq!([told.accepted, told.duplicates, told.quarantined], counts);
        if let Some(upload) = receipt.upload {
            assert_eq!(Some(upload), i64::try_from(after.uploads.len()).ok());
            self.model = after;
        }
    }

    async fn take(&mut self, step: &Step) {
        let (process, who) = (&self.processes[step.process], SENDERS[step.who]);
        match &step.action {
            Action::Send { rows, dry_run } => {
                let receipt = process.send(who, rows, *dry_run).await;
                assert_eq!(receipt.upload.is_none(), *dry_run);
                self.sent(who, rows, &receipt);
            }
            Action::ChangeUpload { out, which } => {
                let upload = which.index(self.model.uploads.len());
                let path = format!("/v1/uploads/{}", upload + 1);
                let told = process.change(*out, &path, who).await;
                if who != "root" && self.model.uploads[upload].sender != who {
                    assert_eq!(told.0, 403, "{path}: {}", told.1);
                    return;
                }
                let before = self.timings_in();
                if *out {
                    self.model.remove_upload(upload);
                } else {
                    self.model.restore_upload(upload);
                }
                let after = self.timings_in();
                let expected = json!({
                    "measurements": before.symmetric_difference(&after).count(),
                    "remaining": self.model.timings(upload).intersection(&after).count(),
                });
                assert_eq!(told, (200, expected), "{path}");
            }
            Action::ChangeRow { out, which } => {
                if self.ids.is_empty() {
                    return;
                }
                let row = which.index(self.ids.len());
                let (id, timing) = (self.ids[row], self.model.rows[row].words.timing);
                let path = format!("/v1/measurements/{id}");
                let told = process.change(*out, &path, who).await;
                if who != "root" && !self.model.senders(timing).contains(who) {
                    assert_eq!(told.0, 403, "{path}: {}", told.1);
                    return;
                }
                let whose = Some(who).filter(|who| *who != "root");
                self.model.change_row(timing, *out, whose);
                let remaining = self.model.row_in(timing).is_some();
                let expected = json!({"measurement": id, "remaining": remaining});
                assert_eq!(told, (200, expected), "{path}");
            }
            Action::ChangeNothing { path } => {
                for out in [true, false] {
                    assert_eq!(process.change(out, path, who).await.0, 404);
                }
            }
            Action::Kill(unfinished) => self.kill(step.process, unfinished).await,
        }
    }

    async fn kill(&mut self, process: usize, unfinished: &Unfinished) {
        let store = self.processes[process].live.store();
        let left = match unfinished {
            Unfinished::Nothing => left_of(self.dir.path()),
            Unfinished::Upload(rows) => {
                let mut writing = store.begin("ann", NOW).await.unwrap();
                let new = rows
                    .iter()
                    .map(|row| NewRow::new(1, &measurement(row), None));
                writing.store(&mut new.collect::<Vec<_>>()).await.unwrap();
                left_of(self.dir.path())
            }
            Unfinished::Removal(which) => {
                let upload = which.index(self.model.uploads.len()) + 1;
                let mut change = store.begin_change().await.unwrap();
                let upload = i64::try_from(upload).unwrap();
                change.remove_upload(upload, NOW).await.unwrap();
                left_of(self.dir.path())
            }
        };
        self.dir = left;
        self.processes = [
            Process::start(&self.dir).await,
            Process::start(&self.dir).await,
        ];
    }

    async fn version(&self) -> i64 {
        let store = self.processes[0].live.store();
        store.data_version().await.unwrap()
    }

    fn timings_in(&self) -> BTreeSet<usize> {
        let timings = (0..TIMINGS).filter(|timing| self.model.row_in(*timing).is_some());
        timings.collect()
    }

    /// The rows that are in, by their ids.
    fn rows_in(&self) -> BTreeMap<i64, Stored> {
        let rows = (0..TIMINGS).filter_map(|timing| self.model.row_in(timing));
        rows.map(|row| (self.ids[row], self.model.rows[row]))
            .collect()
    }

    /// Rows that the last upload stored get their ids: they are in now, and were not known before.
    async fn learn(&mut self) {
        let listed = listed(&self.processes[0].live, Filter::default()).await;
        for row in self.ids.len()..self.model.rows.len() {
            let words = self.model.rows[row].words;
            let new =
                |(id, stored): &(&i64, &Stored)| stored.words == words && !self.ids.contains(id);
            let (id, _) = listed.iter().find(new).unwrap();
            self.ids.push(*id);
        }
    }

    /// That a process says what the model does.
    async fn check(&self, process: usize) {
        let live = &self.processes[process].live;
        let expected = self.rows_in();
        assert_eq!(
            shown(&listed(live, Filter::default()).await),
            shown(&expected)
        );
        let lines = expected.values().map(|row| said(&line(row)));
        assert_eq!(exported(live).await, lines.collect());
        let believed = expected.iter().filter(|(_, row)| !row.doubted);
        let timings = believed.map(|(id, row)| Timing::new(*id, &measurement(row), 1));
        let timings: Vec<Timing> = timings.collect();
        let names = Timings::default().names_after(
            &START.platforms,
            &BTreeMap::new(),
            &HashSet::new(),
            &timings,
        );
        live.settle().await.unwrap();
        let fitted = live.predictors();
        let hash =
            |name: &String| u64::from_str_radix(name.rsplit(':').next().unwrap(), 16).unwrap();
        let fitted_names: BTreeSet<u64> = fitted.names().iter().map(hash).collect();
        assert_eq!(fitted_names, names.into_iter().collect(), "what is fitted");
        let uploads = live.store().uploads(0, 100).await.unwrap();
        let told = uploads.iter().map(|u| {
            let counts = [u.accepted, u.duplicates, u.quarantined];
            (u.sender.name.as_str(), counts, u.removed_at.is_some())
        });
        let sent = self.model.uploads.iter();
        let sent = sent.map(|u| (u.sender, u.counts, u.removed));
        assert_eq!(told.collect::<Vec<_>>(), sent.collect::<Vec<_>>());
    }

    /// That a process that starts now knows the same to the bit, that nothing is damaged, and that earlier fits are what they
    /// were.
    async fn check_end(&self) {
        let started = Process::start(&self.dir).await;
        let expected = started.predictions(None).await;
        for process in &self.processes {
            process.live.refresh().await.unwrap();
            process.live.settle().await.unwrap();
            assert_eq!(process.predictions(None).await, expected);
        }
        assert_eq!(started.live.store().damage().await.unwrap(), []);
        for (fit, before) in &self.pins {
            let again = started.predictions(Some(fit)).await;
            assert_eq!(again.get(fit), Some(before), "the fit of then");
        }
        for upload in 0..self.model.uploads.len() {
            let filter = Filter {
                upload: i64::try_from(upload + 1).ok(),
                ..Filter::default()
            };
            let of_upload = listed(&started.live, filter).await;
            let ids = self
                .model
                .rows_of(upload)
                .into_iter()
                .map(|row| self.ids[row]);
            assert_eq!(
                of_upload.into_keys().collect::<BTreeSet<_>>(),
                ids.collect()
            );
        }
    }
}

/// What tells the rows of an export apart.
fn said(row: &Value) -> [String; 3] {
    ["label", "noise", "verdict"].map(|field| row[field].to_string())
}

async fn exported(live: &Arc<Live>) -> BTreeSet<[String; 3]> {
    let mut export = Export::new(live.clone(), Filter::default(), ExportFormat::Ndjson);
    let mut text = Vec::new();
    while let Some(part) = export.next_part().await.unwrap() {
        text.extend(part);
    }
    let text = String::from_utf8(text).unwrap();
    let rows = text
        .lines()
        .map(|row| said(&serde_json::from_str(row).unwrap()));
    rows.collect()
}

async fn listed(live: &Live, filter: Filter) -> BTreeMap<i64, Stored> {
    let page = Page {
        after: 0,
        limit: 1000,
    };
    let rows = live.store().measurements(&filter, page).await.unwrap();
    let stored = rows.into_iter().map(|row| {
        let label = row.measurement.label.unwrap();
        let words = Words {
            timing: label.trim_start_matches("timing ").parse().unwrap(),
            wording: usize::from(row.measurement.raw.noise.is_some()),
        };
        let doubted = row.quarantined.is_some();
        (row.id, Stored { words, doubted })
    });
    stored.collect()
}

fn shown(rows: &BTreeMap<i64, Stored>) -> Vec<String> {
    rows.iter().map(|row| format!("{row:?}")).collect()
}

async fn play(steps: &[Step]) {
    let mut world = World::start().await;
    for (i, step) in steps.iter().enumerate() {
        let version = world.version().await;
        world.take(step).await;
        world.learn().await;
        if world.version().await == version {
            // What has stored nothing has not looked for what the other did.
            let live = &world.processes[step.process].live;
            live.refresh().await.unwrap();
        }
        world.check(step.process).await;
        if step.seen {
            let other = 1 - step.process;
            world.processes[other].live.refresh().await.unwrap();
            world.check(other).await;
        }
        if i % 4 == 3 {
            let predictions = world.processes[step.process].predictions(None).await;
            for (fit, prediction) in predictions {
                let before = world.pins.entry(fit).or_insert_with(|| prediction.clone());
                assert_eq!(*before, prediction, "one name, two answers");
            }
        }
    }
    world.check_end().await;
}

fn run<T>(future: impl Future<Output = T>) -> T {
    // A runtime of its own makes it.
    LazyLock::force(&START);
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

/// Requests of some, with the number of timings that are in after each; returns what is in at the end. A number is a timing, with
/// a stroke in other words.
fn story(requests: &[(&str, &str, usize)]) -> Vec<(i64, Words)> {
    run(async {
        let dir = left_of(START.dir.path());
        let process = Process::start(&dir).await;
        let mut rows = BTreeMap::new();
        for (i, (who, request, left)) in requests.iter().enumerate() {
            match request.split_once(' ').unwrap() {
                ("SEND", timings) => {
                    let sent = timings.split(' ').map(|timing| Stored {
                        words: Words {
                            timing: timing.trim_end_matches('\'').parse().unwrap(),
                            wording: usize::from(timing.ends_with('\'')),
                        },
                        doubted: false,
                    });
                    process.send(who, &sent.collect::<Vec<_>>(), false).await;
                }
                (verb, path) => {
                    let (status, body) = process.change(verb == "DELETE", path, who).await;
                    assert_eq!(status, 200, "{request}: {body}");
                }
            }
            rows = listed(&process.live, Filter::default()).await;
            assert_eq!(rows.len(), *left, "request {i}: {who} {request}");
        }
        rows.into_iter().map(|(id, row)| (id, row.words)).collect()
    })
}

#[test]
fn an_upload_that_was_taken_out_twice_can_be_put_back() {
    story(&[
        ("ann", "SEND 0 1", 2),
        ("ann", "DELETE /v1/uploads/2", 0),
        ("ann", "DELETE /v1/uploads/2", 0),
        ("ann", "RESTORE /v1/uploads/2", 2),
        ("ann", "RESTORE /v1/uploads/2", 2),
    ]);
}

#[test]
fn an_upload_can_be_put_back_though_its_rows_came_again_meanwhile() {
    story(&[
        ("ann", "SEND 0 1", 2),
        ("ann", "DELETE /v1/uploads/2", 0),
        ("bob", "SEND 0 1", 2),
        ("ann", "RESTORE /v1/uploads/2", 2),
        ("bob", "DELETE /v1/uploads/3", 2),
        ("ann", "DELETE /v1/uploads/2", 0),
        ("ann", "RESTORE /v1/uploads/2", 2),
    ]);
}

#[test]
fn a_timing_leaves_when_its_last_sender_takes_it_out() {
    story(&[
        ("ann", "SEND 0", 1),
        ("bob", "SEND 0", 1),
        ("ann", "DELETE /v1/uploads/2", 1),
        ("bob", "DELETE /v1/measurements/1", 0),
        ("ann", "RESTORE /v1/uploads/2", 1),
        ("root", "DELETE /v1/measurements/1", 0),
    ]);
}

#[test]
fn the_id_in_the_answer_to_a_file_sent_again_takes_out_what_was_sent() {
    story(&[
        ("ann", "SEND 0 1", 2),
        ("ann", "SEND 0 1 2", 3),
        ("ann", "DELETE /v1/uploads/3", 0),
        ("ann", "RESTORE /v1/uploads/3", 3),
        ("ann", "DELETE /v1/uploads/2", 1),
    ]);
}

#[test]
fn rows_that_were_taken_out_one_by_one_stay_out_when_their_upload_comes_back() {
    story(&[
        ("ann", "SEND 0 1", 2),
        ("ann", "DELETE /v1/measurements/1", 1),
        ("ann", "DELETE /v1/uploads/2", 0),
        ("ann", "RESTORE /v1/uploads/2", 1),
        ("ann", "RESTORE /v1/measurements/1", 2),
    ]);
}

#[test]
fn what_is_sent_again_to_the_letter_keeps_its_id_and_what_was_corrected_takes_its_place() {
    let requests = [
        ("ann", "SEND 0", 1),
        ("ann", "DELETE /v1/uploads/2", 0),
        ("ann", "SEND 0", 1),
        ("ann", "DELETE /v1/uploads/3", 0),
        ("ann", "SEND 0'", 1),
    ];
    let words = |wording| Words { timing: 0, wording };
    assert_eq!(story(&requests[..3]), [(1, words(0))]);
    assert_eq!(story(&requests), [(2, words(1))]);
}

proptest! {
    #[test]
    fn in_any_order_what_is_in_is_what_the_last_requests_say(steps in steps()) {
        run(play(&steps));
    }
}

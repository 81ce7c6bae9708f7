//! Keeping what is stored: backups, the way back, and finding damage. Nothing that only looks changes what it looks at.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::OnceLock;

use axum::body::Body;
use axum::http::{Method, Request, header};
use epochcast::store::{Damage, DatabaseUrl, Scope, Store};
use rustix::process::Signal;
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};
use tempfile::TempDir;

use crate::app::{App, NOW, in_files};
use crate::process::{Process, Told, contents, epochcast, text};

/// The name that the program gives its database.
pub(crate) const DATABASE: &str = "epochcast.db";

impl App {
    async fn sent(&self, kind: &str, body: String) -> Value {
        let token = self.token("me", Scope::Write).await;
        let request = Request::post("/v1/measurements")
            .header(header::CONTENT_TYPE, kind)
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        let answer = self.call(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    async fn told(&self, method: Method, path: &str) {
        let token = self.token("me", Scope::Write).await;
        let answer = self.with_token(method, path, &token).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
    }
}

/// A database on which every write there is was done: uploads with rows in quarantine and rejected ones, taken out and put
/// back, whole and row by row, and tokens, of which one was revoked.
async fn full() -> &'static [u8] {
    static FULL: OnceLock<Vec<u8>> = OnceLock::new();
    in_files();
    if let Some(full) = FULL.get() {
        return full;
    }
    let app = App::seeded().await;
    let row = |label: &str, speed: f64| {
        json!({"platform": {"id": "mine", "device": "GPU"}, "mode": "train", "label": label,
            "model": {"name": "ResNet-50"}, "images_per_second": speed})
    };
    let slip = json!({"platform": "rtx3090-nchw", "mode": "train", "label": "slip", "model": {"name": "ResNet-50"},
        "images_per_second": 0.8});
    let rows = json!([row("a", 100.0), row("b", 101.0), row("c", 102.0)]);
    assert_eq!(
        app.sent("application/json", rows.to_string()).await["upload"],
        2
    );
    let doubted = app.sent("application/json", slip.to_string()).await;
    assert_eq!(
        (&doubted["upload"], &doubted["quarantined"]),
        (&json!(3), &json!(1))
    );
    let lines = format!("{}\n{}\n", row("d", 103.0), json!({"platform": "mine"}));
    let refused = app.sent("application/x-ndjson", lines).await;
    assert_eq!(
        (&refused["upload"], &refused["rejected"]),
        (&json!(4), &json!(1))
    );
    let rows = json!([row("e", 104.0), row("f", 105.0)]);
    assert_eq!(
        app.sent("application/json", rows.to_string()).await["upload"],
        5
    );
    // What was rejected of it would go with it.
    app.told(Method::DELETE, "/v1/uploads/3").await;
    app.told(Method::POST, "/v1/uploads/3/restore").await;
    app.told(Method::DELETE, "/v1/measurements/955").await;
    app.told(Method::DELETE, "/v1/measurements/956").await;
    app.told(Method::POST, "/v1/measurements/956/restore").await;
    app.told(Method::DELETE, "/v1/uploads/5").await;
    app.token("gone", Scope::Admin).await;
    let store = app.live.store();
    assert!(store.revoke_token("gone", NOW + 1).await.unwrap());
    app.live.settle().await.unwrap();
    store.close().await;
    let bytes = fs::read(app.path()).unwrap();
    FULL.get_or_init(|| bytes)
}

/// A folder with that database.
pub(crate) async fn folder() -> TempDir {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join(DATABASE), full().await).unwrap();
    dir
}

/// Those of earlier releases, as they were left.
pub(crate) const EARLIER: [(&str, &[u8]); 4] = [
    ("0.1.0", include_bytes!("../files/epochcast-0.1.0.db.gz")),
    ("0.2.0", include_bytes!("../files/epochcast-0.2.0.db.gz")),
    ("0.3.0", include_bytes!("../files/epochcast-0.3.0.db.gz")),
    ("0.4.0", include_bytes!("../files/epochcast-0.4.0.db.gz")),
];

pub(crate) fn unpacked(packed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed)
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

fn url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

/// As somebody has it who edits the file with another program.
pub(crate) async fn by_hand(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path);
    options.foreign_keys(false).connect().await.unwrap()
}

pub(crate) async fn edit(path: &Path, sql: &str) {
    let mut db = by_hand(path).await;
    let done = sqlx::query(AssertSqlSafe(sql))
        .execute(&mut db)
        .await
        .unwrap();
    assert!(done.rows_affected() > 0, "{sql} changes nothing");
    db.close().await.unwrap();
}

pub(crate) async fn damage(path: &Path) -> Vec<Damage> {
    let url: DatabaseUrl = url(path).parse().unwrap();
    let store = Store::look(&url).await.unwrap();
    let damage = store.damage().await.unwrap();
    store.close().await;
    damage
}

pub(crate) fn exported(dir: &Path) -> String {
    let done = epochcast(dir, &["export"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    text(&done.stdout).to_owned()
}

pub(crate) fn backed_up(dir: &Path, name: &str) -> PathBuf {
    let done = epochcast(dir, &["backup", name]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    dir.join(name)
}

pub(crate) fn names(dir: &Path) -> Vec<String> {
    let files = contents(dir).into_keys();
    let name = |path: PathBuf| path.strip_prefix(dir).unwrap().display().to_string();
    files.map(name).collect()
}

#[tokio::test]
async fn what_every_write_leaves_is_not_taken_for_damage() {
    let dir = folder().await;
    assert_eq!(damage(&dir.path().join(DATABASE)).await, []);
    let verified = epochcast(dir.path(), &["verify"]);
    assert_eq!(text(&verified.stdout), "no damage found\n");
}

/// Edits by hand, each with the place that it is found at.
const EDITS: [(&str, &str); 50] = [
        ("update tokens set scope = 'admin' where name = 'me'", "token 1"),
        ("update tokens set name = 'you' where name = 'me'", "token 1"),
        ("update tokens set expires_at = 1 where name = 'me'", "token 1"),
        ("update tokens set hash = 'x' where name = 'me'", "token 1"),
        ("update tokens set revoked_at = null where name = 'gone'", "token 2"),
        ("update tokens set revoked_at = 5 where name = 'gone'", "token 2"),
        ("delete from tokens where name = 'gone'", "token 2"),
        (
            "insert into tokens (id, name, scope, hash, created_at) values (7, 'new', 'admin', 'h', 1)",
            "token 7",
        ),
        ("update uploads set sender = 'you' where id = 2", "upload 2"),
        ("update uploads set token = 2 where id = 2", "upload 2"),
        ("insert into duplicates values (2, 3, null)", "upload 2"),
        ("update measurements set mark = 'row' where id = 5", "upload 1"),
        ("update uploads set accepted = 4 where id = 2", "upload 2"),
        ("update uploads set created_at = 4 where id = 2", "upload 2"),
        ("update uploads set version = 1 where id = 4", "upload 4"),
        ("update uploads set content_hash = 'x' where id = 2", "upload 2"),
        ("update uploads set removed_at = 9 where id = 2", "upload 2"),
        ("update uploads set removed_at = null where id = 5", "upload 5"),
        ("delete from uploads where id = 5", "upload 5"),
        (
            "insert into uploads select 9, created_at, sender, accepted, duplicates, quarantined, rejected, content_hash, removed_at, version, token
             from uploads where id = 4",
            "upload 9",
        ),
        ("update measurements set quarantined = null where upload = 3", "upload 3"),
        ("update measurements set quarantined = 'slow' where upload = 3", "upload 3"),
        ("update measurements set quarantined = 'slow' where id = 5", "upload 1"),
        ("update measurements set removed_at = null where id = 955", "upload 2"),
        ("update measurements set removed_at = 5 where id = 5", "upload 1"),
        ("update measurements set upload = 4 where id = 956", "upload 2"),
        ("update measurements set images_per_second = 1 where id = 300", "upload 1"),
        ("update measurements set label = 'x' where id = 957", "upload 2"),
        ("delete from measurements where id = 960", "upload 5"),
        ("update measurements set id = 1000 where id = 960", "upload 5"),
        ("update moves set measurement = 3 where measurement = 955", "table moves"),
        ("delete from moves where measurement = 956", "table moves"),
        ("insert into moves values (2, 3)", "table moves"),
        ("update rejections set sent = '{}'", "upload 4"),
        ("update rejections set line = 7", "upload 4"),
        ("delete from rejections", "upload 4"),
        ("insert into rejections values (2, 1, '', '', '', '')", "upload 2"),
        ("update fits set version = version + 1 where hash = (select max(hash) from fits)", "table fits"),
        ("delete from fits where hash = (select min(hash) from fits)", "table fits"),
        ("insert into fits values (5, 1)", "table fits"),
        ("update platforms set device = 'other' where id = 'mine'", "platform \"mine\""),
        ("update platforms set device_count = 9 where id = 'v100x8-paper'", "platform \"v100x8-paper\""),
        ("delete from platforms where id = 'mine'", "platform \"mine\""),
        ("insert into platforms (id, device, device_count) values ('new', 'GPU', 1)", "platform \"new\""),
        ("update data_version set version = version - 1", "table data_version"),
        ("insert into meta values ('seed', 'none')", "table meta"),
        ("update seals set rows = 3 where sealed = 'tokens' and part = '1'", "token 1"),
        ("update seals set sum = 'x' where sealed = 'tokens' and part = '1'", "token 1"),
        ("delete from seals where sealed = 'tokens' and part = '1'", "token 1"),
        ("delete from seals", "table seals"),
];

#[tokio::test]
async fn each_edit_by_hand_is_found_and_its_place_named() {
    for (sql, place) in EDITS {
        let dir = folder().await;
        let path = dir.path().join(DATABASE);
        edit(&path, sql).await;
        let found = damage(&path).await;
        let places: Vec<&str> = found.iter().map(|damage| damage.place.as_str()).collect();
        assert!(places.contains(&place), "{sql}: {found:?}");
        // Nothing else is blamed but what such a row belongs to.
        let own =
            |word: &str| word == place || word.starts_with("upload") || word.starts_with("table");
        assert!(places.iter().all(|word| own(word)), "{sql}: {found:?}");
    }
}

#[tokio::test]
async fn what_changes_nothing_is_no_damage() {
    let dir = folder().await;
    let path = dir.path().join(DATABASE);
    for sql in [
        "update tokens set last_used_at = 5",
        "update tokens set scope = scope",
        "insert into meta values ('probe', '1') on conflict do update set value = '2'",
    ] {
        edit(&path, sql).await;
        assert_eq!(damage(&path).await, [], "{sql}");
    }
}

/// Numbers of the leaf pages of a table.
pub(crate) async fn pages(path: &Path, table: &str) -> Vec<u32> {
    let sql = "select pageno from dbstat where name = $1 and pagetype = 'leaf' order by pageno";
    let mut db = by_hand(path).await;
    let pages = sqlx::query_scalar(sql)
        .bind(table)
        .fetch_all(&mut db)
        .await
        .unwrap();
    db.close().await.unwrap();
    pages
}

pub(crate) fn destroy(path: &Path, page: u32) {
    let mut bytes = fs::read(path).unwrap();
    let at = usize::try_from(page - 1).unwrap() * 4096;
    bytes[at..at + 4096].fill(0xa5);
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn verify_goes_on_past_a_destroyed_page_and_names_the_uploads_that_it_belongs_to() {
    let dir = folder().await;
    let path = dir.path().join(DATABASE);
    edit(&path, "update tokens set scope = 'admin' where name = 'me'").await;
    let leaves = pages(&path, "measurements").await;
    destroy(&path, *leaves.last().unwrap());
    destroy(&path, pages(&path, "rejections").await[0]);
    let before = contents(dir.path());
    let verified = epochcast(dir.path(), &["verify"]);
    assert_eq!(verified.status.code(), Some(1));
    let told = text(&verified.stderr);
    for words in [
        "database: ",
        "upload 4: its rows cannot all be read",
        "upload 5: its rows cannot all be read",
        "upload 4: its rejected rows: cannot all be read",
        "token 1: what is said of it: not as it was stored",
        "places are damaged",
    ] {
        assert!(told.contains(words), "{words} is not in\n{told}");
    }
    assert!(!told.contains("token 2"), "{told}");
    assert_eq!(contents(dir.path()), before);
    // A copy of that is no backup, and none is left.
    let copied = epochcast(dir.path(), &["backup", "copy.db"]);
    assert_eq!(copied.status.code(), Some(1));
    assert_eq!(contents(dir.path()), before);
}

#[tokio::test]
async fn whatever_page_is_destroyed_it_is_found_by_verify_and_by_a_start() {
    let dir = folder().await;
    let path = dir.path().join(DATABASE);
    let whole = fs::read(&path).unwrap();
    let pages = u32::try_from(whole.len() / 4096).unwrap();
    for page in (1..=pages).step_by(7) {
        fs::write(&path, &whole).unwrap();
        destroy(&path, page);
        let verified = epochcast(dir.path(), &["verify"]);
        assert_eq!(verified.status.code(), Some(1), "page {page}");
        let start = epochcast(dir.path(), &["--listen", "127.0.0.1:0"]);
        assert_eq!(
            start.status.code(),
            Some(1),
            "page {page}: {}",
            text(&start.stdout)
        );
        assert!(start.stdout.is_empty());
        assert_eq!(
            text(&start.stderr).lines().count(),
            1,
            "{}",
            text(&start.stderr)
        );
    }
}

/// The ways to look at a database, but for an evaluation, which takes long and has a test of its own.
const LOOKS: [&[&str]; 6] = [
    &["verify"],
    &["export"],
    &["doctor", "--listen", "127.0.0.1:0"],
    &["predict", "resnet50", "--platform", "rtx3090-nchw"],
    &["token", "list"],
    &["backup", "../copy.db"],
];

/// What each way to look says in `dir`, where not a byte changes.
fn looked(dir: &Path) -> BTreeMap<&'static str, Output> {
    let before = contents(dir);
    let mut said = BTreeMap::new();
    for look in LOOKS {
        said.insert(look[0], epochcast(dir, look));
        assert_eq!(contents(dir), before, "{look:?} has changed something");
    }
    let _ = fs::remove_file(dir.join("../copy.db"));
    said
}

/// A folder within another, so that what is written elsewhere is not written there.
fn inner(dir: &TempDir) -> PathBuf {
    let inner = dir.path().join("inner");
    fs::create_dir(&inner).unwrap();
    inner
}

#[tokio::test]
async fn looking_at_a_database_that_lies_still_changes_nothing() {
    let dir = TempDir::new().unwrap();
    let inner = inner(&dir);
    fs::write(inner.join(DATABASE), full().await).unwrap();
    for (look, output) in looked(&inner) {
        assert!(output.status.success(), "{look}: {}", text(&output.stderr));
    }
}

#[test]
fn where_there_is_no_database_none_is_made() {
    let dir = TempDir::new().unwrap();
    for look in [
        &["verify"][..],
        &["export"],
        &["evaluate"],
        &["doctor", "--listen", "127.0.0.1:0"],
        &["token", "list"],
        &["backup", "copy.db"],
    ] {
        let output = epochcast(dir.path(), look);
        assert_eq!(output.status.code(), Some(1), "{look:?}");
        let told = [text(&output.stdout), text(&output.stderr)].concat();
        assert!(
            told.contains("there is no database at epochcast.db"),
            "{told}"
        );
        assert_eq!(names(dir.path()), [""; 0], "{look:?}");
    }
}

#[test]
fn what_a_killed_server_left_is_read_with_its_log_and_stays_as_it_is() {
    let dir = TempDir::new().unwrap();
    let inner = inner(&dir);
    drop(Process::start(&inner, &[]));
    let create = ["token", "create", "--name", "late", "--scope", "write"];
    let token = epochcast(&inner, &create).stdout;
    let server = Process::start(&inner, &[]);
    let row = json!({"platform": "v100x8-paper", "mode": "train", "label": "late", "model": {"name": "ResNet-50"},
        "images_per_second": 2100.0})
    .to_string();
    let mut upload = server.connect();
    write!(
        upload,
        "POST /v1/measurements HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{row}",
        text(&token).trim(),
        row.len()
    )
    .unwrap();
    assert_eq!(Told::read(&mut upload).status, 200);
    server.signal(Signal::KILL);
    server.wait();
    assert!(fs::metadata(inner.join("epochcast.db-wal")).unwrap().len() > 0);
    let said = looked(&inner);
    for (look, output) in &said {
        assert!(output.status.success(), "{look}: {}", text(&output.stderr));
    }
    // It was stored in the log alone.
    assert!(text(&said["export"].stdout).contains("late"));
    assert_eq!(text(&said["export"].stdout).lines().count(), 955);
}

#[test]
fn a_database_that_is_served_is_looked_at_as_it_is_now() {
    let dir = TempDir::new().unwrap();
    let server = Process::start(dir.path(), &[]);
    let create = ["token", "create", "--name", "late", "--scope", "read"];
    assert!(epochcast(dir.path(), &create).status.success());
    let before = names(dir.path());
    for look in &LOOKS[..5] {
        let output = epochcast(dir.path(), look);
        assert!(
            output.status.success(),
            "{look:?}: {}",
            text(&output.stderr)
        );
        assert_eq!(names(dir.path()), before, "{look:?}");
    }
    let listed = epochcast(dir.path(), &["token", "list"]);
    assert!(text(&listed.stdout).contains("late"));
    backed_up(dir.path(), "copy.db");
    assert_eq!(server.get("/readyz").status, 200);
}

#[test]
fn a_database_of_every_earlier_release_is_read_and_not_migrated() {
    for (release, packed) in EARLIER {
        let dir = TempDir::new().unwrap();
        let inner = inner(&dir);
        fs::write(inner.join(DATABASE), unpacked(packed)).unwrap();
        for (look, output) in looked(&inner) {
            // They have no timing of that platform, and say so.
            let done = look == "predict" || output.status.success();
            assert!(done, "{release} {look}: {}", text(&output.stderr));
        }
    }
}

#[tokio::test]
async fn what_an_interrupted_copy_left_is_reported_and_stays_as_it_is() {
    // As `vacuum into` of earlier releases leaves it when it is killed: half a file, and a journal to undo it by.
    let dir = TempDir::new().unwrap();
    let inner = inner(&dir);
    let path = inner.join(DATABASE);
    let mut db = SqliteConnectOptions::new()
        .filename(dir.path().join("half.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Delete)
        .pragma("cache_size", "10")
        .connect()
        .await
        .unwrap();
    for sql in ["begin", "create table measurements (a)"] {
        sqlx::query(sql).execute(&mut db).await.unwrap();
    }
    for _ in 0..100 {
        let fill = "insert into measurements values (randomblob(4000))";
        sqlx::query(fill).execute(&mut db).await.unwrap();
    }
    for suffix in ["", "-journal"] {
        let from = dir.path().join(format!("half.db{suffix}"));
        assert!(fs::metadata(&from).unwrap().len() > 0, "{suffix}");
        fs::copy(from, inner.join(format!("{DATABASE}{suffix}"))).unwrap();
    }
    db.close().await.unwrap();
    for (look, output) in looked(&inner) {
        assert_eq!(output.status.code(), Some(1), "{look}");
    }
    let restored = epochcast(
        &inner,
        &["restore", DATABASE, "--database-url", "sqlite://x.db"],
    );
    assert!(
        text(&restored.stderr).contains("-journal lies beside it"),
        "{}",
        text(&restored.stderr)
    );
    assert!(path.exists());
}

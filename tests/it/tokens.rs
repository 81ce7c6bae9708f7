//! Tokens: who may write, how often, and for how long.

use std::num::NonZeroU32;

use axum::body::Body;
use axum::http::{Method, Request, header};
use epochcast::http::{Limits, router};
use epochcast::store::{NewToken, Options, Scope, Sender, Store};
use sha2::{Digest, Sha256};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::app::{App, NOW, in_files};
use crate::process::{epochcast, text};
use crate::service::{LATER, of_release};

/// Does `sql` to the database at `path`, as no release would.
async fn by_hand(path: &std::path::Path, sql: &str) {
    let db = SqliteConnectOptions::new().filename(path);
    let mut db = db.connect().await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
        .execute(&mut db)
        .await
        .unwrap();
    db.close().await.unwrap();
}

/// A row of the tokens with the name that `name` is in SQL, for the token `secret`.
fn token_row((id, name): (i64, &str), secret: &str, created_at: i64) -> String {
    let hash = Sha256::digest(secret)
        .iter()
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    format!(
        "insert into tokens (id, name, scope, hash, created_at) values ({id}, {name}, 'write', '{hash}', {created_at});"
    )
}

#[tokio::test]
async fn one_may_undo_ones_own_and_an_admin_all() {
    let app = App::seeded().await;
    let (me, admin) = (
        app.token("me", Scope::Write).await,
        app.token("boss", Scope::Admin).await,
    );
    assert_eq!(
        app.with_token(Method::DELETE, "/v1/uploads/1", &me)
            .await
            .status,
        403
    );
    assert_eq!(
        app.with_token(Method::DELETE, "/v1/uploads/1", &admin)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_token_called_as_the_service_owns_nothing_that_the_service_has_sent() {
    in_files();
    let app = App::seeded().await;
    // Releases before this one made such tokens.
    by_hand(&app.path(), &token_row((1, "'seed'"), "epochcast_old", NOW)).await;
    for path in ["/v1/uploads/1", "/v1/measurements/1"] {
        let refused = app.with_token(Method::DELETE, path, "epochcast_old").await;
        assert_eq!(refused.status, 403, "{path}: {}", refused.body);
    }
    let page = app.get("/v1/uploads").await.body;
    assert_eq!(page["uploads"][0]["sender"], "seed");
}

#[tokio::test]
async fn an_upload_is_its_tokens_own_by_id_whatever_others_are_called() {
    in_files();
    let app = App::seeded().await;
    let (me, other) = (
        app.token("me", Scope::Write).await,
        app.token("other", Scope::Write).await,
    );
    let row =
        "platform,mode,flops,params,acts,images_per_second\nv100x8-paper,train,4e9,2e7,1e7,2500\n";
    let request = Request::post("/v1/measurements")
        .header(header::AUTHORIZATION, format!("Bearer {me}"))
        .header(header::CONTENT_TYPE, "text/csv");
    let stored = app.call(request.body(row.into()).unwrap()).await;
    assert_eq!(stored.body["accepted"], 1, "{}", stored.body);
    // Were names what counts, it would now be the other's.
    by_hand(&app.path(), "update tokens set name = 'x' where name = 'me'; update tokens set name = 'me' where name = 'other'").await;
    let id = stored.body["upload"].as_i64().unwrap();
    let path = format!("/v1/uploads/{id}");
    let refused = app.with_token(Method::DELETE, &path, &other).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    assert_eq!(app.with_token(Method::DELETE, &path, &me).await.status, 200);
}

#[tokio::test]
async fn uploads_are_listed_the_newest_first_by_sender_and_by_whether_they_are_in() {
    let app = App::seeded().await;
    let mut sent = Vec::new();
    for name in ["ann", "bob_1", "bobx1"] {
        let token = app.token(name, Scope::Write).await;
        let row = format!(
            "platform,mode,label,flops,params,acts,images_per_second\nv100x8-paper,train,{name},4e9,2e7,1e7,2500\n"
        );
        let request = Request::post("/v1/measurements")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "text/csv");
        let stored = app.call(request.body(row.into()).unwrap()).await;
        let id = stored.body["upload"].as_i64().unwrap();
        sent.push((id, token));
    }
    let [(ann, token), (bob, _), (other, _)] = &sent[..] else {
        panic!("three were sent");
    };
    let path = format!("/v1/uploads/{ann}");
    let gone = app.with_token(Method::DELETE, &path, token).await;
    assert_eq!(gone.status, 200);
    let ids = async |query: &str| -> Vec<i64> {
        let body = app.get(&format!("/v1/uploads?{query}")).await.body;
        let uploads = body["uploads"].as_array().unwrap().iter();
        uploads.map(|one| one["upload"].as_i64().unwrap()).collect()
    };
    assert_eq!(ids("order=desc").await, [*other, *bob, *ann, 1]);
    assert_eq!(ids(&format!("order=desc&after={bob}")).await, [*ann, 1]);
    // A sign that stands for any letter in SQL stands for itself.
    assert_eq!(ids("sender=BOB_").await, [*bob]);
    assert_eq!(ids("removed=true").await, [*ann]);
    assert_eq!(ids("removed=false&sender=b").await, [*bob, *other]);
    let wrong = app.get("/v1/uploads?order=newest").await;
    assert_eq!(wrong.body["errors"][0]["pointer"], "/order");
}

#[tokio::test]
async fn the_name_of_a_revoked_token_is_not_given_again() {
    let app = App::seeded().await;
    app.token("me", Scope::Write).await;
    let store = app.live.store();
    assert!(store.revoke_token("me", NOW).await.unwrap());
    let again = NewToken {
        name: "me".parse().unwrap(),
        scope: Scope::Write,
        created_at: NOW,
        expires_at: None,
    };
    assert_eq!(store.create_token([9; 32], &again).await.unwrap(), None);
}

#[tokio::test]
async fn uploads_of_earlier_releases_are_those_of_the_token_that_had_their_senders_name_then() {
    let dir = TempDir::new().unwrap();
    let url = of_release(LATER[2], &dir);
    let upload = |id: i64, sender: &str, created_at: i64| {
        format!(
            "insert into uploads (id, created_at, sender, accepted, duplicates, quarantined, rejected, content_hash)
             select {id}, {created_at}, '{sender}', 0, 0, 0, 0, content_hash from uploads where id = 1;"
        )
    };
    let edits = [
        token_row((10, "'seed'"), "a", 0),
        token_row((11, "'young'"), "b", 2000),
        upload(10, "seed", 1000),
        upload(11, "young", 1000),
        upload(12, "young", 3000),
        upload(13, "gone", 3000),
    ];
    by_hand(url.file().unwrap(), &edits.concat()).await;
    let options = Options {
        seed: true,
        now: NOW,
    };
    let store = Store::open(&url, options).await.unwrap();
    let uploads = store.uploads(0, 100).await.unwrap();
    let owners: Vec<(&str, Option<i64>)> = uploads
        .iter()
        .map(|upload| (upload.sender.name.as_str(), upload.sender.token))
        .collect();
    assert_eq!(
        owners,
        [
            ("lab", Some(2)),
            ("lab", Some(2)),
            ("owner", Some(1)),
            ("seed", None),
            ("young", None),
            ("young", Some(11)),
            ("gone", None),
        ]
    );
    let lab = Sender {
        name: "lab".to_owned(),
        token: Some(2),
    };
    let uploads = store.uploads_of_row(1).await.unwrap();
    assert_eq!(uploads[0].sender, lab);
}

#[tokio::test]
async fn a_name_that_cannot_be_printed_is_written_out_wherever_it_is_read() {
    in_files();
    let app = App::seeded().await;
    let row = token_row(
        (1, "'a' || char(10, 27) || '[31m' || char(8238)"),
        "epochcast_odd",
        NOW,
    );
    by_hand(&app.path(), &row).await;
    let refused = app
        .with_token(Method::DELETE, "/v1/uploads/1", "epochcast_odd")
        .await;
    assert_eq!(refused.status, 403);
    let written = r"a\n\u{1b}[31m\u{202e}";
    let kept = app.live.store().tokens().await.unwrap();
    assert_eq!(kept[0].name, written);
    let row = "{\"platform\": \"v100x8-paper\", \"mode\": \"train\", \"model\": {\"name\": \"ResNet-50\"}, \"images_per_second\": 2500}";
    let request = Request::post("/v1/measurements")
        .header(header::AUTHORIZATION, "Bearer epochcast_odd")
        .header(header::CONTENT_TYPE, "application/x-ndjson");
    assert_eq!(
        app.call(request.body(row.into()).unwrap()).await.status,
        200
    );
    assert_eq!(app.get("/v1/uploads/2").await.body["sender"], written);
    let url = format!("sqlite://{}", app.path().display());
    let listed = epochcast(app.folder(), &["token", "list", "--database-url", &url]);
    assert!(
        text(&listed.stdout).contains(written),
        "{}",
        text(&listed.stdout)
    );
    assert_eq!(text(&listed.stdout).lines().count(), 2);
    // As it is listed it can be ended.
    assert!(app.live.store().revoke_token(written, NOW).await.unwrap());
    assert!(
        app.live
            .store()
            .token("epochcast_odd", NOW)
            .await
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_name_that_is_refused_is_told_with_what_is_wrong_with_it() {
    let dir = TempDir::new().unwrap();
    for (name, word) in [
        ("seed", "the service itself sends under `seed`"),
        ("a\tb", r"the name holds \t"),
    ] {
        let refused = epochcast(
            dir.path(),
            &["token", "create", "--name", name, "--scope", "write"],
        );
        assert_eq!(refused.status.code(), Some(2));
        assert!(
            text(&refused.stderr).contains(word),
            "{}",
            text(&refused.stderr)
        );
    }
    assert!(!dir.path().join("epochcast.db").exists());
}

#[tokio::test]
async fn every_operation_that_writes_needs_a_token_that_allows_it() {
    let app = App::seeded().await;
    let (reader, writer, admin) = (
        app.token("reader", Scope::Read).await,
        app.token("writer", Scope::Write).await,
        app.token("admin", Scope::Admin).await,
    );
    let document = app.get("/openapi.json").await.body;
    let (mut guarded, mut for_admins) = (0, 0);
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let path = path.replace("{id}", "999999").replace("{name}", "x");
            let open = operation["security"].is_null();
            let without = app
                .call(
                    Request::builder()
                        .method(&method)
                        .uri(&path)
                        .body(Body::empty())
                        .unwrap(),
                )
                .await;
            let status = |token: &'static str| app.with_token(method.clone(), &path, token);
            let wrong = status("epochcast_wrong").await.status.as_u16();
            if open {
                assert!(without.status != 401 && wrong != 401, "{method} {path}");
                continue;
            }
            guarded += 1;
            assert_eq!(
                (without.status.as_u16(), wrong),
                (401, 401),
                "{method} {path}"
            );
            assert_eq!(
                app.with_token(method.clone(), &path, &reader).await.status,
                403,
                "{method} {path}"
            );
            let allowed = if operation["security"][0]["token"][0] == "admin" {
                let answer = app.with_token(method.clone(), &path, &writer).await;
                assert_eq!(answer.status, 403, "{method} {path}");
                for_admins += 1;
                &admin
            } else {
                &writer
            };
            let full = app.with_token(method.clone(), &path, allowed).await;
            let full = full.status.as_u16();
            assert!(full != 401 && full != 403, "{method} {path}: {full}");
        }
    }
    assert!(guarded >= 5 && for_admins >= 5, "{guarded}, {for_admins}");
}

#[tokio::test]
async fn a_token_ends_when_it_expires_or_is_revoked_and_is_kept_as_a_hash() {
    in_files();
    let app = App::seeded().await;
    let store = app.live.store();
    let secret = app.token("me", Scope::Write).await;
    assert_eq!(secret.len(), "epochcast_".len() + 64);
    assert!(store.token(&secret, NOW).await.unwrap().is_some());
    assert!(store.revoke_token("me", NOW).await.unwrap());
    assert!(store.token(&secret, NOW).await.unwrap().is_none());
    let brief = NewToken {
        name: "brief".parse().unwrap(),
        scope: Scope::Write,
        created_at: NOW,
        expires_at: Some(NOW + 10),
    };
    let secret = store.create_token([1; 32], &brief).await.unwrap().unwrap();
    assert!(store.token(&secret, NOW + 9).await.unwrap().is_some());
    assert!(store.token(&secret, NOW + 10).await.unwrap().is_none());
    store.close().await;
    let file = std::fs::read(app.path()).unwrap();
    assert!(
        !file
            .windows(secret.len())
            .any(|part| part == secret.as_bytes())
    );
}

#[tokio::test]
async fn a_token_that_writes_too_often_is_told_when_to_come_back() {
    let app = App::seeded().await;
    let token = app.token("me", Scope::Write).await;
    let limits = Limits {
        writes_per_minute: NonZeroU32::new(1),
        ..Limits::default()
    };
    let limited = router(app.live.clone(), limits);
    let send = || {
        let request = Request::post("/v1/measurements")
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        limited
            .clone()
            .oneshot(request.body(Body::empty()).unwrap())
    };
    assert_eq!(send().await.unwrap().status(), 415);
    let refused = send().await.unwrap();
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()[header::RETRY_AFTER]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&wait));
}

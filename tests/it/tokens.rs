//! Tokens: who may write, how often, and for how long.

use std::num::NonZeroU32;

use axum::body::Body;
use axum::http::{Method, Request, header};
use epochcast::http::{Limits, router};
use epochcast::store::{Scope, Token};
use tower::ServiceExt;

use crate::app::{App, NOW};

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
async fn every_operation_that_writes_needs_a_token_that_allows_it() {
    let app = App::seeded().await;
    let (reader, writer) = (
        app.token("reader", Scope::Read).await,
        app.token("writer", Scope::Write).await,
    );
    let document = app.get("/openapi.json").await.body;
    let mut guarded = 0;
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
            let full = app
                .with_token(method.clone(), &path, &writer)
                .await
                .status
                .as_u16();
            assert!(full != 401 && full != 403, "{method} {path}: {full}");
        }
    }
    assert!(guarded >= 5);
}

#[tokio::test]
async fn a_token_ends_when_it_expires_or_is_revoked_and_is_kept_as_a_hash() {
    let app = App::seeded().await;
    let store = app.live.store();
    let secret = app.token("me", Scope::Write).await;
    assert_eq!(secret.len(), "epochcast_".len() + 64);
    assert!(store.token(&secret, NOW).await.unwrap().is_some());
    assert!(store.revoke_token("me", NOW).await.unwrap());
    assert!(store.token(&secret, NOW).await.unwrap().is_none());
    let brief = Token {
        name: "brief".into(),
        expires_at: Some(NOW + 10),
        ..store.tokens().await.unwrap()[0].clone()
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

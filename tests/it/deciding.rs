//! People decide in the end: rows are released and held out with a reason, and a log says who did what.

use axum::body::Body;
use axum::http::{Method, Request, header};
use epochcast::live::Live;
use epochcast::store::{Options, Scope, Store};
use epochcast::timing::{Estimator, FitId, Form, PlatformId};
use serde_json::{Value, json};

use crate::app::{Answer, App, NOW};
use crate::standing::{at_speed, rows};

const WHY: &str = "timed again on the same machine";

impl App {
    /// What `token` gets for deciding `what` with `body`.
    async fn decides(&self, what: &str, token: &str, body: &Value) -> Answer {
        let request = Request::post(what)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.call(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    /// Ids and reasons of the rows of upload 2 that are out.
    async fn out(&self) -> Vec<(i64, String)> {
        let path = "/v1/measurements?upload=2&quarantined=true&limit=1000";
        let listed = self.get(path).await.body;
        let rows = listed["measurements"].as_array().unwrap().iter();
        let row = |row: &Value| {
            (
                row["id"].as_i64().unwrap(),
                row["quarantined"].as_str().unwrap().to_owned(),
            )
        };
        rows.map(row).collect()
    }
}

impl App {
    async fn out_ids(&self) -> Vec<i64> {
        self.out().await.into_iter().map(|(id, _)| id).collect()
    }
}

/// Thirty rows, of which two are 1,000 times too fast and one is twice as fast.
async fn with_doubted_rows() -> App {
    let app = App::seeded().await;
    let mut sent = rows(30);
    sent[3] = at_speed(sent[3].clone(), 1e3);
    sent[8] = at_speed(sent[8].clone(), 1e3);
    sent[12] = at_speed(sent[12].clone(), 2.3);
    let answer = app.judged("", &sent).await;
    assert_eq!(answer.body["quarantined"], 2, "{}", answer.body);
    app
}

/// The present fit of `mine`: its id, and every figure of it.
async fn fit(live: &Live) -> (FitId, String) {
    live.settle().await.unwrap();
    let predictors = live.predictors();
    let mine = PlatformId::new("mine").unwrap();
    let fit = predictors
        .get(&mine, epochcast::timing::Mode::Train)
        .unwrap();
    let fitted = Form::ALL.map(|form| format!("{:?}", fit.fitted(form)));
    (fit.id(Estimator::default()), format!("{fitted:?}"))
}

#[tokio::test]
async fn a_released_row_is_in_whatever_is_thought_of_it_and_a_held_one_is_out() {
    let app = with_doubted_rows().await;
    let admin = app.token("root", Scope::Admin).await;
    let out = app.out_ids().await;
    let (first, path) = (out[0], format!("/v1/measurements/{}", out[0]));
    let why = json!({"reason": WHY});
    let answer = app.decides(&format!("{path}/release"), &admin, &why).await;
    assert_eq!(answer.body, json!({"measurements": 1, "moved": 1}));
    assert_eq!(app.out_ids().await, out[1..]);
    // All is judged anew when rows come, and it stays.
    app.judged("", &rows(34)[30..]).await;
    assert_eq!(app.out_ids().await, out[1..]);
    let again = app.decides(&format!("{path}/release"), &admin, &why).await;
    assert_eq!(again.body, json!({"measurements": 1, "moved": 0}));
    // Taken out and put back, it is in again.
    app.with_token(Method::DELETE, "/v1/uploads/2", &admin)
        .await;
    app.with_token(Method::POST, "/v1/uploads/2/restore", &admin)
        .await;
    assert_eq!(app.out_ids().await, out[1..]);
    let held = app.decides(&format!("{path}/hold"), &admin, &why).await;
    assert_eq!(held.body, json!({"measurements": 1, "moved": 1}));
    let reason = (first, format!("held out: {WHY}"));
    assert!(app.out().await.contains(&reason), "{:?}", app.out().await);
    app.judged("", &rows(38)[34..]).await;
    assert!(app.out().await.contains(&reason), "{:?}", app.out().await);
    let all = app.decides("/v1/uploads/2/release", &admin, &why).await;
    assert_eq!(all.body, json!({"measurements": 30, "moved": 2}));
    assert_eq!(app.out().await, []);
}

#[tokio::test]
async fn fits_of_before_and_after_a_decision_are_made_again_to_the_bit() {
    let app = with_doubted_rows().await;
    let admin = app.token("root", Scope::Admin).await;
    let why = json!({"reason": WHY});
    let mut fits = vec![fit(&app.live).await];
    for what in [
        // The first also vouches for a row that is in and weighs little; the second for nothing new.
        "/v1/uploads/2/release",
        "/v1/uploads/2/hold",
        "/v1/uploads/2/release",
        "/v1/measurements/956/hold",
    ] {
        let answer = app.decides(what, &admin, &why).await;
        assert_eq!(answer.status, 200, "{what}: {}", answer.body);
        if !what.ends_with("uploads/2/hold") {
            fits.push(fit(&app.live).await);
        }
    }
    assert_ne!(fits[0].0, fits[1].0);
    assert_eq!(fits[1], fits[2]);
    assert_ne!(fits[2].0, fits[3].0);
    // Another process, which has made none of them.
    let options = Options {
        seed: false,
        now: NOW,
    };
    let store = Store::open(app.url(), options).await.unwrap();
    let other = Live::open(store).await.unwrap();
    assert_eq!(fit(&other).await, fits[3]);
    for (id, figures) in &fits {
        let pinned = other.pinned(id).await.unwrap();
        let fitted = Form::ALL.map(|form| format!("{:?}", pinned.fitted(form)));
        assert_eq!(&format!("{fitted:?}"), figures, "{id}");
    }
}

#[tokio::test]
async fn only_an_administrator_decides_and_only_with_a_reason() {
    let app = with_doubted_rows().await;
    let [admin, writer] = [
        app.token("root", Scope::Admin).await,
        app.token("mine", Scope::Write).await,
    ];
    let why = json!({"reason": WHY});
    let out = app.out().await;
    for what in ["/v1/uploads/2/release", "/v1/measurements/900/hold"] {
        assert_eq!(app.post(what, &why).await.status, 401, "{what}");
        assert_eq!(app.decides(what, &writer, &why).await.status, 403, "{what}");
        for wrong in [json!({}), json!({"reason": " "}), json!({"because": "x"})] {
            let answer = app.decides(what, &admin, &wrong).await;
            assert_eq!(answer.status, 422, "{what} {wrong}: {}", answer.body);
        }
    }
    for what in ["/v1/uploads/99/release", "/v1/measurements/99999/hold"] {
        assert_eq!(app.decides(what, &admin, &why).await.status, 404, "{what}");
    }
    assert_eq!(app.out().await, out);
    assert_eq!(app.get("/v1/audit").await.status, 401);
    let refused = app.with_token(Method::GET, "/v1/audit", &writer).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
}

#[tokio::test]
async fn the_log_says_who_did_what_the_newest_first() {
    let app = with_doubted_rows().await;
    let admin = app.token("root", Scope::Admin).await;
    let why = json!({"reason": WHY});
    app.decides("/v1/uploads/2/hold", &admin, &why).await;
    app.decides("/v1/uploads/2/hold", &admin, &json!({})).await;
    app.with_token(Method::DELETE, "/v1/uploads/2", &admin)
        .await;
    app.with_token(Method::POST, "/v1/uploads/2/restore", &admin)
        .await;
    app.live.store().revoke_token("root", NOW).await.unwrap();
    let boss = app.token("boss", Scope::Admin).await;
    let log = app.with_token(Method::GET, "/v1/audit", &boss).await.body;
    let entries = log["entries"].as_array().unwrap();
    let told = |entry: &Value| {
        let word = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let (id, n) = (&entry["subject_id"], &entry["measurements"]);
        let did = format!(
            "{} {} {} {id} {n} {}",
            word("by"),
            word("action"),
            word("subject"),
            word("subject_name")
        );
        format!("{did} {}", word("reason")).trim().to_owned()
    };
    let told: Vec<String> = entries.iter().map(told).collect();
    let seed = entries.last().unwrap()["measurements"].clone();
    assert_eq!(
        told,
        [
            "command line token_created token 2 0 boss".to_owned(),
            "command line token_revoked token 1 0 root".to_owned(),
            "root restore upload 2 30".to_owned(),
            "root undo upload 2 30".to_owned(),
            format!("root hold upload 2 30  {WHY}"),
            "root upload upload 2 30".to_owned(),
            "command line token_created token 1 0 root".to_owned(),
            format!("seed upload upload 1 {seed}"),
        ]
    );
    assert!(seed.as_i64().unwrap() > 800, "{seed}");
    let page = app
        .with_token(Method::GET, "/v1/audit?before=3", &boss)
        .await;
    let ids: Vec<&Value> = page.body["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["id"])
        .collect();
    assert_eq!(ids, [2, 1]);
}

#[tokio::test]
async fn an_upload_that_is_taken_back_or_only_tried_is_not_in_the_log() {
    let app = App::seeded().await;
    app.judged("?dry_run=true", &rows(3)).await;
    let admin = app.token("root", Scope::Admin).await;
    let log = app.with_token(Method::GET, "/v1/audit", &admin).await.body;
    let by: Vec<&Value> = log["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["by"])
        .collect();
    assert_eq!(by, ["command line", "seed"]);
}

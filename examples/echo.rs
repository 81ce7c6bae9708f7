//! A bare axum JSON echo, to measure the service beside: `echo ADDR BYTES` reads a JSON body and answers with it
//! and a string of BYTES bytes.

use axum::routing::post;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::Value;

#[derive(Serialize)]
struct Echo {
    body: Value,
    padding: String,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let address = args.next().unwrap_or_else(|| "127.0.0.1:8081".to_owned());
    let bytes: usize = args.next().and_then(|n| n.parse().ok()).unwrap_or_default();
    let echo = move |Json(body): Json<Value>| async move {
        let padding = "x".repeat(bytes);
        Json(Echo { body, padding })
    };
    let listener = tokio::net::TcpListener::bind(address).await?;
    axum::serve(listener, Router::new().route("/", post(echo))).await
}

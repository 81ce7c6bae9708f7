//! `Idempotency-Key`: what is sent again under the same key is answered, and not done again.

use std::io::{Read, Seek};

use axum::http::HeaderMap;
use axum::http::request::Parts;
use sha2::{Digest, Sha256};

use super::problem::ApiError;
use super::spool::{Spool, unwritten};
use crate::json::Invalid;

const NAME: &str = "idempotency-key";
const MOST: usize = 255;

/// The key that `headers` carry.
pub(in crate::http) fn key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let mut sent = headers.get_all(NAME).iter();
    let Some(first) = sent.next() else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(first.as_bytes());
    let fits = !text.is_empty() && text.len() <= MOST && text.chars().all(|c| c.is_ascii_graphic());
    if fits && sent.next().is_none() {
        return Ok(Some(text.into_owned()));
    }
    let detail = "an Idempotency-Key that is none";
    let hint = format!("one header, of 1 to {MOST} ASCII characters without spaces");
    Err(Invalid::at("/Idempotency-Key", &*text, detail, hint).into())
}

/// SHA-256 of what is asked and sent: the query, the type of the body, and the body.
pub(in crate::http) async fn digest(
    parts: &Parts,
    mut spool: Spool,
) -> Result<(String, Spool), ApiError> {
    let mut hash = Sha256::new();
    let kind = parts.headers.get("content-type");
    let kind = kind.map_or(&[][..], |kind| kind.as_bytes());
    for part in [parts.uri.query().unwrap_or_default().as_bytes(), kind] {
        hash.update(part);
        // No byte of either: what ends the one cannot begin the other.
        hash.update([0]);
    }
    // As long as many megabytes take, the threads that answer requests are too good for it.
    let work = move || {
        let mut buffer = vec![0; 1 << 16];
        spool.0.rewind()?;
        loop {
            let read = spool.0.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            hash.update(&buffer[..read]);
        }
        spool.0.rewind()?;
        Ok::<_, std::io::Error>((hash.finalize(), spool))
    };
    let done = tokio::task::spawn_blocking(work).await;
    let (hash, spool) = done
        .map_err(|_| ApiError::Internal)?
        .map_err(|error| unwritten(&error))?;
    let hex = |hex: String, byte: &u8| format!("{hex}{byte:02x}");
    Ok((hash.iter().fold(String::new(), hex), spool))
}

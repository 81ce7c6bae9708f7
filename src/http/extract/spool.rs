//! Long bodies, which wait in a file until they have arrived.

use std::io::{Read, Seek, Write};

use axum::body::Body;
use axum::http::{HeaderMap, header};
use flate2::write::MultiGzDecoder;
use futures_util::StreamExt;
use tempfile::SpooledTempFile;

use super::body::unread as unarrived;
use super::bounds::UPLOAD_BYTES;
use super::problem::ApiError;
use crate::http::shared::Shared;
use crate::store::StoreError;
use crate::units::to_u64;

/// What of an upload is kept in memory; the rest goes to a file that has no name.
const IN_MEMORY: usize = 4 << 20;

/// A body that has arrived.
pub(in crate::http) struct Spool(pub(in crate::http) SpooledTempFile);

/// Bytes that tell what a body is.
const HEAD: u64 = 64 << 10;

impl Spool {
    /// How it starts.
    pub(in crate::http) fn head(&mut self) -> Result<Vec<u8>, ApiError> {
        let mut head = Vec::new();
        let read = self
            .0
            .rewind()
            .and_then(|()| (&mut self.0).take(HEAD).read_to_end(&mut head));
        read.and_then(|_| self.0.rewind())
            .map_err(|e| unwritten(&e))?;
        Ok(head)
    }
}

/// Takes the whole body in, decompressed, before a transaction begins: a slow client holds nobody up.
pub(in crate::http) async fn spool(
    live: &Shared,
    headers: &HeaderMap,
    body: Body,
) -> Result<Spool, ApiError> {
    let target = Limited {
        file: live.store().spool(IN_MEMORY),
        left: UPLOAD_BYTES,
    };
    let mut chunks = body.into_data_stream();
    let encoding = headers
        .get(header::CONTENT_ENCODING)
        .and_then(|value| value.to_str().ok());
    let file = match encoding.map(str::trim) {
        None | Some("" | "identity") => {
            let mut target = target;
            while let Some(chunk) = chunks.next().await {
                target
                    .write_all(&chunk.map_err(|e| unarrived(&e))?)
                    .map_err(|e| unwritten(&e))?;
            }
            target.file
        }
        Some("gzip") => {
            let mut decoder = MultiGzDecoder::new(target);
            while let Some(chunk) = chunks.next().await {
                let chunk = chunk.map_err(|e| unarrived(&e))?;
                // Of a bomb a few kilobytes are many megabytes, for which the threads that answer requests are too good.
                let unpack = move || decoder.write_all(&chunk).map(|()| decoder);
                let unpacked = tokio::task::spawn_blocking(unpack).await;
                let unpacked = unpacked.map_err(|_| ApiError::Internal)?;
                decoder = unpacked.map_err(|e| unwritten(&e))?;
            }
            decoder.finish().map_err(|e| unwritten(&e))?.file
        }
        Some(other) => {
            return Err(ApiError::MediaType(format!(
                "the body is encoded as `{other}`: send it plain or as gzip"
            )));
        }
    };
    Ok(Spool(file))
}

/// A file that takes no more than is left.
struct Limited {
    file: SpooledTempFile,
    left: u64,
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let sent = to_u64(bytes.len());
        self.left = self
            .left
            .checked_sub(sent)
            .ok_or(std::io::ErrorKind::FileTooLarge)?;
        self.file.write_all(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// Why a body could not be kept.
pub(in crate::http) fn unwritten(error: &std::io::Error) -> ApiError {
    match error.kind() {
        std::io::ErrorKind::FileTooLarge => {
            ApiError::TooLarge(usize::try_from(UPLOAD_BYTES).unwrap_or(usize::MAX))
        }
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => ApiError::Full,
        // What the system says is of the file that the body waits in, not of what was sent.
        _ if error.raw_os_error().is_some() => StoreError::Spool(error.to_string()).into(),
        _ => ApiError::Body(error.to_string()),
    }
}

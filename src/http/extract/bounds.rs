//! What a request may take: bytes, and time on its connection.

use std::time::Duration;

/// Longest JSON body of a single request.
pub(in crate::http) const BODY_BYTES: usize = 2 << 20;
/// Longest JSON body of a question about a net: one of 20,000 operators.
pub(in crate::http) const NET_BODY_BYTES: usize = 4 << 20;
/// Longest ONNX file that is read, of which the weights are not kept.
pub(in crate::http) const ONNX_BYTES: u64 = 512 << 20;
/// Longest body of a batch.
pub(in crate::http) const BATCH_BODY_BYTES: usize = 8 << 20;
/// Longest upload, after decompression.
pub(in crate::http) const UPLOAD_BYTES: u64 = 512 << 20;
/// Longest body of a light question that is answered at once: a net of hundreds of stages, in less than a millisecond. What
/// is longer is heavy whatever it asks.
pub(in crate::http) const LIGHT_BYTES: usize = 16 << 10;
/// Longest header of a request, all its lines together.
pub(in crate::http) const HEADER_BYTES: usize = 64 << 10;

/// How long a client may take to send a header, from its first byte.
pub(in crate::http) const HEADER_TIME: Duration = Duration::from_secs(10);
/// How long a connection may be idle between two requests.
pub(in crate::http) const IDLE_TIME: Duration = Duration::from_secs(75);
/// How long a client may take to read an answer, …
pub(in crate::http) const WRITE_TIME: Duration = Duration::from_secs(30);
/// … longer by a second for each so many bytes that it has read.
pub(in crate::http) const WRITE_RATE: u64 = 4096;
/// How long a body may take to arrive, …
pub(in crate::http) const BODY_TIME: Duration = Duration::from_secs(30);
/// … longer by a second for each so many bytes.
pub(in crate::http) const BODY_RATE: u64 = 1024;

/// A body that came too slowly, as the connection says.
#[derive(Debug, thiserror::Error)]
#[error("the body came too slowly")]
pub(in crate::http) struct TooSlow;

//! Bodies on their way in and out.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use super::connections::Connection;
use crate::http::extract::bounds::{BODY_RATE, BODY_TIME, TooSlow};
use crate::units::to_u64;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A body that arrives: in time, or it fails.
pub(super) struct Arriving {
    body: Incoming,
    /// Set where the body did not come with its header.
    late: Option<(Instant, Pin<Box<Sleep>>)>,
    bytes: u64,
}

impl Arriving {
    pub(super) fn new(body: Incoming) -> Self {
        Self {
            body,
            late: None,
            bytes: 0,
        }
    }

    /// Ready where it is late.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let bytes = self.bytes;
        let (began, timer) = self.late.get_or_insert_with(|| {
            let now = Instant::now();
            (now, Box::pin(sleep_until(now + BODY_TIME)))
        });
        let until = *began + BODY_TIME + Duration::from_secs(bytes / BODY_RATE);
        if timer.deadline() != until {
            timer.as_mut().reset(until);
        }
        timer.as_mut().poll(cx)
    }
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
            ready!(self.poll_late(cx));
            return Poll::Ready(Some(Err(TooSlow.into())));
        };
        if let Some(Ok(frame)) = &frame {
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            self.bytes += to_u64(bytes);
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer, which tells its connection when all of it was taken.
pub(super) struct Answering {
    pub(super) body: Body,
    pub(super) connection: Arc<Connection>,
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.connection.has_answered();
    }
}

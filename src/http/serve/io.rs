//! A socket that tells its connection what it waits for, and whose last answer can be read.

use std::io::{IoSlice, Result};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use super::connections::Connection;
use crate::units::to_u64;

/// How long a client may take to close its side of a connection that ends.
const LINGER_TIME: Duration = Duration::from_secs(5);

/// The socket of `connection`.
pub(super) struct Timed {
    stream: TcpStream,
    connection: Arc<Connection>,
    /// Since when its client has not read all, and the bytes that it has read since.
    unread: Option<(u64, u64)>,
    /// Until when its client may close its side, once ours is closed.
    lingers: Option<Pin<Box<Sleep>>>,
}

impl Timed {
    pub(super) fn new(stream: TcpStream, connection: Arc<Connection>) -> Self {
        Self {
            stream,
            connection,
            unread: None,
            lingers: None,
        }
    }

    /// Ready when the client has closed its side; what it still sends is read and forgotten.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let mut rest = [MaybeUninit::uninit(); 4096];
        loop {
            let mut rest = ReadBuf::uninit(&mut rest);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut rest))?;
            if rest.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }

    fn has_written(&mut self, written: &Poll<Result<usize>>) {
        match (written, &mut self.unread) {
            (Poll::Ready(Ok(bytes)), Some((_, read))) => {
                *read += to_u64(*bytes);
            }
            (Poll::Pending, unread) => {
                let (began, read) = unread.get_or_insert((self.connection.now(), 0));
                self.connection.waits_for_reader(*began, *read);
            }
            _ => {}
        }
    }
}

impl AsyncRead for Timed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if read.is_ready() {
            self.connection.has_read();
        }
        read
    }
}

impl AsyncWrite for Timed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.has_written(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.has_written(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Called once all was written.
    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        self.unread = None;
        self.connection.is_flushed();
        Poll::Ready(Ok(()))
    }

    /// Ready when the client has closed its side too, or has had the time to: a socket that is closed while bytes still come
    /// is reset, and who sends a body that is too long would never see the answer that says so.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if self.lingers.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            self.lingers = Some(Box::pin(sleep(LINGER_TIME)));
        }
        if let Poll::Ready(closed) = self.poll_rest(cx) {
            return Poll::Ready(closed);
        }
        match &mut self.lingers {
            Some(late) => late.as_mut().poll(cx).map(Ok),
            None => Poll::Ready(Ok(())),
        }
    }
}

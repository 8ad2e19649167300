//! A connection's socket, watched while it writes: whoever does not read what they asked for is closed.
//!
//! hyper has limits for reading and none for writing. A socket that was upgraded has limits of its own.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use crate::app::server::places::Place;

/// How long a peer may take for `PROGRESS_BYTES_MIN`.
pub(super) const STALL_MAX: Duration = Duration::from_secs(10);

/// Less than this is no progress: a byte now and then would hold a place for ever.
const PROGRESS_BYTES_MIN: usize = 4096;

/// The socket, and its place, which is free when the socket is closed.
pub(super) struct Watched<S = TcpStream> {
    socket: S,
    place: Arc<Place>,
    /// Runs while there is something that the peer does not take.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Taken since `stalled` began.
    taken: usize,
}

impl<S> Watched<S> {
    pub(super) const fn new(socket: S, place: Arc<Place>) -> Self {
        Self { socket, place, stalled: None, taken: 0 }
    }

    /// What a write came to; one that waits is given up when it has waited too long.
    fn written(&mut self, written: Poll<io::Result<usize>>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.place.conduct().is_upgraded() {
            self.stalled = None;
            return written;
        }
        match written {
            Poll::Ready(Ok(bytes)) => {
                self.taken = self.taken.saturating_add(bytes);
                if self.taken >= PROGRESS_BYTES_MIN {
                    self.stalled = None;
                    self.place.conduct().set_unread(false);
                    self.place.waits();
                }
                Poll::Ready(Ok(bytes))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                let stalled = self.stalled.get_or_insert_with(|| {
                    self.taken = 0;
                    Box::pin(sleep(STALL_MAX))
                });
                if stalled.as_mut().poll(cx).is_pending() {
                    self.place.conduct().set_unread(true);
                    return Poll::Pending;
                }
                metrics::counter!("switchboard_connections_refused_total", "why" => "reads_nothing").increment(1);
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, buf);
        self.written(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, bufs);
        self.written(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    /// Asked for when everything was written.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stalled = None;
        self.place.conduct().set_unread(false);
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;

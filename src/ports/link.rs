//! A link: one WebSocket, seen as a stream of typed events and a sink of texts.
//!
//! The call's task polls the events itself (decoding happens there); a writer task owns the sink.

use std::pin::Pin;

use futures_util::{Sink, Stream};

/// Typed events, decoded in the task that polls. Ends when the socket does; the last event says why.
pub type Events<E> = Pin<Box<dyn Stream<Item = E> + Send>>;

/// Text messages, one WebSocket message each. Closing the sink closes the socket.
pub type Texts = Pin<Box<dyn Sink<String, Error = LinkError> + Send>>;

/// A socket that does not take what we write. It says nothing about the content.
#[derive(Debug, thiserror::Error)]
#[error("the socket is closed or broken")]
pub struct LinkError;

//! One task per socket that writes, so that the call's task never waits for a peer.
//!
//! The queue is bounded, and what may be thrown away is thrown away here, by the writer, which alone knows how far the
//! peer has come: sound that a `Clear` overtook, and caller audio that is too old to be of use.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use metrics::counter;
use tokio::sync::{mpsc, oneshot};
use tokio::task::coop::consume_budget;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::ports::link::{Events, LinkError, Texts};
use crate::ports::media::{EncodeMedia, MediaCommand};
use crate::ports::model::{EncodeModel, ModelCommand};
use crate::types::audio::BYTES_PER_MS;
use crate::types::org::AudioFormat;

/// Why a socket no longer takes what we write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Loss {
    /// The sink reported an error, or its task failed.
    Broken,
    /// One write took longer than `WRITE_MAX`.
    Stalled,
    /// More is queued than may be, and none of it may be dropped.
    Full,
}

impl Loss {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Stalled => "stalled",
            Self::Full => "full",
        }
    }
}

/// The call's end of the caller's stream. Dropping it lets the writer finish its queue and close the socket.
pub(super) struct MediaWriter {
    queue: mpsc::Sender<(u32, MediaCommand)>,
    generation: Arc<AtomicU32>,
    lost: oneshot::Receiver<Loss>,
}

impl MediaWriter {
    pub(super) fn spawn(tasks: &TaskTracker, texts: Texts, encode: Box<dyn EncodeMedia>) -> Self {
        let (queue, commands) = mpsc::channel(MEDIA_QUEUE_MAX);
        let (tell, lost) = oneshot::channel();
        let generation = Arc::new(AtomicU32::new(0));
        let outgoing = MediaOutgoing { encode, generation: Arc::clone(&generation) };
        tasks.spawn(write(commands, outgoing, texts, tell));
        Self { queue, generation, lost }
    }

    /// Queues one command. A `Clear` makes everything queued before it stale.
    pub(super) fn send(&self, command: MediaCommand) -> Result<(), Loss> {
        if matches!(command, MediaCommand::Clear) {
            self.generation.fetch_add(1, Ordering::Release);
        }
        let generation = self.generation.load(Ordering::Relaxed);
        self.queue.try_send((generation, command)).map_err(|error| refused(&error))
    }

    /// Ready once, when the socket is lost.
    pub(super) fn poll_lost(&mut self, cx: &mut Context<'_>) -> Poll<Loss> {
        self.lost.poll_unpin(cx).map(|told| told.unwrap_or(Loss::Broken))
    }
}

/// The call's end of the model's connection. Dropping it lets the writer finish its queue and close the socket.
pub(super) struct ModelWriter {
    queue: mpsc::Sender<ModelCommand>,
    /// Bytes of caller audio in the queue.
    audio_queued: Arc<AtomicUsize>,
    lost: oneshot::Receiver<Loss>,
}

impl ModelWriter {
    pub(super) fn spawn(tasks: &TaskTracker, texts: Texts, encode: Box<dyn EncodeModel>, format: AudioFormat) -> Self {
        let (queue, commands) = mpsc::channel(MODEL_QUEUE_MAX);
        let (tell, lost) = oneshot::channel();
        let audio_queued = Arc::new(AtomicUsize::new(0));
        let bytes_per_ms = match format {
            AudioFormat::Pcm => PCM_BYTES_PER_MS,
            AudioFormat::Pcmu => BYTES_PER_MS,
        };
        let outgoing = ModelOutgoing {
            encode,
            audio_queued: Arc::clone(&audio_queued),
            audio_bytes_max: CALLER_AUDIO_MS_MAX * bytes_per_ms,
        };
        tasks.spawn(write(commands, outgoing, texts, tell));
        Self { queue, audio_queued, lost }
    }

    /// Queues one command.
    pub(super) fn send(&self, command: ModelCommand) -> Result<(), Loss> {
        if let ModelCommand::Append(audio) = &command {
            self.audio_queued.fetch_add(audio.len(), Ordering::AcqRel);
        }
        self.queue.try_send(command).map_err(|error| refused(&error))
    }

    /// Ready once, when the socket is lost.
    pub(super) fn poll_lost(&mut self, cx: &mut Context<'_>) -> Poll<Loss> {
        self.lost.poll_unpin(cx).map(|told| told.unwrap_or(Loss::Broken))
    }
}

/// Reads a socket that we are closing to its end, so that it closes in order instead of by reset. Bounded in time.
pub(super) fn linger<E: 'static>(tasks: &TaskTracker, mut events: Events<E>) {
    tasks.spawn(async move {
        let rest = async {
            while events.next().await.is_some() {
                // A peer that floods us must not keep this task, and with it the time limit, from yielding.
                consume_budget().await;
            }
        };
        let ended = timeout(LINGER_MAX, rest).await;
        if ended.is_err() {
            counter!("switchboard_links_linger_expired_total").increment(1);
        }
    });
}

fn refused<T>(error: &mpsc::error::TrySendError<T>) -> Loss {
    match error {
        mpsc::error::TrySendError::Full(_) => Loss::Full,
        mpsc::error::TrySendError::Closed(_) => Loss::Broken,
    }
}

/// What a writer does with one queued command.
trait Outgoing: Send {
    type Command: Send;

    /// The text to send; `None` drops the command.
    fn text(&mut self, command: Self::Command) -> Option<String>;
}

struct MediaOutgoing {
    encode: Box<dyn EncodeMedia>,
    generation: Arc<AtomicU32>,
}

impl Outgoing for MediaOutgoing {
    type Command = (u32, MediaCommand);

    /// Marks are dropped with the sound that they follow: without it they would come back at once and prove too much.
    fn text(&mut self, (generation, command): Self::Command) -> Option<String> {
        let stale = generation != self.generation.load(Ordering::Acquire);
        let what = match &command {
            MediaCommand::Clear => return Some(self.encode.encode(&command)),
            MediaCommand::Frame(_) => "frame",
            MediaCommand::Mark(_) => "mark",
        };
        if stale {
            counter!("switchboard_media_dropped_total", "reason" => "cleared", "what" => what).increment(1);
            return None;
        }
        Some(self.encode.encode(&command))
    }
}

struct ModelOutgoing {
    encode: Box<dyn EncodeModel>,
    audio_queued: Arc<AtomicUsize>,
    audio_bytes_max: usize,
}

impl Outgoing for ModelOutgoing {
    type Command = ModelCommand;

    /// The queue is in order, so an append that comes out while too much is queued is the oldest.
    fn text(&mut self, command: ModelCommand) -> Option<String> {
        if let ModelCommand::Append(audio) = &command {
            let queued = self.audio_queued.fetch_sub(audio.len(), Ordering::AcqRel);
            if queued > self.audio_bytes_max {
                counter!("switchboard_model_audio_dropped_total", "reason" => "behind").increment(1);
                return None;
            }
        }
        Some(self.encode.encode(&command))
    }
}

/// Writes until the queue's other end is dropped, then closes the socket; or until the socket is lost, then says why.
async fn write<O: Outgoing>(
    mut queue: mpsc::Receiver<O::Command>,
    mut outgoing: O,
    mut texts: Texts,
    lost: oneshot::Sender<Loss>,
) {
    while let Some(first) = queue.recv().await {
        let batch = write_batch(first, &mut queue, &mut outgoing, &mut texts);
        let loss = match timeout(WRITE_MAX, batch).await {
            Ok(Ok(())) => continue,
            Ok(Err(LinkError)) => Loss::Broken,
            Err(_) => Loss::Stalled,
        };
        // The call may be gone already; then nobody needs to know.
        let _ = lost.send(loss);
        return;
    }
    // Nobody waits for the peer's part of the closing; the reading half lingers for it.
    let _ = timeout(WRITE_MAX, texts.close()).await;
}

/// One flush for everything that is ready, because the system call costs more than the message.
async fn write_batch<O: Outgoing>(
    first: O::Command,
    queue: &mut mpsc::Receiver<O::Command>,
    outgoing: &mut O,
    texts: &mut Texts,
) -> Result<(), LinkError> {
    let mut next = Some(first);
    let mut taken = 0;
    while let Some(command) = next {
        // First the room, then the decision: what becomes stale while we wait for the peer is not sent.
        poll_fn(|cx| texts.poll_ready_unpin(cx)).await?;
        if let Some(text) = outgoing.text(command) {
            texts.start_send_unpin(text)?;
        }
        taken += 1;
        next = if taken < BATCH_MAX { queue.try_recv().ok() } else { None };
    }
    texts.flush().await
}

/// One write that takes longer than this means that the peer is gone.
const WRITE_MAX: Duration = Duration::from_secs(5);

/// How long a socket that we close is still read.
const LINGER_MAX: Duration = Duration::from_secs(2);

/// Commands queued for the caller's stream: 2 s may be outstanding, in frames of 20 ms at the least and as many marks,
/// and a barge-in may leave its stale ones there until the writer comes to them.
const MEDIA_QUEUE_MAX: usize = 512;

/// Commands queued for the model: 5 s of audio in frames of 20 ms, another 5 s that a stalled write may add, and control.
const MODEL_QUEUE_MAX: usize = 1024;

/// Caller audio that may wait for the model; older audio is no longer of use to it.
const CALLER_AUDIO_MS_MAX: usize = 5_000;

/// Bytes a millisecond of 16-bit PCM at 24 kHz.
const PCM_BYTES_PER_MS: usize = 48;

/// Commands in one flush. Small, because what is fed can no longer be overtaken by a `Clear`.
const BATCH_MAX: usize = 16;

#[cfg(test)]
mod tests;

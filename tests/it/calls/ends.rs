//! The far ends of a call's two links: a stream and a model that do what the test says.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use async_trait::async_trait;
use futures_util::{Stream, sink, stream};
use switchboard::ports::link::{LinkError, Texts};
use switchboard::ports::media::{EncodeMedia, MediaCommand, MediaEvent, MediaLink};
use switchboard::ports::model::{EncodeModel, ModelCommand, ModelConnector, ModelEvent, ModelLink, ModelSetup};
use switchboard::session::input::{LostCause, ModelInput};
use tokio::sync::mpsc;

use super::support::stream_id;

/// The far end of a media stream. Dropping it ends the stream.
pub(crate) struct Peer {
    pub(crate) events: mpsc::Sender<MediaEvent>,
    pub(crate) sent: Arc<Mutex<Vec<MediaCommand>>>,
}

impl Peer {
    pub(crate) fn frames(&self) -> Vec<Vec<u8>> {
        let sent = self.sent.lock().unwrap();
        let frames = sent.iter().filter_map(|command| match command {
            MediaCommand::Frame(audio) => Some(audio.bytes().to_vec()),
            MediaCommand::Mark(_) | MediaCommand::Clear => None,
        });
        frames.collect()
    }
}

pub(crate) fn media_link(n: u32) -> (MediaLink, Peer) {
    let (events, mut receiver) = mpsc::channel(256);
    let sent = Arc::<Mutex<Vec<MediaCommand>>>::default();
    let peer = Peer { events, sent: Arc::clone(&sent) };
    (link_with(n, stream::poll_fn(move |cx| receiver.poll_recv(cx)), sent), peer)
}

/// A stream whose decoder panics at the first event.
pub(crate) fn panicking_link(n: u32) -> MediaLink {
    link_with(n, stream::poll_fn(|_| panic!("planted")), Arc::default())
}

/// A stream that breaks its call at the key D.
pub(crate) fn fragile_link(n: u32) -> (MediaLink, mpsc::Sender<MediaEvent>) {
    let (events, mut receiver) = mpsc::channel(256);
    let fragile = stream::poll_fn(move |cx| {
        let event = receiver.poll_recv(cx);
        assert!(!matches!(event, Poll::Ready(Some(MediaEvent::Digit('D')))), "planted");
        event
    });
    (link_with(n, fragile, Arc::default()), events)
}

/// A stream that always has something to say.
pub(crate) fn flooding_link(n: u32) -> MediaLink {
    link_with(n, stream::repeat(MediaEvent::Digit('1')), Arc::default())
}

fn link_with(
    n: u32,
    events: impl Stream<Item = MediaEvent> + Send + 'static,
    sent: Arc<Mutex<Vec<MediaCommand>>>,
) -> MediaLink {
    MediaLink { stream: stream_id(n), events: Box::pin(events), texts: swallow(), encode: Box::new(Keep(sent)) }
}

/// A socket that takes everything; what matters was kept by the encoder.
fn swallow() -> Texts {
    Box::pin(sink::unfold((), |(), _: String| async { Ok::<(), LinkError>(()) }))
}

struct Keep<T>(Arc<Mutex<Vec<T>>>);

impl EncodeMedia for Keep<MediaCommand> {
    fn encode(&mut self, command: &MediaCommand) -> String {
        self.0.lock().unwrap().push(command.clone());
        String::new()
    }
}

impl EncodeModel for Keep<ModelCommand> {
    fn encode(&mut self, command: &ModelCommand) -> String {
        self.0.lock().unwrap().push(command.clone());
        String::new()
    }
}

/// The far end of a model's connection.
pub(crate) struct ModelPeer {
    pub(crate) setup: ModelSetup,
    pub(crate) events: mpsc::UnboundedSender<ModelEvent>,
    pub(crate) sent: Arc<Mutex<Vec<ModelCommand>>>,
}

/// A model that is open and ready at once, and then says what the test says.
#[derive(Default)]
pub(crate) struct FakeConnector {
    pub(crate) peers: Mutex<Vec<ModelPeer>>,
    pub(crate) panics: AtomicBool,
    /// Does not greet us.
    pub(crate) mute: AtomicBool,
    /// Cannot be reached so many times.
    pub(crate) unreachable: AtomicUsize,
    /// Refuses every connection.
    pub(crate) refuses: AtomicBool,
}

#[async_trait]
impl ModelConnector for FakeConnector {
    async fn connect(&self, setup: &ModelSetup) -> Result<ModelLink, LostCause> {
        assert!(!self.panics.load(Ordering::Relaxed), "planted");
        if self.refuses.load(Ordering::Relaxed) {
            return Err(LostCause::Refused);
        }
        let away = self.unreachable.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if away.is_ok() {
            return Err(LostCause::Unreachable);
        }
        let (events, mut receiver) = mpsc::unbounded_channel();
        if !self.mute.load(Ordering::Relaxed) {
            for input in [ModelInput::Opened, ModelInput::Ready] {
                let _ = events.send(ModelEvent::Input(input));
            }
        }
        let sent = Arc::<Mutex<Vec<ModelCommand>>>::default();
        self.peers.lock().unwrap().push(ModelPeer { setup: setup.clone(), events, sent: Arc::clone(&sent) });
        let events: Pin<Box<dyn Stream<Item = ModelEvent> + Send>> =
            Box::pin(stream::poll_fn(move |cx| receiver.poll_recv(cx)));
        Ok(ModelLink { events, texts: swallow(), encode: Box::new(Keep(sent)) })
    }
}

//! One call's task: what it does with its links, and that nothing outside can stop it.

mod ports;

use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::{Sink, sink, stream};
use tokio::time::{Instant, sleep, timeout};

use super::*;
use crate::calls::actor::tests::ports::FakePorts;
use crate::calls::begin::sign;
use crate::calls::dials::Dials;
use crate::calls::registry::Registry;
use crate::calls::{CallLimits, CallsPorts};
use crate::dialling::Ceiling;
use crate::ports::link::LinkError;
use crate::ports::media::{EncodeMedia, MediaCommand};
use crate::session::effect::{CarrierEffect, Record};
use crate::session::policy::People;
use crate::telemetry::Troubles;
use crate::types::org::{AudioFormat, TurnDetection};
use crate::types::{CallId, Caller, LegId, Millis, Mulaw, Phase, Secret, Wall};

#[tokio::test(start_paused = true)]
async fn a_stalled_writer_does_not_stop_the_reader_until_the_link_counts_as_lost() {
    let mut world = World::new();
    let (link, events) = media_link(1, Box::pin(stuck()));
    world.actor.attach(link);
    world.perform([Action::Media(MediaCommand::Frame(Mulaw::silence(Millis(20))))]);
    for _ in 0..EVENTS_MAX {
        events.try_send(MediaEvent::Ignored).unwrap();
    }
    let began = Instant::now();
    let tasks = world.tasks.clone();
    let running = tasks.spawn(async move { world.actor.run().await });
    while events.capacity() < EVENTS_MAX {
        sleep(Duration::from_millis(1)).await;
    }
    assert!(began.elapsed() < Duration::from_millis(100), "read in {:?}", began.elapsed());
    events.closed().await;
    assert!(began.elapsed() >= Duration::from_secs(5), "lost after {:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_secs(6), "lost after {:?}", began.elapsed());
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn a_second_stream_closes_the_first() {
    let mut world = World::new();
    let (first, first_events) = media_link(1, Box::pin(quiet()));
    let (second, second_events) = media_link(2, Box::pin(quiet()));
    world.actor.attach(first);
    world.actor.attach(second);
    assert_eq!(world.actor.media.as_ref().map(|media| media.stream.clone()), Some(stream_id(2)));
    first_events.closed().await;
    assert!(!second_events.is_closed());
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_is_full_loses_the_link_and_not_the_call() {
    let mut world = World::new();
    let (link, _events) = media_link(1, Box::pin(stuck()));
    world.actor.attach(link);
    let frames = (0..2_000).map(|_| Action::Media(MediaCommand::Frame(Mulaw::silence(Millis(1)))));
    world.perform(frames);
    assert!(world.actor.media.is_none());
}

#[tokio::test(start_paused = true)]
async fn opening_the_model_again_drops_the_attempt_before_it() {
    let mut world = World::new();
    world.perform([Action::OpenModel, Action::OpenModel]);
    world.poll_once().await;
    assert_eq!(world.ports.attempts_alive.load(Ordering::Relaxed), 1);
    world.perform([Action::OpenModel]);
    assert_eq!(world.ports.attempts_alive.load(Ordering::Relaxed), 0);
    world.poll_once().await;
    assert_eq!(world.ports.attempts_alive.load(Ordering::Relaxed), 1);
    world.perform([Action::CloseModel]);
    assert_eq!(world.ports.attempts_alive.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_is_asked_for_even_when_the_call_is_gone() {
    let mut world = World::new();
    world.perform([Action::Carrier(ActionId(1), CarrierEffect::HangUp(leg()))]);
    let World { actor, ports, tasks, commands: _commands } = world;
    drop(actor);
    tasks.close();
    tasks.wait().await;
    assert_eq!(*ports.hung_up.lock().unwrap(), [leg()]);
}

#[tokio::test(start_paused = true)]
async fn a_buried_call_has_its_one_outcome_and_no_links() {
    let mut world = World::new();
    let (link, events) = media_link(1, Box::pin(quiet()));
    world.actor.attach(link);
    world.actor.bury();
    world.actor.bury();
    events.closed().await;
    let entries = world.ports.entries.lock().unwrap();
    let numbers: Vec<u32> = entries.iter().map(|entry| entry.no.0).collect();
    assert_eq!(numbers, (0..numbers.len() as u32).collect::<Vec<u32>>());
    let ended: Vec<&Record> =
        entries.iter().map(|entry| &entry.record).filter(|record| matches!(record, Record::Ended(_))).collect();
    let [Record::Ended(ending)] = ended.as_slice() else { panic!("{ended:?}") };
    assert_eq!((ending.outcome, ending.reason), (Outcome::InternalError, Reason::Panicked));
}

#[tokio::test(start_paused = true)]
async fn the_end_of_an_older_stream_is_old_news() {
    let mut world = World::new();
    let (link, events) = media_link(2, Box::pin(quiet()));
    world.actor.attach(link);
    world.commands.try_send(Command::StreamEnded(stream_id(1))).ok().unwrap();
    world.poll_once().await;
    assert!(!events.is_closed());
    world.commands.try_send(Command::StreamEnded(stream_id(2))).ok().unwrap();
    world.poll_once().await;
    assert!(world.actor.media.is_none());
}

/// A call's task and what it was given.
struct World {
    actor: Actor,
    ports: Arc<FakePorts>,
    tasks: TaskTracker,
    commands: mpsc::Sender<Command>,
}

impl World {
    fn new() -> Self {
        let ports = Arc::new(FakePorts { origin: Some(Instant::now()), ..FakePorts::default() });
        let tasks = TaskTracker::new();
        let (commands, receiver) = mpsc::channel(8);
        let start = Start {
            facts: call_facts(),
            policy: Policy::default(),
            setup: model_setup(),
            commands: receiver,
            shown: sign(Phase::Greeting),
            stored: None,
            past: None,
            desk: desk(&ports),
        };
        let actor = Actor::open(start, &settings(), tasks.clone());
        Self { actor, ports, tasks, commands }
    }

    fn perform(&mut self, actions: impl IntoIterator<Item = Action>) {
        self.actor.actions.extend(actions);
        self.actor.perform();
    }

    /// Lets the call's task take what is ready.
    async fn poll_once(&mut self) {
        let _ = timeout(Duration::from_millis(1), self.actor.run()).await;
    }
}

fn media_link(
    n: u32,
    texts: Pin<Box<dyn Sink<String, Error = LinkError> + Send>>,
) -> (MediaLink, mpsc::Sender<MediaEvent>) {
    let (sender, mut receiver) = mpsc::channel(EVENTS_MAX);
    let events = stream::poll_fn(move |cx| receiver.poll_recv(cx));
    (MediaLink { stream: stream_id(n), events: Box::pin(events), texts, encode: Box::new(NoWords) }, sender)
}

/// A socket that takes nothing.
fn stuck() -> impl Sink<String, Error = LinkError> + Send {
    sink::unfold((), |(), _: String| std::future::pending::<Result<(), LinkError>>())
}

/// A socket that takes everything.
fn quiet() -> impl Sink<String, Error = LinkError> + Send {
    sink::unfold((), |(), _: String| async { Ok::<(), LinkError>(()) })
}

struct NoWords;

impl EncodeMedia for NoWords {
    fn encode(&mut self, _: &MediaCommand) -> String {
        String::new()
    }
}

const EVENTS_MAX: usize = 100;

fn stream_id(n: u32) -> StreamId {
    format!("MZ{n:032x}").parse().unwrap()
}

fn leg() -> LegId {
    format!("CA{:032x}", 1).parse().unwrap()
}

fn call_facts() -> CallFacts {
    let prompts = crate::audio::prompts::for_language("en");
    let plain = CallFacts::inbound(CallId(uuid::Uuid::nil()), "demo".parse().unwrap(), leg(), prompts);
    CallFacts { carrier_rest: true, ..plain }
}

fn model_setup() -> ModelSetup {
    ModelSetup {
        call: CallId(uuid::Uuid::nil()),
        safety_id: String::new(),
        model: String::new(),
        transcribe_model: String::new(),
        voice: String::new(),
        format: AudioFormat::Pcmu,
        instructions: String::new(),
        language: "en".to_owned(),
        turn_detection: TurnDetection::Server { threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 500 },
        tools: Vec::new(),
    }
}

fn settings() -> CallsSettings {
    CallsSettings {
        limits: CallLimits::default(),
        dialling: Ceiling::default(),
        policy: Policy::default(),
        model: String::new(),
        transcribe_model: String::new(),
        voice: String::new(),
        format: AudioFormat::Pcmu,
        safety_salt: Secret::new("salt"),
        instructions: |_, _| String::new(),
        moments: |_, _| Vec::new(),
        settle_dates: |_, _, _| {},
        tools: |_| Vec::new(),
        prompts: crate::audio::prompts::for_language,
        hold: Mulaw::default,
        people: |_, _| People::nobody(),
        render: |_| String::new(),
    }
}

fn desk(ports: &Arc<FakePorts>) -> Arc<Desk> {
    let org = crate::assistant::settings::organization(&crate::assistant::demo_org()).unwrap();
    Arc::new(Desk {
        call: CallId(uuid::Uuid::nil()),
        org: Arc::new(org),
        party: Caller::Withheld,
        number: None,
        began: Wall(0),
        ports: call_ports(ports),
        dials: Arc::new(Dials::new(Ceiling::default(), Troubles::detached())),
        registry: Registry::new(),
        intents: Mutex::default(),
        undone: Mutex::default(),
    })
}

fn call_ports(ports: &Arc<FakePorts>) -> CallsPorts {
    CallsPorts {
        clock: Arc::clone(ports) as _,
        orgs: Arc::clone(ports) as _,
        journal: Arc::clone(ports) as _,
        history: Arc::clone(ports) as _,
        transfers: Arc::clone(ports) as _,
        carrier: Arc::clone(ports) as _,
        connector: Arc::clone(ports) as _,
        troubles: Troubles::detached(),
    }
}

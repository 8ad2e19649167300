//! What one 20 ms frame costs in the core, in a call's engine, and on the two wires.

use std::collections::VecDeque;
use std::hint::black_box;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};

use switchboard::assistant::{self, tools};
use switchboard::audio::prompts;
use switchboard::calls::{Action, Engine};
use switchboard::ports::media::{EncodeMedia as _, MediaCommand, MediaEvent};
use switchboard::ports::model::{EncodeModel as _, ModelCommand, ModelEvent, ModelSetup};
use switchboard::realtime::{Decoder, Encoder};
use switchboard::session::CallSession;
use switchboard::session::effect::{Effect, Effects, MarkId, MediaEffect};
use switchboard::session::input::{Input, MediaInput, ModelInput};
use switchboard::session::policy::{CallFacts, Policy};
use switchboard::twilio::wire::{self, MediaEncoder};
use switchboard::types::org::{AudioFormat, TurnDetection};
use switchboard::types::{CallId, ItemId, Mono, Mulaw, Now, ResponseId, StreamId, Wall};

const SPEECH: &[u8] = include_bytes!("../fixtures/audio/callers/caller-book.ulaw");
const FRAME: Duration = Duration::from_millis(20);
const FRAME_BYTES: usize = 160;

/// A frame from the middle of a word.
fn frame() -> Mulaw {
    Mulaw::from_static(&SPEECH[8_000..8_000 + FRAME_BYTES])
}

/// The same 20 ms in the model's format.
fn delta(format: AudioFormat) -> Bytes {
    match format {
        AudioFormat::Pcm => Bytes::from(SPEECH.repeat(2)[..960].to_vec()),
        AudioFormat::Pcmu => frame().into_bytes(),
    }
}

fn stream() -> StreamId {
    format!("MZ{:032x}", 1).parse().expect("two letters and 32 hex digits")
}

fn facts() -> CallFacts {
    let leg = format!("CA{:032x}", 1).parse().expect("two letters and 32 hex digits");
    CallFacts::inbound(CallId(uuid::Uuid::nil()), "demo".parse().expect("an id"), leg, prompts::for_language("en"))
}

fn policy() -> Policy {
    Policy { call_max: Duration::from_secs(1_000_000_000), ..Policy::default() }
}

/// The steps that bring a call to where the assistant talks.
fn opening(response: &ResponseId, item: &ItemId) -> [Input; 5] {
    [
        Input::Model(ModelInput::Opened),
        Input::Model(ModelInput::Ready),
        Input::Media(MediaInput::Attached { stream: stream() }),
        Input::Model(ModelInput::ResponseStarted { response: response.clone(), about: None }),
        Input::Model(ModelInput::ItemStarted { response: response.clone(), item: item.clone() }),
    ]
}

/// A call whose assistant talks, with a clock of its own.
struct Talking {
    session: CallSession,
    now: Now,
    response: ResponseId,
    item: ItemId,
    out: Effects,
    received_ms: u32,
}

impl Talking {
    fn new() -> Self {
        let (mut out, now) = (Effects::new(), Now { mono: Mono::ZERO, wall: Wall(0) });
        let mut session = CallSession::new(now, facts(), policy(), &mut out);
        let (response, item) = (ResponseId::from("resp_1"), ItemId::from("item_1"));
        for input in opening(&response, &item) {
            session.handle(now, input, &mut out);
        }
        Self { session, now, response, item, out, received_ms: 0 }
    }

    /// 20 ms of the assistant: queued, sent, and the marks that it brings returned.
    fn assistant(&mut self) {
        self.now.mono = self.now.mono + FRAME;
        self.received_ms = self.received_ms.wrapping_add(20);
        let input = ModelInput::Audio {
            response: self.response.clone(),
            item: self.item.clone(),
            frame: frame(),
            received_ms: self.received_ms,
        };
        self.session.handle(self.now, Input::Model(input), &mut self.out);
        let mut marks: [Option<MarkId>; 2] = [None; 2];
        for effect in self.out.drain(..) {
            if let Effect::Media(MediaEffect::Mark(mark)) = effect {
                marks[usize::from(marks[0].is_some())] = Some(mark);
            }
        }
        for mark in marks.into_iter().flatten() {
            self.session.handle(self.now, Input::Media(MediaInput::Heard(mark)), &mut self.out);
            self.out.clear();
        }
    }

    fn caller(&mut self) {
        self.session.handle(self.now, Input::Media(MediaInput::Frame(frame())), &mut self.out);
        black_box(&self.out);
        self.out.clear();
    }
}

fn core(c: &mut Criterion) {
    let mut group = c.benchmark_group("core_frame_20ms");
    let mut call = Talking::new();
    for _ in 0..50 {
        call.assistant();
    }
    group.bench_function("caller_while_the_assistant_talks", |b| b.iter(|| call.caller()));
    let mut call = Talking::new();
    group.bench_function("assistant_with_marks", |b| b.iter(|| call.assistant()));
    group.finish();
}

/// Core, transcoders and timeline together: what a call's task does with a frame, without its sockets.
fn engine(c: &mut Criterion) {
    let mut group = c.benchmark_group("engine_frame_20ms");
    for format in AudioFormat::ALL {
        let (mut actions, mut now) = (Vec::new(), Now { mono: Mono::ZERO, wall: Wall(0) });
        let mut engine = Engine::new(now, facts(), policy(), *format, tools::render, &mut actions);
        let (response, item) = (ResponseId::from("resp_1"), ItemId::from("item_1"));
        for input in opening(&response, &item) {
            engine.input(now, input, &mut actions);
        }
        actions.clear();
        let mut chunk = 0;
        group.bench_function(format!("caller_{format}"), |b| {
            b.iter(|| {
                chunk += 1;
                let event =
                    MediaEvent::Frame { chunk: Some(chunk), timestamp_ms: Some(chunk * 20), audio: black_box(frame()) };
                engine.media(now, event, &mut actions);
                actions.clear();
            });
        });
        let bytes = delta(*format);
        group.bench_function(format!("assistant_{format}"), |b| {
            b.iter(|| {
                now.mono = now.mono + FRAME;
                let event = ModelEvent::Audio { response: response.clone(), item: item.clone(), bytes: bytes.clone() };
                engine.model(now, event, &mut actions);
                let mark = actions.iter().find_map(|action| match action {
                    Action::Media(MediaCommand::Mark(mark)) => Some(*mark),
                    _ => None,
                });
                actions.clear();
                if let Some(mark) = mark {
                    engine.media(now, MediaEvent::Mark(mark), &mut actions);
                    actions.clear();
                }
            });
        });
    }
    group.finish();
}

fn carrier_wire(c: &mut Criterion) {
    let mut group = c.benchmark_group("carrier_wire_20ms");
    let payload = STANDARD.encode(frame().bytes());
    let text = format!(
        r#"{{"event":"media","sequenceNumber":"4711","media":{{"track":"inbound","chunk":"4710","timestamp":"94200","payload":"{payload}"}},"streamSid":"{}"}}"#,
        stream()
    );
    group.bench_function("read", |b| b.iter(|| black_box(wire::decode(black_box(&text)))));
    let mut encoder = MediaEncoder::new(stream());
    let command = MediaCommand::Frame(frame());
    group.bench_function("write", |b| b.iter(|| black_box(encoder.encode(black_box(&command)))));
    group.finish();
}

fn model_wire(c: &mut Criterion) {
    let org = assistant::settings::organization(&assistant::demo_org()).expect("the demo organization is valid");
    let mut group = c.benchmark_group("model_wire_20ms");
    for format in AudioFormat::ALL {
        let payload = STANDARD.encode(delta(*format));
        let text = |no: u32| {
            format!(
                r#"{{"type":"response.output_audio.delta","event_id":"event_{no}","response_id":"resp_1","item_id":"item_1","output_index":0,"content_index":0,"delta":"{payload}"}}"#
            )
        };
        // Two, because the same one again is dropped.
        let texts = [text(1), text(2)];
        let (mut decoder, mut events, mut turn) = (Decoder::new(tools::parse), VecDeque::new(), 0);
        group.bench_function(format!("read_{format}"), |b| {
            b.iter(|| {
                turn ^= 1;
                decoder.decode(black_box(&texts[turn]), &mut events);
                black_box(&events);
                events.clear();
            });
        });
        let mut encoder = Encoder::new(ModelSetup {
            call: CallId(uuid::Uuid::nil()),
            safety_id: "0123456789abcdef".into(),
            model: "gpt-realtime-2.1".into(),
            transcribe_model: "gpt-transcribe".into(),
            voice: "marin".into(),
            format: *format,
            instructions: String::new(),
            language: org.language.clone(),
            turn_detection: TurnDetection::Server { threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 500 },
            tools: Vec::new(),
        });
        let command = ModelCommand::Append(delta(*format));
        group.bench_function(format!("write_{format}"), |b| b.iter(|| black_box(encoder.encode(black_box(&command)))));
    }
    group.finish();
}

criterion_group! {
    name = session;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600));
    targets = core, engine, carrier_wire, model_wire
}
criterion_main!(session);

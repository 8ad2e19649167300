//! The engine's own part: transcoding, keeping time, and turning effects into commands.

use bytes::Bytes;

use super::*;
use crate::session::effect::{MarkId, RequestNo, Source};
use crate::types::{CallId, Millis, Prompt, ResponseId, ToolCallId, Wall};

#[test]
fn caller_audio_goes_to_the_model_in_its_format() {
    for (format, bytes_per_ms) in [(AudioFormat::Pcmu, 8), (AudioFormat::Pcm, 48)] {
        let mut engine = engine(format);
        let mut sent = 0;
        for _ in 0..50 {
            for action in translated(&mut engine, append_20_ms()) {
                let Action::Model(ModelCommand::Append(bytes)) = action else { panic!("{action:?}") };
                sent += bytes.len();
            }
        }
        let expected = 1_000 * bytes_per_ms;
        assert!((expected - 5 * bytes_per_ms..=expected).contains(&sent), "{format}: {sent} of {expected}");
    }
}

#[test]
fn an_effect_becomes_one_action_in_the_same_place() {
    let mut engine = engine(AudioFormat::Pcmu);
    let frame = Mulaw::silence(Millis(20));
    let mut out = Vec::new();
    let effects = vec![
        Effect::Media(MediaEffect::Clear),
        Effect::Media(MediaEffect::Play { source: Source::Local(Prompt::Hello), frame: frame.clone() }),
        Effect::Media(MediaEffect::Mark(MarkId(7))),
        Effect::Model(ModelEffect::Configure { plain: false }),
        Effect::Model(ModelEffect::Close),
        Effect::Answer(Document::Connect),
        Effect::Media(MediaEffect::Close),
    ];
    engine.translate_all(effects, &mut out);
    let Ok([clear, play, mark, configure, close_model, after, close_media]) = <[Action; 7]>::try_from(out) else {
        panic!("seven actions")
    };
    assert!(matches!(clear, Action::Media(MediaCommand::Clear)));
    assert!(matches!(play, Action::Media(MediaCommand::Frame(played)) if played == frame));
    assert!(matches!(mark, Action::Media(MediaCommand::Mark(MarkId(7)))));
    assert!(matches!(configure, Action::Model(ModelCommand::Configure { plain: false })));
    assert!(matches!(close_model, Action::CloseModel));
    assert!(matches!(after, Action::Answer(Document::Connect)));
    assert!(matches!(close_media, Action::CloseMedia));
}

#[test]
fn a_tools_answer_is_rendered_for_the_model() {
    let mut engine = engine(AudioFormat::Pcmu);
    let reply = ModelEffect::ToolReply {
        no: RequestNo(3),
        call: ToolCallId::from("call_1"),
        answer: ToolAnswer::Refused("no".to_owned()),
    };
    let actions = translated(&mut engine, reply);
    let [Action::Model(ModelCommand::ToolReply { no, call, output })] = actions.as_slice() else {
        panic!("{actions:?}")
    };
    assert_eq!((no.0, call.as_str(), output.as_str()), (3, "call_1", r#"Refused("no")"#));
}

#[test]
fn what_still_comes_of_a_cut_item_is_not_transcoded() {
    let mut engine = engine(AudioFormat::Pcm);
    let mut out = Vec::new();
    on_air(&mut engine, &mut out);
    let started = ModelInput::ResponseStarted { response: ResponseId::from("r"), about: None };
    engine.model(now(2), ModelEvent::Input(started), &mut out);
    engine.model(now(3), audio("a", 48 * 500), &mut out);
    assert_eq!(engine.downlink.received_ms(), 500);
    assert!(out.iter().any(|action| matches!(action, Action::Media(MediaCommand::Frame(_)))));
    out.clear();
    engine.media(now(103), MediaEvent::Digit('1'), &mut out);
    let clear = out.iter().position(|action| matches!(action, Action::Media(MediaCommand::Clear)));
    let truncate = out.iter().position(|action| matches!(action, Action::Model(ModelCommand::Truncate { .. })));
    assert!(clear.is_some() && clear < truncate, "{out:?}");
    out.clear();
    engine.model(now(104), audio("a", 48 * 20), &mut out);
    assert_eq!(engine.downlink.received_ms(), 500);
    assert!(!out.iter().any(|action| matches!(action, Action::Media(_))), "{out:?}");
}

#[test]
fn a_caller_who_is_on_air_is_heard_by_the_model() {
    let mut engine = engine(AudioFormat::Pcmu);
    let mut out = Vec::new();
    on_air(&mut engine, &mut out);
    out.clear();
    engine.media(now(20), frame(1, 0), &mut out);
    engine.media(now(60), frame(3, 40), &mut out);
    let heard: Vec<usize> = out.iter().filter_map(appended).collect();
    assert_eq!(heard, [160, 160, 160], "the chunk that is missing is silence");
}

#[test]
fn a_new_connection_starts_with_fresh_transcoders() {
    let mut engine = engine(AudioFormat::Pcm);
    engine.model(now(0), audio("a", 960), &mut Vec::new());
    assert_eq!(engine.downlink.received_ms(), 20);
    let actions = translated(&mut engine, ModelEffect::Open);
    assert!(matches!(actions.as_slice(), [Action::OpenModel]));
    assert_eq!(engine.downlink.received_ms(), 0);
}

#[test]
fn a_new_stream_starts_a_timeline_of_its_own() {
    let mut engine = engine(AudioFormat::Pcmu);
    let mut out = Vec::new();
    engine.media_attached(now(0), stream(1), &mut out);
    engine.media(now(1), frame(1, 0), &mut out);
    engine.media(now(2), frame(1, 0), &mut out);
    assert_eq!(engine.gaps.dropped(), 1, "the same chunk twice");
    engine.media(now(3), frame(3, 40), &mut out);
    assert_eq!(engine.gaps.padded_ms(), 20, "chunk 2 is missing");
    engine.media_attached(now(4), stream(2), &mut out);
    engine.media(now(5), frame(1, 0), &mut out);
    assert_eq!((engine.gaps.dropped(), engine.gaps.padded_ms()), (0, 0));
}

#[test]
fn a_stream_that_breaks_its_protocol_is_closed() {
    let mut engine = engine(AudioFormat::Pcmu);
    let mut out = Vec::new();
    engine.media_attached(now(0), stream(1), &mut out);
    out.clear();
    engine.media(now(1), MediaEvent::Violation, &mut out);
    assert!(matches!(out.first(), Some(Action::CloseMedia)));
}

fn engine(format: AudioFormat) -> Engine {
    let leg = format!("CA{:032x}", 1).parse().unwrap();
    let prompts = crate::audio::prompts::for_language("en");
    let facts = CallFacts::inbound(CallId(uuid::Uuid::nil()), "demo".parse().unwrap(), leg, prompts);
    Engine::new(now(0), facts, Policy::default(), format, |answer| format!("{answer:?}"), &mut Vec::new())
}

fn translated(engine: &mut Engine, effect: ModelEffect) -> Vec<Action> {
    let mut out = Vec::new();
    engine.translate(Effect::Model(effect), &mut out);
    out
}

const fn now(ms: u64) -> Now {
    Now { mono: Mono(ms * 1_000), wall: Wall(0) }
}

fn append_20_ms() -> ModelEffect {
    ModelEffect::Append(Mulaw::silence(Millis(20)))
}

/// A stream and a model that is ready.
fn on_air(engine: &mut Engine, out: &mut Vec<Action>) {
    engine.media_attached(now(0), stream(1), out);
    for input in [ModelInput::Opened, ModelInput::Ready] {
        engine.model(now(1), ModelEvent::Input(input), out);
    }
}

/// Bytes of caller audio for the model.
fn appended(action: &Action) -> Option<usize> {
    let Action::Model(ModelCommand::Append(bytes)) = action else { return None };
    Some(bytes.len())
}

fn audio(item: &str, len: usize) -> ModelEvent {
    ModelEvent::Audio { response: ResponseId::from("r"), item: item.into(), bytes: Bytes::from(vec![0; len]) }
}

fn frame(chunk: u64, timestamp_ms: u64) -> MediaEvent {
    MediaEvent::Frame { chunk: Some(chunk), timestamp_ms: Some(timestamp_ms), audio: Mulaw::silence(Millis(20)) }
}

fn stream(n: u32) -> StreamId {
    format!("MZ{n:032x}").parse().unwrap()
}

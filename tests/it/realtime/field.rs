//! Inputs from the field: what a server really did, against the whole of a call but its sockets.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use switchboard::audio::prompts;
use switchboard::calls::{Action, Engine};
use switchboard::ports::model::ModelCommand;
use switchboard::session::effect::{Event, Record, RespondKind};
use switchboard::session::policy::{CallFacts, Policy};
use switchboard::types::org::AudioFormat;
use switchboard::types::{CallId, Mono, Now, Wall};

use super::decode_all;

/// A call with its caller on the line and a model that is ready.
struct Call {
    engine: Engine,
    now: u64,
    actions: Vec<Action>,
}

impl Call {
    fn new() -> Self {
        let leg = format!("CA{}", "0".repeat(32)).parse().unwrap();
        let facts =
            CallFacts::inbound(CallId(uuid::Uuid::nil()), "demo".parse().unwrap(), leg, prompts::for_language("en"));
        let mut actions = Vec::new();
        let render = |_: &_| "{}".to_owned();
        let engine = Engine::new(Now::default(), facts, Policy::default(), AudioFormat::Pcmu, render, &mut actions);
        let mut call = Self { engine, now: 0, actions };
        call.server(&json!({"type": "session.created", "session": {}}));
        call.server(&json!({"type": "session.updated", "session": {}}));
        let stream = format!("MZ{}", "0".repeat(32)).parse().unwrap();
        call.engine.media_attached(call.clock(), stream, &mut call.actions);
        call
    }

    fn clock(&self) -> Now {
        Now { mono: Mono(self.now * 1000), wall: Wall(0) }
    }

    fn server(&mut self, event: &Value) {
        self.now += 20;
        for event in decode_all([event.to_string().as_str()]) {
            let now = self.clock();
            self.engine.model(now, event, &mut self.actions);
        }
    }

    /// The server answers with this much sound.
    fn says(&mut self, millis: usize) {
        let item = json!({"id": "item_1", "type": "message", "role": "assistant", "status": "in_progress"});
        self.server(&json!({"type": "response.created", "response": {"id": "resp_1", "status": "in_progress"}}));
        self.server(&json!({"type": "response.output_item.added", "response_id": "resp_1", "item": item}));
        let delta = STANDARD.encode(vec![0x55; millis * 8]);
        self.server(&json!({
            "type": "response.output_audio.delta", "response_id": "resp_1", "item_id": "item_1", "delta": delta,
        }));
    }

    fn commands(&self) -> impl Iterator<Item = &ModelCommand> {
        self.actions.iter().filter_map(|action| match action {
            Action::Model(command) => Some(command),
            _ => None,
        })
    }

    fn events(&self) -> impl Iterator<Item = &Event> {
        self.actions.iter().filter_map(|action| match action {
            Action::Record(_, Record::Event(event)) => Some(event),
            _ => None,
        })
    }

    fn goes_on(&self) -> usize {
        self.commands()
            .filter(|command| matches!(command, ModelCommand::Respond { kind: RespondKind::Bare, .. }))
            .count()
    }

    fn is_told(&self, what: &str) -> bool {
        self.commands().any(|command| matches!(command, ModelCommand::Note { text, .. } if text.contains(what)))
    }
}

fn case(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn case_03_an_answer_that_was_cut_goes_on() {
    let case = case(include_str!("../../../fixtures/field/03-response-cut.json"));
    let mut call = Call::new();
    call.says(1500);
    call.server(&case["event"]);
    let cut =
        |event: &Event| matches!(event, Event::ResponseCut { reason, asked: true } if reason == "max_output_tokens");
    assert!(call.events().any(cut));
    assert_eq!(call.goes_on(), 1);
    assert!(call.is_told("cut off"));
}

#[test]
fn case_04_a_promise_whose_tool_call_was_cut_is_asked_for_again() {
    let case = case(include_str!("../../../fixtures/field/04-tool-cut.json"));
    let mut call = Call::new();
    call.says(1200);
    for event in case["events"].as_array().unwrap() {
        call.server(event);
    }
    assert!(call.events().any(|event| matches!(event, Event::ToolCut { name } if name == "escalate_call")));
    assert!(!call.events().any(|event| matches!(event, Event::ToolUsed { .. })));
    assert!(!call.commands().any(|command| matches!(command, ModelCommand::ToolReply { .. })));
    assert_eq!(call.goes_on(), 1);
    assert!(call.is_told("escalate_call"));
}

#[test]
fn case_05_a_caller_whose_every_turn_fails_is_not_left_to_a_deaf_net() {
    let case = case(include_str!("../../../fixtures/field/05-no-words.json"));
    let mut call = Call::new();
    for turn in 1..=2 {
        let item = format!("item_{turn}");
        for kind in ["speech_started", "speech_stopped", "committed"] {
            call.server(&json!({"type": format!("input_audio_buffer.{kind}"), "item_id": item}));
        }
        assert!(!call.is_told("escalate_call"));
        let mut event = case["event"].clone();
        event["item_id"] = json!(item);
        call.server(&event);
    }
    let failed = |event: &&Event| matches!(event, Event::NotTranscribed { code } if code == "model_not_found");
    assert_eq!(call.events().filter(failed).count(), 2);
    assert!(call.is_told("escalate_call"));
}

//! Calls that users of comparable systems have reported, event by event, from `fixtures/field`.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use switchboard::audio::prompts;
use switchboard::session::CallSession;
use switchboard::session::document::Document;
use switchboard::session::effect::{ActionId, CarrierEffect, Effect, Ending, Event, Record, RecordId};
use switchboard::session::input::{ActionResult, CarrierInput, Input, MediaInput, ModelInput, Question, ResponseEnd};
use switchboard::session::policy::{CallFacts, Policy};
use switchboard::twilio::callback::{self, Form};
use switchboard::types::org::SilenceSteps;
use switchboard::types::usage::Usage;
use switchboard::types::{CallId, Direction, LegId, Mono, Mulaw, Now, Outcome, Prompt, Reason, Wall};

fn case(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn leg() -> LegId {
    format!("CA{}", "0".repeat(32)).parse().unwrap()
}

fn facts() -> CallFacts {
    let call = CallId(uuid::Uuid::nil());
    CallFacts {
        carrier_rest: true,
        ..CallFacts::inbound(call, "demo".parse().unwrap(), leg(), prompts::for_language("en"))
    }
}

/// One call in virtual time. Marks do not come back, which the core takes for lost ones; every record is on disk at once.
struct Line {
    session: CallSession,
    now: Mono,
    log: Vec<Effect>,
    items: u32,
}

impl Line {
    fn new(facts: CallFacts, policy: Policy) -> Self {
        let mut log = Vec::new();
        let session = CallSession::new(Now::default(), facts, policy, &mut log);
        Self { session, now: Mono(0), log, items: 0 }
    }

    fn feed(&mut self, input: Input) {
        let before = self.log.len();
        self.session.handle(Now { mono: self.now, wall: Wall(0) }, input, &mut self.log);
        let last = self.log[before..].iter().rev().find_map(|effect| match effect {
            Effect::Record(id, _) => Some(*id),
            _ => None,
        });
        if let Some(id) = last {
            self.feed(Input::Committed(id));
        }
    }

    fn model(&mut self, input: ModelInput) {
        self.feed(Input::Model(input));
    }

    /// Stream and model are there.
    fn on_air(&mut self) {
        self.model(ModelInput::Opened);
        self.model(ModelInput::Ready);
        let stream = format!("MZ{}", "0".repeat(32)).parse().unwrap();
        self.feed(Input::Media(MediaInput::Attached { stream }));
    }

    /// Time passes, with a caller's quiet frame every 20 ms; the carrier does at once what it is asked for.
    fn pass(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        while self.now < end && !self.session.is_over() {
            let next = (self.now + Duration::from_millis(20)).min(end);
            let due = self.session.next_deadline().map(|(at, _)| at).filter(|at| *at < next);
            self.now = due.map_or(next, |at| at.max(self.now));
            match due {
                Some(_) => self.feed(Input::Deadline),
                None => self.feed(Input::Media(MediaInput::Frame(Mulaw::new(Bytes::from(vec![0xFE; 160]))))),
            }
            if let Some(id) = self.hang_ups().last().copied() {
                self.feed(Input::Action(id, ActionResult::Done));
            }
        }
        if self.session.next_deadline().is_some_and(|(at, _)| at <= self.now) {
            self.feed(Input::Deadline);
        }
    }

    /// One of the case's events.
    fn event(&mut self, event: &Value) {
        self.pass(event["after_ms"].as_u64().unwrap_or(0));
        let (item, at_ms) = (format!("u{}", self.items).as_str().into(), self.now.millis().0);
        match event["type"].as_str().unwrap() {
            "input_audio_buffer.speech_started" => self.model(ModelInput::SpeechStarted { item, at_ms }),
            "input_audio_buffer.speech_stopped" => self.model(ModelInput::SpeechStopped { item, at_ms }),
            "input_audio_buffer.committed" => self.model(ModelInput::TurnCommitted { item }),
            "conversation.item.input_audio_transcription.completed" => {
                let text = event["transcript"].as_str().map(str::to_owned);
                self.model(ModelInput::CallerText { item, text, transcribed_ms: 300 });
            }
            other => panic!("{other} is not known here"),
        }
    }

    /// The party says something.
    fn says(&mut self, words: &str) {
        self.items += 1;
        let name = format!("u{}", self.items);
        let item = || name.as_str().into();
        self.model(ModelInput::SpeechStarted { item: item(), at_ms: self.now.millis().0 });
        self.pass(800);
        self.model(ModelInput::SpeechStopped { item: item(), at_ms: self.now.millis().0 });
        self.model(ModelInput::TurnCommitted { item: item() });
        let text = Some(words.to_owned());
        self.model(ModelInput::CallerText { item: item(), text, transcribed_ms: 800 });
    }

    /// The server begins an answer and says so many milliseconds.
    fn answers(&mut self, millis: u32) {
        let (response, item) = (format!("r{}", self.items), format!("a{}", self.items));
        let (response, item) = (|| response.as_str().into(), || item.as_str().into());
        self.model(ModelInput::ResponseStarted { response: response(), about: None });
        if millis > 0 {
            self.model(ModelInput::ItemStarted { response: response(), item: item() });
            self.model(ModelInput::AssistantTextDone { item: item(), text: "All right.".to_owned() });
            let frame = Mulaw::silence(switchboard::types::Millis(millis));
            self.model(ModelInput::Audio { response: response(), item: item(), frame, received_ms: millis });
            self.model(ModelInput::AudioDone { response: response(), item: item(), frame: Mulaw::default() });
        }
        let usage = Usage::default();
        self.model(ModelInput::ResponseEnded { response: response(), end: ResponseEnd::Completed, usage });
    }

    fn records(&self) -> impl Iterator<Item = &Record> {
        self.log.iter().filter_map(|effect| match effect {
            Effect::Record(_, record) => Some(record),
            _ => None,
        })
    }

    fn sentences(&self) -> Vec<Prompt> {
        let said = |record: &Record| match record {
            Record::Event(Event::LocalSentence { prompt }) => Some(*prompt),
            _ => None,
        };
        self.records().filter_map(said).collect()
    }

    fn hang_ups(&self) -> Vec<ActionId> {
        let hang_up = |effect: &Effect| match effect {
            Effect::Carrier(id, CarrierEffect::HangUp(_)) => Some(*id),
            _ => None,
        };
        self.log.iter().filter_map(hang_up).collect()
    }

    fn redirects(&self) -> usize {
        let is_it = |effect: &&Effect| matches!(effect, Effect::Carrier(_, CarrierEffect::Redirect { .. }));
        self.log.iter().filter(is_it).count()
    }

    fn ending(&self) -> Option<Ending> {
        self.records().find_map(|record| match record {
            Record::Ended(ending) => Some(*ending),
            _ => None,
        })
    }
}

#[test]
fn a_television_is_asked_whether_somebody_is_there_and_then_the_call_ends_as_silent() {
    let case = case(include_str!("../../../fixtures/field/08-television.json"));
    let step = Duration::from_secs(2);
    let policy = Policy { silence: SilenceSteps { ask: step, again: step, end: step }, ..Policy::default() };
    let mut line = Line::new(CallFacts { greeting: "".into(), ..facts() }, policy);
    line.on_air();
    while !line.session.is_over() && line.now < Mono::ZERO + Duration::from_secs(120) {
        line.items += 1;
        let began = line.now;
        for event in case["turn"].as_array().unwrap() {
            line.event(event);
        }
        line.answers(0);
        let rest = Duration::from_millis(1500).saturating_sub(line.now.since(began));
        line.pass(rest.as_millis() as u64);
    }
    let ending = line.ending().expect("the call ends");
    assert_eq!((ending.outcome, ending.reason), (Outcome::Silent, Reason::Silence));
    let asked = [Prompt::StillThere, Prompt::StillThereAgain, Prompt::SilentGoodbye, Prompt::SilentGoodbye];
    assert_eq!(line.sentences(), asked, "the first goodbye is called off by what sounds like speech");
    assert!(ending.at.0 < 40_000, "{} ms", ending.at.0);
}

/// An outbound call whose party has picked up.
fn placed() -> Line {
    let facts = CallFacts {
        leg: None,
        direction: Direction::Outbound,
        machine_message: "Please call us back.".into(),
        ..facts()
    };
    let mut line = Line::new(facts, Policy::default());
    line.feed(Input::Committed(RecordId(0)));
    line.feed(Input::Action(ActionId(0), ActionResult::Dialled(leg())));
    line.feed(Input::Carrier(CarrierInput::Ask(Question::OutboundAnswered { leg: leg() })));
    assert!(matches!(
        line.log.iter().rev().find(|effect| matches!(effect, Effect::Answer(_))),
        Some(Effect::Answer(Document::Connect))
    ));
    line.on_air();
    line
}

fn verdict(line: &mut Line) {
    let case = case(include_str!("../../../fixtures/field/09-late-verdict.json"));
    let fields = case["form"].as_object().unwrap().iter();
    let fields = fields.map(|(name, value)| format!("{name}={}", value.as_str().unwrap()));
    let form: Vec<_> = fields.chain([format!("CallSid={}", leg())]).collect();
    let by = callback::transfer::picked_up(&Form::parse(form.join("&").as_bytes()).unwrap()).unwrap();
    line.feed(Input::Carrier(CarrierInput::PickedUp(by)));
}

#[test]
fn a_machine_verdict_after_a_conversation_has_begun_is_an_entry_of_the_timeline_and_nothing_else() {
    let mut line = placed();
    for words in ["Hello, yes, this is Maria.", "Tuesday is fine for me."] {
        line.says(words);
        line.answers(900);
        line.pass(3_000);
    }
    let before = line.log.len();
    verdict(&mut line);
    assert!(
        line.log[before..]
            .iter()
            .any(|effect| matches!(effect, Effect::Record(_, Record::Event(Event::PickedUp { .. }))))
    );
    line.says("Are you still there?");
    line.answers(900);
    line.pass(2_000);
    assert_eq!((line.hang_ups().len(), line.redirects(), line.ending()), (0, 0, None));
    assert!(line.log[before..].iter().any(|effect| matches!(effect, Effect::Media(_))), "the assistant is heard");
}

#[test]
fn a_machine_that_talks_over_the_assistant_still_gets_its_message() {
    let mut line = placed();
    line.says("You have reached Maria's phone.");
    line.answers(4_000);
    line.pass(700);
    line.says("Please leave a message after the tone.");
    line.pass(300);
    verdict(&mut line);
    assert_eq!(line.redirects(), 1);
}

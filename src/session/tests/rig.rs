//! The small world: feeds inputs, fires deadlines, plays sound and returns marks in virtual time.

mod log;

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use crate::safety::Language;
use crate::session::CallSession;
use crate::session::document::Document;
use crate::session::effect::{
    CarrierEffect, Effect, Ending, Event, Line, MarkId, MediaEffect, ModelEffect, Record, RequestNo, RespondKind,
    Source,
};
use crate::session::input::{CarrierInput, Input, MediaInput, ModelInput, Question, ResponseEnd, ToolRequest};
use crate::session::policy::{CallFacts, Moment, People, Policy};
use crate::types::org::{FieldKind, IntakeField};
use crate::types::prompt::Sentence;
use crate::types::usage::Usage;
use crate::types::{CallId, Caller, Mono, Mulaw, Now, Prompt, Prompts, ToolCallId, Wall};

pub(super) struct Rig {
    pub(super) session: CallSession,
    pub(super) now: Mono,
    /// Every effect since the call began.
    pub(super) log: Vec<Effect>,
    phone: VecDeque<Sound>,
    playing_since: Mono,
    /// Milliseconds of each source that the phone has played.
    pub(super) heard: Vec<(Source, f64)>,
    /// Whether marks come back.
    pub(super) marks: bool,
    /// Whether records come back as committed, at once.
    pub(super) commits: bool,
    /// The caller's sound comes all the time, and before whatever is due at the same instant.
    pub(super) frames_first: bool,
    wall_runs: bool,
    /// What waits on a line that stands still.
    waiting: Option<Vec<MediaEffect>>,
}

enum Sound {
    Frame(Source, usize),
    Mark(MarkId),
}

pub(super) struct Setup {
    pub(super) disclosure: &'static str,
    pub(super) greeting: &'static str,
    pub(super) rest: bool,
    pub(super) policy: Policy,
    pub(super) people: People,
    pub(super) caller: Caller,
    pub(super) language: Language,
    /// What changes by itself. With any, the wall clock runs; without, it stands still.
    pub(super) moments: Vec<Moment>,
}

impl Default for Setup {
    fn default() -> Self {
        let (policy, people) = (Policy::default(), People::nobody());
        Self {
            disclosure: "",
            greeting: "Hello?",
            rest: true,
            policy,
            people,
            caller: Caller::Withheld,
            language: Language::English,
            moments: Vec::new(),
        }
    }
}

impl Rig {
    pub(super) fn new(setup: Setup) -> Self {
        let sentence =
            |prompt: &Prompt| Sentence { text: prompt.as_str().into(), audio: Mulaw::new(Bytes::from(vec![1; 8000])) };
        let prompts = Prompts::new(Prompt::ALL.iter().map(sentence).collect()).unwrap();
        let leg = format!("CA{}", "0".repeat(32)).parse().unwrap();
        let plain = CallFacts::inbound(CallId(uuid::Uuid::nil()), "demo".parse().unwrap(), leg, prompts);
        let facts = CallFacts {
            disclosure: setup.disclosure.into(),
            greeting: setup.greeting.into(),
            intake_fields: vec![field("caller_name"), field("caller_phone")].into(),
            carrier_rest: setup.rest,
            people: setup.people,
            caller: setup.caller,
            language: setup.language,
            moments: setup.moments.into(),
            dialled: Some("+15550100199".parse().unwrap()),
            ..plain
        };
        let mut log = Vec::new();
        let wall_runs = !facts.moments.is_empty();
        let session = CallSession::new(Now::default(), facts, setup.policy, &mut log);
        let (now, playing_since) = (Mono(0), Mono(0));
        let (phone, heard) = (VecDeque::new(), Vec::new());
        Self {
            session,
            now,
            log,
            phone,
            playing_since,
            heard,
            marks: true,
            commits: true,
            frames_first: false,
            waiting: None,
            wall_runs,
        }
    }

    /// A call that was begun elsewhere.
    pub(super) fn of(session: CallSession, now: Mono, log: Vec<Effect>) -> Self {
        let (phone, heard) = (VecDeque::new(), Vec::new());
        Self {
            session,
            now,
            log,
            phone,
            playing_since: now,
            heard,
            marks: true,
            commits: false,
            frames_first: false,
            waiting: None,
            wall_runs: false,
        }
    }

    /// A call with stream and model ready, and its first words asked for.
    pub(super) fn on_air(setup: Setup) -> Self {
        let mut rig = Self::new(setup);
        rig.model(ModelInput::Opened);
        rig.model(ModelInput::Ready);
        rig.attach();
        rig
    }

    pub(super) fn attach(&mut self) {
        self.phone.clear();
        let stream = format!("MZ{}", "0".repeat(32)).parse().unwrap();
        self.feed(Input::Media(MediaInput::Attached { stream }));
    }

    pub(super) fn feed(&mut self, input: Input) {
        let before = self.log.len();
        let wall = if self.wall_runs { self.now.0 as i64 } else { 0 };
        let now = Now { mono: self.now, wall: Wall(wall) };
        self.session.handle(now, input, &mut self.log);
        for index in before..self.log.len() {
            if let Effect::Media(effect) = self.log[index].clone() {
                self.perform(effect);
            }
        }
        let last = self.log[before..].iter().rev().find_map(|effect| match effect {
            Effect::Record(id, _) => Some(*id),
            _ => None,
        });
        if let Some(id) = last.filter(|_| self.commits) {
            self.feed(Input::Committed(id));
        }
    }

    pub(super) fn model(&mut self, input: ModelInput) {
        self.feed(Input::Model(input));
    }

    /// Nothing reaches the phone until the line moves again.
    pub(super) fn stand_still(&mut self) {
        self.waiting = Some(Vec::new());
    }

    pub(super) fn move_again(&mut self) {
        for effect in self.waiting.take().unwrap_or_default() {
            self.perform(effect);
        }
    }

    fn perform(&mut self, effect: MediaEffect) {
        if let Some(waiting) = &mut self.waiting {
            waiting.push(effect);
            return;
        }
        match effect {
            MediaEffect::Play { source, frame } => {
                if self.phone.is_empty() {
                    self.playing_since = self.now;
                }
                self.phone.push_back(Sound::Frame(source, frame.len()));
            }
            MediaEffect::Mark(mark) => self.phone.push_back(Sound::Mark(mark)),
            MediaEffect::Clear => {
                let flushed: Vec<_> = self.phone.drain(..).collect();
                for sound in flushed {
                    if let Sound::Mark(mark) = sound {
                        self.feed(Input::Media(MediaInput::Heard(mark)));
                    }
                }
            }
            MediaEffect::Close => self.phone.clear(),
        }
    }

    /// Quiet of the caller's.
    pub(super) fn frame(&mut self) {
        self.feed(Input::Media(MediaInput::Frame(Mulaw::new(Bytes::from(vec![0xFE; 160])))));
    }

    /// Lets time pass, in steps of at most 5 ms.
    pub(super) fn pass(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        while self.now < end {
            let next = (self.now + Duration::from_millis(5)).min(end);
            let due = self.session.next_deadline().map(|(at, _)| at).filter(|at| *at <= next);
            self.now = due.map_or(next, |at| at.max(self.now));
            self.play();
            if self.frames_first {
                self.frame();
            }
            if self.session.next_deadline().is_some_and(|(at, _)| at <= self.now) {
                self.feed(Input::Deadline);
            }
        }
    }

    fn play(&mut self) {
        loop {
            match self.phone.front() {
                Some(Sound::Mark(mark)) => {
                    let mark = *mark;
                    self.phone.pop_front();
                    if self.marks {
                        self.feed(Input::Media(MediaInput::Heard(mark)));
                    }
                }
                Some(Sound::Frame(source, len)) => {
                    let took = Duration::from_micros(*len as u64 * 125);
                    if self.now.since(self.playing_since) < took {
                        return;
                    }
                    self.heard.push((source.clone(), *len as f64 / 8.0));
                    self.phone.pop_front();
                    self.playing_since = self.playing_since + took;
                }
                None => return,
            }
        }
    }

    /// The model begins a response, answering our newest create.
    pub(super) fn begin(&mut self, response: &str) {
        let about = self.creates().last().map(|(no, _)| *no);
        self.model(ModelInput::ResponseStarted { response: response.into(), about });
    }

    /// The server begins a response by itself.
    pub(super) fn begin_auto(&mut self, response: &str) {
        self.model(ModelInput::ResponseStarted { response: response.into(), about: None });
    }

    /// The model speaks an item of this length in one go.
    pub(super) fn speak(&mut self, response: &str, item: &str, millis: u32, text: &str) {
        self.model(ModelInput::ItemStarted { response: response.into(), item: item.into() });
        self.model(ModelInput::AssistantTextDone { item: item.into(), text: text.to_owned() });
        self.audio(response, item, millis, millis);
        let frame = Mulaw::default();
        self.model(ModelInput::AudioDone { response: response.into(), item: item.into(), frame });
    }

    pub(super) fn audio(&mut self, response: &str, item: &str, millis: u32, received_ms: u32) {
        let frame = Mulaw::new(Bytes::from(vec![7; millis as usize * 8]));
        self.model(ModelInput::Audio { response: response.into(), item: item.into(), frame, received_ms });
    }

    pub(super) fn done(&mut self, response: &str) {
        self.ended(response, ResponseEnd::Completed);
    }

    pub(super) fn ended(&mut self, response: &str, end: ResponseEnd) {
        self.model(ModelInput::ResponseEnded { response: response.into(), end, usage: Usage::default() });
    }

    /// A whole response: begun, spoken, done.
    pub(super) fn says(&mut self, response: &str, item: &str, millis: u32, text: &str) {
        self.begin(response);
        self.speak(response, item, millis, text);
        self.done(response);
    }

    pub(super) fn caller_starts(&mut self, item: &str) {
        self.model(ModelInput::SpeechStarted { item: item.into(), at_ms: self.now.millis().0 });
    }

    pub(super) fn caller_stops(&mut self, item: &str) {
        self.model(ModelInput::SpeechStopped { item: item.into(), at_ms: self.now.millis().0 });
        self.model(ModelInput::TurnCommitted { item: item.into() });
    }

    pub(super) fn caller_said(&mut self, item: &str, text: &str) {
        let text = Some(text.to_owned());
        self.model(ModelInput::CallerText { item: item.into(), text, transcribed_ms: 0 });
    }

    pub(super) fn tool(&mut self, response: &str, call: &str, request: ToolRequest) {
        let call = ToolCallId::from(call);
        self.model(ModelInput::ToolAsked { response: Some(response.into()), call, request });
    }

    pub(super) fn ends_call(&mut self, response: &str, call: &str) {
        self.tool(response, call, ToolRequest::EndCall { reason: "done".into() });
    }

    pub(super) fn after_stream(&mut self) -> Document {
        self.ask(Question::AfterStream)
    }

    /// The carrier asks what to do with a leg.
    pub(super) fn ask(&mut self, question: Question) -> Document {
        self.feed(Input::Carrier(CarrierInput::Ask(question)));
        let answer = |effect: &Effect| match effect {
            Effect::Answer(answer) => Some(answer.clone()),
            _ => None,
        };
        self.log.iter().rev().find_map(answer).expect("an answer in the same step")
    }
}

fn field(name: &str) -> IntakeField {
    IntakeField { name: name.to_owned(), kind: FieldKind::Text, required: true, question: String::new() }
}

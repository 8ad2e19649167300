//! The call core: one pure state machine per call.
//!
//! `handle` is the only mutation and returns every effect. No clock, no I/O, no locks, no randomness: the same inputs
//! give the same effects, byte for byte. Sibling machines own their data (`links`, `turn`, `playout`, `speech`,
//! `transcript`, `tooling`, `intake`, `says`); the `on_*` files hold the reactions that tie them together.

pub mod document;
pub mod effect;
pub mod fact;
pub mod guard;
pub mod input;
pub mod plant;
pub mod policy;

mod called_off;
mod caller_turns;
mod ending;
mod intake;
mod keys;
mod line;
mod links;
mod long_speech;
mod loudness;
mod moments;
mod on_carrier;
mod on_drain;
mod on_media;
mod on_model;
mod on_speech;
mod on_staff;
mod on_time;
mod people;
mod playout;
mod respond;
mod response_ends;
mod says;
mod seen;
mod silence;
mod speech;
#[cfg(test)]
mod tests;
mod timer;
mod tooling;
mod transcribing;
mod transcript;
mod turn;

pub use timer::Timer;

use crate::safety::Watch;
use crate::session::caller_turns::CallerTurns;
use crate::session::effect::{
    ActionId, Effect, Effects, Event, MediaEffect, ModelEffect, Opening, Record, RecordId, RequestNo, Source,
};
use crate::session::ending::Ending;
use crate::session::input::Input;
use crate::session::intake::IntakeSheet;
use crate::session::keys::Keys;
use crate::session::links::{Backlog, Media, Model};
use crate::session::long_speech::LongSpeech;
use crate::session::people::People;
use crate::session::people::outbound::Outbound;
use crate::session::playout::Playout;
use crate::session::policy::{CallFacts, Policy};
use crate::session::respond::Greeting;
use crate::session::says::Says;
use crate::session::seen::Seen;
use crate::session::speech::Speech;
use crate::session::timer::Timers;
use crate::session::tooling::Tooling;
use crate::session::transcribing::Transcribing;
use crate::session::transcript::Transcript;
use crate::session::turn::Turn;
use crate::types::{
    Direction, EscalationState, ItemId, LegId, Mono, Now, Phase, Prompt, Reason, ResponseId, TargetId, ToolCallId, Wall,
};

/// Timeline entries about faults that one call may write; the rest is only counted by the adapters.
const FAULT_EVENTS_MAX: u32 = 50;

/// The state of one call.
pub struct CallSession {
    facts: CallFacts,
    /// The caller's leg, once it is known.
    leg: Option<LegId>,
    policy: Policy,
    phase: Phase,
    media: Media,
    model: Model,
    backlog: Backlog,
    turn: Turn,
    playout: Playout,
    speech: Speech,
    transcript: Transcript,
    tooling: Tooling,
    intake: IntakeSheet,
    keys: Keys,
    greeting: Greeting,
    ending: Ending,
    timers: Timers,
    counters: Counters,
    pace: Pace,
    /// Local sentences that are queued or out, with the number of their line once they sound.
    sentences: Vec<(Prompt, Option<u32>)>,
    people: People,
    says: Says,
    watch: Watch,
    caller_turns: CallerTurns,
    transcribing: Transcribing,
    long_speech: LongSpeech,
    billed: Billed,
    /// The wall clock of this step.
    wall: Wall,
    /// Why the model is gone, once it is.
    model_reason: Reason,
}

/// Names made inside are counters, so that the same inputs give the same effects.
#[derive(Default)]
struct Counters {
    request: u32,
    action: u32,
    record: u32,
    fault_events: u32,
    /// Commands of staff that came to nothing.
    ignored: u32,
    resumes: u32,
    /// Answers that the carrier could not use.
    fallbacks: u32,
    lookups: u32,
    /// The carrier said that the leg is up.
    leg_is_up: bool,
    hang_up: Option<ActionId>,
    /// Moments of the facts that have passed.
    moments: usize,
}

/// What was written down already, should the server say it twice.
#[derive(Default)]
struct Billed {
    responses: Seen<ResponseId>,
    turns: Seen<ItemId>,
    cut_calls: Seen<ToolCallId>,
}

/// Since when the call is in one of the states that may not last.
#[derive(Default)]
struct Pace {
    /// Nothing was audible to the caller since.
    quiet_since: Option<Mono>,
    /// The assistant owes sound since.
    owed_since: Option<Mono>,
    /// It is the caller's turn, and everything was heard, since.
    idle_since: Option<Mono>,
    /// Steps of the silence ladder that were taken.
    silence_step: u8,
    /// The stream brought something last. `None`: there is none, or we are closing it.
    stream_heard: Option<Mono>,
    /// Turns of the caller's without a word, since the last with one.
    wordless: u32,
    /// The caller called the silent goodbye off, without a word so far; the next one is final.
    goodbye_called_off: bool,
    /// Caller audio appended on this connection, in bytes of mu-law.
    appended: u64,
}

/// What a list of live calls shows.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub phase: Phase,
    /// A stream is attached.
    pub on_air: bool,
    /// Where bringing in a person stands, and who is being tried or talks.
    pub escalation: Option<(EscalationState, Option<TargetId>)>,
}

impl CallSession {
    /// Begins a call whose webhook is being answered: opens the model and waits for the stream.
    pub fn new(now: Now, facts: CallFacts, policy: Policy, out: &mut Effects) -> Self {
        let opening = Opening {
            call: facts.call,
            org: facts.org.clone(),
            leg: facts.leg.clone(),
            caller: facts.caller.clone(),
            dialled: facts.dialled.clone(),
            direction: facts.direction,
            consent: facts.consent.clone(),
        };
        let direction = facts.direction;
        let mut session = Self::bare(facts, policy, now.wall);
        session.record(Record::Opened(opening), out);
        match direction {
            Direction::Inbound => {
                session.timers.set(Timer::Stream, now.mono + session.policy.stream_wait);
                session.start_clock(now.mono);
                if session.facts.direct {
                    session.begin_direct(now.mono, out);
                } else {
                    session.model = Model::Connecting { attempt: 1 };
                    session.send(ModelEffect::Open, out);
                    session.timers.set(Timer::Connect, now.mono + session.policy.model_connect);
                }
            }
            // The model is opened when the party picks up.
            Direction::Outbound => {
                session.timers.set(Timer::Stream, now.mono + session.policy.commit_wait);
            }
        }
        session
    }

    /// A call of which nothing is known yet.
    fn bare(facts: CallFacts, policy: Policy, wall: Wall) -> Self {
        let outbound = if facts.leg.is_some() { Outbound::Answered } else { Outbound::of(facts.direction) };
        let people = People { outbound, ..People::default() };
        Self {
            leg: facts.leg.clone(),
            phase: Phase::Greeting,
            media: Media::Awaiting,
            model: Model::Away,
            backlog: Backlog::new(policy.backlog),
            turn: Turn::default(),
            playout: Playout::new(&policy),
            speech: Speech::default(),
            transcript: Transcript::default(),
            tooling: Tooling::default(),
            intake: IntakeSheet::new(facts.intake_fields.clone()),
            keys: Keys::default(),
            greeting: Greeting::Waiting,
            ending: Ending::None,
            timers: Timers::default(),
            counters: Counters::default(),
            pace: Pace::default(),
            sentences: Vec::new(),
            people,
            says: Says::default(),
            watch: Watch::default(),
            caller_turns: CallerTurns::default(),
            transcribing: Transcribing::default(),
            long_speech: LongSpeech::default(),
            billed: Billed::default(),
            wall,
            model_reason: Reason::ModelLost,
            facts,
            policy,
        }
    }

    /// The longest call counts from here, and the day goes on.
    fn start_clock(&mut self, now: Mono) {
        self.await_moment(now);
        let limits = &self.policy;
        let warn_before = if limits.call_max > limits.warn_before { limits.warn_before } else { limits.call_max / 2 };
        self.timers.set(Timer::CallMax, now + limits.call_max);
        self.timers.set(Timer::Warn, now + limits.call_max.saturating_sub(warn_before));
    }

    /// Takes one input and appends every effect of it to `out`.
    pub fn handle(&mut self, now: Now, input: Input, out: &mut Effects) {
        self.wall = now.wall;
        let now = now.mono;
        match input {
            Input::Media(input) => self.on_media(now, input, out),
            Input::Model(input) => self.on_model(now, input, out),
            Input::Carrier(input) => self.on_carrier(now, input, out),
            Input::Staff(input) => self.on_staff(now, input, out),
            Input::Action(id, result) => self.on_action(now, id, result, out),
            Input::Committed(id) => self.on_committed(now, id, out),
            Input::Deadline => self.on_deadline(now, out),
            Input::Drain => self.on_drain(now, out),
        }
        self.finish_step(now, out);
    }

    /// When `Input::Deadline` is due at the latest, and why.
    pub fn next_deadline(&self) -> Option<(Mono, Timer)> {
        self.timers.next()
    }

    /// Whether audio of this item is still of use; what is not need not be decoded.
    pub fn wants_audio(&self, response: &ResponseId, item: &ItemId) -> bool {
        self.speech.wants(response, item)
    }

    pub fn snapshot(&self) -> Snapshot {
        let escalation = self.people.open.as_ref();
        let escalation = escalation.map(|open| (open.state, open.attempt.as_ref().map(|at| at.target.id.clone())));
        Snapshot { phase: self.phase, on_air: self.media == Media::Live, escalation }
    }

    /// The outcome is recorded and nothing more is owed.
    pub fn is_over(&self) -> bool {
        matches!(self.ending, Ending::Over)
    }

    /// Milliseconds of the caller's first words that did not fit the backlog.
    pub fn backlog_dropped_ms(&self) -> u32 {
        self.backlog.dropped_ms()
    }

    /// What every step ends with: ask, play, settle, and look how long the present state may last.
    fn finish_step(&mut self, now: Mono, out: &mut Effects) {
        if self.is_over() {
            self.clean_up(out);
            return;
        }
        self.follow_says(now, out);
        self.respond(now, out);
        self.say_owed_offer(out);
        self.play(now, out);
        self.settle_lines(now, out);
        self.advance_held_dial(now, out);
        self.advance_transfer(now, out);
        self.clean_up(out);
        self.advance_ending(now, out);
        self.pace(now, out);
    }

    /// Sends what may be sent, and numbers the lines that begin with it.
    fn play(&mut self, now: Mono, out: &mut Effects) {
        if self.media != Media::Live {
            return;
        }
        let before = out.len();
        self.playout.fill(now, out);
        for index in before..out.len() {
            let Effect::Media(MediaEffect::Play { source, .. }) = &out[index] else {
                continue;
            };
            let source = source.clone();
            self.note_sound(now, &source, out);
            self.note_said(&source, out);
        }
        if self.playout.is_settled() {
            self.timers.stop(Timer::Playout);
        } else {
            self.timers.set(Timer::Playout, now + self.policy.mark_every);
        }
    }

    fn send(&self, effect: ModelEffect, out: &mut Effects) {
        out.push(Effect::Model(effect));
    }

    fn record(&mut self, record: Record, out: &mut Effects) {
        self.remember(&record);
        let id = RecordId(self.counters.record);
        self.counters.record += 1;
        out.push(Effect::Record(id, record));
    }

    fn event(&mut self, event: Event, out: &mut Effects) {
        self.record(Record::Event(event), out);
    }

    /// An entry about a fault: bounded, because a broken peer can repeat them without end.
    fn fault_event(&mut self, event: Event, out: &mut Effects) {
        if self.counters.fault_events < FAULT_EVENTS_MAX {
            self.counters.fault_events += 1;
            self.event(event, out);
        }
    }

    fn enter(&mut self, phase: Phase, out: &mut Effects) {
        if self.phase != phase {
            self.phase = phase;
            self.record(Record::Phase(phase), out);
        }
    }

    const fn next_request(&mut self) -> RequestNo {
        let no = RequestNo(self.counters.request);
        self.counters.request += 1;
        no
    }

    const fn next_action(&mut self) -> ActionId {
        let id = ActionId(self.counters.action);
        self.counters.action += 1;
        id
    }

    /// Says a sentence of the gateway's own, and tells the model what the caller heard.
    fn say_locally(&mut self, prompt: Prompt, out: &mut Effects) {
        let source = Source::Local(prompt);
        if self.sentences.iter().any(|(queued, _)| *queued == prompt) {
            return;
        }
        let sentence = self.facts.prompts.sentence(prompt).clone();
        self.playout.push(&source, sentence.audio);
        self.playout.end(&source);
        self.sentences.push((prompt, None));
        self.event(Event::LocalSentence { prompt }, out);
        if self.model == Model::Ready && matches!(self.ending, Ending::None) {
            let no = self.next_request();
            let text = format!("The phone system itself said this to the caller: \"{}\"", sentence.text);
            self.send(ModelEffect::Note { no, text }, out);
        }
    }
}

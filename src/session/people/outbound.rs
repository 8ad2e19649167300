//! A call that we place: the dial after its intent, who picks up, and what a machine gets.

use std::time::Duration;

use crate::session::CallSession;
use crate::session::document::Document;
use crate::session::effect::{CarrierEffect, Effects, Event, ModelEffect, Record, RecordId};
use crate::session::ending::Ending;
use crate::session::input::{ActionResult, LegStatus};
use crate::session::links::Model;
use crate::session::people::{Errand, Stage};
use crate::session::timer::Timer;
use crate::types::{AnsweredBy, AttemptState, Direction, EscalationState, LegId, Mono, Outcome, Reason, Speaker};

/// From the end of the ringing to our giving up: the carrier adds five seconds of its own.
const RING_GRACE: Duration = Duration::from_secs(15);

/// A machine's greeting, until its beep.
const GREETING_MAX: Duration = Duration::from_secs(45);

/// A message to a machine.
const MESSAGE_MAX: Duration = Duration::from_secs(90);

/// How far an outbound call is. A call that came in is `Answered` from its beginning.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Outbound {
    /// The call's first record waits for its receipt.
    Intended,
    Dialling,
    #[default]
    Answered,
    /// A machine picked up; its greeting is on.
    Machine,
    /// Our message is being left.
    Leaving,
}

impl Outbound {
    pub(crate) const fn of(direction: Direction) -> Self {
        match direction {
            Direction::Inbound => Self::Answered,
            Direction::Outbound => Self::Intended,
        }
    }

    pub(crate) const fn is_answered(self) -> bool {
        matches!(self, Self::Answered)
    }

    pub(crate) const fn is_with_machine(self) -> bool {
        matches!(self, Self::Machine | Self::Leaving)
    }
}

/// How far the two have come to talk with each other: whoever answers an answer is a person. A machine's greeting may be
/// taken for words, and in its pauses the assistant speaks; but it talks over that, and is silent after its beep.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Exchange {
    #[default]
    Nothing,
    /// The party said something.
    Said,
    /// ... and heard the assistant to the end.
    Answered,
    /// ... and answered that, or pressed a key.
    Talking,
}

impl Exchange {
    /// Goes on with one line; an assistant's counts if it was heard to its end.
    pub(crate) const fn after(self, speaker: Speaker, key: bool) -> Self {
        match (self, speaker) {
            (_, Speaker::Caller) if key => Self::Talking,
            (Self::Nothing, Speaker::Caller) => Self::Said,
            (Self::Said, Speaker::Assistant) => Self::Answered,
            (Self::Answered, Speaker::Caller) => Self::Talking,
            (same, _) => same,
        }
    }

    /// What the lines of an earlier process tell.
    pub(crate) fn of(speakers: impl Iterator<Item = Speaker>) -> Self {
        speakers.fold(Self::Nothing, |before, speaker| before.after(speaker, false))
    }
}

impl CallSession {
    /// The call's first record is on disk: it is dialled.
    pub(in crate::session) fn outbound_committed(&mut self, now: Mono, _: RecordId, out: &mut Effects) {
        if self.people.outbound != Outbound::Intended || !matches!(self.ending, Ending::None) {
            return;
        }
        self.people.outbound = Outbound::Dialling;
        let (ring, time_limit) = (self.policy.outbound_ring, self.policy.bridge_max);
        self.timers.set(Timer::Stream, now + ring + RING_GRACE);
        self.run(Errand::DialOut, CarrierEffect::DialOut { ring, time_limit }, out);
    }

    /// The answer to the dial, or to the look for a leg whose dial had none.
    pub(in crate::session) fn on_dialled_out(
        &mut self,
        now: Mono,
        result: ActionResult,
        found: bool,
        out: &mut Effects,
    ) {
        match result {
            ActionResult::Dialled(leg) => self.learn_leg(&leg, out),
            ActionResult::Refused(_) | ActionResult::NotDone(_) => {
                self.close(now, Outcome::Failed, Reason::DialRefused, out)
            }
            // Its callbacks tell, or its time passes.
            _ if found => {}
            ActionResult::Gone
            | ActionResult::Unknown
            | ActionResult::Failed
            | ActionResult::Done
            | ActionResult::Status(_) => self.run(Errand::FindOut, CarrierEffect::FindDialled(None), out),
        }
    }

    fn learn_leg(&mut self, leg: &LegId, out: &mut Effects) {
        if self.leg.is_some() {
            return;
        }
        self.leg = Some(leg.clone());
        self.record(Record::Leg(leg.clone()), out);
        if !matches!(self.ending, Ending::None) {
            // It was given up meanwhile.
            self.run(Errand::HangUpOut, CarrierEffect::HangUp(leg.clone()), out);
        }
    }

    /// A status callback of the party's leg.
    pub(in crate::session) fn on_party_leg(&mut self, now: Mono, leg: &LegId, status: LegStatus, out: &mut Effects) {
        if self.is_over() || self.facts.direction != Direction::Outbound {
            return;
        }
        self.learn_leg(leg, out);
        if self.leg.as_ref() == Some(leg) {
            self.on_leg_status(now, status, out);
        }
    }

    /// The party picked up.
    pub(in crate::session) fn on_outbound_answered(&mut self, now: Mono, leg: &LegId, out: &mut Effects) -> Document {
        if self.facts.direction != Direction::Outbound || !matches!(self.ending, Ending::None) {
            return Document::HangUp;
        }
        self.learn_leg(leg, out);
        if self.leg.as_ref() != Some(leg) {
            return Document::HangUp;
        }
        match self.people.outbound {
            Outbound::Intended | Outbound::Dialling => {
                self.people.outbound = Outbound::Answered;
                if self.model == Model::Away {
                    self.model = Model::Connecting { attempt: 1 };
                    self.timers.set(Timer::Connect, now + self.policy.model_connect);
                    self.send(ModelEffect::Open, out);
                }
                self.timers.set(Timer::Stream, now + self.policy.stream_wait);
                self.start_clock(now);
                Document::Connect
            }
            Outbound::Answered => Document::Connect,
            Outbound::Machine | Outbound::Leaving => self.people.next.clone().unwrap_or(Document::HangUp),
        }
    }

    /// Nobody picked up, or no receipt came, and nobody reported it.
    pub(in crate::session) fn on_no_pick_up(&mut self, now: Mono, out: &mut Effects) {
        match self.people.outbound {
            Outbound::Intended => self.close(now, Outcome::Failed, Reason::Inferred, out),
            Outbound::Dialling => self.hang_up(now, Outcome::NoAnswer, Reason::Inferred, out),
            Outbound::Answered | Outbound::Machine | Outbound::Leaving => {}
        }
    }

    /// Detection says who picked up. Unknown counts as a person.
    pub(in crate::session) fn on_picked_up(&mut self, now: Mono, by: AnsweredBy, out: &mut Effects) {
        if self.facts.direction != Direction::Outbound || !matches!(self.ending, Ending::None) {
            return;
        }
        self.event(Event::PickedUp { by }, out);
        let has_message = !self.facts.machine_message.is_empty();
        let is_person = matches!(by, AnsweredBy::Human | AnsweredBy::Unknown);
        if self.people.exchange == Exchange::Talking {
            // Detection takes half a minute at times, and is wrong at times: whoever talks with us is a person.
            return;
        }
        match self.people.stage() {
            // Whoever talks with a person is none of detection's business.
            Some(Stage::Merging { .. } | Stage::Talking) => return,
            Some(_) if !is_person => {
                // Nobody is called for a machine.
                self.drop_attempt(AttemptState::Canceled, out);
                self.close_escalation(EscalationState::Canceled, out);
            }
            Some(_) | None => {}
        }
        match by {
            AnsweredBy::Human | AnsweredBy::Unknown => {}
            AnsweredBy::Machine if has_message => {
                self.people.outbound = Outbound::Machine;
                self.cut_sound(now, out);
                self.rest_model(out);
                self.timers.set(Timer::Message, now + GREETING_MAX);
            }
            AnsweredBy::MachineReady if has_message => {
                self.people.outbound = Outbound::Leaving;
                self.cut_sound(now, out);
                self.rest_model(out);
                self.timers.set(Timer::Message, now + MESSAGE_MAX);
                let message = Document::Message(self.facts.machine_message.clone());
                self.move_caller(now, message, out);
            }
            AnsweredBy::Machine | AnsweredBy::MachineReady | AnsweredBy::Fax => {
                self.hang_up(now, Outcome::NoAnswer, Reason::AnsweringMachine, out);
            }
        }
    }

    /// The machine's greeting, or our message to it, takes too long.
    pub(in crate::session) fn on_machine_due(&mut self, now: Mono, out: &mut Effects) {
        match self.people.outbound {
            Outbound::Machine => self.hang_up(now, Outcome::NoAnswer, Reason::AnsweringMachine, out),
            Outbound::Leaving => self.hang_up(now, Outcome::Voicemail, Reason::AnsweringMachine, out),
            Outbound::Intended | Outbound::Dialling | Outbound::Answered => {}
        }
    }
}

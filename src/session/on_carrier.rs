//! What the carrier tells outside the stream, and what to do when the stream is gone.

use std::time::Duration;

use crate::session::CallSession;
use crate::session::document::{Document, Party, RoomPlan};
use crate::session::effect::{ActionId, CarrierEffect, Effect, Effects, Ending as Ended, Event, Record};
use crate::session::ending::Ending;
use crate::session::input::{ActionResult, CarrierInput, DetachCause, LegStatus, Question};
use crate::session::links::{Media, Model};
use crate::session::people::outbound::Outbound;
use crate::session::people::{Errand, PastAsk, Stage};
use crate::session::plant::planted;
use crate::session::timer::Timer;
use crate::types::{Mono, Outcome, Reason, Urgency};

/// From our answer to a lost stream to the new one.
const RECONNECT_WAIT: Duration = Duration::from_secs(15);

/// A stream that brought something so short a time ago is there, whatever a request says. A caller's phone sends fifty
/// frames a second, also of silence.
const STREAM_FRESH: Duration = Duration::from_secs(2);

/// Answers that the carrier may fail to use in one call, before it hears the apology.
const FALLBACKS_MAX: u32 = 3;

impl CallSession {
    pub(super) fn on_carrier(&mut self, now: Mono, input: CarrierInput, out: &mut Effects) {
        match input {
            CarrierInput::Leg(status) => self.on_leg_status(now, status, out),
            CarrierInput::PartyLeg { leg, status } => self.on_party_leg(now, &leg, status, out),
            CarrierInput::Ask(question) => {
                let answer = self.on_question(now, question, out);
                out.push(Effect::Answer(answer));
            }
            CarrierInput::Apologised => self.on_apologised(now, out),
            CarrierInput::OperatorLeg { attempt, leg, status } => {
                self.on_operator_leg(now, attempt, &leg, status, out);
            }
            CarrierInput::Room { attempt, event } => self.on_room(now, attempt, &event, out),
            CarrierInput::PickedUp(by) => self.on_picked_up(now, by, out),
            CarrierInput::OperatorPickedUp { attempt, by } => self.on_operator_picked_up(now, attempt, by, out),
            CarrierInput::Recorded { .. } if matches!(self.ending, Ending::Closing { .. } | Ending::Over) => {}
            CarrierInput::Recorded { recording, duration } => self.on_recorded(now, recording, duration, out),
        }
    }

    pub(super) fn on_leg_status(&mut self, now: Mono, status: LegStatus, out: &mut Effects) {
        if planted!(self.policy, LateStatusReopens) && self.is_over() {
            let at = now.millis();
            let again = Ended { outcome: Outcome::CallerHungUp, reason: Reason::CarrierStatus, at };
            self.record(Record::Ended(again), out);
        }
        if matches!(self.ending, Ending::Closing { .. } | Ending::Over) {
            return;
        }
        self.fault_event(Event::LegStatus { status: status_word(status) }, out);
        if !status.is_terminal() {
            return;
        }
        if matches!(self.ending, Ending::None)
            && self.people.message.as_ref().is_some_and(|message| !message.left && !message.caller_gone)
        {
            self.caller_leaves_message(now);
            return;
        }
        let talked = self.people.stage() == Some(Stage::Talking);
        let left = self.people.message.as_ref().is_some_and(|message| message.left);
        let (outcome, reason) = match (&self.ending, status) {
            (Ending::None, LegStatus::Completed) if talked || self.is_parting() => {
                (Outcome::Transferred, Reason::OperatorTalk)
            }
            (Ending::None, LegStatus::Completed) if left => (Outcome::Voicemail, Reason::MessageLeft),
            (Ending::None, LegStatus::Completed) if self.people.outbound == Outbound::Leaving => {
                (Outcome::Voicemail, Reason::AnsweringMachine)
            }
            (Ending::HangingUp { outcome, reason } | Ending::Sentence { outcome, reason, .. }, _) => {
                (*outcome, *reason)
            }
            (Ending::Farewell { .. }, LegStatus::Completed) => (Outcome::Completed, Reason::AssistantEnded),
            (_, LegStatus::Busy) => (Outcome::Busy, Reason::CarrierStatus),
            (_, LegStatus::NoAnswer) => (Outcome::NoAnswer, Reason::CarrierStatus),
            (_, LegStatus::Failed) => (Outcome::Failed, Reason::CarrierStatus),
            (_, LegStatus::Canceled) => (Outcome::Canceled, Reason::CarrierStatus),
            (_, _) => (Outcome::CallerHungUp, Reason::CarrierStatus),
        };
        self.close(now, outcome, reason, out);
    }

    /// The caller has talked with a person who left, and is not back with the assistant yet: whoever hangs up now has ended
    /// that talk, as the other has.
    fn is_parting(&self) -> bool {
        self.people.parting && self.media != Media::Live && !planted!(self.policy, ForgetsTalk)
    }

    /// The caller is gone, by what is known.
    fn close_hung_up(&mut self, now: Mono, reason: Reason, out: &mut Effects) {
        let (outcome, reason) = if self.is_parting() {
            (Outcome::Transferred, Reason::OperatorTalk)
        } else {
            (Outcome::CallerHungUp, reason)
        };
        self.close(now, outcome, reason, out);
    }

    fn on_question(&mut self, now: Mono, question: Question, out: &mut Effects) -> Document {
        match question {
            Question::AfterStream => self.on_after_stream(now, out),
            Question::Fallback => self.on_fallback(now, out),
            Question::OperatorAnswered { attempt, leg, by } => self.on_operator_answered(now, attempt, &leg, by, out),
            Question::OperatorKey { attempt, leg, step, key } => {
                self.on_operator_key(now, (attempt, &leg), step, key, out)
            }
            Question::OperatorDone { attempt, leg, parted } => {
                let known = self.people.attempt().is_some_and(|at| at.no == attempt && at.is_leg(&leg));
                let came = self.people.attempt().is_some_and(|at| !at.left_room);
                if known && parted && came {
                    // The room ended, and the operator did not leave it: the caller was there, and has left.
                    self.on_meeting(now, out);
                }
                if known && self.people.stage() == Some(Stage::Talking) {
                    self.operator_left(now, out);
                }
                Document::HangUp
            }
            Question::CallerDone { ended: true, .. } if !self.is_cold() => {
                // The caller has hung up, and the carrier asks all the same.
                self.on_leg_status(now, LegStatus::Completed, out);
                Document::HangUp
            }
            Question::CallerDone { attempt, bridged, .. } => {
                self.note_moved(attempt);
                match self.ending {
                    Ending::None => self.on_caller_done(now, attempt, bridged, out),
                    _ => self.on_after_stream(now, out),
                }
            }
            Question::VoicemailDone { recording, duration } => match self.ending {
                Ending::None => self.on_voicemail_done(now, recording, duration, out),
                _ => self.on_after_stream(now, out),
            },
            Question::ColdRefused { attempt, fault } => match self.ending {
                Ending::None => self.on_cold_refused(now, attempt, fault, out),
                _ => self.on_after_stream(now, out),
            },
            Question::OutboundAnswered { leg } => self.on_outbound_answered(now, &leg, out),
        }
    }

    /// The stream is there: its own sound says so, which no request can forge.
    pub(super) fn is_stream_fresh(&self, now: Mono) -> bool {
        let ours = matches!(self.ending, Ending::Closing { .. } | Ending::Over);
        let heard = self.pace.stream_heard.is_some_and(|at| now.since(at) < STREAM_FRESH);
        !ours && self.media == Media::Live && heard
    }

    pub(super) fn on_after_stream(&mut self, now: Mono, out: &mut Effects) -> Document {
        if self.is_stream_fresh(now) && !planted!(self.policy, TrustsReplays) {
            // A replayed request, or one that is ahead of the stream's end: whichever it is will show in a moment.
            return Document::AskAgain;
        }
        match self.ending {
            Ending::None => {}
            Ending::Farewell { .. } => {
                self.close(now, Outcome::Completed, Reason::AssistantEnded, out);
                return Document::HangUp;
            }
            Ending::Sentence { said: false, .. } => {}
            Ending::Sentence { outcome, reason, .. } | Ending::HangingUp { outcome, reason } => {
                self.close(now, outcome, reason, out);
                return Document::HangUp;
            }
            Ending::Closing { .. } | Ending::Over => return Document::HangUp,
        }
        if self.media == Media::Live {
            self.on_detached(now, DetachCause::Stopped, out);
        }
        if let Some(next) = self.people.next.clone() {
            self.timers.stop(Timer::Detach);
            if let (Document::Room(_), Some(open)) = (&next, &mut self.people.open) {
                open.moved = true;
            }
            return next;
        }
        if self.counters.resumes >= self.policy.resumes_max && self.people.is_reaching() {
            return self.park(now);
        }
        if self.counters.resumes >= self.policy.resumes_max {
            self.close(now, Outcome::StreamLost, Reason::StreamBroken, out);
            return Document::Apologise;
        }
        self.counters.resumes += 1;
        self.timers.stop(Timer::Detach);
        if self.model == Model::Away {
            self.open_model_again(now, "", out);
        }
        self.timers.set(Timer::Stream, now + RECONNECT_WAIT);
        Document::Connect
    }

    /// The carrier could not use, or did not get, our last answer about the caller's leg. It gets the next one, because
    /// what kept it from that is most likely over; a document that is wrong would be so each time.
    fn on_fallback(&mut self, now: Mono, out: &mut Effects) -> Document {
        if self.is_stream_fresh(now) && !planted!(self.policy, TrustsReplays) {
            return Document::AskAgain;
        }
        self.counters.fallbacks += 1;
        if self.counters.fallbacks <= FALLBACKS_MAX || matches!(self.ending, Ending::Closing { .. } | Ending::Over) {
            return self.on_after_stream(now, out);
        }
        let (outcome, reason) = match self.ending {
            Ending::HangingUp { outcome, reason } | Ending::Sentence { outcome, reason, .. } => (outcome, reason),
            Ending::Farewell { .. } => (Outcome::Completed, Reason::AssistantEnded),
            Ending::None | Ending::Closing { .. } | Ending::Over if self.media == Media::Awaiting => {
                (Outcome::StreamLost, Reason::NoStream)
            }
            Ending::None | Ending::Closing { .. } | Ending::Over => (Outcome::StreamLost, Reason::StreamBroken),
        };
        self.close(now, outcome, reason, out);
        Document::Apologise
    }

    /// The carrier got no answer of ours in time, and the caller hears the apology, which ends the leg. Its end must not
    /// be taken for the caller's doing.
    fn on_apologised(&mut self, now: Mono, out: &mut Effects) {
        if !matches!(self.ending, Ending::None) || self.is_stream_fresh(now) {
            return;
        }
        let (outcome, reason) = (Outcome::StreamLost, Reason::Unanswered);
        self.end_people(outcome, out);
        self.say_goodbye_by_document(now, outcome, reason);
    }

    /// What the loss of the stream means to a call that was ending already.
    pub(super) fn after_stream_lost(&mut self, now: Mono, out: &mut Effects) {
        match self.ending {
            Ending::Sentence { outcome, reason, .. } => self.hang_up(now, outcome, reason, out),
            Ending::Farewell { .. } => self.hang_up(now, Outcome::Completed, Reason::AssistantEnded, out),
            Ending::HangingUp { .. } => self.timers.set(Timer::HangUp, now + self.policy.detach_wait),
            Ending::None | Ending::Closing { .. } | Ending::Over => {}
        }
    }

    /// The stream is gone and nobody said what became of the caller: ask, or infer.
    pub(super) fn look_up(&mut self, now: Mono, out: &mut Effects) {
        if self.people.stage() == Some(Stage::Talking) {
            return;
        }
        if !self.facts.carrier_rest {
            self.close_hung_up(now, Reason::Inferred, out);
            return;
        }
        // Whoever waits in an emergency is fetched as soon as it is known that they are there.
        let waits = |past: &PastAsk| past.fact.urgency == Urgency::Emergency;
        let asked = self.people.again.as_ref().is_some_and(waits);
        let fetch_now = self.counters.leg_is_up && self.people.taken_up && asked && !self.people.fetched;
        if self.counters.lookups >= self.policy.lookup_tries || fetch_now {
            if self.counters.leg_is_up && self.fetch_to_stream(now, out) {
                // Nobody knows where the caller waits: on a stream we can talk.
            } else if self.counters.leg_is_up {
                self.hang_up(now, Outcome::StreamLost, Reason::StreamBroken, out);
            } else {
                self.close_hung_up(now, Reason::Inferred, out);
            }
            return;
        }
        let Some(leg) = self.leg.clone() else {
            self.close_hung_up(now, Reason::Inferred, out);
            return;
        };
        self.counters.lookups += 1;
        let action = self.next_action();
        out.push(Effect::Carrier(action, CarrierEffect::LookUp(leg)));
        self.timers.set(Timer::Detach, now + self.policy.detach_wait);
    }

    pub(super) fn on_action(&mut self, now: Mono, id: ActionId, result: ActionResult, out: &mut Effects) {
        if self.is_over() {
            // Nothing follows the last record.
            return;
        }
        if let Some(errand) = self.people.take_errand(id) {
            self.on_errand(now, errand, result, out);
            return;
        }
        if self.counters.hang_up == Some(id) {
            self.on_hung_up(now, result, out);
            return;
        }
        if !matches!(self.ending, Ending::None) || !matches!(self.media, Media::Gone { .. }) {
            return;
        }
        match result {
            ActionResult::Status(status) => {
                self.counters.leg_is_up |= !status.is_terminal();
                self.on_leg_status(now, status, out);
                self.on_seen_without_stream(now, status, out);
            }
            ActionResult::Gone => self.close_hung_up(now, Reason::CarrierStatus, out),
            ActionResult::Failed if self.counters.lookups >= self.policy.lookup_tries => {
                self.close_hung_up(now, Reason::Inferred, out);
            }
            ActionResult::Failed
            | ActionResult::Done
            | ActionResult::Dialled(_)
            | ActionResult::Refused(_)
            | ActionResult::NotDone(_)
            | ActionResult::Unknown => {}
        }
    }

    /// The caller is there, the stream is not, and the carrier has not asked for a while: it will not.
    fn on_seen_without_stream(&mut self, now: Mono, status: LegStatus, out: &mut Effects) {
        let Media::Gone { since } = self.media else {
            return;
        };
        let asked = self.people.is_handing_over() || self.people.is_moving() || self.timers.is_set(Timer::Stream);
        let waited = now.since(since) >= self.policy.detach_wait;
        if status == LegStatus::InProgress && waited && !asked && matches!(self.ending, Ending::None) {
            self.fetch_to_stream(now, out);
        }
    }

    /// The answer to a request that has to do with people.
    fn on_errand(&mut self, now: Mono, errand: Errand, result: ActionResult, out: &mut Effects) {
        match errand {
            Errand::Dial(dial) => self.on_dialled(now, dial, result, out),
            Errand::Find(no) => self.on_found(now, no, result, out),
            Errand::HangUpOperator(no) => self.on_operator_hung_up(now, no, &result),
            Errand::LookUpOperator(no) => self.on_operator_seen(now, no, &result, out),
            Errand::LookUpCaller => self.on_caller_seen(now, &result, out),
            Errand::Excuse(no) => self.on_excused(no, &result, out),
            Errand::Move(document) => self.on_moved(now, document, &result, out),
            Errand::DialOut => self.on_dialled_out(now, result, false, out),
            Errand::FindOut => self.on_dialled_out(now, result, true, out),
            Errand::HangUpOut | Errand::EndRoom => {}
        }
    }

    /// The stream cannot be had again while a phone rings: the caller waits in the room.
    fn park(&mut self, now: Mono) -> Document {
        self.timers.stop(Timer::Detach);
        self.timers.stop(Timer::Stream);
        let time_limit = self.policy.bridge_max;
        let attempt = self.people.attempt().map_or(0, |attempt| attempt.no);
        let Some(open) = &mut self.people.open else {
            return Document::Apologise;
        };
        open.parked = true;
        open.moved = true;
        let plan = RoomPlan { escalation: open.no, attempt, who: Party::Caller, waits: true, time_limit };
        self.people.next = Some(Document::Room(plan.clone()));
        self.media = Media::Gone { since: now };
        Document::Room(plan)
    }

    /// No stream came in time.
    pub(super) fn on_stream_due(&mut self, now: Mono, out: &mut Effects) {
        if !self.people.outbound.is_answered() {
            self.on_no_pick_up(now, out);
            return;
        }
        if let Ending::Sentence { outcome, reason, .. } = self.ending {
            self.hang_up(now, outcome, reason, out);
            return;
        }
        match self.media {
            Media::Gone { .. } => self.look_up(now, out),
            Media::Awaiting | Media::Live => {
                if self.media == Media::Live || !self.fetch_to_stream(now, out) {
                    self.hang_up(now, Outcome::StreamLost, Reason::NoStream, out);
                }
            }
        }
    }
}

const fn status_word(status: LegStatus) -> &'static str {
    match status {
        LegStatus::Queued => "queued",
        LegStatus::Initiated => "initiated",
        LegStatus::Ringing => "ringing",
        LegStatus::InProgress => "in-progress",
        LegStatus::Completed => "completed",
        LegStatus::Busy => "busy",
        LegStatus::NoAnswer => "no-answer",
        LegStatus::Failed => "failed",
        LegStatus::Canceled => "canceled",
    }
}

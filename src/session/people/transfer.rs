//! From the operator's "yes" to the end of the conversation: the caller hears it, is moved, and the two meet.
//!
//! While the caller is on the way, `People::next` is the answer to whatever the carrier asks about the caller's leg,
//! so either order of redirect and question leads to the room.

use crate::session::CallSession;
use crate::session::document::{Document, Party, RoomPlan};
use crate::session::effect::{Effect, Effects, MediaEffect, ModelEffect, Record};
use crate::session::ending::Ending;
use crate::session::input::RoomEvent;
use crate::session::links::{Media, Model};
use crate::session::people::Stage;
use crate::session::plant::planted;
use crate::session::timer::Timer;
use crate::types::{AttemptState, EscalationState, LegId, Mono, Outcome, Prompt, Reason};

/// For the answer to the redirect that fetches a caller after a talk.
const FETCH_WAIT: std::time::Duration = std::time::Duration::from_secs(5);

/// From the operator's end to the caller's question; then the caller is fetched.
const RETURN_WAIT: std::time::Duration = std::time::Duration::from_millis(1500);

impl CallSession {
    /// The operator takes the call.
    pub(in crate::session) fn accept(&mut self, now: Mono, no: u32, out: &mut Effects) -> Document {
        let Some(open) = &self.people.open else {
            return Document::HangUp;
        };
        let (escalation, parked) = (open.no, open.parked);
        self.attempt_to(AttemptState::Accepted, None, out);
        self.escalation_to(EscalationState::Merging, out);
        self.timers.stop(Timer::Escalation);
        self.timers.stop(Timer::Reassure);
        match self.media {
            Media::Live => self.tell_connecting(now, out),
            Media::Gone { .. } | Media::Awaiting if parked => self.wait_for_merge(now),
            // The carrier asks soon, or the look-up tells.
            Media::Gone { .. } | Media::Awaiting => {
                self.people.next = Some(self.room(Party::Caller, no));
                self.wait_for_merge(now);
            }
        }
        Document::Room(RoomPlan {
            escalation,
            attempt: no,
            who: Party::Operator,
            waits: false,
            time_limit: self.policy.bridge_max,
        })
    }

    fn room(&self, who: Party, attempt: u32) -> Document {
        let escalation = self.people.open.as_ref().map_or(0, |open| open.no);
        Document::Room(RoomPlan { escalation, attempt, who, waits: false, time_limit: self.policy.bridge_max })
    }

    /// "I am connecting you now": whatever else was to be heard is cut.
    fn tell_connecting(&mut self, now: Mono, out: &mut Effects) {
        let cuts = if self.playout.is_idle() { Vec::new() } else { self.playout.cut(now, out) };
        if let Some(open) = &mut self.people.open {
            open.stage = Stage::Connecting;
        }
        self.cancel_active(out);
        self.settle_cuts(now, cuts, out);
        self.turn.wanted = None;
        for timer in [Timer::DeadAir, Timer::ResponseSlow, Timer::ResponseLost, Timer::Emergency] {
            self.timers.stop(timer);
        }
        self.say_locally(Prompt::Connecting, out);
        let rest = self.playout.remaining(now);
        self.timers.set(Timer::Attempt, now + rest + self.policy.connect_grace);
    }

    /// The sentence was heard: the caller is moved.
    pub(in crate::session) fn advance_transfer(&mut self, now: Mono, out: &mut Effects) {
        match self.people.stage() {
            Some(Stage::Connecting) if self.playout.is_settled() => self.move_to_room(now, out),
            Some(Stage::Announcing { committed: true, .. })
                if self.media == Media::Live && self.playout.is_settled() =>
            {
                self.cold_move(now, out);
            }
            _ => {}
        }
    }

    pub(in crate::session) fn move_to_room(&mut self, now: Mono, out: &mut Effects) {
        let Some(no) = self.people.attempt().map(|attempt| attempt.no) else {
            return;
        };
        self.wait_for_merge(now);
        self.move_caller(now, self.room(Party::Caller, no), out);
    }

    fn wait_for_merge(&mut self, now: Mono) {
        if let Some(open) = &mut self.people.open {
            open.stage = Stage::Merging { looks: 0 };
        }
        self.timers.set(Timer::Attempt, now + self.policy.merge_wait);
    }

    /// A room reports. What it says about others than these two is of no interest.
    pub(in crate::session) fn on_room(&mut self, now: Mono, no: u32, event: &RoomEvent, out: &mut Effects) {
        let is_caller = |leg: &LegId| self.leg.as_ref() == Some(leg);
        let operator = match event {
            RoomEvent::Joined(leg) | RoomEvent::Left(leg) => {
                let of = self.people.attempt();
                of.filter(|attempt| attempt.is_leg(leg)).map(|attempt| attempt.no)
            }
            RoomEvent::Started | RoomEvent::Ended => self.people.attempt().map(|at| at.no).filter(|at| *at == no),
        };
        let stage = self.people.stage();
        if !matches!(stage, Some(Stage::Connecting | Stage::Merging { .. } | Stage::Talking)) {
            let parked = self.people.open.as_ref().is_some_and(|open| open.parked);
            let left = matches!(event, RoomEvent::Left(leg) if is_caller(leg)) || *event == RoomEvent::Ended;
            let joined = matches!(event, RoomEvent::Joined(leg) if is_caller(leg));
            if parked && left {
                self.ask_caller_leg(out);
            } else if joined && !parked {
                self.on_strayed(now, out);
            }
            return;
        }
        match event {
            RoomEvent::Started if operator.is_some() => self.on_meeting(now, out),
            RoomEvent::Joined(leg) => {
                let caller = is_caller(leg);
                if let Some(open) = &mut self.people.open {
                    open.caller_in |= caller;
                    open.operator_in |= operator.is_some();
                    if open.caller_in && open.operator_in {
                        self.on_meeting(now, out);
                    }
                }
            }
            RoomEvent::Left(leg) if is_caller(leg) => {
                // Hung up, or on the way back: one of the two tells soon.
                if let Some(open) = &mut self.people.open {
                    open.caller_in = false;
                }
                self.timers.set(Timer::Bridge, now + RETURN_WAIT);
            }
            RoomEvent::Left(_) if operator.is_some() => {
                self.operator_gone_from_room(now, out);
            }
            RoomEvent::Ended if operator.is_some() && stage == Some(Stage::Talking) => {
                self.timers.set_once(Timer::Return, now + RETURN_WAIT);
            }
            RoomEvent::Started | RoomEvent::Left(_) | RoomEvent::Ended => {}
        }
    }

    /// The caller is in a room where nobody is expected: a redirect was done later than another.
    fn on_strayed(&mut self, now: Mono, out: &mut Effects) {
        let moves = self.people.is_handing_over() || self.people.is_moving();
        // A redirect away from there was done already: what is told now was before it, and a stream that does not come is
        // noticed.
        let expected = matches!(self.media, Media::Gone { .. }) && self.timers.is_set(Timer::Stream);
        let astray = matches!(self.ending, Ending::None) && !moves && !expected;
        if astray && !self.is_stream_fresh(now) {
            self.fetch_to_stream(now, out);
        }
    }

    fn operator_gone_from_room(&mut self, now: Mono, out: &mut Effects) {
        if let Some(open) = &mut self.people.open {
            open.operator_in = false;
        }
        match self.people.stage() {
            Some(Stage::Connecting) => self.accepted_and_left(now, out),
            Some(Stage::Merging { .. } | Stage::Talking) => self.operator_left(now, out),
            _ => {}
        }
    }

    /// The two hear each other.
    pub(in crate::session) fn on_meeting(&mut self, now: Mono, out: &mut Effects) {
        if !matches!(self.people.stage(), Some(Stage::Merging { .. })) {
            return;
        }
        if let Some(open) = &mut self.people.open {
            open.stage = Stage::Talking;
        }
        self.attempt_to(AttemptState::Bridged, None, out);
        self.escalation_to(EscalationState::Bridged, out);
        self.end_vigil();
        self.timers.stop(Timer::Attempt);
        self.timers.set(Timer::Bridge, now + self.policy.bridge_look);
        if self.media == Media::Live {
            out.push(Effect::Media(MediaEffect::Close));
            self.lose_stream(now, out);
        }
        // No stream is missed any more.
        self.timers.stop(Timer::Detach);
        self.timers.stop(Timer::Stream);
        self.rest_model(out);
    }

    /// The model is not needed while people talk. What it still owed is settled without it.
    pub(in crate::session) fn rest_model(&mut self, out: &mut Effects) {
        if matches!(self.model, Model::Gone | Model::Away) {
            return;
        }
        self.model = Model::Away;
        self.backlog.clear();
        for timer in [Timer::Connect, Timer::Configure, Timer::Ready, Timer::RespondAgain] {
            self.timers.stop(timer);
        }
        if let Some(response) = self.turn.active.take().map(|active| active.response) {
            self.close_items(&response, out);
        }
        self.turn.asked = None;
        self.turn.wanted = None;
        self.turn.auto_due = false;
        self.tooling.forget();
        self.end_speech();
        while let Some(line) = self.transcript.take_hopeless(true) {
            self.record(Record::Line(line), out);
        }
        self.send(ModelEffect::Close, out);
    }

    /// Accepted, and gone before the caller was moved: the caller never left the assistant.
    pub(in crate::session) fn accepted_and_left(&mut self, now: Mono, out: &mut Effects) {
        self.attempt_over(now, AttemptState::NoResponse, out);
        if let Some(due) = self.people.open.as_ref().map(|open| open.due) {
            self.timers.set(Timer::Escalation, due);
        }
    }

    /// The operator is gone from the room; the caller is alone there, or on the way to it.
    pub(in crate::session) fn operator_left(&mut self, now: Mono, out: &mut Effects) {
        match (self.people.stage(), self.people.attempt_mut()) {
            (Some(Stage::Talking), _) => {
                self.attempt_to(AttemptState::Done, None, out);
                // The room ends with either of them: had the caller left first, the leg has ended by now.
                if !planted!(self.policy, ForgetsTalk) {
                    self.ask_caller_leg(out);
                }
            }
            // The room ends with either of them: the caller's own end may be told just after this.
            (Some(Stage::Merging { .. }), Some(attempt)) => attempt.left_room = true,
            _ => self.attempt_to(AttemptState::NoResponse, None, out),
        }
        if let Some(no) = self.people.attempt().map(|attempt| attempt.no) {
            self.people.legs.release(no);
        }
        if planted!(self.policy, LeavesCallerAlone) {
            self.timers.stop(Timer::Attempt);
            return;
        }
        self.timers.set_once(Timer::Return, now + RETURN_WAIT);
    }

    /// The caller is still there, or the call ends for another reason: it was the operator who left.
    pub(in crate::session) fn settle_left_room(&mut self, out: &mut Effects) {
        let is_merging = matches!(self.people.stage(), Some(Stage::Merging { .. }));
        if is_merging && self.people.attempt().is_some_and(|attempt| attempt.left_room) {
            self.attempt_to(AttemptState::NoResponse, None, out);
        }
    }

    /// Nobody could make the two meet: the caller comes back.
    pub(in crate::session) fn transfer_failed(&mut self, now: Mono, out: &mut Effects) {
        self.settle_left_room(out);
        self.attempt_to(AttemptState::Failed, None, out);
        self.people.legs.release_all();
        self.fetch_caller(now, out);
    }

    /// The caller is alone and the carrier does not ask about it: back to the assistant by request.
    pub(in crate::session) fn fetch_caller(&mut self, now: Mono, out: &mut Effects) {
        self.settle_left_room(out);
        let moved = self.people.is_moving() || self.people.open.as_ref().is_some_and(|open| open.moved);
        if self.media == Media::Live && !moved {
            let state = self.people.open.as_ref().map(|open| open.state);
            self.come_back_live(now, state == Some(EscalationState::Bridged), out);
            return;
        }
        if self.model == Model::Gone && self.people.stage() != Some(Stage::Talking) {
            let document = self.cold_fallback(now, false, out);
            self.move_caller(now, document, out);
            return;
        }
        if self.model == Model::Gone {
            let (to, outcome, reason) = self.end_without_model();
            self.attempt_to(
                if to == EscalationState::Transferred { AttemptState::Done } else { AttemptState::Failed },
                None,
                out,
            );
            self.close_escalation(to, out);
            self.hang_up(now, outcome, reason, out);
            return;
        }
        if self.may_have_left(now, out) {
            return;
        }
        let document = self.come_back(now, out);
        self.move_caller(now, document, out);
        // A stream attaches like any other; what is asked before that gets the same answer.
        self.people.next = None;
    }

    /// After a talk the answer to the redirect tells who left first: nothing is written down before it.
    fn may_have_left(&mut self, now: Mono, out: &mut Effects) -> bool {
        if self.people.stage() != Some(Stage::Talking) || planted!(self.policy, ForgetsTalk) {
            return false;
        }
        let known = self.facts.carrier_rest && self.leg.is_some();
        let Some(open) = self.people.open.as_mut().filter(|open| known && !open.fetching) else {
            return false;
        };
        open.fetching = true;
        self.move_caller(now, Document::Connect, out);
        self.people.next = None;
        self.timers.set(Timer::Return, now + FETCH_WAIT);
        true
    }

    pub(in crate::session) fn is_fetching(&self) -> bool {
        self.people.open.as_ref().is_some_and(|open| open.fetching)
    }

    /// How a call ends whose caller has nobody to come back to.
    pub(in crate::session) fn end_without_model(&self) -> (EscalationState, Outcome, Reason) {
        if self.people.stage() == Some(Stage::Talking) {
            (EscalationState::Transferred, Outcome::Transferred, Reason::OperatorTalk)
        } else {
            (EscalationState::Failed, Outcome::ModelUnavailable, self.model_reason)
        }
    }
}

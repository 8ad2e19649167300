//! The caller comes back: a new stream of the same call, and a new connection that is told what happened.

use crate::session::CallSession;
use crate::session::caller_turns::CallerTurns;
use crate::session::document::Document;
use crate::session::effect::{Effects, ModelEffect};
use crate::session::links::{Media, Model};
use crate::session::people::Stage;
use crate::session::timer::Timer;
use crate::types::{AttemptState, EscalationState, Mono, Phase, TransferMode};

/// From our answer to the new stream.
const STREAM_WAIT: std::time::Duration = std::time::Duration::from_secs(15);

impl CallSession {
    /// The caller's part in the room, or the cold transfer, is over, and the caller is still there.
    pub(in crate::session) fn on_caller_done(
        &mut self,
        now: Mono,
        no: u32,
        bridged: Option<bool>,
        out: &mut Effects,
    ) -> Document {
        if self.is_cold() {
            let asked = self.people.attempt().is_some_and(|attempt| attempt.no == no);
            return match &self.people.next {
                // It was asked before, and the next one is being dialled already.
                Some(answer) if !asked => answer.clone(),
                _ => self.on_cold_done(now, bridged, out),
            };
        }
        let stale = self.people.open.as_ref().is_some_and(|open| no < open.first_attempt);
        match self.people.stage() {
            // The end of an earlier transfer, told late or twice.
            _ if stale => self.on_after_stream(now, out),
            Some(Stage::Merging { .. } | Stage::Talking) => self.come_back(now, out),
            // Parked, and the room ended: the caller waits where we can speak.
            Some(
                Stage::Requested
                | Stage::Intending { .. }
                | Stage::Ringing
                | Stage::Deciding
                | Stage::Connecting
                | Stage::Announcing { .. }
                | Stage::ColdDialling,
            )
            | None => self.on_after_stream(now, out),
        }
    }

    /// The caller's own leg dials.
    pub(in crate::session) fn is_cold(&self) -> bool {
        self.people.open.as_ref().is_some_and(|open| open.mode == TransferMode::Cold)
    }

    /// Ends the conversation's records and makes the call ready for a stream. The answer to the caller's leg.
    pub(in crate::session) fn come_back(&mut self, now: Mono, out: &mut Effects) -> Document {
        let talked = self.people.stage() == Some(Stage::Talking);
        let without_model = self.end_without_model();
        self.settle_left_room(out);
        if self.model == Model::Gone && !talked {
            self.attempt_to(AttemptState::Failed, None, out);
            self.people.legs.release_all();
            self.people.next = None;
            return self.cold_fallback(now, false, out);
        }
        self.attempt_to(if talked { AttemptState::Done } else { AttemptState::Failed }, None, out);
        self.people.legs.release_all();
        self.people.next = None;
        if self.model == Model::Gone {
            let (to, outcome, reason) = without_model;
            self.close_escalation(to, out);
            self.close(now, outcome, reason, out);
            return Document::HangUp;
        }
        self.close_escalation(EscalationState::Returned, out);
        self.wait_for_stream(now, out);
        self.people.returning = true;
        self.people.parting = talked;
        let news = if talked {
            "The caller has talked with a person, who has left; the caller is back with you. Greet nobody again; ask \
             whether there is anything else."
        } else {
            "The caller could not be connected to the person and is back with you. Say so, and offer to help or to \
             note a callback."
        };
        self.resume_clock(now);
        self.enter(Phase::Intake, out);
        self.open_model_again(now, news, out);
        Document::Connect
    }

    /// The caller's leg is told to open a stream.
    pub(in crate::session) fn wait_for_stream(&mut self, now: Mono, out: &mut Effects) {
        self.people.next = None;
        if self.media == Media::Live {
            self.lose_stream(now, out);
        }
        self.media = Media::Gone { since: now };
        self.timers.stop(Timer::Detach);
        self.timers.set(Timer::Stream, now + STREAM_WAIT);
    }

    /// The same, with the stream still there.
    pub(in crate::session) fn come_back_live(&mut self, now: Mono, talked: bool, out: &mut Effects) {
        self.attempt_to(if talked { AttemptState::Done } else { AttemptState::Failed }, None, out);
        self.people.legs.release_all();
        self.people.next = None;
        if self.model == Model::Gone {
            self.nobody_left(now, out);
            return;
        }
        self.close_escalation(EscalationState::Returned, out);
        self.say_locally(crate::types::Prompt::TransferFailed, out);
        let news = "The caller could not be connected to the person and is still with you. Offer to help, or to note \
                    a callback.";
        self.after_failure(now, news, out);
        if self.model == Model::Away {
            self.open_model_again(now, "", out);
        }
    }

    /// A connection that was closed for the time of a conversation is made anew.
    pub(in crate::session) fn open_model_again(&mut self, now: Mono, news: &str, out: &mut Effects) {
        match self.model {
            Model::Ready => self.tell_model(news, out),
            Model::Gone => {}
            Model::Connecting { .. } | Model::Configuring { .. } => {
                self.people.recall.get_or_insert_default().push_str(news);
            }
            Model::Away => {
                self.people.recall.get_or_insert_default().push_str(news);
                self.model = Model::Connecting { attempt: 1 };
                self.pace.appended = 0;
                self.caller_turns = CallerTurns::default();
                self.timers.set(Timer::Connect, now + self.policy.model_connect);
                self.send(ModelEffect::Open, out);
            }
        }
    }
}

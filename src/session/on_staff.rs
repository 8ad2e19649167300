//! What staff do to a live call, and when it cannot be done.
//!
//! A command that does nothing says so, to whoever gave it and on the timeline: staff act on what they believe.

use crate::session::CallSession;
use crate::session::effect::{Effects, Event, RespondKind};
use crate::session::ending::Ending;
use crate::session::input::{Ignored, StaffInput};
use crate::session::links::{Media, Model};
use crate::session::people::attempt::RING_MIN;
use crate::session::people::{Ask, Stage};
use crate::types::{Cause, Mono, Outcome, Prompt, Reason, TargetId};

impl CallSession {
    /// Why this command would do nothing if it were given now.
    pub fn objection(&self, now: Mono, command: &StaffInput) -> Option<Ignored> {
        match command {
            // A call that ends already does what is asked.
            StaffInput::End => None,
            _ if !matches!(self.ending, Ending::None | Ending::Farewell { .. }) => Some(Ignored::Ending),
            _ if !self.people.outbound.is_answered() => Some(Ignored::NotAnswered),
            _ if self.people.message.is_some() => Some(Ignored::Voicemail),
            StaffInput::Escalate { target: None, .. } => self.cannot_escalate(),
            StaffInput::Escalate { target: Some(target), .. } => self.cannot_take_over(now, target),
            StaffInput::Return => match self.people.stage() {
                None => Some(Ignored::NothingToEnd),
                Some(Stage::Announcing { .. } | Stage::ColdDialling) => Some(Ignored::CallerDials),
                Some(
                    Stage::Requested
                    | Stage::Intending { .. }
                    | Stage::Ringing
                    | Stage::Deciding
                    | Stage::Connecting
                    | Stage::Merging { .. }
                    | Stage::Talking,
                ) => None,
            },
            StaffInput::Say(_) if self.people.is_handing_over() => Some(Ignored::WithPerson),
            StaffInput::Say(_) if self.model == Model::Ready && self.is_with_assistant() => None,
            StaffInput::Say(_) => Some(Ignored::NoAssistant),
        }
    }

    fn cannot_escalate(&self) -> Option<Ignored> {
        match self.people.stage() {
            None if self.people.counts.escalations >= self.policy.escalations_max => Some(Ignored::LimitReached),
            Some(Stage::Connecting | Stage::Merging { .. } | Stage::Talking) => Some(Ignored::WithPerson),
            // A second request joins the first.
            None
            | Some(
                Stage::Requested
                | Stage::Intending { .. }
                | Stage::Ringing
                | Stage::Deciding
                | Stage::Announcing { .. }
                | Stage::ColdDialling,
            ) => None,
        }
    }

    fn cannot_take_over(&self, now: Mono, target: &TargetId) -> Option<Ignored> {
        if !self.facts.people.targets.iter().any(|known| known.id == *target) {
            return Some(Ignored::UnknownTarget);
        }
        if let Some(why) = self.cannot_escalate() {
            return Some(why);
        }
        let open = self.people.open.as_ref()?;
        if !self.people.is_reaching() {
            return Some(Ignored::CallerDials);
        }
        if open.is_trying(target) {
            return None;
        }
        match () {
            () if open.tried >= self.policy.attempts_max => Some(Ignored::LimitReached),
            () if open.due.since(now) < RING_MIN => Some(Ignored::TooLate),
            () => None,
        }
    }

    pub(super) fn on_staff(&mut self, now: Mono, command: StaffInput, out: &mut Effects) {
        if self.objection(now, &command).is_some() {
            return;
        }
        match command {
            StaffInput::End if matches!(self.ending, Ending::None | Ending::Farewell { .. }) => {
                if self.media == Media::Live && !self.people.is_handing_over() {
                    self.end_with(now, Prompt::Goodbye, Outcome::Completed, Reason::StaffEnded, out);
                } else {
                    self.hang_up(now, Outcome::Completed, Reason::StaffEnded, out);
                }
            }
            StaffInput::End => {}
            StaffInput::Escalate { target, urgency, reason } => {
                let ask = Ask { cause: Cause::Staff, urgency, reason, summary: String::new(), only: target };
                self.request_person(now, ask, out);
            }
            StaffInput::Return => self.on_staff_return(now, out),
            StaffInput::Say(text) => {
                self.event(Event::StaffSaid, out);
                self.turn.want(RespondKind::Say(text.into()));
            }
        }
    }
}

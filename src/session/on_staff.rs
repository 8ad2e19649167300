//! What staff do to a live call, and when it cannot be done.
//!
//! A command that does nothing says so, to whoever gave it and on the timeline: staff act on what they believe.

use crate::session::CallSession;
use crate::session::effect::{Effects, Event, RespondKind, Source};
use crate::session::ending::Ending;
use crate::session::input::{Ignored, SAY, StaffInput};
use crate::session::links::{Media, Model};
use crate::session::people::attempt::RING_MIN;
use crate::session::people::{Ask, Stage};
use crate::types::{Cause, Mono, Outcome, Prompt, Reason, TargetId, Urgency};

/// Timeline entries about commands that came to nothing, in one call.
const IGNORED_EVENTS_MAX: u32 = 50;

impl CallSession {
    /// Why this command would do nothing if it were given now.
    pub fn objection(&self, now: Mono, command: &StaffInput) -> Option<Ignored> {
        match command {
            // A call that ends already does what is asked.
            StaffInput::End => None,
            // A last sentence is called off for it.
            StaffInput::Escalate { urgency: Urgency::Emergency, .. }
                if matches!(self.ending, Ending::Sentence { .. }) && self.people.outbound.is_answered() =>
            {
                None
            }
            _ if !matches!(self.ending, Ending::None | Ending::Farewell { .. }) => Some(Ignored::Ending),
            _ if !self.people.outbound.is_answered() => Some(Ignored::NotAnswered),
            _ if self.people.message.is_some() => Some(Ignored::Voicemail),
            // Nobody is rung any more, but the caller hears what to do, and a callback is noted.
            StaffInput::Escalate { target: None, urgency: Urgency::Emergency, .. } => {
                self.cannot_escalate().filter(|why| *why != Ignored::LimitReached)
            }
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
            StaffInput::Say(_) if self.model != Model::Ready || !self.is_with_assistant() => Some(Ignored::NoAssistant),
            StaffInput::Say(_) => self.says.is_full().then_some(Ignored::TooManyWaiting),
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
        if let Some(why) = self.objection(now, &command) {
            self.ignored(command.word(), why, out);
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
            StaffInput::Say(text) => self.says.add(text.into()),
        }
    }

    /// Looks after what staff want said: whether it can still be said, and whether it got lost on its way.
    pub(super) fn follow_says(&mut self, now: Mono, out: &mut Effects) {
        if self.says.is_empty() {
            return;
        }
        let objection = self.objection(now, &StaffInput::Say(String::new()));
        if let Some(why) = objection.filter(|why| *why != Ignored::TooManyWaiting) {
            self.drop_says(why, out);
            return;
        }
        let Some(saying) = self.says.current() else {
            return;
        };
        let kind = RespondKind::Say(saying.text.clone());
        let active = self.turn.active.as_ref().filter(|active| active.kind.as_ref() == Some(&kind));
        let active = active.filter(|active| !active.cancelled);
        if let Some(active) = active {
            saying.response = Some(active.response.clone());
        }
        let is_asked = self.turn.asked.as_ref().is_some_and(|asked| asked.kind == kind);
        let is_made = saying.response.clone();
        if active.is_none() && !is_asked && self.turn.wanted.as_ref() != Some(&kind) {
            let will_sound = is_made.is_some_and(|response| self.is_sounding(now, &response));
            if !will_sound && !self.says.put_back() {
                self.ignored(SAY, Ignored::NotSaid, out);
            }
        }
    }

    /// The caller hears a sentence of staff's.
    pub(super) fn note_said(&mut self, source: &Source, out: &mut Effects) {
        let Source::Model(item) = source else {
            return;
        };
        if self.speech.find(item).is_some_and(|item| self.says.sounds(&item.response)) {
            self.event(Event::StaffSaid, out);
        }
    }

    /// What staff wanted said is not said any more.
    pub(super) fn drop_says(&mut self, why: Ignored, out: &mut Effects) {
        for _ in 0..self.says.clear() {
            self.ignored(SAY, why, out);
        }
    }

    /// Staff's wish came to nothing. Bounded, because whoever is refused can try again without end.
    fn ignored(&mut self, command: &'static str, why: Ignored, out: &mut Effects) {
        if self.counters.ignored < IGNORED_EVENTS_MAX && !self.is_over() {
            self.counters.ignored += 1;
            self.event(Event::CommandIgnored { command, why }, out);
        }
    }
}

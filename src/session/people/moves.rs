//! Redirects of the caller's leg: one at a time, and none whose fate does not matter any more.

use std::time::Duration;

use crate::session::CallSession;
use crate::session::document::Document;
use crate::session::effect::{CarrierEffect, Effect, Effects, Event, MediaEffect};
use crate::session::ending::Ending;
use crate::session::input::{ActionResult, LegStatus};
use crate::session::links::Media;
use crate::session::people::Errand;
use crate::session::plant::planted;
use crate::session::timer::Timer;
use crate::types::{Mono, Outcome, Reason};

/// Redirects of a caller without a stream that are repeated.
const MOVES_MAX: u32 = 3;

/// From a redirect to a stream until it is there.
const STREAM_WAIT: Duration = Duration::from_secs(15);

impl CallSession {
    /// Moves the caller's leg to another document: by request, else by ending the stream, whose end is asked about.
    pub(in crate::session) fn move_caller(&mut self, now: Mono, document: Document, out: &mut Effects) {
        self.people.next = Some(document.clone());
        self.timers.stop(Timer::Detach);
        let by_request = self.facts.carrier_rest && !(self.people.without_rest && self.media == Media::Live);
        match self.leg.clone().filter(|_| by_request) {
            // Whatever is done last counts, and two requests that are under way have no order.
            Some(_) if self.people.is_moving() && !planted!(self.policy, MovesTwice) => {
                self.people.queued_move = Some(document);
            }
            Some(leg) => {
                self.run(Errand::Move(document.clone()), CarrierEffect::Redirect { leg, document }, out);
            }
            None => self.leave_stream(now, out),
        }
    }

    /// The redirect before it is answered: where the leg is meant to go by now.
    fn follow_move(&mut self, now: Mono, document: Document, out: &mut Effects) {
        let Some(leg) = self.leg.clone() else {
            return;
        };
        if document == Document::Connect {
            // It was to be there already, but is only asked for now.
            self.timers.set(Timer::Stream, now + STREAM_WAIT);
        }
        self.run(Errand::Move(document.clone()), CarrierEffect::Redirect { leg, document }, out);
    }

    /// The leg asks from the room to which it was moved: that redirect was done, and the answer leads where the next one
    /// would.
    pub(in crate::session) fn note_moved(&mut self, attempt: u32) {
        let to_room =
            |(_, errand): &(_, Errand)| matches!(errand, Errand::Move(Document::Room(plan)) if plan.attempt == attempt);
        if self.people.errands.iter().any(to_room) {
            self.people.queued_move = None;
        }
    }

    /// The leg is up, and nobody knows where: on a new stream it can be served. Once, until a stream is there. Returns
    /// whether that is asked for.
    pub(in crate::session) fn fetch_to_stream(&mut self, now: Mono, out: &mut Effects) -> bool {
        if !self.facts.carrier_rest || self.leg.is_none() || std::mem::replace(&mut self.people.fetched, true) {
            return false;
        }
        self.counters.resumes += 1;
        self.counters.lookups = 0;
        self.timers.set(Timer::Stream, now + STREAM_WAIT);
        self.move_caller(now, Document::Connect, out);
        self.people.next = None;
        true
    }

    /// Closes the stream; the carrier asks what is next.
    pub(in crate::session) fn leave_stream(&mut self, now: Mono, out: &mut Effects) {
        if self.media != Media::Live {
            return;
        }
        out.push(Effect::Media(MediaEffect::Close));
        self.lose_stream(now, out);
        self.timers.set(Timer::Detach, now + self.policy.detach_wait);
    }

    pub(in crate::session) fn on_moved(
        &mut self,
        now: Mono,
        document: Document,
        result: &ActionResult,
        out: &mut Effects,
    ) {
        if matches!(self.ending, Ending::Closing { .. } | Ending::Over) {
            return;
        }
        let to = match &document {
            Document::Room(_) => "room",
            Document::Cold { .. } => "cold",
            Document::Voicemail { .. } => "voicemail",
            Document::Connect => "stream",
            _ => "goodbye",
        };
        let worked = *result == ActionResult::Done;
        self.event(Event::Moved { to, worked }, out);
        let queued = self.people.queued_move.take();
        if document == Document::Connect && self.is_fetching() && *result == ActionResult::Gone {
            // The two were connected until now: the caller has hung up, and the operator's end was told first.
            self.on_leg_status(now, LegStatus::Completed, out);
            return;
        }
        if document == Document::Connect && self.is_fetching() {
            self.come_back(now, out);
        }
        if let Some(next) = queued.filter(|_| *result != ActionResult::Gone) {
            if let (ActionResult::Done, Document::Room(_), Some(open)) = (result, &document, &mut self.people.open) {
                open.moved = true;
            }
            self.follow_move(now, next, out);
            return;
        }
        match result {
            ActionResult::Done => {
                self.people.counts.moves_failed = 0;
                if let (Document::Room(_), Some(open)) = (&document, &mut self.people.open) {
                    open.moved = true;
                }
            }
            ActionResult::Refused(fault) if matches!(document, Document::Cold { .. }) => {
                // The leg may have asked meanwhile, and rings the next one.
                if self.people.next.as_ref() == Some(&document) {
                    self.cold_refused(now, *fault, out);
                }
            }
            ActionResult::Gone => {
                // Most likely the caller has hung up: nobody must be left in a room for that.
                if !planted!(self.policy, LeavesOperatorAlone) {
                    self.people.legs.release_all();
                }
                self.ask_caller_leg(out);
            }
            ActionResult::Failed
            | ActionResult::NotDone(_)
            | ActionResult::Unknown
            | ActionResult::Refused(_)
            | ActionResult::Status(_)
            | ActionResult::Dialled(_)
                if self.media == Media::Live =>
            {
                if self.people.next.is_some() {
                    self.leave_stream(now, out);
                }
            }
            ActionResult::Failed
            | ActionResult::NotDone(_)
            | ActionResult::Unknown
            | ActionResult::Refused(_)
            | ActionResult::Status(_)
            | ActionResult::Dialled(_) => self.move_again(now, document, out),
        }
    }

    /// A redirect did not work, as far as is known, and there is no stream to leave: once more, and then the leg ends.
    fn move_again(&mut self, now: Mono, document: Document, out: &mut Effects) {
        let wanted = match &document {
            Document::Connect => self.timers.is_set(Timer::Stream),
            // It may have been done, and would then be done again: a phone rings twice, two who talk are parted, a
            // message begins anew. If it was not, the leg asks, as its stream has ended; looks and timers see to the rest.
            Document::Cold { .. } | Document::Room(_) | Document::Message(_) => false,
            Document::Voicemail { escalation, .. } => {
                self.ask_out_of_room(*escalation, out);
                false
            }
            _ => self.people.next.as_ref() == Some(&document),
        };
        let Some(leg) = self.leg.clone().filter(|_| wanted) else {
            return;
        };
        self.people.counts.moves_failed += 1;
        if self.people.counts.moves_failed <= MOVES_MAX {
            self.run(Errand::Move(document.clone()), CarrierEffect::Redirect { leg, document }, out);
            return;
        }
        let (outcome, reason) = match self.ending {
            Ending::HangingUp { outcome, reason } => (outcome, reason),
            _ => (Outcome::StreamLost, Reason::StreamBroken),
        };
        self.hang_up(now, outcome, reason, out);
    }
}

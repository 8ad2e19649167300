//! A message of the caller's: the voicemail of one who could not be helped. Who leaves none is called back.

use std::time::Duration;

use crate::session::CallSession;
use crate::session::document::{Document, Goodbye};
use crate::session::effect::{CarrierEffect, Effects, Record};
use crate::session::fact::{CallbackFact, VoicemailFact};
use crate::session::people::Errand;
use crate::session::timer::Timer;
use crate::types::{EscalationState, Mono, Outcome, Reason, Urgency};

/// A caller who is asked to leave a message.
pub(crate) struct Message {
    pub(crate) escalation: Option<u32>,
    /// What it is about, for who calls back if no message comes.
    pub(crate) urgency: Urgency,
    pub(crate) reason: String,
    /// It is on disk.
    pub(crate) left: bool,
    /// The caller has hung up; the recording may still be reported.
    pub(crate) caller_gone: bool,
    /// No message was left, and somebody is to call back for that.
    pub(crate) missed: bool,
}

impl Message {
    pub(crate) const fn new(escalation: Option<u32>, urgency: Urgency, reason: String) -> Self {
        Self { escalation, urgency, reason, left: false, caller_gone: false, missed: false }
    }
}

/// What a callback is about that nothing better is known of.
const LEFT_NOTHING: &str = "The caller was asked to leave a message, and left none.";

impl CallSession {
    /// Moves the caller to the voicemail.
    pub(in crate::session) fn begin_voicemail(&mut self, now: Mono, out: &mut Effects) {
        let document = self.voicemail_document(now, out);
        self.move_caller(now, document, out);
    }

    pub(in crate::session) fn voicemail_document(&mut self, now: Mono, out: &mut Effects) -> Document {
        let open = self.people.open.as_ref();
        let escalation = open.map(|open| open.no);
        let (urgency, reason) =
            open.map_or((Urgency::Medium, String::new()), |open| (open.urgency, open.reason.clone()));
        self.people.message = Some(Message::new(escalation, urgency, reason));
        self.close_escalation(EscalationState::Voicemail, out);
        let cuts = if self.playout.is_idle() { Vec::new() } else { self.playout.cut(now, out) };
        self.settle_cuts(now, cuts, out);
        self.rest_model(out);
        let max = self.policy.voicemail_max;
        self.timers.set(Timer::Message, now + max + self.policy.voicemail_grace * 2);
        self.timers.set(Timer::Bridge, now + self.policy.bridge_look);
        let document = Document::Voicemail { escalation: escalation.unwrap_or(0), max };
        self.people.next = Some(document.clone());
        document
    }

    /// The recording is made; both the caller's document and the carrier's callback tell, in any order.
    pub(in crate::session) fn on_recorded(
        &mut self,
        now: Mono,
        recording: String,
        duration: Duration,
        out: &mut Effects,
    ) {
        if recording.is_empty() || duration.is_zero() {
            return;
        }
        let known = self.people.message.as_ref().is_some_and(|message| message.left);
        if !known {
            self.people.counts.voicemails += 1;
            let no = self.people.counts.voicemails;
            let escalation = self.people.message.as_ref().and_then(|message| message.escalation);
            let fact = VoicemailFact { no, escalation, recording, duration };
            self.record(Record::Voicemail(fact), out);
        }
        let Some(message) = &mut self.people.message else {
            let message = Message::new(None, Urgency::Medium, String::new());
            self.people.message = Some(Message { left: true, ..message });
            return;
        };
        message.left = true;
        if message.caller_gone {
            self.close(now, Outcome::Voicemail, Reason::MessageLeft, out);
        }
    }

    /// The caller has finished.
    pub(in crate::session) fn on_voicemail_done(
        &mut self,
        now: Mono,
        recording: String,
        duration: Duration,
        out: &mut Effects,
    ) -> Document {
        self.on_recorded(now, recording, duration, out);
        let left = self.people.message.as_ref().is_some_and(|message| message.left);
        if left {
            self.close(now, Outcome::Voicemail, Reason::MessageLeft, out);
            return Document::HangUp;
        }
        if self.note_missed_message(out) {
            self.say_goodbye_by_document(now, Outcome::Callback, Reason::CallbackPromised);
            return Document::Goodbye(Goodbye::WillCallBack);
        }
        // The carrier's own word on the recording may still differ.
        self.caller_leaves_message(now);
        Document::Goodbye(Goodbye::NobodyFree)
    }

    /// The caller was asked for a message and left none: somebody is to call back, if the number is known. Returns
    /// whether that is noted.
    pub(in crate::session) fn note_missed_message(&mut self, out: &mut Effects) -> bool {
        let Some(message) = self.people.message.as_mut().filter(|message| !message.left) else {
            return false;
        };
        if self.facts.caller.number().is_none() || std::mem::replace(&mut message.missed, true) {
            return message.missed;
        }
        let (escalation, urgency) = (message.escalation, message.urgency);
        let reason = if message.reason.is_empty() { LEFT_NOTHING.to_owned() } else { message.reason.clone() };
        self.people.counts.callbacks += 1;
        let people = &self.facts.people;
        let due = people.hours.after(self.wall, people.callback_due);
        let no = self.people.counts.callbacks;
        self.record(Record::Callback(CallbackFact { no, escalation, urgency, reason, due, assignee: None }), out);
        true
    }

    /// The caller has hung up, perhaps after speaking: the recording's report is waited for.
    pub(in crate::session) fn caller_leaves_message(&mut self, now: Mono) {
        if let Some(message) = &mut self.people.message {
            message.caller_gone = true;
        }
        self.timers.set(Timer::Message, now + self.policy.voicemail_grace);
    }

    /// Nothing more is heard of the recording.
    pub(in crate::session) fn on_message_due(&mut self, now: Mono, out: &mut Effects) {
        let Some(message) = &self.people.message else {
            return;
        };
        let (outcome, reason) = if message.left {
            (Outcome::Voicemail, Reason::MessageLeft)
        } else {
            (Outcome::CallerHungUp, Reason::CarrierStatus)
        };
        if message.caller_gone {
            self.close(now, outcome, reason, out);
        } else {
            // It should have been over long ago.
            self.hang_up(now, outcome, reason, out);
        }
    }

    /// A caller who waits in the room and may not have left it: if the room ends, the leg asks what is next; if nobody
    /// is in it, nothing happens.
    pub(in crate::session) fn ask_out_of_room(&mut self, escalation: u32, out: &mut Effects) {
        if !self.people.has_errand(&Errand::EndRoom) {
            self.run(Errand::EndRoom, CarrierEffect::EndRoom { escalation }, out);
        }
    }
}

//! A leg that the company places: it rings, is answered or not, and perhaps a machine is detected.
//!
//! What the person does comes from their plan; the gateway learns of it by callbacks and by requests for documents.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;

use crate::sim::caller::Caller;
use crate::sim::carrier::company::report::{Beat, WebhookKind};
use crate::sim::carrier::company::{
    Ask, CompanyCall, CompanyConfig, CompanyOut, EndedBy, First, Kit, Later, Origin, Outbound, Post, Stage, sid,
};
use crate::sim::carrier::person::{AnsweredBy, Habits, MachineVoice, PickUp};
use crate::sim::carrier::twiml::Place;
use crate::types::Mono;

/// What happens to a call that is placed.
pub(super) enum Calling {
    /// It leaves the queue.
    Begin,
    Ring,
    Answer,
    Busy,
    Fail,
    GiveUp,
}

impl CompanyCall {
    /// A call that `start` places to somebody.
    pub(in crate::sim::carrier) fn outbound(
        config: Arc<CompanyConfig>,
        parties: (String, String),
        outbound: Outbound,
        kit: Kit,
        mut rng: Rng,
    ) -> Self {
        let leg = sid(&mut rng, "CA").parse().expect("a prefix and 32 hex digits");
        let person = &outbound.person;
        let (voice, habits): (Option<Box<dyn Caller>>, Habits) = match (&person.voice, person.pick_up) {
            (Some(voice), PickUp::Machine { .. }) => (Some(voice()), Habits::default()),
            (Some(voice), _) => (Some(voice()), person.habits.clone()),
            (None, PickUp::Machine { greeting, .. }) => {
                (Some(Box::new(MachineVoice::new(greeting))), Habits::default())
            }
            (None, _) => (None, person.habits.clone()),
        };
        Self::with(config, leg, parties, Origin::Outbound(Box::new(outbound)), voice, habits, kit, rng)
    }

    pub(super) fn place(&mut self, now: Mono) {
        self.stage = Stage::Calling { queued: true };
        let after = self.knobs.dial.draw(&mut self.rng);
        self.later.add(now + after, Later::Calling(Calling::Begin));
    }

    pub(super) fn on_calling(&mut self, now: Mono, step: Calling, out: &mut Vec<CompanyOut>) {
        let (Stage::Calling { .. }, Origin::Outbound(outbound)) = (&self.stage, &self.origin) else { return };
        let (pick_up, ring) = (outbound.person.pick_up, outbound.ring);
        match step {
            Calling::Begin => {
                self.dialled_at = now;
                self.stage = Stage::Calling { queued: false };
                self.report_progress(now, "initiated");
                let (after, next) = match pick_up {
                    PickUp::Busy(after) => (after, Calling::Busy),
                    PickUp::Fails(after) => (after, Calling::Fail),
                    PickUp::Barred => (Duration::ZERO, Calling::Fail),
                    PickUp::After(_) | PickUp::Never | PickUp::Machine { .. } => (RINGS_AFTER, Calling::Ring),
                };
                self.later.add(now + after, Later::Calling(next));
            }
            Calling::Ring => {
                self.tell(now, Beat::Ringing);
                self.report_progress(now, "ringing");
                self.later.add(now + ring, Later::Calling(Calling::GiveUp));
                if let PickUp::After(after) | PickUp::Machine { after, .. } = pick_up {
                    self.later.add(now + after, Later::Calling(Calling::Answer));
                }
            }
            Calling::Answer => self.answered(now, out),
            Calling::Busy => self.end(now, EndedBy::Unreached, "busy", out),
            Calling::Fail => self.end(now, EndedBy::Unreached, "failed", out),
            Calling::GiveUp => self.end(now, EndedBy::Unreached, "no-answer", out),
        }
    }

    /// The phone is off the hook.
    fn answered(&mut self, now: Mono, out: &mut Vec<CompanyOut>) {
        self.stage = Stage::Waiting;
        self.pick_up(now);
        let Origin::Outbound(outbound) = &self.origin else { return };
        self.limit_at = outbound.limit.map(|limit| now + limit);
        let holds_back = outbound.amd.as_ref().is_some_and(|amd| amd.callback.is_none());
        if let Some(amd) = &outbound.amd {
            let truth = match outbound.person.pick_up {
                PickUp::Machine { .. } if !amd.message_end => (DETECTED_AFTER, AnsweredBy::MachineStart),
                PickUp::Machine { greeting, .. } => (greeting + BEEP_AFTER, AnsweredBy::MachineEndBeep),
                _ => (DETECTED_AFTER, AnsweredBy::Human),
            };
            let (after, found) = outbound.person.detected.unwrap_or(truth);
            let (after, found) = if after > amd.wait { (amd.wait, AnsweredBy::Unknown) } else { (after, found) };
            self.later.add(now + after, Later::Detected(found));
        }
        if !holds_back {
            self.first_document(now, out);
        }
    }

    /// Detection has come to a result: it is told, or the first document may come now.
    pub(super) fn on_detected(&mut self, now: Mono, found: AnsweredBy, out: &mut Vec<CompanyOut>) {
        let found = found.as_str();
        let Origin::Outbound(outbound) = &mut self.origin else { return };
        let Some(amd) = outbound.amd.take() else { return };
        outbound.answered_by = Some(found);
        self.tell(now, Beat::Detected(found));
        let Some(url) = amd.callback else {
            return self.first_document(now, out);
        };
        let lasted = self.answered_at.map_or(0, |at| now.since(at).as_millis());
        let pairs = vec![
            ("AccountSid".to_owned(), self.config.account.to_string()),
            ("CallSid".to_owned(), self.leg.to_string()),
            ("AnsweredBy".to_owned(), found.to_owned()),
            ("MachineDetectionDuration".to_owned(), lasted.to_string()),
        ];
        self.post(now, Post { kind: WebhookKind::Detection, url, pairs }, false);
    }

    fn first_document(&mut self, now: Mono, out: &mut Vec<CompanyOut>) {
        let Origin::Outbound(outbound) = &self.origin else { return };
        let kind = if outbound.parent.is_some() { WebhookKind::Whisper } else { WebhookKind::Answer };
        let found = outbound.answered_by.map(|found| ("AnsweredBy".to_owned(), found.to_owned()));
        match outbound.first.clone() {
            First::Url(url) => self.ask_later(now, Ask { kind, url, extra: found.into_iter().collect() }, 0),
            First::Document(verbs) => {
                self.verbs = verbs.into();
                self.from_request = true;
                self.run(now, out);
            }
            First::Nothing => self.run(now, out),
        }
    }

    /// The place of the documents that this leg runs.
    pub(super) fn place_of_documents(&self) -> Place {
        if self.parent().is_some() && !self.together.is_free { Place::Whisper } else { Place::Call }
    }
}

/// From the dialling to the first ring.
const RINGS_AFTER: Duration = Duration::from_millis(500);

/// How long detection listens; the real one takes three to seven seconds.
const DETECTED_AFTER: Duration = Duration::from_secs(4);

/// From a greeting's end to the end of its beep.
const BEEP_AFTER: Duration = Duration::from_millis(700);

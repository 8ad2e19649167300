//! How well the words of callers come: the safety net lives on transcripts, and must not be deaf without a sound.
//!
//! A failed transcript is a line that nobody understood. Two in a row are a line on which nobody would hear a cry for
//! help, so the model is told to watch for itself, and the caller hears which key brings a person.

use crate::session::CallSession;
use crate::session::effect::{Effects, Event, ModelEffect, Record};
use crate::session::ending::Ending;
use crate::session::links::{Media, Model};
use crate::session::plant::planted;
use crate::types::{ItemId, Prompt};

/// Failed transcripts in a row; then model and caller are told.
const FAILED_MAX: u32 = 2;

/// The code of a transcript that did not come in time.
const LATE: &str = "late";

const LISTEN_YOURSELF: &str = "The phone system cannot turn the caller's speech into text at the moment, so it will not \
    notice by itself when the caller is in danger or wants a person. Listen for that yourself: at the first sign of an \
    emergency, of urgency, or of a wish for a person, use escalate_call at once.";

#[derive(Default)]
pub(crate) struct Transcribing {
    /// Transcripts that failed in a row.
    failed: u32,
    /// The model knows.
    told: bool,
    offer: Offer,
}

/// The sentence that a key brings a person: once in a call.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Offer {
    #[default]
    None,
    Owed,
    Said,
}

impl Transcribing {
    /// The caller should hear that a key brings a person.
    pub(crate) fn offer_person(&mut self) {
        if self.offer == Offer::None {
            self.offer = Offer::Owed;
        }
    }

    /// Words came.
    pub(crate) const fn understood(&mut self) {
        self.failed = 0;
    }
}

impl CallSession {
    /// The words of this turn will not come.
    pub(super) fn on_caller_text_failed(&mut self, item: &ItemId, code: String, out: &mut Effects) {
        if let Some(line) = self.transcript.caller_text(item, None) {
            self.record(Record::Line(line), out);
        }
        // Nobody knows what was said, but it may have been words.
        self.note_life();
        self.caller_turns.take(item);
        self.not_transcribed(code, out);
    }

    /// The words of a turn have not come in time.
    pub(super) fn note_late_words(&mut self, out: &mut Effects) {
        if matches!(self.ending, Ending::None) && self.model == Model::Ready {
            self.not_transcribed(LATE.to_owned(), out);
        }
    }

    fn not_transcribed(&mut self, code: String, out: &mut Effects) {
        self.fault_event(Event::NotTranscribed { code }, out);
        self.transcribing.failed += 1;
        if self.transcribing.failed < FAILED_MAX || self.transcribing.told || planted!(self.policy, DeafInSilence) {
            return;
        }
        if self.model == Model::Ready {
            self.transcribing.told = true;
            let no = self.next_request();
            self.send(ModelEffect::Note { no, text: LISTEN_YOURSELF.to_owned() }, out);
        }
        self.transcribing.offer_person();
    }

    /// Says that a key brings a person, as soon as that interrupts nobody.
    pub(super) fn say_owed_offer(&mut self, out: &mut Effects) {
        if self.transcribing.offer != Offer::Owed || self.facts.people.targets.is_empty() {
            return;
        }
        let busy = self.turn.speaking.is_some() || self.turn.is_owed() || self.tooling.is_owing();
        let alone = self.media == Media::Live && matches!(self.ending, Ending::None) && self.people.open.is_none();
        if alone && !busy && !self.is_protected() {
            self.transcribing.offer = Offer::Said;
            self.say_locally(Prompt::PressZero, out);
        }
    }
}

//! What an operator hears and presses: the gate, the briefing, the menu.
//!
//! The gate says nothing about the caller, because an answering machine may be listening. A question that is asked
//! again (the carrier repeats requests) gets the answer that it had.

use crate::session::CallSession;
use crate::session::document::{Document, Goodbye};
use crate::session::effect::{Effects, Event};
use crate::session::guard::{Part, guarded};
use crate::session::people::{Attempt, Escalation, Stage, wording};
use crate::session::plant::planted;
use crate::session::timer::Timer;
use crate::types::text::head;
use crate::types::{AnsweredBy, AttemptState, Caller, EscalationState, LegId, Mono, Speaker, TransferMode, Urgency};

/// Longest briefing, in characters.
const BRIEFING_CHARS_MAX: usize = 600;

/// Longest part of it that the caller or the model chose the length of.
const PART_CHARS_MAX: usize = 300;

/// Last words to operators that are remembered.
const GOODBYES_MAX: usize = 16;
const NAME_CHARS_MAX: usize = 80;

impl CallSession {
    /// An operator's leg was answered.
    pub(in crate::session) fn on_operator_answered(
        &mut self,
        now: Mono,
        no: u32,
        leg: &LegId,
        by: AnsweredBy,
        out: &mut Effects,
    ) -> Document {
        if no == 0 || no > self.people.counts.attempts {
            return Document::HangUp;
        }
        self.learn_operator(no, leg, out);
        let stage = self.people.stage();
        let Some(attempt) = self.people.attempt().filter(|attempt| attempt.no == no) else {
            return self.too_late(no);
        };
        if attempt.leg.as_ref() != Some(leg) {
            return Document::HangUp;
        }
        match stage {
            Some(Stage::Ringing | Stage::ColdDialling) if attempt.state == AttemptState::Dialing => {}
            Some(Stage::Deciding | Stage::ColdDialling) if !attempt.state.is_final() => {
                return attempt.answers.first().map_or(Document::HangUp, |(_, answer)| answer.clone());
            }
            _ => return self.too_late(no),
        }
        if matches!(by, AnsweredBy::Machine | AnsweredBy::MachineReady | AnsweredBy::Fax) {
            self.operator_is_machine(now, out);
            return Document::HangUp;
        }
        self.attempt_to(AttemptState::Briefing, None, out);
        if stage == Some(Stage::Ringing) {
            self.escalation_to(EscalationState::Briefing, out);
            self.timers.set(Timer::Attempt, now + self.policy.briefing_max);
            self.timers.set(Timer::Bridge, now + self.policy.briefing_look);
            if let Some(open) = &mut self.people.open {
                open.stage = Stage::Deciding;
            }
        }
        let urgency = self.people.open.as_ref().map_or(Urgency::Medium, |open| open.urgency);
        self.answer_operator((no, leg), 0, Document::Gate { attempt: no, step: 1, urgency })
    }

    /// Detection says what picked up, perhaps while the gate still speaks.
    pub(in crate::session) fn on_operator_picked_up(&mut self, now: Mono, no: u32, by: AnsweredBy, out: &mut Effects) {
        let is_machine = matches!(by, AnsweredBy::Machine | AnsweredBy::MachineReady | AnsweredBy::Fax);
        let deciding = self.people.attempt().is_some_and(|attempt| {
            attempt.no == no && matches!(attempt.state, AttemptState::Dialing | AttemptState::Briefing)
        });
        // Whoever has pressed a key is a person, whatever detection thinks.
        let at_gate = self.people.attempt().is_some_and(|attempt| attempt.step == 1);
        if is_machine && deciding && at_gate {
            self.operator_is_machine(now, out);
        }
    }

    fn operator_is_machine(&mut self, now: Mono, out: &mut Effects) {
        if self.people.stage() == Some(Stage::ColdDialling) {
            self.drop_attempt(AttemptState::Machine, out);
        } else {
            self.attempt_over(now, AttemptState::Machine, out);
        }
    }

    /// A key, or none in time.
    pub(in crate::session) fn on_operator_key(
        &mut self,
        now: Mono,
        (no, leg): (u32, &LegId),
        step: u32,
        key: Option<char>,
        out: &mut Effects,
    ) -> Document {
        let told = |(of, to, at, _): &&(u32, LegId, u32, Document)| (*of, to, *at) == (no, leg, step);
        if let Some((_, _, _, goodbye)) = self.people.goodbyes.iter().find(told) {
            return goodbye.clone();
        }
        let Some(attempt) = self.people.attempt().filter(|attempt| attempt.no == no) else {
            return self.too_late(no);
        };
        if attempt.leg.as_ref() != Some(leg) {
            return Document::HangUp;
        }
        if let Some((_, answer)) = attempt.answers.iter().find(|(answered, _)| *answered == step) {
            return answer.clone();
        }
        if step != attempt.step || attempt.state != AttemptState::Briefing {
            return self.too_late(no);
        }
        if let Some(key) = key {
            self.event(Event::OperatorKey { attempt: no, key }, out);
        }
        let answer = self.decide(now, no, step, key, out);
        self.answer_operator((no, leg), step, answer)
    }

    fn decide(&mut self, now: Mono, no: u32, step: u32, key: Option<char>, out: &mut Effects) -> Document {
        let cold = self.people.open.as_ref().is_some_and(|open| open.mode == TransferMode::Cold);
        match (step, key) {
            (_, None) if planted!(self.policy, BridgesMachines) && !cold => self.accept(now, no, out),
            (_, None) => {
                self.declined(now, AttemptState::NoResponse, out);
                Document::Goodbye(Goodbye::NoKey)
            }
            (1, Some(_)) => self.brief(now, no, out),
            (_, Some('1')) if cold => {
                self.accept_cold(now, out);
                Document::Proceed
            }
            (_, Some('1')) => self.accept(now, no, out),
            (_, Some('2')) => {
                self.declined(now, AttemptState::Declined, out);
                Document::Goodbye(Goodbye::Thanks)
            }
            (_, Some('3')) => {
                self.declined(now, AttemptState::CallsBack, out);
                Document::Goodbye(Goodbye::CallsBack)
            }
            (_, Some('5')) if self.people.open.as_ref().is_some_and(|open| open.urgency == Urgency::Emergency) => {
                self.declined(now, AttemptState::Declined, out);
                Document::Goodbye(Goodbye::Thanks)
            }
            (_, Some('5')) => {
                self.declined(now, AttemptState::ToVoicemail, out);
                Document::Goodbye(Goodbye::Thanks)
            }
            (_, Some(_)) => self.repeat(now, no, out),
        }
    }

    /// Who calls, why, and what is known; then the menu.
    fn brief(&mut self, now: Mono, no: u32, out: &mut Effects) -> Document {
        if self.people.stage() == Some(Stage::Deciding) {
            self.timers.set(Timer::Attempt, now + self.policy.briefing_max);
        }
        let text = guarded(|| self.people.open.as_ref().map_or_else(String::new, |open| self.briefing(open)));
        // The menu alone is better than nobody.
        let text = text.unwrap_or_else(|| {
            self.part_failed(Part::Briefing, out);
            String::new()
        });
        let Some(attempt) = self.people.attempt_mut() else {
            return Document::HangUp;
        };
        attempt.step += 1;
        Document::Briefing { attempt: no, step: attempt.step, text: text.into() }
    }

    fn repeat(&mut self, now: Mono, no: u32, out: &mut Effects) -> Document {
        let repeats_max = self.policy.repeats_max;
        let Some(attempt) = self.people.attempt_mut() else {
            return Document::HangUp;
        };
        attempt.repeats += 1;
        if attempt.repeats > repeats_max {
            self.declined(now, AttemptState::NoResponse, out);
            return Document::Goodbye(Goodbye::NoKey);
        }
        self.brief(now, no, out)
    }

    /// The operator does not take the call. The goodbye is the answer to the leg, so it ends by itself.
    fn declined(&mut self, now: Mono, how: AttemptState, out: &mut Effects) {
        if self.people.stage() == Some(Stage::ColdDialling) {
            self.attempt_to(how, None, out);
            return;
        }
        self.attempt_to(how, None, out);
        self.timers.set(Timer::Cleanup, now + self.policy.goodbye_max);
        let emergency = self.people.open.as_ref().is_some_and(|open| open.urgency == Urgency::Emergency);
        match how {
            AttemptState::CallsBack if emergency => {
                // In ten minutes is too late: the next one is rung all the same.
                self.note_operators_promise(out);
                self.next_attempt(now, out);
            }
            AttemptState::CallsBack => self.operator_calls_back(now, out),
            AttemptState::ToVoicemail => self.begin_voicemail(now, out),
            _ => self.next_attempt(now, out),
        }
    }

    /// Keeps the answer for a question that is asked again.
    fn answer_operator(&mut self, (no, leg): (u32, &LegId), step: u32, answer: Document) -> Document {
        if matches!(answer, Document::Goodbye(_)) {
            let goodbyes = &mut self.people.goodbyes;
            if goodbyes.len() >= GOODBYES_MAX {
                goodbyes.pop_front();
            }
            goodbyes.push_back((no, leg.clone(), step, answer.clone()));
        }
        // A decline may have begun the next attempt already: it must not get this answer.
        if let Some(attempt) = self.people.attempt_mut()
            && attempt.no == no
            && !attempt.state.is_final()
        {
            attempt.answers.push((step, answer.clone()));
        }
        answer
    }

    /// Who answers or presses a key for nothing hears why, as far as it is true.
    fn too_late(&self, no: u32) -> Document {
        let interrupted = self.people.over.iter().any(|over| over.no == no && over.state == AttemptState::Lost);
        Document::Goodbye(match interrupted {
            _ if self.is_caller_gone() => Goodbye::CallerGone,
            true => Goodbye::Interrupted,
            false => Goodbye::TooLate,
        })
    }

    /// The summary for the operator: at most 600 characters, without control characters, and the caller's or the
    /// model's words are introduced as such.
    fn briefing(&self, open: &Escalation) -> String {
        let language = self.facts.language;
        let mut parts = vec![match self.known("caller_name") {
            Some(name) => wording::name(language, &plain(&name, NAME_CHARS_MAX)),
            None => wording::no_name(language, self.facts.caller == Caller::Withheld).to_owned(),
        }];
        if !open.reason.is_empty() {
            parts.push(told(wording::reason(language, open.cause), &open.reason));
        }
        let heard = self.people.heard.iter().rev().find(|(_, speaker, _)| *speaker == Speaker::Caller);
        if !open.summary.is_empty() {
            parts.push(told(wording::said(language, Speaker::Assistant), &open.summary));
        } else if let Some((_, _, words)) = heard {
            parts.push(told(wording::said(language, Speaker::Caller), words));
        }
        let rest = self.intake_words();
        if !rest.is_empty() {
            parts.push(told(wording::gave(language), &rest));
        }
        let text = parts.join(" ");
        plain(&text, if planted!(self.policy, BriefsWithoutEnd) { usize::MAX } else { BRIEFING_CHARS_MAX })
    }

    fn known(&self, field: &str) -> Option<String> {
        let fields = &self.intake.known()?.fields;
        fields.iter().find(|(name, _)| name == field).map(|(_, value)| value.clone())
    }

    fn intake_words(&self) -> String {
        let Some(known) = self.intake.known() else {
            return String::new();
        };
        let fields = known.fields.iter().filter(|(name, _)| name != "caller_name");
        let words: Vec<_> = fields.map(|(name, value)| format!("{}: {value}", name.replace('_', " "))).collect();
        words.join("; ")
    }
}

/// Whose words they are, and the words; what follows is a sentence of its own.
fn told(by: &str, words: &str) -> String {
    let words = plain(words, PART_CHARS_MAX);
    let end = if words.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{by} {words}{end}")
}

/// One line of at most so many characters, as a voice can read it.
fn plain(text: &str, chars_max: usize) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    head(&words, chars_max).to_owned()
}

impl Attempt {
    /// The operator's leg, if it is this one.
    pub(crate) fn is_leg(&self, leg: &LegId) -> bool {
        self.leg.as_ref() == Some(leg)
    }
}

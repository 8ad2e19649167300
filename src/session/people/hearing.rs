//! What is heard besides a plain request: too many open questions, the assistant's own words, its voice in an emergency.

use crate::safety::{Alarm, Verdict};
use crate::session::CallSession;
use crate::session::caller_turns::Heard;
use crate::session::effect::{Effects, Event, RespondKind};
use crate::session::guard::guarded;
use crate::session::people::Ask;
use crate::session::plant::planted;
use crate::types::{Cause, Mono, ResponseId, Speaker, Urgency};

impl CallSession {
    /// What must be known cannot be established: a person may do better.
    pub(in crate::session) fn count_clarification(&mut self, now: Mono, clear: bool, out: &mut Effects) {
        if clear {
            self.people.counts.clarifications = 0;
            return;
        }
        if self.people.open.is_some() {
            return;
        }
        self.people.counts.clarifications += 1;
        if self.people.counts.clarifications == self.policy.clarifications_max {
            let (cause, urgency) = (Cause::Clarification, Urgency::Medium);
            let reason = "What must be known could not be established.".to_owned();
            self.request_person(now, Ask { cause, urgency, reason, summary: String::new(), only: None }, out);
        }
    }

    /// The response that says the emergency sentence has begun to sound.
    pub(in crate::session) fn note_emergency_voice(&mut self, now: Mono, response: &ResponseId) {
        if self.people.emergency_voice.as_ref().is_some_and(|(voice, _)| voice == response) {
            return;
        }
        let text = &self.facts.people.emergency_sentence;
        let active = self.turn.active.as_ref().filter(|active| active.response == *response);
        if active.is_some_and(|active| active.kind == Some(RespondKind::Say(text.clone()))) && !text.is_empty() {
            self.people.emergency_voice = Some((response.clone(), now));
        }
    }

    /// The assistant's voice says the emergency sentence: nothing cuts it, as long as it keeps to the sentence.
    pub(in crate::session) fn is_saying_emergency(&self, now: Mono) -> bool {
        let Some((response, began)) = &self.people.emergency_voice else {
            return false;
        };
        let made = self.turn.active.as_ref().is_some_and(|active| active.response == *response && !active.cancelled);
        now.since(*began) < self.policy.emergency_voice_max && (made || self.is_sounding(now, response))
    }

    /// The rules hear what the caller says. Words that they fail to judge are checked by plain phrases.
    pub(in crate::session) fn watch_caller(&mut self, now: Mono, text: &str, turn: Heard, out: &mut Effects) {
        let fails = planted!(self.policy, RulesPanic);
        let verdict = guarded(|| {
            assert!(!fails, "planted");
            self.watch.caller_said(&self.facts.rules, text, turn.speech_ms, turn.level)
        });
        match verdict.unwrap_or_else(|| self.second_check(text, out)) {
            Verdict::Nothing => {}
            Verdict::Alarm(found) => self.on_alarm(now, Speaker::Caller, found, out),
            Verdict::Doubted(found, doubt) => {
                let alarm = found.alarm.as_str();
                self.fault_event(Event::AlarmDoubted { alarm, rule: found.rule, why: doubt.as_str() }, out);
            }
        }
    }

    /// The rules hear what the assistant says, too.
    pub(in crate::session) fn watch_assistant(&mut self, now: Mono, text: &str, out: &mut Effects) {
        let fails = planted!(self.policy, RulesPanic);
        let found = guarded(|| {
            assert!(!fails, "planted");
            self.watch.assistant_said(&self.facts.rules, text)
        });
        let found = found.unwrap_or_else(|| match self.second_check(text, out) {
            Verdict::Alarm(found) => Some(found),
            Verdict::Nothing | Verdict::Doubted(..) => None,
        });
        if let Some(found) = found {
            if found.alarm == Alarm::Emergency && self.people.counts.emergency_told {
                // The assistant repeats what the caller was told to do.
                return;
            }
            self.on_alarm(now, Speaker::Assistant, found, out);
        }
    }
}

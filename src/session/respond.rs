//! Responses: the first words of a call, answers to tools, and the one place that asks for a response.

use crate::session::CallSession;
use crate::session::effect::{Effects, ModelEffect, RespondKind};
use crate::session::ending::Ending;
use crate::session::links::{Media, Model};
use crate::session::plant::planted;
use crate::session::timer::Timer;
use crate::session::tooling::Then;
use crate::session::turn::Asked;
use crate::types::{Mono, ResponseId};

/// How far the first words of the call are.
///
/// ```text
/// Waiting -> Disclosing -> Greeting -> Done
///    |            \-----------^---------^    (no greeting, or the caller's words replace it)
///    \--------------------------------- ^    (nothing to say: the caller speaks first)
/// ```
#[derive(Debug)]
pub(crate) enum Greeting {
    Waiting,
    /// The disclosure is asked for, or playing: protected from barge-in.
    Disclosing {
        response: Option<ResponseId>,
        /// Its response has ended; protection lasts until it was heard.
        made: bool,
        /// What follows it.
        next: Next,
        /// Barge-in waits.
        protected: bool,
    },
    Done,
}

/// What follows the disclosure while it plays.
#[derive(Debug)]
pub(crate) enum Next {
    /// The greeting, once the disclosure is made.
    Undecided,
    /// The greeting was asked for; its response, once that began.
    Greeting(Option<ResponseId>),
    /// The answer to what the caller said.
    Answer,
}

impl Greeting {
    /// The stream is gone: a disclosure that was not heard has to be said again.
    pub(crate) fn rewind(&mut self) {
        if matches!(self, Self::Disclosing { .. }) {
            *self = Self::Waiting;
        }
    }

    pub(crate) fn end(&mut self) {
        if !matches!(self, Self::Waiting) {
            *self = Self::Done;
        }
    }
}

impl CallSession {
    /// Stream and model are both there: first words, then whatever the caller said meanwhile.
    pub(super) fn go_on_air(&mut self, out: &mut Effects) {
        if self.media != Media::Live || self.model != Model::Ready {
            return;
        }
        self.timers.stop(Timer::Ready);
        if matches!(self.greeting, Greeting::Waiting) {
            self.greeting = if !self.facts.disclosure.is_empty() {
                self.turn.want(RespondKind::Say(self.facts.disclosure.clone()));
                Greeting::Disclosing { response: None, made: false, next: Next::Undecided, protected: true }
            } else {
                if !self.facts.greeting.is_empty() {
                    self.turn.want(RespondKind::Say(self.facts.greeting.clone()));
                }
                Greeting::Done
            };
            self.ask(out);
        }
        let waiting: Vec<_> = self.backlog.drain().collect();
        for frame in waiting {
            self.append(frame, out);
        }
    }

    /// The disclosure may not be interrupted.
    pub(super) const fn is_protected(&self) -> bool {
        matches!(self.greeting, Greeting::Disclosing { protected: true, .. })
    }

    /// Whether this response is the disclosure.
    pub(super) fn is_disclosure(&self, asked: &ResponseId) -> bool {
        matches!(&self.greeting, Greeting::Disclosing { response: Some(response), .. } if response == asked)
    }

    /// Gives tool answers and asks for a response, as far as the server may be asked now.
    pub(super) fn respond(&mut self, now: Mono, out: &mut Effects) {
        if self.model != Model::Ready {
            return;
        }
        let active = self.turn.active.as_ref().map(|active| active.response.clone());
        let answers = self.tooling.take_ready(active.as_ref());
        for (call, answer, then) in answers {
            let no = self.next_request();
            self.send(ModelEffect::ToolReply { no, call, answer }, out);
            match then {
                Then::Respond if matches!(self.ending, Ending::None) => self.turn.want(RespondKind::Bare),
                Then::Respond | Then::Nothing => {}
            }
        }
        self.begin_farewell(now);
        self.ask(out);
    }

    /// Sends the wanted create, unless something is in its way.
    fn ask(&mut self, out: &mut Effects) {
        let may_speak = matches!(self.ending, Ending::None | Ending::Farewell { .. });
        let held = self.timers.is_set(Timer::RespondAgain);
        let may_ask = self.turn.is_free() || planted!(self.policy, AsksTwice) && self.turn.wanted.is_some();
        let away = self.media != Media::Live || self.people.is_handing_over();
        if away || !may_speak || held || !may_ask {
            return;
        }
        let Some(kind) = self.next_wanted() else {
            return;
        };
        let no = self.next_request();
        self.turn.asked = Some(Asked { no, kind: kind.clone() });
        self.send(ModelEffect::Respond { no, kind }, out);
    }

    /// What to ask for. A sentence of staff's comes after what must be said, and before what the assistant would say.
    fn next_wanted(&mut self) -> Option<RespondKind> {
        let may_say = matches!(self.ending, Ending::None) && !matches!(self.greeting, Greeting::Disclosing { .. });
        match self.turn.wanted.take() {
            Some(kind @ (RespondKind::Say(_) | RespondKind::Farewell)) => Some(kind),
            other => match self.says.next_if(may_say) {
                Some(text) => {
                    self.turn.wanted = other;
                    Some(RespondKind::Say(text))
                }
                None => other,
            },
        }
    }

    /// A response that we asked for began: is it one of the first words?
    pub(super) fn note_first_words(&mut self, started: &ResponseId, kind: Option<&RespondKind>, out: &mut Effects) {
        let Greeting::Disclosing { response, next, .. } = &mut self.greeting else {
            return;
        };
        let Some(RespondKind::Say(text)) = kind else {
            return;
        };
        match next {
            _ if *text == self.facts.disclosure => *response = Some(started.clone()),
            Next::Greeting(greeting) => *greeting = Some(started.clone()),
            // It was asked for before the caller spoke, or before the stream broke.
            Next::Undecided | Next::Answer => self.withdraw_response(started, out),
        }
    }

    /// A response ended: behind the disclosure comes the greeting.
    pub(super) fn advance_first_words(&mut self, ended: &ResponseId, completed: bool) {
        let Greeting::Disclosing { response, made, next, .. } = &mut self.greeting else {
            return;
        };
        if response.as_ref() != Some(ended) {
            return;
        }
        if !completed {
            // It is asked for again, like every response that failed.
            *response = None;
            return;
        }
        *made = true;
        if matches!(next, Next::Undecided) && !self.facts.greeting.is_empty() {
            *next = Next::Greeting(None);
            self.turn.want(RespondKind::Say(self.facts.greeting.clone()));
        }
    }

    /// The caller said something while the disclosure plays: the answer to it replaces the greeting.
    pub(super) fn replace_greeting(&mut self, out: &mut Effects) {
        let Greeting::Disclosing { made, next, .. } = &mut self.greeting else {
            return;
        };
        if *made && matches!(self.turn.wanted, Some(RespondKind::Say(_))) {
            self.turn.wanted = None;
        }
        if let Next::Greeting(Some(response)) = std::mem::replace(next, Next::Answer) {
            self.withdraw_response(&response, out);
        }
    }

    /// Ends the disclosure's protection once it was heard.
    pub(super) fn lift_protection(&mut self, now: Mono, out: &mut Effects) {
        let Greeting::Disclosing { response: Some(response), made: true, .. } = &self.greeting else {
            return;
        };
        let response = response.clone();
        if self.is_sounding(now, &response) {
            return;
        }
        let protected = self.is_protected();
        self.greeting = Greeting::Done;
        if protected {
            self.end_protection(now, out);
        }
    }

    /// The disclosure was heard, or has been protected for long enough: what waited may interrupt now.
    pub(super) fn end_protection(&mut self, now: Mono, out: &mut Effects) {
        self.timers.stop(Timer::Protected);
        if let Greeting::Disclosing { protected, .. } = &mut self.greeting {
            *protected = false;
        }
        if self.turn.speaking.is_some() {
            self.interrupt(now, out);
        }
    }
}

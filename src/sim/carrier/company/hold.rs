//! What is heard in a room that has not started: music, silence, or the gateway's own document.
//!
//! The document is asked for beside the leg's main one, holds only sound and redirects, and does not loop by itself.

use std::collections::VecDeque;
use std::time::Duration;

use crate::sim::carrier::company::report::WebhookKind;
use crate::sim::carrier::company::{ANSWER_WAIT, CompanyCall, CompanyOut, WebAnswer, WebhookId, Wish};
use crate::sim::carrier::twiml::{self, Place, Play, Verb, Wait};
use crate::types::Mono;

pub(super) struct Hold {
    state: State,
    url: String,
    get: bool,
    redirects: u32,
}

enum State {
    Music,
    Silence,
    /// Asks at this time.
    Due(Mono),
    Asking {
        id: WebhookId,
        deadline: Mono,
    },
    Playing {
        verbs: VecDeque<Verb>,
        until: Mono,
        aloud: bool,
    },
}

impl Hold {
    pub(super) fn new(now: Mono, wait: &Wait) -> Self {
        let (state, url, get) = match wait {
            Wait::Music => (State::Music, "", false),
            Wait::Silence => (State::Silence, "", false),
            Wait::Document { url, get } => (State::Due(now), url.as_str(), *get),
        };
        Self { state, url: url.to_owned(), get, redirects: 0 }
    }

    pub(super) fn asks(&self, id: WebhookId) -> bool {
        matches!(self.state, State::Asking { id: asked, .. } if asked == id)
    }

    pub(super) const fn deadline(&self) -> Option<Mono> {
        match self.state {
            State::Music | State::Silence => None,
            State::Due(at) => Some(at),
            State::Asking { deadline, .. } => Some(deadline),
            State::Playing { until, .. } => Some(until),
        }
    }

    pub(super) const fn is_aloud(&self) -> bool {
        matches!(self.state, State::Music | State::Playing { aloud: true, .. })
    }
}

impl CompanyCall {
    pub(super) fn advance_hold(&mut self, now: Mono, out: &mut Vec<CompanyOut>) {
        let Some(mut hold) = self.hold.take() else { return };
        if hold.deadline().is_none_or(|at| at > now) {
            self.hold = Some(hold);
            return;
        }
        match hold.state {
            State::Due(_) => {
                let url = self.resolve(now, &hold.url);
                let id = if hold.get {
                    self.fetch(now, WebhookKind::Wait, &url, out)
                } else {
                    let pairs = self.pairs();
                    self.request(now, WebhookKind::Wait, url, pairs, out)
                };
                hold.state = State::Asking { id, deadline: now + ANSWER_WAIT };
                self.hold = Some(hold);
            }
            State::Asking { .. } => {
                self.hold = Some(hold);
                self.hold_answered(now, None);
            }
            State::Playing { verbs, .. } => {
                hold.state = State::Silence;
                self.hold = Some(hold);
                self.hold_on(now, verbs);
            }
            State::Music | State::Silence => self.hold = Some(hold),
        }
    }

    /// The waiting document, or none. Without one the leg does not stay in the room.
    pub(super) fn hold_answered(&mut self, now: Mono, answer: Option<&WebAnswer>) {
        let read = answer.ok_or((11200, "no answer".to_owned())).and_then(|answer| match Self::useless(answer) {
            Some(problem) => Err(problem),
            None => twiml::parse_in(Place::Wait, &answer.body, self.plain_streams()).map_err(|error| (12100, error)),
        });
        match read {
            Ok(document) => {
                for what in document.complaints {
                    self.violation(now, 12200, what);
                }
                self.hold_on(now, document.verbs.into());
            }
            Err((code, what)) => {
                self.violation(now, code, format!("waiting document: {what}"));
                self.hold = None;
                self.wishes.push(Wish::WaitFailed);
            }
        }
    }

    fn hold_on(&mut self, now: Mono, mut verbs: VecDeque<Verb>) {
        let next = verbs.pop_front();
        let state = match next {
            None => State::Silence,
            Some(Verb::Redirect(url)) => {
                let Some(hold) = &mut self.hold else { return };
                hold.redirects += 1;
                if !url.is_empty() {
                    hold.url = url;
                }
                // One that redirects to itself without a sound would never come to rest.
                State::Due(now + if hold.redirects > REDIRECTS_AT_ONCE_MAX { REDIRECT_PAUSE } else { Duration::ZERO })
            }
            Some(verb) => {
                if let Verb::Play(Play { times: 0, .. }) = verb {
                    verbs.clear();
                    verbs.push_front(verb.clone());
                }
                let (lasts, aloud) = self.utter(now, &verb);
                State::Playing { verbs, until: now + lasts, aloud }
            }
        };
        if let Some(hold) = &mut self.hold {
            hold.state = state;
        }
    }
}

const REDIRECTS_AT_ONCE_MAX: u32 = 10;
const REDIRECT_PAUSE: Duration = Duration::from_secs(1);

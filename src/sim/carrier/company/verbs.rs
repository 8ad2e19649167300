//! Runs a document, verb by verb.

use std::time::Duration;

use crate::sim::carrier::company::{Ask, CompanyCall, CompanyOut, EndedBy, Later, Stage};
use crate::sim::carrier::twiml::Verb;
use crate::types::Mono;

impl CompanyCall {
    /// Runs the next verb; without one the call ends.
    pub(super) fn run(&mut self, now: Mono, out: &mut Vec<CompanyOut>) {
        let Some(verb) = self.verbs.pop_front() else {
            self.pick_up(now);
            self.end(now, EndedBy::Document, "completed", out);
            return;
        };
        match verb {
            Verb::Say(text) => {
                self.pick_up(now);
                let time = SAY_PER_CHAR * text.chars().count() as u32;
                self.stage = Stage::Saying { until: now + time.clamp(SAY_MIN, SAY_MAX), aloud: true };
                if self.said.len() < SAID_MAX {
                    self.said.push(text);
                }
            }
            Verb::Pause(secs) => {
                let time = Duration::from_secs(secs.into()).min(PAUSE_MAX);
                self.stage = Stage::Saying { until: now + time, aloud: false };
            }
            Verb::Hangup => {
                self.pick_up(now);
                self.end(now, EndedBy::Document, "completed", out);
            }
            Verb::Redirect(url) => {
                self.verbs.clear();
                let url = self.resolve(now, &url);
                self.ask_later(now, Ask::Redirect { url }, 0);
            }
            Verb::Reject(busy) => self.end(now, EndedBy::Reject, if busy { "busy" } else { "no-answer" }, out),
            Verb::Connect(connect) => {
                self.pick_up(now);
                self.connect = Some(connect);
                self.stage = Stage::Waiting;
                let after = self.knobs.open.draw(&mut self.rng);
                self.later.add(now + after, Later::Open);
            }
        }
    }

    /// The company answers the phone: from now on the caller hears and is heard.
    fn pick_up(&mut self, now: Mono) {
        if self.answered_at.is_none() {
            self.answered_at = Some(now);
            self.tick_at = Some(now);
            self.report_progress(now, "in-progress");
        }
    }
}

/// The company's voice, roughly.
const SAY_PER_CHAR: Duration = Duration::from_millis(60);
const SAY_MIN: Duration = Duration::from_millis(500);
const SAY_MAX: Duration = Duration::from_secs(30);
const PAUSE_MAX: Duration = Duration::from_secs(180);

const SAID_MAX: usize = 32;

//! Runs a document, verb by verb.

use std::time::Duration;

use crate::sim::carrier::company::report::{Beat, WebhookKind};
use crate::sim::carrier::company::{CompanyCall, CompanyOut, EndedBy, Later, Stage};
use crate::sim::carrier::twiml::{Play, Verb};
use crate::types::Mono;

impl CompanyCall {
    /// Runs the next verb; without one the call ends, or a called party is connected.
    pub(super) fn run(&mut self, now: Mono, out: &mut Vec<CompanyOut>) {
        let Some(verb) = self.verbs.pop_front() else {
            if !self.waits_for_connection() {
                self.pick_up(now);
                self.end(now, EndedBy::Document, "completed", out);
            }
            return;
        };
        match verb {
            Verb::Say(_) | Verb::Play(_) => {
                self.pick_up(now);
                let (lasts, aloud) = self.utter(now, &verb);
                self.stage = Stage::Saying { until: now + lasts, aloud };
            }
            Verb::Pause(_) => {
                let (lasts, aloud) = self.utter(now, &verb);
                self.stage = Stage::Saying { until: now + lasts, aloud };
            }
            Verb::Gather(gather) => self.gather(now, gather, out),
            Verb::Record(record) => self.record(now, record),
            Verb::Dial(dial) => self.dial(now, dial, out),
            Verb::Hangup => {
                self.pick_up(now);
                self.end(now, EndedBy::Document, "completed", out);
            }
            Verb::Redirect(url) => {
                self.verbs.clear();
                self.ask_next(now, WebhookKind::Redirect, &url, Vec::new());
            }
            Verb::Reject(_) if self.answered_at.is_some() => {
                self.violation(now, 0, "<Reject> for a call that was answered".to_owned());
                self.end(now, EndedBy::Document, "completed", out);
            }
            Verb::Reject(busy) => self.end(now, EndedBy::Reject, if busy { "busy" } else { "no-answer" }, out),
            Verb::Connect(connect) => {
                self.pick_up(now);
                self.connect = Some(connect);
                self.stage = Stage::Waiting;
                let after = self.knobs.open.draw(&mut self.rng);
                self.later.add(now + after, Later::Open(self.epoch));
            }
        }
    }

    /// Says or plays a prompt: how long it takes, and whether there is anything to hear.
    pub(super) fn utter(&mut self, now: Mono, prompt: &Verb) -> (Duration, bool) {
        match prompt {
            Verb::Say(text) => {
                let time = SAY_PER_CHAR * text.chars().count() as u32;
                if self.said.len() < SAID_MAX {
                    self.said.push(text.clone());
                }
                self.tell(now, Beat::Said(text.clone()));
                (time.clamp(SAY_MIN, SAY_MAX), true)
            }
            Verb::Play(Play { url, times }) => {
                self.tell(now, Beat::Played(url.clone()));
                (if *times == 0 { PLAY_MAX } else { PLAY_TIME * *times }.min(PLAY_MAX), true)
            }
            Verb::Pause(secs) => (Duration::from_secs((*secs).into()).min(PAUSE_MAX), false),
            _ => (Duration::ZERO, false),
        }
    }

    /// The company answers the phone: from now on the caller hears and is heard.
    pub(super) fn pick_up(&mut self, now: Mono) {
        if self.answered_at.is_none() && self.ended.is_none() {
            self.answered_at = Some(now);
            if self.caller.is_some() {
                self.tick_at = Some(now);
            }
            self.tell(now, Beat::Answered);
            self.report_progress(now, "answered");
            self.after_answering(now);
        }
    }
}

/// The company's voice, roughly.
const SAY_PER_CHAR: Duration = Duration::from_millis(60);
const SAY_MIN: Duration = Duration::from_millis(500);
const SAY_MAX: Duration = Duration::from_secs(60);
const PAUSE_MAX: Duration = Duration::from_secs(180);

/// Nobody knows what is behind a URL; it takes this long.
const PLAY_TIME: Duration = Duration::from_secs(3);
const PLAY_MAX: Duration = Duration::from_secs(60);

const SAID_MAX: usize = 256;

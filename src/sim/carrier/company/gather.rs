//! `<Gather>`: prompts are said while keys are awaited; then an action is asked for, or the document goes on.
//!
//! A key stops the prompts. Nothing pressed in time means the next verb, unless the document wants to know.

use std::collections::VecDeque;
use std::time::Duration;

use crate::sim::carrier::company::report::{Beat, WebhookKind};
use crate::sim::carrier::company::{CompanyCall, CompanyOut, Stage};
use crate::sim::carrier::twiml::{Gather, Verb};
use crate::types::Mono;

pub(super) struct Gathering {
    action: Option<String>,
    timeout: Duration,
    digits_max: Option<usize>,
    finish: Option<char>,
    always: bool,
    prompts: VecDeque<Verb>,
    /// When the current prompt, or the waiting, is over.
    pub(super) until: Mono,
    pub(super) aloud: bool,
    waiting: bool,
    digits: String,
}

impl CompanyCall {
    pub(super) fn gather(&mut self, now: Mono, gather: Gather, out: &mut Vec<CompanyOut>) {
        self.pick_up(now);
        self.tell(now, Beat::Gathering);
        self.stage = Stage::Gathering(Gathering {
            action: gather.action,
            timeout: Duration::from_secs(gather.timeout_secs.into()),
            digits_max: gather.digits_max,
            finish: gather.finish,
            always: gather.always,
            prompts: gather.prompts.into(),
            until: now,
            aloud: false,
            waiting: false,
            digits: String::new(),
        });
        self.after_gather_began(now);
        self.gather_on(now, out);
    }

    /// The current prompt is over, or the time for keys is.
    pub(super) fn gather_on(&mut self, now: Mono, out: &mut Vec<CompanyOut>) {
        let Stage::Gathering(gathering) = &mut self.stage else { return };
        if gathering.waiting {
            return self.gathered(now, None, out);
        }
        let Some(prompt) = gathering.prompts.pop_front() else {
            gathering.waiting = true;
            gathering.aloud = false;
            gathering.until = now + gathering.timeout;
            return;
        };
        let (lasts, aloud) = self.utter(now, &prompt);
        if let Stage::Gathering(gathering) = &mut self.stage {
            gathering.until = now + lasts;
            gathering.aloud = aloud;
        }
    }

    pub(super) fn gather_key(&mut self, now: Mono, key: char, out: &mut Vec<CompanyOut>) {
        let Stage::Gathering(gathering) = &mut self.stage else { return };
        if gathering.finish == Some(key) {
            return self.gathered(now, Some(key), out);
        }
        gathering.digits.push(key);
        gathering.prompts.clear();
        gathering.waiting = true;
        gathering.aloud = false;
        gathering.until = now + gathering.timeout;
        if gathering.digits_max.is_some_and(|max| gathering.digits.len() >= max) {
            self.gathered(now, None, out);
        }
    }

    fn gathered(&mut self, now: Mono, finish: Option<char>, out: &mut Vec<CompanyOut>) {
        let Stage::Gathering(gathering) = std::mem::replace(&mut self.stage, Stage::Waiting) else { return };
        if gathering.digits.is_empty() && !gathering.always {
            return self.run(now, out);
        }
        let mut extra = vec![("Digits".to_owned(), gathering.digits), ("msg".to_owned(), "Gather End".to_owned())];
        if let Some(key) = finish {
            extra.push(("FinishedOnKey".to_owned(), key.to_string()));
        }
        self.ask_next(now, WebhookKind::Gather, gathering.action.as_deref().unwrap_or_default(), extra);
    }
}

//! What the one on the phone does by plan: keys for every `<Gather>`, and when they go.
//!
//! A plan that depends on a state ("after ten seconds of conversation") does nothing when that state has passed.

use std::time::Duration;

use crate::sim::carrier::company::report::Beat;
use crate::sim::carrier::company::{CompanyCall, CompanyOut, Later, Stage};
use crate::sim::carrier::person::Leave;
use crate::types::Mono;

/// What must still be so when the time to leave has come.
#[derive(Clone, Copy)]
pub(super) enum Check {
    Always,
    InRoom(u32),
    Talking(u32),
    Alone(u32),
    Recording,
}

impl CompanyCall {
    pub(super) fn holds(&self, check: Check) -> bool {
        match check {
            Check::Always => true,
            Check::InRoom(room) => self.is_in_room() && self.together.rooms == room,
            Check::Talking(talk) => self.is_connected() && self.together.talks == talk,
            Check::Alone(parting) => !self.is_connected() && self.together.partings == parting,
            Check::Recording => matches!(self.stage, Stage::Recording(_)),
        }
    }

    pub(super) fn after_answering(&mut self, now: Mono) {
        self.plan(now, Check::Always, |leave| match leave {
            Leave::Answered(after) => Some(*after),
            _ => None,
        });
    }

    pub(super) fn after_entering(&mut self, now: Mono) {
        self.plan(now, Check::InRoom(self.together.rooms), |leave| match leave {
            Leave::Entered(after) => Some(*after),
            _ => None,
        });
    }

    pub(super) fn after_connecting(&mut self, now: Mono) {
        self.plan(now, Check::Talking(self.together.talks), |leave| match leave {
            Leave::Talking(after) => Some(*after),
            _ => None,
        });
    }

    pub(super) fn after_parting(&mut self, now: Mono) {
        self.plan(now, Check::Alone(self.together.partings), |leave| match leave {
            Leave::Alone(after) => Some(*after),
            _ => None,
        });
    }

    pub(super) fn after_recording_began(&mut self, now: Mono) {
        self.plan(now, Check::Recording, |leave| match leave {
            Leave::Recording(after) => Some(*after),
            _ => None,
        });
    }

    /// A `<Gather>` begins: its keys are planned, and whether they leave because of it.
    pub(super) fn after_gather_began(&mut self, now: Mono) {
        let index = self.gathers;
        self.gathers += 1;
        let mut pressed_after = None;
        if let Some(keys) = self.habits.keys.get(index) {
            let mut after = keys.after;
            for digit in keys.digits.chars() {
                self.later.add(now + after, Later::Press(digit));
                pressed_after = Some(after);
                after += KEY_EVERY;
            }
        }
        self.plan(now, Check::Always, |leave| match leave {
            Leave::Gather(nth, after) if *nth == index => Some(*after),
            Leave::Pressed(nth, after) if *nth == index => pressed_after.map(|pressed| pressed + *after),
            _ => None,
        });
    }

    /// A key: who listens to it depends on what the company does with the leg.
    pub(super) fn press(&mut self, now: Mono, key: char, out: &mut Vec<CompanyOut>) {
        self.tell(now, Beat::Pressed(key));
        match &self.stage {
            Stage::Gathering(_) => self.gather_key(now, key, out),
            Stage::Recording(_) => self.recording_key(now, key, out),
            Stage::Streaming => {
                if let Some(phone) = self.phones.last_mut() {
                    phone.press(now, key, &mut self.phone_out);
                }
                self.pump(now, out);
            }
            Stage::New
            | Stage::Waiting
            | Stage::Calling { .. }
            | Stage::Asking { .. }
            | Stage::Saying { .. }
            | Stage::Opening { .. }
            | Stage::Together { .. }
            | Stage::Over => {}
        }
    }

    fn plan(&mut self, now: Mono, check: Check, when: impl Fn(&Leave) -> Option<Duration>) {
        if let Some(after) = self.habits.leaves.iter().filter_map(when).min() {
            self.plan_leave(now, after, check);
        }
    }
}

const KEY_EVERY: Duration = Duration::from_millis(200);

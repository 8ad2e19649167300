//! A caller who follows the steps of a scenario, by ear.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use crate::audio::level;
use crate::sim::caller::{Caller, CallerFrame, Diary, Spoken};
use crate::sim::carrier::company::{FRAME, FRAME_BYTES};
use crate::sim::scenario::CallerStep;
use crate::types::{Mono, Mulaw};

/// A step names a clip that is not there.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("no caller audio is named {0:?}")]
pub struct NoSuchClip(pub String);

/// A caller with a script. Hangs up when it is at its end.
pub struct ScriptedCaller {
    steps: VecDeque<Step>,
    current: Option<Step>,
    /// When the current step began.
    since: Mono,
    /// Heard during the current step: when it was last loud, and for how long it has been.
    last_loud: Option<Mono>,
    heard: Duration,
    /// A person is on the other end.
    connected: bool,
    complaints: Vec<String>,
    diary: Option<Diary>,
}

enum Step {
    Listen { max: Duration },
    HearFor(Duration),
    Wait(Duration),
    Speak { name: Option<String>, audio: Bytes, cut: Option<Duration> },
    Meet { max: Duration },
    Part { max: Duration },
    Press(VecDeque<char>),
    HangUp,
    Stay { max: Duration },
}

impl ScriptedCaller {
    /// Prepares a script; `clip` gives the audio of a fixture by name.
    pub fn new(steps: &[CallerStep], clip: impl Fn(&str) -> Option<Mulaw>) -> Result<Self, NoSuchClip> {
        let load = |name: &String| clip(name).map(Mulaw::into_bytes).ok_or_else(|| NoSuchClip(name.clone()));
        let mut prepared = VecDeque::with_capacity(steps.len());
        for step in steps {
            prepared.push_back(match step {
                CallerStep::Listen { max } => Step::Listen { max: *max },
                CallerStep::HearFor(time) => Step::HearFor(*time),
                CallerStep::Wait(time) => Step::Wait(*time),
                CallerStep::Say { audio: name } | CallerStep::Tell { audio: name } => {
                    Step::Speak { name: Some(name.clone()), audio: load(name)?, cut: None }
                }
                CallerStep::HangUpDuring { audio: name, after } => {
                    Step::Speak { name: Some(name.clone()), audio: load(name)?, cut: Some(*after) }
                }
                CallerStep::Meet { max } => Step::Meet { max: *max },
                CallerStep::Part { max } => Step::Part { max: *max },
                CallerStep::Press(keys) => Step::Press(keys.chars().collect()),
                CallerStep::HangUp => Step::HangUp,
                CallerStep::Stay { max } => Step::Stay { max: *max },
            });
        }
        Ok(Self {
            steps: prepared,
            current: None,
            since: Mono::ZERO,
            last_loud: None,
            heard: Duration::ZERO,
            connected: false,
            complaints: Vec::new(),
            diary: None,
        })
    }

    /// Writes down what is said.
    #[must_use]
    pub fn noting(mut self, diary: Diary) -> Self {
        self.diary = Some(diary);
        self
    }

    fn listen(&mut self, now: Mono, heard: &[u8]) {
        if level::is_loud(heard) {
            self.last_loud = Some(now);
        }
        // Short pauses belong to what is heard.
        if self.last_loud.is_some_and(|last| now.since(last) <= PAUSE_MAX) {
            self.heard += FRAME;
        }
    }

    fn next(&mut self, now: Mono) {
        self.current = self.steps.pop_front();
        self.since = now;
        self.last_loud = None;
        self.heard = Duration::ZERO;
    }
}

impl Caller for ScriptedCaller {
    fn frame(&mut self, now: Mono, heard: &[u8]) -> CallerFrame {
        if self.current.is_none() {
            self.next(now);
        }
        self.listen(now, heard);
        // Steps that are over take no time; there are only so many.
        loop {
            let passed = now.since(self.since);
            let over = match &mut self.current {
                None | Some(Step::HangUp) => return CallerFrame::HANG_UP,
                Some(Step::Stay { max }) => {
                    if passed < *max {
                        return CallerFrame::SILENT;
                    }
                    self.complaints.push(format!("the gateway did not end the call in {max:?}"));
                    return CallerFrame::HANG_UP;
                }
                Some(Step::Listen { max }) => {
                    let late = passed >= *max;
                    if late {
                        self.complaints.push(format!("listened {max:?} for nothing, or without an end"));
                    }
                    late || self.last_loud.is_some_and(|last| now.since(last) >= QUIET)
                }
                Some(Step::HearFor(time)) => {
                    let late = passed >= *time + HEAR_WAIT_MAX;
                    if late {
                        self.complaints.push(format!("heard {:?} of {time:?}", self.heard));
                    }
                    late || self.heard >= *time
                }
                Some(Step::Wait(time)) => passed >= *time,
                Some(Step::Meet { max } | Step::Part { max }) if passed >= *max => {
                    let what = if self.connected { "the other did not leave" } else { "nobody came" };
                    self.complaints.push(format!("{what} in {max:?}"));
                    true
                }
                Some(Step::Meet { .. }) => self.connected,
                Some(Step::Part { .. }) => !self.connected,
                Some(Step::Speak { name, audio, cut }) => {
                    if cut.is_some_and(|cut| passed >= cut) {
                        return CallerFrame::HANG_UP;
                    }
                    if let (Some(clip), Some(diary)) = (name.take(), &self.diary) {
                        diary.note(Spoken { at: now, clip, to_person: self.connected });
                    }
                    if !audio.is_empty() {
                        return CallerFrame::speech(audio.split_to(audio.len().min(FRAME_BYTES)));
                    }
                    if cut.is_some() {
                        return CallerFrame::HANG_UP;
                    }
                    true
                }
                Some(Step::Press(keys)) => {
                    if keys.is_empty() {
                        true
                    } else if passed >= KEY_EVERY {
                        self.since = now;
                        return keys.pop_front().map_or(CallerFrame::SILENT, CallerFrame::key);
                    } else {
                        return CallerFrame::SILENT;
                    }
                }
            };
            if !over {
                return CallerFrame::SILENT;
            }
            self.next(now);
        }
    }

    fn connected(&mut self, connected: bool) {
        self.connected = connected;
    }

    fn complaints(&self) -> Vec<String> {
        self.complaints.clone()
    }
}

/// So long must it be quiet for the other to have finished.
const QUIET: Duration = Duration::from_millis(600);

const PAUSE_MAX: Duration = Duration::from_millis(300);

/// A script that waits to interrupt waits no longer than this, beyond what it wants to hear.
const HEAR_WAIT_MAX: Duration = Duration::from_secs(20);

const KEY_EVERY: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests;

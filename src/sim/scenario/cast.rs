//! Everybody in a scenario besides the caller: operators whose phones may ring, and the party of an outbound call.
//!
//! A role is how somebody picks up, and then the same steps as a caller's. It becomes a `Person` of the phone book.

use std::time::Duration;

use serde_json::Value;

use crate::sim::caller::scripted::NoSuchClip;
use crate::sim::caller::{Caller, Diary, ScriptedCaller};
use crate::sim::carrier::person::{MachineVoice, Person, PickUp};
use crate::sim::clips::{Clip, Kind, Library};
use crate::sim::scenario::{CallerStep, Scenario};

/// Somebody who is called.
#[derive(Clone, PartialEq, Debug)]
pub struct Role {
    /// An operator's is the id of a target of the organization.
    pub name: String,
    pub answers: Answers,
    pub steps: Vec<CallerStep>,
}

/// What happens when the phone rings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answers {
    After(Duration),
    Never,
    Busy,
    /// A machine says a fixture of `fixtures/audio/operators`, beeps, and records.
    Machine {
        audio: String,
        after: Duration,
    },
}

/// A call that staff ask for by the API.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outbound {
    /// E.164.
    pub to: String,
    /// Why the party may be called.
    pub basis: String,
}

/// Before a line that is busy says so.
const BUSY_AFTER: Duration = Duration::from_secs(1);

impl Role {
    /// As an entry of the phone book; what is spoken goes to the diary.
    ///
    /// # Errors
    /// A clip is missing.
    pub fn person(&self, library: &Library, diary: &Diary) -> Result<Person, NoSuchClip> {
        let pick_up = match &self.answers {
            Answers::After(after) => PickUp::After(*after),
            Answers::Never => PickUp::Never,
            Answers::Busy => PickUp::Busy(BUSY_AFTER),
            Answers::Machine { audio, after } => {
                let audio = clip(library, audio).ok_or_else(|| NoSuchClip(audio.clone()))?.audio;
                let machine = PickUp::Machine { after: *after, greeting: audio.duration() };
                return Ok(Person::new(machine).speaking(move || Box::new(MachineVoice::saying(audio.clone()))));
            }
        };
        // Read once here, so that it cannot fail when the phone rings.
        ScriptedCaller::new(&self.steps, |name| clip(library, name).map(|clip| clip.audio))?;
        let (steps, library, diary) = (self.steps.clone(), library.clone(), diary.clone());
        Ok(Person::new(pick_up).speaking(move || {
            let script = ScriptedCaller::new(&steps, |name| clip(&library, name).map(|clip| clip.audio));
            Box::new(script.expect("every clip was found before").noting(diary.clone())) as Box<dyn Caller>
        }))
    }

    /// What is said to a media stream, in order: names of clips.
    pub(in crate::sim) fn said_on_stream(&self) -> Vec<&str> {
        match &self.answers {
            Answers::Machine { audio, .. } => vec![audio],
            Answers::After(_) | Answers::Never | Answers::Busy => said_on_stream(&self.steps),
        }
    }
}

impl Scenario {
    /// Nobody but the caller has a telephone.
    pub fn is_plain(&self) -> bool {
        self.operators.is_empty() && self.outbound.is_none()
    }

    /// The number of one of the organization's targets, as the scenario's `org` has it.
    pub fn number_of(&self, target: &str) -> Option<String> {
        let org: Value = serde_json::from_str(&self.org).ok()?;
        let targets = org.pointer("/escalation/targets")?.as_array()?;
        let found = targets.iter().find(|known| known["id"] == target)?;
        found["number"].as_str().map(str::to_owned)
    }

    /// What the model hears, in order: names of clips.
    pub(in crate::sim) fn heard_by_model(&self) -> Vec<&str> {
        match &self.outbound {
            Some((_, callee)) => callee.said_on_stream(),
            None => said_on_stream(&self.caller),
        }
    }
}

/// A clip of whoever is on the phone.
pub fn clip(library: &Library, name: &str) -> Option<Clip> {
    library.clip(Kind::Operator, name).or_else(|| library.clip(Kind::Caller, name))
}

fn said_on_stream(steps: &[CallerStep]) -> Vec<&str> {
    steps.iter().filter_map(CallerStep::said_on_stream).collect()
}

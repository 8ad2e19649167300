//! A scenario: what the caller does, what the model answers, and how the call must end.
//!
//! Read from `fixtures/scenarios/*.call`; the same script drives virtual time, loopback servers and the demo.

mod parse;

use std::time::Duration;

pub use parse::ScenarioError;

/// One scripted call.
#[derive(Clone, PartialEq, Debug)]
pub struct Scenario {
    pub name: String,
    pub about: String,
    /// Keys of the organization's `config` that differ from the demo organization's: a JSON object as text.
    pub org: String,
    pub caller: Vec<CallerStep>,
    /// One entry for each response that the model makes, in order; when they run out, it says `assistant-fallback`.
    pub model: Vec<ModelTurn>,
    /// Nothing answers where the model should be.
    pub model_down: bool,
    pub expect: Expect,
}

/// One thing that the caller does, after the one before is finished.
#[derive(Clone, PartialEq, Debug)]
pub enum CallerStep {
    /// Waits until something was heard and it has been quiet for 600 ms, at most this long.
    Listen {
        max: Duration,
    },
    /// Waits until this much sound was heard since the last step, to speak over it.
    HearFor(Duration),
    /// Waits in silence.
    Wait(Duration),
    /// Speaks a fixture of `fixtures/audio/callers`, by name.
    Say {
        audio: String,
    },
    /// Begins to speak it and hangs up in the middle of it.
    HangUpDuring {
        audio: String,
        after: Duration,
    },
    Press(String),
    HangUp,
    /// Stays on the line until the gateway ends the call, at most this long.
    Stay {
        max: Duration,
    },
}

/// One response of the model.
#[derive(Clone, PartialEq, Debug)]
pub struct ModelTurn {
    /// Speaks a fixture of `fixtures/audio/assistant`, by name.
    pub say: Option<String>,
    /// Then asks for tools: name, arguments as JSON text.
    pub calls: Vec<(String, String)>,
}

/// What must be true at the end.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Expect {
    pub outcome: Option<String>,
    pub reason: Option<String>,
    /// Transcript lines in order: speaker (`user` or `agent`) and a part of the text.
    pub lines: Vec<(String, String)>,
    pub barge_ins: Option<u32>,
    pub intake_completed: Option<bool>,
}

impl Scenario {
    /// The scenarios that are part of the binary, the demo's first.
    pub fn builtin() -> Vec<Self> {
        let parse =
            |(name, text): &(&str, &str)| Self::parse(name, text).expect("a test has read every built-in scenario");
        BUILTIN.iter().map(parse).collect()
    }

    /// A built-in scenario by name.
    pub fn named(name: &str) -> Option<Self> {
        Self::builtin().into_iter().find(|scenario| scenario.name == name)
    }
}

/// Embeds `fixtures/scenarios/<name>.call` for each name.
macro_rules! scenarios {
    ($($name:literal)+) => {
        &[$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/scenarios/", $name, ".call")))),+]
    };
}

const BUILTIN: &[(&str, &str)] =
    scenarios!("new-appointment" "interrupt" "silent-caller" "hang-up-mid-word" "model-down");

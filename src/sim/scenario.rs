//! A scenario: what the caller does, what the model answers, who else has a telephone, and how the call must end.
//!
//! Read from `fixtures/scenarios/*.call`; the same script drives virtual time, loopback servers and the demo.

pub mod cast;
mod parse;

use std::time::Duration;

pub use cast::{Answers, Outbound, Role};
pub use parse::ScenarioError;

/// One scripted call.
#[derive(Clone, PartialEq, Debug)]
pub struct Scenario {
    pub name: String,
    pub about: String,
    /// Keys of the organization's `config` that differ from the demo organization's: a JSON object as text.
    pub org: String,
    /// Empty: nobody phones; see `outbound`.
    pub caller: Vec<CallerStep>,
    /// People whose phones may ring, named as the organization's targets are.
    pub operators: Vec<Role>,
    /// The call that the gateway is asked to place, and who is called.
    pub outbound: Option<(Outbound, Role)>,
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
    /// Speaks it to a person: the model does not hear it.
    Tell {
        audio: String,
    },
    /// Waits until connected with a person, at most this long.
    Meet {
        max: Duration,
    },
    /// Waits until the person is gone, at most this long.
    Part {
        max: Duration,
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

impl CallerStep {
    /// The clip that the model hears as a turn of the caller's. One that is cut by a hang-up never becomes a turn, but
    /// it is the last one anyway.
    fn said_on_stream(&self) -> Option<&str> {
        match self {
            Self::Say { audio } | Self::HangUpDuring { audio, .. } => Some(audio),
            Self::Listen { .. }
            | Self::HearFor(_)
            | Self::Wait(_)
            | Self::Tell { .. }
            | Self::Meet { .. }
            | Self::Part { .. }
            | Self::Press(_)
            | Self::HangUp
            | Self::Stay { .. } => None,
        }
    }
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
    /// What exactly one line says: speaker and a part of the text.
    pub once: Vec<(String, String)>,
    pub barge_ins: Option<u32>,
    pub intake_completed: Option<bool>,
    /// The final states of the escalations in order, with spaces between.
    pub escalation: Option<String>,
    /// The attempts in order as `target:state`, with spaces between.
    pub attempts: Option<String>,
    /// The caller and an operator heard each other for at least so long.
    pub bridged: Option<Duration>,
    /// A callback task was noted; for whom, if somebody promised it.
    pub callback: Option<Option<String>>,
    /// The caller left a message.
    pub voicemail: bool,
    /// What phones are told by the carrier's voice, in order for each: operator (or `caller`, `callee`), part of it.
    pub hears: Vec<(String, String)>,
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

const BUILTIN: &[(&str, &str)] = scenarios!(
    "new-appointment" "interrupt" "silent-caller" "hang-up-mid-word" "model-down" "model-down-cold" "chest-pain"
    "nobody-answers" "operator-declines" "caller-leaves-while-ringing" "call-back-later" "operator-leaves-first"
    "outbound-voicemail"
);

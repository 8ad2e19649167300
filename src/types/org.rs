//! An organization as a call needs it: parsed settings, no JSON.
//!
//! The API's JSON is read and checked in `assistant::settings`; rows keep it as it was written.

use std::time::Duration;

use crate::types::vocabulary::words;
use crate::types::{Fallback, OrgId, PhoneNumber, TargetId};

words! {
    /// How audio travels to and from the model.
    AudioFormat {
        /// 16-bit little-endian PCM at 24 kHz, transcoded by us.
        Pcm = "pcm",
        /// G.711 mu-law at 8 kHz, passed through.
        Pcmu = "pcmu",
    }
}

words! {
    /// What kind of value an intake field holds.
    FieldKind {
        Text = "text",
        Phone = "phone",
        Email = "email",
        Date = "date",
        Time = "time",
        Number = "number",
        Choice = "choice",
        Boolean = "boolean",
    }
}

/// One fact that a call should establish.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IntakeField {
    /// Lower-case identifier, for example `caller_name`.
    pub name: String,
    pub kind: FieldKind,
    pub required: bool,
    /// How the assistant may ask for it; empty: in its own words.
    pub question: String,
}

/// How the model decides that the caller has finished speaking.
#[derive(Clone, PartialEq, Debug)]
pub enum TurnDetection {
    Server { threshold: f32, prefix_padding_ms: u32, silence_duration_ms: u32 },
    Semantic { eagerness: Eagerness },
}

words! {
    /// How soon semantic turn detection takes the floor.
    Eagerness { Low = "low", Medium = "medium", High = "high", Auto = "auto" }
}

/// When the caller says nothing: three steps, each counted from the step before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SilenceSteps {
    pub ask: Duration,
    pub again: Duration,
    pub end: Duration,
}

/// Somebody who can be reached by phone. The number comes from the organization's configuration and from nowhere else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    pub id: TargetId,
    /// For staff and for the assistant ("front desk"); never said to a stranger's voicemail.
    pub name: String,
    pub number: PhoneNumber,
    /// How long it rings: 5 to 60 s.
    pub ring: Duration,
    pub hours: WeekHours,
}

/// Opening hours as they are written: spans of a weekday in the organization's time zone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WeekHours {
    Always,
    /// Weekday 0 is Monday; minutes since midnight, `[from, to)`; `to` may be 1440.
    Spans(Vec<DaySpan>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DaySpan {
    pub weekday: u8,
    pub from_min: u16,
    pub to_min: u16,
}

/// How a person is brought in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EscalationSettings {
    /// In the order in which they are tried. Without any, the fallback comes at once.
    pub targets: Vec<Target>,
    /// When nobody is reached.
    pub fallback: Fallback,
    /// When everybody is closed.
    pub after_hours: Fallback,
    /// Prefixes (`+1`, `+4930`) of numbers that may be dialled besides the targets; empty: the targets only.
    pub allow: Vec<String>,
    /// From the request to the final answer to the caller.
    pub secs_max: u32,
    pub dials_per_minute_max: u32,
    pub dials_per_day_max: u32,
    /// A callback is due so many minutes of business hours after the call.
    pub callback_due_mins: u32,
}

/// What the safety net adds for this organization.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct SafetySettings {
    /// Said at once in an emergency, by the assistant's voice; empty: the pre-rendered sentence.
    pub emergency_sentence: String,
    /// The organization's own phrases, by class.
    pub emergency: Vec<String>,
    pub high: Vec<String>,
    pub human: Vec<String>,
    /// Phrases that mean nothing here (below an emergency).
    pub ignore: Vec<String>,
}

/// Calls that the organization places.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct OutboundSettings {
    pub enabled: bool,
    /// Left after the beep of an answering machine; empty: hang up.
    pub machine_message: String,
    /// The first words to the answered party; empty: the greeting.
    pub greeting: String,
}

/// Everything about an organization that shapes a call.
#[derive(Clone, PartialEq, Debug)]
pub struct Organization {
    pub id: OrgId,
    pub name: String,
    /// Free text, as the assistant should say it.
    pub business_hours: String,
    pub after_hours_policy: String,
    pub services_offered: Vec<String>,
    pub escalation_phone: String,
    /// First words of the assistant; empty: the caller speaks first.
    pub greeting: String,
    /// Said before the greeting and never interrupted; empty: none.
    pub disclosure: String,
    /// BCP 47, for example `en`.
    pub language: String,
    /// `None`: the gateway's default.
    pub voice: Option<String>,
    pub model: Option<String>,
    pub audio_format: Option<AudioFormat>,
    pub turn_detection: TurnDetection,
    pub intake_fields: Vec<IntakeField>,
    pub silence: SilenceSteps,
    /// `None`: the gateway's default.
    pub call_secs_max: Option<u32>,
    /// IANA name, for example `Europe/Berlin`.
    pub time_zone: String,
    /// Business hours for escalations and callbacks (`config.hours`); the assistant reads `business_hours`.
    pub hours: WeekHours,
    /// Outside these hours callers hear that nobody is there, and the call ends.
    pub turns_away_when_closed: bool,
    pub escalation: EscalationSettings,
    pub safety: SafetySettings,
    pub outbound: OutboundSettings,
}

impl Default for EscalationSettings {
    fn default() -> Self {
        Self {
            targets: Vec::new(),
            fallback: Fallback::Callback,
            after_hours: Fallback::Callback,
            allow: Vec::new(),
            secs_max: 120,
            dials_per_minute_max: 10,
            dials_per_day_max: 200,
            callback_due_mins: 120,
        }
    }
}

//! An organization as a call needs it: parsed settings, no JSON.
//!
//! The API's JSON is read and checked in `assistant::settings`; rows keep it as it was written.

use std::time::Duration;

use crate::types::OrgId;
use crate::types::vocabulary::words;

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
}

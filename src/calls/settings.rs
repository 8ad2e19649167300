//! What the calls are given at start: ports, limits, defaults, and the functions that read an organization.
//!
//! The functions are pointers because `assistant` is not imported here; `app.rs` puts the two together.

use std::sync::Arc;

use crate::calls::capacity::CallLimits;
use crate::calls::clock::Clock;
use crate::calls::engine::RenderAnswer;
use crate::dialling::Ceiling;
use crate::ports::carrier::Carrier;
use crate::ports::model::{ModelConnector, ToolSpec};
use crate::ports::store::{History, Journal, OrgLookup, Transfers};
use crate::session::input::IntakeData;
use crate::session::policy::{Moment, People, Policy};
use crate::telemetry::Troubles;
use crate::types::org::{AudioFormat, Organization};
use crate::types::{Mulaw, Prompts, Secret, Wall};

/// Everything that may differ between installations.
#[derive(Clone)]
pub struct CallsSettings {
    pub limits: CallLimits,
    /// What no organization's settings lift.
    pub dialling: Ceiling,
    /// Defaults; an organization's silence steps, longest call and longest escalation replace its own.
    pub policy: Policy,
    /// Defaults for organizations that do not choose.
    pub model: String,
    pub transcribe_model: String,
    pub voice: String,
    pub format: AudioFormat,
    /// Makes the callers' opaque names those of this installation.
    pub safety_salt: Secret,
    /// What the model is told about itself, the organization, and the present day.
    pub instructions: fn(&Organization, Wall) -> String,
    /// When what it was told of the day is no longer true.
    pub moments: fn(&Organization, Wall) -> Vec<Moment>,
    /// Turns words for days into dates, in what the model has found out.
    pub settle_dates: fn(&Organization, Wall, &mut IntakeData),
    pub tools: fn(&Organization) -> Vec<ToolSpec>,
    /// The local sentences of a BCP 47 language.
    pub prompts: fn(&str) -> Prompts,
    /// One round of the hold sound.
    pub hold: fn() -> Mulaw,
    /// Who can be brought in, with the hours of the coming weeks.
    pub people: fn(&Organization, Wall) -> People,
    pub render: RenderAnswer,
}

/// What the calls need from outside.
#[derive(Clone)]
pub struct CallsPorts {
    pub clock: Arc<dyn Clock>,
    pub orgs: Arc<dyn OrgLookup>,
    pub journal: Arc<dyn Journal>,
    pub history: Arc<dyn History>,
    pub transfers: Arc<dyn Transfers>,
    pub carrier: Arc<dyn Carrier>,
    pub connector: Arc<dyn ModelConnector>,
    /// Where a fault of the whole installation is reported.
    pub troubles: Troubles,
}

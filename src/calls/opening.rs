//! From a ringing phone and an organization to what a call and its model connection are told at their start.
//!
//! Pure functions, so that the simulation begins its calls exactly as the gateway does.

use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use uuid::Builder;

use crate::calls::settings::CallsSettings;
use crate::ports::model::ModelSetup;
use crate::safety::{Language, Rules};
use crate::session::effect::Consent;
use crate::session::policy::{CallFacts, Policy};
use crate::types::org::Organization;
use crate::types::{CallId, Caller, Direction, LegId, PhoneNumber, Secret, Wall};

/// A UUIDv7 of this moment from ten random bytes.
pub fn new_call_id(at: Wall, random: &[u8; 10]) -> CallId {
    let millis = u64::try_from(at.0 / 1000).unwrap_or(0);
    CallId(Builder::from_unix_timestamp_millis(millis, random).into_uuid())
}

/// Who is on the line, and how the call came about.
#[derive(Clone, Debug)]
pub struct Occasion {
    pub call: CallId,
    /// `None`: an outbound call, until its leg is known.
    pub leg: Option<LegId>,
    /// The outside party.
    pub caller: Caller,
    /// Our number.
    pub dialled: Option<PhoneNumber>,
    pub direction: Direction,
    pub consent: Option<Consent>,
    /// Nothing can be written down: the caller is connected with a person at once.
    pub direct: bool,
}

/// What the core is told. `at` is now, for the hours of the coming weeks.
pub fn facts(
    settings: &CallsSettings,
    org: &Organization,
    rules: Arc<Rules>,
    occasion: Occasion,
    carrier_rest: bool,
    at: Wall,
) -> CallFacts {
    let Occasion { call, leg, caller, dialled, direction, consent, direct } = occasion;
    let greeting = match direction {
        Direction::Outbound if !org.outbound.greeting.is_empty() => &org.outbound.greeting,
        Direction::Inbound | Direction::Outbound => &org.greeting,
    };
    CallFacts {
        call,
        org: org.id.clone(),
        leg,
        caller,
        dialled,
        direction,
        consent,
        language: Language::of(&org.language),
        disclosure: org.disclosure.as_str().into(),
        greeting: greeting.as_str().into(),
        intake_fields: org.intake_fields.clone().into(),
        prompts: (settings.prompts)(&org.language),
        carrier_rest,
        direct,
        hold: (settings.hold)(),
        people: (settings.people)(org, at),
        rules,
        machine_message: org.outbound.machine_message.as_str().into(),
        moments: (settings.moments)(org, at).into(),
    }
}

/// The limits of a call of this organization.
pub fn policy(settings: &CallsSettings, org: &Organization) -> Policy {
    let mut policy = settings.policy.clone();
    policy.silence = org.silence;
    if let Some(secs) = org.call_secs_max {
        policy.call_max = Duration::from_secs(u64::from(secs));
    }
    policy.escalation_max = Duration::from_secs(u64::from(org.escalation.secs_max));
    policy
}

/// What the model's connection is set up with, at `at`.
pub fn model_setup(
    settings: &CallsSettings,
    org: &Organization,
    call: CallId,
    caller: &Caller,
    at: Wall,
) -> ModelSetup {
    ModelSetup {
        call,
        safety_id: safety_id(&settings.safety_salt, caller, call),
        model: org.model.clone().unwrap_or_else(|| settings.model.clone()),
        transcribe_model: settings.transcribe_model.clone(),
        voice: org.voice.clone().unwrap_or_else(|| settings.voice.clone()),
        format: org.audio_format.unwrap_or(settings.format),
        instructions: (settings.instructions)(org, at),
        language: org.language.clone(),
        turn_detection: org.turn_detection.clone(),
        tools: (settings.tools)(org),
    }
}

/// An opaque name of the caller: 32 hex digits of an HMAC-SHA256, keyed by the installation's salt, because a plain
/// hash of a phone number is found by trying all numbers. Callers who withhold theirs get a new name for each call.
pub fn safety_id(salt: &Secret, caller: &Caller, call: CallId) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(salt.expose().as_bytes()).expect("HMAC takes a key of any length");
    match caller {
        Caller::Number(number) => mac.update(number.e164().as_bytes()),
        Caller::Withheld => mac.update(call.0.as_bytes()),
    }
    mac.finalize().into_bytes().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;

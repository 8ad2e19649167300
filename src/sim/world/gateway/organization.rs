//! The organization that every simulated call belongs to.

use std::sync::Arc;

use crate::assistant;
use crate::audio::prompts;
use crate::ports::model::ModelSetup;
use crate::safety::{Extensions, Language, Rules};
use crate::session::effect::Consent;
use crate::session::policy::{CallFacts, People};
use crate::sim::world::gateway::{Gateway, call_id};
use crate::sim::world::plan::Settings;
use crate::types::org::{FieldKind, IntakeField, TurnDetection};
use crate::types::{Caller, Direction, Mulaw, Wall};

impl Gateway {
    /// What the call is told at its start.
    pub(super) fn facts(&self) -> CallFacts {
        let settings = &self.settings;
        let plain = CallFacts {
            call: call_id(settings.seed),
            org: "demo".parse().expect("a constant id"),
            leg: self.leg.clone(),
            caller: Caller::Withheld,
            dialled: None,
            direction: Direction::Inbound,
            consent: None,
            language: Language::English,
            disclosure: settings.disclosure.as_str().into(),
            greeting: settings.greeting.as_str().into(),
            intake_fields: fields().into(),
            prompts: prompts::for_language("en"),
            carrier_rest: settings.carrier_rest,
            direct: false,
            hold: Mulaw::default(),
            people: People::nobody(),
            rules: Arc::new(Rules::new(Language::English, &Extensions::default())),
            machine_message: "".into(),
            moments: Arc::default(),
        };
        let Some(crew) = &settings.crew else {
            return plain;
        };
        let direction = if crew.outbound { Direction::Outbound } else { Direction::Inbound };
        let consent = || Consent { basis: "asked for a call".to_owned(), at: Wall(0), by: "staff".to_owned() };
        CallFacts {
            caller: Caller::Number(settings.party()),
            dialled: Some(settings.ours()),
            direction,
            consent: crew.outbound.then(consent),
            hold: crew.hold.clone(),
            people: crew.people.clone(),
            rules: Arc::clone(&crew.rules),
            machine_message: crew.machine_message.as_str().into(),
            ..plain
        }
    }
}

pub(super) fn fields() -> Vec<IntakeField> {
    let field = |name: &str| IntakeField {
        name: name.to_owned(),
        kind: FieldKind::Text,
        required: true,
        question: String::new(),
    };
    vec![field("caller_name"), field("caller_phone"), field("service_requested")]
}

pub(super) fn setup(settings: &Settings) -> ModelSetup {
    ModelSetup {
        call: call_id(settings.seed),
        safety_id: "simulated".to_owned(),
        model: "gpt-realtime-2.1".to_owned(),
        transcribe_model: "gpt-transcribe".to_owned(),
        voice: "marin".to_owned(),
        format: settings.format,
        instructions: "You answer the phone.".to_owned(),
        language: "en".to_owned(),
        turn_detection: TurnDetection::Server { threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 500 },
        tools: assistant::settings::organization(&assistant::demo_org())
            .map(|org| assistant::tools::specs(&org))
            .unwrap_or_default(),
    }
}

//! The organization that every simulated call belongs to.

use crate::assistant;
use crate::ports::model::ModelSetup;
use crate::sim::world::plan::Settings;
use crate::types::CallId;
use crate::types::org::{FieldKind, IntakeField, TurnDetection};

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
        call: CallId(uuid::Uuid::from_u128(u128::from(settings.seed))),
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

//! Tests of `realtime`.
#![expect(clippy::unwrap_used, reason = "helpers of tests are outside what clippy takes for tests")]

pub(crate) mod arbitrary;
mod conformance;
mod connector;
mod field;
mod fixtures;
mod probe;

use switchboard::ports::model::{ModelEvent, ModelSetup};
use switchboard::realtime::Decoder;
use switchboard::types::org::{AudioFormat, TurnDetection};
use switchboard::types::{CallId, Wall};
use switchboard::{assistant, types};

/// All events of some messages, in order.
fn decode_all<'a>(messages: impl IntoIterator<Item = &'a str>) -> Vec<ModelEvent> {
    let mut decoder = Decoder::new(assistant::tools::parse);
    let mut out = std::collections::VecDeque::new();
    for message in messages {
        decoder.decode(message, &mut out);
    }
    out.into()
}

/// The setup of the demonstration organization.
pub(crate) fn demo_setup(format: AudioFormat) -> ModelSetup {
    let org: types::org::Organization =
        assistant::settings::organization(&assistant::demo_org()).expect("the demo organization is valid");
    ModelSetup {
        call: CallId(uuid::Uuid::from_u128(7)),
        safety_id: "0123456789abcdef".into(),
        model: "gpt-realtime-2.1".into(),
        transcribe_model: "gpt-transcribe".into(),
        voice: "marin".into(),
        format,
        instructions: assistant::prompt::instructions(&org, Wall(0)),
        language: org.language.clone(),
        turn_detection: TurnDetection::Server { threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 500 },
        tools: assistant::tools::specs(&org),
    }
}

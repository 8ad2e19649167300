//! Every client event, letter for letter.

use std::sync::Arc;

use bytes::Bytes;

use super::*;
use crate::ports::model::ToolSpec;
use crate::types::org::{AudioFormat, Eagerness, TurnDetection};
use crate::types::{CallId, ItemId, Millis, ResponseId, ToolCallId};

fn setup() -> ModelSetup {
    ModelSetup {
        call: CallId(uuid::Uuid::nil()),
        safety_id: "s1".into(),
        model: "gpt-realtime-2.1".into(),
        transcribe_model: "gpt-transcribe".into(),
        voice: "marin".into(),
        format: AudioFormat::Pcm,
        instructions: "Be kind.".into(),
        language: "en-US".into(),
        turn_detection: TurnDetection::Server { threshold: 0.6, prefix_padding_ms: 300, silence_duration_ms: 500 },
        tools: vec![ToolSpec {
            name: "end_call",
            description: "End it.".into(),
            parameters: r#"{"type":"object","properties":{}}"#.into(),
        }],
    }
}

fn encode(command: &ModelCommand) -> String {
    Encoder::new(setup()).encode(command)
}

fn configure(setup: ModelSetup) -> serde_json::Value {
    serde_json::from_str(&Encoder::new(setup).encode(&ModelCommand::Configure { plain: false })).unwrap()
}

const NO: RequestNo = RequestNo(7);

#[test]
fn a_plain_update_has_what_a_call_cannot_do_without() {
    let text = encode(&ModelCommand::Configure { plain: true });
    assert_eq!(
        text,
        concat!(
            r#"{"type":"session.update","event_id":"cfg1","session":{"type":"realtime","instructions":"Be kind.","#,
            r#""output_modalities":["audio"],"#,
            r#""audio":{"input":{"format":{"type":"audio/pcm","rate":24000},"#,
            r#""transcription":{"model":"gpt-transcribe"},"#,
            r#""turn_detection":{"type":"server_vad","create_response":true,"interrupt_response":false}},"#,
            r#""output":{"format":{"type":"audio/pcm","rate":24000}}},"#,
            r#""tools":[{"type":"function","name":"end_call","description":"End it.","#,
            r#""parameters":{"type":"object","properties":{}}}]}}"#,
        )
    );
}

#[test]
fn a_commit_says_nothing_but_its_name() {
    assert_eq!(encode(&ModelCommand::Commit { no: NO }), r#"{"type":"input_audio_buffer.commit","event_id":"r7"}"#);
}

#[test]
fn a_session_update_says_everything_once() {
    assert_eq!(
        encode(&ModelCommand::Configure { plain: false }),
        concat!(
            r#"{"type":"session.update","event_id":"cfg1","session":{"type":"realtime","instructions":"Be kind.","#,
            r#""output_modalities":["audio"],"reasoning":{"effort":"low"},"max_output_tokens":2048,"#,
            r#""audio":{"input":{"format":{"type":"audio/pcm","rate":24000},"#,
            r#""transcription":{"model":"gpt-transcribe","languages":["en"]},"#,
            r#""turn_detection":{"type":"server_vad","threshold":0.6,"prefix_padding_ms":300,"#,
            r#""silence_duration_ms":500,"idle_timeout_ms":null,"create_response":true,"interrupt_response":false}},"#,
            r#""output":{"format":{"type":"audio/pcm","rate":24000},"voice":"marin"}},"#,
            r#""tools":[{"type":"function","name":"end_call","description":"End it.","#,
            r#""parameters":{"type":"object","properties":{}}}],"tool_choice":"auto","#,
            r#""truncation":{"type":"retention_ratio","retention_ratio":0.8}}}"#,
        )
    );
}

#[test]
fn mulaw_has_no_rate_and_semantic_detection_no_threshold() {
    let turn_detection = TurnDetection::Semantic { eagerness: Eagerness::Low };
    let update = configure(ModelSetup { format: AudioFormat::Pcmu, turn_detection, ..setup() });
    let audio = &update["session"]["audio"];
    assert_eq!(audio["input"]["format"], serde_json::json!({"type": "audio/pcmu"}));
    assert_eq!(audio["output"]["format"], serde_json::json!({"type": "audio/pcmu"}));
    assert_eq!(
        audio["input"]["turn_detection"],
        serde_json::json!({"type": "semantic_vad", "eagerness": "low", "create_response": true, "interrupt_response": false})
    );
}

#[test]
fn only_reasoning_models_are_told_how_hard_to_think() {
    let told =
        |model: &str| configure(ModelSetup { model: model.into(), ..setup() })["session"].get("reasoning").is_some();
    for model in ["gpt-realtime-2", "gpt-realtime-2.1", "gpt-realtime-2.1-mini", "gpt-realtime-2-2026-05-01"] {
        assert!(told(model), "{model}");
    }
    for model in ["gpt-realtime", "gpt-realtime-1.5", "gpt-realtime-2025-08-28", "gpt-realtime-mini", "other"] {
        assert!(!told(model), "{model}");
    }
}

#[test]
fn transcription_gets_the_language_in_the_form_its_model_knows() {
    let transcription = |model: &str, language: &str| {
        let setup = ModelSetup { transcribe_model: model.into(), language: language.into(), ..setup() };
        configure(setup)["session"]["audio"]["input"]["transcription"].clone()
    };
    assert_eq!(
        transcription("gpt-4o-transcribe", "pt-BR"),
        serde_json::json!({"model": "gpt-4o-transcribe", "language": "pt"})
    );
    assert_eq!(transcription("gpt-transcribe", "haw"), serde_json::json!({"model": "gpt-transcribe"}));
    // These are refused together with turn detection, so the default takes their place.
    assert_eq!(
        transcription("gpt-live-transcribe", "en"),
        serde_json::json!({"model": "gpt-transcribe", "languages": ["en"]})
    );
    assert_eq!(transcription("", "en"), serde_json::Value::Null);
}

#[test]
fn a_custom_voice_is_an_object() {
    let update = configure(ModelSetup { voice: "voice_123".into(), ..setup() });
    assert_eq!(update["session"]["audio"]["output"]["voice"], serde_json::json!({"id": "voice_123"}));
}

#[test]
fn a_tool_without_a_schema_is_left_out_and_the_rest_stays() {
    let mut broken = setup();
    broken.tools.push(ToolSpec { name: "broken", description: String::new(), parameters: "{".into() });
    assert_eq!(configure(broken)["session"]["tools"].as_array().unwrap().len(), 1);
}

#[test]
fn audio_is_base64_with_counted_ids() {
    let mut encoder = Encoder::new(setup());
    let audio = ModelCommand::Append(Bytes::from_static(&[0, 1, 2, 255]));
    assert_eq!(encoder.encode(&audio), r#"{"type":"input_audio_buffer.append","event_id":"a1","audio":"AAEC/w=="}"#);
    assert_eq!(encoder.encode(&audio), r#"{"type":"input_audio_buffer.append","event_id":"a2","audio":"AAEC/w=="}"#);
}

#[test]
fn audio_of_every_length_survives_the_way_there_and_back() {
    for length in 1..200_usize {
        let audio: Vec<u8> = (0..length).map(|n| (n * 37) as u8).collect();
        let message: serde_json::Value = serde_json::from_str(&command::append(1, &audio)).unwrap();
        assert_eq!(crate::realtime::base64::decode(message["audio"].as_str().unwrap()).unwrap(), audio);
    }
}

#[test]
fn a_bare_response_names_only_the_request() {
    assert_eq!(
        encode(&ModelCommand::Respond { no: NO, kind: RespondKind::Bare }),
        r#"{"type":"response.create","event_id":"r7","response":{"metadata":{"request":"r7"}}}"#
    );
}

#[test]
fn a_sentence_to_say_follows_the_first_empty_line_and_allows_no_tool() {
    let text = "Hello \"you\",\n\nhow are you?";
    let message = encode(&ModelCommand::Respond { no: NO, kind: RespondKind::Say(Arc::from(text)) });
    let message: serde_json::Value = serde_json::from_str(&message).unwrap();
    assert_eq!(message["event_id"], "r7");
    assert_eq!(message["response"]["tool_choice"], "none");
    let (_, said) = message["response"]["instructions"].as_str().unwrap().split_once("\n\n").unwrap();
    assert_eq!(said, text);
}

#[test]
fn a_farewell_allows_no_tool() {
    let message = encode(&ModelCommand::Respond { no: NO, kind: RespondKind::Farewell });
    let message: serde_json::Value = serde_json::from_str(&message).unwrap();
    assert_eq!(message["response"]["tool_choice"], "none");
    assert!(message["response"]["instructions"].as_str().unwrap().contains("goodbye"));
}

#[test]
fn the_other_commands_are_written_plainly() {
    assert_eq!(
        encode(&ModelCommand::Cancel { no: NO, response: ResponseId::from("resp_1") }),
        r#"{"type":"response.cancel","event_id":"r7","response_id":"resp_1"}"#
    );
    assert_eq!(
        encode(&ModelCommand::Truncate { no: NO, item: ItemId::from("item_1"), heard: Millis(700) }),
        r#"{"type":"conversation.item.truncate","event_id":"r7","item_id":"item_1","content_index":0,"audio_end_ms":700}"#
    );
    assert_eq!(
        encode(&ModelCommand::ToolReply { no: NO, call: ToolCallId::from("call_1"), output: r#"{"ok":true}"#.into() }),
        concat!(
            r#"{"type":"conversation.item.create","event_id":"r7","item":{"type":"function_call_output","#,
            r#""call_id":"call_1","output":"{\"ok\":true}"}}"#
        )
    );
    assert_eq!(
        encode(&ModelCommand::Note { no: NO, text: "The caller heard: one moment.".into() }),
        concat!(
            r#"{"type":"conversation.item.create","event_id":"r7","item":{"type":"message","role":"system","#,
            r#""content":[{"type":"input_text","text":"The caller heard: one moment."}]}}"#
        )
    );
    assert_eq!(
        encode(&ModelCommand::UserText { no: NO, text: "1234#".into() }),
        concat!(
            r#"{"type":"conversation.item.create","event_id":"r7","item":{"type":"message","role":"user","#,
            r#""content":[{"type":"input_text","text":"1234#"}]}}"#
        )
    );
}

#[test]
fn what_was_said_before_is_input_of_the_caller_and_output_of_the_assistant() {
    let recall = |speaker| encode(&ModelCommand::Recall { no: NO, speaker, text: "Good \"morning\".".into() });
    assert_eq!(
        recall(Speaker::Caller),
        concat!(
            r#"{"type":"conversation.item.create","event_id":"r7","item":{"type":"message","role":"user","#,
            r#""content":[{"type":"input_text","text":"Good \"morning\"."}]}}"#
        )
    );
    assert_eq!(
        recall(Speaker::Assistant),
        concat!(
            r#"{"type":"conversation.item.create","event_id":"r7","item":{"type":"message","role":"assistant","#,
            r#""content":[{"type":"output_text","text":"Good \"morning\"."}]}}"#
        )
    );
}

#[test]
fn ids_are_read_back() {
    for id in [EventId::Configure(3), EventId::Request(NO), EventId::Append(99)] {
        assert_eq!(EventId::parse(&id.to_string()), Some(id));
    }
    for text in ["", "r", "r-1", "cfg", "event_1", "a1x", "r99999999999999"] {
        assert_eq!(EventId::parse(text), None, "{text}");
    }
}

//! What the core hears of what the server says.

use super::*;
use crate::session::input::{FaultKind, ResponseEnd, ToolRequest};

fn parse_tool(name: &str, arguments: &str) -> ToolRequest {
    ToolRequest::Invalid { name: name.into(), problem: arguments.into() }
}

/// Decodes one message and gives its events in their debug form.
fn decode(text: &str) -> Vec<String> {
    let mut out = VecDeque::new();
    Decoder::new(parse_tool).decode(text, &mut out);
    out.iter().map(|event| format!("{event:?}")).collect()
}

fn input(text: &str) -> ModelInput {
    let mut out = VecDeque::new();
    Decoder::new(parse_tool).decode(text, &mut out);
    match (out.pop_front(), out.pop_front()) {
        (Some(ModelEvent::Input(input)), None) => input,
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_useful_is_ignored_but_seen() {
    for text in ["", "no", r#"{"type":"new.thing"}"#, r#"{"type":"rate_limits.updated","rate_limits":[]}"#] {
        assert_eq!(decode(text), ["Ignored"], "{text}");
    }
}

#[test]
fn audio_that_is_no_base64_or_empty_is_ignored() {
    for delta in ["", "*", "AAE\u{e9}"] {
        let text =
            format!(r#"{{"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"{delta}"}}"#);
        assert_eq!(decode(&text), ["Ignored"], "{delta}");
    }
}

#[test]
fn audio_keeps_its_ids_across_items() {
    let mut decoder = Decoder::new(parse_tool);
    let mut out = VecDeque::new();
    for (response, item) in [("r1", "i1"), ("r1", "i1"), ("r1", "i2"), ("r2", "i1")] {
        let text = format!(
            r#"{{"type":"response.output_audio.delta","response_id":"{response}","item_id":"{item}","delta":"AAEC"}}"#
        );
        decoder.decode(&text, &mut out);
    }
    let ids: Vec<_> = out
        .iter()
        .map(|event| match event {
            ModelEvent::Audio { response, item, bytes } => (response.to_string(), item.to_string(), bytes.to_vec()),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [("r1", "i1"), ("r1", "i1"), ("r1", "i2"), ("r2", "i1")];
    assert_eq!(ids, expected.map(|(r, i)| (r.to_owned(), i.to_owned(), vec![0, 1, 2])));
}

#[test]
fn a_tool_is_asked_for_only_when_its_call_is_complete() {
    let done = |status: &str| {
        format!(
            r#"{{"type":"response.output_item.done","response_id":"r","item":{{"type":"function_call","status":"{status}",
            "id":"i","name":"end_call","call_id":"call_1","arguments":"{{}}"}}}}"#
        )
    };
    for status in ["in_progress", ""] {
        assert_eq!(decode(&done(status)), ["Ignored"]);
    }
    let cut = decode(&done("incomplete"));
    assert_eq!(cut, [r#"Input(ToolCut { response: Some(r), call: call_1, name: "end_call" })"#]);
    let ModelInput::ToolAsked { response, call, request } = input(&done("completed")) else {
        panic!("no tool");
    };
    assert_eq!(response, Some(ResponseId::from("r")));
    assert_eq!(call, ToolCallId::from("call_1"));
    assert_eq!(request, parse_tool("end_call", "{}"));
}

#[test]
fn arguments_that_are_done_are_not_acted_on() {
    let text = r#"{"type":"response.function_call_arguments.done","response_id":"r","item_id":"i","call_id":"c",
        "name":"end_call","arguments":"{}"}"#;
    assert_eq!(decode(text), ["Ignored"]);
}

#[test]
fn a_response_that_is_done_repeats_its_tools_before_it_ends() {
    let text = r#"{"type":"response.done","response":{"id":"r","status":"completed","output":[
        {"type":"message","id":"m","status":"completed"},
        {"type":"function_call","id":"i","status":"completed","name":"end_call","call_id":"call_1","arguments":"{}"},
        {"type":"function_call","id":"j","status":"incomplete","name":"end_call","call_id":"call_2","arguments":"{"}]}}"#;
    let events = decode(text);
    assert_eq!(events.len(), 3);
    assert!(events[0].contains("ToolAsked") && events[0].contains("call_1"), "{events:?}");
    assert!(events[1].contains("ToolCut") && events[1].contains("call_2"), "{events:?}");
    assert!(events[2].contains("ResponseEnded") && events[2].contains("Completed"), "{events:?}");
}

#[test]
fn a_failed_response_says_why() {
    let text = r#"{"type":"response.done","response":{"id":"r","status":"failed","usage":null,"output":null,
        "status_details":{"type":"failed","error":{"type":"x","code":"insufficient_quota","message":null}}}}"#;
    let ModelInput::ResponseEnded { end, usage, .. } = input(text) else {
        panic!("not ended");
    };
    assert_eq!(end, ResponseEnd::Failed { code: "insufficient_quota".into(), fatal: true });
    assert_eq!(usage, Usage::default());
}

#[test]
fn a_caller_who_was_not_understood_has_no_text() {
    let text = |transcript: &str| {
        let message = format!(
            r#"{{"type":"conversation.item.input_audio_transcription.completed","item_id":"i","transcript":{transcript}}}"#
        );
        match input(&message) {
            ModelInput::CallerText { text, .. } => text,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(text(r#"" Yes, \u0000please. ""#), Some("Yes, please.".into()));
    assert_eq!(text(r#""  ""#), Some(String::new()));
    assert_eq!(text("null"), Some(String::new()));
}

#[test]
fn an_expired_session_is_a_lost_one() {
    let mut out = VecDeque::new();
    let text =
        r#"{"type":"error","error":{"type":"x","code":"session_expired","message":"60 minutes","event_id":null}}"#;
    Decoder::new(parse_tool).decode(text, &mut out);
    let Some(ModelEvent::Input(ModelInput::Fault { kind: FaultKind::Benign, .. })) = out.pop_front() else {
        panic!("no fault");
    };
    let Some(ModelEvent::Input(ModelInput::Lost(LostCause::Broken))) = out.pop_front() else {
        panic!("not lost");
    };
    assert!(out.is_empty());
}

#[test]
fn an_error_without_an_object_is_still_a_fault() {
    let ModelInput::Fault { about: None, kind: FaultKind::Ours, code } = input(r#"{"type":"error","error":null}"#)
    else {
        panic!("no fault");
    };
    assert_eq!(code, "unknown");
}

fn tokens(json: &str) -> Usage {
    let text = format!(r#"{{"type":"response.done","response":{{"id":"r","status":"completed","usage":{json}}}}}"#);
    match input(&text) {
        ModelInput::ResponseEnded { usage, .. } => usage,
        other => panic!("{other:?}"),
    }
}

#[test]
fn usage_is_split_as_it_is_billed() {
    let usage = tokens(
        r#"{"total_tokens":253,"input_tokens":132,"output_tokens":121,
        "input_token_details":{"text_tokens":119,"audio_tokens":13,"image_tokens":0,"cached_tokens":64,
        "cached_tokens_details":{"text_tokens":60,"audio_tokens":4}},
        "output_token_details":{"text_tokens":30,"audio_tokens":91}}"#,
    );
    let expected = Usage {
        text_in: 119,
        text_cached: 60,
        audio_in: 13,
        audio_cached: 4,
        text_out: 30,
        audio_out: 91,
        transcribed_ms: 0,
    };
    assert_eq!(usage, expected);
}

#[test]
fn tokens_without_details_count_as_text() {
    let usage = tokens(r#"{"input_tokens":132,"output_tokens":121}"#);
    assert_eq!((usage.text_in, usage.text_out, usage.audio_in, usage.audio_out), (132, 121, 0, 0));
    // Thinking may be counted in the total alone.
    let usage = tokens(r#"{"output_tokens":200,"output_token_details":{"text_tokens":30,"audio_tokens":91}}"#);
    assert_eq!((usage.text_out, usage.audio_out), (109, 91));
}

#[test]
fn cached_tokens_never_exceed_what_they_are_part_of() {
    let usage = tokens(
        r#"{"input_token_details":{"text_tokens":10,"audio_tokens":5,"cached_tokens":900,
        "cached_tokens_details":{"audio_tokens":700}}}"#,
    );
    assert_eq!((usage.text_cached, usage.audio_cached), (10, 5));
}

/// Half of an astral character, as JavaScript and Python write it: RFC 8259 allows the escape, and the reader decides.
#[test]
fn half_a_character_does_not_cost_the_event() {
    let transcript = r#"{"type":"conversation.item.input_audio_transcription.completed","item_id":"u1","transcript":"help \ud83d he is \udc00 not breathing"}"#;
    match input(transcript) {
        ModelInput::CallerText { text, .. } => {
            assert_eq!(text.as_deref(), Some("help \u{fffd} he is \u{fffd} not breathing"));
        }
        other => panic!("{other:?}"),
    }
    let tool = r#"{"type":"response.output_item.done","response_id":"r","item":{"id":"i","type":"function_call","status":"completed","name":"end_call\udfff","call_id":"c","arguments":"{}"}}"#;
    assert!(matches!(input(tool), ModelInput::ToolAsked { request: ToolRequest::Invalid { .. }, .. }));
    let done = r#"{"type":"response.done","response":{"id":"r","status":"failed","status_details":{"error":{"code":"\ud800"}}}}"#;
    assert!(matches!(input(done), ModelInput::ResponseEnded { .. }));
}

#[test]
fn a_tool_reader_that_panics_costs_its_answer_only() {
    let mut out = VecDeque::new();
    let mut decoder = Decoder::new(|_, _| panic!("planted"));
    let call = r#"{"type":"response.output_item.done","response_id":"r","item":{"id":"i","type":"function_call","status":"completed","name":"end_call","call_id":"c","arguments":"{}"}}"#;
    decoder.decode(call, &mut out);
    let failed = |event: &ModelEvent| {
        matches!(event, ModelEvent::Input(ModelInput::ToolAsked { request: ToolRequest::Failed, .. }))
    };
    assert!(out.len() == 1 && out.iter().all(failed), "{out:?}");
}

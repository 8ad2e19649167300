//! The turns of a conversation with the simulated model, each as the reference describes it.

#![expect(clippy::unwrap_used, reason = "helpers of tests, outside of test functions")]

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use switchboard::sim::clips::Library;
use switchboard::sim::model::{BusyCommit, ModelKnobs, ModelOut, ModelScript, Pace};
use switchboard::types::{Millis, Mulaw};

use super::conformance::assert_conforms;
use super::talk::{Talk, call, script, speech};

/// Event types with runs of the same type made one.
fn shape(talk: &Talk, from: &str) -> Vec<String> {
    let mut kinds: Vec<String> = talk.kinds().iter().map(|kind| (*kind).to_owned()).collect();
    let begin = kinds.iter().position(|kind| kind == from).unwrap();
    kinds.drain(..begin);
    kinds.retain(|kind| kind != "rate_limits.updated" && !kind.contains("transcription"));
    kinds.dedup();
    kinds
}

/// Sorted, because the order of the closing family is the seed's.
fn sorted(kinds: &[String]) -> Vec<&str> {
    let mut kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
    kinds.sort_unstable();
    kinds
}

#[test]
fn a_session_begins_with_the_servers_defaults() {
    let talk = Talk::open(1, script(vec![]), ModelKnobs::default());
    let session = &talk.last("session.created")["session"];
    assert_eq!(session["audio"]["input"]["format"], json!({"type": "audio/pcm", "rate": 24000}));
    assert_eq!(session["audio"]["input"]["turn_detection"]["silence_duration_ms"], 200);
    assert_eq!(session["audio"]["input"]["transcription"], Value::Null);
    assert_eq!(session["expires_at"], 1_800_003_600_i64);
    assert_eq!(session["object"], "realtime.session");
}

#[test]
fn turn_a_is_answered_in_the_order_of_the_protocol() {
    let mut all = String::new();
    for seed in 0..8 {
        let mut talk = Talk::ready(seed, script(vec![speech("assistant-ask-name")]), ModelKnobs::default());
        talk.quiet(200);
        talk.say("caller-book");
        talk.quiet(4000);
        let seen = shape(&talk, "input_audio_buffer.speech_started");
        let head = [
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done",
            "response.created",
            "response.output_item.added",
            "conversation.item.added",
            "response.content_part.added",
            "response.output_audio_transcript.delta",
            "response.output_audio.delta",
        ];
        assert_eq!(&seen[..head.len()], head);
        let tail = seen.iter().rposition(|kind| kind == "response.output_audio.done").unwrap();
        assert_eq!(
            sorted(&seen[tail..]),
            [
                "conversation.item.done",
                "response.content_part.done",
                "response.done",
                "response.output_audio.done",
                "response.output_audio_transcript.done",
                "response.output_item.done",
            ]
        );
        let started = talk.last("input_audio_buffer.speech_started");
        let stopped = talk.last("input_audio_buffer.speech_stopped");
        assert!(started["audio_start_ms"].as_u64().unwrap() < 200);
        assert!(stopped["audio_end_ms"].as_u64().unwrap() > 4000);
        assert_eq!(started["item_id"], talk.last("input_audio_buffer.committed")["item_id"]);
        let told = talk.last("conversation.item.input_audio_transcription.completed");
        assert_eq!(told["transcript"], "first words");
        assert_eq!(told["item_id"], started["item_id"]);
        let done = &talk.last("response.done")["response"];
        assert_eq!(done["status"], "completed");
        assert_eq!(done["output"][0]["content"][0]["transcript"], "Of course. May I have your name, please?");
        all.push_str(&talk.recording);
    }
    assert_conforms(&all);
}

#[test]
fn audio_arrives_whole_in_awkward_pieces_and_faster_than_it_plays() {
    for pcm in [false, true] {
        let make = if pcm { Talk::ready_pcm } else { Talk::ready };
        let mut talk = make(3, script(vec![speech("assistant-long")]), ModelKnobs::default());
        talk.say("caller-hours");
        talk.quiet(6000);
        let mut total = 0;
        for delta in talk.all("response.output_audio.delta") {
            let bytes = STANDARD.decode(delta["delta"].as_str().unwrap()).unwrap().len();
            total += bytes;
            assert!(bytes % 160 != 0 || total % 160 == 0, "{bytes} bytes are whole frames");
            assert!(!pcm || bytes % 2 == 0);
        }
        let clip = Library::builtin().clip(switchboard::sim::clips::Kind::Assistant, "assistant-long").unwrap();
        assert_eq!(total, clip.audio.len() * if pcm { 6 } else { 1 });
        let took = talk.at("response.done").since(talk.at("response.created")).as_millis();
        assert!((2000..4000).contains(&took), "13 s of audio took {took} ms");
        let usage = &talk.last("response.done")["response"]["usage"];
        let played = clip.audio.duration().as_millis() as u64;
        assert_eq!(usage["output_token_details"]["audio_tokens"], played.div_ceil(50));
        assert!(usage["input_token_details"]["audio_tokens"].as_u64().unwrap() >= 20);
        assert_conforms(&talk.recording);
    }
}

#[test]
fn turn_b_an_interruption_cancels_and_is_truncated() {
    let mut all = String::new();
    for seed in 0..10 {
        let replies = vec![speech("assistant-long"), speech("assistant-of-course")];
        let knobs = ModelKnobs { pace: Pace::Times(1.5), ..ModelKnobs::default() };
        let mut talk = Talk::ready(seed, script(replies), knobs);
        talk.say("caller-hours");
        talk.quiet(2500);
        let deltas = talk.all("response.output_audio.delta").len();
        let item = talk.last("response.output_audio.delta")["item_id"].clone();
        talk.say("caller-stop");
        talk.quiet(3000);
        let done: Vec<Value> = talk.all("response.done").iter().map(|done| done["response"].clone()).collect();
        assert_eq!(done[0]["status"], "cancelled");
        assert_eq!(done[0]["status_details"], json!({"type": "cancelled", "reason": "turn_detected"}));
        assert_eq!(done[0]["output"][0]["status"], "incomplete");
        assert_eq!(done[1]["status"], "completed");
        let of_item = talk.all("response.output_audio.delta").iter().filter(|delta| delta["item_id"] == item).count();
        assert!(of_item <= deltas + 4, "{of_item} deltas after {deltas}");
        let ledger = talk.model.ledger();
        assert_eq!(ledger.truncations.len(), 1);
        assert_eq!(ledger.truncations[0].0, item);
        assert_eq!(ledger.cancelled, [done[0]["id"].as_str().unwrap()]);
        all.push_str(&talk.recording);
    }
    assert_conforms(&all);
}

#[test]
fn turn_c_a_finished_response_can_still_be_truncated() {
    let replies = vec![speech("assistant-services"), speech("assistant-of-course")];
    let mut talk = Talk::ready(5, script(replies), ModelKnobs::default());
    talk.say("caller-hours");
    talk.quiet(4500);
    let item = talk.last("response.output_audio.delta")["item_id"].clone();
    assert_eq!(talk.last("response.done")["response"]["status"], "completed");
    talk.say("caller-stop");
    talk.send(json!({"type": "conversation.item.truncate", "item_id": item, "content_index": 0, "audio_end_ms": 3000}));
    assert_eq!(talk.last("conversation.item.truncated")["audio_end_ms"], 3000);
    talk.quiet(3000);
    assert!(talk.model.ledger().cancelled.is_empty());
    assert_eq!(talk.model.ledger().truncations, [(item.as_str().unwrap().to_owned(), Millis(3000))]);
    talk.send(json!({"type": "conversation.item.retrieve", "item_id": item}));
    let kept = talk.last("conversation.item.retrieved");
    assert_eq!(kept["item"]["content"][0]["transcript"], Value::Null);
}

#[test]
fn turn_d_a_tool_is_called_answered_and_spoken_about() {
    let arguments = r#"{"reason":"the caller said goodbye"}"#;
    let mut both = speech("assistant-of-course");
    both.extend(call("complete_intake", "{}"));
    both.extend(call("end_call", arguments));
    let replies = vec![call("end_call", arguments), speech("assistant-goodbye"), both];
    let mut talk = Talk::ready(7, script(replies), ModelKnobs::default());
    talk.say("caller-thanks");
    talk.quiet(3000);
    talk.say("caller-yes");
    talk.quiet(6000);
    let pieces: String = talk
        .all("response.function_call_arguments.delta")
        .iter()
        .take_while(|delta| delta["call_id"] == talk.all("response.function_call_arguments.done")[0]["call_id"])
        .map(|delta| delta["delta"].as_str().unwrap())
        .collect();
    assert_eq!(pieces, arguments);
    let first = &talk.all("response.output_item.done")[0]["item"];
    assert_eq!(
        (&first["name"], &first["arguments"], &first["status"]),
        (&json!("end_call"), &json!(arguments), &json!("completed"))
    );
    let ledger = talk.model.ledger();
    assert_eq!(ledger.calls.len(), 3);
    assert!(ledger.calls.iter().all(|(call, _)| ledger.tool_outputs[call].len() == 1));
    assert_eq!(ledger.responses.len(), 4);
    assert_eq!(ledger.creates_waiting_max, 1);
    assert_conforms(&talk.recording);
}

#[test]
fn without_interruption_it_goes_on_until_it_is_told_to_stop() {
    let knobs = ModelKnobs { pace: Pace::Times(1.0), ..ModelKnobs::default() };
    let mut talk = Talk::open(2, script(vec![speech("assistant-long")]), knobs);
    talk.configure(&json!({"type": "audio/pcmu"}), false);
    talk.polite = false;
    talk.say("caller-hours");
    talk.quiet(2000);
    talk.say("caller-stop");
    assert!(talk.all("response.done").is_empty());
    let response = talk.last("response.created")["response"]["id"].clone();
    let item = talk.last("response.output_audio.delta")["item_id"].clone();
    talk.send(json!({"type": "response.cancel", "response_id": response}));
    talk.send(json!({"type": "conversation.item.truncate", "item_id": item, "content_index": 0, "audio_end_ms": 700}));
    talk.run(30);
    assert_eq!(talk.last("response.done")["response"]["status_details"]["reason"], "client_cancelled");
    talk.quiet(2000);
    assert_eq!(talk.model.ledger().responses.len(), 2);
    assert_conforms(&talk.recording);
}

#[test]
fn a_turn_that_ends_while_it_speaks_is_answered_afterwards_or_refused() {
    for (busy_commit, responses) in [(BusyCommit::Queue, 2), (BusyCommit::Refuse, 1)] {
        let knobs = ModelKnobs { pace: Pace::Times(2.0), busy_commit, ..ModelKnobs::default() };
        let mut talk = Talk::open(2, script(vec![speech("assistant-long")]), knobs);
        talk.configure(&json!({"type": "audio/pcmu"}), false);
        talk.say("caller-yes");
        talk.quiet(1500);
        talk.say("caller-yes");
        talk.quiet(10_000);
        assert_eq!(talk.model.ledger().responses.len(), responses);
        assert!(talk.model.ledger().cancelled.is_empty());
        assert_conforms(&talk.recording);
    }
}

#[test]
fn an_asked_response_takes_the_next_turn_and_its_instructions_are_kept() {
    let replies = vec![speech("assistant-disclosure"), speech("assistant-greeting")];
    let mut talk = Talk::ready(9, script(replies), ModelKnobs::default());
    talk.send(json!({"type": "response.create", "response": {"instructions": "Say exactly: one."}}));
    talk.run(2000);
    talk.send(json!({"type": "response.create", "response": {"instructions": "Say exactly: two."}}));
    talk.run(3000);
    let said: Vec<&Value> =
        talk.all("response.output_audio_transcript.done").iter().map(|done| &done["transcript"]).collect();
    assert_eq!(said[0], "This call is answered by an automated assistant.");
    assert_eq!(said[1], "Riverside Clinic, this is the assistant. How can I help you?");
    assert_eq!(talk.model.ledger().instructions, ["Say exactly: one.", "Say exactly: two."]);
    assert_conforms(&talk.recording);
}

#[test]
fn a_response_without_tools_leaves_the_calls_out() {
    let mut both = speech("assistant-goodbye");
    both.extend(call("end_call", "{}"));
    let mut talk = Talk::ready(9, script(vec![both]), ModelKnobs::default());
    talk.send(json!({"type": "response.create", "response": {"tool_choice": "none"}}));
    talk.run(3000);
    assert!(talk.model.ledger().calls.is_empty());
    assert_eq!(talk.last("response.done")["response"]["output"].as_array().unwrap().len(), 1);
}

#[test]
fn the_echo_gives_back_every_byte_in_order() {
    for pcm in [false, true] {
        let make = if pcm { Talk::ready_pcm } else { Talk::ready };
        let mut talk = make(4, ModelScript::echo(), ModelKnobs::default());
        let pattern: Vec<u8> = (0..16_000_u32).map(|n| (n * 7 % 251) as u8).collect();
        talk.append(&Mulaw::new(pattern.into()));
        let mut appended = Vec::new();
        let mut returned = Vec::new();
        for line in talk.recording.lines() {
            let event = &serde_json::from_str::<Value>(line).unwrap()["event"];
            match event["type"].as_str().unwrap() {
                "input_audio_buffer.append" => appended.push(event["audio"].clone()),
                "response.output_audio.delta" => returned.push(event["delta"].clone()),
                _ => {}
            }
        }
        assert_eq!(appended.len(), 100);
        assert_eq!(returned, appended);
        assert_eq!(talk.model.ledger().appended_ms, 2000);
        assert_eq!(talk.model.ledger().responses.len(), 1);
        assert_conforms(&talk.recording);
    }
}

#[test]
fn a_cancelled_echo_begins_anew() {
    let mut talk = Talk::ready(4, ModelScript::echo(), ModelKnobs::default());
    talk.quiet(100);
    talk.send(json!({"type": "response.cancel"}));
    talk.quiet(100);
    assert_eq!(talk.model.ledger().responses.len(), 2);
    assert_eq!(talk.model.ledger().audio.len(), 2);
}

#[test]
fn random_conversations_keep_the_protocol() {
    let callers = ["caller-book", "caller-yes", "caller-stop", "caller-hours"];
    let mut all = String::new();
    for seed in 0..24 {
        let make = if seed % 2 == 0 { Talk::ready } else { Talk::ready_pcm };
        let mut talk = make(seed, ModelScript::random(&Library::builtin()), ModelKnobs::default());
        let mut rng = fastrand::Rng::with_seed(seed);
        for _ in 0..6 {
            talk.say(callers[rng.usize(..callers.len())]);
            talk.quiet(rng.u32(600..5000));
        }
        talk.quiet(25_000);
        assert!(talk.model.ledger().codes().is_empty(), "{:?}", talk.model.ledger().refused);
        all.push_str(&talk.recording);
    }
    assert_conforms(&all);
}

#[test]
fn the_same_seed_gives_the_same_texts() {
    let run = |seed: u64| -> Vec<ModelOut> {
        let mut rng = fastrand::Rng::with_seed(seed);
        let knobs = ModelKnobs { refuse: None, ..ModelKnobs::random(&mut rng) };
        let mut talk = Talk::ready(seed, ModelScript::random(&Library::builtin()), knobs);
        talk.say("caller-book");
        talk.quiet(8000);
        talk.say("caller-stop");
        talk.quiet(8000);
        talk.outs
    };
    for seed in 0..6 {
        assert_eq!(run(seed), run(seed), "seed {seed}");
    }
    assert_ne!(run(0), run(1));
}

#[test]
fn each_clip_of_a_caller_is_one_turn() {
    for (name, clip) in Library::builtin().of_kind(switchboard::sim::clips::Kind::Caller) {
        let mut talk = Talk::ready(1, script(vec![]), ModelKnobs::default());
        talk.quiet(300);
        talk.append(&clip.audio);
        talk.quiet(1000);
        assert_eq!(talk.model.ledger().turns, 1, "{name}");
        let stopped = talk.at("input_audio_buffer.speech_stopped").since(switchboard::types::Mono::ZERO);
        let spoken = Duration::from_millis(350) + clip.audio.duration() + Duration::from_millis(520);
        assert!(stopped <= spoken, "{name}: {stopped:?} of {spoken:?}");
    }
}

//! Faults on demand: each does what it says, and the machine stays a machine.

use std::time::Duration;

use serde_json::{Value, json};
use switchboard::sim::clips::Library;
use switchboard::sim::model::{
    FakeModel, ModelKnobs, ModelOut, ModelScript, Noise, Pace, Refusal, ResponseFault, TurnFault,
};
use switchboard::types::Mono;

use super::talk::{Talk, script, speech};

/// One asked response with a fault, run for 10 s.
fn respond(fault: ResponseFault) -> Talk {
    let knobs = ModelKnobs { on_response: vec![(0, fault)], ..ModelKnobs::default() };
    let mut talk = Talk::ready(3, script(vec![speech("assistant-services")]), knobs);
    talk.polite = false;
    talk.send(json!({"type": "response.create", "event_id": "ask"}));
    talk.run(10_000);
    talk
}

fn done(talk: &Talk) -> &Value {
    &talk.last("response.done")["response"]
}

#[test]
fn a_response_can_fail_or_be_cut_short() {
    let talk = respond(ResponseFault::Failed("rate_limit_exceeded"));
    assert_eq!(done(&talk)["status"], "failed");
    assert_eq!(done(&talk)["status_details"]["error"]["code"], "rate_limit_exceeded");
    let talk = respond(ResponseFault::Incomplete("max_output_tokens"));
    assert_eq!(done(&talk)["status"], "incomplete");
    assert_eq!(done(&talk)["status_details"]["reason"], "max_output_tokens");
    assert_eq!(done(&talk)["output"][0]["status"], "incomplete");
    let sent = talk.model.ledger().audio.values().next().unwrap().duration.0;
    assert!((1000..10_000).contains(&sent), "{sent}");
}

#[test]
fn a_swallowed_request_is_never_answered_and_the_turn_is_kept_for_the_next() {
    let mut talk = respond(ResponseFault::Swallowed);
    assert!(talk.all("response.created").is_empty() && talk.all("error").is_empty());
    talk.send(json!({"type": "response.create"}));
    talk.run(5000);
    assert_eq!(talk.model.ledger().creates_waiting_max, 1);
    assert!(talk.last("response.output_audio_transcript.done")["transcript"].as_str().unwrap().starts_with("We offer"));
}

#[test]
fn a_spurious_refusal_names_the_request() {
    let talk = respond(ResponseFault::SpuriousActive);
    assert_eq!(talk.last_error(), ("conversation_already_has_active_response", Some("ask")));
    assert!(talk.model.ledger().responses.is_empty());
}

#[test]
fn deltas_can_come_twice_or_all_in_one() {
    let talk = respond(ResponseFault::DuplicateDeltas);
    let deltas = talk.all("response.output_audio.delta");
    assert!(deltas.chunks(2).all(|pair| pair[0]["delta"] == pair[1]["delta"]));
    let talk = respond(ResponseFault::HugeDelta);
    let deltas = talk.all("response.output_audio.delta");
    assert_eq!(deltas.len(), 1);
    assert_eq!(deltas[0]["delta"].as_str().unwrap().len(), 500_000);
}

#[test]
fn a_reset_comes_in_the_middle_of_the_audio_and_is_the_end() {
    let talk = respond(ResponseFault::Reset);
    assert_eq!(talk.outs.last(), Some(&ModelOut::Reset));
    assert!(!talk.all("response.output_audio.delta").is_empty() && talk.all("response.output_audio.done").is_empty());
    assert_eq!(talk.model.next_wake(), None);
}

#[test]
fn tools_can_be_asked_for_wrongly() {
    assert_eq!(respond(ResponseFault::TwoCalls).model.ledger().calls.len(), 2);
    let twice = respond(ResponseFault::CallTwice);
    let calls: Vec<&Value> = twice
        .all("response.output_item.done")
        .into_iter()
        .filter(|done| done["item"]["type"] == "function_call")
        .collect();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0]["item"]["call_id"], calls[1]["item"]["call_id"]);
    let broken = respond(ResponseFault::BrokenArguments);
    let arguments = broken.last("response.function_call_arguments.done")["arguments"].as_str().unwrap();
    assert!(serde_json::from_str::<Value>(arguments).is_err());
    assert_eq!(respond(ResponseFault::UnknownTool).model.ledger().calls[0].1, "order_a_pizza");
}

#[test]
fn words_of_a_turn_can_fail_be_late_swap_or_never_come() {
    let told = |fault: TurnFault| {
        let knobs = ModelKnobs { on_turn: vec![(0, fault)], ..ModelKnobs::default() };
        let mut talk = Talk::ready(3, script(vec![]), knobs);
        talk.say("caller-yes");
        talk.quiet(600);
        let committed = talk.now;
        talk.say("caller-stop");
        talk.quiet(8000);
        let texts: Vec<String> = talk
            .all("conversation.item.input_audio_transcription.completed")
            .iter()
            .map(|done| done["transcript"].as_str().unwrap().to_owned())
            .collect();
        let failed = talk.all("conversation.item.input_audio_transcription.failed").len();
        (texts, failed, committed)
    };
    assert_eq!(told(TurnFault::TranscriptFailed).0, ["second words"]);
    assert_eq!(told(TurnFault::TranscriptFailed).1, 1);
    assert_eq!(told(TurnFault::TranscriptNever).0, ["second words"]);
    assert_eq!(told(TurnFault::TranscriptSwapped).0, ["second words", "first words"]);
    assert_eq!(told(TurnFault::TranscriptLate).0, ["second words", "first words"]);
}

#[test]
fn noise_comes_when_it_should() {
    let at = Duration::from_secs;
    let noise = vec![
        (at(1), Noise::UnknownEvent),
        (at(2), Noise::Malformed),
        (at(3), Noise::Binary),
        (at(4), Noise::ServerError),
        (at(5), Noise::SpuriousActive),
        (at(6), Noise::Nested),
        (at(7), Noise::StrayDelta),
    ];
    let mut talk = Talk::ready(3, script(vec![]), ModelKnobs { noise, unknown_fields: true, ..ModelKnobs::default() });
    talk.run(10_000);
    assert_eq!(talk.at("conversation.mood.updated"), Mono(1_000_000));
    assert!(talk.outs.iter().any(|out| matches!(out, ModelOut::Binary(_))));
    assert_eq!(talk.last("response.output_audio.delta")["response_id"], "resp_of_nobody");
    let broken = |out: &&ModelOut| matches!(out, ModelOut::Text(text) if serde_json::from_str::<Value>(text).is_err());
    assert_eq!(talk.outs.iter().filter(broken).count(), 2);
    assert_eq!(talk.last_error(), ("conversation_already_has_active_response", None));
    assert!(talk.events.iter().all(|(_, event)| event.get("x_from_the_future").is_some()));
}

#[test]
fn errors_can_be_late() {
    let knobs = ModelKnobs { error_delay: Duration::from_secs(1), ..ModelKnobs::default() };
    let mut talk = Talk::ready(3, script(vec![]), knobs);
    talk.send(json!({"type": "response.cancel"}));
    talk.run(999);
    assert!(talk.all("error").is_empty());
    talk.run(1);
    assert_eq!(talk.last_error().0, "response_cancel_not_active");
}

#[test]
fn a_session_expires() {
    let knobs = ModelKnobs { expire_after: Some(Duration::from_secs(9)), ..ModelKnobs::default() };
    let mut talk = Talk::ready(3, script(vec![]), knobs);
    assert_eq!(talk.last("session.created")["session"]["expires_at"], 1_800_000_009_i64);
    talk.run(20_000);
    assert_eq!(talk.last_error().0, "session_expired");
    assert!(matches!(talk.outs.last(), Some(ModelOut::Close { code: 1001, .. })));
    talk.send(json!({"type": "response.create"}));
    assert!(matches!(talk.outs.last(), Some(ModelOut::Close { .. })));
}

#[test]
fn a_connection_can_hang_without_an_end() {
    let knobs = ModelKnobs { hang_after: Some(Duration::from_secs(2)), ..ModelKnobs::default() };
    let mut talk = Talk::ready(3, script(vec![speech("assistant-long")]), knobs);
    talk.run(1500);
    talk.send(json!({"type": "response.create"}));
    talk.run(1000);
    let heard = talk.outs.len();
    talk.send(json!({"type": "response.cancel"}));
    talk.run(60_000);
    assert_eq!(talk.outs.len(), heard);
    assert!(!talk.model.is_closed() && talk.all("response.done").is_empty());
}

#[test]
fn the_greeting_and_the_configuration_can_be_late() {
    let knobs = ModelKnobs {
        created_delay: Duration::from_secs(3),
        updated_delay: Some(Duration::from_secs(2)),
        ..ModelKnobs::default()
    };
    let mut talk = Talk::open(3, script(vec![]), knobs);
    assert_eq!(talk.model.next_wake(), Some(Mono(3_000_000)));
    // Sent too early, as no good client does: kept until the greeting is out.
    talk.configure(&json!({"type": "audio/pcmu"}), true);
    talk.run(10_000);
    assert_eq!(talk.kinds(), ["session.created", "session.updated"]);
    assert_eq!(talk.at("session.updated"), Mono(5_000_000));
}

#[test]
fn deltas_can_follow_a_cancelled_response() {
    let knobs = ModelKnobs { late_deltas: true, pace: Pace::Times(1.0), ..ModelKnobs::default() };
    let mut talk = Talk::ready(3, script(vec![speech("assistant-long")]), knobs);
    talk.send(json!({"type": "response.create"}));
    talk.run(2000);
    talk.send(json!({"type": "response.cancel"}));
    talk.run(1000);
    let kinds = talk.kinds();
    let end = kinds.iter().position(|kind| *kind == "response.done").unwrap();
    assert_eq!(kinds[end + 1..].iter().filter(|kind| **kind == "response.output_audio.delta").count(), 2);
}

#[test]
fn a_burst_comes_at_once_and_stalls_take_time() {
    let took = |knobs: ModelKnobs| {
        let mut talk = Talk::ready(3, script(vec![speech("assistant-long")]), knobs);
        talk.send(json!({"type": "response.create"}));
        talk.run(60_000);
        talk.at("response.done").since(talk.at("response.created")).as_millis()
    };
    assert_eq!(took(ModelKnobs { pace: Pace::Burst, ..ModelKnobs::default() }), 0);
    let real_time = took(ModelKnobs { pace: Pace::Times(1.0), ..ModelKnobs::default() });
    assert!((12_900..14_000).contains(&real_time), "{real_time}");
    assert!(took(ModelKnobs { pace: Pace::Times(20.0), ..ModelKnobs::default() }) < 1200);
    let stalled = took(ModelKnobs { stalls: true, ..ModelKnobs::default() });
    assert!(stalled > 4000, "{stalled}");
}

#[test]
fn a_model_that_is_down_accepts_nothing() {
    assert!(!FakeModel::new(1, script(vec![]), ModelKnobs::down()).accepts());
    let knobs = ModelKnobs { refuse: Some(Refusal::Status(503)), ..ModelKnobs::default() };
    assert_eq!(FakeModel::new(1, script(vec![]), knobs).refusal_status(Some("Bearer x")), Some(503));
}

#[test]
fn random_faults_never_stop_the_machine() {
    for seed in 0..150 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let knobs = ModelKnobs::random(&mut rng);
        let mut talk = Talk::ready(seed, ModelScript::random(&Library::builtin()), knobs);
        talk.say("caller-yes");
        talk.quiet(3000);
        talk.say("caller-stop");
        talk.run(60_000);
        let ledger = talk.model.ledger();
        assert!(ledger.tool_outputs.values().all(|outputs| outputs.len() == 1));
        assert!(talk.model.next_wake().is_none() || !talk.model.is_responding(), "seed {seed} still speaks");
    }
}

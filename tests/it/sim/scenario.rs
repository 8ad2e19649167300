//! Every built-in scenario can be played by the simulated model.

use switchboard::sim::caller::Diary;
use switchboard::sim::clips::Library;
use switchboard::sim::model::{MissingClip, ModelKnobs, ModelScript};
use switchboard::sim::scenario::{CallerStep, Scenario};

use super::conformance::assert_conforms;
use super::talk::Talk;

#[test]
fn every_scenario_finds_its_clips() {
    for scenario in Scenario::builtin() {
        ModelScript::scenario(&scenario, &Library::builtin()).unwrap();
        serde_json::from_str::<serde_json::Value>(&scenario.org).unwrap();
        let callee = scenario.outbound.iter().map(|(_, callee)| callee);
        for role in scenario.operators.iter().chain(callee) {
            role.person(&Library::builtin(), &Diary::default()).unwrap();
        }
    }
}

#[test]
fn a_clip_that_is_missing_is_named() {
    let mut scenario = Scenario::named("interrupt").unwrap();
    scenario.model[0].say = Some("assistant-unknown".into());
    let missing = ModelScript::scenario(&scenario, &Library::builtin()).unwrap_err();
    assert_eq!(missing, MissingClip("assistant-unknown".into()));
}

#[test]
fn the_appointment_is_made_in_its_order() {
    let scenario = Scenario::named("new-appointment").unwrap();
    let script = ModelScript::scenario(&scenario, &Library::builtin()).unwrap();
    let mut talk = Talk::ready(11, script, ModelKnobs::default());
    for _ in 0..2 {
        talk.send(serde_json::json!({"type": "response.create"}));
        talk.run(3000);
    }
    for step in &scenario.caller {
        if let CallerStep::Say { audio } = step {
            talk.say(audio);
            talk.quiet(5000);
        }
    }
    let said: Vec<&str> = talk
        .all("response.output_audio_transcript.done")
        .iter()
        .map(|done| done["transcript"].as_str().unwrap())
        .collect();
    let heard: Vec<&str> = talk
        .all("conversation.item.input_audio_transcription.completed")
        .iter()
        .map(|done| done["transcript"].as_str().unwrap())
        .collect();
    let expected = |who: &str| -> Vec<&str> {
        scenario.expect.lines.iter().filter(|(speaker, _)| speaker == who).map(|(_, text)| text.as_str()).collect()
    };
    for (found, wanted) in [(said, expected("agent")), (heard, expected("user"))] {
        assert_eq!(found.len(), wanted.len());
        assert!(found.iter().zip(&wanted).all(|(line, part)| line.contains(part)), "{found:?} {wanted:?}");
    }
    let names: Vec<&str> = talk.model.ledger().calls.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["complete_intake", "end_call"]);
    assert_conforms(&talk.recording);
}

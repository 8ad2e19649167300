//! Tests of `parse`.

use super::*;
use crate::sim::scenario::{CallerStep, ModelTurn};

#[test]
fn every_builtin_scenario_is_read_and_expects_an_outcome() {
    let scenarios = Scenario::builtin();
    assert_eq!(scenarios.len(), 13);
    for scenario in scenarios {
        assert!(!scenario.about.is_empty(), "{}", scenario.name);
        assert!(scenario.expect.outcome.is_some(), "{}", scenario.name);
        assert_eq!(scenario.model_down, scenario.name.starts_with("model-down"));
    }
}

#[test]
fn all_instructions_are_understood() {
    let text = r#"
        # nobody reads this
        about  Everything once.
        org    {"greeting": ""}
        caller listen 15s
        caller hear 800ms
        caller wait 2s
        caller say caller-book
        caller press 12#
        caller hang up in caller-name after 700ms
        caller hang up
        caller stay 30s
        model  say assistant-greeting
        and    call end_call {"reason": "x"}
        model  call a {}
        model  nothing
        expect outcome caller_hung_up
        expect reason inferred
        expect line user Maria Lopez
        expect barge-ins 2
        expect intake open
    "#;
    let scenario = Scenario::parse("all", text).unwrap();
    let call = |name: &str, arguments: &str| (name.to_owned(), arguments.to_owned());
    assert_eq!(scenario.org, r#"{"greeting": ""}"#);
    assert_eq!(
        scenario.caller,
        [
            CallerStep::Listen { max: Duration::from_secs(15) },
            CallerStep::HearFor(Duration::from_millis(800)),
            CallerStep::Wait(Duration::from_secs(2)),
            CallerStep::Say { audio: "caller-book".into() },
            CallerStep::Press("12#".into()),
            CallerStep::HangUpDuring { audio: "caller-name".into(), after: Duration::from_millis(700) },
            CallerStep::HangUp,
            CallerStep::Stay { max: Duration::from_secs(30) },
        ]
    );
    assert_eq!(
        scenario.model,
        [
            ModelTurn { say: Some("assistant-greeting".into()), calls: vec![call("end_call", r#"{"reason": "x"}"#)] },
            ModelTurn { say: None, calls: vec![call("a", "{}")] },
            ModelTurn { say: None, calls: Vec::new() },
        ]
    );
    assert_eq!(
        scenario.expect,
        Expect {
            outcome: Some("caller_hung_up".into()),
            reason: Some("inferred".into()),
            lines: vec![("user".into(), "Maria Lopez".into())],
            barge_ins: Some(2),
            intake_completed: Some(false),
            ..Expect::default()
        }
    );
}

#[test]
fn operators_and_what_becomes_of_an_escalation_are_understood() {
    let text = r#"
        org    {"greeting": "", "hours": "always"}
        org    {"escalation": {"targets": [{"id": "doctor", "number": "+15550100121"}]}}
        org    {"greeting": "Hello."}
        caller meet 40s
        caller tell caller-hello-doctor
        caller part 20s
        operator doctor answer after 2s
        operator doctor press 1
        expect escalation returned callback
        expect attempts doctor:declined doctor:done
        expect bridged 8s
        expect callback doctor
        expect voicemail
        expect hears doctor Press any key
        expect once agent Hello.
    "#;
    let scenario = Scenario::parse("people", text).unwrap();
    let org: Value = serde_json::from_str(&scenario.org).unwrap();
    assert_eq!((&org["greeting"], &org["hours"]), (&"Hello.".into(), &"always".into()));
    assert_eq!(scenario.number_of("doctor").as_deref(), Some("+15550100121"));
    let steps = vec![CallerStep::Press("1".into())];
    let answers = Answers::After(Duration::from_secs(2));
    assert_eq!(scenario.operators, [Role { name: "doctor".into(), answers, steps }]);
    assert_eq!(scenario.caller[1], CallerStep::Tell { audio: "caller-hello-doctor".into() });
    assert!(!scenario.is_plain());
    assert_eq!(
        scenario.expect,
        Expect {
            once: vec![("agent".into(), "Hello.".into())],
            escalation: Some("returned callback".into()),
            attempts: Some("doctor:declined doctor:done".into()),
            bridged: Some(Duration::from_secs(8)),
            callback: Some(Some("doctor".into())),
            voicemail: true,
            hears: vec![("doctor".into(), "Press any key".into())],
            ..Expect::default()
        }
    );
}

#[test]
fn somebody_may_be_called_instead_of_calling() {
    let text = "outbound +15550100177 {\"basis\": \"asked for it\"}\ncallee machine machine-greeting after 2s\n";
    let (order, callee) = Scenario::parse("out", text).unwrap().outbound.unwrap();
    assert_eq!((&*order.to, &*order.basis), ("+15550100177", "asked for it"));
    let after = Duration::from_secs(2);
    assert_eq!(callee.answers, Answers::Machine { audio: "machine-greeting".into(), after });
    let both = Scenario::parse("both", &format!("{text}caller hang up\n")).unwrap_err();
    assert!(both.problem.contains("either somebody calls"), "{both}");
}

#[test]
fn an_operator_must_be_a_target() {
    let found = Scenario::parse("bad", "caller hang up\noperator nurse busy\n").unwrap_err();
    assert!(found.problem.contains("`nurse` is no target"), "{found}");
}

#[test]
fn a_mistake_is_named_by_its_line() {
    let table = [
        ("callr wait 2s", "`callr` is none of"),
        ("caller dance", "nobody can `dance`"),
        ("caller wait 2", "`2` is no length"),
        ("caller wait s", "`s` is no length"),
        ("caller say Caller Book", "is no name"),
        ("caller press 1x", "no keys"),
        ("caller hang up in caller-name", "hang up in CLIP after"),
        ("model sing", "the model cannot `sing`"),
        ("model call end_call {", "not JSON"),
        ("model call end_call []", "expected a JSON object"),
        ("and call end_call {}", "needs a `model` line"),
        ("expect outcome happy", "no outcome"),
        ("expect reason why", "no reason"),
        ("expect line agent", "part of the text"),
        ("expect line nobody hello", "neither user nor agent"),
        ("expect barge-ins many", "no number"),
        ("expect intake maybe", "neither completed nor open"),
        ("org nothing", "not JSON"),
        ("operator doctor press 1", "`answer after 2s`"),
        ("operator doctor machine after 2s", "`answer after 2s`"),
        ("callee busy", "needs an `outbound` line"),
        ("outbound +15550100177 {}", "`basis`"),
        ("expect escalation asleep", "no state of an escalation"),
        ("expect attempts doctor", "no target with a state"),
        ("expect attempts doctor:asleep", "no target with a state"),
        ("expect hears doctor", "part of the text"),
    ];
    for (line, problem) in table {
        let found = Scenario::parse("bad", &format!("caller wait 2s\n\n{line}\n")).unwrap_err();
        assert_eq!(found.line, 3, "{line}");
        assert!(found.problem.contains(problem), "{line}: {found}");
    }
}

#[test]
fn a_scenario_without_a_caller_is_refused() {
    let found = Scenario::parse("empty", "about Nothing.\n").unwrap_err();
    assert_eq!(found.to_string(), "line 0: the caller does nothing");
}

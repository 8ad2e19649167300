//! `<Dial>` with numbers: who is rung, what they hear first, and what the caller's action learns.

use std::time::Duration;

use crate::sim::carrier::exchange::tests::rig::{OPERATOR, OTHER, Rig};
use crate::sim::carrier::exchange::{DialledBy, LegNo};
use crate::sim::carrier::person::{Habits, Leave, Person};

const CHILD: LegNo = LegNo(1);

fn dial(attributes: &str, number: &str) -> String {
    format!(r#"<Dial action="/done" {attributes}><Number {number}>{OPERATOR}</Number></Dial><Say>Never.</Say>"#)
}

fn staying(person: Person) -> Person {
    person.leaving(Leave::Talking(Duration::from_secs(30)))
}

/// What the action is told: status, whether connected, the called leg's seconds.
fn told(rig: &Rig) -> (&str, &str, &str) {
    let asked = rig.only("/done");
    (asked.get("DialCallStatus"), asked.get("DialBridged"), asked.get("DialCallDuration"))
}

#[test]
fn the_action_learns_how_it_went() {
    let second = Duration::from_secs(1);
    for (person, expected) in [
        (staying(Person::answering(second)), ("completed", "true", "30")),
        (Person::never(), ("no-answer", "false", "0")),
        (Person::busy(), ("busy", "false", "0")),
        (Person::failing(), ("failed", "false", "0")),
    ] {
        let mut rig = Rig::new();
        rig.person(OPERATOR, person.clone());
        let leg = rig.call(&dial("timeout='20'", ""), Habits::default());
        rig.answer("/done", "<Say>Over.</Say>");
        rig.finish();
        assert_eq!(told(&rig), expected, "{person:?}");
        assert_eq!(rig.said(leg), ["Over."]);
        assert_eq!(rig.only("/done").get("DialCallSid"), rig.sid(CHILD));
        rig.assert_proper();
    }
}

#[test]
fn who_answers_hears_the_whisper_before_the_connection() {
    let gate = "<Gather action='/gate' numDigits='1' timeout='5'><Say>Press a key.</Say></Gather><Hangup/>";
    for (keys, bridged) in [(&["1"][..], "true"), (&["2"], "false"), (&[], "false")] {
        let mut rig = Rig::new();
        rig.person(OPERATOR, staying(Person::pressing(keys)));
        let leg = rig.call(&dial("", "url='/whisper'"), Habits::default());
        rig.answer("/whisper", gate);
        rig.answer("/gate", if bridged == "true" { "" } else { "<Hangup/>" });
        rig.answer("/done", "<Hangup/>");
        rig.finish();
        assert_eq!((told(&rig).0, told(&rig).1), ("completed", bridged));
        let whisper = rig.only("/whisper");
        assert_eq!((whisper.get("ParentCallSid"), whisper.get("Direction")), (rig.sid(leg).as_str(), "outbound-dial"));
        assert_eq!(rig.exchange.bridges().len(), usize::from(bridged == "true"));
        rig.assert_proper();
    }
}

#[test]
fn a_whisper_must_not_dial() {
    let mut rig = Rig::new();
    rig.person(OPERATOR, Person::answering(Duration::ZERO));
    rig.call(&dial("", "url='/whisper'"), Habits::default());
    rig.answer("/whisper", "<Dial>+15550108888</Dial><Hangup/>");
    rig.answer("/done", "<Hangup/>");
    rig.finish();
    assert_eq!(rig.violations(), ["<Dial> is not allowed in this place: Whisper"]);
    assert_eq!(rig.exchange.dialled().len(), 1);
}

#[test]
fn a_connection_is_a_span_with_both_legs() {
    let mut rig = Rig::new();
    rig.person(OPERATOR, staying(Person::answering(Duration::from_secs(1))));
    let leg = rig.call(&dial("", ""), Habits::default());
    rig.answer("/done", "<Hangup/>");
    rig.finish();
    let report = rig.exchange.report();
    let (caller, operator) = (&report.legs[0].leg, &report.legs[1].leg);
    let spans = report.bridged(caller, operator);
    assert_eq!(spans.len(), 1);
    assert_eq!(spans[0].to.unwrap().since(spans[0].from), Duration::from_secs(30));
    assert_eq!(report.dialled[0].by, DialledBy::Number(rig.exchange.leg(leg).unwrap().leg().clone()));
}

#[test]
fn the_first_to_answer_wins_and_the_others_stop_ringing() {
    let mut rig = Rig::new();
    rig.person(OPERATOR, Person::answering(Duration::from_secs(9)));
    rig.person(OTHER, staying(Person::answering(Duration::from_secs(3))));
    let both = format!("<Dial action='/done'><Number>{OPERATOR}</Number><Number>{OTHER}</Number></Dial>");
    rig.call(&both, Habits::default());
    rig.answer("/done", "<Hangup/>");
    rig.finish();
    assert_eq!((rig.status(LegNo(1)), rig.status(LegNo(2))), ("canceled", "completed"));
    assert_eq!(rig.only("/done").get("DialCallSid"), rig.sid(LegNo(2)));
}

#[test]
fn with_answer_on_bridge_the_caller_is_answered_by_the_connection() {
    for (attribute, at_ms) in [("answerOnBridge='true'", 4505), ("", 5)] {
        let mut rig = Rig::new();
        rig.person(OPERATOR, Person::answering(Duration::from_secs(4)));
        let leg = rig.call(&dial(attribute, ""), Habits::default());
        rig.pass(6000);
        assert_eq!(rig.exchange.leg(leg).unwrap().answered_at().unwrap().0 / 1000, at_ms, "{attribute}");
    }
}

#[test]
fn when_the_caller_leaves_nobody_is_left_ringing() {
    for (at_ms, status) in [(2000, "canceled"), (8000, "completed")] {
        let mut rig = Rig::new();
        rig.person(OPERATOR, Person::answering(Duration::from_secs(5)));
        let leg = rig.call(&dial("", ""), Habits::default());
        rig.pass(at_ms);
        rig.hang_up(leg);
        rig.pass(100);
        assert_eq!((rig.status(CHILD), rig.exchange.live_legs().len()), (status, 0));
    }
}

#[test]
fn a_time_limit_ends_the_conversation() {
    let mut rig = Rig::new();
    rig.person(OPERATOR, Person::answering(Duration::ZERO));
    rig.call(&dial("timeLimit='7'", ""), Habits::default());
    rig.answer("/done", "<Hangup/>");
    rig.finish();
    assert_eq!(told(&rig), ("completed", "true", "7"));
}

#[test]
fn a_caller_who_is_put_elsewhere_leaves_the_called_leg_and_no_action_is_asked_for() {
    let mut rig = Rig::new();
    rig.person(OPERATOR, Person::answering(Duration::ZERO));
    let leg = rig.call(&dial("", ""), Habits::default());
    rig.pass(3000);
    assert_eq!(rig.redirect(leg, "<Say>Elsewhere.</Say>"), 200);
    rig.finish();
    assert_eq!((rig.said(leg), rig.status(CHILD)), (vec!["Elsewhere.".to_owned()], "completed"));
    assert!(!rig.has_asked(leg, "/done"));
}

#[test]
fn the_called_leg_tells_its_own_callback() {
    let mut rig = Rig::new();
    rig.person(OPERATOR, staying(Person::answering(Duration::from_secs(1))));
    let number = "statusCallback='https://gw.test/leg' statusCallbackEvent='initiated ringing answered completed'";
    let leg = rig.call(&dial("", number), Habits::default());
    rig.answer("/done", "<Hangup/>");
    rig.finish();
    assert_eq!(rig.values("/leg", "CallStatus"), ["initiated", "ringing", "in-progress", "completed"]);
    assert_eq!(rig.values("/leg", "ParentCallSid"), vec![rig.sid(leg); 4]);
}

#[test]
fn a_caller_id_must_be_ours_or_a_partys() {
    for (shown, is_proper) in [("+15550100199", true), ("+15550100001", true), ("+15559990000", false)] {
        let mut rig = Rig::new();
        rig.person(OPERATOR, Person::busy());
        rig.call(&dial(&format!("callerId='{shown}'"), ""), Habits::default());
        rig.answer("/done", "<Hangup/>");
        rig.finish();
        assert_eq!((rig.exchange.report().legs[1].from.as_str(), rig.violations().is_empty()), (shown, is_proper));
    }
}

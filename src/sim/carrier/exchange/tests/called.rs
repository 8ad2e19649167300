//! People who are called by request: who answers, who does not, machines, and what is told.

use std::time::Duration;

use crate::sim::carrier::company::{Beat, EndedBy};
use crate::sim::carrier::exchange::tests::rig::{OPERATOR, Rig, STREAM};
use crate::sim::carrier::person::{AnsweredBy, Habits, Leave, Person, PickUp};

const EVENTS: &str = "Url=https%3A%2F%2Fgw.test%2Fanswer&StatusCallback=https%3A%2F%2Fgw.test%2Fleg&StatusCallbackEvent=initiated&StatusCallbackEvent=ringing&StatusCallbackEvent=answered&StatusCallbackEvent=completed";

#[test]
fn who_is_called_answers_or_not_and_the_gateway_is_told() {
    let secs = Duration::from_secs;
    for (person, timeout, told) in [
        (Person::answering(secs(3)), 20, &["initiated", "ringing", "in-progress", "completed"][..]),
        (Person::answering(secs(30)), 20, &["initiated", "ringing", "no-answer"]),
        // The company rings five seconds longer than it is asked to.
        (Person::answering(secs(24)), 20, &["initiated", "ringing", "in-progress", "completed"]),
        (Person::never(), 20, &["initiated", "ringing", "no-answer"]),
        (Person::busy(), 20, &["initiated", "busy"]),
        (Person::failing(), 20, &["initiated", "failed"]),
    ] {
        let mut rig = Rig::new();
        rig.person(OPERATOR, person.clone());
        rig.answer("/answer", "<Say>Hello.</Say>");
        let leg = rig.ring(&format!("{EVENTS}&Timeout={timeout}"));
        rig.finish();
        assert_eq!(rig.values("/leg", "CallStatus"), told, "{person:?}");
        let sequence: Vec<String> = (0..told.len()).map(|number| number.to_string()).collect();
        assert_eq!(rig.values("/leg", "SequenceNumber"), sequence);
        assert_eq!(rig.asked_at("/answer").len(), usize::from(told.contains(&"in-progress")));
        assert_eq!(rig.status(leg), told[told.len() - 1]);
        rig.assert_proper();
    }
}

#[test]
fn only_what_is_subscribed_is_told_and_every_end_counts_as_completed() {
    for (events, told) in [
        ("", &["busy"][..]),
        ("&StatusCallbackEvent=completed", &["busy"]),
        ("&StatusCallbackEvent=initiated", &["initiated"]),
    ] {
        let mut rig = Rig::new();
        rig.person(OPERATOR, Person::busy());
        rig.ring(&format!("Url=https%3A%2F%2Fgw.test%2Fa&StatusCallback=https%3A%2F%2Fgw.test%2Fleg{events}"));
        rig.finish();
        assert_eq!(rig.values("/leg", "CallStatus"), told, "{events}");
    }
}

#[test]
fn the_first_document_knows_who_was_called() {
    let mut rig = Rig::new();
    rig.person(OPERATOR, Person::answering(Duration::from_secs(1)));
    rig.answer("/answer", "<Hangup/>");
    let leg = rig.ring(EVENTS);
    rig.finish();
    let asked = rig.only("/answer");
    let pairs =
        [("To", OPERATOR), ("From", "+15550100199"), ("Direction", "outbound-api"), ("CallStatus", "in-progress")];
    for (name, value) in pairs {
        assert_eq!(asked.get(name), value);
    }
    assert_eq!(asked.get("CallSid"), rig.sid(leg));
    assert_eq!(asked.at.0 / 1000, 1500, "half a second to the first ring, one to the answer");
}

#[test]
fn a_number_that_nobody_has_cannot_be_reached() {
    let mut rig = Rig::new();
    let leg = rig.ring("Twiml=%3CResponse%2F%3E");
    rig.finish();
    assert_eq!((rig.status(leg), rig.exchange.dialled()[0].number.as_str()), ("failed", OPERATOR));
}

#[test]
fn detection_tells_what_it_finds() {
    let machine = || Person::new(PickUp::Machine { after: Duration::ZERO, greeting: Duration::from_secs(6) });
    let taken_for =
        |found| Person { detected: Some((Duration::from_secs(2), found)), ..Person::answering(Duration::ZERO) };
    for (person, mode, found, after_ms) in [
        (Person::answering(Duration::ZERO), "Enable", "human", 4000),
        (machine(), "Enable", "machine_start", 4000),
        (machine(), "DetectMessageEnd", "machine_end_beep", 6700),
        (taken_for(AnsweredBy::Fax), "Enable", "fax", 2000),
        (taken_for(AnsweredBy::Unknown), "Enable", "unknown", 2000),
        (machine(), "DetectMessageEnd&MachineDetectionTimeout=5", "unknown", 5000),
    ] {
        let mut rig = Rig::new();
        rig.person(OPERATOR, person);
        rig.answer("/answer", "<Pause length='20'/>");
        let asynchronous = "AsyncAmd=true&AsyncAmdStatusCallback=https%3A%2F%2Fgw.test%2Famd";
        let leg = rig.ring(&format!("{EVENTS}&MachineDetection={mode}&{asynchronous}"));
        rig.finish();
        let told = rig.only("/amd");
        assert_eq!(told.get("AnsweredBy"), found, "{mode}");
        assert_eq!(
            (told.at.since(rig.only("/answer").at).as_millis(), told.get("CallSid")),
            (after_ms, &*rig.sid(leg))
        );
    }
}

#[test]
fn detection_that_is_not_asynchronous_holds_the_first_document_back() {
    let mut rig = Rig::new();
    rig.person(OPERATOR, Person::machine());
    rig.answer("/answer", "<Hangup/>");
    rig.ring(&format!("{EVENTS}&MachineDetection=Enable"));
    rig.finish();
    assert_eq!(rig.only("/answer").get("AnsweredBy"), "machine_start");
    assert_eq!(rig.only("/answer").at.0 / 1000, 8500);
}

#[test]
fn a_machine_presses_no_key_and_hangs_up_in_the_end() {
    let mut rig = Rig::new();
    let keys = Person::pressing(&["1"]).habits;
    rig.person(OPERATOR, Person { habits: keys, ..Person::machine() });
    rig.answer("/answer", "<Gather action='/keys' timeout='300'/>");
    let leg = rig.ring(EVENTS);
    rig.finish();
    assert_eq!(rig.asked_at("/keys").len(), 0);
    let end = rig.exchange.leg(leg).unwrap().ended().unwrap();
    assert_eq!((end.by, end.at.0 / 1_000_000), (EndedBy::Caller, 130));
}

#[test]
fn a_machine_that_is_put_on_a_stream_speaks_beeps_and_listens() {
    let mut rig = Rig::new();
    rig.person(OPERATOR, Person::machine());
    rig.answer("/answer", STREAM);
    let leg = rig.ring(EVENTS);
    rig.pass(15_000);
    let turns = rig.exchange.leg(leg).unwrap().talk().turns().to_vec();
    assert_eq!(turns.len(), 1);
    assert!((6400..6600).contains(&turns[0].ended.unwrap().since(turns[0].began).as_millis()), "{turns:?}");
}

#[test]
fn a_time_limit_ends_the_leg() {
    let mut rig = Rig::new();
    rig.person(OPERATOR, Person::answering(Duration::ZERO));
    rig.answer("/answer", "<Pause length='100'/>");
    let leg = rig.ring(&format!("{EVENTS}&TimeLimit=10"));
    rig.finish();
    let end = rig.exchange.leg(leg).unwrap().ended().unwrap();
    assert_eq!((end.by, end.at.0 / 1000), (EndedBy::Limit, 10_500));
    assert_eq!(rig.asked_at("/leg").last().unwrap().get("CallDuration"), "10");
}

#[test]
fn people_of_one_number_answer_one_after_the_other() {
    let mut rig = Rig::new();
    rig.person(OPERATOR, Person::busy());
    rig.person(OPERATOR, Person::answering(Duration::ZERO));
    rig.answer("/answer", "<Hangup/>");
    let statuses: Vec<_> = (0..3)
        .map(|_| {
            let leg = rig.ring(EVENTS);
            rig.pass(5000);
            rig.status(leg)
        })
        .collect();
    assert_eq!(statuses, ["busy", "completed", "completed"]);
}

#[test]
fn someone_may_leave_right_after_accepting() {
    let mut rig = Rig::new();
    let person = Person::pressing(&["1"]).leaving(Leave::Pressed(0, Duration::from_millis(1)));
    rig.person(OPERATOR, person);
    rig.answer("/answer", "<Gather action='/keys' numDigits='1'/>");
    rig.answer("/keys", "<Pause length='60'/>");
    let leg = rig.ring(EVENTS);
    rig.finish();
    assert!(rig.happened(leg, &Beat::Pressed('1')));
    assert_eq!(rig.only("/keys").get("Digits"), "1");
    let end = rig.exchange.leg(leg).unwrap().ended().unwrap();
    assert_eq!(end.at.0, rig.only("/keys").at.0 + 1000);
}

#[test]
fn a_called_party_may_be_a_caller_like_any_other() {
    let mut rig = Rig::new();
    let person = Person { habits: Habits::default(), ..Person::answering(Duration::ZERO) };
    rig.person(OPERATOR, person.leaving(Leave::Answered(Duration::from_secs(9))));
    rig.answer("/answer", STREAM);
    let leg = rig.ring(EVENTS);
    rig.pass(5000);
    assert_eq!(rig.sockets.len(), 1);
    assert!(rig.exchange.leg(leg).unwrap().streams()[0].counts().frames_out > 200, "silence has frames, too");
    rig.finish();
    assert_eq!(rig.asked_at("/after").len(), 0);
}

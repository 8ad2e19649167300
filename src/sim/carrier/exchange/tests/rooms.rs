//! Rooms: who waits, who hears whom, who ends what, and how everybody's document goes on.

use std::time::Duration;

use crate::sim::carrier::company::Beat;
use crate::sim::carrier::exchange::LegNo;
use crate::sim::carrier::exchange::tests::rig::{OPERATOR, Rig, room};
use crate::sim::carrier::person::{Habits, Leave, Person};

/// An operator in the room, called by request, and then the caller.
fn both(operator: &str, caller: &str, person: Person, habits: Habits) -> (Rig, LegNo, LegNo) {
    let mut rig = Rig::new();
    rig.person(OPERATOR, person);
    rig.answer("/answer", &room("operator", operator));
    for path in ["/operator-done", "/caller-done"] {
        rig.answer(path, "<Say>Goodbye.</Say>");
    }
    let operator = rig.ring("Url=https%3A%2F%2Fgw.test%2Fanswer");
    rig.pass(3000);
    let caller = rig.call(&room("caller", caller), habits);
    rig.pass(2000);
    (rig, operator, caller)
}

fn answering() -> Person {
    Person::answering(Duration::from_secs(1))
}

fn leaving(leave: Leave) -> Habits {
    Habits { keys: Vec::new(), leaves: vec![leave] }
}

#[test]
fn two_who_enter_hear_each_other() {
    let (rig, operator, caller) = both("", "", answering(), Habits::default());
    let bridge = &rig.exchange.bridges()[0];
    assert_eq!((bridge.room.as_str(), bridge.to), ("r", None));
    let legs = [operator, caller].map(|leg| rig.sid(leg));
    assert_eq!(bridge.legs.iter().map(ToString::to_string).collect::<Vec<_>>(), legs);
    assert!(rig.happened(operator, &Beat::Entered("r".to_owned())) && rig.happened(operator, &Beat::Connected));
    assert!(rig.exchange.leg(caller).unwrap().talk().first_sound().is_some(), "somebody is to be heard");
    assert_eq!(
        rig.values("/room", "StatusCallbackEvent"),
        ["participant-join", "participant-join", "conference-start"]
    );
    assert_eq!(rig.values("/room", "ParticipantLabel"), ["operator", "caller", ""]);
    rig.assert_proper();
}

#[test]
fn whose_exit_ends_the_room_sends_the_others_on() {
    for (operator_ends, caller_ends, who_leaves, others_go_on) in [
        ("true", "true", "operator", true),
        ("true", "true", "caller", true),
        ("false", "true", "operator", false),
        ("true", "false", "caller", false),
    ] {
        let exit = |ends: &str| format!("endConferenceOnExit='{ends}'");
        let (mut rig, operator, caller) =
            both(&exit(operator_ends), &exit(caller_ends), answering(), Habits::default());
        let (leaves, stays) = if who_leaves == "operator" { (operator, caller) } else { (caller, operator) };
        rig.hang_up(leaves);
        rig.pass(2000);
        let path = if who_leaves == "operator" { "/caller-done" } else { "/operator-done" };
        assert_eq!(rig.has_asked(stays, path), others_go_on, "{operator_ends} {caller_ends} {who_leaves}");
        assert_eq!(rig.exchange.live_rooms().is_empty(), others_go_on);
        assert!(rig.exchange.bridges()[0].to.is_some() && rig.happened(stays, &Beat::Alone));
        if others_go_on {
            assert_eq!(rig.only(path).get("DialCallStatus"), "answered");
            assert_eq!((rig.only(path).get("DialBridged"), rig.only(path).get("DialCallSid")), ("", ""));
            let end =
                rig.asked_at("/room").into_iter().find(|asked| asked.get("StatusCallbackEvent") == "conference-end");
            let end = end.unwrap();
            assert_eq!(end.get("ReasonConferenceEnded"), "participant-with-end-conference-on-exit-left");
            assert_eq!(end.get("CallSidEndingConference"), rig.sid(leaves));
        } else {
            rig.hang_up(stays);
            assert!(rig.exchange.live_rooms().is_empty());
        }
        let left = rig
            .asked_at("/room")
            .into_iter()
            .filter(|asked| asked.get("ReasonParticipantLeft") == "participant_hung_up");
        assert_eq!(left.count(), 1);
    }
}

#[test]
fn a_room_starts_when_somebody_comes_who_starts_it() {
    for (operator_starts, caller_starts, started) in
        [("true", "true", true), ("false", "true", true), ("false", "false", false)]
    {
        let starts = |starts: &str| format!("startConferenceOnEnter='{starts}'");
        let (rig, ..) = both(&starts(operator_starts), &starts(caller_starts), answering(), Habits::default());
        assert_eq!(rig.exchange.bridges().len(), usize::from(started));
        assert_eq!(rig.values("/room", "StatusCallbackEvent").contains(&"conference-start"), started);
    }
}

#[test]
fn who_is_alone_hears_the_waiting_document_again_and_again_if_it_says_so() {
    for (document, plays_min) in
        [("<Play loop='0'>https://gw.test/hold.mp3</Play>", 1), ("<Play>https://gw.test/hold.mp3</Play><Redirect/>", 5)]
    {
        let mut rig = Rig::new();
        let leg = rig.call(&room("caller", "waitUrl='https://gw.test/hold' waitMethod='GET'"), Habits::default());
        rig.answer("/hold", document);
        rig.pass(20_000);
        assert!(rig.asked_at("/hold")[0].pairs.is_empty(), "a GET has its parameters in the query");
        assert!(rig.trace.contains(&format!("/hold?AccountSid={}", super::rig::ACCOUNT)));
        assert!(rig.asked_at("/hold").len() >= plays_min, "{document}");
        assert!(rig.happened(leg, &Beat::Played("https://gw.test/hold.mp3".to_owned())));
        rig.hang_up(leg);
        rig.assert_proper();
    }
}

#[test]
fn a_waiting_document_that_fails_throws_out_of_the_room() {
    let mut rig = Rig::new();
    let leg = rig.call(&room("caller", "waitUrl='https://gw.test/hold'"), Habits::default());
    rig.answer("/caller-done", "<Say>Goodbye.</Say>");
    rig.finish();
    assert_eq!((rig.said(leg).len(), rig.only("/caller-done").get("DialCallStatus")), (1, "failed"));
    assert!(rig.violations().iter().any(|what| what.contains("waiting document")));
}

#[test]
fn a_waiting_document_holds_sound_only() {
    let mut rig = Rig::new();
    let leg = rig.call(&room("caller", "waitUrl='https://gw.test/hold'"), Habits::default());
    rig.answer("/hold", "<Gather action='/keys'/><Say>Please wait.</Say>");
    rig.pass(2000);
    assert_eq!(rig.said(leg), ["Please wait."]);
    assert_eq!(rig.violations(), ["<Gather> is not allowed in this place: Wait"]);
}

#[test]
fn who_does_not_fit_into_a_room_goes_on() {
    for (operator, caller, label, code_part) in
        [("maxParticipants='2'", "maxParticipants='2'", "third", "full"), ("", "", "caller", "same label")]
    {
        let (mut rig, ..) = both(operator, caller, answering(), Habits::default());
        let third =
            rig.dial_in(crate::sim::carrier::company::CallPlan::new(Box::new(super::rig::Mute { speaks: false })));
        rig.pass(100);
        rig.redirect(third, &room(label, operator).replace("action=\"/", "action=\"https://gw.test/"));
        rig.pass(100);
        assert!(rig.violations().iter().any(|what| what.contains(code_part)), "{:?}", rig.violations());
        assert!(rig.has_asked(third, &format!("/{label}-done")));
    }
}

#[test]
fn callbacks_go_where_the_first_participant_says() {
    let mut rig = Rig::new();
    let elsewhere =
        room("operator", "").replace("gw.test/room", "gw.test/first").replace("start end join leave", "join");
    rig.person(OPERATOR, answering());
    rig.answer("/answer", &elsewhere);
    rig.ring("Url=https%3A%2F%2Fgw.test%2Fanswer");
    rig.pass(3000);
    rig.call(&room("caller", ""), Habits::default());
    rig.pass(2000);
    assert_eq!((rig.asked_at("/room").len(), rig.values("/first", "SequenceNumber")), (0, vec!["0", "1"]));
}

#[test]
fn people_leave_at_their_moment() {
    let secs = Duration::from_secs;
    for (person, habits) in [
        (answering().leaving(Leave::Talking(secs(6))), Habits::default()),
        (answering().leaving(Leave::Entered(secs(6))), Habits::default()),
        (answering(), leaving(Leave::Talking(secs(6)))),
        (answering(), leaving(Leave::Entered(secs(6)))),
    ] {
        let exit = "endConferenceOnExit='true'";
        let (mut rig, ..) = both(exit, exit, person.clone(), habits.clone());
        rig.finish();
        let bridge = &rig.exchange.bridges()[0];
        let lasted = bridge.to.unwrap().since(bridge.from);
        assert!((secs(4)..=secs(6)).contains(&lasted), "{person:?} {habits:?} {lasted:?}");
    }
}

#[test]
fn who_leaves_a_room_before_the_other_comes_leaves_it_empty() {
    let person = answering().leaving(Leave::Entered(Duration::from_millis(500)));
    let (mut rig, _, caller) =
        both("endConferenceOnExit='true'", "endConferenceOnExit='true'", person, Habits::default());
    assert_eq!(rig.exchange.bridges().len(), 0);
    let rooms = rig.exchange.live_rooms();
    assert_eq!((rooms.len(), rooms[0].members.len()), (1, 1), "the caller has opened a new room");
    rig.hang_up(caller);
    rig.finish();
    assert_eq!(rig.exchange.report().rooms.len(), 2);
}

#[test]
fn time_limits_end_a_stay_in_a_room() {
    let mut rig = Rig::new();
    let document = room("caller", "").replace("<Dial ", "<Dial timeLimit='5' ");
    let leg = rig.call(&document, Habits::default());
    rig.answer("/caller-done", "<Say>Goodbye.</Say>");
    rig.finish();
    assert_eq!((rig.said(leg).len(), rig.only("/caller-done").at.0 / 1_000_000), (1, 5));
}

#[test]
fn a_leg_is_moved_from_its_stream_into_the_room_by_request() {
    let mut rig = Rig::new();
    rig.person(OPERATOR, answering());
    rig.answer("/answer", &room("operator", "endConferenceOnExit='true'"));
    let caller = rig.call(super::rig::STREAM, Habits::default());
    rig.ring("Url=https%3A%2F%2Fgw.test%2Fanswer");
    rig.pass(5000);
    assert_eq!((rig.sockets.len(), rig.exchange.bridges().len()), (1, 0));
    let document = room("caller", "").replace("action=\"/", "action=\"https://gw.test/");
    assert_eq!(rig.redirect(caller, &document), 200);
    rig.pass(100);
    assert_eq!((rig.sockets.len(), rig.exchange.bridges().len()), (0, 1));
    assert!(!rig.has_asked(caller, "/after"), "the stream's action is not asked for");
    rig.assert_proper();
}

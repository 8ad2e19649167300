//! Verbs of one leg: what is said, gathered, recorded, and what follows.

use std::time::Duration;

use crate::sim::carrier::company::Beat;
use crate::sim::carrier::exchange::tests::rig::{Rig, STREAM};
use crate::sim::carrier::person::{Habits, Keys, Leave};

fn pressing(after_ms: u64, digits: &str) -> Habits {
    let keys = Keys { after: Duration::from_millis(after_ms), digits: digits.to_owned() };
    Habits { keys: vec![keys], leaves: Vec::new() }
}

fn leaving(leave: Leave) -> Habits {
    Habits { keys: Vec::new(), leaves: vec![leave] }
}

/// The gathered digits, if the action was asked for; and whether the document went on.
fn gathered(attributes: &str, habits: Habits) -> (Option<String>, bool) {
    let mut rig = Rig::new();
    let gather =
        format!(r#"<Gather action="/keys" {attributes}><Say>Press a key, please.</Say></Gather><Say>Nothing.</Say>"#);
    let leg = rig.call(&gather, habits);
    rig.answer("/keys", "<Hangup/>");
    rig.finish();
    rig.assert_proper();
    let digits = rig.asked_at("/keys").first().map(|asked| asked.get("Digits").to_owned());
    (digits, rig.said(leg).contains(&"Nothing.".to_owned()))
}

#[test]
fn a_gather_takes_digits_until_it_has_enough_or_time_is_over() {
    for (attributes, habits, digits) in [
        ("numDigits='1'", pressing(100, "1"), Some("1")),
        ("numDigits='1'", pressing(100, "42"), Some("4")),
        ("numDigits='2'", pressing(100, "42"), Some("42")),
        ("numDigits='2'", pressing(100, "4"), Some("4")),
        ("", pressing(100, "42#7"), Some("42")),
        ("finishOnKey='*'", pressing(100, "4#*7"), Some("4#")),
        ("finishOnKey=''", pressing(100, "4#"), Some("4#")),
        ("timeout='2'", pressing(3000, "1"), Some("1")),
        ("timeout='2'", pressing(4000, "1"), None),
        ("", Habits::default(), None),
        ("actionOnEmptyResult='true'", Habits::default(), Some("")),
        ("finishOnKey='#'", pressing(100, "#"), None),
    ] {
        let (found, went_on) = gathered(attributes, habits.clone());
        assert_eq!((found.as_deref(), went_on), (digits, digits.is_none()), "{attributes} {habits:?}");
    }
}

#[test]
fn a_key_stops_the_prompt_and_the_action_knows_the_call() {
    let mut rig = Rig::new();
    let leg = rig.call(
        "<Gather action='/keys' numDigits='1'><Say>One.</Say><Pause length='3'/><Say>Never heard.</Say></Gather>",
        pressing(1000, "7"),
    );
    rig.answer("/keys", "<Redirect>/next</Redirect>");
    rig.answer("/next", "<Say>There.</Say><Hangup/>");
    rig.finish();
    assert_eq!(rig.said(leg), ["One.", "There."]);
    let asked = rig.only("/keys");
    assert_eq!((asked.get("CallSid"), asked.get("CallStatus")), (rig.sid(leg).as_str(), "in-progress"));
    assert_eq!(asked.get("msg"), "Gather End");
    assert!(rig.happened(leg, &Beat::Pressed('7')));
    rig.assert_proper();
}

#[test]
fn a_gather_without_action_asks_for_the_same_document_again() {
    let mut rig = Rig::new();
    rig.answer("/twilio/voice", "<Gather numDigits='1'/>");
    rig.call("<Hangup/>", pressing(100, "1"));
    rig.finish();
    assert_eq!(rig.values("/twilio/voice", "Digits"), ["", "1"]);
    assert_eq!(rig.violations(), ["<Gather> without action asks for the same document again"]);
}

#[test]
fn keys_of_the_second_gather_are_for_the_second_gather() {
    let mut rig = Rig::new();
    let keys = |digits: &str| Keys { after: Duration::from_millis(500), digits: digits.to_owned() };
    rig.call("<Gather action='/a' numDigits='1'/>", Habits { keys: vec![keys("9"), keys("2")], leaves: Vec::new() });
    rig.answer("/a", "<Gather action='/b' numDigits='1'/>");
    rig.answer("/b", "<Hangup/>");
    rig.finish();
    assert_eq!((rig.only("/a").get("Digits"), rig.only("/b").get("Digits")), ("9", "2"));
}

const RECORD: &str = r#"<Record action="/kept" maxLength="20" timeout="3" recordingStatusCallback="https://gw.test/recording" recordingStatusCallbackEvent="completed absent"/><Say>Nothing said.</Say>"#;

#[test]
fn a_recording_is_told_to_its_action_and_its_callback() {
    let mut rig = Rig::new();
    rig.call_as(RECORD, Habits::default(), true);
    rig.answer("/kept", "<Hangup/>");
    rig.finish();
    let (kept, told) = (rig.only("/kept"), rig.only("/recording"));
    assert_eq!((kept.get("RecordingDuration"), kept.get("Digits")), ("20", ""));
    assert!(kept.get("RecordingSid").starts_with("RE") && kept.get("RecordingUrl").ends_with(kept.get("RecordingSid")));
    assert_eq!((told.get("RecordingSid"), told.get("RecordingStatus")), (kept.get("RecordingSid"), "completed"));
    rig.assert_proper();
}

#[test]
fn an_empty_recording_asks_for_nothing_and_the_document_goes_on() {
    let mut rig = Rig::new();
    let leg = rig.call(RECORD, Habits::default());
    rig.finish();
    assert_eq!((rig.asked_at("/kept").len(), rig.said(leg).len()), (0, 1));
    assert_eq!(rig.only("/recording").get("RecordingStatus"), "absent");
}

#[test]
fn hanging_up_ends_a_recording_and_is_told_with_it() {
    let mut rig = Rig::new();
    let leg = rig.call_as(RECORD, leaving(Leave::Recording(Duration::from_secs(5))), true);
    rig.finish();
    let kept = rig.only("/kept");
    assert_eq!((kept.get("Digits"), kept.get("RecordingDuration")), ("hangup", "4"));
    assert_eq!(kept.get("CallStatus"), "completed");
    assert!(rig.happened(leg, &Beat::Recorded(Duration::from_millis(4500))));
}

#[test]
fn play_and_pause_take_their_time() {
    let mut rig = Rig::new();
    let leg =
        rig.call("<Play loop='2'>https://gw.test/a.mp3</Play><Pause length='4'/><Say>Done.</Say>", Habits::default());
    rig.pass(9000);
    assert_eq!(rig.said(leg).len(), 0);
    rig.pass(1100);
    assert_eq!(rig.said(leg), ["Done."]);
    assert!(rig.happened(leg, &Beat::Played("https://gw.test/a.mp3".to_owned())));
}

#[test]
fn callers_leave_when_their_plan_says() {
    let gather = "<Gather action='/keys' timeout='60'/>";
    for (document, leave, at_ms) in [
        ("<Pause length='60'/>", None, 60_000),
        (STREAM, Some(Leave::Answered(Duration::from_secs(7))), 7000),
        (gather, Some(Leave::Gather(0, Duration::from_secs(4))), 4000),
        (gather, Some(Leave::Gather(1, Duration::from_secs(4))), 60_000),
    ] {
        let mut rig = Rig::new();
        let habits = leave.map(leaving).unwrap_or_default();
        let leg = rig.call(document, habits);
        rig.finish();
        let end = rig.exchange.leg(leg).unwrap().ended().unwrap();
        assert_eq!(end.at.0 / 100_000, at_ms / 100, "{document} {leave:?}");
    }
}

#[test]
fn a_rejected_call_was_never_answered() {
    for (document, status) in [("<Reject/>", "no-answer"), ("<Reject reason='busy'/>", "busy")] {
        let mut rig = Rig::new();
        let leg = rig.call(document, Habits::default());
        rig.finish();
        assert_eq!((rig.status(leg), rig.exchange.leg(leg).unwrap().answered_at()), (status, None));
    }
}

#[test]
fn when_the_media_socket_dies_the_action_is_asked_for() {
    let mut rig = Rig::new();
    let leg = rig.call(STREAM, Habits::default());
    rig.answer("/after", "<Say>Back.</Say>");
    rig.pass(1000);
    let (_, socket) = rig.sockets[0];
    rig.close_stream(leg, socket);
    rig.finish();
    assert_eq!((rig.asked_at("/after").len(), rig.said(leg)), (1, vec!["Back.".to_owned()]));
}

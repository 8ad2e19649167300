//! Tests of `twilio::callback::transfer`.

use proptest::prelude::*;

use super::*;

const LEG: &str = "CA00000000000000000000000000000001";
const RECORDING: &str = "RE00000000000000000000000000000001";

fn form(body: &str) -> Form {
    Form::parse(body.as_bytes()).unwrap()
}

fn with_leg(body: &str) -> Form {
    form(&format!("CallSid={LEG}&{body}"))
}

fn attempt() -> AttemptId {
    AttemptId { call: CallId(uuid::Uuid::nil()), no: 3 }
}

fn leg() -> LegId {
    LEG.parse().unwrap()
}

#[test]
fn words_of_detection_are_known_and_others_count_as_unknown() {
    for (word, expected) in [
        ("human", AnsweredBy::Human),
        ("machine_start", AnsweredBy::Machine),
        ("machine_end_beep", AnsweredBy::MachineReady),
        ("machine_end_silence", AnsweredBy::MachineReady),
        ("machine_end_other", AnsweredBy::MachineReady),
        ("fax", AnsweredBy::Fax),
        ("unknown", AnsweredBy::Unknown),
        ("parrot", AnsweredBy::Unknown),
        ("", AnsweredBy::Unknown),
    ] {
        let question = operator_answered(&with_leg(&format!("AnsweredBy={word}")), attempt()).unwrap();
        assert_eq!(question, Question::OperatorAnswered { attempt: 3, leg: leg(), by: expected }, "{word}");
    }
    assert_eq!(answered_by(&form("x=1")), AnsweredBy::Unknown);
}

#[test]
fn a_key_is_one_that_a_telephone_has_or_none() {
    for (body, expected) in [
        ("Digits=1", Some('1')),
        ("Digits=%23", Some('#')),
        ("Digits=*", Some('*')),
        ("Digits=+5", Some('5')),
        ("Digits=12", Some('1')),
        ("Digits=", None),
        ("Digits=x", None),
        ("Digits=%C2%B9", None),
        ("Other=1", None),
    ] {
        let question = operator_key(&with_leg(body), attempt(), 7).unwrap();
        assert_eq!(question, Question::OperatorKey { attempt: 3, leg: leg(), step: 7, key: expected }, "{body}");
    }
}

#[test]
fn whether_a_cold_transfer_joined_two_people_is_the_carriers_word() {
    for (body, expected) in [
        ("DialCallStatus=completed&DialBridged=true", Some(true)),
        ("DialCallStatus=completed&DialBridged=false", Some(false)),
        ("DialCallStatus=completed", None),
        ("DialCallStatus=busy", Some(false)),
        ("DialCallStatus=no-answer&DialBridged=false", Some(false)),
        ("DialCallStatus=failed", Some(false)),
        ("DialCallStatus=canceled", Some(false)),
        ("DialCallStatus=answered", None),
        ("DialCallStatus=answered&DialBridged=true", None),
        ("x=1", None),
    ] {
        let question = Question::CallerDone { attempt: 3, bridged: expected, ended: false };
        assert_eq!(caller_done(&with_leg(body), attempt()), Ok((leg(), question)), "{body}");
    }
}

#[test]
fn a_room_reports_who_comes_and_goes() {
    let call = CallId(uuid::Uuid::nil());
    for (body, expected) in [
        ("StatusCallbackEvent=conference-start", Some(RoomEvent::Started)),
        ("StatusCallbackEvent=conference-end&ReasonConferenceEnded=last-participant-left", Some(RoomEvent::Ended)),
        ("StatusCallbackEvent=participant-join&ParticipantLabel=caller", Some(RoomEvent::Joined(leg()))),
        ("StatusCallbackEvent=participant-leave", Some(RoomEvent::Left(leg()))),
        ("StatusCallbackEvent=participant-mute", None),
        ("StatusCallbackEvent=", None),
        ("x=1", None),
    ] {
        assert_eq!(room_event(&with_leg(body), call), Ok(expected.clone()), "{body}");
        let ours = with_leg(&format!("{body}&FriendlyName=xfer-{call}-1"));
        assert_eq!(room_event(&ours, call), Ok(expected), "{body}");
        let foreign = with_leg(&format!("{body}&FriendlyName=xfer-00000000-0000-7000-8000-000000000001-1"));
        assert_eq!(room_event(&foreign, call), Ok(None), "{body}");
    }
    assert_eq!(room_event(&form("StatusCallbackEvent=conference-end"), call), Ok(Some(RoomEvent::Ended)));
    assert_eq!(room_event(&form("StatusCallbackEvent=participant-join"), call), Err(BadForm::Field("CallSid")));
}

#[test]
fn a_message_is_named_by_its_id_or_the_end_of_its_url() {
    let api = "https%3A%2F%2Fapi.twilio.com%2F2010-04-01%2FAccounts%2FAC1%2FRecordings%2F";
    for (body, name, secs) in [
        (format!("RecordingSid={RECORDING}&RecordingDuration=12"), RECORDING, 12),
        (format!("RecordingUrl={api}{RECORDING}&RecordingDuration=3"), RECORDING, 3),
        (format!("RecordingUrl={api}{RECORDING}.wav"), "", 0),
        ("RecordingSid=RE1&RecordingDuration=x".to_owned(), "", 0),
        (format!("RecordingSid={RECORDING}&RecordingDuration=-4"), RECORDING, 0),
        (format!("RecordingSid={RECORDING}&RecordingDuration=99999999999"), RECORDING, RECORDING_SECS_MAX),
        ("x=1".to_owned(), "", 0),
    ] {
        let duration = Duration::from_secs(secs);
        let question = Question::VoicemailDone { recording: name.to_owned(), duration };
        assert_eq!(voicemail_done(&with_leg(&body)), Ok((leg(), question)), "{body}");
        let Ok(Some(CarrierInput::Recorded { recording, duration: recorded })) = recorded(&form(&body)) else {
            panic!("{body}");
        };
        assert_eq!((recording.as_str(), recorded), (name, duration), "{body}");
    }
}

#[test]
fn a_recording_that_came_to_nothing_has_no_name_and_one_in_the_making_is_no_news() {
    for status in ["absent", "failed"] {
        let body = format!("RecordingStatus={status}&RecordingSid={RECORDING}&RecordingDuration=5");
        let Ok(Some(CarrierInput::Recorded { recording, duration })) = recorded(&form(&body)) else {
            panic!("{status}");
        };
        assert_eq!((recording.as_str(), duration), ("", Duration::ZERO), "{status}");
    }
    let in_progress = recorded(&form(&format!("RecordingStatus=in-progress&RecordingSid={RECORDING}")));
    assert!(matches!(in_progress, Ok(None)));
    assert!(matches!(recorded(&form("CallSid=CA1")), Err(BadForm::Field("CallSid"))));
}

#[test]
fn questions_need_the_id_of_their_leg() {
    let bad = |body: &str| {
        let form = form(body);
        [
            operator_answered(&form, attempt()).err(),
            operator_key(&form, attempt(), 1).err(),
            operator_done(&form, attempt()).err(),
            caller_done(&form, attempt()).err(),
            voicemail_done(&form).err(),
            outbound_answered(&form).err(),
            picked_up(&form).err(),
        ]
    };
    for body in ["Digits=1", "CallSid=", "CallSid=CA1", &format!("CallSid={RECORDING}")] {
        for error in bad(body) {
            assert_eq!(error, Some(BadForm::Field("CallSid")), "{body}");
        }
    }
}

proptest! {
    #[test]
    fn no_form_panics(body in "[A-Za-z=&%+0-9_-]{0,200}") {
        if let Ok(form) = Form::parse(body.as_bytes()) {
            let _ = (operator_key(&form, attempt(), 1), caller_done(&form, attempt()), voicemail_done(&form));
            let _ = (recorded(&form), room_event(&form, attempt().call), answered_by(&form));
        }
    }
}

//! Tests of `twilio::callback`.

use proptest::prelude::*;

use super::*;

const LEG: &str = "CA00000000000000000000000000000001";
const ACCOUNT: &str = "AC00000000000000000000000000000001";
const STREAM: &str = "MZ00000000000000000000000000000001";

fn form(body: &str) -> Form {
    Form::parse(body.as_bytes()).unwrap()
}

#[test]
fn a_voice_webhook_becomes_a_ring() {
    let ring = voice(&form(&format!("CallSid={LEG}&From=%2B15550142000&To=%2B15550100000&Direction=inbound"))).unwrap();
    assert_eq!(ring.leg.as_str(), LEG);
    assert_eq!(ring.caller.number().unwrap().e164(), "+15550142000");
    assert_eq!(ring.dialled.unwrap().e164(), "+15550100000");
}

#[test]
fn a_caller_without_a_number_is_withheld() {
    for from in
        ["", "anonymous", "Restricted", "sip%3Abob%40example.com", "%2B266696687", "%2B7378742833", "client%3Ax"]
    {
        let ring = voice(&form(&format!("CallSid={LEG}&From={from}&To=sip%3Aclinic%40gw.test"))).unwrap();
        assert_eq!(ring.caller, Caller::Withheld, "{from}");
        assert_eq!(ring.dialled, None);
    }
    assert_eq!(voice(&form(&format!("CallSid={LEG}"))).unwrap().caller, Caller::Withheld, "no From at all");
}

#[test]
fn numbers_without_a_plus_are_a_guess_about_both_ends() {
    let ring = |from: &str, to: &str| voice(&form(&format!("CallSid={LEG}&From={from}&To={to}"))).unwrap();
    let trunk = ring("447700900123", "12025550199");
    assert_eq!((trunk.caller, trunk.dialled), (Caller::Withheld, None));
    let guess = trunk.guess.unwrap();
    assert_eq!(guess.dialled.e164(), "+12025550199");
    assert_eq!(guess.caller.number().unwrap().e164(), "+447700900123");
    let domain = ring("sip%3A%2B447700900123%40pbx.test", "sip%3A12025550199%40gw.test");
    assert_eq!(domain.caller, domain.guess.unwrap().caller, "with a plus it is no guess");
    let usual = ring("2025550142", "%2B12025550199");
    assert_eq!(usual.caller, Caller::Withheld, "digits beside a whole number may be of any country");
    assert!(usual.guess.is_none());
    for withheld in ["266696687", "sip%3A%2B266696687%40pbx.test", "whatsapp%3A%2B7378742833"] {
        let ring = ring(withheld, "12025550199");
        assert_eq!((ring.caller, ring.guess.unwrap().caller), (Caller::Withheld, Caller::Withheld), "{withheld}");
    }
}

#[test]
fn ids_have_their_shape_or_are_refused() {
    for leg in ["", "CA1234567890ABCDE", "CA0000000000000000000000000000000G", "MZ00000000000000000000000000000001"] {
        assert_eq!(voice(&form(&format!("CallSid={leg}"))).unwrap_err(), BadForm::Field("CallSid"), "{leg}");
    }
    let upper = LEG.replace("01", "0A");
    assert_eq!(after_stream(&form(&format!("CallSid={upper}"))), Err(BadForm::Field("CallSid")));
    assert_eq!(form("AccountSid=AC1").account(), Err(BadForm::Field("AccountSid")));
    assert_eq!(form("x=1").account(), Ok(None));
    assert_eq!(form(&format!("AccountSid={ACCOUNT}")).account().unwrap().unwrap().as_str(), ACCOUNT);
}

#[test]
fn every_status_of_twilio_is_known_and_others_are_told_apart() {
    for (word, expected) in [
        ("queued", Some(LegStatus::Queued)),
        ("initiated", Some(LegStatus::Initiated)),
        ("ringing", Some(LegStatus::Ringing)),
        ("in-progress", Some(LegStatus::InProgress)),
        ("completed", Some(LegStatus::Completed)),
        ("busy", Some(LegStatus::Busy)),
        ("no-answer", Some(LegStatus::NoAnswer)),
        ("failed", Some(LegStatus::Failed)),
        ("canceled", Some(LegStatus::Canceled)),
        ("levitating", None),
    ] {
        let progress = status(&form(&format!("CallSid={LEG}&CallStatus={word}&SequenceNumber=3"))).unwrap();
        assert_eq!((progress.status, progress.sequence), (expected, Some(3)), "{word}");
    }
    let unordered = status(&form(&format!("CallSid={LEG}&CallStatus=ringing&SequenceNumber=x"))).unwrap();
    assert_eq!(unordered.sequence, None);
    assert_eq!(status(&form(&format!("CallSid={LEG}"))).unwrap_err(), BadForm::Field("CallStatus"));
}

#[test]
fn a_stream_callback_says_whether_the_stream_ended() {
    for (event, ended) in [("stream-started", false), ("stream-stopped", true), ("stream-error", true), ("", false)] {
        let body = format!("CallSid={LEG}&StreamSid={STREAM}&StreamEvent={event}&StreamError=");
        let progress = stream_status(&form(&body)).unwrap();
        assert_eq!((progress.ended, progress.error), (ended, None), "{event}");
    }
    let long = "é".repeat(1000);
    let body = format!("CallSid={LEG}&StreamSid={STREAM}&StreamEvent=stream-error&StreamError={long}");
    assert_eq!(stream_status(&form(&body)).unwrap().error.unwrap().chars().count(), 203);
    assert_eq!(stream_status(&form(&format!("CallSid={LEG}"))).unwrap_err(), BadForm::Field("StreamSid"));
}

#[test]
fn a_fallback_names_its_error() {
    let body = format!("CallSid={LEG}&ErrorCode=11200&ErrorUrl=https%3A%2F%2Fgw.test%2Ftwilio%2Fvoice");
    assert_eq!(fallback(&form(&body)).unwrap().code, Some(11200));
}

proptest! {
    #[test]
    fn no_body_panics(body in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(form) = Form::parse(&body) {
            prop_assert!(form.pairs().len() <= body.len());
            let _ = (form.account(), voice(&form), status(&form), stream_status(&form), fallback(&form));
        }
    }
}

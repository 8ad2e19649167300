//! Tests of `twiml`.

use super::*;

const ANSWER: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Connect action="https://gw.test/twilio/after-stream" method="POST">
    <Stream url="wss://gw.test/twilio/media" statusCallback="https://gw.test/twilio/stream-status">
      <Parameter name="ticket" value="9f&amp;2c"/>
    </Stream>
  </Connect>
  <Say>We are sorry &lt;3 &#38; goodbye.</Say>
  <Hangup/>
</Response>"#;

fn complaints(inside: &str) -> Vec<String> {
    parse(&format!("<Response>{inside}</Response>"), false).unwrap().complaints
}

#[test]
fn reads_the_gateways_answer() {
    let document = parse(ANSWER, false).unwrap();
    assert_eq!(document.complaints, Vec::<String>::new());
    let connect = Connect {
        action: Some("https://gw.test/twilio/after-stream".to_owned()),
        url: "wss://gw.test/twilio/media".to_owned(),
        name: None,
        status_callback: Some("https://gw.test/twilio/stream-status".to_owned()),
        parameters: vec![("ticket".to_owned(), "9f&2c".to_owned())],
    };
    let said = Verb::Say("We are sorry <3 & goodbye.".to_owned());
    assert_eq!(document.verbs, [Verb::Connect(connect), said, Verb::Hangup]);
}

#[test]
fn reads_the_small_verbs() {
    let document = parse("<Response><Pause length='3'/><Redirect>/next</Redirect></Response>", false).unwrap();
    assert_eq!(document.verbs, [Verb::Pause(3), Verb::Redirect("/next".to_owned())]);
    for (text, busy) in [("<Reject/>", false), ("<Reject reason=\"busy\"/>", true)] {
        let document = parse(&format!("<Response>{text}</Response>"), false).unwrap();
        assert_eq!((document.verbs, document.complaints.len()), (vec![Verb::Reject(busy)], 0));
    }
    assert_eq!(parse("<Response/>", false).unwrap(), Document::default());
}

#[test]
fn refuses_what_the_carrier_cannot_use() {
    let long = format!("<Response><Say>{}</Say></Response>", "x".repeat(70_000));
    for text in [
        "",
        "not xml",
        " <Response/>",
        "<Response>",
        "<Response></Say></Response>",
        "<Response/><Response/>",
        "<Reply/>",
        "<Response>&nope;</Response>",
        "<Response><Connect/></Response>",
        "<Response><Connect><Room/></Connect></Response>",
        "<Response><Connect><Stream/></Connect></Response>",
        "<Response><Connect><Stream url=\"https://gw.test/m\"/></Connect></Response>",
        "<Response><Connect><Stream url=\"ws://gw.test/m\"/></Connect></Response>",
        "<!DOCTYPE x><Response/>",
        &long,
    ] {
        assert!(parse(text, false).is_err(), "{}", &text[..text.len().min(80)]);
    }
    assert!(parse("<Response><Connect><Stream url=\"ws://127.0.0.1/m\"/></Connect></Response>", true).is_ok());
}

#[test]
fn complains_of_what_the_carrier_would_swallow() {
    for (inside, part) in [
        ("<Dance/>", "unknown verb <Dance>"),
        ("<Hangup now='1'/>", "no attribute now"),
        ("<Say/>", "says nothing"),
        ("<Hangup/><Say>x</Say>", "can never run"),
        ("<Say>x</Say><Reject/>", "not the first"),
        ("<Connect><Stream url='wss://gw.test/m?a=1'/></Connect>", "query"),
        ("<Connect><Stream url='wss://gw.test/m' track='both_tracks'/></Connect>", "31941"),
        ("<Connect><Stream url='wss://gw.test/m' statusCallback='/s'/></Connect>", "absolute"),
        ("<Connect><Stream url='wss://gw.test/m'><Parameter name='a'/></Stream></Connect>", "no parameter"),
        ("<Connect><Stream url='wss://gw.test/m'/></Connect><Pause/>", "silent, billed"),
    ] {
        let complaints = complaints(inside);
        assert!(complaints.iter().any(|text| text.contains(part)), "{inside}: {complaints:?}");
    }
    let long = "x".repeat(500);
    let parameter = format!("<Parameter name='a' value='{long}'/>");
    let inside = format!("<Connect><Stream url='wss://gw.test/m'>{parameter}</Stream></Connect>");
    assert_eq!(complaints(&inside), ["parameter a is too long"]);
}

#[test]
fn reads_a_gather_with_its_prompts() {
    let text = "<Response><Gather numDigits='1' timeout='6' action='/d' actionOnEmptyResult='true'><Say>Hi.</Say><Pause/></Gather></Response>";
    let gather = Gather {
        action: Some("/d".to_owned()),
        timeout_secs: 6,
        digits_max: Some(1),
        finish: Some('#'),
        always: true,
        prompts: vec![Verb::Say("Hi.".to_owned()), Verb::Pause(1)],
    };
    let document = parse(text, false).unwrap();
    assert_eq!((document.verbs, document.complaints.len()), (vec![Verb::Gather(gather)], 0));
}

#[test]
fn reads_dials() {
    let dial = |inside: &str| {
        let document = parse(&format!("<Response><Dial{inside}</Dial></Response>"), false).unwrap();
        assert_eq!(document.complaints, Vec::<String>::new());
        let [Verb::Dial(dial)] = document.verbs.as_slice() else { panic!("{:?}", document.verbs) };
        dial.clone()
    };
    let Whom::Numbers(numbers) = dial(">+15551230001").whom else { panic!("a number") };
    assert_eq!((numbers[0].number.as_str(), &numbers[0].url), ("+15551230001", &None));
    let rung = dial(
        " answerOnBridge='true' timeout='20' timeLimit='60' callerId='+15551230002' action='/done'><Number url='/w' \
         statusCallback='https://gw.test/l' statusCallbackEvent='initiated completed'>+15551230001</Number>",
    );
    assert_eq!((rung.timeout_secs, rung.limit_secs, rung.answer_on_bridge), (20, 60, true));
    let Whom::Numbers(numbers) = rung.whom else { panic!("a number") };
    assert_eq!(numbers[0].callback.events, ["initiated", "completed"]);
    let Whom::Room(room) =
        dial("><Conference waitUrl='/hold' waitMethod='GET' endConferenceOnExit='true'>r</Conference>").whom
    else {
        panic!("a room")
    };
    assert_eq!((room.name.as_str(), room.start_on_enter, room.end_on_exit), ("r", true, true));
    assert_eq!(room.wait, Wait::Document { url: "/hold".to_owned(), get: true });
    let Whom::Room(room) = dial("><Conference waitUrl=''>r</Conference>").whom else { panic!("a room") };
    assert_eq!(room.wait, Wait::Silence);
}

#[test]
fn complains_of_what_is_wrong_in_the_verbs_of_a_transfer() {
    for (inside, part) in [
        ("<Gather action='/a' numDigits='one'/>", "not a number"),
        ("<Gather action='/a' input='speech'/>", "not dtmf"),
        ("<Gather action='/a'><Dial>+1</Dial></Gather>", "<Dial> in <Gather>"),
        ("<Gather/>", "the same document again"),
        ("<Gather action='/a' method='GET'/>", "method> is GET"),
        ("<Record/>", "the same document again"),
        ("<Record action='/a' playBeep='yes'/>", "neither true nor false"),
        ("<Record action='/a' recordingStatusCallback='/r'/>", "not an absolute URL"),
        ("<Record action='/a' recordingStatusCallbackEvent='done'/>", "done"),
        ("<Dial><Number statusCallbackEvent='no-answer'>+15551230001</Number></Dial>", "no-answer"),
        ("<Dial><Number statusCallback='/l'>+15551230001</Number></Dial>", "not an absolute URL"),
        ("<Dial><Number>+15551230001</Number><Say>x</Say></Dial>", "<Say> in <Dial>"),
        ("<Dial><Conference beep='off'>r</Conference></Dial>", "beep"),
        ("<Dial><Conference participantLabel='a/b'>r</Conference></Dial>", "16023"),
        ("<Dial><Conference maxParticipants='1'>r</Conference></Dial>", "maxParticipants"),
        ("<Dial><Conference statusCallback='https://gw.test/c'>r</Conference></Dial>", "without events"),
        ("<Dial><Conference statusCallbackEvent='start,end'>r</Conference></Dial>", "start,end"),
        ("<Dial><Conference>ann@example.com</Conference></Dial>", "personal data"),
        ("<Play/>", "plays nothing"),
    ] {
        let complaints = complaints(inside);
        assert!(complaints.iter().any(|text| text.contains(part)), "{inside}: {complaints:?}");
    }
    for inside in ["<Dial/>", "<Dial><Conference/></Dial>"] {
        assert!(parse(&format!("<Response>{inside}</Response>"), false).is_err(), "{inside}");
    }
}

#[test]
fn some_verbs_are_not_allowed_everywhere() {
    for (place, verb, allowed) in [
        (Place::Whisper, "<Dial>+15551230001</Dial>", false),
        (Place::Whisper, "<Gather action='/a'/>", true),
        (Place::Wait, "<Gather action='/a'/>", false),
        (Place::Wait, "<Hangup/>", false),
        (Place::Wait, "<Play loop='0'>https://gw.test/hold.mp3</Play>", true),
        (Place::Wait, "<Redirect/>", true),
        (Place::Call, "<Dial>+15551230001</Dial>", true),
    ] {
        let document = parse_in(place, &format!("<Response>{verb}</Response>"), false).unwrap();
        assert_eq!((document.verbs.len() == 1, document.complaints.is_empty()), (allowed, allowed), "{place:?} {verb}");
    }
}

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

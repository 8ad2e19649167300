//! Tests of `twilio::twiml`; `tests/it/twilio/documents.rs` holds every document against the official library.

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::*;
use crate::ports::door::Refusal;

fn documents() -> Documents {
    Documents::new(&Origin::parse("https://gw.test").unwrap())
}

fn connect(ticket: &str) -> String {
    documents().answer(&Answer::Connect { ticket: Secret::new(ticket) })
}

#[test]
fn an_answer_connects_the_stream_with_its_ticket_and_names_what_comes_after() {
    let document = connect("0123abcd");
    for part in [
        r#"<Connect action="https://gw.test/twilio/after-stream" method="POST">"#,
        r#"<Stream url="wss://gw.test/twilio/media/0123abcd" statusCallback="https://gw.test/twilio/stream-status""#,
        r#"<Parameter name="ticket" value="0123abcd"/>"#,
    ] {
        assert!(document.contains(part), "{part} in {document}");
    }
    assert!(document.starts_with("<?xml"), "nothing may come before the declaration");
}

#[test]
fn values_are_escaped_for_xml() {
    let document = connect(r#"<&"'>"#);
    assert!(document.contains(r#"value="&#60;&#38;&#34;&#39;&#62;""#), "{document}");
}

#[test]
fn each_refusal_has_a_sentence_of_its_own_and_hangs_up() {
    let sentence =
        |refusal| documents().answer(&Answer::Refuse { refusal, language: Some("es".into()), emergency: "".into() });
    let all = [Refusal::Busy, Refusal::UnknownNumber, Refusal::Draining, Refusal::Closed].map(sentence);
    for document in &all {
        assert!(document.contains("<Say ") && document.contains("<Hangup/>"), "{document}");
        assert!(!document.contains("<Connect"), "{document}");
    }
    assert!((1..all.len()).all(|index| !all[..index].contains(&all[index])));
    assert!(!documents().answer(&Answer::HangUp).contains("<Say"));
}

#[test]
fn after_a_stream_the_caller_is_reconnected_released_or_told() {
    let documents = documents();
    let ticket = Secret::new("fresh");
    assert!(documents.write(&script(Document::Connect, Some(ticket.clone()))).contains(r#"value="fresh""#));
    assert_eq!(documents.write(&script(Document::Connect, None)), apology(), "without a ticket nothing connects");
    let sorry = documents.write(&script(Document::Apologise, None));
    assert!(sorry.contains("something went wrong") && sorry.contains("If anyone is in danger"), "{sorry}");
    assert!(!sorry.contains("peligro"), "the organization's language is known: {sorry}");
    assert!(!documents.write(&script(Document::HangUp, Some(ticket.clone()))).contains("<Connect"));
}

#[test]
fn whoever_is_turned_away_hears_what_to_do_in_an_emergency() {
    let refuse = |language: Option<&str>, emergency: &str| {
        let (language, emergency) = (language.map(Into::into), emergency.into());
        documents().answer(&Answer::Refuse { refusal: Refusal::Busy, language, emergency })
    };
    let generic = ["If anyone is in danger, hang up", "Si alguien está en peligro, cuelgue"];
    assert!(generic.iter().all(|words| refuse(None, "").contains(words)), "nobody knows the language");
    assert!(refuse(Some("es-MX"), "").contains(generic[1]) && !refuse(Some("es-MX"), "").contains(generic[0]));
    let own = refuse(Some("es-MX"), "Llame al 911.");
    assert!(own.contains("Si alguien está en peligro:") && own.contains("Llame al 911."), "{own}");
    let german = refuse(Some("de-DE"), "Wählen Sie 112.");
    assert!(german.contains(r#"<Say language="de-DE">Wählen Sie 112.</Say>"#), "{german}");
    // A promise to ring somebody would not be true, and a long text is not for somebody in danger.
    for promise in ["We are calling the doctor for you.", &format!("Dial 911. {}", "Be calm. ".repeat(50))] {
        assert!(refuse(Some("en"), promise).contains(generic[0]), "{promise}");
        assert!(!refuse(Some("en"), promise).contains(promise.trim()), "{promise}");
    }
    for sorry in [documents().write(&script(Document::Goodbye(Goodbye::NobodyFree), None)), connect("x"), apology()] {
        assert!(sorry.contains(generic[0]), "{sorry}");
    }
    let last = documents().answer_again(&Answer::AskAgain, AGAIN_MAX);
    assert!(generic.iter().all(|words| last.contains(words)), "{last}");
}

fn script(document: Document, ticket: Option<Secret>) -> Script {
    let call = CallId(uuid::Uuid::nil());
    Script {
        call,
        document,
        org_name: "Clinic".into(),
        language: "en".into(),
        emergency: "".into(),
        ticket,
        cold: None,
    }
}

/// How many elements a document has; `None`: it is not well-formed.
fn elements(document: &str) -> Option<usize> {
    let mut reader = Reader::from_str(document);
    let mut count = 0;
    loop {
        match reader.read_event().ok()? {
            Event::Start(_) | Event::Empty(_) => count += 1,
            Event::Eof => return Some(count),
            _ => {}
        }
    }
}

/// Any character, and often one that XML or a voice cannot have.
fn any_character() -> impl Strategy<Value = char> {
    let odd = vec![
        '\u{fffe}', '\u{ffff}', '\u{fffd}', '\0', '\u{b}', '\u{1f}', '\u{7f}', '\u{85}', '\u{202e}', '<', '&', '"',
        '\u{301}',
    ];
    prop_oneof![3 => any::<char>(), 1 => prop::sample::select(odd), 1 => prop::char::range(' ', '~')]
}

/// Every value goes through the same door, also those that no `spoken` has seen.
#[test]
fn a_ticket_or_a_sentence_with_illegal_characters_does_not_cost_the_document() {
    let written = connect("a\u{ffff}b\u{1}c");
    assert!(written.contains(r#"value="a b c""#), "{written}");
    assert_eq!(elements(&written), elements(&connect("abc")));
}

proptest! {
    #[test]
    fn no_text_changes_the_shape_of_a_document(text in prop::collection::vec(any_character(), 0..200)) {
        let text: Arc<str> = format!("a{}", text.into_iter().collect::<String>()).into();
        for (document, shape) in [
            (Document::Gate { attempt: 1, step: 1, urgency: crate::types::Urgency::High }, 6),
            (Document::Briefing { attempt: 1, step: 1, text: text.clone() }, 6),
            (Document::Message(text.clone()), 3),
        ] {
            let script = Script { org_name: text.clone(), ..script(document, None) };
            let written = documents().write(&script);
            prop_assert_eq!(elements(&written), Some(shape), "{}", &written);
            prop_assert!(written.chars().all(|c| c == '\n' || !c.is_control()));
            prop_assert!(!written.contains(['\u{fffe}', '\u{ffff}']), "not even escaped may these stand in XML");
        }
    }
}
